"""Logging of a device, done through the admin device of its server (LOG-30 to LOG-42)."""

from __future__ import annotations

from server_core.model.errors import DevFailed, Reason
from tangoterm.client.handle import Handle
from tangoterm.client.plans.admin import execute_for, numbers_and_texts, text, texts
from tangoterm.client.steps import Plan


def get_logging_level(device: Handle) -> Plan[int]:
    """How grave messages must be to be logged: 0 none, 1 FATAL, 2 ERROR, 3 WARN, 4 INFO, 5 DEBUG."""
    yield from device.find()
    levels, _ = yield from execute_for(device, "GetLoggingLevel", texts(device.name))
    if not len(levels):
        desc = f"the admin device does not know {device.name}"
        raise DevFailed.of(Reason.API_DeviceNotFound, desc, "DeviceProxy.get_logging_level")
    return int(levels[0])


def set_logging_level(device: Handle, level: int) -> Plan[None]:
    """Log messages up to `level`, 0 to 5; DevFailed `API_MethodArgument` for another number."""
    yield from device.find()
    yield from execute_for(device, "SetLoggingLevel", numbers_and_texts((int(level),), device.name))


def get_logging_target(device: Handle) -> Plan[list[str]]:
    """Where messages go, as `type::name`, sorted."""
    yield from device.find()
    return list((yield from execute_for(device, "GetLoggingTarget", text(device.name))))


def add_logging_target(device: Handle, target_type_target_name: str) -> Plan[None]:
    """Send messages there too: `console`, `file` or `file::name`, `device::name`.

    DevFailed `API_MethodArgument` for another type, `API_CannotOpenFile`, `API_ConnectionFailed` (LOG-31).
    """
    yield from device.find()
    yield from execute_for(device, "AddLoggingTarget", texts(device.name, target_type_target_name))


def remove_logging_target(device: Handle, target_type_target_name: str) -> Plan[None]:
    """Send messages there no more; `type::*` means all targets of a type."""
    yield from device.find()
    yield from execute_for(device, "RemoveLoggingTarget", texts(device.name, target_type_target_name))
