"""What people do with the screen, from key to device and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.widgets import Input, OptionList

from server_core.model.errors import DevFailed
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.modals.attribute import AttributeDetail
from tangoterm.tui.modals.change_question import ChangeQuestion
from tangoterm.tui.modals.form import Form

Until = Callable[..., Any]
DEVICE = "sys/tg_test/1"


async def test_a_new_user_finds_calls_writes_watches_and_sees_it_recorded(
    system: Any, until: Until, screen_text: Callable[[Any], str]
) -> None:
    app = TangoTerm(system)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.store.loaded and app.screen.devices.count())
        await pilot.press("slash", *"tg_", "enter")
        await until(pilot, lambda: app.store.device and app.store.device.name == DEVICE and app.store.device.loaded)
        await until(pilot, lambda: app.screen.pane is not None and app.screen.pane.grid.has_focus)
        await until(pilot, lambda: app.screen.pane.grid.current and app.screen.pane.grid.current.key == "double_scalar")
        await until(pilot, lambda: any("⠁" <= char <= "⣿" for char in screen_text(app)), 4)

        await pilot.press("3")
        await until(pilot, lambda: app.screen.pane.id == "pane-commands" and app.screen.pane.grid.has_focus)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, Form))
        await pilot.press(*"3.5", "enter")
        await until(pilot, lambda: not isinstance(app.screen, Form))
        await until(pilot, lambda: "DevDouble(3.50)" in screen_text(app))

        await pilot.press("2", "home", "enter")
        await until(pilot, lambda: isinstance(app.screen, Form))
        app.screen.query_one(Input).value = ""
        await pilot.press(*"4.25", "enter")
        await until(pilot, lambda: not isinstance(app.screen, Form))

        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, Form))
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, Form))
        await pilot.press("4")
        await until(pilot, lambda: "1000 ms" in screen_text(app))

        await pilot.press("5")
        await until(pilot, lambda: "command_inout_4" in screen_text(app) and "DevDouble" in screen_text(app))
    device = system.device(DEVICE)
    assert device.called == [("DevDouble", 3.5)]
    assert device.written == [("ampli", 4.25)]
    assert device.polled == {("ampli", False): 1000}
    assert system.closed


async def _open(app: TangoTerm, pilot: Any, until: Until, tab: str = "2") -> Any:
    await until(pilot, lambda: app.store.device is not None and app.store.device.state is not None)
    await until(pilot, lambda: app.screen.pane is not None and app.screen.pane.grid.rows)
    await pilot.press(tab)
    return app.screen.pane


async def test_the_form_says_at_once_what_is_wrong_and_sends_nothing(
    system: Any, until: Until, screen_text: Callable[[Any], str]
) -> None:
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(100, 30)) as pilot:
        pane = await _open(app, pilot, until)
        pane.grid.go_to("double_scalar")
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, Form))
        app.screen.query_one(Input).value = "3x"
        await until(pilot, lambda: "is not a number" in screen_text(app))
        await pilot.press("enter")
        assert isinstance(app.screen, Form)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, Form))
    assert system.device(DEVICE).written == []


async def test_a_refused_value_keeps_the_form_open_with_the_devices_words(
    system: Any, until: Until, screen_text: Callable[[Any], str]
) -> None:
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(100, 30)) as pilot:
        pane = await _open(app, pilot, until)
        pane.grid.go_to("string_scalar")
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, Form))
        app.screen.query_one(Input).value = "refuse"
        await pilot.press("enter")
        await until(pilot, lambda: "API_WAttrOutsideLimit" in screen_text(app))
        assert isinstance(app.screen, Form)


async def test_an_enumeration_is_chosen_by_its_labels(system: Any, until: Until) -> None:
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(100, 30)) as pilot:
        pane = await _open(app, pilot, until)
        pane.grid.go_to("enum_scalar")
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, Form))
        options = app.screen.query_one(OptionList)
        assert options.highlighted == 1, "the present value"
        await pilot.press("up", "enter")
        await until(pilot, lambda: not isinstance(app.screen, Form))
    assert system.device(DEVICE).written == [("enum_scalar", 0)]


async def test_what_cannot_be_written_shows_its_details_on_enter(
    system: Any, until: Until, screen_text: Callable[[Any], str]
) -> None:
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(100, 30)) as pilot:
        pane = await _open(app, pilot, until)
        pane.grid.go_to("throw_exception")
        await until(pilot, lambda: "Write" not in screen_text(app).splitlines()[-1])
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AttributeDetail))
        await until(pilot, lambda: "here is the" in screen_text(app))


async def test_commands_that_cannot_be_undone_are_asked_about(system: Any, until: Until) -> None:
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(100, 30)) as pilot:
        pane = await _open(app, pilot, until, "3")
        for name in ("init", "dumpexecutionstate"):
            pane.grid.go_to(name)
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, ChangeQuestion))
            await pilot.press("enter")
            await until(pilot, lambda: not isinstance(app.screen, ChangeQuestion))
        assert system.device(DEVICE).called == []
        pane.grid.go_to("init")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChangeQuestion))
        await pilot.press("tab", "enter")
        await until(pilot, lambda: system.device(DEVICE).called == [("Init", None)])


async def test_a_failed_command_shows_the_error_stack_root_cause_first(
    system: Any, until: Until, screen_text: Callable[[Any], str]
) -> None:
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(110, 34)) as pilot:
        pane = await _open(app, pilot, until, "3")
        pane.grid.go_to("fail")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Form))
        await pilot.press("4", "enter")
        await until(pilot, lambda: "API_CommandFailed" in screen_text(app))
        text = screen_text(app)
        assert text.index("Demo_Refused") < text.index("API_CommandFailed")


async def test_a_device_that_dies_says_so_and_comes_back(
    system: Any, until: Until, screen_text: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tangoterm.tui.observed.PERIOD", 0.05)
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(app, pilot, until)
        device = system.device(DEVICE)
        device.failure = DevFailed.of("API_CantConnectToDevice", "Failed to connect to device")
        await until(pilot, lambda: "no answer" in screen_text(app))
        device.failure = None
        await until(pilot, lambda: "no answer" not in screen_text(app) and "RUNNING" in screen_text(app))


async def test_a_device_that_does_not_run_is_told_from_one_that_fails(
    system: Any, until: Until, screen_text: Callable[[Any], str]
) -> None:
    app = TangoTerm(system, "lab/psu/quad-2")
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "not running" in screen_text(app))


@pytest.mark.parametrize(("device", "way"), [("sys/tg_test/1", "press s"), ("lab/psu/quad-1", "--program FILE")])
async def test_the_card_of_a_stopped_device_says_how_it_can_be_started(
    device: str, way: str, system: Any, until: Until, screen_text: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr("tangoterm.tui.panes.overview.run_line", lambda session, line: started.append(line) or "")
    app = TangoTerm(system, device)
    async with app.run_test(size=(140, 40)) as pilot:
        await _open(app, pilot, until, "1")
        await until(pilot, lambda: "running for" in screen_text(app))
        system.entries = [each._replace(exported=each.exported and each.name != device) for each in system.entries]
        await until(pilot, lambda: way in " ".join(screen_text(app).split()), 10)
        assert "running for" not in screen_text(app)
        await pilot.press("s")
        server = app.store.entry(device).server
        await until(pilot, lambda: started == [f"server start {server}"])


async def test_the_plot_can_take_the_whole_pane(system: Any, until: Until) -> None:
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(80, 24)) as pilot:
        pane = await _open(app, pilot, until)
        before = pane.picture.chart.size.height
        await pilot.press("z")
        await until(pilot, lambda: pane.picture.chart.size.height > before + 5)
        await pilot.press("z")
        await until(pilot, lambda: pane.picture.chart.size.height == before)


async def test_everything_can_be_reached_from_the_palette(
    system: Any, until: Until, screen_text: Callable[[Any], str]
) -> None:
    app = TangoTerm(system, "lab/camera/beam")
    async with app.run_test(size=(100, 30)) as pilot:
        await _open(app, pilot, until)
        await pilot.press("ctrl+p", *"open tg_")
        await until(pilot, lambda: "device  TangoTest" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.store.device.name == DEVICE and app.store.device.loaded)
        await pilot.press("ctrl+p", *"e devdou")
        await until(pilot, lambda: "Execute DevDouble" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Form))
        await pilot.press("1", "enter")
        await until(pilot, lambda: system.device(DEVICE).called == [("DevDouble", 1.0)])


async def test_the_mouse_opens_devices_tabs_and_forms(
    system: Any, until: Until, screen_text: Callable[[Any], str]
) -> None:
    app = TangoTerm(system)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.store.loaded and app.screen.devices.count())
        row = next(i for i, row in enumerate(app.screen.devices.model.rows()) if row.entry and row.label == "1")
        await pilot.click("#tree", offset=(8, row))
        await until(pilot, lambda: app.store.device and app.store.device.name == DEVICE and app.store.device.loaded)
        bar = app.screen.tab_bar.region
        tab = screen_text(app).splitlines()[bar.y].index("3 C")
        await pilot.click("TabBar", offset=(tab - bar.x, 0))
        await until(pilot, lambda: app.screen.pane and app.screen.pane.id == "pane-commands")
        await pilot.click("#command-grid", offset=(5, 2))
        await pilot.click("#command-grid", offset=(5, 2), times=2)
        await until(pilot, lambda: isinstance(app.screen, Form))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, Form))
        await pilot.click("KeyBar", offset=(3, 0))
        await until(pilot, lambda: isinstance(app.screen, Form))


async def test_the_filter_narrows_the_tree_and_escape_widens_it_again(system: Any, until: Until) -> None:
    app = TangoTerm(system)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.store.loaded and app.screen.devices.count())
        full = app.screen.devices.count()
        await pilot.press("slash", *"psu")
        await until(pilot, lambda: app.screen.devices.count() == 4)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.devices.count() == full)
        assert app.screen.devices.has_focus


async def test_a_database_that_cannot_be_reached_is_named_and_tried_again(
    system: Any, until: Until, screen_text: Callable[[Any], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tangoterm.tui.store.CATALOGUE_PERIOD", 0.05)
    system.failure = DevFailed.of("API_CantConnectToDatabase", "Can't connect to the database at 127.0.0.1:10000")
    app = TangoTerm(system)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "Can't connect to the database" in screen_text(app))
        system.failure = None
        await until(pilot, lambda: "6 devices" in screen_text(app))
