"""How long the commands of the database take: the figures behind its timing attributes (DB-220..DB-222)."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(slots=True)
class Timing:
    """Calls of one command; times in ms, 0 before the first call."""

    total: float = 0.0
    minimum: float = 0.0
    maximum: float = 0.0
    calls: int = 0

    @property
    def average(self) -> float:
        """The mean time of a call."""
        return self.total / self.calls if self.calls else 0.0

    def add(self, milliseconds: float) -> None:
        """Count one more call."""
        self.minimum = min(self.minimum, milliseconds) if self.calls else milliseconds
        self.maximum = max(self.maximum, milliseconds)
        self.total += milliseconds
        self.calls += 1


class Timings:
    """The times of some commands since the start or the last reset; safe to use from any number of threads."""

    def __init__(self, commands: Iterable[str]) -> None:
        self.names = sorted(commands)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        with self._lock:
            self._timings = {name: Timing() for name in self.names}

    def add(self, command: str, seconds: float) -> None:
        """Count a call that took so long."""
        with self._lock:
            self._timings[command].add(seconds * 1000)

    def all(self) -> list[Timing]:
        """The figures of each command, in the order of `names`."""
        with self._lock:
            return [self._timings[name] for name in self.names]

    def lines(self, host: str) -> list[str]:
        """The figures as a table for people."""
        rows = (
            f"{name}\t{timing.average:6.3f}\t{timing.minimum:6.3f}\t{timing.maximum:6.3f}\t{timing.calls}"
            for name, timing in zip(self.names, self.all(), strict=True)
        )
        head = (f"TANGO Database Timing info on host {host}", " ", "command\taverage\tminimum\tmaximum\tcalls", " ")
        return [*head, *rows]
