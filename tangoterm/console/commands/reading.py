"""The command that reads attributes; in a module of its own, since it is called most and loads least."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from server_core.model.enums import DevSource
from server_core.model.errors import DevFailed
from tangoterm.console.commands.table import Parameter, Want, command
from tangoterm.console.readings import displays, error_row, value_row
from tangoterm.console.result import Failure, Layout, Result, columns
from tangoterm.console.scope import readable_in
from tangoterm.console.session import AttributeName, Session
from tangoterm.console.together import each

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
    repeats=("",),
)
def read(session: Session, targets: Sequence[str], source: str, value: bool) -> Result:
    """Read attributes.

    The attributes of a device are read in one request, those of several devices at the same time. Of several
    attributes those that fail become failures of the result and the others are shown; a single one that fails raises
    its DevFailed.
    """
    names = [name for text in targets for name in readable_in(session, text)]
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
