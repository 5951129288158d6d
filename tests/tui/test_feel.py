"""Keys of one's own, labels to jump by, themes that stay, copying."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.geometry import Offset

from tangoterm.tui.actions import CHOSEN_KEYS, bindings
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.clipboard import copy_by, desktop_command
from tangoterm.tui.keymap import MOVING, KeymapError, choose
from tangoterm.tui.look import kept_theme, theme_for
from tangoterm.tui.modals.help import Help
from tangoterm.tui.modals.jump import LETTERS, labels
from tangoterm.tui.observed import View
from tangoterm.tui.themes import ALL_THEMES
from tangoterm.tui.widgets.line_list import LineList

Until = Callable[..., Any]


@pytest.fixture
def _own_keys() -> Iterator[None]:
    yield
    CHOSEN_KEYS.clear()


@pytest.mark.usefixtures("_own_keys")
def test_settings_give_an_action_other_keys() -> None:
    choose({"attributes.write": "ctrl+e, f5", "global.find": "/"})
    keys = {(binding.key, binding.action) for binding in bindings("attributes")}  # type: ignore[union-attr]
    assert {("ctrl+e", "write"), ("f5", "write")} <= keys
    assert ("w", "write") not in keys
    assert [each.key for each in bindings("global") if each.action == "find"] == ["slash"]  # type: ignore[union-attr]


@pytest.mark.usefixtures("_own_keys")
@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"attributes.wirte": "e"}, "there is no action attributes.wirte; did you mean attributes.write"),
        ({"attributes.write": "banana"}, "'banana' is no key"),
        ({"attributes.write": "ctrl+banana"}, "'ctrl+banana' is no key"),
        ({"attributes.write": "p"}, "p is the key of attributes.poll already"),
        ({"attributes.write": "j"}, "j moves in lists"),
    ],
)
def test_keys_that_cannot_be_are_refused_and_nothing_is_changed(keys: dict[str, str], problem: str) -> None:
    with pytest.raises(KeymapError, match=re.escape(problem)):
        choose({"global.refresh": "f5"} | keys)
    assert not CHOSEN_KEYS


def test_keys_that_move_in_lists_are_those_of_the_lists() -> None:
    keys = {key for binding in LineList.BINDINGS for key in binding.key.split(",")}  # type: ignore[union-attr]
    assert keys | {"tab", "shift+tab"} == set(MOVING)


async def test_a_letter_over_a_row_or_a_tab_goes_there(system: Any, until: Until) -> None:
    app = TangoTerm(system, "sys/tg_test/1")
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.screen.pane and app.screen.pane.grid.rows)
        await pilot.press("apostrophe")
        await until(pilot, lambda: app.screen.is_modal)
        third = app.screen_stack[0].pane.grid.region.offset + Offset(0, 3)
        letter = next(text for text, target in app.screen.targets.items() if target.at == third)
        await pilot.press(letter)
        await until(pilot, lambda: not app.screen.is_modal and app.screen.pane.grid.cursor == 2)
        await pilot.press("apostrophe")
        await until(pilot, lambda: app.screen.is_modal)
        bar = app.screen_stack[0].tab_bar
        letters = [text for text, target in app.screen.targets.items() if target.at in bar.region]
        await pilot.press(letters[list(View).index(View.POLLING)])
        await until(pilot, lambda: not app.screen.is_modal and app.screen.view is View.POLLING)


@pytest.mark.parametrize("count", [1, len(LETTERS), len(LETTERS) + 1, 200])
def test_no_label_is_the_beginning_of_another(count: int) -> None:
    made = labels(count)
    assert len(set(made)) == count
    assert len({len(label) for label in made}) == 1


async def test_the_theme_chosen_last_is_there_the_next_time(system: Any, until: Until) -> None:
    assert theme_for("nord") == "nord"
    app = TangoTerm(system)
    async with app.run_test() as pilot:
        app.theme = "light"
        await until(pilot, lambda: kept_theme() == "light")
    assert theme_for(None) == "light"
    assert theme_for("colour-blind") == "colour-blind"


@pytest.mark.parametrize("theme", ["light", "colour-blind", "16-colours"])
async def test_every_theme_draws_every_tab(theme: str, system: Any, until: Until) -> None:
    assert theme in ALL_THEMES
    app = TangoTerm(system, "sys/tg_test/1", theme)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.screen.pane and app.screen.pane.grid.rows)
        for number, view in enumerate(View, 1):
            await pilot.press(str(number))
            await until(pilot, lambda view=view: app.screen.view is view and app.screen.pane is not None)
        assert app.theme == theme


async def test_the_help_names_only_what_is_of_use_until_all_is_asked_for(system: Any, until: Until) -> None:
    app = TangoTerm(system, "sys/tg_test/1")
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.screen.pane and app.screen.pane.grid.rows)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))
        assert "Write the attribute" in app.screen.body.plain
        assert "Execute the command" not in app.screen.body.plain
        await pilot.press("a")
        assert "Execute the command" in app.screen.body.plain
        await pilot.press("question_mark")
        await until(pilot, lambda: not isinstance(app.screen, Help))


def _program(directory: Path, name: str, script: str) -> None:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_clipboard_of_the_desktop_is_used_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    _program(tmp_path, "wl-copy", f"cat > {tmp_path}/copied")
    assert desktop_command({"DISPLAY": "", "WAYLAND_DISPLAY": ""}) is None
    command = desktop_command({"WAYLAND_DISPLAY": "wayland-0"})
    assert command == ("wl-copy",)
    assert copy_by(command, "sys/tg_test/1 °C")
    assert (tmp_path / "copied").read_text() == "sys/tg_test/1 °C"
    _program(tmp_path, "wl-copy", "exit 1")
    assert not copy_by(command, "x")
    assert not copy_by(("no-such-program",), "x")
