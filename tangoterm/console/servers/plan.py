"""Several servers one after the other: who is started or stopped when, and how far it is.

Servers are started in the order of their start-up levels, lowest first, and stopped the other way round; those of one
level at the same time. Servers without level come last at the start and first at the end.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial

from server_core.model.errors import DevFailed
from server_core.server.supervision.supervisor import ALREADY_RUNNING, SERVER_NOT_RUNNING, ServerState
from tangoterm.console.changes import Change, Danger
from tangoterm.console.format import plural
from tangoterm.console.line import joined
from tangoterm.console.servers.control import ServerRecord, Servers
from tangoterm.console.session import Session
from tangoterm.console.together import AT_ONCE, each


class Deed(Enum):
    """What is done to servers."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    KILL = "kill"

    @property
    def doing(self) -> str:
        """`starting`."""
        return {"stop": "stopping"}.get(self.value, f"{self.value}ing")

    @property
    def done(self) -> str:
        """`started`."""
        return {"stop": "stopped"}.get(self.value, f"{self.value}ed")


class Phase(Enum):
    """How far a step is."""

    WAITING = "waiting"
    BUSY = "busy"
    DONE = "done"
    FAILED = "failed"
    LEFT_OUT = "left out"  # the plan was given up before


@dataclass
class Step:
    """One server of a plan; `began` and `ended` are seconds of a steady clock."""

    server: ServerRecord
    phase: Phase = Phase.WAITING
    result: str = ""
    failure: DevFailed | None = None
    began: float | None = None
    ended: float | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took, or takes by now; None before it began."""
        if self.began is None:
            return None
        return (time.monotonic() if self.ended is None else self.ended) - self.began


@dataclass
class Plan:
    """What is done to which servers, in order: `levels` one after the other, `delay` seconds between them, the steps
    of a level at once, `at_once` of them at most.

    `patience` is how long each may take, in seconds; `kill` ends those that do not stop; `program` starts the one
    server. `lenient`: a server that is as wanted already is no failure.
    """

    deed: Deed
    levels: tuple[tuple[Step, ...], ...]
    patience: float = 20.0
    delay: float = 0.0
    at_once: int = AT_ONCE
    kill: bool = False
    program: str | None = None
    lenient: bool = False
    given_up: threading.Event = field(default_factory=threading.Event)

    @property
    def steps(self) -> list[Step]:
        """All steps in order."""
        return [step for level in self.levels for step in level]

    def give_up(self) -> None:
        """Begin with no further server; those that are under way are waited for."""
        self.given_up.set()

    def change(self, danger: Danger = Danger.NONE) -> Change:
        """The plan as one change of the control system."""
        names = [step.server.name for step in self.steps]
        undone = {Deed.START: "stop", Deed.STOP: "start", Deed.KILL: "start"}.get(self.deed)
        return Change(
            names[0] if len(names) == 1 else plural(len(names), "server"),
            joined("server", self.deed.value, *names),
            before="stopped" if self.deed is Deed.START else "running",
            after=self.deed.done,
            undo=(joined("server", undone, *names),) if undone else (),
            danger=danger,
            warning=", ".join(names) if len(names) > 1 else "",
        )


def in_order(deed: Deed, servers: Iterable[ServerRecord], *, by_level: bool = True) -> tuple[tuple[Step, ...], ...]:
    """The steps of a plan, level by level; without `by_level` all at once."""
    if not by_level:
        return (tuple(Step(server) for server in servers),)
    levels: dict[int, list[Step]] = {}
    for server in servers:
        levels.setdefault(server.level, []).append(Step(server))
    order = sorted(levels, key=lambda level: (level == 0, level), reverse=deed in (Deed.STOP, Deed.KILL))
    return tuple(tuple(levels[level]) for level in order)


def carry_out(servers: Servers, plan: Plan, tell: Callable[[str], None] = lambda text: None) -> Iterator[Step]:
    """Do what the plan says, and give each step when it is done, failed or left out; `tell` hears of each level."""
    for number, level in enumerate(plan.levels):
        if number and plan.delay:
            tell(f"waiting {plan.delay:g} s")
            plan.given_up.wait(plan.delay)
        if not plan.given_up.is_set():
            tell(_announced(plan.deed, level))
        for outcome in each(level, partial(_take, servers, plan), at_once=plan.at_once):
            yield outcome.item


def begin(
    session: Session,
    servers: Servers,
    plan: Plan,
    danger: Danger = Danger.NONE,
    tell: Callable[[str], None] = lambda text: None,
) -> Iterator[Step] | None:
    """Carry a plan out as one change of the session: its steps as they are done; None in a dry run.

    Raises as `Changes.admit` does. Closing the iterator gives the plan up.
    """
    change = plan.change(danger)
    if not session.changes.admit(change):
        for step in plan.steps:
            step.result = f"would be {plan.deed.done}"
        return None

    def steps() -> Iterator[Step]:
        began, failure = time.time(), None
        try:
            for step in carry_out(servers, plan, tell):
                failure = failure or step.failure
                yield step
        finally:
            plan.give_up()
            session.changes.made(change, began, failure)

    return steps()


def _announced(deed: Deed, level: Sequence[Step]) -> str:
    levels = {step.server.level for step in level}
    where = f"level {level[0].server.level}: " if len(levels) == 1 and 0 not in levels else ""
    return f"{where}{deed.doing} {', '.join(step.server.name for step in level)}"


def _take(servers: Servers, plan: Plan, step: Step) -> None:
    """One step; what came of it is written into it."""
    if plan.given_up.is_set():
        step.phase, step.result = Phase.LEFT_OUT, Phase.LEFT_OUT.value
        return
    step.phase, step.result, step.began = Phase.BUSY, plan.deed.doing, time.monotonic()
    try:
        step.result = _DEEDS[plan.deed](servers, plan, step.server)
        step.phase = Phase.DONE
    except DevFailed as failure:
        so_already = _SO_ALREADY.get(plan.deed)
        if plan.lenient and failure.reason == so_already:
            step.phase, step.result = Phase.DONE, _SAID[failure.reason]
        else:
            step.phase, step.result, step.failure = Phase.FAILED, Phase.FAILED.value, failure
    finally:
        step.ended = time.monotonic()


def _start(servers: Servers, plan: Plan, server: ServerRecord) -> str:
    servers.launch(server, plan.program)(plan.patience)
    return Deed.START.done


def _stop(servers: Servers, plan: Plan, server: ServerRecord) -> str:
    servers.stop(server, plan.patience, kill=plan.kill)
    return Deed.STOP.done


def _restart(servers: Servers, plan: Plan, server: ServerRecord) -> str:
    if servers.state(server) is not ServerState.STOPPED:
        servers.check_program(server, plan.program)
        servers.stop(server, plan.patience, kill=plan.kill)
    servers.launch(server, plan.program)(plan.patience)
    return Deed.RESTART.done


def _kill(servers: Servers, plan: Plan, server: ServerRecord) -> str:
    servers.kill(server)
    return Deed.KILL.done


_DEEDS = {Deed.START: _start, Deed.STOP: _stop, Deed.RESTART: _restart, Deed.KILL: _kill}
_SO_ALREADY = {Deed.START: ALREADY_RUNNING, Deed.STOP: SERVER_NOT_RUNNING}
"""The refusal of a server that is as wanted."""
_SAID = {ALREADY_RUNNING: "ran already", SERVER_NOT_RUNNING: "did not run"}
