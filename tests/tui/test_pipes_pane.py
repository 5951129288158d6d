"""Pipes and locks on the screen, with a server that is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server_core import Device, pipe
from server_core.database.sqlite import SqliteStore
from server_core.server.process import DeviceServer
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.live import LiveSystem
from tangoterm.tui.modals.form import Form
from tangoterm.tui.observed import View

Until = Callable[..., Any]


class Recipes(Device):
    """One pipe with a blob in its blob."""

    def init_device(self) -> None:
        self.blob: Any = ("recipe", [{"name": "steps", "value": 3}, {"name": "inner", "value": ("part", {"x": 1.5})}])

    @pipe
    def recipe(self) -> Any:
        return self.blob

    @recipe.write
    def recipe(self, blob: Any) -> None:
        self.blob = blob


async def test_pipes_are_shown_as_trees_and_written(
    private_home: Any, until: Until, screen_text: Callable[[Any], str]
) -> None:
    store = SqliteStore(private_home / "database.sqlite3")
    store.add_server("Recipes/one", [("lab/plc/1", "Recipes")])
    with DeviceServer([Recipes], "Recipes", "one", store=store):
        app = TangoTerm(LiveSystem(), "lab/plc/1")
        async with app.run_test(size=(110, 36)) as pilot:
            await until(pilot, lambda: app.store.device is not None and app.store.device.pipes)
            await until(pilot, lambda: "9 Pipe" in screen_text(app))
            await pilot.press("9")
            await until(pilot, lambda: app.screen.view is View.PIPES and app.screen.pane.grid.total == 4)
            assert [row.path for row in app.screen.pane.grid.rows] == [
                "recipe", "recipe/steps", "recipe/inner", "recipe/inner/x",
            ]  # fmt: skip
            await pilot.press("w")
            await until(pilot, lambda: isinstance(app.screen, Form))
            assert app.screen.entries[0].text == '{"steps": 3, "inner": {"x": 1.5}}'
            app.screen.entries[0].put('{"steps": 4, "inner": {"x": 2}')
            await pilot.press("enter")
            await until(pilot, lambda: "Refused" in screen_text(app))
            app.screen.entries[0].put('{"steps": 4, "inner": {"x": 2}}')
            await pilot.press("enter")
            await until(pilot, lambda: not isinstance(app.screen, Form))
            await until(pilot, lambda: app.screen.pane.grid.rows[1].value[0] == "4")
            assert app.screen.pane.grid.rows[3].value[0] == "2.00"
    store.close()


async def test_a_device_is_locked_and_unlocked_with_one_key(
    private_home: Any, until: Until, screen_text: Callable[[Any], str]
) -> None:
    store = SqliteStore(private_home / "database.sqlite3")
    store.add_server("Recipes/one", [("lab/plc/1", "Recipes")])
    with DeviceServer([Recipes], "Recipes", "one", store=store):
        app = TangoTerm(LiveSystem(), "lab/plc/1")
        async with app.run_test(size=(110, 36)) as pilot:
            await until(pilot, lambda: app.store.device is not None and app.store.device.facts)
            await pilot.press("L")
            await until(pilot, lambda: isinstance(app.screen, Form))
            await pilot.press("ctrl+u", "1")
            await until(pilot, lambda: "1 is below the lowest value, 2" in screen_text(app))
            await pilot.press("0", "enter")
            await until(pilot, lambda: "◆ locked by this program" in screen_text(app))
            await pilot.press("L")
            await until(pilot, lambda: "locked by" not in screen_text(app).splitlines()[1], 8)
    store.close()
