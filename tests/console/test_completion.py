"""What is offered at the cursor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tangoterm.console.completion import Completer
from tangoterm.console.lists import ListsFile
from tangoterm.console.session import Session


@pytest.fixture
def completer(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Completer:
    session.store.put_device_property("sys/fake/1", {"Limits": ["1", "2"], "Port": ["5025"]})
    for name in ("Cameras", "CtrlSystem"):
        session.store.put_property(name, {"Any": ["1"]})
    (tmp_path / "file_to_start.py").touch()
    ListsFile().add("mine", ["sys/fake/1", "fakey/ampli"])
    monkeypatch.chdir(tmp_path)
    return Completer(session)


def texts(completer: Completer, line: str) -> list[str]:
    return [suggestion.text for suggestion in completer.suggest(line)]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("p", ["ping", "pipe", "poll", "prop"]),
        ("read s", ["sys/"]),
        ("read sys/fake/", ["sys/fake/1", "sys/fake/2"]),
        ("write sys/fake/", ["sys/fake/1/", "sys/fake/2/"]),
        ("read sys/fake/1/a", ["sys/fake/1/ampli"]),
        ("read fakey/MO", ["fakey/mode"]),
        ("ping fa", ["fakey"]),
        ("ping @M", ["@mine"]),
        ("write sys/fake/1/mode ", ["Slow", "Very fast"]),
        ("write sys/fake/1/mode v", ["Very fast"]),
        ("write sys/fake/1/ampli ", []),
        ("call sys/fake/1 D", ["DevDouble"]),
        ("poll fakey w", ["wave"]),
        ("poll fakey wave --p", ["--period", "--problems"]),
        ("read --source cache", ["cache", "cache_device"]),
        ("attr sys/fake/1/ampli min_", ["min_value=", "min_alarm=", "min_warning="]),
        ("attr sys/fake/1/ampli unit=mA min_v", ["min_value="]),
        ("attr sys/fake/1/ampli unit=", ["'unit=Not specified'", "unit=", "unit=NaN"]),
        ("ls --by s", ["server"]),
        ("prop list cl", ["class:"]),
        ("prop get free:C", ["free:Cameras", "free:CtrlSystem"]),
        ("prop get class:F", ["class:Fake"]),
        ("prop list fak", ["fakey"]),
        ("prop get fakey L", ["Limits"]),
        ("prop get fakey Limits P", ["Port"]),
        ("prop set fakey Limits P", []),
        ("prop list fakey --", ["--watch", "--count", "--duration"]),
        ("server start --program file_t", ["file_to_start.py"]),
        ("server log --", ["--lines", "--follow"]),
        ("read nobody/x/y/", []),
        ("nonsense ", []),
    ],
)
def test_suggestions(completer: Completer, line: str, offered: list[str]) -> None:
    assert texts(completer, line) == offered


def test_a_suggestion_says_what_it_is_and_whether_more_has_to_follow(completer: Completer) -> None:
    [level] = completer.suggest("read s")
    assert (level.start, level.final) == (5, False)
    [ampli] = completer.suggest("read sys/fake/1/amp")
    assert (ampli.start, ampli.final, ampli.meta) == (5, True, "DevDouble, READ_WRITE, V")


def test_attributes_of_the_current_device_need_no_device(session: Session, completer: Completer) -> None:
    session.current = "sys/fake/1"
    assert "ampli" in texts(completer, "read ")
    assert texts(completer, "write mode s") == ["Slow"]


def test_the_typed_value_at_the_cursor_is_described(completer: Completer) -> None:
    found = completer.argument_at("write sys/fake/1/ampli 1")
    assert found is not None
    argument, start = found
    assert (argument.hint, start) == ("DevDouble, V, ≤ 10", 23)
    found = completer.argument_at("call fakey devdouble ")
    assert found is not None
    assert found[0].hint == "DevDouble"
    assert completer.argument_at("read fakey/ampli") is None
    assert completer.argument_at("write nobody/x/y/z 1") is None


def test_files_complete_behind_the_at_sign(completer: Completer, tmp_path: Path, device: Any) -> None:
    (tmp_path / "data.txt").touch()
    (tmp_path / "deep").mkdir()
    offered = completer.suggest(f"write sys/fake/1/wave @{tmp_path}/d")
    assert [suggestion.text for suggestion in offered] == [f"@{tmp_path}/data.txt", f"@{tmp_path}/deep/"]
    assert [suggestion.final for suggestion in offered] == [True, False]


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=25), st.sampled_from(["", "read ", "write sys/fake/1/mode ", "call fakey ", "poll "]))
def test_no_line_makes_it_fail(completer: Completer, text: str, lead: str) -> None:
    line = lead + text
    for cursor in range(len(line) + 1):
        assert all(0 <= suggestion.start <= cursor for suggestion in completer.suggest(line, cursor))


def test_where_nothing_begins_as_typed_it_is_found_by_letters(completer: Completer, session: Session) -> None:
    assert texts(completer, "ping fk2")[:1] == ["sys/fake/2"]
    assert texts(completer, "read fk1/wv") == []
    session.finder.learn(session)
    assert texts(completer, "read fk1/wv") == ["sys/fake/1/wave"]
    assert texts(completer, "write fk2")[:1] == ["sys/fake/2/"]
