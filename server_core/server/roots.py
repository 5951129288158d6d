"""What the forwarded attributes of a process share: who uses which root, and when a missing one is tried again.

Source: ATT-82, ATT-83.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from server_core.server.workers import Workers
from server_core.transport.timer import Timer

RETRY: Final = 3.0
"""Seconds until a root that was not there is tried again."""


class Roots:
    """The roots that the process uses."""

    def __init__(self, timer: Timer, workers: Workers) -> None:
        self.interval = RETRY
        self._timer = timer
        self._workers = workers
        self._lock = threading.Lock()
        self._users: dict[str, str] = {}

    def claim(self, root: str, user: str) -> str:
        """The attribute that uses `root`: `user` unless another came first."""
        with self._lock:
            return self._users.setdefault(root, user)

    def release(self, root: str) -> None:
        """Nobody uses `root` any more."""
        with self._lock:
            self._users.pop(root, None)

    def retry(self, action: Callable[[], None]) -> None:
        """Run `action` after the interval; it may take its time."""
        self._timer.after(self.interval, lambda: self._workers.submit(action))
