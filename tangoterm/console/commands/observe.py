"""Commands that look over a device's shoulder: its blackbox, and what happens to its attributes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tangoterm.console.blackbox import BlackBoxEntry, parse_blackbox
from tangoterm.console.cells import LocalTimeCell
from tangoterm.console.commands.table import Parameter, Want, command, count
from tangoterm.console.format import plural
from tangoterm.console.result import Layout, Result, columns
from tangoterm.console.session import Session
from tangoterm.console.settings import seconds as in_seconds
from tangoterm.console.watch import EVENTS, Watch


@command(
    "blackbox",
    Parameter("device", "device or alias", Want.DEVICE),
    Parameter("count", "how many requests", Want.NUMBER, required=False, default=20, convert=count),
    Parameter("no_polling", "leave out what the device's own polling did", option=True, flag=True),
    examples=("blackbox sys/tg_test/1", "blackbox sys/tg_test/1 50 --no-polling"),
)
def blackbox(session: Session, device: str, count: int, no_polling: bool) -> Result:
    """Show the last requests a device received, newest first."""
    lines = session.device(session.device_name(device)).black_box(count)
    entries = [entry for entry in parse_blackbox(lines) if not (no_polling and entry.by_polling)]
    result = Result(
        columns("Time", "Operation", "Objects", "Source", "Client", "Process"), [entry_row(entry) for entry in entries]
    )
    if not entries:
        result.note = f"polling alone made the last {plural(len(lines), 'request')}"
    return result


def entry_row(entry: BlackBoxEntry) -> dict[str, Any]:
    """A blackbox entry as a row; a line of an unknown form stands whole under the operation."""
    return {
        "time": LocalTimeCell(entry.time and entry.time.isoformat(" ", "milliseconds")),
        "operation": entry.operation or entry.line,
        "objects": entry.objects or None,
        "source": entry.source or None,
        "client": entry.client or None,
        "process": entry.process or None,
        "language": entry.language or None,
        "line": entry.line,
    }


@command(
    "monitor",
    Parameter("attributes", "device/attribute", Want.ATTRIBUTE, many=True, metavar="ATTRIBUTE"),
    Parameter(
        "event", "the kind of event; without it change events, or else reading", Want.CHOICE, option=True,
        choices=tuple(EVENTS), metavar="KIND",
    ),
    Parameter(
        "interval", "seconds between readings", Want.NUMBER, option=True, default=1, convert=in_seconds,
        metavar="SECONDS",
    ),
    Parameter("count", "stop after so many rows", Want.NUMBER, option=True, convert=count, metavar="N"),
    Parameter("seconds", "stop after so many seconds", Want.NUMBER, option=True, convert=in_seconds, metavar="N"),
    examples=("monitor sys/tg_test/1/double_scalar", "monitor --event periodic --count 3 sys/tg_test/1/ampli"),
)  # fmt: skip
def monitor(
    session: Session,
    attributes: Sequence[str],
    event: str | None,
    interval: float,
    count: int | None,
    seconds: float | None,
) -> Result:
    """Show what happens to attributes until interrupted: by event where the device sends them, else by reading.

    The subscriptions stand when this returns; reading the rows to their end, or `stop`, releases them.
    """
    watch = Watch(session, [session.attribute(text) for text in attributes], event, interval)
    return Result(
        columns("Time", "Name", "Value", "Quality"),
        watch.rows(count, seconds),
        Layout.LIVE,
        note="\n".join(watch.notes),
        stop=watch.stop,
    )
