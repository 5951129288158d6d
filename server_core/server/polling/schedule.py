"""When each polled group is due: absolute deadlines without drift, catching up, and discarding what is too late.

Plain data: the caller brings the time (any monotonic seconds). Source: POLL-10..POLL-15.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from server_core.server.polling.ring import PolledObject

if TYPE_CHECKING:
    from server_core.server.served import Served

LATE: Final = 0.020
"""Seconds of lateness that count as in time (POLL-13)."""

SPREAD_GAP: Final = 0.005
"""What is taken off the spacing of first polls (POLL-15)."""


@dataclass(slots=True, eq=False)
class WorkItem:
    """What one poll does: one command, or the attributes of one device that have the same period (ms)."""

    served: Served
    command: bool
    period: int
    due: float
    objects: list[PolledObject] = field(default_factory=list)


class Schedule:
    """The work items of one polling thread, next one first.

    `merge` False is the way of the time before version 9: each object is an item of its own, and what is late is
    discarded at once (POLL-14).
    """

    def __init__(self, on_discard: Callable[[WorkItem], None], *, merge: bool = True) -> None:
        self.items: list[WorkItem] = []
        self._merge = merge
        self._on_discard = on_discard
        self._late_before = 0

    def add(self, served: Served, polled: PolledObject, now: float) -> None:
        """Poll an object from now on: at once, or with the group it joins (POLL-11). Period 0 is never due."""
        if not polled.period:
            return
        group = self._group(served, polled.period) if self._merge and not polled.command else None
        if group is not None:
            group.objects.append(polled)
        else:
            self._insert(WorkItem(served, polled.command, polled.period, now, [polled]))

    def _group(self, served: Served, period: int) -> WorkItem | None:
        for item in self.items:
            if item.served is served and item.period == period and not item.command:
                return item
        return None

    def remove(self, polled: PolledObject) -> None:
        """Stop polling an object."""
        for item in self.items:
            if polled in item.objects:
                item.objects.remove(polled)
        self.items = [item for item in self.items if item.objects]

    def update(self, served: Served, polled: PolledObject, period: int, now: float) -> None:
        """Change the period; the next try is one new period from now (POLL-32)."""
        self.remove(polled)
        polled.period = period
        self.add(served, polled, now + period / 1000)

    def spread(self, now: float) -> None:
        """Space the first polls of all items over the smallest period (POLL-15)."""
        if not self.items:
            return
        count = sum(len(item.objects) for item in self.items)
        gap = max(0.0, min(item.period for item in self.items) / 1000 / count - SPREAD_GAP)
        for place, item in enumerate(self.items):
            item.due = now + place * gap

    def wait(self, now: float) -> float | None:
        """Seconds until the next item is due, 0 when it is; None without items. Discards what is too late."""
        if not self.items:
            return None
        late = now - self.items[0].due
        if late <= LATE:
            self._late_before = 0
            return max(0.0, -late)
        if self._merge and self._catches_up(now):
            return 0.0
        while now - self.items[0].due > LATE:
            self._on_discard(self.items[0])
            self._postpone()
        return max(0.0, self.items[0].due - now)

    def _catches_up(self, now: float) -> bool:
        """Whether working in order without pause makes up for the lateness: some items are in time, and fewer are late
        than at the last look."""
        late = sum(1 for item in self.items if item.due < now)
        before, self._late_before = self._late_before, late
        if (late < before) if before else (late < len(self.items)):
            return True
        self._late_before = 0
        return False

    def take(self) -> WorkItem:
        """The item that is due, already planned again one period later (POLL-12)."""
        item = self.items[0]
        self._postpone()
        return item

    def _postpone(self) -> None:
        item = self.items.pop(0)
        item.due += item.period / 1000
        self._insert(item)

    def _insert(self, item: WorkItem) -> None:
        bisect.insort(self.items, item, key=lambda other: other.due)
