"""A list that can be filtered, as panes and pages have it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from textual.widget import Widget

from tangoterm.tui.widgets.filter_line import FilterLine
from tangoterm.tui.widgets.grid import Grid


class Listing(Widget):
    """Something with a list; subclasses make `grid` and yield `filter_line` above it."""

    grid: Grid[Any]

    @cached_property
    def filter_line(self) -> FilterLine:
        """The line in which the filter is typed."""
        return FilterLine(self.grid)

    def main(self) -> Widget:
        """The list."""
        return self.grid

    def fill(self, rows: Sequence[Any], *, follow: bool = True) -> None:
        """Take over rows; with `follow` the cursor stays on its row."""
        self.grid.set_rows(rows, follow=follow)
        self.filter_line.tell()

    def empty_list(self) -> None:
        """Unfiltered, nothing in it, the cursor at the top."""
        self.grid.reset()
        self.filter_line.end()

    def go_to(self, key: str) -> None:
        """Put the cursor on a row, even on one that the filter hides."""
        if not self.grid.go_to(key):
            self.filter_line.end()
            self.grid.go_to(key)
        self.grid.show_cursor()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is something to show again only while something is filtered."""
        if action == "show_all":
            return self.is_mounted and bool(self.grid.filter)
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        """Type into the filter."""
        self.filter_line.begin()

    def action_show_all(self) -> None:
        """End the filter; the cursor stays on its row."""
        self.filter_line.end()
        self.grid.show_cursor()
