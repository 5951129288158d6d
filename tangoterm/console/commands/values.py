"""Commands that move values: read and write attributes, execute a device's commands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

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
from tangoterm.console.readings import displays, error_row, value_row
from tangoterm.console.result import Column, Failure, Layout, Result, Row, columns, note
from tangoterm.console.scope import devices_in, is_scope, readable_in
from tangoterm.console.session import AttributeName, Proxy, Session
from tangoterm.console.together import Outcome, each

SOURCES = {"device": DevSource.DEV, "cache": DevSource.CACHE, "cache_device": DevSource.CACHE_DEV}


@command(
    "read",
    Parameter(
        "targets",
        "device/attribute, or a device for all of its attributes; with *, class:NAME or @LIST several; - reads names",
        Want.TARGET,
        many=True,
        metavar="TARGET",
    ),
    Parameter(
        "source",
        "where values come from: the device, the polling buffer, or the buffer and else the device",
        Want.CHOICE,
        option=True,
        choices=tuple(SOURCES),
        default="cache_device",
    ),
    Parameter("value", "only the values, one a line", option=True, flag=True),
    examples=(
        "read sys/tg_test/1/double_scalar",
        "read sys/tg_test/1",
        "read --value sys/tg_test/1/ampli",
        "read 'sys/tg_test/*/double*' --csv",
        "read class:TangoTest/State",
        "read sys/tg_test/1 --watch 2",
        "read sys/tg_test/1/ampli --format '{time:%H:%M:%S} {value:.3f}'",
    ),
    repeats=True,
)
def read(session: Session, targets: Sequence[str], source: str, value: bool) -> Result:
    """Read attributes.

    The attributes of a device are read in one request, those of several devices at the same time. Of several
    attributes those that fail become failures of the result and the others are shown; a single one that fails raises
    its DevFailed.
    """
    names = [name for text in targets for name in attributes_of(session, text)]
    single = len(targets) == len(names) == 1 and names[0].name in targets[0]
    answers = _read(session, names, SOURCES[source])
    rows = [answers.rows[name] for name in names]
    if single and answers.failures:
        raise answers.failures[0].error
    shown = columns("Name", "Value", "Set point", "Quality", "Time")
    if all(row.get("set_point") is None for row in rows):
        shown = tuple(column for column in shown if column.key != "set_point")
    layout = Layout.VALUE if value else Layout.TABLE
    return Result(shown, rows, layout, failures=answers.failures, single=single)


def attributes_of(session: Session, text: str) -> list[AttributeName]:
    """The attributes that `text` names, or all attributes of the devices that it names."""
    return readable_in(session, text)


class _Answers(NamedTuple):
    """The rows of attributes, and what failed."""

    rows: dict[AttributeName, dict[str, Any]]
    failures: list[Failure]


def _read(session: Session, names: Sequence[AttributeName], source: DevSource) -> _Answers:
    by_device: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        by_device.setdefault(name.device, []).append(name.name)
    read = partial(_read_device, session, source=source)
    devices = list(by_device.items())
    if len(devices) == 1:
        return read(devices[0])
    found = {outcome.item[0]: outcome.value for outcome in each(devices, read)}
    answers = _Answers({}, [])
    for device in by_device:
        answer = found[device]
        assert answer is not None
        answers.rows.update(answer.rows)
        answers.failures.extend(answer.failures)
    return answers


def _read_device(session: Session, wanted: tuple[str, Sequence[str]], source: DevSource) -> _Answers:
    """Read attributes of one device; never raises DevFailed."""
    device, texts = wanted
    names = [AttributeName(device, text) for text in texts]
    answers = _Answers({}, [])
    try:
        proxy = session.device(device)
        proxy.set_source(source)
        readings = proxy.read_attributes(list(texts))
        good = [name.name for name, reading in zip(names, readings, strict=True) if not reading.has_failed]
        shown = displays(session, device, good)
    except DevFailed as error:
        answers.failures.append(Failure(str(names[0]) if len(names) == 1 else device, error))
        answers.rows.update((name, error_row(name, error.errors)) for name in names)
        return answers
    for name, reading in zip(names, readings, strict=True):
        if reading.has_failed:
            errors = tuple(reading.get_err_stack())
            answers.failures.append(Failure(str(name), DevFailed(*errors)))
            answers.rows[name] = error_row(name, errors)
        else:
            answers.rows[name] = value_row(name, reading, shown[name.name.lower()])
    return answers


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
