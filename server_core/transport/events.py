"""The receiving half of events, for both clients: who wants which topic, and the thread that calls them.

Callbacks run in a thread of their own, so that they may call the device, or take their time, while answers go on
arriving. What a slow callback leaves waiting is bounded; beyond the bound events are dropped, counted and told.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Protocol

from server_core.model.values import Event
from server_core.protocol.exchange import Dropped, Occurred

OnEvent = Callable[[Event | Dropped], None]


class Listener(Protocol):
    """Receives what the server sends for one subscription."""

    def receive(self, item: Event | Dropped) -> None:
        """An event, or the notice that some were lost, in order."""

    def connection_lost(self) -> None:
        """Nothing more will come: the server is gone, or the connection to it."""


_PATIENCE = 5.0
"""Seconds without an event after which the thread ends."""


class Topics:
    """Which callbacks take the events of which topic. Used by the thread that reads, under no lock.

    Events may overtake the answer to the subscription they belong to; they are kept while any such answer is due.
    """

    def __init__(self) -> None:
        self._callbacks: dict[int, tuple[OnEvent, ...]] = {}
        self._early: list[Occurred | Dropped] = []
        self._due = 0

    def __bool__(self) -> bool:
        return bool(self._callbacks)

    def subscribing(self) -> None:
        """A subscription has been asked for."""
        self._due += 1

    def subscribed(self, topic: int | None, on_event: OnEvent) -> list[Occurred | Dropped]:
        """It has been answered, with its topic, or refused; gives the events that came before."""
        self._due -= 1
        early = [message for message in self._early if message.topic == topic]
        self._early = [message for message in self._early if message.topic != topic] if self._due else []
        if topic is not None:
            self._callbacks[topic] = (*self._callbacks.get(topic, ()), on_event)
        return early

    def unsubscribed(self, topic: int, on_event: OnEvent | None = None) -> bool:
        """Forget one callback of a topic, or all; whether none is left."""
        if on_event is not None:
            left = list(self._callbacks.get(topic, ()))
            if on_event in left:
                left.remove(on_event)
            self._callbacks[topic] = tuple(left)
        if on_event is None or not self._callbacks[topic]:
            self._callbacks.pop(topic, None)
        return topic not in self._callbacks

    def takers(self, message: Occurred | Dropped) -> tuple[OnEvent, ...]:
        """Whom to tell of what has come."""
        takers = self._callbacks.get(message.topic, ())
        if not takers and self._due:
            self._early.append(message)
        return takers


class Dispatcher:
    """Calls callbacks one after the other in a thread that exists while there is something to call."""

    def __init__(self, max_backlog: int, name: str) -> None:
        self._max_backlog = max_backlog
        self._name = name
        self._queue: deque[tuple[Callable[[], object], int]] = deque()
        self._backlog = 0
        self._dropped: dict[int, tuple[tuple[OnEvent, ...], int]] = {}
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._patience = _PATIENCE

    def event(self, takers: tuple[OnEvent, ...], message: Occurred | Dropped) -> None:
        """Tell `takers` of an event, or of the loss of some."""
        if isinstance(message, Dropped):
            self.call(partial(_tell, takers, message))
            return
        with self._condition:
            if self._backlog > self._max_backlog:
                self._dropped[message.topic] = takers, self._dropped.get(message.topic, ((), 0))[1] + 1
                return
            if self._dropped:
                self._tell_dropped()
            self._put(partial(_tell, takers, message.event), message.size)

    def call(self, task: Callable[[], object]) -> None:
        """Call `task` after everything that waits."""
        with self._condition:
            self._put(task, 0)

    def finish(self) -> None:
        """Let the thread end when it has called all that waits; nothing more will come."""
        with self._condition:
            self._patience = 0.0
            self._condition.notify()

    def _put(self, task: Callable[[], object], size: int) -> None:
        self._queue.append((task, size))
        self._backlog += size
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        elif len(self._queue) == 1:
            self._condition.notify()

    def _tell_dropped(self) -> None:
        dropped, self._dropped = self._dropped, {}
        for topic, (takers, count) in dropped.items():
            self._put(partial(_tell, takers, Dropped(topic, count)), 0)

    def _run(self) -> None:
        while (task := self._next()) is not None:
            try:
                task()
            except Exception:
                import logging  # which most clients never need

                logging.getLogger(__name__).exception("an event callback failed")

    def _next(self) -> Callable[[], object] | None:
        """The next call, when it comes; None to end."""
        with self._condition:
            if not self._queue and self._dropped:
                self._tell_dropped()
            while not self._queue:
                patience = self._patience
                if not self._condition.wait(patience) and not self._queue and patience == self._patience:
                    self._thread = None
                    return None
            task, size = self._queue.popleft()
            self._backlog -= size
            return task


def _tell(takers: tuple[OnEvent, ...], happening: Event | Dropped) -> None:
    for on_event in takers:
        on_event(happening)
