"""Keys of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server_core.database.memory import MemoryStore
from tangoterm.console.plugins import Plugin, plugin_of
from tangoterm.console.session import Session
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.keymap import KeymapError, check_plugins
from tangoterm.tui.modals.change_question import ChangeQuestion
from tangoterm.tui.modals.details import Details

Until = Callable[..., Any]


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"label": "x", "run": "ls"}, "has a key and a label"),
        ({"key": "f6", "label": "x"}, "has either a line of the console"),
        ({"key": "f6", "label": "x", "run": "ls", "shell": "ls"}, "has either a line of the console"),
        ({"key": "f6", "label": "x", "run": "read $DEVIC"}, "$DEVIC is none of $DEVICE, $ATTRIBUTE"),
        ({"key": "f6", "label": "x", "run": "ls", "color": "red"}, "color is no part of a plugin"),
    ],
)
def test_a_plugin_that_cannot_be_is_refused_with_the_rule(table: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match="".join(f"[{char}]" if char in "$" else char for char in problem)):
        plugin_of(table)


def test_keys_of_plugins_are_their_own() -> None:
    check_plugins([Plugin("f6", "One", "ls"), Plugin("f7", "Two", "ls")])
    with pytest.raises(KeymapError, match=r"q is the key of global\.quit already"):
        check_plugins([Plugin("q", "One", "ls")])
    with pytest.raises(KeymapError, match="f6 is the key of the plugin One already"):
        check_plugins([Plugin("f6", "One", "ls"), Plugin("f6", "Two", "ls")])


async def test_a_key_runs_a_line_with_what_is_in_sight(system: Any, until: Until) -> None:
    store = MemoryStore()
    store.add_server("TangoTest/test", [("sys/tg_test/1", "TangoTest")])
    store.put_device_property("sys/tg_test/1", {"Where": ["hall 3"]})
    system.session = Session(store=store)
    plugins = (Plugin("f6", "Where", "prop get $DEVICE Where"), Plugin("f7", "Poll it", "poll $DEVICE $ATTRIBUTE"))
    app = TangoTerm(system, plugins=plugins)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.store.loaded)
        await pilot.press("f7")
        await until(pilot, lambda: any("no attribute is chosen" in note.message for note in app._notifications))
        app.screen.open_device("sys/tg_test/1", enter=True)
        await until(pilot, lambda: app.screen.pane and app.screen.pane.grid.rows)
        await pilot.press("f6")
        await until(pilot, lambda: any("hall 3" in text for text in _told(app)))


def _told(app: Any) -> list[str]:
    shown = [app.screen.body.plain] if isinstance(app.screen, Details) else []
    return [*shown, *(note.message for note in app._notifications)]


async def test_a_dangerous_one_asks_and_is_refused_where_nothing_may_be_changed(
    system: Any, until: Until, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    app = TangoTerm(system, plugins=(Plugin("f6", "Touch", shell=f"touch {made}", dangerous=True),))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.store.loaded)
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(app.screen, ChangeQuestion))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, ChangeQuestion))
        system.session.changes.read_only = True
        await pilot.press("f6")
        await until(pilot, lambda: any("read-only" in note.message for note in app._notifications))
        assert not made.exists()
