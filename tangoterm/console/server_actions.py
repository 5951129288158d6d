"""What the command `server` does, one function an action; imported when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from time import monotonic
from typing import Any, TypeVar

from server_core.database.store import ServerInfo
from server_core.model.errors import DevFailed, Reason
from server_core.model.names import check_server_name
from server_core.server.factory import host_name
from server_core.server.supervision.supervisor import ServerState, is_here
from tangoterm.console.cells import TimeCell, json_errors
from tangoterm.console.commands.table import UsageError
from tangoterm.console.format import address_text, duration_text
from tangoterm.console.result import Failure, Layout, Result, Row, about, columns, note
from tangoterm.console.servers import ServerRecord, Servers
from tangoterm.console.session import Session

_PROBES = 16
"""Servers that are asked at the same time whether they are there."""


@dataclass(frozen=True)
class Task:
    """What the user asked for: names as typed, and options by name."""

    session: Session
    names: Sequence[str]
    options: Mapping[str, Any]

    @cached_property
    def servers(self) -> Servers:
        """The servers of the session's control system."""
        return Servers(self.session)

    def chosen(self) -> list[ServerRecord]:
        """The servers that the names mean, in their order; UsageError when they mean none."""
        if not self.names:
            raise UsageError("which server? CLASS/INSTANCE is missing")
        found: dict[str, ServerRecord] = {}
        for name in self.names:
            for each in self._matching(name):
                found.setdefault(each.lower(), self.record(each))
        return list(found.values())

    def record(self, name: str) -> ServerRecord:
        """What is known of one server; Refused when it is not defined."""
        with about(name):
            return self.servers.record(name)

    def _matching(self, name: str) -> list[str]:
        if "*" not in name:
            return [name]
        with about(name):
            matching = self.session.store.servers(name)
            if not matching:
                raise DevFailed.of(Reason.DB_DeviceNotDefined, "no server has such a name", "server")
        return matching

    def one(self) -> ServerRecord:
        """The only server that is meant; UsageError when there are several."""
        first, *more = self.chosen()
        if more:
            raise UsageError(f"one server is wanted here, not {1 + len(more)}")
        return first

    def controlled(self) -> list[list[ServerRecord]]:
        """The controlled servers of this machine, level by level."""
        levels: dict[int, list[ServerRecord]] = {}
        for name in self.session.store.servers():
            one = self.servers.record(name)
            if one.level and is_here(one.host):
                levels.setdefault(one.level, []).append(one)
        if not levels:
            raise UsageError("no server of this machine is controlled (server level NAME --level N)")
        return [levels[level] for level in sorted(levels)]


# ---- looking


def list_servers(task: Task) -> Result:
    """One row a server; those that the database believes to run are asked whether they do."""
    patterns = [name if "*" in name or "/" in name else f"*{name}*" for name in task.names or ("*",)]
    found = dict.fromkeys(name for pattern in patterns for name in task.session.store.servers(pattern))
    records = [task.servers.record(name) for name in found]
    with ThreadPoolExecutor(_PROBES) as pool:
        states = list(pool.map(task.servers.state, records))
    result = Result(
        columns("Server", "State", ">Devices", "Host", ">Pid", ">Level"),
        [_row(one, state) for one, state in zip(records, states, strict=True)],
    )
    if not records:
        named = f" matches {' '.join(task.names)!r}" if task.names else ""
        result.note = f"no server{named} in {task.session.address}"
    return result


def _row(one: ServerRecord, state: ServerState) -> dict[str, Any]:
    running = state is not ServerState.STOPPED and one.admin is not None
    return {
        "server": one.name,
        "state": state.value,
        "devices": len(one.devices),
        "host": one.host or None,
        "pid": one.admin.pid if running and one.admin else None,
        "level": one.level or None,
    }


_FIELDS = columns(
    "Server", "State", "Host", "Pid", "Started", "Stopped", "Address", "Level", "Classes", "Devices", "Output"
)


def info(task: Task) -> Result:
    """All that is known of one server."""
    one = task.one()
    state = task.servers.state(one)
    admin = one.admin
    running = state is not ServerState.STOPPED
    file = task.servers.supervisor.output.file(one.name)
    row = _row(one, state) | {
        "started": TimeCell(admin.started) if admin and admin.started else None,
        "stopped": TimeCell(admin.stopped) if admin and admin.stopped and not running else None,
        "address": address_text(admin.ior) if admin and running else None,
        "classes": ", ".join(dict.fromkeys(record.dev_class for record in one.devices)) or None,
        "devices": ", ".join(record.name for record in one.devices) or None,
        "output": str(file) if file.exists() else None,
    }
    return Result(_FIELDS, [row], Layout.FIELDS)


