"""The host board, its forms and dialogs: real definitions in a database, servers that only pretend to run."""

from __future__ import annotations

import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from server_core.database.locate import open_store
from server_core.database.store import DeviceExport, DeviceRecord, ServerInfo, Store
from server_core.model.config import DeviceInfo
from server_core.model.enums import DevState
from server_core.model.errors import DevFailed
from server_core.server.supervision.supervisor import ServerState
from tangoterm.console.session import Session
from tangoterm.tui.app import TangoTerm
from tests.tui.comparing import compare

SERVERS = {
    "Magnets/ring": ("lab-1", 1, ["sr/mag/1", "sr/mag/2", "sr/mag/3"]),
    "Vacuum/ring": ("lab-1", 2, ["sr/vac/1"]),
    "Cameras/hall": ("lab-2", 2, ["hall/cam/1", "hall/cam/2"]),
    "Robot/hall": ("lab-2", 0, ["hall/robot/1"]),
    "Scope/bench": ("", 0, ["bench/scope/1"]),
}
RUNNING = ("Magnets/ring", "Cameras/hall")
STATES = {"sr/mag/2": DevState.FAULT, "hall/cam/1": DevState.MOVING}


class Puppets:
    """Servers that run when they are told to, unless they are in `broken`; each waits for `gate`."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.supervisor = self
        self.running: set[str] = set()
        self.broken: set[str] = set()
        self.text = "2026-11-24 10:00:00 Magnets/ring\nReady to accept request\n"
        self.gate = threading.Event()
        self.gate.set()
        for server, (host, level, devices) in SERVERS.items():
            store.add_server(server, [(device, server.partition("/")[0][:6]) for device in devices])
            if host:
                store.put_server_info(ServerInfo(server, host, int(level > 0), level))
        for server in RUNNING:
            self._export(server)
        self._export("Robot/hall", pretend=True)
        store.add_server("Starter/lab-1", [("tango/admin/lab-1", "Starter")])
        self._export("Starter/lab-1")

    def _export(self, server: str, *, pretend: bool = False) -> None:
        host = SERVERS.get(server, ("lab-1",))[0] or "lab-1"
        records = self.store.devices(server=server)
        self.store.export_devices([DeviceExport(record.name, "nada", host, 4711, "5") for record in records])
        if not pretend:
            self.running.add(server)

    def reap(self) -> None:
        pass

    def is_child(self, server: str) -> bool:
        return False

    def state_of(self, record: DeviceRecord) -> ServerState:
        return ServerState.RUNNING if record.server in self.running else ServerState.STOPPED

    def state(self, one: Any) -> ServerState:
        return ServerState.RUNNING if one.name in self.running else ServerState.STOPPED

    def record(self, server: str) -> Any:
        from tangoterm.console.servers import record_of

        return record_of(self.store.devices(server=server), self.store.server_info(server))

    def launch(self, one: Any, program: str | None) -> Callable[[float], None]:
        if one.name in self.running:
            raise DevFailed.of("ALREADY_RUNNING", f"{one.name} is already running !", "test")

        def wait(seconds: float) -> None:
            self.gate.wait(10)
            if one.name in self.broken:
                raise DevFailed.of("CANNOT_RUN_FILE", f"{one.name} ended with exit code 1", "test")
            self._export(one.name)

        return wait

    def stop(self, one: Any, seconds: float, *, kill: bool) -> None:
        self.running.discard(one.name)
        self.store.unexport_server(one.name)

    def kill(self, one: Any) -> None:
        self.stop(one, 0, kill=True)

    def check_program(self, one: Any, program: str | None) -> None:
        pass

    def output(self, one: Any) -> str:
        return self.text

    def program_renamed(self, server: str, new: str) -> None:
        pass

    def program_forgotten(self, server: str) -> None:
        pass


class Device:
    """What the board asks of a device."""

    def __init__(self, name: str) -> None:
        self.name = name

    def state(self) -> DevState:
        return STATES.get(self.name, DevState.ON)

    def info(self) -> DeviceInfo:
        return DeviceInfo("DServer", "Magnets/ring", "lab-1", 5)

    def set_timeout_millis(self, timeout: int) -> None:
        pass

    def attribute_list_query_ex(self) -> list[Any]:
        return []

    def command_list_query(self) -> list[Any]:
        return []

    def ping(self) -> int:
        raise DevFailed.of("API_CantConnectToDevice", "nobody is there", "test")

    def read_attribute(self, name: str) -> Any:
        raise DevFailed.of("API_AttrNotFound", "no such attribute", "test")


@pytest.fixture
def puppets(system: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Puppets]:
    store = open_store(path=str(tmp_path / "database"))
    found = Puppets(store)
    system.session = Session(store=store, connect=Device)
    monkeypatch.setattr("tangoterm.tui.pages.servers.Servers", lambda session: found)
    monkeypatch.setattr("tangoterm.tui.server_columns.uptime_text", lambda seconds: "" if seconds is None else "2 h")
    yield found
    found.gate.set()
    store.close()


@pytest.fixture
def opened(system: Any, puppets: Puppets, until: Callable[..., Any]) -> Callable[..., Any]:
    """Opens the page in a size, and waits until everybody was asked."""

    def asked(row: Any) -> bool:
        return row.condition.value != "not asked yet" and (row.name not in puppets.running or bool(row.sight.states))

    @asynccontextmanager
    async def open_page(size: tuple[int, int] = (120, 40), subject: str = "") -> AsyncIterator[tuple[Any, Any]]:
        app = TangoTerm(system)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.store.loaded)
            app.screen.open_page("servers", subject)
            await until(pilot, lambda: app.screen.page is not None and app.screen.page.grid.has_focus)
            page = app.screen.page
            await until(pilot, lambda: page.grid.rows and all(asked(row) for row in page.grid.rows))
            yield pilot, page

    return open_page


def row_of(page: Any, server: str) -> Any:
    return next(row for row in page.grid.rows if row.name == server)


async def press_on(pilot: Any, page: Any, server: str, *keys: str) -> None:
    page.go_to(server.lower())
    await pilot.press(*keys)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_board_looks_as_it_should(
    size: tuple[int, int], opened: Callable[..., Any], screen_text: Callable[[Any], str]
) -> None:
    async with opened(size) as (pilot, page):
        page.go_to("magnets/ring")
        await compare("servers", size, pilot, screen_text)


async def test_levels_are_shown_first_and_then_carried_out(
    opened: Callable[..., Any], puppets: Puppets, screen_text: Callable[[Any], str], until: Callable[..., Any]
) -> None:
    puppets.gate.clear()
    puppets.broken.add("Vacuum/ring")
    async with opened() as (pilot, page):
        await pilot.press("S")
        await until(pilot, lambda: "in this order" in screen_text(pilot.app))
        assert "Vacuum/ring" not in puppets.running
        await pilot.press("enter")
        await until(pilot, lambda: "» starting" in screen_text(pilot.app))
        await compare("servers-plan", (120, 40), pilot, screen_text, (re.compile(r"\d\.\d s"), "# s"))
        puppets.gate.set()
        await until(pilot, lambda: "✖ 1 failed" in screen_text(pilot.app))
        await pilot.press("end", "enter")
        await until(pilot, lambda: "ended with exit code 1" in screen_text(pilot.app))
        await pilot.press("escape", "escape")
        page.go_to("vacuum/ring")
        await until(pilot, lambda: "✖ failed" in screen_text(pilot.app))


async def test_a_plan_is_given_up(
    opened: Callable[..., Any], puppets: Puppets, screen_text: Callable[[Any], str], until: Callable[..., Any]
) -> None:
    puppets.stop(puppets.record("Magnets/ring"), 0, kill=False)
    puppets.gate.clear()
    async with opened() as (pilot, _):
        await pilot.press("S", "enter")
        await until(pilot, lambda: "» starting" in screen_text(pilot.app))
        await pilot.press("escape")
        puppets.gate.set()
        await until(pilot, lambda: "2 left out" in screen_text(pilot.app))
        assert "Vacuum/ring" not in puppets.running


async def test_one_server_is_started_and_marked_ones_are_stopped(
    opened: Callable[..., Any], puppets: Puppets, screen_text: Callable[[Any], str], until: Callable[..., Any]
) -> None:
    async with opened() as (pilot, page):
        await press_on(pilot, page, "Scope/bench", "s")
        await until(pilot, lambda: row_of(page, "Scope/bench").condition.value == "running")
        await press_on(pilot, page, "Cameras/hall", "space", "space", "x")
        await until(pilot, lambda: "Stop 2 servers" in screen_text(pilot.app))
        await pilot.press("enter")
        await until(pilot, lambda: "2 of 2" in screen_text(pilot.app))
        await pilot.press("escape")
        await until(pilot, lambda: row_of(page, "Magnets/ring").condition.value == "stopped")
        assert not page.marked


async def test_hosts_words_and_orders_choose_what_is_seen(
    opened: Callable[..., Any], until: Callable[..., Any]
) -> None:
    async with opened(subject="host:lab-2") as (pilot, page):
        assert [row.name for row in page.grid.rows] == ["Cameras/hall", "Robot/hall"]
        await pilot.press("o", "o")
        assert (page.order, [row.name for row in page.grid.rows]) == ("level", ["Cameras/hall", "Robot/hall"])
        await pilot.press("left")
        assert {row.server.host for row in page.grid.rows} == {"lab-1"}
        await pilot.press("left", "left")
        assert len(page.grid.rows) == len(SERVERS) + 1
        pilot.app.screen.open_page("servers", "class:camera")
        await until(pilot, lambda: [row.name for row in page.grid.rows] == ["Cameras/hall"])
        await pilot.press("escape")
        assert len(page.grid.rows) == len(SERVERS) + 1


async def test_a_server_is_defined_renamed_and_deleted(
    opened: Callable[..., Any], puppets: Puppets, screen_text: Callable[[Any], str], until: Callable[..., Any]
) -> None:
    async def fill(*texts: str) -> None:
        for text in texts:
            await pilot.press("ctrl+u", *text, "enter")

    async with opened() as (pilot, page):
        await press_on(pilot, page, "Scope/bench", "n")
        await until(pilot, lambda: "New server" in screen_text(pilot.app))
        await fill("Scope/two", "", "bench/scope/1", "0")
        await until(pilot, lambda: "bench/scope/1 is defined already" in screen_text(pilot.app))
        pilot.app.screen.query("Input")[2].value = "bench/scope/2"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: any(row.name == "Scope/two" for row in page.grid.rows))
        await press_on(pilot, page, "Scope/two", "m")
        await until(pilot, lambda: "Rename Scope/two" in screen_text(pilot.app))
        await fill("Scope/three")
        await until(pilot, lambda: any(row.name == "Scope/three" for row in page.grid.rows))
        assert [record.name for record in puppets.store.devices(server="Scope/three")][-1] == "dserver/Scope/three"
        await press_on(pilot, page, "Scope/three", "delete")
        await until(pilot, lambda: "Type Scope/three to do it" in screen_text(pilot.app))
        await pilot.press(*"Scope", "slash", *"three", "enter")
        await until(pilot, lambda: all(row.name != "Scope/three" for row in page.grid.rows))


async def test_a_leftover_is_unexported(
    opened: Callable[..., Any], puppets: Puppets, screen_text: Callable[[Any], str], until: Callable[..., Any]
) -> None:
    async with opened() as (pilot, page):
        page.go_to("robot/hall")
        await until(pilot, lambda: "U unexports it" in screen_text(pilot.app))
        await pilot.press("U")
        await until(pilot, lambda: row_of(page, "Robot/hall").condition.value == "stopped")
        assert not puppets.store.device("hall/robot/1").exported


async def test_output_is_followed_filtered_and_paused(
    opened: Callable[..., Any], puppets: Puppets, screen_text: Callable[[Any], str], until: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("tangoterm.tui.modals.output.PERIOD", 0.05)
    async with opened((80, 24)) as (pilot, page):
        await press_on(pilot, page, "Magnets/ring", "l")
        await until(pilot, lambda: "Ready to accept request" in screen_text(pilot.app))
        puppets.text += "error: [/x] the coil is warm\n"
        await until(pilot, lambda: "the coil is warm" in screen_text(pilot.app))
        await pilot.press("space")
        puppets.text += "and cold again\n"
        await until(pilot, lambda: "1 new" in screen_text(pilot.app))
        assert "and cold again" not in screen_text(pilot.app)
        await pilot.press("space")
        await until(pilot, lambda: "and cold again" in screen_text(pilot.app))
        await pilot.press("slash", *"coil", "enter")
        assert "Ready" not in screen_text(pilot.app)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: page.grid.has_focus)


async def test_what_is_out_of_sight_asks_nothing(opened: Callable[..., Any], puppets: Puppets) -> None:
    async with opened() as (pilot, page):
        await pilot.press("escape")
        assert pilot.app.screen.page is None
        assert not [worker for worker in page.app.workers if worker.group == "board" and worker.is_running]
