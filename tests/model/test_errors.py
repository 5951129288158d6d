"""The error stack (TYP-16)."""

from __future__ import annotations

import sys

import pytest

from server_core.model.enums import ErrSeverity
from server_core.model.errors import (
    ConnectionFailed,
    DevError,
    DevFailed,
    Except,
    MultiDevFailed,
    NamedDevFailed,
    Reason,
)


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


def test_except_has_pytango_s_helpers(capsys: pytest.CaptureFixture[str]) -> None:
    """ERR-1: an exception of Python becomes PyDs_PythonError, with its traceback as origin."""
    failure = DevFailed.of("R", "d", "o")
    with pytest.raises(DevFailed) as caught:
        Except.re_throw_exception(failure, "S", "e", "p", ErrSeverity.WARN)
    assert [error.severity for error in caught.value.errors] == [ErrSeverity.ERR, ErrSeverity.WARN]
    Except.print_exception(caught.value)
    shown = capsys.readouterr().out
    assert "Severity = ERR\nError reason = R\nDesc : d\nOrigin : o\n" in shown
    assert shown.index("reason = R") < shown.index("reason = S")
    assert Except.compare_exception(failure, DevFailed.of("R", "d", "o"))
    assert not Except.compare_exception(failure, caught.value)
    try:
        raise ValueError("odd")
    except ValueError as error:
        converted = Except.to_dev_failed()
        assert Except.to_dev_failed(*sys.exc_info()).errors == converted.errors
        with pytest.raises(DevFailed, match="ValueError: odd"):
            Except.throw_python_exception(value=error)
    assert (converted.reason, converted.desc) == ("PyDs_PythonError", "ValueError: odd\n")
    assert "Traceback" in converted.errors[0].origin
    assert Except.to_dev_failed(value=failure) is failure
    with pytest.raises(TypeError, match="no exception was given"):
        Except.to_dev_failed()


def test_a_failed_write_of_several_has_pytango_s_names() -> None:
    failed = MultiDevFailed(failed=[NamedDevFailed("a", 2, (DevError("R", "d"),))])
    assert (failed.get_faulty_attr_nb(), failed.call_failed()) == (1, False)
    assert (failed.err_list[0].idx_in_call, failed.err_list[0].err_stack[0].reason) == (2, "R")
    assert MultiDevFailed(DevError("R", "d")).call_failed()


def test_the_reasons_of_attributes_are_standard_ones() -> None:
    """ATT-88"""
    reasons = (
        "API_AttrConfig API_AttrIncorrectDataNumber API_AttrNotAllowed API_AttrNotFound API_AttrNotPolled "
        "API_AttrNotWritable API_AttrOptProp API_AttributeFailed API_AttrValueNotSet API_AttrWrongDefined "
        "API_AttrWrongMemValue API_CantConnectToDevice API_IncoherentValues API_IncompatibleAttrDataType "
        "API_MemAttFailedDuringInit API_NoDataYet API_NotSupportedFeature API_ReadOnlyMode API_WAttrOutsideLimit"
    )
    assert [getattr(Reason, reason) for reason in reasons.split()] == reasons.split()
