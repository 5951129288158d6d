"""The page on which attributes of several devices are watched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from server_core.model.errors import DevFailed
from tangoterm.console.lists import ListsFile
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.attribute import Point
from tangoterm.tui.pages.watch import own_scales
from tangoterm.tui.widgets.chart import Curve, Level, draw_curve

NAMES = ("sys/tg_test/1/double_scalar", "lab/psu/quad-1/ampli", "sys/tg_test/1/pressure", "sys/tg_test/1/long_scalar")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr("tangoterm.tui.gathering.PERIOD", 0.05)
    monkeypatch.setattr("tangoterm.tui.gathering.RETRY", 0.05)
    monkeypatch.setenv("TANGOTERM_LISTS", str(tmp_path / "lists.toml"))


async def test_attributes_of_several_devices_are_one_live_table(
    system: Any, screen_text: Callable[[Any], str], until: Callable[..., Any]
) -> None:
    app = TangoTerm(system)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.store.loaded)
        app.screen.open_page("watch", " ".join(NAMES))
        await until(pilot, lambda: all(name in screen_text(app) for name in NAMES) and "↯ event" in screen_text(app))
        system.reads.clear()
        await until(pilot, lambda: len([device for device, _ in system.reads if device == "sys/tg_test/1"]) > 2)
        assert ("sys/tg_test/1", ("double_scalar", "long_scalar")) in system.reads, "one request for each device"
        system.device("lab/psu/quad-1").failure = DevFailed.of("API_CantConnectToDevice", "gone", "")
        await until(pilot, lambda: screen_text(app).count("× API_CantConnectToDevice") == 1)
        system.known["lab/psu/quad-1"].failure = None
        await until(pilot, lambda: "API_CantConnect" not in screen_text(app))
        drawn = "own scales:", " 1 sys/tg_test/1/double_scalar -", " 2 lab/psu/quad-1/ampli 0 … 2"
        await pilot.press("space", "down", "space")
        await until(pilot, lambda: all(text in screen_text(app) for text in drawn))
        await pilot.press("shift+up", "delete", "s", *"mine", "enter")
        await until(pilot, lambda: "mine" in ListsFile().read().lists)
        assert len(ListsFile().read().named("mine")) == 3


def test_curves_of_very_different_size_have_scales_of_their_own() -> None:
    large, small = [Point(0, 90.0), Point(1, 110.0)], [Point(0, 1e-9), Point(1, 1e-9)]
    assert own_scales([large, [Point(0, 20.0)]]) == []
    assert own_scales([large]) == []
    assert own_scales([large, small]) == [(90.0, 110.0), (0.0, 2e-9)]


def test_the_number_of_a_curve_stays_at_its_end() -> None:
    points = [(float(x), float(x)) for x in range(101)]
    ends = [Level(100.0, "1", "curve", "", front=True), Level(100.0, "2", "accent", "", front=True)]
    first, *_ = draw_curve(Curve(points, 0, 100, ends), 60, 14)
    assert "".join(text for text, _ in first).endswith(" 2  1 ")
