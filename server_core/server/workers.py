"""Threads that run requests which had to wait for a busy device.

They are daemons: a device that never returns keeps the process from ending no longer than the patience of `stop`.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

Job = Callable[[], None]


class Workers:
    """At most `limit` threads, started when they are needed; jobs beyond wait in order."""

    def __init__(self, limit: int, name: str) -> None:
        self._limit = limit
        self._name = name
        self._condition = threading.Condition()
        self._jobs: deque[Job] = deque()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._stopped = False

    def submit(self, job: Job) -> None:
        """Run `job`, which must not raise, in a worker; also while the workers are being stopped."""
        with self._condition:
            self._jobs.append(job)
            if self._idle >= len(self._jobs) or len(self._threads) >= self._limit:
                self._condition.notify()
                return
            thread = threading.Thread(target=self._run, name=f"{self._name}-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, patience: float) -> None:
        """End the workers when they have done what was submitted; wait `patience` seconds for that at most."""
        with self._condition:
            self._stopped = True
            self._condition.notify_all()
        deadline = time.monotonic() + patience
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while (job := self._next()) is not None:
            job()

    def _next(self) -> Job | None:
        with self._condition:
            self._idle += 1
            while not self._jobs and not self._stopped:
                self._condition.wait()
            self._idle -= 1
            return self._jobs.popleft() if self._jobs else None
