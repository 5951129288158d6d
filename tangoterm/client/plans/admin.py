"""Commands of the admin device of a device's server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.operations import CommandInout
from tangoterm.client.handle import Handle
from tangoterm.client.steps import Plan


def text(value: str) -> TypedValue:
    """The argument of a command that takes one text."""
    return TypedValue(CmdArgType.DevString, value)


def texts(*values: str) -> TypedValue:
    """The argument of a command that takes texts."""
    return TypedValue(CmdArgType.DevVarStringArray, list(values))


def numbers_and_texts(numbers: Iterable[int], *values: str) -> TypedValue:
    """The argument of a command that takes numbers and texts."""
    from server_core.model.conversion import to_command_data

    code = CmdArgType.DevVarLongStringArray
    return TypedValue(code, to_command_data(code, (list(numbers), values)))


def execute(admin: Handle, command: str, argument: TypedValue) -> Plan[Any]:
    """Execute a command of an admin device; failures get `API_CommandFailed` on top."""
    doing = f"Failed to execute command_inout on device {admin.name}, command {command}"
    result = yield from admin.call(CommandInout(admin.name, command, argument), doing)
    return result.value


def execute_for(device: Handle, command: str, argument: TypedValue) -> Plan[Any]:
    """Execute a command of the admin device of `device`; the device's name must be known (`Handle.find`)."""
    admin = yield from device.admin()
    return (yield from execute(admin, command, argument))
