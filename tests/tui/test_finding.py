"""Ways to one thing among many: devices in the tree, members in the lists of a device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual import events

from tangoterm.console.matching import distance, matches
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.modals.form import Form
from tangoterm.tui.port import DeviceEntry

Until = Callable[..., Any]
DEVICE = "sys/tg_test/1"


@pytest.mark.parametrize(
    ("words", "passes"),
    [
        ("", True),
        ("scalar", True),
        ("SCALAR double", True),
        ("scalar long", False),
        ("scalar !long", True),
        ("!double", False),
        ("!", True),
        ("~dbsc", True),
        ("~scdb", False),
        ("!~dbsc", False),
        ("dou ~ s", True),
    ],
)
def test_filters_are_words_that_must_or_must_not_occur(words: str, passes: bool) -> None:
    assert matches("Double_Scalar", words) is passes


def test_the_name_itself_is_nearer_than_its_beginning_and_that_nearer_than_a_part() -> None:
    names = ["my_wave", "wavelength", "wave", "ampli"]
    assert sorted(names, key=lambda name: distance((name,), "WAVE !x")) == ["wave", "wavelength", "my_wave", "ampli"]


def _many(make_system: Any) -> Any:
    entries = [
        DeviceEntry(f"dom/fam{i // 10:02d}/mem{i:03d}", f"Srv/{i // 50}", "Klass", f"nick{i}" if i == 217 else "", True)
        for i in range(300)
    ]
    return make_system(entries)


async def test_enter_in_the_field_opens_the_best_match_and_goes_into_it(make_system: Any, until: Until) -> None:
    app = TangoTerm(_many(make_system))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.store.loaded and app.screen.devices.count())
        tree, finder = app.screen.devices, app.screen.finder
        await pilot.press("slash", *"nick217", "enter")
        await until(pilot, lambda: app.screen.pane is not None and app.screen.pane.grid.has_focus)
        assert app.store.device.name == "dom/fam21/mem217"
        assert (finder.value, tree.model.filter) == ("", "")
        assert tree.current.entry.name == "dom/fam21/mem217"
        await until(pilot, lambda: tree.scroll_offset.y <= tree.cursor < tree.scroll_offset.y + tree.size.height)

        await pilot.press("ctrl+f", *"fam05")
        assert tree.current.entry.name == "dom/fam05/mem050"
        await pilot.press("down")
        assert tree.current.entry.name == "dom/fam05/mem051"
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.pane.grid.has_focus)
        assert (finder.value, tree.model.filter) == ("", "")
        assert tree.current.entry.name == app.store.device.name == "dom/fam21/mem217"

        await pilot.press("escape", "slash", *"nothing", "enter")
        assert finder.has_focus, "there is nothing to open"
        await pilot.press("ctrl+u", *"fam05", "tab")
        assert tree.has_focus
        assert tree.model.filter == "fam05"
        await pilot.press("slash")
        assert (finder.value, tree.model.filter) == ("", ""), "a new search begins empty"


FILTERED = {
    "2": ("scalar !long", ["boolean_scalar", "double_scalar", "enum_scalar", "string_scalar"]),
    "3": ("devd", ["devdouble"]),
    "4": ("comm", ["sys/tg_test/1 command state"]),
}


async def test_slash_narrows_the_list_of_a_tab_enter_keeps_and_escape_ends_it(
    system: Any, until: Until, screen_text: Callable[[Any], str]
) -> None:
    system.device(DEVICE).polled.update({("double_scalar", False): 1000, ("State", True): 1000})
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.store.device and app.store.device.state and app.store.device.polling)
        for tab, (words, keys) in FILTERED.items():
            await pilot.press(tab)
            grid = app.screen.pane.grid
            await until(pilot, lambda grid=grid: grid.has_focus and grid.rows)
            total = len(grid.rows)
            await pilot.press("slash", *words)
            counted = f"{len(keys)} of {total}"
            await until(pilot, lambda counted=counted: counted in screen_text(app))
            assert [grid.key(row) for row in grid.rows] == keys
            await pilot.press("enter")
            assert grid.has_focus
            await until(pilot, lambda: "Show all" in screen_text(app).splitlines()[-1])
            assert grid.key(grid.current) == keys[0]
            await pilot.press("escape")
            assert (len(grid.rows), grid.key(grid.current)) == (total, keys[0])
            assert grid.has_focus
            await until(pilot, lambda total=total: f"of {total}" not in screen_text(app))
        await pilot.press("5", "slash", *"devdouble")
        assert app.screen.pane.grid.rows == []
        await app.store.device.call(app.store.device.commands["devdouble"], 2.0)
        await until(pilot, lambda: len(app.screen.pane.grid.rows) == 1)


async def test_escape_while_filtering_goes_back_to_the_row_one_was_on(system: Any, until: Until) -> None:
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.store.device and app.store.device.state is not None)
        await pilot.press("2", "end")
        grid = app.screen.pane.grid
        await pilot.press("slash", *"wave", "escape")
        assert grid.has_focus
        assert grid.key(grid.current) == "status"
        await pilot.press("slash", *"wave", "enter")
        app.screen.open_device("lab/camera/beam", enter=True)
        await until(pilot, lambda: app.store.device.name == "lab/camera/beam" and len(grid.rows) > 5)
        assert grid.filter == "", "another device is shown whole"
        await pilot.press("slash", *"wave", "enter")
        app.screen.shower("ampli")()
        await until(pilot, lambda: grid.current.key == "ampli")


async def test_keys_typed_faster_than_the_screen_can_follow_act_in_their_order(system: Any, until: Until) -> None:
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.store.device and app.store.device.loaded)
        for key in ("3", "slash", *"devd", "enter", "enter", *"35", "enter", "1"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: system.device(DEVICE).called == [("DevDouble", 35.0)])
        await until(pilot, lambda: not isinstance(app.screen, Form))
        assert app.store.device.calls[0].argument == 35.0
