"""What can be asked of the database of a control system: devices, servers, aliases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from server_core.database.store import DeviceExport, DeviceRecord, ServerInfo, Store
from server_core.model.names import ADMIN_DOMAIN
from server_core.model.names import wildcard as compiled
from tangoterm.client.database_records import (
    DbDatum,
    DbDevExportInfo,
    DbDevFullInfo,
    DbDevImportInfo,
    DbDevInfo,
    DbServerInfo,
)
from tangoterm.client.steps import Perform, Plan
from tangoterm.client.system import ControlSystem

P = ParamSpec("P")
R = TypeVar("R")


def asking(question: Callable[Concatenate[Store, P], R]) -> Callable[Concatenate[ControlSystem, P], Plan[R]]:
    """The plan that asks a system's database."""

    @wraps(question)
    def plan(system: ControlSystem, /, *args: P.args, **kwargs: P.kwargs) -> Plan[R]:
        answer: R = yield Perform(lambda: question(system.store, *args, **kwargs))
        return answer

    return plan


def changing(change: Callable[Concatenate[Store, P], R]) -> Callable[Concatenate[ControlSystem, P], Plan[R]]:
    """The plan that changes a system's database, when this client may; NotAllowed `API_ReadOnlyMode` otherwise."""

    @wraps(change)
    def plan(system: ControlSystem, /, *args: P.args, **kwargs: P.kwargs) -> Plan[R]:
        if system.guarded:
            from tangoterm.client.access import check_database

            yield from check_database(system)
        answer: R = yield Perform(lambda: change(system.store, *args, **kwargs))
        return answer

    return plan


# ---- devices


@changing
def add_device(store: Store, dev_info: DbDevInfo) -> None:
    """Define a device of a server (DB-20)."""
    store.add_device(dev_info.server, dev_info.name, dev_info._class)


@changing
def delete_device(store: Store, dev_name: str) -> None:
    """Remove a device with its properties and aliases (DB-22)."""
    store.delete_device(dev_name)


@asking
def import_device(store: Store, dev_name: str) -> DbDevImportInfo:
    """Where a device is; DevFailed `DB_DeviceNotDefined` when there is none."""
    record = store.device(dev_name)
    return DbDevImportInfo(record.name, int(record.exported), record.ior, record.version)


@asking
def get_device_info(store: Store, dev_name: str) -> DbDevFullInfo:
    """All that is known of a device; DevFailed `DB_DeviceNotDefined` when there is none (DB-26)."""
    return DbDevFullInfo.of(store.device(dev_name))


@changing
def export_device(store: Store, dev_export: DbDevExportInfo) -> None:
    """Mark a device as served (DB-38)."""
    store.export_devices(
        [DeviceExport(dev_export.name, dev_export.ior, dev_export.host, dev_export.pid, dev_export.version)]
    )


@changing
def unexport_device(store: Store, dev_name: str) -> None:
    """Mark a device as no longer served (DB-39)."""
    store.unexport_device(dev_name)


@changing
def export_server(store: Store, dev_info: DbDevExportInfo | Sequence[DbDevExportInfo]) -> None:
    """Mark devices as served (DB-38)."""
    infos = [dev_info] if isinstance(dev_info, DbDevExportInfo) else dev_info
    store.export_devices([DeviceExport(info.name, info.ior, info.host, info.pid, info.version) for info in infos])


@asking
def get_device_name(store: Store, serv_name: str, class_name: str) -> DbDatum:
    """The devices of a class in a server (DB-25)."""
    return DbDatum(serv_name, store.device_names(serv_name, class_name))


@asking
def get_device_exported(store: Store, filter: str) -> DbDatum:
    """The devices served at present whose name matches."""
    return DbDatum(filter, [record.name for record in store.devices(name=filter) if record.exported])


@asking
def get_device_exported_for_class(store: Store, class_name: str) -> DbDatum:
    """The devices of a class served at present."""
    return DbDatum(class_name, [record.name for record in store.devices(dev_class=class_name) if record.exported])


@asking
def get_class_for_device(store: Store, dev_name: str) -> str:
    """The class of a device."""
    return store.device(dev_name).dev_class


@asking
def get_class_inheritance_for_device(store: Store, dev_name: str) -> DbDatum:
    """The class of a device and its parents (DB-29)."""
    return DbDatum(dev_name, store.class_inheritance(dev_name))


@asking
def get_device_domain(store: Store, wildcard: str) -> DbDatum:
    """The first fields of the names that match."""
    return _fields(store, wildcard, 0)


@asking
def get_device_family(store: Store, wildcard: str) -> DbDatum:
    """The second fields of the names that match."""
    return _fields(store, wildcard, 1)


@asking
def get_device_member(store: Store, wildcard: str) -> DbDatum:
    """The third fields of the names that match."""
    return _fields(store, wildcard, 2)


def _fields(store: Store, wildcard: str, index: int) -> DbDatum:
    pattern = wildcard + "/*" * (2 - wildcard.count("/"))
    return DbDatum(wildcard, _distinct(record.name.split("/")[index] for record in store.devices(name=pattern)))


def _distinct(names: Iterable[str]) -> list[str]:
    """The names sorted, one of those that differ in case only."""
    return [name for _, name in sorted({name.lower(): name for name in names if name}.items())]


# ---- servers and classes


