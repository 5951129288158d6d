"""What the command `server` does, one function an action; imported when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from threading import Event
from typing import Any

from server_core.model.errors import DevFailed, Reason
from server_core.server.supervision.supervisor import is_here
from tangoterm.console.cells import TimeCell, json_errors
from tangoterm.console.changes import Danger
from tangoterm.console.commands.table import UsageError
from tangoterm.console.format import address_text, duration_text, plural
from tangoterm.console.result import Column, Failure, Layout, Result, Row, about, columns, note
from tangoterm.console.servers import ServerRecord, Servers
from tangoterm.console.servers.board import Board, BoardRow, chosen_rows, sorted_rows, uptime_text
from tangoterm.console.servers.definitions import Definitions, new_devices
from tangoterm.console.servers.plan import Deed, Phase, Plan, Step, begin, in_order
from tangoterm.console.servers.tail import Tail
from tangoterm.console.session import Session

_LOOK = 0.5
"""Seconds between two looks at an output that is followed."""


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

    @cached_property
    def definitions(self) -> Definitions:
        """What its database defines."""
        return Definitions(self.session, self.servers)

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

    def one(self, *, usage: str = "", words: int = 0) -> ServerRecord:
        """The server that is meant, the only one, or the first of so many `words`; UsageError otherwise."""
        if words:
            if len(self.names) != words:
                raise UsageError(f"usage: server {usage}")
            return self.record(self.names[0])
        first, *more = self.chosen()
        if more:
            raise UsageError(f"one server is wanted here, not {1 + len(more)}")
        return first

    def controlled(self) -> list[ServerRecord]:
        """The controlled servers of the hosts that are meant, this machine without `on`, and of the level."""
        host, level = self.options["on"], self.options["level"]
        found = [
            one
            for one in (self.servers.record(name) for name in self.session.store.servers())
            if one.level and level in (None, one.level) and _on_host(one, host)
        ]
        if not found:
            where = "this machine" if host is None else "any host" if host == "*" else host
            what = "is controlled (server level NAME --level N)" if level is None else f"has level {level}"
            raise UsageError(f"no server of {where} {what}")
        return found


def _on_host(one: ServerRecord, host: str | None) -> bool:
    if host is None:
        return is_here(one.host)
    return host == "*" or one.host.lower().partition(".")[0] == host.lower().partition(".")[0]


# ---- looking


def list_servers(task: Task) -> Result:
    """One row a server; those that the database believes to run are asked whether they do."""
    board = Board(task.session, task.servers)
    board.read()
    names = list(task.names) + ([f"host:{task.options['on']}"] if task.options["on"] else [])
    wanted = {row.name for row in chosen_rows(board.rows(), names)}
    for _ in board.look(wanted):
        pass
    found = [row for row in board.rows() if row.name in wanted]
    result = Result(
        columns("Server", "State", ">Devices", "Host", ">Pid", ">Level", ">Uptime"),
        [_row(row) for row in sorted_rows(found, task.options["sort"])],
    )
    if not found:
        named = f" matches {' '.join(names)!r}" if names else ""
        result.note = f"no server{named} in {task.session.address}"
    return result


def _row(one: BoardRow) -> dict[str, Any]:
    return {
        "server": one.name,
        "state": one.condition.value,
        "devices": len(one.server.devices),
        "host": one.server.host or None,
        "pid": one.pid,
        "level": one.server.level or None,
        "uptime": uptime_text(one.uptime) or None,
        "starter": one.starter,
        "version": one.sight.version or None,
    }


_FIELDS = columns(
    "Server", "State", "Host", "Pid", "Uptime", "Started", "Stopped", "Address", "Level", "Starter", "Version",
    "Classes", "Devices", "Output",
)  # fmt: skip


def info(task: Task) -> Result:
    """All that is known of one server."""
    one = task.one()
    board = Board(task.session, task.servers)
    board.read()
    (seen,) = board.look([one.name])
    admin = one.admin
    file = task.servers.supervisor.output.file(one.name)
    row = _row(seen) | {
        "started": TimeCell(admin.started) if admin and admin.started else None,
        "stopped": TimeCell(admin.stopped) if admin and admin.stopped and seen.pid is None else None,
        "address": address_text(admin.ior) if admin and seen.pid is not None else None,
        "classes": ", ".join(dict.fromkeys(record.dev_class for record in one.devices)) or None,
        "devices": ", ".join(record.name for record in one.devices) or None,
        "output": str(file) if file.exists() else None,
    }
    return Result(_FIELDS, [row], Layout.FIELDS)


def log(task: Task) -> Result:
    """The last lines that a server printed; with `follow` those that it goes on to print, until interrupted."""
    tail = Tail(task.servers, task.one())
    first = tail.read()[-task.options["lines"] :]
    shown = columns("Line")
    if not task.options["follow"]:
        remark = "" if first else "it printed nothing"
        return Result(shown, [{"line": line} for line in first], Layout.LIVE, note=remark)

    ended = Event()

    def rows() -> Iterator[Row]:
        yield from ({"line": line} for line in first)
        while not ended.wait(_LOOK):
            yield from ({"line": line} for line in tail.read())

    return Result(shown, rows(), Layout.LIVE, stop=ended.set)


# ---- start, stop, restart, kill


def _carry_out(deed: Deed, task: Task) -> Result:
    """Level by level, a row for each server when it is done; in a dry run who would have its turn when."""
    plan = _plan(deed, task)
    level = (">Level",) if task.options["all"] else ()
    result = Result(columns(*level, "Server", "Result", ">Pid", ">Time"), (), Layout.LIVE)
    tell = task.session.tell if len(plan.steps) > 1 else (lambda text: None)
    steps = begin(task.session, task.servers, plan, Danger.ASK if deed is Deed.KILL else Danger.NONE, tell)
    result.planned = steps is None

    def rows() -> Iterator[Row]:
        for step in plan.steps if steps is None else steps:
            if step.failure is not None:
                result.failures.append(Failure(step.server.name, step.failure))
            yield _outcome(task, step)

    result.rows = rows()
    return result


def _plan(deed: Deed, task: Task) -> Plan:
    options = task.options
    everything = options["all"]
    if not everything and (options["on"] or options["level"] is not None):
        raise UsageError("--on and --level go with --all")
    if everything and task.names:
        raise UsageError("--all is all controlled servers; names go without it")
    levels = in_order(deed, task.controlled()) if everything else in_order(deed, task.chosen(), by_level=False)
    if options["program"] and sum(map(len, levels)) > 1:
        raise UsageError("--program goes with one server")
    return Plan(
        deed,
        levels,
        patience=options["wait"],
        delay=options["delay"],
        at_once=options["parallel"],
        kill=options["kill"],
        program=options["program"],
        lenient=everything,
    )


def _outcome(task: Task, step: Step) -> Row:
    needed = step.seconds
    row: dict[str, Any] = {
        "server": step.server.name,
        "result": step.result,
        "pid": None,
        "time": None if needed is None else duration_text(needed),
        "level": step.server.level or None,
    }
    if step.failure is not None:
        return row | {"errors": json_errors(step.failure.errors)}
    if step.phase is Phase.DONE and step.result in (Deed.START.done, Deed.RESTART.done):
        row["pid"] = task.servers.supervisor.record(step.server.name).pid
    return row


# ---- the database's part


def level(task: Task) -> Result:
    """Put servers under the control of a Starter, or show their levels."""
    wanted = task.options["level"]

    def act(one: ServerRecord) -> Row:
        now = one
        if wanted is not None and task.definitions.set_level(one, wanted):
            now = task.servers.record(one.name)
        return {"host": now.host or None, "level": now.level or None}

    return _each(task, columns("Server", "Host", ">Level"), act)


def create(task: Task) -> Result:
    """Define a new server with its devices."""
    if len(task.names) < 2:
        raise UsageError("usage: server create CLASS/INSTANCE CLASS::DEVICE...")
    server, *words = task.names
    devices = new_devices(words)
    made = task.definitions.create_server(server, devices)
    return _said(made, f"{server} is defined, with {', '.join(device.name for device in devices)}", server=server)


def rename(task: Task) -> Result:
    """Give a stopped server another name."""
    one = task.one(usage="rename OLD NEW", words=2)
    new = task.names[1]
    made = task.definitions.rename_server(one, new)
    return _said(made, f"{one.name} is now {new}", server=new, former=one.name)


def move(task: Task) -> Result:
    """Say on which host a stopped server is to run."""
    one = task.one(usage="move SERVER HOST", words=2)
    host = task.names[1]
    made = task.definitions.move_server(one, host)
    return _said(made, f"{one.name} belongs to {host}", server=one.name, host=host)


def copy(task: Task) -> Result:
    """Define a server with all properties of its devices in another control system too."""
    one, host = task.one(), task.options["to"]
    if not host:
        raise UsageError("server copy: --to HOST:PORT is missing")
    made = task.definitions.copy_server(one, host)
    return _said(made, f"{one.name} is defined in {host}, with {plural(len(one.devices), 'device')}", server=one.name)


def delete(task: Task) -> Result:
    """Take stopped servers with their devices and their properties out of the database."""

    def act(one: ServerRecord) -> Row:
        done = "deleted" if task.definitions.delete_server(one) else "would be deleted"
        return {"result": f"{done}, with {', '.join(record.name for record in one.devices) or 'no device'}"}

    chosen = task.chosen()
    if len(chosen) > 1:
        task.session.changes.ask([task.definitions.server_deletion(one) for one in chosen])
    return _each(task, columns("Server", "Result"), act)


def unexport(task: Task) -> Result:
    """Tell the database that servers which are gone do not run."""

    def act(one: ServerRecord) -> Row:
        return {"result": "unexported" if task.definitions.unexport(one) else "was not exported"}

    return _each(task, columns("Server", "Result"), act)


def _each(task: Task, shown: tuple[Column, ...], act: Callable[[ServerRecord], Row]) -> Result:
    """Do so for each server, a row for each; the refusal of one does not keep the others from it."""
    chosen = task.chosen()
    result = Result(shown, [], single=len(chosen) == 1)
    rows = []
    for one in chosen:
        try:
            rows.append({"server": one.name, **act(one)})
        except DevFailed as failure:
            result.failures.append(Failure(one.name, failure))
    result.rows = rows
    return result


def _said(made: bool, text: str, **data: Any) -> Result:
    return note(text if made else f"it would be so: {text}", **data)


ACTIONS: dict[str, Callable[[Task], Result]] = {
    "list": list_servers,
    "info": info,
    **{deed.value: partial(_carry_out, deed) for deed in Deed},
    "log": log,
    "level": level,
    "create": create,
    "rename": rename,
    "move": move,
    "copy": copy,
    "delete": delete,
    "unexport": unexport,
}
