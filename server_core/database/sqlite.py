"""Names and properties in SQLite; `SqliteStore` is the embedded store, for several processes and threads at once.

Each method is one transaction (DB-11); a write is on the disk when the method returns.
"""

# ruff: noqa: D102 (the methods of the interface are documented in `Store`)

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from server_core.database import device_table as table
from server_core.database import overview
from server_core.database.engine import Engine
from server_core.database.families import FREE, Family, MemberProperties, MemberValues, PropertyFamilies
from server_core.database.filters import Condition, matches
from server_core.database.property_tables import TABLES, timestamp
from server_core.database.query import query
from server_core.database.server_data import ServerData, server_data
from server_core.database.store import (
    DEVICE_FIELDS,
    DeviceExport,
    DeviceRecord,
    EventRecord,
    HistoryEntry,
    Properties,
    ServerInfo,
    Values,
)


class SqlStore(PropertyFamilies):
    """A store on an SQLite database, wherever that is."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._opened = timestamp()

    @property
    def address(self) -> str:
        """The path of the file, or `memory`."""
        return self._engine.path or "memory"

    def close(self) -> None:
        self._engine.close()

    # ---- devices and servers

    def add_device(self, server: str, device: str, dev_class: str, alias: str = "") -> None:
        with self._engine.transaction() as connection:
            table.add_device(connection, server, device, dev_class, alias)

    def add_server(self, server: str, devices: Iterable[tuple[str, str]]) -> None:
        with self._engine.transaction() as connection:
            for device, dev_class in devices:
                table.add_device(connection, server, device, dev_class, "")

    def delete_device(self, device: str) -> None:
        with self._engine.transaction() as connection:
            table.delete_device(connection, device)

    def delete_server(self, server: str) -> None:
        with self._engine.transaction() as connection:
            table.delete_server(connection, server)

    def rename_server(self, old: str, new: str) -> None:
        with self._engine.transaction() as connection:
            table.rename_server(connection, old, new)

    def device(self, name_or_alias: str) -> DeviceRecord:
        with self._engine.connection() as connection:
            return table.record(connection, name_or_alias)

    def devices(self, server: str = "*", dev_class: str = "*", name: str = "*") -> list[DeviceRecord]:
        with self._engine.connection() as connection:
            return table.records(connection, server, dev_class, name)

    def distinct(
        self,
        field: str,
        *,
        server: str = "*",
        dev_class: str = "*",
        name: str = "*",
        host: str = "*",
        alias: str = "*",
        exported: bool | None = None,
    ) -> list[str]:
        if field not in DEVICE_FIELDS:
            raise ValueError(f"{field!r} is not a field of device records ({', '.join(DEVICE_FIELDS)})")
        named = {"server": server, "class": dev_class, "name": name, "host": host, "alias": alias}
        filters = [matches(column, pattern) for column, pattern in named.items()]
        if exported is not None:
            filters.append(Condition("exported = ?", (int(exported),)))
        with self._engine.connection() as connection:
            return table.distinct(connection, field, filters)

    def servers(self, pattern: str = "*") -> list[str]:
        return self.distinct("server", server=pattern)

    def export_devices(self, exports: Sequence[DeviceExport]) -> None:
        with self._engine.transaction() as connection:
            for export in exports:
                table.export_device(connection, export)

    def unexport_device(self, device: str) -> None:
        with self._engine.transaction() as connection:
            table.unexport(connection, "name", device)

    def unexport_server(self, server: str) -> None:
        with self._engine.transaction() as connection:
            table.unexport(connection, "server", server)

    def server_info(self, server: str) -> ServerInfo | None:
        with self._engine.connection() as connection:
            return table.server_info(connection, server)

    def put_server_info(self, info: ServerInfo) -> None:
        with self._engine.transaction() as connection:
            table.put_server_info(connection, info)

    def delete_server_info(self, server: str) -> None:
        with self._engine.transaction() as connection:
            connection.execute("DELETE FROM server WHERE name = ?", (server,))

    def command(self, name: str, argin: Any) -> Any:
        from server_core.database.commands import declared

        return declared(name).run(self, argin)

    # ---- event channels

    def export_event(self, channel: DeviceExport) -> None:
        with self._engine.transaction() as connection:
            table.export_event(connection, channel)

    def event(self, channel: str) -> EventRecord:
        with self._engine.connection() as connection:
            return table.event(connection, channel)

    def unexport_event(self, channel: str) -> None:
        with self._engine.transaction() as connection:
            table.unexport_event(connection, channel)

    # ---- the database itself

    def info(self) -> list[str]:
        with self._engine.snapshot() as connection:
            return overview.lines(connection, self.address, self._opened)

    def forwarded_attributes(self, device: str) -> list[tuple[str, str, str]]:
        with self._engine.connection() as connection:
            return overview.forwarded_attributes(connection, device)

    def database_servers(self) -> list[str]:
        with self._engine.connection() as connection:
            return overview.database_servers(connection)

    def server_data(self, server: str, host: str) -> ServerData | None:
        """All that the start of a server needs, as of one moment; None when the server is not defined (DB-200)."""
        with self._engine.snapshot() as connection:
            return server_data(connection, server, host)

    # ---- aliases

    def put_device_alias(self, device: str, alias: str) -> None:
        with self._engine.transaction() as connection:
            table.put_device_alias(connection, device, alias)

    def device_alias(self, device: str) -> str:
        with self._engine.connection() as connection:
            return table.device_alias(connection, device)

    def alias_device(self, alias: str) -> str:
        with self._engine.connection() as connection:
            return table.alias_device(connection, alias)

    def device_aliases(self, pattern: str = "*") -> list[str]:
        return self.distinct("alias", alias=pattern)

    def delete_device_alias(self, alias: str) -> None:
        with self._engine.transaction() as connection:
            connection.execute("UPDATE device SET alias = NULL WHERE alias = ?", (alias,))

    def put_attribute_alias(self, attribute: str, alias: str) -> None:
        with self._engine.transaction() as connection:
            table.put_attribute_alias(connection, attribute, alias)

    def alias_attribute(self, alias: str) -> str:
        with self._engine.connection() as connection:
            return table.alias_attribute(connection, alias)

    def attribute_alias(self, attribute: str) -> str:
        with self._engine.connection() as connection:
            return table.attribute_alias(connection, attribute)

    def attribute_aliases(self, pattern: str = "*") -> list[str]:
        with self._engine.connection() as connection:
            return table.attribute_aliases(connection, pattern)

    def delete_attribute_alias(self, alias: str) -> None:
        with self._engine.transaction() as connection:
            connection.execute("DELETE FROM attribute_alias WHERE alias = ?", (alias,))

    def select(self, sql: str) -> tuple[int, list[tuple[object, ...]]]:
        """The number of columns and the rows of an SQL query, which can read only (DB-113)."""
        with self._engine.connection() as connection:
            return query(connection, sql)

    # ---- properties

    def property_objects(self, pattern: str = "*") -> list[str]:
        with self._engine.connection() as connection:
            return TABLES[FREE].distinct(connection, FREE.owner, None, pattern)

    def get_values(self, family: Family, owner: str, names: Sequence[str]) -> Properties:
        with self._engine.snapshot() as connection:
            found = {name: TABLES[family].get(connection, (owner,), name) for name in names}
        return {name: values for name, values in found.items() if values}

    def put_values(self, family: Family, owner: str, values: Values) -> None:
        with self._engine.transaction() as connection:
            for name, elements in values.items():
                TABLES[family].put(connection, (owner,), name, elements)

    def delete_values(self, family: Family, owner: str, names: Sequence[str]) -> None:
        with self._engine.transaction() as connection:
            for name in names:
                TABLES[family].delete(connection, (owner,), name)

    def value_names(self, family: Family, owner: str, pattern: str) -> list[str]:
        with self._engine.connection() as connection:
            return TABLES[family].distinct(connection, "name", owner, pattern)

    def value_history(self, family: Family, owner: str, pattern: str) -> list[HistoryEntry]:
        with self._engine.connection() as connection:
            return TABLES[family].history(connection, (owner,), pattern)

    def get_member_values(self, family: Family, owner: str, members: Sequence[str]) -> MemberProperties:
        with self._engine.connection() as connection:
            return TABLES[family].of_members(connection, owner, members)

    def put_member_values(self, family: Family, owner: str, values: MemberValues) -> None:
        with self._engine.transaction() as connection:
            for member, properties in values.items():
                for name, elements in properties.items():
                    TABLES[family].put(connection, (owner, member), name, elements)

    def delete_member_values(self, family: Family, owner: str, member: str, names: Sequence[str]) -> None:
        with self._engine.transaction() as connection:
            for name in names:
                TABLES[family].delete(connection, (owner, member), name)

    def delete_member(self, family: Family, owner: str, member: str) -> None:
        with self._engine.transaction() as connection:
            TABLES[family].delete(connection, (owner, member), "*", remember=False)

    def member_names(self, family: Family, owner: str, pattern: str) -> list[str]:
        with self._engine.connection() as connection:
            return TABLES[family].distinct(connection, family.member, owner, pattern)

    def member_value_history(self, family: Family, owner: str, member: str, pattern: str) -> list[HistoryEntry]:
        with self._engine.connection() as connection:
            return TABLES[family].history(connection, (owner, member), pattern)


class SqliteStore(SqlStore):
    """The store in the SQLite file `path`, which is made when it is not there.

    Raises ConnectionFailed `API_CantConnectToDatabase` for a file that cannot be used.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(Engine(os.fspath(path)))
