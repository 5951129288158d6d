"""The keys, from the table of actions."""

from __future__ import annotations

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


def help_screen() -> Details:
    """The dialog with all keys and marks."""
    lines = [*_section("Moving", _MOVING)]
    for scope, title in SCOPES.items():
        rows = [(key_text(action), action.help) for action in ACTIONS if action.scope == scope]
        if rows:
            lines += _section(title, rows)
    lines += _marks()
    return Details("Keys and marks", Content("\n").join(lines))


def _section(title: str, rows: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> list[Content]:
    body = [toned((f"  {keys:<12}", "accent"), text) for keys, text in rows]
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
