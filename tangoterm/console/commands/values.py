"""Commands that send values: write attributes, execute a device's commands."""

from __future__ import annotations

from typing import Any

from server_core.model.config import AttributeConfig
from server_core.model.enums import DevSource
from server_core.model.errors import DevFailed
from server_core.model.types import CmdArgType
from tangoterm.client.read_only import is_harmless
from tangoterm.console.argument_history import ArgumentHistory
from tangoterm.console.arguments import Argument
from tangoterm.console.calling import Answer, call_many, change_of, command_of, execute
from tangoterm.console.cells import Cell, ResultCell, ValueCell, json_errors
from tangoterm.console.changes.writing import write_of
from tangoterm.console.commands.table import Parameter, Typed, UsageError, Want, command
from tangoterm.console.format import Display, duration_text
from tangoterm.console.result import Column, Failure, Layout, Result, Row, columns, note
from tangoterm.console.scope import devices_in, is_scope
from tangoterm.console.session import Proxy, Session
from tangoterm.console.together import Outcome


@command(
    "write",
    Parameter("attribute", "device/attribute", Want.ATTRIBUTE),
    Parameter("value", "what to write: a number, text, a label, [1, 2, 3], @file", Want.ATTRIBUTE_VALUE, many=True),
    examples=(
        "write sys/tg_test/1/double_scalar_w 3.5",
        "write sys/tg_test/1/double_spectrum [1, 2, 3]",
        "write sys/tg_test/1/double_spectrum @data.txt",
    ),
    changes=("",),
)
def write(session: Session, attribute: str, value: Typed) -> Result:
    """Write an attribute."""
    name = session.attribute(attribute)
    proxy = session.device(name.device)
    config = proxy.get_attribute_config_ex([name.name])[0]
    parsed = value.parse(Argument.of_attribute(config), check_limits=False)
    change = write_of(str(name._replace(name=config.name)), config, parsed, set_point(proxy, config))
    session.changes.make(change, lambda: proxy.write_attribute(name.name, parsed))
    written = ValueCell(config.data_type, config.data_format, parsed, Display.of(config))
    return note(f"{name} = {written.text()}", name=str(name), device=name.device, attribute=name.name, value=written)


def set_point(proxy: Proxy, config: AttributeConfig) -> Any:
    """What is set of an attribute now, asked of the device itself; None when it cannot be said."""
    try:
        proxy.set_source(DevSource.DEV)
        (reading,) = proxy.read_attributes([config.name])
    except DevFailed:
        return None
    finally:
        proxy.set_source(DevSource.CACHE_DEV)
    if reading.has_failed:
        return None
    return reading.value if reading.w_value is None and not config.writable.readable else reading.w_value


@command(
    "call",
    Parameter("device", "device or alias, or several: sys/*, class:NAME, server:NAME, host:NAME", Want.DEVICE),
    Parameter("command", "command of the device", Want.COMMAND),
    Parameter("argument", "its argument, if it takes one", Want.COMMAND_ARGUMENT, required=False, many=True),
    Parameter("running", "of several devices only those that run", option=True, flag=True),
    examples=(
        "call sys/tg_test/1 DevDouble 3.5",
        "call sys/tg_test/1 Init",
        "call sys/tg_test/1 DevVarLongStringArray [1, 2] [one, two]",
        "call 'sys/tg_test/*' DevDouble 3.5",
        "call --running class:TangoTest Init",
    ),
    changes=("",),
)
def call(session: Session, device: str, command: str, argument: Typed, running: bool) -> Result:
    """Execute a command of a device, or of several at once, and show the result.

    Several devices give a row each, as they answer; the failure of one keeps none of the others from it.
    """
    if is_scope(device):
        return _call_many(session, device, command, argument, running)
    name = session.device_name(device)
    info = session.device(name).command_query(command)
    wanted = Argument.of_command(info)
    value = argument.parse(wanted)
    text = argument.line(wanted)
    if is_harmless(name, info.cmd_name):
        answer: Answer | None = execute(session, name, info, value)
    else:
        change = change_of(session, [name], info, text)
        answer = session.changes.make(change, lambda: execute(session, name, info, value))
    if answer is None:
        return note("")
    if session.lasting:
        ArgumentHistory().add(info, text)
    row = {"device": device, "command": info.cmd_name} | _answered(answer)
    if info.out_type is CmdArgType.DevVoid:
        return note(f"{info.cmd_name} done in {duration_text(answer.seconds)}", **row)
    return Result((Column("value", "Value"),), [row], Layout.VALUE)


def _answered(answer: Answer) -> dict[str, Any]:
    return {
        "type": answer.info.out_type,
        "value": ResultCell(answer.info.out_type, answer.value),
        "seconds": answer.seconds,
    }


def _call_many(session: Session, scope: str, command: str, argument: Typed, running: bool) -> Result:
    devices = devices_in(session, [scope], running=running)
    if not devices:
        raise UsageError(f"no device of {scope} is running")
    info = command_of(session, devices, command)
    wanted = Argument.of_command(info)
    argument.parse(wanted)
    outcomes = call_many(session, devices, info, argument, scope=scope)
    if outcomes is None:
        return note("")
    result = Result(columns("Device", "Result", ">Time"), (), Layout.LIVE)
    result.rows = (_outcome_row(outcome, info.cmd_name, result.failures) for outcome in outcomes)
    return result


def _outcome_row(outcome: Outcome[str, Answer], command: str, failures: list[Failure]) -> Row:
    row: dict[str, Any] = {"device": outcome.item, "command": command}
    if outcome.value is None:
        assert outcome.failure is not None
        failures.append(Failure(f"{outcome.item}/{command}", outcome.failure))
        return row | {"result": "failed", "time": None, "errors": json_errors(outcome.failure.errors)}
    answer = outcome.value
    result: Cell | str = ResultCell(answer.info.out_type, answer.value)
    if answer.info.out_type is CmdArgType.DevVoid:
        result = "done"
    return row | _answered(answer) | {"result": result, "time": duration_text(answer.seconds)}
