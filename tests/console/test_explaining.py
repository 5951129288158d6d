"""Errors are explained: the cause first, what it means, what helps."""

from __future__ import annotations

import io

import pytest

from server_core.model.errors import DevError, DevFailed, Reason
from tangoterm.console.explaining import SELF_EXPLAINING, WAYS, explain, failure_lines, meaning_of
from tangoterm.console.result import Failure
from tangoterm.console.session import Session
from tangoterm.console.settings import Settings
from tangoterm.console.terminal import Terminal

REASONS = {reason for name, reason in vars(Reason).items() if not name.startswith("_")}


def test_every_reason_is_explained_or_explains_itself() -> None:
    assert REASONS - WAYS.keys() == SELF_EXPLAINING


def failed(name: str, *reasons: str) -> Failure:
    return Failure(name, DevFailed(*(DevError(reason, "why", "here") for reason in reasons)))


@pytest.mark.parametrize(
    ("name", "reason", "line"),
    [
        ("sys/fake/1/ampli", Reason.API_AttributePollingNotStarted, "poll sys/fake/1 ampli --period 1000"),
        ("sys/fake/1", Reason.API_DeviceNotExported, "server start Fake/one"),
        ("sys/fake/1/ampli", Reason.API_CantConnectToDevice, "server start Fake/one"),
        ("sys/fake/1", Reason.API_DeviceNotLocked, ""),
    ],
)
def test_what_helps_is_a_line_to_do(session: Session, name: str, reason: str, line: str) -> None:
    found = explain(session, failed(name, Reason.API_CorbaException, reason))
    assert found.cause == "API_CorbaException: why"
    assert found.advice.line == line
    assert line in found.advice.text


def test_the_root_cause_comes_first_and_the_stack_on_demand(session: Session) -> None:
    failure = failed("sys/fake/1/ampil", Reason.API_AttrNotFound, Reason.API_AttributeFailed)
    assert failure_lines(session, failure, whole=False) == [
        "sys/fake/1/ampil: API_AttrNotFound: why",
        "  The device has no attribute of this name.",
        "  did you mean ampli?",
    ]
    assert "  then API_AttributeFailed: why" in failure_lines(session, failure)


def test_nothing_is_made_up_for_what_cannot_be_asked(session: Session) -> None:
    found = explain(session, failed("nobody/x/y/z", Reason.API_WAttrOutsideLimit))
    assert found.meaning
    assert not found.advice.text


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("debug", "whole"), [(False, False), (True, True)])
def test_a_person_sees_the_cause_and_with_debug_the_stack(session: Session, debug: bool, whole: bool) -> None:
    err = Tty()
    terminal = Terminal(Settings(debug=debug, color=False), io.StringIO(), err)
    terminal.failure(session, failed("sys/fake/1/ampli", Reason.API_AttrNotFound, Reason.API_AttributeFailed))
    assert ("API_AttributeFailed" in err.getvalue()) is whole


def test_what_a_failure_means_is_known_without_asking() -> None:
    stack = failed("sys/fake/1", Reason.API_CorbaException, Reason.API_AttrNotFound).error.errors
    assert meaning_of(stack) == WAYS[Reason.API_AttrNotFound].meaning
    assert meaning_of(failed("sys/fake/1", "Strange").error.errors) == ""
