"""The Db commands for event channels and for the database as a whole (DB-47..DB-49, DB-111..DB-115)."""

from __future__ import annotations

from collections.abc import Sequence

from server_core.database.command import RECORD, STRING, STRINGS, VOID, DbCommand, need
from server_core.database.layout import unpack_export
from server_core.database.server_data import pack_server_data
from server_core.database.sqlite import SqlStore

Argin = Sequence[str]
Record = tuple[list[int], list[str]]

_MODERN = 9
"""The release from which clients of DbGetDataForServerCache know releases and pipes."""


def _export_event(store: SqlStore, argin: Argin) -> None:
    need(argin, 5, "insufficient export info for event")
    store.export_event(unpack_export(argin))


def _import_event(store: SqlStore, argin: str) -> Record:
    event = store.event(argin)
    return [int(event.exported), event.pid], [event.name, event.ior, event.version, event.host]


def _info(store: SqlStore, argin: None) -> list[str]:
    return store.info()


def _forwarded(store: SqlStore, argin: str) -> list[str]:
    return [text for attribute in store.forwarded_attributes(argin) for text in attribute]


def _database_servers(store: SqlStore, argin: None) -> list[str]:
    return store.database_servers()


def _select(store: SqlStore, argin: str) -> Record:
    """Each value with a flag (0 for NULL), then the numbers of rows and columns (DB-113)."""
    columns, rows = store.select(argin)
    values = [value for row in rows for value in row]
    flags = [int(value is not None) for value in values]
    return [*flags, len(rows), columns], ["" if value is None else str(value) for value in values]


def _server_cache(store: SqlStore, argin: Argin) -> list[str]:
    need(argin, 2, "Incorrect no. of input arguments, needs 2 (ds_name,host_name)")
    host, _, release = argin[1].partition("%%")
    major = release.partition(".")[0]
    modern = major.isdecimal() and len(major) < 10 and int(major) >= _MODERN
    return pack_server_data(argin[0], host, store.server_data(argin[0], host), modern=modern)


SERVICE_COMMANDS = (
    DbCommand("DbExportEvent", STRINGS, VOID, "channel, ior, host, pid, version", "", _export_event),
    DbCommand(
        "DbImportEvent", STRING, RECORD, "channel", "[exported, pid], [channel, ior, version, host]", _import_event
    ),
    DbCommand("DbUnExportEvent", STRING, VOID, "channel", "", SqlStore.unexport_event),
    DbCommand(
        "DbGetForwardedAttributeListForDevice", STRING, STRINGS, "device", "{device, attribute, root attribute}",
        _forwarded,
    ),
    DbCommand("DbInfo", VOID, STRINGS, "", "lines about the database", _info),
    DbCommand("DbGetCSDbServerList", VOID, STRINGS, "", "host:port of each database", _database_servers),
    DbCommand(
        "DbMySqlSelect", STRING, RECORD, "SQL query, read only",
        "[0 for NULL or 1 per value, rows, columns], values row by row", _select,
    ),
    DbCommand(
        "DbGetDataForServerCache", STRINGS, STRINGS, "server, host%%release",
        "all that the start of the server needs", _server_cache,
    ),
)  # fmt: skip
"""All commands for event channels and the database itself."""
