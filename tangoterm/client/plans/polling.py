"""Polling of a device, done through the admin device of its server (POLL-20 to POLL-64)."""

from __future__ import annotations

from typing import Any, NamedTuple

from server_core.model.errors import DevFailed, Reason
from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.operations import CommandInout
from tangoterm.client.handle import Handle
from tangoterm.client.steps import Plan

ATTRIBUTE, COMMAND = "attribute", "command"


class _Entry(NamedTuple):
    """One polled object, from the first lines of its status text (POLL-61)."""

    kind: str
    name: str
    period: int


def poll_attribute(device: Handle, attr_name: str, period: int) -> Plan[None]:
    """Poll an attribute every `period` ms, or change its period."""
    yield from _poll(device, ATTRIBUTE, attr_name, period)


def poll_command(device: Handle, cmd_name: str, period: int) -> Plan[None]:
    """Poll a command every `period` ms, or change its period."""
    yield from _poll(device, COMMAND, cmd_name, period)


def stop_poll_attribute(device: Handle, attr_name: str) -> Plan[None]:
    """End the polling of an attribute."""
    yield from _admin_command(device, "RemObjPolling", _strings(device.name, ATTRIBUTE, attr_name))


def stop_poll_command(device: Handle, cmd_name: str) -> Plan[None]:
    """End the polling of a command."""
    yield from _admin_command(device, "RemObjPolling", _strings(device.name, COMMAND, cmd_name))


def polling_status(device: Handle) -> Plan[list[str]]:
    """One text for each polled object (POLL-61)."""
    name = TypedValue(CmdArgType.DevString, device.name)
    return list((yield from _admin_command(device, "DevPollStatus", name)))


def is_attribute_polled(device: Handle, attr_name: str) -> Plan[bool]:
    """Whether an attribute is polled."""
    return (yield from _entry(device, ATTRIBUTE, attr_name)) is not None


def is_command_polled(device: Handle, cmd_name: str) -> Plan[bool]:
    """Whether a command is polled."""
    return (yield from _entry(device, COMMAND, cmd_name)) is not None


def get_attribute_poll_period(device: Handle, attr_name: str) -> Plan[int]:
    """The polling period of an attribute in ms, 0 when it is not polled."""
    entry = yield from _entry(device, ATTRIBUTE, attr_name)
    return entry.period if entry else 0


def get_command_poll_period(device: Handle, cmd_name: str) -> Plan[int]:
    """The polling period of a command in ms, 0 when it is not polled."""
    entry = yield from _entry(device, COMMAND, cmd_name)
    return entry.period if entry else 0


def _poll(device: Handle, kind: str, name: str, period: int) -> Plan[None]:
    entry = yield from _entry(device, kind, name)
    if entry is not None and entry.period == period:
        return
    command = "AddObjPolling" if entry is None else "UpdObjPollingPeriod"
    yield from _admin_command(device, command, _strings(device.name, kind, name, number=period))


def _strings(*strings: str, number: int | None = None) -> TypedValue:
    """The argument of a polling command: the device, the kind of object and its name; with a period before them."""
    if number is None:
        return TypedValue(CmdArgType.DevVarStringArray, list(strings))
    from server_core.model.conversion import to_command_data

    code = CmdArgType.DevVarLongStringArray
    return TypedValue(code, to_command_data(code, ([number], strings)))


def _admin_command(device: Handle, command: str, argument: TypedValue) -> Plan[Any]:
    yield from device.find()
    admin = yield from device.admin()
    doing = f"Failed to execute command_inout on device {admin.name}, command {command}"
    result = yield from admin.call(CommandInout(admin.name, command, argument), doing)
    return result.value


def _entry(device: Handle, kind: str, name: str) -> Plan[_Entry | None]:
    """The polling of one object, None when it is not polled."""
    try:
        texts = yield from polling_status(device)
    except DevFailed as failure:
        if failure.reason == Reason.API_DeviceNotPolled:
            return None
        raise
    for text in texts:
        entry = _parse(text)
        if entry is not None and entry.kind == kind and entry.name.lower() == name.lower():
            return entry
    return None


def _parse(text: str) -> _Entry | None:
    first, _, rest = text.partition("\n")
    head, _, name = first.partition(" name = ")
    kind = head.removeprefix("Polled ")
    if not name or kind not in (ATTRIBUTE, COMMAND):
        return None
    marker = "Polling period (mS) = "
    period = next((line.removeprefix(marker) for line in rest.split("\n") if line.startswith(marker)), "")
    return _Entry(kind, name.strip(), int(period) if period.isdecimal() else 0)
