"""The answers of asynchronous calls, read by one thread as they come, from whatever connections."""

from __future__ import annotations

import os
import selectors
import socket
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, NamedTuple

from server_core.transport.errors import CallTimeout, ConnectionLost
from server_core.transport.giop.pool import GiopLine, Pool, answered

_TICK = 0.25
"""Seconds between two looks at what is overdue; the thread stays that long when nothing is due any more."""


class _Due(NamedTuple):
    """An answer that is to come, on a connection that nobody else uses meanwhile."""

    pool: Pool
    line: GiopLine
    deadline: float
    deliver: Callable[[Any], None]


class Replies:
    """Reads answers in the background, while any are due."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: dict[GiopLine, _Due] = {}
        self._selector = selectors.DefaultSelector()
        self._running = False

    def expect(self, pool: Pool, line: GiopLine, timeout: float, deliver: Callable[[Any], None]) -> None:
        """Have `deliver` called, by the reading thread, with the answer on `line`, or with CallTimeout or
        ConnectionLost; the connection goes back to its pool before."""
        due = _Due(pool, line, monotonic() + timeout, deliver)
        with self._lock:
            self._due[line] = due
            self._selector.register(line.socket, selectors.EVENT_READ, due)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="tango-giop-replies", daemon=True).start()

    def forget(self, line: GiopLine) -> None:
        """Nobody waits for the answer any more: the connection is closed (wire 2.9)."""
        due = self._taken(line)
        if due is not None:
            due.pool.drop(line)

    def _taken(self, line: GiopLine) -> _Due | None:
        with self._lock:
            due = self._due.pop(line, None)
            if due is not None:
                self._selector.unregister(line.socket)
            return due

    def _run(self) -> None:
        while self._go_on():
            for key, _ in self._selector.select(_TICK):
                self._read(key.data)
            now = monotonic()
            for due in list(self._due.values()):
                if due.deadline < now:
                    self._end(due, CallTimeout("no answer in time"))

    def _go_on(self) -> bool:
        with self._lock:
            self._running = bool(self._due)
            return self._running

    def _read(self, due: _Due) -> None:
        try:
            received = due.line.read(0.0, socket.MSG_DONTWAIT)
            if received is None:
                raise ConnectionLost("the server closed the connection", sent=True)
            if received:
                self._end(due, answered(received))
        except BlockingIOError:
            return
        except ConnectionLost as lost:
            self._end(due, lost)
        except OSError as error:
            self._end(due, ConnectionLost(f"reading failed: {error}", sent=True))

    def _end(self, due: _Due, outcome: Any) -> None:
        if self._taken(due.line) is None:
            return  # it was forgotten
        if isinstance(outcome, (CallTimeout, ConnectionLost)):
            due.pool.drop(due.line)
        else:
            due.pool.give(due.line)
        due.deliver(outcome)


_replies = Replies()


def replies() -> Replies:
    """The reader of this process."""
    return _replies


def _start_afresh() -> None:
    global _replies
    _replies = Replies()


os.register_at_fork(after_in_child=_start_afresh)
