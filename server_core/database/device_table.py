"""Devices, servers and aliases in SQLite.

Every function works inside the caller's connection; `sqlite.SqliteStore` puts transactions around them. Source:
DB-12, DB-13, DB-20..DB-64.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from server_core.database.families import OF_DEVICES
from server_core.database.filters import Condition, matches, where
from server_core.database.property_tables import TABLES, timestamp
from server_core.database.store import DeviceExport, DeviceRecord, EventRecord, ServerInfo
from server_core.model.errors import DevFailed, Reason
from server_core.model.names import (
    ADMIN_CLASS,
    MAX_NAME,
    admin_name,
    check_alias,
    check_device_name,
    check_domain,
    check_server_name,
)

_RECORD = "SELECT name, server, class, alias, exported, ior, host, pid, version, started, stopped FROM device"
_ORIGIN = "server_core.database"


def not_defined(device: str) -> DevFailed:
    """The error of an unknown device."""
    return DevFailed.of(Reason.DB_DeviceNotDefined, f"device {device} not defined in the database !", _ORIGIN)


def no_alias(device: str) -> DevFailed:
    """The error of a device without alias."""
    return DevFailed.of(Reason.DB_AliasNotDefined, f"No alias found for device '{device}'", _ORIGIN)


def alias_taken(alias: str) -> DevFailed:
    """The error of an alias that something else has."""
    return DevFailed.of(Reason.DB_SQLError, f"alias {alias} already exists !", _ORIGIN)


def seconds(date: str | None) -> float | None:
    """A date of the database in seconds since 1970, None for never, which may be a date of zeros."""
    return None if date is None or date.startswith("0") else datetime.fromisoformat(date).timestamp()


# ---- definition


def add_device(connection: sqlite3.Connection, server: str, device: str, dev_class: str, alias: str) -> None:
    """Define a device, replacing a former record of the name, and its server's admin device (DB-20)."""
    server, name = check_server_name(server), check_device_name(device)
    if not dev_class or len(dev_class) > MAX_NAME:
        raise DevFailed.of(
            Reason.DB_IncorrectArguments, f"class name ({dev_class}) of device {name} is empty or too long", _ORIGIN
        )
    check_domain(name, dev_class)
    connection.execute("DELETE FROM device WHERE name = ?", (name,))
    if alias:
        _check_free(connection, check_alias(alias))
    _insert(connection, name, server, dev_class, alias or None)
    admin = admin_name(server)
    if connection.execute("SELECT 1 FROM device WHERE name = ?", (admin,)).fetchone() is None:
        _insert(connection, admin, server, ADMIN_CLASS, None)


def _insert(connection: sqlite3.Connection, name: str, server: str, dev_class: str, alias: str | None) -> None:
    connection.execute(
        "INSERT INTO device (name, domain, family, member, server, class, alias) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (name, *name.split("/"), server, dev_class, alias),
    )


def delete_device(connection: sqlite3.Connection, device: str) -> None:
    """Remove a device with its properties and aliases (DB-22)."""
    name = device_name(device, "failed to delete device, device name incorrect")
    _delete_with_properties(connection, name)


def _delete_with_properties(connection: sqlite3.Connection, name: str) -> None:
    connection.execute("DELETE FROM device WHERE name = ?", (name,))
    for family in OF_DEVICES:
        TABLES[family].delete_owner(connection, name)
    connection.execute("DELETE FROM attribute_alias WHERE device = ?", (name,))


def device_name(name: str, refusal: str) -> str:
    """`name` without protocol and host; DevFailed `DB_IncorrectDeviceName` with the text `refusal` if it is none."""
    try:
        return check_device_name(name)
    except DevFailed as error:
        raise DevFailed.of(Reason.DB_IncorrectDeviceName, refusal, _ORIGIN) from error


def delete_server(connection: sqlite3.Connection, server: str) -> None:
    """Remove a server with its devices, their properties and aliases (DB-23)."""
    if "%" in server:
        raise _wrong_server("failed to delete server, server name incorrect")
    try:
        check_server_name(server)
    except DevFailed as error:
        raise _wrong_server("failed to delete server, server name incorrect") from error
    names = connection.execute("SELECT name FROM device WHERE server = ?", (server,)).fetchall()
    if not names:
        raise _wrong_server(f"Server {server} not defined in database !")
    for (name,) in names:
        _delete_with_properties(connection, name)


def _wrong_server(text: str) -> DevFailed:
    return DevFailed.of(Reason.DB_IncorrectServerName, text, _ORIGIN)


