"""The serialisation monitor: what lets one request at a time into a device, a class or the process.

It is fair and re-entrant (SER-2, SER-5). A thread that needs it waits in the queue; a network request is parked in the
same queue instead and holds no thread: when its turn comes a worker runs it and answers.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from threading import get_ident
from types import TracebackType
from typing import Final, Protocol

from server_core.model.errors import DevFailed, Reason
from server_core.server.workers import Workers
from server_core.transport.contract import DEFERRED, Respond
from server_core.transport.timer import Handle, Timer

MONITOR_TIMEOUT: Final = 3.2
"""Seconds a request waits for its turn (SER-2)."""

_NOBODY: Final = 0
_WORKER_TO_COME: Final = -1

Work = Callable[[], object]


class Gate(AbstractContextManager[None], Protocol):
    """What serialises requests: a `Monitor`, or nothing at all."""

    def call(self, work: Work, respond: Respond) -> object:
        """The result of `work`, or DEFERRED when it had to be parked and answers through `respond`."""

    def released(self) -> AbstractContextManager[None]:
        """Lets others in for a while when this thread is in; it is in again afterwards (POLL-16)."""

    @property
    def held(self) -> bool:
        """Whether the calling thread is in."""


class _Thread:
    """A thread that waits for its turn."""

    __slots__ = ("ident", "turn")

    def __init__(self) -> None:
        self.ident = get_ident()
        self.turn = threading.Event()


class _Parked:
    """A network request that waits for its turn."""

    __slots__ = ("respond", "timeout", "work")

    def __init__(self, work: Work, respond: Respond) -> None:
        self.work = work
        self.respond = respond
        self.timeout: Handle | None = None

    def run(self) -> None:
        if self.timeout is not None:
            self.timeout.cancel()
        try:
            outcome = self.work()
        except Exception as failure:  # noqa: BLE001  whatever it is, the client that waits must learn it
            self.respond(failure)
        else:
            if outcome is not DEFERRED:
                self.respond(outcome)


class Monitor:
    """A fair, re-entrant lock with a time-out, entered by threads and by parked requests in order of arrival."""

    def __init__(self, name: str, workers: Workers, timer: Timer, timeout: float = MONITOR_TIMEOUT) -> None:
        self.name = name
        self._workers = workers
        self._timer = timer
        self._timeout = timeout
        self._mutex = threading.Lock()
        self._owner = _NOBODY
        self._depth = 0
        self._queue: deque[_Thread | _Parked] = deque()

    @property
    def held(self) -> bool:
        """Whether the calling thread is in."""
        return self._owner == get_ident()

    def __enter__(self) -> None:
        with self._mutex:
            if self._enter_free():
                return
            waiter = _Thread()
            self._queue.append(waiter)
        if not waiter.turn.wait(self._timeout) and self._withdraw(waiter):
            raise self._timed_out()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        parked = self._leave()
        if parked is not None:
            self._workers.submit(partial(self._run_parked, parked))

    def call(self, work: Work, respond: Respond) -> object:
        """The result of `work`, run at once when the monitor is free or this thread's; else DEFERRED, and `respond`
        gets the result, or `API_CommandTimedOut` when the turn does not come in time."""
        with self._mutex:
            if not self._enter_free():
                self._park(_Parked(work, respond))
                return DEFERRED
        try:
            return work()
        finally:
            self.__exit__(None, None, None)

    @contextmanager
    def released(self) -> Iterator[None]:
        """Lets others in for a while when this thread is in; it is in again afterwards, however long that takes."""
        if self._owner != get_ident():
            yield
            return
        depth, self._depth = self._depth, 1
        self.__exit__(None, None, None)
        try:
            yield
        finally:
            self._enter_again(depth)

    def _enter_again(self, depth: int) -> None:
        waiter = _Thread()
        with self._mutex:
            free = self._enter_free()
            if not free:
                self._queue.append(waiter)
        if not free:
            waiter.turn.wait()
        self._depth = depth

    def _enter_free(self) -> bool:
        """Take the monitor when it is free or held by this thread; under the mutex."""
        me = get_ident()
        if self._owner not in (_NOBODY, me):
            return False
        self._owner = me
        self._depth += 1
        return True

    def _park(self, parked: _Parked) -> None:
        def expire() -> None:
            if self._withdraw(parked):
                parked.respond(self._timed_out())

        parked.timeout = self._timer.after(self._timeout, expire)
        self._queue.append(parked)

    def _withdraw(self, waiter: _Thread | _Parked) -> bool:
        """Take a waiter out of the queue; false when its turn has come meanwhile."""
        with self._mutex:
            if waiter not in self._queue:
                return False
            self._queue.remove(waiter)
            return True

    def _leave(self) -> _Parked | None:
        """Give the monitor to the next in the queue; the parked request that somebody must run now, if it is one."""
        with self._mutex:
            self._depth -= 1
            if self._depth:
                return None
            if not self._queue:
                self._owner = _NOBODY
                return None
            waiter = self._queue.popleft()
            self._depth = 1
            if isinstance(waiter, _Parked):
                self._owner = _WORKER_TO_COME
                return waiter
            self._owner = waiter.ident
            waiter.turn.set()
            return None

    def _run_parked(self, parked: _Parked | None) -> None:
        """Run parked requests as long as they are next; on a worker, which owns the monitor meanwhile."""
        while parked is not None:
            self._owner = get_ident()
            parked.run()
            parked = self._leave()

    def _timed_out(self) -> DevFailed:
        return DevFailed.of(
            Reason.API_CommandTimedOut,
            f"Not able to acquire serialization (dev, class or process) monitor of {self.name} within "
            f"{self._timeout:g} s: another request is still running",
            "Monitor.acquire",
        )


class NoMonitor:
    """In place of a monitor when nothing is serialised (SER-1, model none)."""

    held = False

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None

    def call(self, work: Work, respond: Respond) -> object:
        """The result of `work`."""
        return work()

    def released(self) -> AbstractContextManager[None]:
        """Nothing to let go of."""
        return nullcontext()
