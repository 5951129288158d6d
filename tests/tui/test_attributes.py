"""The attributes of a device on the screen: what the table says of each, and what its picture shows."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import pytest

from server_core.model.config import AttributeConfig
from server_core.model.types import CmdArgType
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.attribute import Observed
from tangoterm.tui.widgets.chart import Curve, Level, draw_curve
from tangoterm.tui.widgets.heat_map import Image, Window
from tangoterm.tui.wording import source_cell

DEVICE = "sys/tg_test/1"
Until = Callable[..., Any]
Text = Callable[[Any], str]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tangoterm.tui.observed.PERIOD", 0.05)


async def _opened(app: TangoTerm, pilot: Any, until: Until) -> Any:
    await until(pilot, lambda: app.screen.pane and app.screen.pane.grid.rows and app.store.device.state is not None)
    return app.screen.pane


def _drawn(curve: Curve, width: int = 60, height: int = 14) -> list[str]:
    return ["".join(text for text, _ in line) for line in draw_curve(curve, width, height)]


# ---- pictures


def test_limits_that_are_near_are_lines_and_those_far_away_are_named_at_the_edge() -> None:
    points = [(float(x), x / 10) for x in range(101)]
    levels = [Level(9.5, "alarm 9.5"), Level(12.0, "warning 12"), Level(900.0, "alarm 900"), Level(-70.0, "alarm -70")]
    lines = _drawn(Curve(points, 0, 100, levels))
    assert any("alarm 9.5 ╌╌" in line for line in lines), "at the left, for the curve is at the right"
    assert any("╌╌ warning 12" in line for line in lines)
    assert "↑ alarm 900" in lines[0]
    assert "↓ alarm -70" in lines[11]


def test_a_zoomed_curve_follows_the_values_in_sight() -> None:
    points = [(float(x), 1000.0 if x < 50 else x / 100) for x in range(100)]
    lines = _drawn(Curve(points, 60, 90))
    assert "1000" not in "".join(lines)
    assert lines[-1].split() == ["60", "75.0", "90"]


def test_the_axis_of_a_choice_has_its_words() -> None:
    lines = _drawn(Curve([(0, 0), (5, 2), (10, 1)], 0, 10, steps=True, whole=True, y_text=_word))
    assert [line.split()[0] for line in lines if "┤" in line] == ["MOVING", "ON", "OFF"]


def _word(y: float) -> str:
    return {0: "OFF", 1: "ON", 2: "MOVING"}.get(round(y), "")


def test_the_part_of_an_image_that_is_zoomed_stays_inside_it() -> None:
    image = Image(array("i", range(100)), 10, 10, Window(2, 3, 4, 2))
    assert list(image.cut()) == [32, 33, 34, 35, 42, 43, 44, 45]
    assert Window(0, 0, 10, 10).around(9, 9, 2, 10, 10) == Window(5, 5, 5, 5)
    assert Window(5, 5, 5, 5).showing(0, 9, 10, 10) == Window(0, 5, 5, 5)


# ---- the table


def test_it_is_said_how_each_value_came() -> None:
    from server_core.model.values import AttributeValue
    from tangoterm.tui.attribute import receiver

    observed = Observed(AttributeConfig("ampli", CmdArgType.DevDouble))
    assert source_cell(observed)[0] == ""
    observed.take(AttributeValue("ampli", value=1.0))
    assert source_cell(observed)[0] == "↻ read"
    observed.polled = 1000
    observed.take(AttributeValue("ampli", value=1.0))
    assert source_cell(observed)[0] == "▤ buffer"
    receiver(observed, lambda: None)(AttributeValue("ampli", value=2.0))
    assert source_cell(observed)[0] == "↯ event"


async def test_what_changed_since_f_is_marked_and_space_stops_the_values(
    system: Any, screen_text: Text, until: Until
) -> None:
    model = system.device(DEVICE).model("double_scalar")
    model.read = lambda: 12.5
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await _opened(app, pilot, until)
        await until(pilot, lambda: "12.50" in screen_text(app))
        await pilot.press("f")
        model.read = lambda: 13.5
        await until(pilot, lambda: "Δ was 12.50 mm" in screen_text(app))
        assert screen_text(app).count("Δ") == 1
        await pilot.press("space")
        model.read = lambda: 14.5
        await until(pilot, lambda: app.store.device.attributes["double_scalar"].reading.value == 14.5)
        await until(pilot, lambda: "PAUSED" in screen_text(app))
        assert "14.50" not in screen_text(app)
        await pilot.press("space", "f")
        await until(pilot, lambda: "14.50" in screen_text(app) and "Δ" not in screen_text(app))
        assert pane.grid.current is not None


# ---- one attribute, and its configuration


async def test_one_attribute_is_shown_whole_with_a_cursor_and_exported(
    system: Any, screen_text: Text, until: Until, tmp_path: Any
) -> None:
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(120, 40)) as pilot:
        pane = await _opened(app, pilot, until)
        pane.go_to("wave")
        await pilot.press("d")
        await until(pilot, lambda: "DevDouble[4096] SPECTRUM" in screen_text(app))
        await pilot.press("right", "right")
        await until(pilot, lambda: "[129] = 0.166" in screen_text(app) and "range -0.99" in screen_text(app))
        await pilot.press("plus", "plus", "plus")
        await until(pilot, lambda: tuple(screen_text(app).splitlines()[-4].split()[1:4]) == ("113", "129", "145"))
        await pilot.press("e")
        app.screen.query_one("Input").value = str(tmp_path / "wave.csv")
        await pilot.press("enter")
        await until(pilot, (tmp_path / "wave.csv").exists)
        assert len((tmp_path / "wave.csv").read_text().splitlines()) == 257
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.id == "_default" or "SPECTRUM" not in screen_text(app))


async def test_an_image_has_a_cursor_that_tells_its_pixel(system: Any, screen_text: Text, until: Until) -> None:
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(80, 24)) as pilot:
        pane = await _opened(app, pilot, until)
        pane.go_to("uchar_image_ro")
        await until(pilot, lambda: app.store.device.attributes["uchar_image_ro"].reading)
        await pilot.press("d", "right", "right", "shift+up", "plus")
        await until(pilot, lambda: "x 49, y 31: " in screen_text(app) and "╋" in screen_text(app))


async def test_what_others_configure_is_seen_at_once(system: Any, screen_text: Text, until: Until) -> None:
    app = TangoTerm(system, DEVICE)
    async with app.run_test(size=(120, 40)) as pilot:
        await _opened(app, pilot, until)
        await until(pilot, lambda: "double_scalar" in system.device(DEVICE).config_watchers)
        system.configure(DEVICE, "double_scalar", unit="furlong")
        await until(pilot, lambda: "furlong" in screen_text(app))