def rename_server(connection: sqlite3.Connection, old: str, new: str) -> None:
    """Rename a server, its admin device with its properties, and its start information (DB-24)."""
    for name in (old, new):
        try:
            check_server_name(name)
        except DevFailed as error:
            raise DevFailed.of(
                Reason.DB_IncorrectArguments,
                f"Wrong syntax in command args (ds_exec_name/inst_name): {name}",
                _ORIGIN,
            ) from error
    if not _has_devices(connection, old):
        raise _wrong_server(f"Server {old} not defined in database !")
    if old.lower() != new.lower() and _has_devices(connection, new):
        raise DevFailed.of(Reason.DB_IncorrectArguments, f"Device server process name {new} is already used", _ORIGIN)
    connection.execute("UPDATE device SET server = ? WHERE server = ?", (new, old))
    before, after = admin_name(old), admin_name(new)
    connection.execute(
        "UPDATE device SET name = ?, domain = ?, family = ?, member = ? WHERE name = ?",
        (after, *after.split("/"), before),
    )
    for family in OF_DEVICES:
        TABLES[family].rename_owner(connection, before, after)
    connection.execute("DELETE FROM server WHERE name = ? AND name <> ?", (new, old))
    connection.execute("UPDATE server SET name = ? WHERE name = ?", (new.lower(), old))


def _has_devices(connection: sqlite3.Connection, server: str) -> bool:
    return connection.execute("SELECT 1 FROM device WHERE server = ?", (server,)).fetchone() is not None


# ---- records


def record(connection: sqlite3.Connection, name_or_alias: str) -> DeviceRecord:
    """The record of a device, by its name or else its alias (DB-41)."""
    row = connection.execute(f"{_RECORD} WHERE name = ?", (name_or_alias,)).fetchone()
    if row is None:
        row = connection.execute(f"{_RECORD} WHERE alias = ?", (name_or_alias,)).fetchone()
    if row is None:
        raise not_defined(name_or_alias)
    return _record(*row)


def records(connection: sqlite3.Connection, server: str, dev_class: str, name: str) -> list[DeviceRecord]:
    """The records that match, sorted by name."""
    clause = where((matches("server", server), matches("class", dev_class), matches("name", name)))
    return [_record(*row) for row in connection.execute(f"{_RECORD}{clause.sql} ORDER BY name", clause.parameters)]


def _record(
    name: str,
    server: str,
    dev_class: str,
    alias: str | None,
    exported: int,
    ior: str,
    host: str,
    pid: int,
    version: str,
    started: str | None,
    stopped: str | None,
) -> DeviceRecord:
    return DeviceRecord(
        name,
        server,
        dev_class,
        alias or "",
        exported != 0,
        ior,
        host,
        pid,
        version,
        seconds(started),
        seconds(stopped),
    )


def distinct(connection: sqlite3.Connection, field: str, filters: Iterable[Condition]) -> list[str]:
    """The different values of a column of the devices that match, sorted; absent ones left out."""
    clause = where((Condition("alias IS NOT NULL" if field == "alias" else ""), *filters))
    return [
        value
        for (value,) in connection.execute(
            f"SELECT DISTINCT {field} FROM device{clause.sql} ORDER BY {field}", clause.parameters
        )
    ]


# ---- export


def export_device(connection: sqlite3.Connection, export: DeviceExport) -> None:
    """Mark a device as served; its server's start information follows the host (DB-38)."""
    found = connection.execute(
        "UPDATE device SET exported = 1, ior = ?, host = ?, pid = ?, version = ?, started = ? WHERE name = ? "
        "RETURNING server",
        (export.ior, export.host, export.pid, export.version, timestamp(), export.name),
    ).fetchone()
    if found is None:
        raise not_defined(export.name)
    connection.execute("UPDATE server SET host = ? WHERE name = ?", (export.host, *found))


def unexport(connection: sqlite3.Connection, column: str, name: str) -> None:
    """Mark the device, or all devices of the server, of that name as no longer served (DB-39, DB-40)."""
    connection.execute(f"UPDATE device SET exported = 0, stopped = ? WHERE {column} = ?", (timestamp(), name))


# ---- event channels


def export_event(connection: sqlite3.Connection, channel: DeviceExport) -> None:
    """Say where an event channel is, replacing what was known of it (DB-47)."""
    connection.execute(
        "INSERT OR REPLACE INTO event (name, exported, ior, host, server, pid, version, started) "
        "VALUES (?, 1, ?, ?, ?, ?, ?, ?)",
        (channel.name.lower(), channel.ior, channel.host, channel.name, channel.pid, channel.version, timestamp()),
    )


