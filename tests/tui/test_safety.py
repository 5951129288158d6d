"""Changes from the screens: asked about, recorded, greyed out where nothing may be changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.widgets import Input

from server_core.model.types import CmdArgType
from tangoterm.console.arguments import Argument
from tangoterm.console.changes import Change, Danger, Declined, Entry
from tangoterm.console.changes.journal import Journal
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.modals.attribute import AttributeDetail
from tangoterm.tui.modals.change_question import ChangeQuestion
from tangoterm.tui.modals.form import Form

Until = Callable[..., Any]
DEVICE = "sys/tg_test/1"


async def _open(app: TangoTerm, pilot: Any, until: Until, tab: str) -> Any:
    await until(pilot, lambda: app.store.device is not None and app.store.device.loaded)
    await pilot.press(tab)
    await until(pilot, lambda: app.screen.pane is not None and app.screen.pane.grid.current is not None)
    return app.screen.pane


def _kept(system: Any) -> list[Entry]:
    entries: list[Entry] = []
    system.session.changes.record = entries.append
    return entries


async def test_a_written_value_is_recorded_with_the_line_that_takes_it_back(system: Any, until: Until) -> None:
    entries = _kept(system)
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(100, 30)) as pilot:
        pane = await _open(app, pilot, until, "2")
        await until(pilot, lambda: app.store.device.attributes["long_scalar"].reading is not None)
        pane.go_to("long_scalar")
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, Form))
        app.screen.query_one(Input).value = "7"
        await pilot.press("enter")
        await until(pilot, lambda: len(entries) == 1)
    change = entries[0].change
    assert (change.line, change.undo) == (f"write {DEVICE}/long_scalar 7", (f"write {DEVICE}/long_scalar 12",))


async def test_in_production_every_change_is_asked_about(
    system: Any, until: Until, screen_text: Callable[[Any], str]
) -> None:
    entries = _kept(system)
    changes = system.session.changes
    changes.tag, changes.production = "production", True
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(100, 30)) as pilot:
        pane = await _open(app, pilot, until, "3")
        assert "PRODUCTION" in screen_text(app)
        pane.go_to("init")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChangeQuestion))
        assert "Type sys/tg_test/1 to do it" in screen_text(app)
        await pilot.press("x", "enter")
        assert isinstance(app.screen, ChangeQuestion)
        app.screen.query_one(Input).value = DEVICE
        await pilot.press("enter")
        await until(pilot, lambda: len(entries) == 1)
        assert system.device(DEVICE).called == [("Init", None)]


async def test_a_read_only_screen_greys_out_what_changes(
    system: Any, until: Until, screen_text: Callable[[Any], str]
) -> None:
    system.session.changes.read_only = True
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(100, 30)) as pilot:
        pane = await _open(app, pilot, until, "2")
        assert "read-only" in screen_text(app)
        pane.go_to("long_scalar")
        assert pane.check_action("write", ()) is None
        assert pane.check_action("details", ())
        await pilot.press("w")
        assert not isinstance(app.screen, Form)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AttributeDetail))
        await pilot.press("w", "c")
        assert isinstance(app.screen, AttributeDetail)
        await pilot.press("escape", "L")
        assert app.screen.pane is pane
        call = await app.store.device.write(app.store.device.attributes["long_scalar"].config, 7)
        assert call.errors[0].reason == "API_ReadOnlyMode"
        assert system.device(DEVICE).written == []


async def test_read_only_pages_grey_out_what_changes(system: Any, until: Until) -> None:
    system.session.changes.read_only = True
    app = TangoTerm(system)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.store.loaded)
        app.screen.open_page("servers")
        await until(pilot, lambda: app.screen.page is not None and app.screen.page.grid.current is not None)
        changing = ("do", "levels", "create", "add_device", "rename", "move", "level", "delete", "unexport", "wizard")
        assert [app.screen.page.check_action(action, ("start",)) for action in changing] == [None] * len(changing)
        assert app.screen.page.check_action("log", ())
        await pilot.press("n")
        assert app.screen.page is not None


async def test_code_in_a_thread_asks_on_the_screen(system: Any, until: Until) -> None:
    app = TangoTerm(system, DEVICE)
    change = Change("lab/ps/1", "device delete lab/ps/1", danger=Danger.ASK)
    async with app.run_test(size=(80, 24)) as pilot:
        await _open(app, pilot, until, "2")
        for keys, expected in ((("escape",), "no"), (("tab", "enter"), "made")):
            answers: list[str] = []

            async def perform(answers: list[str] = answers) -> None:
                def do(session: Any) -> str:
                    try:
                        return str(session.changes.make(change, lambda: "made"))
                    except Declined:
                        return "no"

                answers.append(await system.perform(do))

            app.run_worker(perform())
            await until(pilot, lambda: isinstance(app.screen, ChangeQuestion))
            await pilot.press(*keys)
            await until(pilot, lambda answers=answers: answers)
            assert answers == [expected]


async def test_the_journal_shows_changes_and_takes_them_back(
    system: Any, until: Until, screen_text: Callable[[Any], str], tmp_path: Path
) -> None:
    changes = system.session.changes
    changes.journal = Journal(tmp_path / "journal.jsonl")
    changes.record = changes.journal.record
    changes.make(Change("prop of x", "prop set free:x p 2", "1", "2", ("prop set free:x p 1",)), lambda: None)
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(110, 30)) as pilot:
        await _open(app, pilot, until, "2")
        app.screen.open_page("journal")
        await until(pilot, lambda: "1 change in" in screen_text(app))
        assert "prop of x" in screen_text(app)
        await pilot.press("u")
        await until(pilot, lambda: "2 changes in" in screen_text(app))
        assert system.session.store.get_property("x", ["p"]) == {"p": ["1"]}


async def test_what_is_being_done_is_not_begun_again(system: Any, until: Until) -> None:
    began, go_on = [], asyncio.Event()

    async def perform(value: Any) -> tuple[()]:
        began.append(value)
        await go_on.wait()
        return ()

    app = TangoTerm(system)
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(Form("Write", "Write", Argument(CmdArgType.DevLong), perform, initial="7"))
        await until(pilot, lambda: isinstance(app.screen, Form) and app.screen.is_mounted)
        await pilot.press("enter", "enter")
        await until(pilot, lambda: began)
        await pilot.press("enter")
        go_on.set()
        await until(pilot, lambda: not isinstance(app.screen, Form))
    assert began == [7]
