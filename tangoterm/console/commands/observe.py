"""The command that shows what happens to attributes."""

from __future__ import annotations

from collections.abc import Sequence

from tangoterm.console.commands.table import Parameter, UsageError, Want, command, count
from tangoterm.console.result import Layout, Result, columns
from tangoterm.console.scope import attributes_in
from tangoterm.console.session import Session
from tangoterm.console.settings import seconds as in_seconds
from tangoterm.console.watch import EVENTS, Watch


@command(
    "monitor",
    Parameter(
        "attributes", "device/attribute; with * or @LIST several; - reads names", Want.ATTRIBUTE, many=True,
        metavar="ATTRIBUTE",
    ),
    Parameter(
        "event", "the kind of event; without it change events, or else reading", Want.CHOICE, option=True,
        choices=tuple(EVENTS), metavar="KIND",
    ),
    Parameter(
        "interval", "seconds between readings", Want.NUMBER, option=True, default=1, convert=in_seconds,
        metavar="SECONDS",
    ),
    Parameter("count", "stop after so many rows", Want.NUMBER, option=True, convert=count, metavar="N"),
    Parameter(
        "duration", "stop after so many seconds", Want.NUMBER, option=True, convert=in_seconds, metavar="SECONDS"
    ),
    Parameter("delta", "time and value as differences to the row before too", option=True, flag=True),
    Parameter("stats", "count instead: a table of how often events come, how, and how many were missed", option=True,
        flag=True),
    examples=("monitor sys/tg_test/1/double_scalar", "monitor --event periodic --count 3 sys/tg_test/1/ampli",
        "monitor sys/tg_test/1/State --stats --duration 10"),
)  # fmt: skip
def monitor(
    session: Session,
    attributes: Sequence[str],
    event: str | None,
    interval: float,
    count: int | None,
    duration: float | None,
    delta: bool,
    stats: bool,
) -> Result:
    """Show what happens to attributes until interrupted: by event where the device sends them, else by reading.

    With --stats it counts them until enough has come, or Ctrl-C; a terminal shows the counts all the while.

    The subscriptions stand when this returns; reading the rows to their end, or `stop`, releases them.
    """
    if stats and delta:
        raise UsageError("--delta is about rows, --stats counts them")
    names = attributes_in(session, attributes)
    if stats:
        from tangoterm.console.event_statistics import EventStatistics

        return EventStatistics(session, names, event, interval, count, duration).result
    watch = Watch(session, names, event, interval)
    time, *others = columns("Time", "Name", "Value", "Quality")
    rows = watch.rows(count, duration)
    if delta:
        from tangoterm.console.event_statistics import DELTAS, with_deltas

        rows, others = with_deltas(rows), [*DELTAS, *others]
    return Result(
        (time, *others),
        rows,
        Layout.LIVE,
        note="\n".join(watch.notes),
        stop=watch.stop,
    )
