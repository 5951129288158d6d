"""When polled groups are due: merging, no drift, catching up and discarding (POLL-10..POLL-15)."""

from __future__ import annotations

from typing import Any

import pytest

from server_core.server.polling.ring import PolledObject
from server_core.server.polling.schedule import Schedule, WorkItem


def polled(name: str, period: int, *, command: bool = False) -> PolledObject:
    return PolledObject(name, command, period, 10)


def schedule(discarded: list[WorkItem] | None = None) -> Schedule:
    found = [] if discarded is None else discarded
    return Schedule(found.append)


A: Any = object()
B: Any = object()


def test_attributes_of_one_device_and_period_are_one_item() -> None:
    """POLL-10"""
    made = schedule()
    one, two = polled("one", 1000), polled("two", 1000)
    for served, each in (
        (A, one), (A, two), (A, polled("three", 500)), (B, polled("one", 1000)), (A, polled("Go", 1000, command=True)),
        (A, polled("Stop", 1000, command=True)),
    ):  # fmt: skip
        made.add(served, each, 0.0)
    assert sorted(len(item.objects) for item in made.items) == [1, 1, 1, 1, 2]
    assert next(item for item in made.items if len(item.objects) == 2).objects == [one, two]


def test_the_first_try_is_at_once_or_with_the_group() -> None:
    """POLL-11"""
    made = schedule()
    made.add(A, polled("one", 1000), 10.0)
    assert made.wait(10.0) == 0.0
    made.take()
    made.add(A, polled("two", 1000), 10.3)
    assert made.wait(10.3) == 11.0 - 10.3


def test_an_object_with_period_0_is_never_due() -> None:
    """POLL-4"""
    made = schedule()
    made.add(A, polled("one", 0), 0.0)
    assert made.wait(100.0) is None


def test_deadlines_do_not_drift() -> None:
    """POLL-12: planned time plus period, however long the work took."""
    made = schedule()
    made.add(A, polled("one", 500), 0.0)
    starts = []
    now = 0.0
    for _ in range(5):
        now += made.wait(now) or 0.0
        starts.append(now)
        made.take()
        now += 0.123
    assert starts == [0.0, 0.5, 1.0, 1.5, 2.0]


def test_lateness_within_20_ms_is_worked_off_without_discarding() -> None:
    """POLL-13"""
    discarded: list[WorkItem] = []
    made = schedule(discarded)
    made.add(A, polled("one", 100), 0.0)
    made.take()
    assert made.wait(0.119) == 0.0
    assert not discarded


def test_a_slow_read_skips_the_polls_that_it_makes_impossible() -> None:
    """POLL-13: a 300 ms read polled at 100 ms runs every 300 ms, each time with discarded polls."""
    discarded: list[WorkItem] = []
    made = schedule(discarded)
    made.add(A, polled("one", 100), 0.0)
    starts = []
    now = 0.0
    for _ in range(4):
        now += made.wait(now) or 0.0
        starts.append(round(now, 3))
        made.take()
        now += 0.3
    assert starts == [0.0, 0.3, 0.6, 0.9]
    assert len(discarded) == 6


def test_a_late_minority_is_caught_up_without_discarding() -> None:
    """POLL-13"""
    discarded: list[WorkItem] = []
    made = schedule(discarded)
    made.add(A, polled("fast", 100, command=True), 0.0)
    made.add(A, polled("slow", 10_000, command=True), 50.0)
    made.take()
    assert made.wait(0.15) == 0.0
    assert not discarded


def test_no_progress_while_catching_up_leads_to_discarding() -> None:
    """POLL-13"""
    discarded: list[WorkItem] = []
    made = schedule(discarded)
    made.add(A, polled("one", 100, command=True), 0.0)
    made.add(A, polled("two", 10_000, command=True), 50.0)
    assert made.wait(0.15) == 0.0
    made.take()
    made.wait(0.25)
    assert [item.objects[0].name for item in discarded] == ["one", "one"]


def test_a_new_period_counts_from_now() -> None:
    """POLL-32"""
    made = schedule()
    one, two = polled("one", 1000), polled("two", 1000)
    made.add(A, one, 0.0)
    made.add(A, two, 0.0)
    made.take()
    made.update(A, one, 300, 0.4)
    assert one.period == 300
    assert made.wait(0.4) == pytest.approx(0.3)
    made.update(A, one, 0, 0.5)
    assert made.wait(0.5) == 0.5


def test_the_first_polls_are_spread_over_the_smallest_period() -> None:
    """POLL-15"""
    made = schedule()
    for name in ("a", "b", "c", "d"):
        made.add(A, polled(name, 200, command=True), 0.0)
    made.spread(5.0)
    assert [round(item.due, 3) for item in made.items] == [5.0, 5.045, 5.09, 5.135]
