"""The commands for locks, on a device without a network."""

from __future__ import annotations

from typing import Any

import pytest

from tangoterm.client import LockerLanguage
from tangoterm.console.line import parse_line
from tangoterm.console.result import Layout, Result
from tangoterm.console.session import Session


def run(session: Session, line: str) -> Result:
    call = parse_line(line)
    assert call is not None
    return call.command.run(session, **call.arguments)


def test_a_lock_lasts_as_long_as_its_rows_are_read(session: Session, device: Any) -> None:
    """LOCK-2"""
    result = run(session, "lock fakey --validity 2")
    assert (result.layout, device.locker) == (Layout.LIVE, 42)
    assert result.stop is not None
    rows = iter(result.rows)
    row = next(rows)
    assert (row["device"], row["lock"], row["validity"]) == ("fakey", "locked", 2)
    result.stop()
    assert list(rows) == []
    assert device.calls == [("lock", 2), ("unlock", False)]
    assert result.failures == []


def test_a_lock_that_is_lost_ends_with_a_failure(session: Session, device: Any) -> None:
    """LOCK-13"""
    result = run(session, "lock fakey --validity 1")
    device.locker = 43
    assert len(list(result.rows)) == 1
    assert [(failure.name, failure.error.reason) for failure in result.failures] == [("fakey", "API_DeviceUnlocked")]


def test_in_a_session_that_goes_on_the_lock_does_too(session: Session, device: Any) -> None:
    session.lasting = True
    result = run(session, "lock sys/fake/1")
    assert result.note == "sys/fake/1 is locked until `unlock sys/fake/1` or the end of this session"
    assert device.calls == [("lock", 10)]


def test_unlocking_says_what_is_left(session: Session, device: Any) -> None:
    """LOCK-6, LOCK-22"""
    assert run(session, "unlock fakey --force").note == "fakey is not locked"
    assert device.calls == [("unlock", True)]


@pytest.mark.parametrize(
    ("language", "locked_by"),
    [(LockerLanguage.CPP, "process 4711 on here"), (LockerLanguage.JAVA, "Java class atk.Main on here")],
)
def test_info_says_who_has_a_device_locked(
    session: Session, device: Any, language: LockerLanguage, locked_by: str
) -> None:
    """LOCK-22"""
    [row] = run(session, "info fakey").rows
    assert row["locked_by"] is None
    device.locker, device.language = 4711, language
    [row] = run(session, "info fakey").rows
    assert row["locked_by"] == locked_by


def test_who_holds_what_over_many_devices(session: Session, device: Any) -> None:
    device.locker = 4711
    rows = list(run(session, "lock --list sys/*").rows)
    assert rows == [{"device": "sys/fake/1", "locked_by": "process 4711 on here"}]
    device.locker = 42
    assert next(iter(run(session, "lock --list fakey").rows))["locked_by"] == "this program"
    result = run(session, "lock --list sys/fake/2")
    assert [failure.name for failure in result.failures] == ["sys/fake/2"]
