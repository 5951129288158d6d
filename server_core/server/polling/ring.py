"""What is kept of a polled object: its period and its last results.

Source: POLL-1..POLL-7, POLL-73.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

from server_core.model.values import AttributeValue, CommandRecord

MIN_PERIOD: Final = 5
"""The smallest polling period in ms; 0 means externally triggered (POLL-4)."""

ALWAYS_ATTRIBUTES: Final = frozenset({"state", "status"})
"""Polled as attributes, whatever kind the request named (POLL-3)."""


class Entry(NamedTuple):
    """One try: when it began (seconds since 1970), and its value or errors."""

    start: float
    outcome: AttributeValue | CommandRecord


@dataclass(slots=True, eq=False)
class PolledObject:
    """A polled attribute or command of one device.

    `name` is spelled as defined, `period` in ms. `needed` is what the last try took in seconds, None when the last
    entry was filled in by user code (POLL-17).
    """

    name: str
    command: bool
    period: int
    depth: int
    needed: float | None = None
    _entries: deque[Entry] = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._entries = deque(maxlen=self.depth)

    @property
    def key(self) -> str:
        """The name in lower case, as stored and compared."""
        return self.name.lower()

    @property
    def kind(self) -> str:
        """`attribute` or `command`."""
        return "command" if self.command else "attribute"

    def store(self, start: float, outcome: AttributeValue | CommandRecord, needed: float | None) -> None:
        """Keep the result of one try; the oldest goes when the ring is full."""
        with self._lock:
            self._entries.append(Entry(start, outcome))
            self.needed = needed

    def clear(self) -> None:
        """Forget all results (DevRestart)."""
        with self._lock:
            self._entries.clear()
            self.needed = None

    @property
    def latest(self) -> Entry | None:
        """The newest entry."""
        with self._lock:
            return self._entries[-1] if self._entries else None

    def history(self, count: int) -> list[Entry]:
        """The last `count` entries, or what there is, oldest first (POLL-77)."""
        with self._lock:
            return list(self._entries)[-count:] if count else []

    def deltas(self) -> list[int]:
        """Milliseconds between successive tries, newest pair first, at most four (POLL-61)."""
        starts = [entry.start for entry in self.history(5)]
        return [int(1000 * (after - before)) for before, after in pairwise(starts)][::-1]

    def too_old(self, now: float, factor: int) -> bool:
        """Whether the newest entry is older than `factor` periods; never with period 0 (POLL-73)."""
        latest = self.latest
        return latest is not None and bool(self.period) and now - latest.start > factor * self.period / 1000


def polled_kind(name: str, *, command: bool) -> bool:
    """Whether the object is kept as a command: State and Status never are (POLL-3)."""
    return command and name.lower() not in ALWAYS_ATTRIBUTES
