"""Who is started and stopped when, without any process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from server_core.database.memory import MemoryStore
from server_core.database.store import DeviceExport, DeviceRecord, ServerInfo
from server_core.model.errors import DevFailed
from server_core.server.supervision.supervisor import ServerState
from tangoterm.console.servers import ServerRecord, Servers, record_of
from tangoterm.console.servers.board import (
    Board,
    BoardRow,
    Condition,
    Sight,
    chosen_rows,
    sorted_rows,
    uptime_text,
    version_text,
)
from tangoterm.console.servers.plan import Deed, Phase, Plan, carry_out, in_order
from tangoterm.console.session import Session
from tangoterm.console.together import AT_ONCE


def server(name: str, level: int = 0, host: str = "lab-1", dev_class: str = "Magnet") -> ServerRecord:
    device = DeviceRecord(f"lab/{name}", name, dev_class)
    admin = DeviceRecord(f"dserver/{name}", name, "DServer", host=host)
    return record_of([admin, device], ServerInfo(name, host, int(level > 0), level))


class Puppets:
    """Servers that do as the test says, and note when."""

    def __init__(self, do: Callable[[str, str], None] = lambda deed, name: None) -> None:
        self.calls: list[tuple[str, str]] = []
        self.do = do

    def _note(self, deed: str, one: ServerRecord) -> None:
        self.calls.append((deed, one.name))
        self.do(deed, one.name)

    def launch(self, one: ServerRecord, program: str | None) -> Callable[[float], None]:
        self._note("start", one)
        return lambda seconds: None

    def stop(self, one: ServerRecord, seconds: float, *, kill: bool) -> None:
        self._note("stop", one)

    def kill(self, one: ServerRecord) -> None:
        self._note("kill", one)

    def check_program(self, one: ServerRecord, program: str | None) -> None:
        self._note("check", one)

    def state(self, one: ServerRecord) -> ServerState:
        return ServerState.RUNNING


SERVERS = [server("c/1", 3), server("a/1", 1), server("free/1"), server("b/1", 1)]


@pytest.mark.parametrize(
    ("deed", "order"),
    [
        (Deed.START, [["a/1", "b/1"], ["c/1"], ["free/1"]]),
        (Deed.RESTART, [["a/1", "b/1"], ["c/1"], ["free/1"]]),
        (Deed.STOP, [["free/1"], ["c/1"], ["a/1", "b/1"]]),
        (Deed.KILL, [["free/1"], ["c/1"], ["a/1", "b/1"]]),
    ],
)
def test_levels_are_started_from_below_and_stopped_from_above(deed: Deed, order: list[list[str]]) -> None:
    levels = [sorted(step.server.name for step in level) for level in in_order(deed, SERVERS)]
    assert levels == order


def carried_out(plan: Plan, puppets: Any, told: list[str] | None = None) -> dict[str, tuple[Phase, str]]:
    tell = told.append if told is not None else lambda text: None
    return {step.server.name: (step.phase, step.result) for step in carry_out(puppets, plan, tell)}


def test_a_level_begins_when_the_one_before_is_done() -> None:
    puppets, told = Puppets(), list[str]()
    done = carried_out(Plan(Deed.START, in_order(Deed.START, SERVERS), delay=0.01), puppets, told)
    assert {name for _, name in puppets.calls[:2]} == {"a/1", "b/1"}
    assert puppets.calls[2:] == [("start", "c/1"), ("start", "free/1")]
    assert set(done.values()) == {(Phase.DONE, "started")}
    assert told == ["level 1: starting a/1, b/1", "waiting 0.01 s", "level 3: starting c/1", "waiting 0.01 s",
                    "starting free/1"]  # fmt: skip


def test_who_fails_keeps_nobody_from_going_on_and_who_is_as_wanted_is_no_failure() -> None:
    def do(deed: str, name: str) -> None:
        if name == "a/1":
            raise DevFailed.of("CANNOT_RUN_FILE", "no such program", "test")
        if name == "b/1":
            raise DevFailed.of("ALREADY_RUNNING", "b/1 is already running !", "test")

    done = carried_out(Plan(Deed.START, in_order(Deed.START, SERVERS), lenient=True), Puppets(do))
    assert done["a/1"] == (Phase.FAILED, "failed")
    assert done["b/1"] == (Phase.DONE, "ran already")
    assert done["c/1"] == (Phase.DONE, "started")
    strict = carried_out(Plan(Deed.START, in_order(Deed.START, SERVERS)), Puppets(do))
    assert strict["b/1"] == (Phase.FAILED, "failed")


def test_a_plan_that_is_given_up_leaves_the_rest_out() -> None:
    begun = threading.Event()

    def do(deed: str, name: str) -> None:
        begun.set()
        plan.give_up()

    plan = Plan(Deed.STOP, in_order(Deed.STOP, SERVERS))
    done = carried_out(plan, Puppets(do))
    assert done["free/1"] == (Phase.DONE, "stopped")
    assert [done[name][0] for name in ("a/1", "b/1", "c/1")] == [Phase.LEFT_OUT] * 3


def test_the_change_is_one_line_and_its_way_back() -> None:
    plan = Plan(Deed.STOP, in_order(Deed.STOP, SERVERS[:2]))
    assert (plan.change().line, plan.change().undo) == ("server stop c/1 a/1", ("server start c/1 a/1",))
    assert Plan(Deed.RESTART, plan.levels).change().undo == ()


def row(name: str, host: str, level: int = 0, condition: Condition = Condition.RUNNING, **more: Any) -> BoardRow:
    return BoardRow(server(name, level, host, **more), Sight(condition), starter=False)


ROWS = [
    row("mag/1", "lab-1.site", 2),
    row("mag/2", "lab-2", 1, Condition.GONE),
    row("cam/1", "lab-1.site", 0, Condition.STOPPED, dev_class="Camera"),
]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], ["mag/1", "mag/2", "cam/1"]),
        (["host:lab-1"], ["mag/1", "cam/1"]),
        (["host:LAB-*", "mag/*"], ["mag/1", "mag/2"]),
        (["class:camera"], ["cam/1"]),
        (["am/"], []),
        (["ag"], ["mag/1", "mag/2"]),
    ],
)
def test_the_rows_that_words_choose(words: list[str], names: list[str]) -> None:
    assert [each.name for each in chosen_rows(ROWS, words)] == names


def test_the_orders_of_the_board() -> None:
    assert [each.name for each in sorted_rows(ROWS, "level")] == ["mag/2", "mag/1", "cam/1"]
    assert [each.name for each in sorted_rows(ROWS, "state")] == ["mag/1", "mag/2", "cam/1"]
    assert [each.name for each in sorted_rows(ROWS, "name")] == ["cam/1", "mag/1", "mag/2"]


def test_times_and_releases_in_words() -> None:
    assert [uptime_text(seconds) for seconds in (None, 4, 125, 3725, 90_000)] == [
        "", "4 s", "2 min", "1 h 02 min", "1 d 1 h",
    ]  # fmt: skip
    assert version_text({"PyTango": "10.0.0", "cppTango": "10.0.1"}, 6) == "PyTango 10.0.0"
    assert version_text({}, 5) == "Tango 9"


def test_a_host_that_lets_nobody_in_is_asked_once_in_a_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tangoterm.console.servers.board.SLOW", 0.02)
    asked: list[str] = []

    class Slow:
        def state_of(self, record: DeviceRecord) -> ServerState:
            asked.append(record.server)
            if record.host == "dead":
                time.sleep(0.03)
                return ServerState.STOPPED
            return ServerState.RUNNING

        def is_child(self, name: str) -> bool:
            return False

    class Nobody:
        def info(self) -> Any:
            raise DevFailed.of("API_CantConnectToDevice", "nobody is there", "test")

        def set_timeout_millis(self, timeout: int) -> None:
            pass

    store = MemoryStore()
    for host, count in (("dead", 40), ("lab-1", 3)):
        for number in range(count):
            name = f"{host}/{number}"
            store.add_server(name, [(f"{host}/d/{number}", "Magnet")])
            store.export_devices([DeviceExport(f"dserver/{name}", "nada", host, 1, "5")])
    board = Board(
        Session(store=store, connect=lambda name: Nobody()), cast(Servers, SimpleNamespace(supervisor=Slow()))
    )
    board.read()
    for turn in range(2):
        asked.clear()
        seen = {row.name: row.condition for row in board.look()}
        assert {seen[f"lab-1/{number}"] for number in range(3)} == {Condition.RUNNING}
        assert {condition for name, condition in seen.items() if name.startswith("dead/")} == {Condition.UNREACHABLE}
        assert sum(name.startswith("dead/") for name in asked) <= (AT_ONCE, 1)[turn]
    assert [(host.name, host.running, host.total, host.reachable) for host in board.hosts()] == [
        ("dead", 0, 40, False), ("lab-1", 3, 3, True),
    ]  # fmt: skip
