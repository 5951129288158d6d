"""Brings subscriptions back whose server was lost: one background plan for all of a process or event loop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tangoterm.client.steps import Plan, Sleep

if TYPE_CHECKING:
    from tangoterm.client.subscription import Subscription

_TICK = 0.5
"""Seconds between two looks at what is due, while anything is down."""


class Recovery:
    """The subscriptions that are down. `spawn` runs a plan in the background."""

    def __init__(self, spawn: Callable[[Plan[None]], None]) -> None:
        self._spawn = spawn
        self._lock = threading.Lock()
        self._down: set[Subscription] = set()
        self._working = False

    def add(self, subscription: Subscription) -> None:
        """Try from now on to bring `subscription` back."""
        with self._lock:
            self._down.add(subscription)
            start, self._working = not self._working, True
        if start:
            self._spawn(self._work())

    def give_up(self) -> None:
        """Bring nothing back that is down now."""
        with self._lock:
            self._down.clear()

    def _work(self) -> Plan[None]:
        while self._go_on():
            yield Sleep(_TICK)
            for subscription in self._due():
                if (yield from subscription.resume()):
                    self._up(subscription)

    def _up(self, subscription: Subscription) -> None:
        with self._lock:
            self._down.discard(subscription)

    def _go_on(self) -> bool:
        with self._lock:
            self._down = {subscription for subscription in self._down if not subscription.ended}
            self._working = bool(self._down)
            return self._working

    def _due(self) -> list[Subscription]:
        now = time.monotonic()
        with self._lock:
            return [each for each in self._down if each.retry_at <= now and not each.ended]
