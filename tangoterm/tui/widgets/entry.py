"""Where a value is typed: one line, or several for values with many elements. Up and Down bring earlier values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input, TextArea


class Submitted(Message):
    """Enter was pressed in an entry."""


class Recalled(Message):
    """An entry asks for the value before (-1) or after (1) the one it shows."""

    def __init__(self, by: int) -> None:
        super().__init__()
        self.by = by


class LineEntry(Input):
    """One line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "recall(-1)", "Earlier value", show=False),
        Binding("down", "recall(1)", "Later value", show=False),
    ]

    def __init__(self, value: str, placeholder: str) -> None:
        super().__init__(value, placeholder=placeholder, compact=True)

    @property
    def text(self) -> str:
        """What stands in it."""
        return self.value

    def put(self, text: str) -> None:
        """Show another text, the cursor at its end."""
        self.value = text
        self.cursor_position = len(text)

    def action_recall(self, by: int) -> None:
        """Ask for another value."""
        self.post_message(Recalled(by))

    async def action_submit(self) -> None:
        """Enter."""
        self.post_message(Submitted())


class LinesEntry(TextArea):
    """One or several lines: Enter submits, Ctrl-J (Alt-Enter) begins a new line, pasted lines stay lines."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Submit", show=False, priority=True),
        Binding("ctrl+j,alt+enter,shift+enter", "new_line", "New line", show=False, priority=True),
    ]

    def __init__(self, value: str, placeholder: str) -> None:
        super().__init__(
            value, placeholder=placeholder, compact=True, tab_behavior="focus", highlight_cursor_line=False
        )
        self.move_cursor(self.document.end)

    def put(self, text: str) -> None:
        """Show another text, the cursor at its end."""
        self.text = text
        self.move_cursor(self.document.end)

    def action_submit(self) -> None:
        """Enter."""
        self.post_message(Submitted())

    def action_new_line(self) -> None:
        """Begin a new line."""
        self.insert("\n")

    def action_cursor_up(self, select: bool = False) -> None:
        """Up, and from the first line to the value before."""
        if self.cursor_at_first_line and not select:
            self.post_message(Recalled(-1))
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """Down, and from the last line to the value after."""
        if self.cursor_at_last_line and not select:
            self.post_message(Recalled(1))
        else:
            super().action_cursor_down(select)


Entry = LineEntry | LinesEntry


def entry_of(value: str, placeholder: str, *, lines: bool) -> Entry:
    """The entry for a row."""
    return LinesEntry(value, placeholder) if lines else LineEntry(value, placeholder)


def step(history: Sequence[str], place: int, by: int) -> int:
    """The place in a history, newest first, one step earlier (-1) or later (1); -1 is what was typed itself."""
    return min(max(place - by, -1), len(history) - 1)
