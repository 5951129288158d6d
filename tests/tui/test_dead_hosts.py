"""Hosts that do not answer: the screen goes on, whatever it shows of them, and ends when it is told to."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from server_core.database.sqlite import SqliteStore
from server_core.database.store import DeviceExport
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.live import LiveSystem
from tangoterm.tui.observed import View
from tangoterm.tui.pages import PAGES
from tests.tui.terminal import Terminal

Until = Callable[..., Any]
SILENT, LOST = "dead/host/silent", "dead/host/lost"
ENOUGH = 2.5
"""Seconds: less than a request to a dead host takes until it is given up, and far more than a key."""


@contextmanager
def _silent() -> Iterator[int]:
    """The port of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield listener.getsockname()[1]


@contextmanager
def _lost() -> Iterator[int]:
    """A port from which nothing comes back, as from a host that is switched off: its queue of connections is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        crowd = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            crowd.append(one)
        try:
            yield port
        finally:
            for one in crowd:
                one.close()


@pytest.fixture
def dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A database that says of two devices that they are there; the directory it is in."""
    monkeypatch.setenv("TANGOTERM_DATABASE", str(tmp_path / "database"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TANGO_HOST", raising=False)
    store = SqliteStore(tmp_path / "database")
    with _silent() as silent, _lost() as lost:
        for name, port in ((SILENT, silent), (LOST, lost)):
            server = name.rpartition("/")[2]
            names = [name, f"dserver/Dead/{server}"]
            store.add_server(f"Dead/{server}", [(name, "Dead"), (names[1], "DServer")])
            store.export_devices([DeviceExport(each, f"tcp://127.0.0.1:{port}", "localhost", 1, "6") for each in names])
        yield tmp_path
    store.close()


@asynccontextmanager
async def _screen(until: Until, device: str) -> AsyncIterator[Any]:
    """The screen on a device that does not answer; at the end it must have answered all the time."""
    app = TangoTerm(LiveSystem(), device)
    pauses = [0.0]

    async def beat() -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.02)
            pauses.append(time.monotonic() - began)

    async with app.run_test(size=(120, 40)) as pilot:
        beating = asyncio.create_task(beat())
        await until(pilot, lambda: app.store.loaded and app.store.device)
        yield pilot
        beating.cancel()
        began = time.monotonic()
    assert time.monotonic() - began < ENOUGH, "it takes long to end"
    assert max(pauses) < ENOUGH, "the screen stood still"


@pytest.mark.usefixtures("dead")
@pytest.mark.parametrize("device", [SILENT, LOST])
async def test_every_tab_of_a_device_that_does_not_answer_comes_and_goes(device: str, until: Until) -> None:
    async with _screen(until, device) as pilot:
        for view in View:
            await pilot.press(str(list(View).index(view) + 1))
            await until(pilot, lambda view=view: pilot.app.screen.view is view and pilot.app.screen.pane)
            await pilot.press("down", "up", "ctrl+r")


@pytest.mark.usefixtures("dead")
async def test_every_page_about_devices_that_do_not_answer_comes_and_goes(until: Until) -> None:
    async with _screen(until, LOST) as pilot:
        for spec in PAGES.values():
            await pilot.press("colon", *f"{spec.name} {_subject(spec.takes)}".strip(), "enter")
            await until(pilot, lambda spec=spec: pilot.app.screen.page and pilot.app.screen.page.id.endswith(spec.name))
            await pilot.press("down", "up", "escape")


def _subject(takes: str) -> str:
    if "ATTRIBUTE" in takes:
        return f"{LOST}/State {SILENT}/State"
    subjects = {"SCOPE": "dead/host/*", "DEVICE": SILENT, "OWNER": LOST}
    return next((subject for word, subject in subjects.items() if word in takes), "")


def test_it_ends_at_once_while_devices_are_waited_for(dead: Path) -> None:
    terminal = Terminal(dead, arguments=["tui", SILENT])
    terminal.read_until(b"host")
    _quits(terminal)


def test_it_ends_at_once_when_the_open_device_has_ceased_to_answer(tmp_path: Path) -> None:
    environment = os.environ | {"TANGOTERM_DATABASE": str(tmp_path / "database")}
    environment.pop("TANGO_HOST", None)
    arguments = [sys.executable, "-m", "tangoterm", "serve", "TangoTest", "dead", "--device", SILENT]
    server = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        while "Ready" not in server.stdout.readline():
            assert server.poll() is None
        terminal = Terminal(tmp_path, arguments=["tui", SILENT])
        terminal.read_until(b"double_scalar")
        server.send_signal(signal.SIGSTOP)
        _quits(terminal)
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def test_it_ends_at_once_while_the_database_is_waited_for(tmp_path: Path) -> None:
    with _silent() as port:
        terminal = Terminal(tmp_path, f"127.0.0.1:{port}")
        terminal.read_until(b"Quit")
        _quits(terminal)


def _quits(terminal: Terminal) -> None:
    began = time.monotonic()
    terminal.type(b"q")
    terminal.read_until(b"never shown")
    assert terminal.process.wait(20) == 0
    os.close(terminal.master)
    assert time.monotonic() - began < ENOUGH
