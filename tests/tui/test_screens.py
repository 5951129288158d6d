"""The screens in three sizes, compared with what they should look like as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tangoterm.tui.app import TangoTerm
from tests.tui.comparing import compare

SIZES = [(80, 24), (120, 40), (200, 50)]

VIEWS: dict[str, tuple[str, ...]] = {
    "overview": ("1",),
    "attributes": ("2",),
    "write": ("w",),
    "commands": ("escape", "3"),
    "execute": ("down", "enter"),
    "polling": ("escape", "4"),
    "blackbox": ("5",),
    "help": ("2", "question_mark"),
}
"""The keys that lead from one picture to the next."""
_VARYING = (
    (re.compile(r"\d\d:\d\d:\d\d(\.\d+)?"), "#"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "#"),
    (re.compile(r"CPP/Python \d+ *"), ""),
    (re.compile(r" in \d+ \w+(, every [\d.]+ s)?  \d+ hidden"), " in #  # hidden"),
)


@pytest.fixture(autouse=True)
def _frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing on the screen depends on the moment."""
    monkeypatch.setattr("tangoterm.tui.observed.PING_ROUNDS", 10**9)
    monkeypatch.setattr("tangoterm.tui.observed.PERIOD", 0.2)
    monkeypatch.setattr("tangoterm.tui.wording.age_text", lambda moment: "now")
    monkeypatch.setattr("tangoterm.tui.panes.attributes.trend_text", lambda history, width: "▁▃▅")
    monkeypatch.setattr("tangoterm.tui.panes.overview.trend_text", lambda history, width: "▁▃▅")
    monkeypatch.setattr("tangoterm.tui.panes.overview.age_text", lambda moment: "1 h")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_screens_look_as_they_should(
    size: tuple[int, int], system: Any, screen_text: Callable[[Any], str], until: Callable[..., Any]
) -> None:
    device = system.device("sys/tg_test/1")
    device.model("double_scalar").read = lambda: 12.5
    device.polled["double_scalar", False] = 1000
    app = TangoTerm(system)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.store.loaded and "•" not in screen_text(app))
        await compare("welcome", size, pilot, screen_text, *_VARYING)
        app.screen.open_device("sys/tg_test/1", enter=True)
        await until(pilot, lambda: app.screen.pane and app.screen.pane.grid.rows and app.store.device.polling)
        app.screen.pane.grid.go_to("wave")
        for view, keys in VIEWS.items():
            await pilot.press(*keys)
            await compare(view, size, pilot, screen_text, *_VARYING)


FOOTERS = {
    "escape": ("Open", "Group", "Find", "Help", "Quit"),
    "2": ("Write", "Details", "Poll", "Zoom", "/ Filter", "esc Tree", "Go", "Help", "Quit"),
    "3": ("Execute", "Details", "/ Filter", "esc Tree", "Help", "Quit"),
    "4": ("Details", "/ Filter", "esc Tree", "Help", "Quit"),
    "5": ("Routine", "Details", "/ Filter", "esc Tree", "Help", "Quit"),
    "7": ("Add kind", "Go", "Help"),
    "6": ("Edit", "History", "Go", "Help"),
    "8": ("Levels", "Go", "Help"),
    "slash": ("Keep", "esc Clear"),
    "ctrl+f": ("Open", "esc Back"),
}


async def test_the_footer_says_how_to_go_on_in_every_place_of_a_small_terminal(
    system: Any, screen_text: Callable[[Any], str], until: Callable[..., Any]
) -> None:
    app = TangoTerm(system, "sys/tg_test/1")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.store.device and app.store.device.state is not None)
        for key, words in FOOTERS.items():
            await pilot.press(key)
            await until(pilot, lambda words=words: all(word in screen_text(app).splitlines()[-1] for word in words))
