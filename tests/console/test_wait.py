"""Waiting until something is so: how conditions are read, and how they come true on a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core import Device, attribute
from server_core.database.sqlite import SqliteStore
from server_core.model.enums import DevState, EventType
from server_core.model.errors import DevFailed
from server_core.server.process import DeviceServer
from tangoterm.client import DeviceProxy, close_connections
from tangoterm.console.cells import ValueCell
from tangoterm.console.commands import UsageError
from tangoterm.console.conditions import parse_condition
from tangoterm.console.engine import run
from tangoterm.console.exit_codes import IN_VAIN, Exit, exit_of
from tangoterm.console.format import Display
from tangoterm.console.line import parse_line
from tangoterm.console.render import Output, render
from tangoterm.console.result import Refused, Result
from tangoterm.console.session import Session


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("a/b/c/State == ON", [["a/b/c/State == ON"]]),
        ("a/b/c/d>=-1.5", [["a/b/c/d >= -1.5"]]),
        ("a/b/c/d in (1, 2)", [["a/b/c/d in (1, 2)"]]),
        ("a/b/c/d ~ x and y", None),
        ("x == 1 and y != 2 or z < 3", [["x == 1", "y != 2"], ["z < 3"]]),
        ("a/b/c and d/e/f", [["a/b/c", "d/e/f"]]),
        ("server:X/y", [["server:X/y"]]),
        ("s == two words", [["s == two words"]]),
    ],
)
def test_how_a_condition_is_read(text: str, groups: list[list[str]] | None) -> None:
    condition = parse_condition(text)
    if groups is not None:
        assert [[str(term) for term in group] for group in condition.groups] == groups


@pytest.mark.parametrize("text", ["", "a/b/c/d ==", "a b", "== 3", "x and", "a/b/c/d ~ [", "a/b/c/d = 3"])
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(UsageError):
        parse_condition(text)


@pytest.mark.parametrize(
    ("attribute", "text", "value", "holds"),
    [
        ("ampli", "x == 1.5", 1.5, True),
        ("ampli", "x > 1.5", 1.5, False),
        ("ampli", "x in (1, 1.5)", 1.5, True),
        ("mode", "x == 'Very fast'", 1, True),
        ("mode", "x != very fast", 1, False),
        ("mode", "x ~ ^Very", 1, True),
        ("label", "x == on", "on", True),
        ("label", "x ~ 'b+'", "abba", True),
        ("wave", "x == [1, 2]", [1.0, 2.0], True),
        ("wave", "x == 1 2 3", [1.0, 2.0], False),
    ],
)
def test_whether_a_value_is_as_wanted(device: Any, attribute: str, text: str, value: Any, holds: bool) -> None:
    config = device.configs[attribute]
    cell = ValueCell(config.data_type, config.data_format, value, Display.of(config))
    assert parse_condition(text).terms[0].judge(config)(cell) is holds


@pytest.mark.parametrize(
    ("attribute", "text", "message"),
    [
        ("ampli", "x == abc", "x == abc: 'abc' is not a number"),
        ("mode", "x == Nope", "x == Nope"),
        ("label", "x > 3", "> compares numbers"),
        ("wave", "x < 3", "< compares numbers"),
        ("ampli", "x in 1, 2", "is no condition"),
    ],
)
def test_a_value_or_an_operator_that_does_not_fit(device: Any, attribute: str, text: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_condition(text).terms[0].judge(device.configs[attribute])
    assert message in str(refused.value)


# ---- on a real server


class Valve(Device):  # type: ignore[misc]
    def init_device(self) -> None:
        self.set_state(DevState.CLOSE)
        self.set_change_event("State", True, False)
        self._level = 0

    @attribute(dtype=int)
    def level(self) -> int:
        self._level += 1
        return self._level

    @attribute(dtype=int)
    def wrong(self) -> int:
        raise DevFailed.of("NotReady", "not ready yet", "Valve")

    @attribute(dtype=bool)
    def opened(self) -> bool:
        return self.get_state() is DevState.OPEN

    @opened.write
    def opened(self, value: bool) -> None:
        self.set_state(DevState.OPEN if value else DevState.CLOSE)
        self.push_change_event("State")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wait")


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[DeviceServer]:
    store = SqliteStore(home / "database.sqlite3")
    store.add_device("Valve/test", "lab/valve/1", "Valve")
    store.add_device("Valve/late", "lab/valve/2", "Valve")
    server = DeviceServer([Valve], "Valve", "test", store=store)
    server.start()
    with pytest.MonkeyPatch.context() as patch:  # with the first subscription the server starts its last thread
        patch.setenv("TANGOTERM_DATABASE", str(home / "database.sqlite3"))
        proxy = DeviceProxy("lab/valve/1")
        proxy.unsubscribe_event(proxy.subscribe_event("State", EventType.CHANGE_EVENT, lambda event: None))
        close_connections()
    yield server
    server.stop()
    store.close()


@pytest.fixture
def line(server: DeviceServer, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("TANGOTERM_DATABASE", str(home / "database.sqlite3"))
    monkeypatch.delenv("TANGO_HOST", raising=False)
    session = Session()

    def typed(text: str) -> Result:
        call = parse_line(text)
        assert call is not None
        return run(call.command, session, call.arguments)

    typed.session = session  # type: ignore[attr-defined]
    yield typed
    session.close()


def test_what_is_so_already_takes_no_time(line: Any) -> None:
    result = line("wait lab/valve/1/State in (OPEN, CLOSE) and lab/valve/1 or lab/valve/1/level < 0")
    (record,) = result.rows
    assert record["values"]["lab/valve/1/State"] == "CLOSE"
    assert next(render(result, Output.JSON)).startswith('{"condition": "lab/valve/1/State in (OPEN, CLOSE) and')


def test_it_is_told_by_event(line: Any) -> None:
    done: list[Result] = []
    waiter = threading.Thread(target=lambda: done.append(line("wait lab/valve/1/State == OPEN --interval 60")))
    waiter.start()
    proxy = DeviceProxy("lab/valve/1")
    while waiter.is_alive():  # written again until the subscription stands
        proxy.write_attribute("opened", True)
        waiter.join(0.05)
    proxy.write_attribute("opened", False)
    assert len(done) == 1


def test_what_sends_no_events_is_read(line: Any) -> None:
    (record,) = line("wait lab/valve/1/level >= 5 --interval 0.01").rows
    assert record["values"]["lab/valve/1/level"] >= 5


def test_it_must_hold_without_a_break(line: Any) -> None:
    with pytest.raises(Refused) as refused:
        line("wait lab/valve/1/level ~ [02468]$ --for 0.2 --interval 0.01 --timeout 0.4")
    assert "for 0.2 s without a break" in refused.value.failure.error.errors[0].desc
    (record,) = line("wait lab/valve/1/State == CLOSE --for 0.05").rows
    assert record["seconds"] >= 0.05


@pytest.mark.parametrize(
    ("condition", "last"),
    [
        ("lab/valve/1/State == MOVING", "lab/valve/1/State is CLOSE"),
        ("lab/valve/1/wrong > 0", "lab/valve/1/wrong is NotReady: not ready yet"),
        ("lab/valve/2", "lab/valve/2 is API_DeviceNotExported"),
        ("lab/valve/2/State == OPEN", "lab/valve/2/State is API_DeviceNotExported"),
    ],
)
def test_in_vain_it_ends_with_4_and_the_last_value(line: Any, condition: str, last: str) -> None:
    with pytest.raises(Refused) as refused:
        line(f"wait {condition} --timeout 0.15 --interval 0.02")
    failure = refused.value.failure
    assert exit_of((failure,)) is Exit.TIMED_OUT
    assert (failure.name, failure.error.errors[0].reason) == (condition, IN_VAIN)
    assert last in failure.error.errors[0].desc


@pytest.mark.parametrize("condition", ["lab/valve/1/nope == 1", "no/such/device", "no/such/device/State == ON"])
def test_what_waiting_does_not_heal_ends_it_at_once(line: Any, condition: str) -> None:
    with pytest.raises(Refused) as refused:
        line(f"wait {condition}")
    assert exit_of((refused.value.failure,)) is Exit.FAILED


def test_a_server_that_comes_meanwhile_is_awaited(line: Any, home: Path) -> None:
    done: list[Result] = []
    text = "wait server:Valve/late and lab/valve/2 and lab/valve/2/State == CLOSE --interval 0.02 --timeout 20"
    waiter = threading.Thread(target=lambda: done.append(line(text)))
    waiter.start()
    store = SqliteStore(home / "database.sqlite3")
    late = DeviceServer([Valve], "Valve", "late", store=store)
    late.start()
    waiter.join(20)
    late.stop()
    store.close()
    assert len(done) == 1


def test_at_a_prompt_it_is_given_up_when_another_line_is_typed(line: Any) -> None:
    ended: list[Refused] = []

    def wait() -> None:
        try:
            line("wait lab/valve/1/level < 0 --interval 0.01")
        except Refused as refused:
            ended.append(refused)

    waiter = threading.Thread(target=wait)
    waiter.start()
    while waiter.is_alive():
        line.session.turn += 1
        waiter.join(0.05)
    assert "given up" in str(ended[0])