@changing
def add_server(
    store: Store, servname: str, dev_info: DbDevInfo | Sequence[DbDevInfo], with_dserver: bool = False
) -> None:
    """Define the devices of a server (DB-21); its admin device is always among them."""
    infos = [dev_info] if isinstance(dev_info, DbDevInfo) else dev_info
    store.add_server(servname, [(info.name, info._class) for info in infos])


@changing
def delete_server(store: Store, server: str) -> None:
    """Remove a server with all its devices (DB-23)."""
    store.delete_server(server)


@changing
def rename_server(store: Store, old_ds_name: str, new_ds_name: str) -> None:
    """Rename a server with its admin device (DB-24)."""
    store.rename_server(old_ds_name, new_ds_name)


@changing
def unexport_server(store: Store, server: str) -> None:
    """Mark all devices of a server as no longer served (DB-40)."""
    store.unexport_server(server)


@asking
def get_server_list(store: Store, wildcard: str = "*") -> DbDatum:
    """The servers `executable/instance` that match (DB-35)."""
    return DbDatum("server", store.servers(wildcard))


@asking
def get_server_name_list(store: Store) -> DbDatum:
    """The executables that have servers."""
    return DbDatum("server", _distinct(server.partition("/")[0] for server in store.servers()))


@asking
def get_instance_name_list(store: Store, server_name: str) -> DbDatum:
    """The instances of an executable."""
    return DbDatum("server", _distinct(server.partition("/")[2] for server in store.servers(f"{server_name}/*")))


@asking
def get_host_list(store: Store, wildcard: str = "*") -> DbDatum:
    """The hosts on which devices have been served."""
    hosts = (record.host for record in store.devices() if record.host != "nada")
    return DbDatum("host", [host for host in _distinct(hosts) if compiled(wildcard).match(host)])


@asking
def get_host_server_list(store: Store, host_name: str) -> DbDatum:
    """The servers on a host, whose short name is enough (DB-46)."""
    return DbDatum("server", store.host_servers(host_name))


@asking
def get_server_class_list(store: Store, server: str) -> DbDatum:
    """The classes of a server, without its admin device's."""
    return DbDatum("server", _distinct(record.dev_class for record in _plain_devices(store, server)))


@asking
def get_device_class_list(store: Store, server: str) -> DbDatum:
    """The devices of a server, each followed by its class, the admin device included."""
    return DbDatum("server", [text for record in store.devices(server) for text in (record.name, record.dev_class)])


@asking
def get_class_list(store: Store, wildcard: str = "*") -> DbDatum:
    """The classes that have devices and match."""
    return DbDatum("class", _distinct(record.dev_class for record in store.devices(dev_class=wildcard)))


def _plain_devices(store: Store, server: str) -> list[DeviceRecord]:
    return [record for record in store.devices(server) if not record.name.lower().startswith(ADMIN_DOMAIN + "/")]


@asking
def get_server_info(store: Store, server: str) -> DbServerInfo:
    """How a server is to be started; empty fields when nothing is stored."""
    info = store.server_info(server) or ServerInfo(server)
    return DbServerInfo(info.server, info.host, info.mode, info.level)


@changing
def put_server_info(store: Store, info: DbServerInfo) -> None:
    """Store how a server is to be started (DB-50)."""
    store.put_server_info(ServerInfo(info.name, info.host, info.mode, info.level))


@changing
def delete_server_info(store: Store, server: str) -> None:
    """Forget how a server is to be started (DB-52)."""
    store.delete_server_info(server)


# ---- aliases


@changing
def put_device_alias(store: Store, dev_name: str, alias: str) -> None:
    """Give a device its alias, replacing the former (DB-54)."""
    store.put_device_alias(dev_name, alias)


@changing
def delete_device_alias(store: Store, alias: str) -> None:
    """Remove an alias (DB-58)."""
    store.delete_device_alias(alias)


@asking
def get_alias_from_device(store: Store, dev_name: str) -> str:
    """The alias of a device; DevFailed `DB_AliasNotDefined` when it has none (DB-55)."""
    return store.device_alias(dev_name)


@asking
def get_device_from_alias(store: Store, alias: str) -> str:
    """The device of an alias; DevFailed `DB_DeviceNotDefined` when there is none (DB-56)."""
    return store.alias_device(alias)


@asking
def get_device_alias_list(store: Store, filter: str = "*") -> DbDatum:
    """The aliases of devices that match (DB-57)."""
    return DbDatum(filter, store.device_aliases(filter))


@changing
def put_attribute_alias(store: Store, attr_name: str, alias: str) -> None:
    """Give `domain/family/member/attribute` an alias (DB-59)."""
    store.put_attribute_alias(attr_name, alias)


@changing
def delete_attribute_alias(store: Store, alias: str) -> None:
    """Remove an attribute's alias (DB-64)."""
    store.delete_attribute_alias(alias)


@asking
def get_attribute_from_alias(store: Store, alias: str) -> str:
    """The attribute of an alias; DevFailed when there is none (DB-61)."""
    return store.alias_attribute(alias)


@asking
def get_alias_from_attribute(store: Store, attr_name: str) -> str:
    """The alias of an attribute; DevFailed when it has none (DB-62)."""
    return store.attribute_alias(attr_name)


@asking
def get_attribute_alias_list(store: Store, filter: str = "*") -> DbDatum:
    """The aliases of attributes that match (DB-63)."""
    return DbDatum(filter, store.attribute_aliases(filter))
