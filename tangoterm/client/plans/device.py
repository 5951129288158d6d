"""The device itself: who it is, whether it answers, its state, the blackbox; settings of the proxy."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from server_core.model.config import DeviceInfo
from server_core.model.enums import DevState
from server_core.model.errors import DevFailed, Reason
from server_core.protocol.operations import (
    BlackBox,
    GetDescription,
    GetInfo,
    GetName,
    GetState,
    GetStatus,
    Ping,
)
from server_core.transport.reach import port_of
from tangoterm.client.access import AccessControlType, right
from tangoterm.client.handle import Handle
from tangoterm.client.steps import Level, Perform, Plan

if TYPE_CHECKING:
    from tangoterm.client.database_records import DbDevImportInfo


def ping(device: Handle) -> Plan[int]:
    """The time of one round trip to the device in microseconds."""
    start = time.perf_counter()
    yield from device.call(Ping(device.name))
    return round((time.perf_counter() - start) * 1_000_000)


def info(device: Handle) -> Plan[DeviceInfo]:
    """Class, server, host and documentation of the device (ADM-45)."""
    return device.call(GetInfo(device.name))


def state(device: Handle) -> Plan[DevState]:
    """The state, read from the device with its alarms evaluated (ATT-55)."""
    return device.call(GetState(device.name))


def status(device: Handle) -> Plan[str]:
    """The status text."""
    return device.call(GetStatus(device.name))


def name(device: Handle) -> Plan[str]:
    """The device's name, as the device itself gives it."""
    return device.call(GetName(device.name))


def description(device: Handle) -> Plan[str]:
    """The device's description."""
    return device.call(GetDescription(device.name))


def adm_name(device: Handle) -> Plan[str]:
    """The name of the admin device of the device's server; the full name when there is no database to find it in."""
    admin = yield from device.admin()
    return admin.target.name if admin.target.dbase else str(admin.target)


def alias(device: Handle) -> Plan[str]:
    """The device's alias; DevFailed `DB_AliasNotDefined` when it has none, as without a database."""
    if not device.target.dbase:
        raise DevFailed.of(Reason.DB_AliasNotDefined, "No alias found for your device", "DeviceProxy.alias")
    yield from device.find()
    found: str = yield Perform(lambda: device.system.store.device_alias(device.name))
    return found


def black_box(device: Handle, n: int) -> Plan[list[str]]:
    """The last `n` requests of the device, newest first (BBX-3)."""
    return device.call(BlackBox(device.name, n))


# ---- where it is


def import_info(device: Handle) -> Plan[DbDevImportInfo]:
    """Where the database says that the device is; NonDbDevice when there is no database."""
    from tangoterm.client.database_records import DbDevImportInfo

    record = yield from device.record()
    return DbDevImportInfo(record.name.lower(), int(record.exported), record.ior, record.version)


def get_dev_host(device: Handle) -> Plan[str]:
    """The host of the device's server; ConnectionFailed `API_DeviceNotExported` when it does not run."""
    address = yield from device.locate()
    return address.host


def get_dev_port(device: Handle) -> Plan[str]:
    """The TCP port of the device's server as text, empty when it has none; raises as `get_dev_host`."""
    address = yield from device.locate()
    return port_of(address.endpoints)


def reconnect(device: Handle, db_used: bool = True) -> Plan[None]:
    """Forget where the device was, look it up again and see that it answers. `db_used` is taken and ignored: the
    device's name tells."""
    device.forget()
    yield from device.call(Ping(device.name))


# ---- what it speaks


def get_idl_version(device: Handle) -> Plan[int]:
    """The version of the device interface."""
    answer = yield from info(device)
    address = device.address
    if address is None or not address.giop:
        return answer.server_version
    request = GetInfo(device.name)
    ask = device.through(lambda there, sent: Level(there, sent.device, device.timeout), request, repeatable=True)
    level: int = yield from ask
    return level


def get_tango_lib_version(device: Handle) -> Plan[int]:
    """The first release of Tango with the device's interface, as a number (1000 for 10.0)."""
    version = yield from get_idl_version(device)
    return _RELEASES.get(version, 1000)


_RELEASES = {1: 100, 2: 200, 3: 500, 4: 600, 5: 902}
"""The first release with each interface; 10.0 came with the sixth."""


def get_access_control(device: Handle) -> Plan[AccessControlType]:
    """What this client may do with the device, by the word of the access control of its control system (DB-233)."""
    yield from device.find()
    return (yield from right(device))
