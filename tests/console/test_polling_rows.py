"""What the polling of an object says, and what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from tangoterm.console.polling.asking import matching, statuses_of
from tangoterm.console.polling.cockpit import Pool
from tangoterm.console.polling.rows import Thread, hint_for, histogram, load_of, percent
from tangoterm.console.polling.status import PollStatus, parse_poll_status


def status(period: int = 1000, needed: float | None = 1.0, deltas: tuple[int, ...] = (), **fields: Any) -> PollStatus:
    return PollStatus("x", False, period, 10, needed=needed, deltas=deltas, age=fields.pop("age", 0.1), **fields)


def test_interval_jitter_drift_and_duty() -> None:
    polled = status(500, 100.0, (498, 502, 620))
    assert (polled.interval, polled.jitter, polled.duty) == (540, 122, 0.2)
    assert polled.drift == pytest.approx(0.08)
    triggered = status(0, None)
    assert (triggered.interval, triggered.jitter, triggered.drift, triggered.duty) == (None, None, None, None)


@pytest.mark.parametrize(
    ("polled", "thread", "words"),
    [
        (status(), None, None),
        (status(1000, 1.0, (1000, 999)), Thread("T/x", 1, ("a",), 0.2), None),
        (status(500, 812.0), None, "takes longer than its period: set 2000 ms or more"),
        (status(100, 130.0, group=("x", "y")), None, "set 300 ms or more, or split the group (2 objects)"),
        (status(0, None, empty=True), None, "nobody has done it yet"),
        (status(0, None), None, None),
        (
            status(),
            Thread("T/x", 2, ("a", "b"), 1.3),
            "thread 2 is at 130 %: longer periods, or more threads (poll",
        ),
        (status(), Thread("T/x", 1, ("a",), 1.3), "the same period for all attributes"),
        (status(age=12.0), None, "no update for 12.0 s"),
        (status(deltas=(1900, 2100)), None, "comes every 2000 ms: its device is busy"),
        (status(deltas=(1900, 2100)), Thread("T/x", 1, ("a", "b"), 0.9), "its thread is at 90 %"),
        (status(), Thread("T/x", 1, paused=True), "StartPolling of dserver/T/x"),
    ],
)
def test_the_hint_says_what_is_wrong_and_what_helps(
    polled: PollStatus, thread: Thread | None, words: str | None
) -> None:
    hint = hint_for(polled, thread)
    assert (hint is None) is (words is None)
    assert words is None or words in str(hint)


def test_what_is_read_together_counts_once_for_a_thread() -> None:
    """POLL-61"""
    both = [PollStatus(name, False, 100, needed=30.0, group=("a", "b")) for name in ("a", "b")]
    alone = PollStatus("c", False, 1000, needed=100.0)
    polled = [*[("d/1", each) for each in both], ("d/1", alone), ("d/2", alone)]
    assert load_of(polled) == pytest.approx(0.5)


def test_threads_are_found_in_the_pool() -> None:
    """POLL-40, POLL-41"""
    pool = Pool("T/x", 3, (("a/b/1", "a/b/3"), ("a/b/2",)))
    assert [pool.number_of(name) for name in ("A/B/3", "a/b/2", "a/b/4")] == [1, 2, None]
    assert Pool("T/x").number_of("a/b/c") == 1
    assert Pool("T/x", 0).number_of("a/b/c") is None


def test_a_polled_state_is_shown_once(session: Any, device: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """POLL-63"""
    blocks = [f"Polled {kind} name = State\nPolling period (mS) = 500" for kind in ("command", "attribute")]
    monkeypatch.setattr(device, "polling_status", lambda: blocks)
    assert [(each.name, each.kind) for each in statuses_of(session, "sys/fake/1")] == [("State", "attribute")]
    assert matching(parse_poll_status(blocks), "st*")


def test_shares_in_percent() -> None:
    shares = (0.0002, 0.004, 0.0993, 0.0999, 0.85, 1.3)
    assert [percent(share) for share in shares] == ["<0.1 %", "0.4 %", "9.9 %", "10 %", "85 %", "130 %"]


def test_intervals_in_classes() -> None:
    assert histogram([1000, 1000, 999]) == [(999, 999, 1), (1000, 1000, 2)]
    assert histogram([100, 149, 199], most=2) == [(100, 149, 2), (150, 199, 1)]
    assert histogram([]) == []
