"""Commands that move values: read and write attributes, execute a device's commands."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from time import perf_counter
from typing import Any

from server_core.model.enums import DevSource
from server_core.model.errors import DevFailed
from server_core.model.types import CmdArgType
from tangoterm.console.arguments import Argument
from tangoterm.console.cells import ResultCell, ValueCell
from tangoterm.console.commands.table import Parameter, Typed, Want, command
from tangoterm.console.format import Display, duration_text
from tangoterm.console.readings import displays, error_row, value_row
from tangoterm.console.result import Column, Failure, Layout, Result, columns, note
from tangoterm.console.session import AttributeName, Session

SOURCES = {"device": DevSource.DEV, "cache": DevSource.CACHE, "cache_device": DevSource.CACHE_DEV}


@command(
    "read",
    Parameter(
        "targets", "device/attribute, or a device for all of its attributes", Want.TARGET, many=True, metavar="TARGET"
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
    examples=("read sys/tg_test/1/double_scalar", "read sys/tg_test/1", "read --value sys/tg_test/1/ampli"),
)
def read(session: Session, targets: Sequence[str], source: str, value: bool) -> Result:
    """Read attributes.

    Attributes of one device that follow one another are read in one request. Of several attributes those that fail
    become failures of the result and the others are shown; a single one that fails raises its DevFailed.
    """
    names = [name for text in targets for name in attributes_of(session, text)]
    rows: list[dict[str, Any]] = []
    failures: list[Failure] = []
    for device, group in groupby(names, key=lambda name: name.device):
        _read_device(session, device, [name.name for name in group], SOURCES[source], rows, failures)
    single = len(targets) == len(names) == 1 and names[0].name in targets[0]
    if single and failures:
        raise failures[0].error
    shown = columns("Name", "Value", "Set point", "Quality", "Time")
    if all(row.get("set_point") is None for row in rows):
        shown = tuple(column for column in shown if column.key != "set_point")
    return Result(shown, rows, Layout.VALUE if value else Layout.TABLE, failures=failures, single=single)


def attributes_of(session: Session, text: str) -> list[AttributeName]:
    """The attribute that `text` names, or all attributes of the device that it names."""
    if text == ".":
        text = session.device_name(text)
    relative = session.current is not None and "/" not in text
    if not relative and session.is_device(text):
        members = session.members(text)
        return [AttributeName(text, config.name) for config in members.attributes.values()]
    return [session.attribute(text)]


def _read_device(
    session: Session,
    device: str,
    names: Sequence[str],
    source: DevSource,
    rows: list[dict[str, Any]],
    failures: list[Failure],
) -> None:
    try:
        proxy = session.device(device)
        proxy.set_source(source)
        readings = proxy.read_attributes(list(names))
        good = [name for name, reading in zip(names, readings, strict=True) if not reading.has_failed]
        shown = displays(session, device, good)
    except DevFailed as error:
        failures.append(Failure(str(AttributeName(device, names[0])) if len(names) == 1 else device, error))
        rows.extend(error_row(AttributeName(device, name), error.errors) for name in names)
        return
    for text, reading in zip(names, readings, strict=True):
        name = AttributeName(device, text)
        if reading.has_failed:
            errors = tuple(reading.get_err_stack())
            failures.append(Failure(str(name), DevFailed(*errors)))
            rows.append(error_row(name, errors))
        else:
            rows.append(value_row(name, reading, shown[text.lower()]))


@command(
    "write",
    Parameter("attribute", "device/attribute", Want.ATTRIBUTE),
    Parameter("value", "what to write: a number, text, a label, [1, 2, 3], @file", Want.ATTRIBUTE_VALUE, many=True),
    examples=(
        "write sys/tg_test/1/double_scalar_w 3.5",
        "write sys/tg_test/1/double_spectrum [1, 2, 3]",
        "write sys/tg_test/1/double_spectrum @data.txt",
    ),
)
def write(session: Session, attribute: str, value: Typed) -> Result:
    """Write an attribute."""
    name = session.attribute(attribute)
    proxy = session.device(name.device)
    config = proxy.get_attribute_config_ex([name.name])[0]
    parsed = value.parse(Argument.of_attribute(config), check_limits=False)
    proxy.write_attribute(name.name, parsed)
    written = ValueCell(config.data_type, config.data_format, parsed, Display.of(config))
    return note(f"{name} = {written.text()}", name=str(name), device=name.device, attribute=name.name, value=written)


@command(
    "call",
    Parameter("device", "device or alias", Want.DEVICE),
    Parameter("command", "command of the device", Want.COMMAND),
    Parameter("argument", "its argument, if it takes one", Want.COMMAND_ARGUMENT, required=False, many=True),
    examples=(
        "call sys/tg_test/1 DevDouble 3.5",
        "call sys/tg_test/1 Init",
        "call sys/tg_test/1 DevVarLongStringArray [1, 2] [one, two]",
    ),
)
def call(session: Session, device: str, command: str, argument: Typed) -> Result:
    """Execute a command of a device and show its result."""
    proxy = session.device(session.device_name(device))
    info = proxy.command_query(command)
    parsed = argument.parse(Argument.of_command(info))
    started = perf_counter()
    answer = proxy.command_inout(info.cmd_name, parsed)
    seconds = perf_counter() - started
    row = {
        "device": device,
        "command": info.cmd_name,
        "type": info.out_type,
        "value": ResultCell(info.out_type, answer),
        "seconds": seconds,
    }
    if info.out_type is CmdArgType.DevVoid:
        return note(f"{info.cmd_name} done in {duration_text(seconds)}", **row)
    return Result((Column("value", "Value"),), [row], Layout.VALUE)
