"""Commands: what there are, executing them, the history of polled ones."""

from __future__ import annotations

from typing import Any

from server_core.model.config import CommandInfo
from server_core.model.conversion import from_command_data, to_command_data
from server_core.model.errors import CommunicationFailed, DevFailed, Reason, WrongData
from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.operations import CommandInout, CommandInoutHistory, CommandListQuery, CommandQuery
from tangoterm.client.device_data import DeviceData
from tangoterm.client.handle import Handle
from tangoterm.client.readings import DeviceDataHistory
from tangoterm.client.steps import Plan


def command_list_query(device: Handle) -> Plan[list[CommandInfo]]:
    """The signatures of all commands."""
    infos: list[CommandInfo] = yield from device.call(CommandListQuery(device.name))
    device.commands = {info.cmd_name.lower(): info for info in infos}
    return infos


def command_query(device: Handle, command: str) -> Plan[CommandInfo]:
    """The signature of one command; DevFailed `API_CommandNotFound` when there is none."""
    info: CommandInfo = yield from device.call(CommandQuery(device.name, command))
    device.commands[command.lower()] = info
    return info


def get_command_list(device: Handle) -> Plan[list[str]]:
    """The names of all commands."""
    infos = yield from command_list_query(device)
    return [info.cmd_name for info in infos]


def get_command_config(device: Handle, names: str | list[str] | None = None) -> Plan[Any]:
    """The signature of one command, or of those named in their order, or of all."""
    if isinstance(names, str):
        return (yield from command_query(device, names))
    infos = yield from command_list_query(device)
    if names is None:
        return infos
    known = {info.cmd_name.lower(): info for info in infos}
    return [known[name.lower()] for name in names if name.lower() in known]


def command_inout(device: Handle, cmd_name: str, cmd_param: Any = None) -> Plan[Any]:
    """Execute a command and give its result; None for a command without one.

    `cmd_param` is converted to the command's argument type first: WrongData `API_IncompatibleCmdArgumentType` names
    the value and the rule it breaks; a `DeviceData` is sent as it is. DevFailed of the device get `API_CommandFailed`
    on top (CMD-6).
    """
    return from_command_data(*(yield from _execute(device, cmd_name, cmd_param)))


def command_inout_raw(device: Handle, cmd_name: str, cmd_param: Any = None) -> Plan[DeviceData]:
    """Execute a command and give its result with its type; as `command_inout`."""
    return DeviceData.of((yield from _execute(device, cmd_name, cmd_param)))


def _execute(device: Handle, cmd_name: str, cmd_param: Any) -> Plan[TypedValue]:
    doing = f"Failed to execute command_inout on device {device.name}, command {cmd_name}"
    request = yield from inout_request(device, cmd_name, cmd_param, doing)
    try:
        result: TypedValue = yield from device.call(request, doing)
    except DevFailed as failure:
        request = yield from _for_changed_type(device, request, cmd_param, failure)
        result = yield from device.call(request, doing)
    return result


def inout_request(device: Handle, cmd_name: str, cmd_param: Any, doing: str = "") -> Plan[CommandInout]:
    """The request that executes a command, with its argument converted; `doing` goes on top of a refusal's stack."""
    if isinstance(cmd_param, DeviceData):
        return CommandInout(device.name, cmd_name, cmd_param.data, device.source)
    info = device.commands.get(cmd_name.lower())
    if info is None:
        try:
            info = yield from command_query(device, cmd_name)
        except DevFailed as failure:
            if not doing or isinstance(failure, CommunicationFailed):
                raise
            raise failure.stacked(Reason.API_CommandFailed, doing, "DeviceProxy.command_inout") from failure
    return CommandInout(device.name, cmd_name, _argument(device, info, cmd_param), device.source)


def _argument(device: Handle, info: CommandInfo, value: Any) -> TypedValue:
    if info.in_type is CmdArgType.DevVoid and value is not None:
        rule: Exception = TypeError(f"{value!r} given, but the command takes no argument")
    elif info.in_type is not CmdArgType.DevVoid and value is None:
        rule = TypeError(f"no argument given, but the command takes a {info.in_type.name}")
    else:
        try:
            return TypedValue(info.in_type, to_command_data(info.in_type, value))
        except (TypeError, ValueError, OverflowError) as error:
            rule = error
    raise WrongData.of(
        Reason.API_IncompatibleCmdArgumentType,
        f"Command {info.cmd_name} of device {device.name}: {rule}",
        "DeviceProxy.command_inout",
    ) from rule


def _for_changed_type(device: Handle, request: CommandInout, cmd_param: Any, failure: DevFailed) -> Plan[CommandInout]:
    """The request with the type that the command has now; `failure` again when that is no other."""
    if failure.reason != Reason.API_IncompatibleCmdArgumentType or isinstance(cmd_param, DeviceData):
        raise failure
    info = yield from command_query(device, request.command)
    if info.in_type is request.argin.type:
        raise failure
    return request._replace(argin=_argument(device, info, cmd_param))


def command_history(device: Handle, cmd_name: str, depth: int) -> Plan[list[DeviceDataHistory]]:
    """The last `depth` executions of a polled command, oldest first (POLL-77)."""
    records = yield from device.call(CommandInoutHistory(device.name, cmd_name, depth))
    return [DeviceDataHistory(record) for record in records]
