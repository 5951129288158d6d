"""The line above a grid in which one types what its rows must hold, with the number of rows found."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from tangoterm.console.matching import FILTER_HELP
from tangoterm.tui.text import toned
from tangoterm.tui.widgets.field import SearchField
from tangoterm.tui.widgets.grid import Grid


class FilterInput(SearchField):
    """The field; the keys that move in the list are handed on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Keep", key_display="⏎"),
        Binding("escape", "leave", "Clear", key_display="esc"),
        Binding("down", "move(1)", "Down", show=False),
        Binding("up", "move(-1)", "Up", show=False),
    ]

    class Left(Message):
        """Escape."""

    class Moved(Message):
        """The cursor of the list shall move by so many rows."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def action_leave(self) -> None:
        """Back to where one was."""
        self.post_message(self.Left())

    def action_move(self, by: int) -> None:
        """Move in the list while typing."""
        self.post_message(self.Moved(by))


class FilterLine(Horizontal):
    """The line; it can be seen while it is typed in, and for as long as it filters."""

    DEFAULT_CSS = """
    FilterLine { height: 1; display: none; background: $panel; }
    FilterLine.-shown { display: block; }
    FilterLine > .filter-mark { width: 3; }
    FilterLine > FilterInput { width: 1fr; padding: 0; border: none; height: 1; background: $panel; }
    FilterLine > FilterInput:focus { background: $panel; background-tint: $foreground 0%; border: none; }
    FilterLine > .filter-count { width: auto; padding: 0 1; }
    """

    def __init__(self, grid: Grid[Any]) -> None:
        super().__init__()
        self.grid = grid
        self.field = FilterInput(placeholder=FILTER_HELP, compact=True, select_on_focus=False)
        self.count = Static(classes="filter-count")
        self._before = ""

    def compose(self) -> ComposeResult:
        """Mark, field, count."""
        yield Static(toned((" / ", "accent")), classes="filter-mark")
        yield self.field
        yield self.count

    def begin(self) -> None:
        """Show the line, empty, and type into it."""
        current = self.grid.current
        self._before = "" if current is None else self.grid.key(current)
        self.add_class("-shown")
        self.field.value = ""
        self._apply("")
        self.field.focus()

    def end(self) -> None:
        """Show all rows again."""
        self.field.value = ""
        self._apply("")
        self.remove_class("-shown")
        if self.field.has_focus:
            self.grid.focus()

    def tell(self) -> None:
        """Show the number of rows found."""
        if self.has_class("-shown"):
            count = self.grid.count()
            self.count.update(toned((f"{count} of {self.grid.total}", "muted" if count else "warn")))

    def _apply(self, words: str) -> None:
        before = self.grid.filter
        if words.strip() != before:
            self.grid.set_filter(words)
        if bool(self.grid.filter) is not bool(before):
            self.screen.refresh_bindings()
        self.tell()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.has_class("-shown"):
            self._apply(event.value)

    @on(Input.Submitted)
    def _keep(self, event: Input.Submitted) -> None:
        event.stop()
        self.grid.focus()
        if not self.grid.filter:
            self.end()

    @on(FilterInput.Left)
    def _back(self) -> None:
        self.grid.focus()
        self.end()
        self.grid.go_to(self._before)
        self.grid.show_cursor()

    @on(FilterInput.Moved)
    def _move(self, event: FilterInput.Moved) -> None:
        self.grid.cursor += event.by
