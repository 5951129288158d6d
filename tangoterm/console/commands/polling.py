"""The command for a device's polling: what is polled, how it goes, and changing it."""

from __future__ import annotations

from typing import Any

from server_core.model.errors import DevFailed, Reason
from tangoterm.console.cells import ErrorCell
from tangoterm.console.commands.table import Parameter, UsageError, Want, command, period
from tangoterm.console.format import duration_text, period_text
from tangoterm.console.poll_status import PollStatus, parse_poll_status
from tangoterm.console.result import Result, about, columns, note
from tangoterm.console.session import AttributeName, Session


@command(
    "poll",
    Parameter("device", "device or alias", Want.DEVICE),
    Parameter("member", "attribute or command", Want.MEMBER, required=False, default=""),
    Parameter(
        "period", "start polling, or change the period, in ms", Want.NUMBER, option=True, convert=period, metavar="MS"
    ),
    Parameter("stop", "stop polling", option=True, flag=True),
    examples=(
        "poll sys/tg_test/1",
        "poll sys/tg_test/1 double_scalar --period 500",
        "poll sys/tg_test/1 double_scalar --stop",
    ),
)
def poll(session: Session, device: str, member: str, period: int | None, stop: bool) -> Result:
    """Show what of a device is polled and how it goes; start, change or stop polling."""
    name = session.device_name(device)
    if period is None and not stop:
        return polling_status(session, name, member)
    if not member:
        raise UsageError("--period and --stop need the name of an attribute or command")
    if stop and period is not None:
        raise UsageError("--period and --stop exclude each other")
    return change_polling(session, name, member, period)


def polling_status(session: Session, device: str, member: str = "") -> Result:
    """One row for each polled attribute and command, or for `member` alone."""
    statuses = parse_poll_status(session.device(device).polling_status())
    if member:
        statuses = [status for status in statuses if status.name.lower() == member.lower()]
        if not statuses:
            _kind(session, device, member)
    result = Result(
        columns("Name", "Kind", ">Period", ">Depth", ">Needed", ">Age", "Intervals", "Error"),
        [status_row(status) for status in statuses],
    )
    if not statuses:
        result.note = f"{member or 'nothing'} of {device} is {'not ' if member else ''}polled"
    return result


def status_row(status: PollStatus) -> dict[str, Any]:
    """A polled object as a row."""
    return {
        "name": status.name,
        "kind": status.kind,
        "period": period_text(status.period),
        "depth": status.depth,
        "needed": None if status.needed is None else duration_text(status.needed / 1000),
        "age": _age(status),
        "intervals": ", ".join(map(str, status.deltas)) or None,
        "error": None if status.error is None else ErrorCell((status.error,)).text(),
        "period_ms": status.period,
        "needed_ms": status.needed,
        "age_s": status.age,
        "deltas_ms": status.deltas,
        "group": status.group,
    }


def _age(status: PollStatus) -> str | None:
    if status.empty:
        return "no data"
    return None if status.age is None else duration_text(status.age)


def change_polling(session: Session, device: str, member: str, period: int | None) -> Result:
    """Poll an attribute or command every `period` ms, or stop with None."""
    proxy = session.device(device)
    kind = _kind(session, device, member)
    name = str(AttributeName(device, member))
    with about(name):
        if period is None:
            getattr(proxy, f"stop_poll_{kind}")(member)
        else:
            getattr(proxy, f"poll_{kind}")(member, period)
    words = f"polled every {period} ms" if period else "not polled" if period is None else "triggered externally"
    return note(f"{name} is {words}", device=device, member=member, kind=kind, period_ms=period)


def _kind(session: Session, device: str, member: str) -> str:
    """`attribute` or `command`; State and Status are polled as attributes (POLL-3). Refused for what is neither."""
    members = session.members(device)
    if member.lower() in members.attributes:
        return "attribute"
    if member.lower() in members.commands:
        return "command"
    with about(str(AttributeName(device, member))):
        raise DevFailed.of(Reason.API_PollObjNotFound, f"{device} has no attribute or command {member}", "poll")
