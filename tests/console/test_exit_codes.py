"""What a program tells with its exit code."""

from __future__ import annotations

import pytest

from server_core.model.errors import DevFailed, Reason
from tangoterm.console.exit_codes import MEANINGS, Exit, exit_of
from tangoterm.console.result import Failure

LATE = DevFailed.of(Reason.API_DeviceTimedOut, "no answer", "test")
WRONG = DevFailed.of(Reason.API_AttrNotFound, "no such attribute", "test")


@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([], Exit.DONE),
        ([WRONG], Exit.FAILED),
        ([LATE], Exit.TIMED_OUT),
        ([LATE, LATE], Exit.TIMED_OUT),
        ([LATE, WRONG], Exit.FAILED),
    ],
)
def test_what_failed_decides(errors: list[DevFailed], code: Exit) -> None:
    assert exit_of(Failure("a/b/c", error) for error in errors) is code


def test_every_code_has_a_meaning() -> None:
    assert {code.value for code in MEANINGS} == {0, 1, 2, 3, 4, 130} == {code.value for code in Exit}
