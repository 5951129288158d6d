"""The same for many things at once."""

from __future__ import annotations

import threading

import pytest

from server_core.model.errors import DevFailed
from tangoterm.console.together import await_begun, each


def test_every_item_has_an_outcome_and_a_failure_is_one() -> None:
    def do(number: int) -> int:
        if number == 3:
            raise DevFailed.of("X", "three", "test")
        return number * 10

    outcomes = {outcome.item: outcome for outcome in each(range(40), do)}
    assert sorted(outcomes) == list(range(40))
    assert outcomes[3].value is None
    assert outcomes[3].failure is not None
    assert [outcomes[number].value for number in (0, 39)] == [0, 390]
    assert list(each([], do)) == []


def test_no_more_than_so_many_are_worked_on_at_once() -> None:
    gate = threading.Barrier(3)
    busy: list[int] = []
    most: list[int] = []
    lock = threading.Lock()

    def do(number: int) -> int:
        with lock:
            busy.append(number)
            most.append(len(busy))
        gate.wait(10)  # nobody passes before three are here
        with lock:
            busy.remove(number)
        return number

    assert len(list(each(range(9), do, at_once=3))) == 9
    assert max(most) == 3


def test_outcomes_come_as_they_are_ready_not_in_order() -> None:
    go = threading.Event()
    outcomes = each(["slow", "quick"], lambda name: name == "quick" or go.wait(10))
    assert next(outcomes).item == "quick"
    go.set()
    assert next(outcomes).item == "slow"


def test_closing_begins_no_further_item() -> None:
    go = threading.Event()
    begun: list[int] = []

    def do(number: int) -> None:
        begun.append(number)
        if number:
            go.wait(10)

    outcomes = each(range(50), do, at_once=2)
    next(outcomes)
    outcomes.close()
    go.set()
    await_begun(10)
    assert len(begun) < 50
    assert not [thread for thread in threading.enumerate() if thread.name == "together"]


def test_what_was_begun_is_waited_for_no_longer_than_asked() -> None:
    go = threading.Event()
    outcomes = each(["quick", "slow"], lambda name: name == "quick" or go.wait(10))
    next(outcomes)
    outcomes.close()
    await_begun(0.05)
    assert [thread for thread in threading.enumerate() if thread.name == "together"]
    go.set()
    await_begun(10)


def test_an_error_that_is_no_devfailed_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        list(each([1, 0], lambda number: 1 // number))
