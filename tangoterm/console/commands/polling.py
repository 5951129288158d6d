"""The command for polling: what is polled, how it goes, what is wrong with it, and changing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from server_core.model.errors import DevFailed
from tangoterm.console.cells import json_errors
from tangoterm.console.commands.table import Parameter, UsageError, Want, command, count, period
from tangoterm.console.format import duration_text, period_text, plural
from tangoterm.console.polling import changing
from tangoterm.console.polling.asking import Object, matching, object_of, pollable, statuses_of
from tangoterm.console.polling.cockpit import Cockpit, read_pool
from tangoterm.console.polling.rows import PollingRow, percent
from tangoterm.console.polling.status import PollStatus
from tangoterm.console.result import Failure, Layout, Result, about, columns, note
from tangoterm.console.scope import devices_in, is_scope
from tangoterm.console.session import Session

_FULL = columns(
    "Device", "Name", "Kind", ">Period", ">Real", ">Jitter", ">Needed", ">Duty", ">Age", ">Depth", "Thread", "Problem"
)
_RESTART = "has effect when the device is restarted (device restart)"


@command(
    "poll",
    Parameter("device", "device or alias; several: sys/*, server:NAME, class:NAME, host:NAME", Want.DEVICE),
    Parameter("member", "attribute or command; several: double_*", Want.MEMBER, required=False, default=""),
    Parameter(
        "period", "start polling, or change the period, in ms", Want.NUMBER, option=True, convert=period, metavar="MS"
    ),
    Parameter("stop", "stop polling", option=True, flag=True),
    Parameter("problems", "only what is not polled as it should be", option=True, flag=True),
    Parameter("settings", "show ring depth, age limit and threads instead", option=True, flag=True),
    Parameter("depth", "keep so many values in the ring buffer", Want.NUMBER, option=True, convert=count, metavar="N"),
    Parameter(
        "old_factor", "periods after which a value in the buffer is too old", Want.NUMBER, option=True, convert=count,
        metavar="N",
    ),
    Parameter(
        "threads", "polling threads that the device's server may have", Want.NUMBER, option=True, convert=count,
        metavar="N",
    ),
    examples=(
        "poll sys/tg_test/1",
        "poll 'sys/*' --problems",
        "poll sys/tg_test/1 double_scalar --period 500",
        "poll sys/tg_test/1 double_scalar --stop",
        "poll sys/tg_test/1 '*' --stop",
        "poll sys/tg_test/1 --settings",
        "poll server:TangoTest/demo --threads 3",
    ),
    repeats=("",),
    changes=("period", "stop", "depth", "old_factor", "threads"),
)  # fmt: skip
def poll(
    session: Session,
    device: str,
    member: str,
    period: int | None,
    stop: bool,
    problems: bool,
    settings: bool,
    depth: int | None,
    old_factor: int | None,
    threads: int | None,
) -> Result:
    """Show what is polled, how it goes and what is wrong with it; start, change or stop polling."""
    wanted = [period is not None, stop, settings, depth is not None, old_factor is not None, threads is not None]
    if sum(wanted) > 1:
        raise UsageError("--period, --stop, --settings, --depth, --old-factor and --threads exclude each other")
    devices = devices_in(session, (device,), running=not (settings or depth or old_factor or threads))
    if settings:
        return polling_settings(session, devices)
    if threads is not None:
        return _for_each(_servers(session, devices), lambda server: _thread_words(session, server, threads))
    if depth is not None or old_factor is not None:
        return _for_each(devices, lambda name: _setting_words(session, name, member, depth, old_factor))
    if period is None and not stop:
        return polling_rows(session, devices, member, problems)
    if not member:
        raise UsageError("--period and --stop need the name of an attribute or command, or '*' for all")
    if is_scope(device) or "*" in member:
        return change_several(session, devices, member, period)
    return change_polling(session, devices[0], member, period)


# ---- showing


def polling_rows(session: Session, devices: Sequence[str], member: str = "", problems: bool = False) -> Result:
    """One row for each polled object of the devices; a device that does not answer is a row with its error."""
    if member and len(devices) == 1 and "*" not in member and not matching(statuses_of(session, devices[0]), member):
        with about(f"{devices[0]}/{member}"):
            object_of(session, devices[0], member)
    cockpit = Cockpit(session, devices)
    for _ in cockpit.look():
        pass
    rows = cockpit.rows()
    if len(devices) == 1 and rows and rows[0].failure is not None:
        raise rows[0].failure
    shown = [row for row in rows if row.failure or not member or matching([_status(row)], member)]
    if problems:
        shown = [row for row in shown if row.problem]
    result = Result(
        _FULL if len(devices) != 1 else _FULL[1:],
        [polling_row(row) for row in shown],
        failures=[Failure(row.device, row.failure) for row in shown if row.failure is not None],
    )
    if not shown:
        result.note = _nothing(devices, member, bool(rows) and problems)
    return result


def _status(row: PollingRow) -> PollStatus:
    assert row.status is not None
    return row.status


def _nothing(devices: Sequence[str], member: str, good: bool) -> str:
    of = devices[0] if len(devices) == 1 else plural(len(devices), "device")
    if good:
        return f"everything of {of} is polled as it should be"
    return f"{member or 'nothing'} of {of} is {'not ' if member else ''}polled"


def polling_row(row: PollingRow) -> dict[str, Any]:
    """A row of the cockpit as cells and, for programs, numbers."""
    status, thread = row.status or PollStatus("", False), row.thread
    return {
        "device": row.device,
        "name": row.name or None,
        "kind": status.kind if row.status else None,
        "period": period_text(status.period) if row.status else None,
        "real": None if status.interval is None else f"{status.interval:.0f} ms",
        "jitter": None if status.jitter is None else f"{status.jitter} ms",
        "needed": None if status.needed is None else duration_text(status.needed / 1000),
        "duty": None if status.duty is None else percent(status.duty),
        "age": "no data" if status.empty else None if status.age is None else duration_text(status.age),
        "depth": status.depth if row.status else None,
        "thread": thread.label if thread else None,
        "problem": row.problem or None,
        "period_ms": status.period if row.status else None,
        "real_ms": status.interval,
        "jitter_ms": status.jitter,
        "needed_ms": status.needed,
        "duty_ratio": status.duty,
        "age_s": status.age,
        "deltas_ms": status.deltas,
        "group": status.group,
        "server": thread.server if thread else None,
        "thread_number": thread.number if thread else None,
        "thread_load": thread.load if thread else None,
        "errors": _errors(row),
    }


def _errors(row: PollingRow) -> list[dict[str, str]] | None:
    if row.failure is not None:
        return json_errors(row.failure.errors)
    return json_errors((row.status.error,)) if row.status and row.status.error else None


def polling_settings(session: Session, devices: Sequence[str]) -> Result:
    """What the database says of the polling of devices and their servers."""
    result = Result(
        columns("Device", ">Ring depth", "Depths", ">Old factor", ">Min period", ">Threads"), [],
        Layout.FIELDS if len(devices) == 1 else Layout.TABLE, single=len(devices) == 1,
    )  # fmt: skip
    rows: list[dict[str, Any]] = []
    for device in devices:
        try:
            found = changing.poll_settings(session, device)
            pool = read_pool(session, session.device(device).adm_name())
        except DevFailed as failure:
            result.failures.append(Failure(device, failure))
            continue
        rows.append(
            {
                "device": device,
                "ring_depth": found.depth or changing.DEFAULT_DEPTH,
                "depths": ", ".join(f"{name} {depth}" for name, depth in found.depths.items()) or None,
                "old_factor": found.old_factor or changing.DEFAULT_FACTOR,
                "min_period": found.min_period or None,
                "threads": pool.size or None,
            }
        )
    result.rows = rows
    return result


# ---- changing


def change_polling(session: Session, device: str, member: str, period: int | None) -> Result:
    """Poll an attribute or command every `period` ms, or stop with None."""
    with about(f"{device}/{member}"):
        polled = object_of(session, device, member)
        changing.set_period(session, polled, period)
    return note(f"{polled} is {_words(period)}", device=device, member=polled.name, kind=polled.kind, period_ms=period)


def change_several(session: Session, devices: Sequence[str], member: str, period: int | None) -> Result:
    """The same for all objects that match, of all devices; what fails is a failure of the result."""
    rows: list[dict[str, Any]] = []
    result = Result(columns("Device", "Name", "Result"), rows)
    for device in devices:
        try:
            wanted = _wanted(session, device, member, period)
        except DevFailed as failure:
            result.failures.append(Failure(device, failure))
            continue
        for polled in wanted:
            try:
                changing.set_period(session, polled, period)
            except DevFailed as failure:
                result.failures.append(Failure(str(polled), failure))
            else:
                rows.append({"device": device, "name": polled.name, "result": _words(period), "period_ms": period})
    if not rows and not result.failures:
        result.note = f"nothing of {plural(len(devices), 'device')} {'matches' if period is not None else 'is polled'}"
    return result


def _wanted(session: Session, device: str, member: str, period: int | None) -> list[Object]:
    """What can be polled, or, to stop it, what is polled."""
    if period is not None:
        return pollable(session, device, member)
    return [Object(device, status.name, status.kind) for status in matching(statuses_of(session, device), member)]


def _words(period: int | None) -> str:
    return f"polled every {period} ms" if period else "not polled" if period is None else "triggered externally"


def _servers(session: Session, devices: Sequence[str]) -> list[str]:
    """The servers of the devices, each once."""
    found: dict[str, str] = {}
    for device in devices:
        record = session.catalogue.find(device)
        if record is not None:
            found.setdefault(record.server.lower(), record.server)
    return list(found.values())


def _thread_words(session: Session, server: str, threads: int) -> str:
    changing.set_threads(session, server, threads)
    return f"{plural(threads, 'polling thread')} from the next start of the server on"


def _setting_words(session: Session, device: str, member: str, depth: int | None, old_factor: int | None) -> str:
    if old_factor is not None:
        changing.set_old_factor(session, device, old_factor)
        return f"values may be {plural(old_factor, 'period')} old; {_RESTART}"
    assert depth is not None
    polled = object_of(session, device, member) if member else None
    changing.set_ring_depth(session, device, depth, polled)
    return f"the ring buffer of {polled.name if polled else 'each object'} has {depth} places; {_RESTART}"


def _for_each(names: Sequence[str], do: Callable[[str], str]) -> Result:
    """Do something for each name, and say what came of it."""
    result = Result(columns("Name", "Result"), [])

    def rows() -> Iterator[dict[str, Any]]:
        for name in names:
            try:
                yield {"name": name, "result": do(name)}
            except DevFailed as failure:
                result.failures.append(Failure(name, failure))

    result.rows = list(rows())
    return result