def log(task: Task) -> Result:
    """The last lines that a server printed."""
    lines = task.servers.output(task.one(), task.options["lines"])
    rows = [{"line": line} for line in lines]
    return Result(columns("Line"), rows, Layout.LIVE, note="" if lines else "it printed nothing")


# ---- start, stop, restart

Finish = Callable[[], str]
"""Waits until what was begun is done, and says what was done."""

_T = TypeVar("_T")

Begin = Callable[[Task, ServerRecord], Finish]


def _start(task: Task, one: ServerRecord) -> Finish:
    wait = task.servers.launch(one, task.options["program"])

    def finish() -> str:
        wait(task.options["wait"])
        return "started"

    return finish


def _stop(task: Task, one: ServerRecord) -> Finish:
    def finish() -> str:
        task.servers.stop(one, task.options["wait"], kill=task.options["kill"])
        return "stopped"

    return finish


def _restart(task: Task, one: ServerRecord) -> Finish:
    def finish() -> str:
        if task.servers.state(one) is not ServerState.STOPPED:
            task.servers.check_program(one, task.options["program"])
            task.servers.stop(one, task.options["wait"], kill=task.options["kill"])
        task.servers.launch(one, task.options["program"])(task.options["wait"])
        return "restarted"

    return finish


def _for_each(begin: Begin, task: Task, *, descending: bool = False) -> Result:
    """Begin with all servers of a level at once, and give a row for each when it is done; then the next level."""
    levels = task.controlled() if task.options["all"] else [task.chosen()]
    if task.options["program"] and sum(map(len, levels)) > 1:
        raise UsageError("--program goes with one server")
    if descending:
        levels.reverse()
    result = Result(columns("Server", "Result", ">Pid", ">Time"), (), Layout.LIVE)

    def rows() -> Iterator[Row]:
        for level in levels:
            since = monotonic()
            begun = [(one, _attempt(partial(begin, task, one))) for one in level]
            for one, outcome in begun:
                ended = outcome if isinstance(outcome, DevFailed) else _attempt(outcome)
                if isinstance(ended, DevFailed):
                    result.failures.append(Failure(one.name, ended))
                yield _outcome_row(task, one, ended, monotonic() - since)

    result.rows = rows()
    return result


def _attempt(act: Callable[[], _T]) -> _T | DevFailed:
    """What `act` gives, or the refusal: the others of several servers are to have their turn."""
    try:
        return act()
    except DevFailed as failure:
        return failure


def _outcome_row(task: Task, one: ServerRecord, ended: str | DevFailed, needed: float) -> Row:
    row: dict[str, Any] = {"server": one.name, "result": ended, "pid": None, "time": duration_text(needed)}
    if isinstance(ended, DevFailed):
        return row | {"result": "failed", "errors": json_errors(ended.errors)}
    if ended != "stopped":
        row["pid"] = task.servers.supervisor.record(one.name).pid
    return row


# ---- the database's part


def level(task: Task) -> Result:
    """Put servers under the control of a Starter, or show their levels."""
    wanted = task.options["level"]
    chosen = task.chosen()
    if wanted is not None:
        store = task.session.changing_store
        for one in chosen:
            store.put_server_info(ServerInfo(one.name, one.host or host_name(), int(wanted > 0), wanted))
        chosen = [task.servers.record(one.name) for one in chosen]
    rows = [{"server": one.name, "host": one.host or None, "level": one.level or None} for one in chosen]
    return Result(columns("Server", "Host", ">Level"), rows)


def rename(task: Task) -> Result:
    """Give a stopped server another name."""
    if len(task.names) != 2:
        raise UsageError("usage: server rename OLD NEW")
    new = check_server_name(task.names[1])
    one = task.record(task.names[0])
    _refuse_running(task, one, "renamed")
    task.servers.rename(one, new)
    task.session.refresh()
    return note(f"{one.name} is now {new}", server=new, former=one.name)


def delete(task: Task) -> Result:
    """Take a stopped server with its devices and their properties out of the database."""
    one = task.one()
    _refuse_running(task, one, "deleted")
    task.servers.delete(one)
    task.session.refresh()
    names = ", ".join(record.name for record in one.devices)
    return note(f"{one.name} is deleted, with {names or 'no device'}", server=one.name)


def _refuse_running(task: Task, one: ServerRecord, what: str) -> None:
    if task.servers.state(one) is not ServerState.STOPPED:
        with about(one.name):
            raise DevFailed.of(
                "API_DeviceInUse",
                f"a running server cannot be {what}; stop it first (server stop {one.name})",
                "server",
            )


ACTIONS: dict[str, Callable[[Task], Result]] = {
    "list": list_servers,
    "info": info,
    "start": partial(_for_each, _start),
    "stop": partial(_for_each, _stop, descending=True),
    "restart": partial(_for_each, _restart),
    "log": log,
    "level": level,
    "rename": rename,
    "delete": delete,
}
