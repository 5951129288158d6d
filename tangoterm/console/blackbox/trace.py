"""Blackboxes followed: what is new in each look, merged over the devices by time, and what was lost between looks.

A blackbox remembers a few requests (50 unless the device says otherwise). When a look finds nothing of the one before,
requests were lost in between: a gap says so, and the device is looked at more often from then on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import merge

from server_core.model.errors import DevFailed, Reason
from tangoterm.console.blackbox.entry import GAP, BlackBoxEntry, parse_blackbox_line
from tangoterm.console.session import Session
from tangoterm.console.together import each

ASKED = 1000
"""Requests that are asked for in one look; a device gives those that it remembers."""
KEPT = 2000
"""Requests that are kept of each device."""
SHORTEST, LONGEST = 0.1, 10.0
"""Seconds between two looks, at least and at most."""
_CALM = 20
"""After so many looks in a row that overlapped by half the period grows again, up to the wanted one."""


def unseen(lines: Iterable[str], known: Sequence[str]) -> list[str]:
    """The lines, newest first, that came after those of `known` (newest first too)."""
    lines = list(lines)
    if not known:
        return lines
    for start in range(len(lines)):
        overlap = lines[start : start + len(known)]
        if overlap == known[: len(overlap)]:
            return lines[:start]
    return lines


@dataclass(slots=True)
class DeviceTrace:
    """The blackbox of one device as far as it was followed: `entries` newest first, and how the looks went."""

    device: str
    entries: deque[BlackBoxEntry] = field(default_factory=lambda: deque(maxlen=KEPT))
    failure: DevFailed | None = None
    gaps: int = 0
    _last: list[str] = field(default_factory=list)

    def take(self, lines: Sequence[str]) -> list[BlackBoxEntry]:
        """What of an answer is new, newest first, with a gap before it where requests were lost."""
        fresh = unseen(lines, self._last)
        entries = [parse_blackbox_line(line, self.device) for line in fresh]
        if self._last and fresh and len(fresh) == len(lines) and len(lines) >= len(self._last):
            entries.append(self._gap(entries[-1]))
            self.gaps += 1
        if lines:
            self._last = list(lines)
        self.failure = None
        self.entries.extendleft(reversed(entries))
        return entries

    def share_of(self, fresh: Sequence[BlackBoxEntry]) -> float:
        """How much of the memory the new ones took: 1 is as much as there is."""
        return len(fresh) / max(1, len(self._last))

    def _gap(self, first: BlackBoxEntry) -> BlackBoxEntry:
        before = next((entry.time for entry in self.entries if entry.time), None)
        since = f" since {before:%H:%M:%S.%f}"[:-4] if before else ""
        return BlackBoxEntry(f"requests were lost here{since}", first.time, GAP, device=self.device)


class BlackBoxTrace:
    """The blackboxes of several devices, followed.

    `wanted` is the period of the looks in seconds, `period` the one that is kept: shorter while requests get lost.
    """

    def __init__(self, devices: Sequence[str], period: float = 1.0) -> None:
        self.devices = {name.lower(): DeviceTrace(name) for name in devices}
        self.wanted = self.period = period
        self._calm = 0

    def set_period(self, seconds: float) -> None:
        """Look so often from now on."""
        self.wanted = self.period = min(max(seconds, SHORTEST), LONGEST)

    def look(self, session: Session) -> list[BlackBoxEntry]:
        """Ask all devices, and give what is new, oldest first. One that does not answer has its `failure`."""
        fresh: list[list[BlackBoxEntry]] = []
        names = [trace.device for trace in self.devices.values()]
        for device, lines, failure in each(names, lambda name: session.device(name).black_box(ASKED)):
            if failure is not None:
                self.fail(device, failure)
            else:
                fresh.append(self.take(device, lines or ()))
        return merged(fresh)[::-1]

    def take(self, device: str, lines: Sequence[str]) -> list[BlackBoxEntry]:
        """Take over the answer of one device, newest first, and give what is new of it."""
        trace = self.devices[device.lower()]
        fresh = trace.take(lines)
        self._adapt(lost=any(entry.is_gap for entry in fresh), full=trace.share_of(fresh) > 0.5)
        return fresh

    def fail(self, device: str, failure: DevFailed) -> None:
        """Note that a device did not answer; an empty blackbox is no failure (BBX-3)."""
        empty = failure.reason == Reason.API_BlackBoxEmpty
        self.devices[device.lower()].failure = None if empty else failure

    def _adapt(self, *, lost: bool, full: bool) -> None:
        self._calm = 0 if full or lost else self._calm + 1
        if lost:
            self.period = max(self.period / 2, min(SHORTEST, self.wanted))
        elif self._calm >= _CALM * len(self.devices) and self.period < self.wanted:
            self.period, self._calm = min(self.wanted, self.period * 2), 0

    @property
    def gaps(self) -> int:
        """How often requests were lost."""
        return sum(trace.gaps for trace in self.devices.values())

    @property
    def failures(self) -> dict[str, DevFailed]:
        """The devices that did not answer the last time, and why."""
        return {trace.device: trace.failure for trace in self.devices.values() if trace.failure is not None}

    def entries(self) -> list[BlackBoxEntry]:
        """Everything that is kept, newest first."""
        return merged(trace.entries for trace in self.devices.values())


def merged(several: Iterable[Iterable[BlackBoxEntry]]) -> list[BlackBoxEntry]:
    """The entries of several devices, each newest first, as one list; those of a device keep their order."""
    dated = [list(_dated(entries)) for entries in several]
    return [entry for _, entry in merge(*dated, key=lambda pair: pair[0], reverse=True)]


def _dated(entries: Iterable[BlackBoxEntry]) -> Iterable[tuple[datetime, BlackBoxEntry]]:
    """Each entry with a time that never rises, so that one without time stays beside its neighbours."""
    latest = datetime.max
    for entry in entries:
        latest = min(latest, entry.time or latest)
        yield latest, entry


def span(entries: Iterable[BlackBoxEntry]) -> timedelta | None:
    """The time that the entries cover; None for fewer than two."""
    times = [entry.time for entry in entries if entry.time is not None]
    return max(times) - min(times) if len(times) > 1 else None
