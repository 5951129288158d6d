"""The command for blackboxes: the requests that devices received, listed, counted, or as they come."""

from __future__ import annotations

from collections.abc import Sequence
from time import sleep
from typing import Any

from tangoterm.console.blackbox.entry import BlackBoxEntry
from tangoterm.console.blackbox.follow import BlackBoxFollow
from tangoterm.console.blackbox.selection import Selection
from tangoterm.console.blackbox.top import GROUPS, top
from tangoterm.console.blackbox.trace import BlackBoxTrace, span
from tangoterm.console.cells import LocalTimeCell
from tangoterm.console.commands.table import Parameter, UsageError, Want, command, count
from tangoterm.console.format import plural
from tangoterm.console.polling.rows import percent
from tangoterm.console.result import Failure, Layout, Result, columns
from tangoterm.console.scope import devices_in
from tangoterm.console.session import Session
from tangoterm.console.settings import seconds as in_seconds

SHOWN = 20
"""Requests that are listed when nobody says how many."""


@command(
    "blackbox",
    Parameter(
        "devices", "device or alias; several: sys/*, server:NAME, class:NAME, host:NAME", Want.DEVICE, many=True,
        metavar="DEVICE",
    ),
    Parameter(
        "count", f"how many requests; default {SHOWN}, with --follow no end", Want.NUMBER, option=True, convert=count,
        metavar="N",
    ),
    Parameter("client", "only from this client: part of its host's name, a pid, 'host pid'", option=True),
    Parameter("operation", "only these operations: read, command_inout*, ...", option=True),
    Parameter("no_polling", "leave out what the devices' own polling did", option=True, flag=True),
    Parameter("own", "show this program's own requests too", option=True, flag=True),
    Parameter("top", "count by kind instead", Want.CHOICE, option=True, choices=tuple(GROUPS), metavar="KIND"),
    Parameter("follow", "show requests as they come, until interrupted", option=True, flag=True),
    Parameter(
        "duration", "stop after so many seconds; with --top count so long", Want.NUMBER, option=True,
        convert=in_seconds, metavar="SECONDS",
    ),
    Parameter(
        "interval", "seconds between two looks", Want.NUMBER, option=True, default=1, convert=in_seconds,
        metavar="SECONDS",
    ),
    examples=(
        "blackbox sys/tg_test/1",
        "blackbox 'sys/*' --count 50 --no-polling",
        "blackbox sys/tg_test/1 --operation write --client lab-host",
        "blackbox server:TangoTest/demo --top client",
        "blackbox sys/tg_test/1 --follow",
    ),
)  # fmt: skip
def blackbox(
    session: Session,
    devices: Sequence[str],
    count: int | None,
    client: str | None,
    operation: str | None,
    no_polling: bool,
    own: bool,
    top: str | None,
    follow: bool,
    duration: float | None,
    interval: float,
) -> Result:
    """Show the last requests devices received, newest first; count them, or show them as they come.

    Requests of several devices are merged by the times that their servers noted.
    """
    names = devices_in(session, devices, running=True)
    selection = Selection(polling=not no_polling, own=own, client=client or "", operation=operation or "")
    if follow:
        if top:
            raise UsageError("--follow and --top exclude each other; --top with --duration counts for so long")
        return _following(session, names, selection, interval, count, duration)
    if duration is not None and not top:
        raise UsageError("--duration goes with --follow or --top")
    entries, result = _collected(session, names, interval, duration)
    shown = selection.of(entries)
    if top:
        _counted(result, shown, top, count)
    else:
        _listed(result, shown[: count or SHOWN], names)
    result.note = _note(entries, shown, shown if top else shown[: count or SHOWN])
    return result


def _collected(
    session: Session, names: Sequence[str], interval: float, seconds: float | None
) -> tuple[list[BlackBoxEntry], Result]:
    """What the devices remember, newest first; with `seconds` what they receive in the time to come."""
    trace = BlackBoxTrace(names, interval)
    entries = trace.look(session)[::-1]
    left = seconds or 0.0
    if left:
        entries = []
    while left > 0:
        pause = min(trace.period, left)
        sleep(pause)
        left -= pause
        entries = trace.look(session)[::-1] + entries
    if len(names) == 1 and trace.failures:
        raise trace.failures[names[0]]
    return entries, Result((), [], failures=[Failure(name, error) for name, error in trace.failures.items()])


def _following(
    session: Session,
    names: Sequence[str],
    selection: Selection,
    interval: float,
    count: int | None,
    seconds: float | None,
) -> Result:
    follow = BlackBoxFollow(session, names, interval, selection, entry_row)
    if len(names) == 1 and follow.failures:
        follow.close()
        raise follow.failures[0].error
    return Result(_columns(names), follow.rows(count, seconds), Layout.LIVE, failures=follow.failures, stop=follow.stop)


def _columns(names: Sequence[str]) -> tuple[Any, ...]:
    shown = columns("Time", "Device", "Operation", "Objects", "Source", "Client", "Process")
    return shown if len(names) > 1 else tuple(column for column in shown if column.key != "device")


def _listed(result: Result, entries: Sequence[BlackBoxEntry], names: Sequence[str]) -> None:
    result.columns = _columns(names)
    result.rows = [entry_row(entry) for entry in entries]


def _counted(result: Result, entries: Sequence[BlackBoxEntry], by: str, limit: int | None) -> None:
    result.columns = columns(by.capitalize(), ">Count", ">Share", ">Hz", "Last")
    result.rows = [
        {
            by: each.name or None,
            "count": each.number,
            "share": percent(each.share),
            "hz": None if each.hertz is None else f"{each.hertz:.3g}",
            "last": LocalTimeCell(each.last and each.last.isoformat(" ", "milliseconds")),
            "share_ratio": each.share,
            "hertz": each.hertz,
        }
        for each in top(entries, by)[:limit]
    ]


def _note(entries: Sequence[BlackBoxEntry], admitted: Sequence[BlackBoxEntry], shown: Sequence[BlackBoxEntry]) -> str:
    """How much there was, over what time, and how much of it is not shown."""
    covered = span(entries)
    over = f" in {covered.total_seconds():.1f} s" if covered else ""
    lost = sum(entry.is_gap for entry in entries)
    parts = [f"{len(shown)} of {plural(len(entries) - lost, 'request')}{over}"]
    if len(admitted) < len(entries):
        parts.append(f"{len(entries) - len(admitted)} left out (polling, own requests, or other than asked for)")
    if lost:
        parts.append(f"some were lost between two looks, {lost} times")
    return "; ".join(parts)


def entry_row(entry: BlackBoxEntry) -> dict[str, Any]:
    """A blackbox entry as a row; a line of an unknown form stands whole under the operation."""
    return {
        "time": LocalTimeCell(entry.time and entry.time.isoformat(" ", "milliseconds")),
        "device": entry.device or None,
        "operation": entry.operation or entry.line,
        "objects": entry.objects or None,
        "source": entry.source or None,
        "client": entry.client or None,
        "process": entry.process or None,
        "language": entry.language or None,
        "members": entry.members,
        "line": entry.line,
    }
