"""The device itself: who it is, whether it answers, its state, the blackbox; settings of the proxy."""

from __future__ import annotations

import time

from server_core.model.config import DeviceInfo
from server_core.model.enums import DevState
from server_core.protocol.operations import (
    BlackBox,
    GetDescription,
    GetInfo,
    GetName,
    GetState,
    GetStatus,
    Ping,
)
from tangoterm.client.handle import Handle
from tangoterm.client.steps import Perform, Plan


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
    """The name of the admin device of the device's server."""
    admin = yield from device.admin()
    return admin.name


def alias(device: Handle) -> Plan[str]:
    """The device's alias; DevFailed `DB_AliasNotDefined` when it has none."""
    yield from device.find()
    found: str = yield Perform(lambda: device.system.store.device_alias(device.name))
    return found


def black_box(device: Handle, n: int) -> Plan[list[str]]:
    """The last `n` requests of the device, newest first (BBX-3)."""
    return device.call(BlackBox(device.name, n))
