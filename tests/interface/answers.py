"""What a call answered, in the form of the captured cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from server_core.model.errors import DevError, DevFailed
from tests.captured import Case

PYTANGO_EXTRA = "PyDs_UnexpectedFailure"
"""What PyTango's servers add to the errors of commands, and ours do not (CMD-7)."""


def answer(case: Case, calls: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """The outcome of a case's call: `out`, or `errors` as far as they are compared."""
    try:
        return {"out": calls[case.id]()}
    except DevFailed as failure:
        return {"errors": [told(error) for error in failure.errors]}


def told(error: DevError) -> tuple[str, str, str]:
    return error.reason, error.severity.name, error.desc.rstrip()


def expected(case: Case) -> dict[str, Any]:
    """The same of the captured outcome."""
    if "errors" not in case.data:
        return {"out": case.data["out"]}
    errors = [error for error in case.data["errors"] if error["reason"] != PYTANGO_EXTRA]
    return {"errors": [(error["reason"], error["severity"], error["desc"].rstrip()) for error in errors]}


def reason_and_text(action: Callable[..., Any], *arguments: Any) -> list[list[str]]:
    """The errors of a call that must fail."""
    try:
        action(*arguments)
    except DevFailed as failure:
        return [[error.reason, error.desc] for error in failure.errors]
    raise AssertionError("the call did not fail")
