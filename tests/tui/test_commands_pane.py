"""The commands of a device on the screen: forms, what was called before, the same on many devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from server_core.database.sqlite import SqliteStore
from server_core.devices.tango_test import TangoTest
from server_core.server.process import DeviceServer
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.live import LiveSystem
from tangoterm.tui.modals.change_question import ChangeQuestion
from tangoterm.tui.modals.form import Form
from tangoterm.tui.modals.plot import Plot
from tangoterm.tui.modals.together import ChooseDevices, Together

Until = Callable[..., Any]


@pytest.fixture
def system(private_home: Any) -> Any:
    """Three TangoTests that are really there, and one that is not."""
    store = SqliteStore(private_home / "database.sqlite3")
    store.add_server("TangoTest/many", [(f"sys/tg_test/{number}", "TangoTest") for number in (1, 2, 3)])
    with DeviceServer([TangoTest], "TangoTest", "many", store=store):
        store.add_device("TangoTest/away", "sys/tg_test/9", "TangoTest")
        yield LiveSystem()
    store.close()


async def open_commands(app: TangoTerm, pilot: Any, until: Until, name: str) -> Any:
    await until(pilot, lambda: app.screen.pane is not None and app.store.device.commands)
    await pilot.press("3")
    await until(pilot, lambda: app.screen.pane.id == "pane-commands" and app.screen.pane.grid.rows)
    app.screen.pane.grid.go_to(name)
    return app.screen.pane


async def test_forms_show_what_will_be_sent_and_remember_it(
    system: Any, until: Until, screen_text: Callable[[Any], str]
) -> None:
    app = TangoTerm(system, "sys/tg_test/1")
    async with app.run_test(size=(110, 36)) as pilot:
        pane = await open_commands(app, pilot, until, "devvardoublearray")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Form))
        assert "Ex: 2.3, 4" in screen_text(app)
        await pilot.press(*"1.5,-2", "ctrl+j", *"1e3")
        await until(pilot, lambda: "→ 3 doubles: 1.5, -2, 1000" in screen_text(app))
        await pilot.press("x")
        await until(pilot, lambda: "'1e3x' is not a number" in screen_text(app))
        await pilot.press("backspace", "enter")
        await until(pilot, lambda: not isinstance(app.screen, Form))
        await until(pilot, lambda: pane.calls.rows and not pane.calls.rows[0].running)

        pane.calls.focus()
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, Plot))
        assert any("⠁" <= char <= "⣿" for char in screen_text(app))
        await pilot.press("escape", "a")
        await until(pilot, lambda: len(pane.calls.rows) == 2)
        pane.grid.focus()

        pane.grid.go_to("devvarlongstringarray")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Form))
        await pilot.press(*"1 2", "tab", *"A,")
        await pilot.press("quotation_mark", *"B C", "quotation_mark")
        await until(pilot, lambda: '→ 2 longs: 1, 2; 2 strings: "A", "B C"' in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: len(pane.calls.rows) == 3)

        pane.grid.go_to("devdouble")
        for text in ("1.5", "2.5"):
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, Form))
            await pilot.press("ctrl+u", *text, "enter")
            await until(pilot, lambda: not isinstance(app.screen, Form))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Form))
        assert app.screen.entries[0].text == "2.5"
        await pilot.press("up")
        await until(pilot, lambda: app.screen.entries[0].text == "1.5")
        await pilot.press("down")
        await until(pilot, lambda: app.screen.entries[0].text == "2.5")


async def test_a_command_is_executed_on_the_devices_that_are_chosen(
    system: Any, until: Until, screen_text: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANGOTERM_DANGEROUS_COMMANDS", "DevString")
    app = TangoTerm(system, "sys/tg_test/1")
    async with app.run_test(size=(110, 36)) as pilot:
        await open_commands(app, pilot, until, "devstring")
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, ChooseDevices))
        assert "3 of 4 devices" in screen_text(app)
        await pilot.press("end", "space", "enter")
        await until(pilot, lambda: isinstance(app.screen, Form))
        await pilot.press(*"hello", "enter")
        await until(pilot, lambda: isinstance(app.screen, ChangeQuestion))
        assert "4 devices at once" in screen_text(app)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, Together))
        await until(pilot, lambda: "4 of 4 answered   ✖ 1 failed" in screen_text(app))
        assert screen_text(app).count("hello ") >= 3
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, Together))
