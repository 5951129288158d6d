"""Events and logs on the screen, of a real device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core.database.sqlite import SqliteStore
from server_core.devices.tango_test import TangoTest
from server_core.server.process import DeviceServer
from tangoterm.console.session import Session
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.live import LiveSystem

DEVICE = "sys/tg_test/1"


@pytest.fixture
def session(private_home: Path) -> Iterator[Session]:
    """A TangoTest of its own, whose State is polled."""
    store = SqliteStore(private_home / "database.sqlite3")
    store.add_server("TangoTest/tui", [(DEVICE, "TangoTest")])
    with DeviceServer([TangoTest], "TangoTest", "tui", store=store):
        session = Session()
        session.device(DEVICE).poll_attribute("State", 50)
        yield session
    store.close()


async def test_events_and_logs_of_a_device(
    session: Session, until: Callable[..., Any], screen_text: Callable[[Any], str]
) -> None:
    targets = session.device(DEVICE).get_logging_target()
    app = TangoTerm(LiveSystem(), DEVICE)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.store.device and app.store.device.state is not None)
        await pilot.press("7")
        await until(pilot, lambda: "◌ reading" in screen_text(app))
        pane = app.screen.pane
        pane.go_to(f"{DEVICE}/ampli change")
        await until(pilot, lambda: "f poll" in screen_text(app))
        await pilot.press("f")
        await until(pilot, lambda: pane.line.refusal is None or "abs_change" in pane.line.refusal.fix)
        pane.go_to(f"{DEVICE}/state change")
        await pilot.press("s")
        await until(pilot, lambda: "stopped" in screen_text(app))
        await pilot.press("p")
        await until(pilot, lambda: "paused" in screen_text(app))
        await pilot.press("8")
        await until(pilot, lambda: len(session.device(DEVICE).get_logging_target()) > len(targets))
        session.device(DEVICE).command_inout("SwitchStates")
        await until(pilot, lambda: "receiving" in screen_text(app))
        await pilot.press("s")
        await until(pilot, lambda: "stored targets" in screen_text(app))
    assert session.device(DEVICE).get_logging_target() == targets


async def test_pages_take_patterns_and_scopes(
    session: Session, until: Callable[..., Any], screen_text: Callable[[Any], str]
) -> None:
    app = TangoTerm(LiveSystem())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.store.loaded)
        app.screen.open_page("events", "sys/*/Stat*")
        await until(pilot, lambda: "native" in screen_text(app) and "2 lines" in screen_text(app))
        app.screen.open_page("logs", "class:TangoTest")
        await until(pilot, lambda: "of 1 device, receiving" in screen_text(app))
