"""The keys, from the table of actions: those that are of use where one is, and on demand all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from textwrap import wrap
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from server_core.model.enums import AttrQuality, DevState
from tangoterm.tui.actions import ACTIONS, SCOPES, key_text
from tangoterm.tui.modals.details import Details
from tangoterm.tui.text import toned
from tangoterm.tui.theme import NOT_RUNNING, QUALITY_MARKS, STATE_MARKS, UNREACHABLE

_MOVING = (
    ("↑↓ j k", "Move; also page up and down, home and end, g and G"),
    ("tab", "The next panel; shift+tab the one before"),
    ("mouse", "Click to select, twice to open; the wheel scrolls"),
)

_WIDEST, _FRAME = 100, 8
"""Columns of the dialog, and those of its frame, padding and scroll bar."""


class Help(Details):
    """The keys of `scopes` whose actions are `useful` now, and what the marks mean; `a` shows the keys of all places.

    Useful are pairs of a scope and the name of an action.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "all", "All keys"),
        Binding("question_mark", "leave", "Close"),
    ]
    HINT = "esc close   ↑↓ scroll   a all keys"

    def __init__(self, useful: Collection[tuple[str, str]], columns: int) -> None:
        super().__init__("Keys of use here", _text(useful, columns))
        self.columns = columns

    def action_all(self) -> None:
        """The keys of all places."""
        self.replace("All keys", _text({(action.scope, action.name) for action in ACTIONS}, self.columns))


def _text(useful: Collection[tuple[str, str]], columns: int) -> Content:
    room = min(_WIDEST, columns * 94 // 100) - _FRAME
    lines: list[Content] = []
    for scope, title in SCOPES.items():
        rows = [(key_text(each), each.help) for each in ACTIONS if each.scope == scope and (scope, each.name) in useful]
        if rows:
            lines += _section(title, rows, room)
    lines += [*_section("Moving", _MOVING, room), *_marks()]
    return Content("\n").join(lines)


def _section(title: str, rows: Sequence[tuple[str, str]], room: int) -> list[Content]:
    width = max(12, *(len(keys) + 2 for keys, _ in rows))
    body = [
        toned((f"  {keys if not number else '':<{width}}", "accent"), line)
        for keys, text in rows
        for number, line in enumerate(wrap(text, room - width - 2))
    ]
    return [toned((title, "strong bold")), *body, Content("")]


def _marks() -> list[Content]:
    states = [(mark.glyph, mark.tone, state.name) for state, mark in STATE_MARKS.items() if isinstance(state, DevState)]
    states += [(NOT_RUNNING.glyph, NOT_RUNNING.tone, "not running"), (UNREACHABLE.glyph, UNREACHABLE.tone, "no answer")]
    lines = [toned(("Device states", "strong bold"))]
    for start in range(0, len(states), 4):
        lines.append(
            toned(
                *(
                    part
                    for glyph, tone, name in states[start : start + 4]
                    for part in ((f"  {glyph} ", tone), f"{name:<12}")
                )
            )
        )
    qualities = [
        part
        for quality, mark in QUALITY_MARKS.items()
        if quality is not AttrQuality.ATTR_VALID
        for part in ((f"  {mark.glyph} ", mark.tone), f"{quality.label:<12}")
    ]
    return [*lines, Content(""), toned(("Qualities", "strong bold")), toned(*qualities)]
