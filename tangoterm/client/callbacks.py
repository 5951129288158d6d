"""When the callbacks of asynchronous calls are called: when the program asks (pull), or as soon as the reply is there
(push), from a thread that lives while such calls are under way. Source: CLI-7."""

from __future__ import annotations

import heapq
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from typing import Any

Deliver = Callable[[], object]
"""Calls the callback of one call with its reply, or with the time-out that stands for it."""


class cb_sub_model(IntEnum):
    """Who makes the callbacks of asynchronous calls run."""

    PUSH_CALLBACK = 0
    PULL_CALLBACK = 1


class Pusher:
    """Delivers replies as they come, and time-outs when they are due."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[int, Deliver] = {}
        self._deadlines: list[tuple[float, int]] = []
        self._arrived: deque[int] = deque()
        self._running = False

    def watch(self, number: int, future: Future[Any], deadline: float, deliver: Deliver) -> None:
        """Call `deliver` when the future of call `number` is settled, or at `deadline` (monotonic seconds)."""
        with self._changed:
            self._waiting[number] = deliver
            heapq.heappush(self._deadlines, (deadline, number))
            start, self._running = not self._running, True
            self._changed.notify()
        if start:
            threading.Thread(target=self._run, name="tangoterm-callbacks", daemon=True).start()
        future.add_done_callback(lambda _: self._arrive(number))

    def _arrive(self, number: int) -> None:
        with self._changed:
            self._arrived.append(number)
            self._changed.notify()

    def _run(self) -> None:
        while (deliver := self._next()) is not None:
            try:
                deliver()
            except Exception:  # whatever the program's callback raises, the other calls get their replies
                logging.getLogger(__name__).exception("the callback of an asynchronous call failed")

    def _next(self) -> Deliver | None:
        """What to do next, when it is time; None when nothing is under way any more."""
        with self._changed:
            while self._waiting:
                deliver = self._waiting.pop(self._due(), None)
                if deliver is not None:
                    return deliver
            self._deadlines.clear()
            self._arrived.clear()
            self._running = False
            return None

    def _due(self) -> int:
        """The number of the next call to deliver, once there is one."""
        while True:
            if self._arrived:
                return self._arrived.popleft()
            deadline, number = self._deadlines[0]
            left = deadline - time.monotonic()
            if left <= 0:
                heapq.heappop(self._deadlines)
                return number
            self._changed.wait(left)


class Delivery:
    """The sub-model that is in force, and the pusher; one for each process."""

    def __init__(self) -> None:
        self.model = cb_sub_model.PULL_CALLBACK
        self.pusher = Pusher()

    def start_afresh(self) -> None:
        """In a process that was forked off: the thread is not there."""
        self.pusher = Pusher()


delivery = Delivery()
os.register_at_fork(after_in_child=delivery.start_afresh)
