"""The text of DevPollStatus: every variant captured from a real server (POLL-60..POLL-64)."""

from __future__ import annotations

import pytest

from server_core.model.errors import DevError
from server_core.model.values import AttributeValue, CommandRecord
from server_core.server.polling.ring import PolledObject
from server_core.server.polling.status import age_text, poll_status

NOW = 1_800_000_000.0


def polled(name: str, period: int, *, command: bool = False) -> PolledObject:
    return PolledObject(name, command, period, 10)


def results(
    each: PolledObject,
    deltas: list[int],
    age_ms: int = 0,
    needed_ms: float | None = None,
    error: DevError | None = None,
) -> PolledObject:
    """Fill the ring so that the newest pair differs by deltas[0] ms and the last try ended `age_ms` ago."""
    last = NOW - (age_ms + 0.5 + (needed_ms or 0)) / 1000
    starts = [last]
    for delta in deltas:
        starts.append(starts[-1] - (delta + (0.5 if delta >= 0 else -0.5)) / 1000)
    needed = None if needed_ms is None else needed_ms / 1000
    for start in reversed(starts):
        errors = (error,) if error and start == last else ()
        outcome = CommandRecord(start, errors=errors) if each.command else AttributeValue(each.name, errors=errors)
        each.store(start, outcome, needed)
    return each


def text(*each: PolledObject) -> list[str]:
    return poll_status(list(each), NOW)


def test_externally_triggered_and_never_filled() -> None:
    assert text(polled("Val", 0)) == [
        "Polled attribute name = Val\nPolling externally triggered\nPolling ring buffer depth = 10\n"
        "No data recorded yet"
    ]


def test_externally_triggered_shows_neither_time_needed_nor_age() -> None:
    """POLL-64"""
    assert text(results(polled("Val", 0), [315], needed_ms=0.2)) == [
        "Polled attribute name = Val\nPolling externally triggered\nPolling ring buffer depth = 10\n"
        "Delta between last records (in mS) = 315"
    ]


def test_filled_by_user_code() -> None:
    assert text(results(polled("Val", 100000), [-1115])) == [
        "Polled attribute name = Val\nPolling period (mS) = 100000\nPolling ring buffer depth = 10\n"
        "The polling buffer is externally filled in\nDelta between last records (in mS) = -1115"
    ]


def test_attributes_of_one_period_are_named_together() -> None:
    auto, lng = polled("AutoPolled", 500), results(polled("Lng", 500), [383], age_ms=4270, needed_ms=0.355)
    assert text(auto, lng)[1] == (
        "Polled attribute name = Lng\nPolling period (mS) = 500\nPolling ring buffer depth = 10\n"
        "Time needed for the last attributes (AutoPolled + Lng) reading (mS) = 0.355\n"
        "Data not updated since 4 S and 270 mS\nDelta between last records (in mS) = 383"
    )


def test_a_failed_reading() -> None:
    error = DevError("Probe_Fail", "boom", "Probe.read_Val")
    each = results(polled("Val", 400), [399, 399, 400, 399, 400], age_ms=172, needed_ms=0.488, error=error)
    assert text(each) == [
        "Polled attribute name = Val\nPolling period (mS) = 400\nPolling ring buffer depth = 10\n"
        "Time needed for the last attribute reading (mS) = 0.488\nData not updated since 172 mS\n"
        "Delta between last records (in mS) = 399, 399, 400, 399\n"
        "Last attribute read FAILED :\n\tReason = Probe_Fail\n\tDesc = boom\n\tOrigin = Probe.read_Val"
    ]


def test_a_failed_command() -> None:
    error = DevError("Probe_CmdFail", "command failure", "Probe.Fail")
    each = results(polled("Fail", 500, command=True), [499, 499], age_ms=227, needed_ms=0.406, error=error)
    assert text(each) == [
        "Polled command name = Fail\nPolling period (mS) = 500\nPolling ring buffer depth = 10\n"
        "Time needed for the last command execution (mS) = 0.406\nData not updated since 227 mS\n"
        "Delta between last records (in mS) = 499, 499\n"
        "Last command execution FAILED :\n\tReason = Probe_CmdFail\n\tDesc = command failure\n\tOrigin = Probe.Fail"
    ]


def test_the_command_block_of_state() -> None:
    """POLL-63"""
    state = results(polled("State", 2000), [1999, 2044, 1999], age_ms=84, needed_ms=0.492)
    status = polled("Status", 2000)
    assert text(state, status)[0] == (
        "Polled command name = State\nPolling period (mS) = 2000\nPolling ring buffer depth = 10\n"
        "Time needed for the last commands (State + Status) reading (mS) = 0.492\nData not updated since 84 mS\n"
        "Delta between last records (in mS) = 1999, 2044, 1999"
    )


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, "0 mS"),
        (0.172, "172 mS"),
        (1.0, "1 S and 0 mS"),
        (4.2701, "4 S and 270 mS"),
        (60.0, "1 MN"),
        (61.0, "1 MN ,1 S"),
        (125.5, "2 MN ,5 S and 500 mS"),
        (120.2501, "2 MN and 250 mS"),
    ],
)
def test_ages(seconds: float, expected: str) -> None:
    """POLL-62"""
    assert age_text(seconds) == expected
