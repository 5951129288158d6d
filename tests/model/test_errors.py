"""The error stack (TYP-16)."""

from __future__ import annotations

import pytest

from server_core.model.errors import ConnectionFailed, DevError, DevFailed, Except, MultiDevFailed, NamedDevFailed


def test_the_root_cause_comes_first_and_layers_append() -> None:
    failure = ConnectionFailed.of("A", "first").stacked("B", "second", "here")
    assert isinstance(failure, ConnectionFailed)
    assert [error.reason for error in failure.errors] == ["A", "B"]
    assert (failure.reason, failure.desc) == ("A", "first")
    assert str(failure) == "A: first\nB: second"
    assert failure.args[1].origin == "here"


def test_pytango_helpers() -> None:
    with pytest.raises(DevFailed) as caught:
        Except.throw_exception("R", "d", "o")
    assert caught.value.errors == (DevError("R", "d", "o"),)
    with pytest.raises(DevFailed) as again:
        Except.re_throw_exception(caught.value, "S", "e", "p")
    assert [error.reason for error in again.value.errors] == ["R", "S"]


def test_failed_attributes_survive_stacking() -> None:
    named = NamedDevFailed("ampli", 0, (DevError("R", "d"),))
    assert MultiDevFailed(failed=[named]).stacked("S", "e").failed == (named,)
