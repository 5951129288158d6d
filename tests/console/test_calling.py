"""Commands of one device and of many, against servers in this process; what is asked before, and what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core.database.memory import MemoryStore
from server_core.devices.tango_test import TangoTest
from server_core.model.config import CommandInfo
from server_core.model.enums import DispLevel
from server_core.model.errors import DevFailed
from server_core.model.types import CmdArgType as T
from server_core.server.process import DeviceServer
from tangoterm.client import close_connections
from tangoterm.console.argument_history import KEPT, ArgumentHistory
from tangoterm.console.calling import is_dangerous
from tangoterm.console.changes import Change, Declined
from tangoterm.console.commands import UsageError
from tangoterm.console.completion import Completer
from tangoterm.console.line import parse_line
from tangoterm.console.render import Output, render
from tangoterm.console.result import Result
from tangoterm.console.session import Session
from tangoterm.console.tokens import ArgumentError


@pytest.fixture
def store(private_home: Path) -> Iterator[Any]:
    from server_core.database.sqlite import SqliteStore

    store = SqliteStore(private_home / "database.sqlite3")
    store.add_server("TangoTest/many", [(f"sys/tg_test/{number}", "TangoTest") for number in (1, 2, 3)])
    with DeviceServer([TangoTest], "TangoTest", "many", store=store):
        store.add_device("TangoTest/away", "sys/tg_test/9", "TangoTest")
        yield store
        close_connections()
    store.close()


@pytest.fixture
def session(store: Any) -> Session:
    return Session()


def run(session: Session, line: str) -> Result:
    call = parse_line(line)
    assert call is not None
    return call.command.run(session, **call.arguments)


def test_a_command_of_many_devices_gives_a_row_each_and_a_failure_for_the_one_that_is_away(session: Session) -> None:
    result = run(session, "call 'sys/tg_test/*' DevDouble 3.5")
    rows = sorted(line.split("\t")[:2] for line in render(result, Output.PLAIN))
    assert rows == [[f"sys/tg_test/{number}", "3.5"] for number in (1, 2, 3)] + [["sys/tg_test/9", "failed"]]
    (failure,) = result.failures
    assert failure.name == "sys/tg_test/9/DevDouble"
    running = run(session, "call --running class:TangoTest DevVoid")
    assert sorted(row["device"] for row in running.rows) == [f"sys/tg_test/{number}" for number in (1, 2, 3)]
    assert not running.failures


def test_what_is_wrong_for_all_devices_is_said_before_any_is_asked(session: Session) -> None:
    with pytest.raises(ArgumentError, match="'x' is not a number"):
        run(session, "call 'sys/tg_test/*' DevDouble x")
    with pytest.raises(DevFailed, match="not found"):
        run(session, "call 'sys/tg_test/*' NoSuchCommand")
    with pytest.raises(UsageError, match="no device of sys/tg_test/9\\* is running"):
        run(session, "call --running sys/tg_test/9* DevVoid")


def test_dangerous_commands_ask_first_and_are_kept_in_the_journal(session: Session) -> None:
    asked: list[Change] = []
    session.changes.confirm = lambda changes, danger: bool(asked.extend(changes))
    with pytest.raises(Declined):
        run(session, "call sys/tg_test/1 Init")
    with pytest.raises(Declined):
        run(session, "call 'sys/tg_test/*' init")
    assert [change.line for change in asked] == ["call sys/tg_test/1 Init", "call sys/tg_test/* Init"]
    assert asked[1].warning == "it acts on 4 devices at once"
    made: list[str] = []
    session.changes.record = lambda entry: made.append(entry.change.line)
    run(session, "call sys/tg_test/1 State")
    run(session, 'call sys/tg_test/1 DevString "two words"')
    assert made == ['call sys/tg_test/1 DevString "two words"']


def test_a_read_only_session_and_a_dry_run_execute_nothing(session: Session) -> None:
    session.changes.dry_run = True
    assert not list(run(session, "call sys/tg_test/1 SwitchStates").rows)
    assert not list(run(session, "call 'sys/tg_test/*' SwitchStates").rows)
    assert [change.line for change in session.changes.planned] == [
        "call sys/tg_test/1 SwitchStates", "call sys/tg_test/* SwitchStates",
    ]  # fmt: skip
    session.changes.read_only = True
    with pytest.raises(DevFailed, match="read-only"):
        run(session, "call sys/tg_test/1 SwitchStates")
    assert str(session.device("sys/tg_test/1").state()) == "RUNNING"


@pytest.mark.parametrize(
    ("name", "asks"),
    [
        ("Init", True), ("Kill", True), ("CrashFromOmniThread", True), ("RestartServer", True), ("DevRestart", True),
        ("DbDeleteDevice", True), ("Off", False), ("DevDouble", False), ("Standby", True),
    ],
)  # fmt: skip
def test_which_commands_are_dangerous(name: str, asks: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANGOTERM_DANGEROUS_COMMANDS", "Stand*, Nothing")
    session = Session(store=MemoryStore())
    assert is_dangerous(CommandInfo(name), session.dangerous_commands) is asks
    assert is_dangerous(CommandInfo(name, disp_level=DispLevel.EXPERT))


def test_arguments_are_kept_for_the_next_time(session: Session, tmp_path: Path) -> None:
    session.lasting = True
    for text in ("1.5", "2.5", "1.5"):
        run(session, f"call sys/tg_test/1 DevDouble {text}")
    texts = [each.text for each in Completer(session).suggest("call sys/tg_test/2 DevDouble ")]
    assert texts[:2] == ["1.5", "2.5"]
    many = Completer(session).suggest("call class:TangoTest DevDouble 2")
    assert [each.text for each in many] == ["2.5"]
    history, info = ArgumentHistory(tmp_path / "kept"), CommandInfo("A", T.DevLong)
    for number in range(KEPT + 5):
        history.add(info, f" {number} ")
    assert history.of(info)[:2] == [str(KEPT + 4), str(KEPT + 3)]
    assert len(history.of(info)) == KEPT
    assert not history.of(CommandInfo("A", T.DevString))
    for damage in ("", "[]", '{"a devlong": 3}', "\0"):
        history.path.write_text(damage)
        assert not history.of(info)
    history.add(info, "7")
    assert ArgumentHistory(history.path).of(info) == ["7"]
