"""A command again and again: what `--watch` makes of a command that shows something."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from threading import Event
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from server_core.model.errors import DevFailed
from tangoterm.console.cells import ClockCell
from tangoterm.console.result import Column, Failure, Frame, Layout, Refused, Result, Row, UsageError

if TYPE_CHECKING:
    from tangoterm.console.session import Session

AT = Column("at", "At")
"""When a row was asked for."""


def repeating(command: Callable[..., Result], changes: Sequence[str] = ()) -> Callable[..., Result]:
    """The same command with the arguments `watch` (seconds between two runs, None for one run), `count` and `duration`.

    Repeated, its rows are those of all runs, with the time of each, and its `frames` are the runs. Only the first run
    may raise; a later one that fails has no rows, and what failed is told once. What the command changes with, its
    actions or arguments in `changes`, is not repeated.
    """

    @functools.wraps(command)
    def run(
        session: Session, *, watch: float | None, count: int | None, duration: float | None, **arguments: Any
    ) -> Result:
        if watch is None:
            if count is not None or duration is not None:
                raise UsageError("--count and --duration go with --watch")
            return command(session, **arguments)
        if arguments.get("action") in changes or any(_given(arguments.get(name)) for name in changes):
            raise UsageError("--watch goes with what only looks")
        return _Repetition(lambda: command(session, **arguments), watch, count, duration, session.tell).result

    return run


def _given(value: Any) -> bool:
    """Whether an argument is given; a period of 0 is."""
    return value is not None and value is not False and value not in ("", [], ())


class _Repetition:
    def __init__(
        self,
        ask: Callable[[], Result],
        every: float,
        count: int | None,
        duration: float | None,
        tell: Callable[[str], None],
    ) -> None:
        self._ask = ask
        self._every = every
        self._count = count
        self._tell = tell
        self._began = monotonic()
        self._end = None if duration is None else self._began + duration
        self._stopped = Event()
        self._told: list[str] = []
        self._first = self._frame(ask())
        shown = self._first.result.columns
        if self._first.result.layout is Layout.LIVE:
            raise UsageError("this goes on by itself; it needs no --watch")
        self.result = Result((AT, *shown), self._rows(), Layout.LIVE, stop=self._stopped.set, frames=self._frames)

    def _rows(self) -> Iterator[Row]:
        for frame in self._frames():
            for row in frame.result.rows:
                yield {AT.key: ClockCell(frame.time), **row}
            told = [failure.line for failure in frame.result.failures]
            if told != self._told:
                self._told = told
                self._tell("\n".join(told) or "all answer again")

    def _frames(self) -> Iterator[Frame]:
        """The runs, at absolute times; ends after as many as are wanted, in time, or when it is stopped."""
        due, given = self._began, 1
        yield self._first
        while self._count is None or given < self._count:
            due = max(due + self._every, monotonic())
            last = self._end is not None and self._end < due
            if (
                self._stopped.wait(max(0.0, (self._end if last and self._end is not None else due) - monotonic()))
                or last
            ):
                return
            yield self._frame(self._again())
            given += 1

    def _frame(self, result: Result) -> Frame:
        result.rows = list(result.rows)
        return Frame(time(), self._every, result)

    def _again(self) -> Result:
        """One more run; what cannot be had is a failure of it."""
        try:
            return self._ask()
        except DevFailed as error:
            failed = Failure("", error)
        except Refused as refusal:
            failed = refusal.failure
        return replace(self._first.result, rows=[], failures=[failed])
