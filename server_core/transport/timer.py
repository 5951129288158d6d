"""Actions that are due a little later: time-outs of requests and connections, events gathered before they are sent."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

Action = Callable[[], None]


class Handle:
    """One planned action."""

    __slots__ = ("action",)

    def __init__(self, action: Action) -> None:
        self.action: Action | None = action

    def cancel(self) -> None:
        """Forget the action; no effect once it has started."""
        self.action = None


class Timer:
    """One thread that runs planned actions; it starts with the first one. Actions must be short."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._condition = threading.Condition()
        self._planned: list[tuple[float, int, Handle]] = []
        self._order = itertools.count()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def after(self, delay: float, action: Action) -> Handle:
        """Run `action` in `delay` seconds."""
        handle = Handle(action)
        with self._condition:
            heapq.heappush(self._planned, (time.monotonic() + delay, next(self._order), handle))
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._condition.notify()
        return handle

    def stop(self) -> None:
        """End the thread; what is still planned is forgotten."""
        with self._condition:
            self._stopped = True
            self._planned.clear()
            self._condition.notify()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while (handle := self._next()) is not None:
            action, handle.action = handle.action, None
            if action is not None:
                self._perform(action)

    def _perform(self, action: Action) -> None:
        try:
            action()
        except Exception:
            log.exception("a planned action of %s failed", self._name)

    def _next(self) -> Handle | None:
        """The handle that is due next, once it is due; None when the timer stops."""
        with self._condition:
            while not self._stopped:
                wait = self._planned[0][0] - time.monotonic() if self._planned else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._planned)[2]
                self._condition.wait(wait)
            return None