def event(connection: sqlite3.Connection, channel: str) -> EventRecord:
    """Where an event channel is (DB-48)."""
    row = connection.execute(
        "SELECT name, exported, ior, host, pid, version FROM event WHERE name = ?", (channel,)
    ).fetchone()
    if row is None:
        raise DevFailed.of(Reason.DB_DeviceNotDefined, f"event {channel} not defined in the database !", _ORIGIN)
    name, exported, *rest = row
    return EventRecord(name, exported != 0, *rest)


def unexport_event(connection: sqlite3.Connection, channel: str) -> None:
    """Mark an event channel as gone (DB-49)."""
    connection.execute("UPDATE event SET exported = 0, stopped = ? WHERE name = ?", (timestamp(), channel))


# ---- start information


def server_info(connection: sqlite3.Connection, server: str) -> ServerInfo | None:
    """How the server is to be started."""
    row = connection.execute("SELECT host, mode, level FROM server WHERE name = ?", (server,)).fetchone()
    return None if row is None else ServerInfo(server, *row)


def put_server_info(connection: sqlite3.Connection, info: ServerInfo) -> None:
    """Store how the server is to be started, under its lower-case name (DB-50)."""
    connection.execute(
        "INSERT OR REPLACE INTO server (name, host, mode, level) VALUES (?, ?, ?, ?)",
        (info.server.lower(), info.host, info.mode, info.level),
    )


# ---- aliases


def put_device_alias(connection: sqlite3.Connection, device: str, alias: str) -> None:
    """Give a device its alias; an unknown device is no error (DB-54)."""
    owner = connection.execute("SELECT name FROM device WHERE alias = ?", (check_alias(alias),)).fetchone()
    if owner is not None and owner[0].lower() != device.lower():
        raise alias_taken(alias)
    connection.execute("UPDATE device SET alias = ? WHERE name = ?", (alias, device))


def _check_free(connection: sqlite3.Connection, alias: str) -> None:
    if connection.execute("SELECT 1 FROM device WHERE alias = ?", (alias,)).fetchone() is not None:
        raise alias_taken(alias)


def device_alias(connection: sqlite3.Connection, device: str) -> str:
    """The alias of a device (DB-55)."""
    name = device_name(device, "failed to find alias, device name incorrect")
    row = connection.execute("SELECT alias FROM device WHERE name = ?", (name,)).fetchone()
    if row is None or not row[0]:
        raise no_alias(name)
    return str(row[0])


def alias_device(connection: sqlite3.Connection, alias: str) -> str:
    """The device of an alias (DB-56)."""
    row = connection.execute("SELECT name FROM device WHERE alias = ?", (alias,)).fetchone()
    if row is None:
        raise DevFailed.of(Reason.DB_DeviceNotDefined, f"No device found for alias '{alias}'", _ORIGIN)
    return str(row[0])


def put_attribute_alias(connection: sqlite3.Connection, attribute: str, alias: str) -> None:
    """Give an attribute its alias, replacing the former (DB-59)."""
    device, _, name = attribute.rpartition("/")
    if device.count("/") != 2:
        raise DevFailed.of(
            Reason.DB_SQLError, f"attribute name {attribute} has bad syntax, must have 3 / in it", _ORIGIN
        )
    check_alias(alias)
    owner = connection.execute("SELECT name FROM attribute_alias WHERE alias = ?", (alias,)).fetchone()
    if owner is not None and owner[0].lower() != attribute.lower():
        raise alias_taken(alias)
    connection.execute(
        "INSERT OR REPLACE INTO attribute_alias (alias, name, device, attribute) VALUES (?, ?, ?, ?)",
        (alias, attribute, device, name),
    )


def alias_attribute(connection: sqlite3.Connection, alias: str) -> str:
    """The attribute of an alias (DB-60, DB-61)."""
    row = connection.execute("SELECT name FROM attribute_alias WHERE alias = ?", (alias,)).fetchone()
    if row is None:
        raise DevFailed.of(Reason.DB_SQLError, f"No attribute found for alias  '{alias}'", _ORIGIN)
    return str(row[0])


def attribute_alias(connection: sqlite3.Connection, attribute: str) -> str:
    """The alias of an attribute (DB-62)."""
    row = connection.execute("SELECT alias FROM attribute_alias WHERE name = ?", (attribute,)).fetchone()
    if row is None:
        raise DevFailed.of(Reason.DB_SQLError, f"No alias found for attribute  '{attribute}'", _ORIGIN)
    return str(row[0])


def attribute_aliases(connection: sqlite3.Connection, pattern: str) -> list[str]:
    """Attribute aliases that match, ordered by the attribute's own name (DB-63)."""
    clause = where((matches("alias", pattern),))
    return [
        alias
        for (alias,) in connection.execute(
            f"SELECT alias FROM attribute_alias{clause.sql} ORDER BY attribute, name", clause.parameters
        )
    ]
