"""The Db commands for servers, devices, their export and their aliases (DB-20..DB-46, DB-50..DB-64)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from server_core.database.command import RECORD, STRING, STRINGS, VOID, DbCommand, need
from server_core.database.layout import number, unpack_export
from server_core.database.sqlite import SqlStore
from server_core.database.store import DeviceRecord, ServerInfo
from server_core.model.errors import DevFailed, Reason

Argin = Sequence[str]
Record = tuple[list[int], list[str]]

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_SERVER_REFUSAL = "incorrect no. of input arguments, needs at least 3 (server,device,class)"
_SUFFIXES = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}

NEVER = "?"
"""The date of what has not happened (DB-42)."""

UNKNOWN = " "
"""Stands for each item of start information that is not stored (DB-51)."""


def long_date(seconds: float | None) -> str:
    """A time as DbGetDeviceInfo writes it: `21st November 2026 at 08:24:09`, local (DB-42)."""
    if seconds is None:
        return NEVER
    date = datetime.fromtimestamp(seconds)
    return f"{date.day}{_SUFFIXES.get(date.day, 'th')} {MONTHS[date.month - 1]} {date.year} at {date:%H:%M:%S}"


# ---- definition


def _add_device(store: SqlStore, argin: Argin) -> None:
    need(argin, 3, _SERVER_REFUSAL)
    server, device, dev_class = argin[:3]
    store.add_device(server, device, dev_class, argin[3] if len(argin) > 3 else "")


def _add_server(store: SqlStore, argin: Argin) -> None:
    pairs_complete = len(argin) % 2 == 1
    need(argin if pairs_complete else (), 3, _SERVER_REFUSAL)
    store.add_server(argin[0], zip(argin[1::2], argin[2::2], strict=True))


def _rename_server(store: SqlStore, argin: Argin) -> None:
    need(argin, 2, "Wrong number of args (two required: old name and new name)")
    store.rename_server(argin[0], argin[1])


def _device_list(store: SqlStore, argin: Argin) -> list[str]:
    need(argin, 2, "incorrect no. of input arguments, needs 2 (server,class)")
    return store.distinct("name", server=argin[0], dev_class=argin[1])


def _device_class_list(store: SqlStore, argin: str) -> list[str]:
    if "*" in argin:
        return []
    return [text for record in store.devices(server=argin) for text in (record.name, record.dev_class)]


def _class_of(store: SqlStore, argin: str) -> str:
    try:
        return store.device(argin).dev_class
    except DevFailed as error:
        raise DevFailed.of(Reason.DB_IncorrectArguments, f"Class not found for {argin}", "DataBase") from error


def _class_inheritance(store: SqlStore, argin: str) -> list[str]:
    _class_of(store, argin)
    return store.class_inheritance(argin)


def _sorted(names: set[str]) -> list[str]:
    return sorted(names, key=str.lower)


def _server_names(store: SqlStore, argin: str) -> list[str]:
    return _sorted({server.partition("/")[0] for server in store.servers(argin)})


def _instance_names(store: SqlStore, argin: str) -> list[str]:
    return _sorted({server.partition("/")[2] for server in store.servers(f"{argin}/*")})


# ---- export


def _export_device(store: SqlStore, argin: Argin) -> None:
    need(argin, 5, "Insufficient export info for device")
    store.export_devices([unpack_export(argin)])


def _import_device(store: SqlStore, argin: str) -> Record:
    record = store.device(argin)
    return _longs(record), [argin.lower(), record.ior, record.version, record.server, record.host, record.dev_class]


def _device_info(store: SqlStore, argin: str) -> Record:
    record = store.device(argin)
    dates = (long_date(record.started), long_date(record.stopped))
    texts = [argin.lower(), record.ior, record.version, record.server, record.host, *dates, record.dev_class]
    return _longs(record), texts


def _longs(record: DeviceRecord) -> list[int]:
    return [int(record.exported), record.pid]


def _exported_list(store: SqlStore, argin: str) -> list[str]:
    by_name = store.distinct("name", name=argin, exported=True)
    return _sorted({*by_name, *store.distinct("name", alias=argin, exported=True)})


# ---- start information


def _put_server_info(store: SqlStore, argin: Argin) -> None:
    need(argin, 4, "insufficient server info")
    server, host, mode, level = argin[:4]
    store.put_server_info(ServerInfo(server, host, number(mode, "mode"), number(level, "level")))


def _get_server_info(store: SqlStore, argin: str) -> list[str]:
    info = store.server_info(argin)
    if info is None:
        return [argin, UNKNOWN, UNKNOWN, UNKNOWN]
    return [argin, info.host, str(info.mode), str(info.level)]


def _host_servers_info(store: SqlStore, argin: str) -> list[str]:
    answer: list[str] = []
    for server in store.host_servers(argin):
        _, _, mode, level = _get_server_info(store, server)
        answer += (server, mode, level)
    return answer


# ---- aliases


def _put_device_alias(store: SqlStore, argin: Argin) -> None:
    need(argin, 2, "insufficient alias info for device")
    store.put_device_alias(argin[0], argin[1])


def _put_attribute_alias(store: SqlStore, argin: Argin) -> None:
    need(argin, 2, "insufficient alias info for attribute")
    store.put_attribute_alias(argin[0], argin[1])


DEVICE_COMMANDS = (
    DbCommand("DbAddDevice", STRINGS, VOID, "server, device, class[, alias]", "", _add_device),
    DbCommand("DbAddServer", STRINGS, VOID, "server, {device, class}", "", _add_server),
    DbCommand("DbDeleteDevice", STRING, VOID, "device", "", SqlStore.delete_device),
    DbCommand("DbDeleteServer", STRING, VOID, "server", "", SqlStore.delete_server),
    DbCommand("DbRenameServer", STRINGS, VOID, "old name, new name", "", _rename_server),
    DbCommand("DbGetDeviceList", STRINGS, STRINGS, "server filter, class filter", "devices", _device_list),
    DbCommand("DbGetDeviceClassList", STRING, STRINGS, "server", "{device, class}", _device_class_list),
    DbCommand(
        "DbGetDeviceServerClassList", STRING, STRINGS, "server filter", "classes",
        lambda store, pattern: store.distinct("class", server=pattern),
    ),
    DbCommand("DbGetClassForDevice", STRING, STRING, "device", "class", _class_of),
    DbCommand("DbGetClassInheritanceForDevice", STRING, STRINGS, "device", "class, parent, ...", _class_inheritance),
    DbCommand(
        "DbGetClassList", STRING, STRINGS, "class filter", "classes",
        lambda store, pattern: store.distinct("class", dev_class=pattern),
    ),
    DbCommand(
        "DbGetDeviceDomainList", STRING, STRINGS, "device filter", "domains",
        lambda store, pattern: store.distinct("domain", name=pattern),
    ),
    DbCommand(
        "DbGetDeviceFamilyList", STRING, STRINGS, "device filter", "families",
        lambda store, pattern: store.distinct("family", name=pattern),
    ),
    DbCommand(
        "DbGetDeviceMemberList", STRING, STRINGS, "device filter", "members",
        lambda store, pattern: store.distinct("member", name=pattern),
    ),
    DbCommand(
        "DbGetDeviceWideList", STRING, STRINGS, "device filter", "devices",
        lambda store, pattern: store.distinct("name", name=pattern),
    ),
    DbCommand("DbGetServerList", STRING, STRINGS, "server filter", "servers", SqlStore.servers),
    DbCommand("DbGetServerNameList", STRING, STRINGS, "server filter", "executables", _server_names),
    DbCommand("DbGetInstanceNameList", STRING, STRINGS, "executable", "instances", _instance_names),
    DbCommand("DbExportDevice", STRINGS, VOID, "device, ior, host, pid, version", "", _export_device),
    DbCommand("DbUnExportDevice", STRING, VOID, "device", "", SqlStore.unexport_device),
    DbCommand("DbUnExportServer", STRING, VOID, "server", "", SqlStore.unexport_server),
    DbCommand(
        "DbImportDevice", STRING, RECORD, "device or alias",
        "[exported, pid], [device, ior, version, server, host, class]", _import_device,
    ),
    DbCommand(
        "DbGetDeviceInfo", STRING, RECORD, "device or alias",
        "[exported, pid], [device, ior, version, server, host, started, stopped, class]", _device_info,
    ),
    DbCommand("DbGetDeviceExportedList", STRING, STRINGS, "device or alias filter", "devices", _exported_list),
    DbCommand(
        "DbGetExportdDeviceListForClass", STRING, STRINGS, "class filter", "devices",
        lambda store, pattern: store.distinct("name", dev_class=pattern, exported=True),
    ),
    DbCommand(
        "DbGetHostList", STRING, STRINGS, "host filter", "hosts",
        lambda store, pattern: store.distinct("host", host=pattern),
    ),
    DbCommand("DbGetHostServerList", STRING, STRINGS, "host filter", "servers", SqlStore.host_servers),
    DbCommand("DbPutServerInfo", STRINGS, VOID, "server, host, mode, level", "", _put_server_info),
    DbCommand("DbGetServerInfo", STRING, STRINGS, "server", "server, host, mode, level", _get_server_info),
    DbCommand("DbDeleteServerInfo", STRING, VOID, "server", "", SqlStore.delete_server_info),
    DbCommand("DbGetHostServersInfo", STRING, STRINGS, "host filter", "{server, mode, level}", _host_servers_info),
    DbCommand("DbPutDeviceAlias", STRINGS, VOID, "device, alias", "", _put_device_alias),
    DbCommand("DbGetDeviceAlias", STRING, STRING, "device", "alias", SqlStore.device_alias),
    DbCommand("DbGetAliasDevice", STRING, STRING, "alias", "device", SqlStore.alias_device),
    DbCommand("DbGetDeviceAliasList", STRING, STRINGS, "alias filter", "aliases", SqlStore.device_aliases),
    DbCommand("DbDeleteDeviceAlias", STRING, VOID, "alias", "", SqlStore.delete_device_alias),
    DbCommand("DbPutAttributeAlias", STRINGS, VOID, "device/attribute, alias", "", _put_attribute_alias),
    DbCommand("DbGetAttributeAlias", STRING, STRING, "alias", "device/attribute", SqlStore.alias_attribute),
    DbCommand("DbGetAliasAttribute", STRING, STRING, "alias", "device/attribute", SqlStore.alias_attribute),
    DbCommand("DbGetAttributeAlias2", STRING, STRING, "device/attribute", "alias", SqlStore.attribute_alias),
    DbCommand("DbGetAttributeAliasList", STRING, STRINGS, "alias filter", "aliases", SqlStore.attribute_aliases),
    DbCommand("DbDeleteAttributeAlias", STRING, VOID, "alias", "", SqlStore.delete_attribute_alias),
)  # fmt: skip
"""All commands for servers, devices and aliases."""
