"""Going anywhere: the `:` bar, the palette, bookmarks, groups of the tree, back and forward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tangoterm.console.lists import ListsFile
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.modals.command_bar import CommandBar
from tangoterm.tui.modals.details import Details
from tangoterm.tui.observed import View
from tangoterm.tui.places import KEPT, Place, Trail
from tangoterm.tui.port import DeviceEntry

Until = Callable[..., Any]
DEVICE = "sys/tg_test/1"


async def ready(app: TangoTerm, pilot: Any, until: Until, members: int = 0) -> Any:
    """The screen, when devices are found, and the members of so many classes."""
    finder = app.store.finding.finder
    await until(pilot, lambda: app.store.loaded and finder.devices and len(finder.book.of_class) >= members)
    return app.screen


# ---- the trail


def test_the_trail_goes_back_and_forward_like_a_browser() -> None:
    trail = Trail()
    assert trail.here is None
    assert trail.step(-1) is None
    one, two, three = Place("attributes", "a"), Place("commands", "a"), Place("servers")
    for place in (one, two, two, three):
        trail.go(place)
    assert trail.here == three
    assert [trail.step(-1), trail.step(-1), trail.step(-1)] == [two, one, None]
    assert trail.step(1) == two
    trail.go(one)
    assert trail.step(1) is None, "what one had gone back from is forgotten"
    assert trail.visited() == [one, two]
    for number in range(KEPT + 10):
        trail.go(Place("attributes", str(number)))
    assert len(trail.visited()) == KEPT


async def test_back_and_forward_lead_through_devices_and_tabs(system: Any, until: Until) -> None:
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.store.device and app.screen.pane is not None)
        await pilot.press("3")
        app.screen.open_device("lab/camera/beam", enter=True)
        await pilot.press("1")

        def at(device: str, view: View) -> Any:
            return until(pilot, lambda: (app.store.device.name, app.screen.view) == (device, view))

        await at("lab/camera/beam", View.OVERVIEW)
        for device, view in (
            ("lab/camera/beam", View.COMMANDS),
            (DEVICE, View.COMMANDS),
            (DEVICE, View.ATTRIBUTES),
        ):
            await pilot.press("alt+left")
            await at(device, view)
        await pilot.press("alt+right")
        await at(DEVICE, View.COMMANDS)
        assert app.screen.devices.current.entry.name == DEVICE
        await pilot.press("ctrl+p", *"back to")
        await until(pilot, lambda: "lab/camera/beam  overview" in _palette(app))


def _palette(app: TangoTerm) -> str:
    from textual.command import CommandList

    options = app.screen.query_one(CommandList)
    return "\n".join(str(options.get_option_at_index(number).prompt) for number in range(options.option_count))


# ---- the bar


async def test_the_bar_goes_to_whatever_is_found(system: Any, until: Until, screen_text: Any) -> None:
    app = TangoTerm(system)
    async with app.run_test(size=(100, 30)) as pilot:
        browser = await ready(app, pilot, until)
        await pilot.press("colon", *"tgt1")
        assert isinstance(app.screen, CommandBar)
        await until(pilot, lambda: "device  TangoTest" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.store.device and app.store.device.name == DEVICE and app.store.device.loaded)
        await until(pilot, lambda: len(app.store.finding.finder.book.of_class) >= 1)
        await pilot.press("colon", *"tg1/pres", "enter")
        await until(pilot, lambda: browser.pane.grid.current and browser.pane.grid.current.key == "pressure")
        await pilot.press("colon", *"dumpex", "enter")
        await until(pilot, lambda: browser.view is View.COMMANDS and browser.pane.grid.current is not None)
        await until(pilot, lambda: browser.pane.grid.key(browser.pane.grid.current) == "dumpexecutionstate")
        await pilot.press("colon", *"gasanal", "enter")
        await until(pilot, lambda: browser.devices.model.grouping.title == "by class" and browser.devices.has_focus)
        assert browser.devices.current.label == "GasAnalyser"
        await pilot.press("colon", "down")
        assert app.screen.choices.offers[0].line == "gasanal", "what was typed before comes first"
        await pilot.press("escape")
        assert app.screen is browser


async def test_the_bar_runs_lines_of_the_console(system: Any, until: Until, screen_text: Any) -> None:
    app = TangoTerm(system)
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(app, pilot, until)
        await pilot.press("colon", *"ls psu", "enter")
        await until(pilot, lambda: isinstance(app.screen, Details) and "lab/psu/quad-1" in screen_text(app))
        await pilot.press("escape", "colon", *"read no/such/device/x", "enter")
        await until(pilot, lambda: isinstance(app.screen, Details) and app.screen.failed)
        await pilot.press("escape", "colon", *"ls --by thing", "enter")
        await until(pilot, lambda: isinstance(app.screen, Details) and "is none of" in screen_text(app))
        await pilot.press("escape", "colon", *"ls lab/psu/")
        await until(pilot, lambda: [each.title for each in app.screen.choices.offers[:1]] == ["lab/psu/quad-1"])
        await pilot.press("tab")
        assert app.screen.field.value == "ls lab/psu/quad-1"
        await pilot.press("ctrl+u", *"bookm")
        await until(pilot, lambda: app.screen.choices.offers[0].line == "bookmark ")
        await pilot.press("enter")
        assert app.screen.field.value == "bookmark "


# ---- the field above the tree


async def test_the_field_finds_by_letters_where_no_word_fits(system: Any, until: Until) -> None:
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(100, 30)) as pilot:
        browser = await ready(app, pilot, until, members=1)
        await pilot.press("ctrl+f", *"qd2")
        await until(pilot, lambda: browser.devices.current.entry.name == "lab/psu/quad-2")
        await pilot.press("ctrl+u", *"tg1/pres", "enter")
        await until(pilot, lambda: browser.pane.grid.current and browser.pane.grid.current.key == "pressure")
        await pilot.press("ctrl+f", *"!lab/ ~sydb")
        assert list(browser.devices.model.found) == ["sys/database/2"]


# ---- bookmarks


async def test_bookmarks_stand_at_the_top_of_the_tree(system: Any, until: Until, screen_text: Any) -> None:
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(100, 30)) as pilot:
        browser = await ready(app, pilot, until, members=1)
        await until(pilot, lambda: browser.pane is not None and browser.pane.grid.rows)
        browser.pane.go_to("wave")
        await pilot.press("b", "B")
        await until(pilot, lambda: "★ Bookmarks" in screen_text(app))
        assert ListsFile().read().bookmarks == (DEVICE, f"{DEVICE}/wave")
        browser.open_device("lab/camera/beam", enter=True)
        await pilot.press("escape", "home", "down", "down")
        assert browser.devices.current.target == f"{DEVICE}/wave"
        await pilot.press("enter")
        await until(pilot, lambda: app.store.device.name == DEVICE and browser.pane.grid.current is not None)
        await until(pilot, lambda: browser.pane.grid.current.key == "wave")
        await pilot.press("escape", "home", "down", "b")
        await until(pilot, lambda: browser.devices.model.bookmarks == [(f"{DEVICE}/wave", app.store.entry(DEVICE))])
        browser.open_page("servers", "class:Camera")
        await until(pilot, lambda: browser.page is not None)
        await pilot.press("b", "escape", "escape")
        await until(pilot, lambda: len(browser.devices.model.bookmarks) == 2 and browser.page is None)
        browser.devices.focus()
        await pilot.press("home", "down", "down")
        assert (browser.devices.current.target, browser.devices.current.entry) == (":servers class:Camera", None)
        await pilot.press("enter")
        await until(pilot, lambda: browser.page is not None and browser.page.subject == "class:Camera")
        browser.show_tree()
        ListsFile().path.write_text("bookmarks = 3\n")
        app.store.refresh()
        await until(pilot, lambda: "line 1" in app.store.finding.problem)
        await pilot.press("b")
        assert ListsFile().path.read_text() == "bookmarks = 3\n"


# ---- groups


@pytest.fixture
def hosts(make_system: Any) -> Any:
    return make_system(
        [
            DeviceEntry(f"lab/m/{number}", f"Motor/{number % 2}", "Motor", "", number != 3, f"crate{number % 2}")
            for number in range(60)
        ]
    )


async def test_closed_groups_sum_up_the_states_of_their_devices(hosts: Any, until: Until, screen_text: Any) -> None:
    app = TangoTerm(hosts)
    async with app.run_test(size=(100, 30)) as pilot:
        browser = await ready(app, pilot, until)
        await pilot.press("t", "t", "t")
        assert browser.devices.model.grouping.title == "by host"
        await until(pilot, lambda: "▸ crate0 30 ◉30" in screen_text(app))
        await until(pilot, lambda: "▸ crate1 30 ◉29 ·1" in screen_text(app))
