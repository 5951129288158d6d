"""What may take long is waited for a little, and never in the way of a person."""

from __future__ import annotations

from threading import Event

import pytest

from tangoterm.repl.tasks import Patience, interruptible


def test_an_answer_in_time_is_given_and_an_error_raised() -> None:
    patience = Patience(5.0)
    assert patience.ask(lambda: 1, 0) == 1
    with pytest.raises(ZeroDivisionError):
        patience.ask(lambda: 1 // 0, 0)
    with pytest.raises(ZeroDivisionError):
        interruptible(lambda: 1 // 0)


def test_a_late_answer_is_not_waited_for_and_questions_do_not_pile_up() -> None:
    late = Event()
    asked: list[int] = []

    def question() -> str:
        asked.append(1)
        late.wait(10)
        return "late"

    patience = Patience(0.01, most=2)
    assert [patience.ask(question, "nothing") for _ in range(4)] == ["nothing"] * 4
    assert len(asked) == 2
    late.set()
    while (answer := patience.ask(lambda: "soon", "nothing")) == "nothing":
        pass
    assert answer == "soon"
