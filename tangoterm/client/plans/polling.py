"""Polling of a device, done through the admin device of its server (POLL-20 to POLL-64)."""

from __future__ import annotations

from typing import NamedTuple

from server_core.model.errors import DevFailed, Reason
from tangoterm.client.handle import Handle
from tangoterm.client.plans.admin import execute_for, numbers_and_texts, text, texts
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
    yield from device.find()
    yield from execute_for(device, "RemObjPolling", texts(device.name, ATTRIBUTE, attr_name))


def stop_poll_command(device: Handle, cmd_name: str) -> Plan[None]:
    """End the polling of a command."""
    yield from device.find()
    yield from execute_for(device, "RemObjPolling", texts(device.name, COMMAND, cmd_name))


def polling_status(device: Handle) -> Plan[list[str]]:
    """One text for each polled object (POLL-61)."""
    yield from device.find()
    return list((yield from execute_for(device, "DevPollStatus", text(device.name))))


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
    yield from execute_for(device, command, numbers_and_texts((period,), device.name, kind, name))


def _entry(device: Handle, kind: str, name: str) -> Plan[_Entry | None]:
    """The polling of one object, None when it is not polled."""
    try:
        blocks = yield from polling_status(device)
    except DevFailed as failure:
        if failure.reason == Reason.API_DeviceNotPolled:
            return None
        raise
    for block in blocks:
        entry = _parse(block)
        if entry is not None and entry.kind == kind and entry.name.lower() == name.lower():
            return entry
    return None


def _parse(block: str) -> _Entry | None:
    first, _, rest = block.partition("\n")
    head, _, name = first.partition(" name = ")
    kind = head.removeprefix("Polled ")
    if not name or kind not in (ATTRIBUTE, COMMAND):
        return None
    marker = "Polling period (mS) = "
    period = next((line.removeprefix(marker) for line in rest.split("\n") if line.startswith(marker)), "")
    return _Entry(kind, name.strip(), int(period) if period.isdecimal() else 0)
