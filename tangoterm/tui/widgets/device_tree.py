"""The control system as a tree: groups that open, devices with the mark of their state."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType

from tangoterm.tui.actions import bindings
from tangoterm.tui.port import DeviceEntry
from tangoterm.tui.text import fit, plain
from tangoterm.tui.theme import Mark
from tangoterm.tui.tree_model import Path, TreeModel, TreeRow
from tangoterm.tui.widgets.line_list import LineList

_LEAST_ASIDE = 3
"""Cells that a cut remark needs more than, to be of use."""


class DeviceTree(LineList):
    """The visible rows of a `TreeModel`; `mark_of` gives the mark of a device."""

    BINDING_GROUP_TITLE = "Tree"
    BINDINGS: ClassVar[list[BindingType]] = bindings("tree")

    def __init__(self, mark_of: Callable[[DeviceEntry], Mark], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.model = TreeModel()
        self.mark_of = mark_of
        self._rows: list[TreeRow] = []

    def count(self) -> int:
        """How many rows are visible."""
        return len(self._rows)

    @property
    def current(self) -> TreeRow | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if 0 <= self.cursor < len(self._rows) else None

    def rebuild(self) -> None:
        """Lay the model out again; the cursor stays on its row when that is still there."""
        current = self.current
        self._rows = self.model.rows()
        if current is not None:
            self.go_to(current.path)
        self.rows_changed()

    def go_to(self, path: Path) -> bool:
        """Put the cursor on the row with `path`; False when it is not visible."""
        for index, row in enumerate(self._rows):
            if row.path == path:
                self.cursor = index
                return True
        return False

    def go_to_device(self, entry: DeviceEntry) -> None:
        """Show everything, the groups around a device open, and put the cursor on it."""
        self.model.set_filter("")
        self.model.reveal(entry)
        self.rebuild()
        self.go_to(self.model.grouping.path(entry))
        self.show_cursor()

    def filter_by(self, words: str) -> None:
        """Show only what passes a filter, and put the cursor on the best match."""
        self.model.set_filter(words)
        self.rebuild()
        best = self.model.best() if words else None
        if best is not None:
            self.go_to(self.model.grouping.path(best))
        self.show_cursor()

    def show_all(self, path: Path | None = None) -> None:
        """End the filter; the cursor goes to the row with `path`, else it stays on its row."""
        current = self.current
        self.model.set_filter("")
        if path is None and current is not None and current.entry is not None:
            self.model.reveal(current.entry)
        self.rebuild()
        if path is not None:
            self.go_to(path)
        self.show_cursor()

    def move_among_devices(self, by: int) -> None:
        """Put the cursor on the next device below (1) or above (-1)."""
        index = self.cursor + by
        while 0 <= index < len(self._rows):
            if self._rows[index].entry is not None:
                self.cursor = index
                return
            index += by

    def visible_devices(self) -> list[str]:
        """Names of the devices on the screen."""
        top = self.scroll_offset.y
        return [row.entry.name for row in self._rows[top : top + max(1, self.size.height)] if row.entry is not None]

    def draw_row(self, index: int, width: int) -> list[tuple[str, str]]:
        """One group or device."""
        row = self._rows[index]
        indent = " " + "  " * row.depth
        if row.entry is None:
            marker = "▾ " if row.expanded else "▸ "
            count = "" if row.expanded else f" {row.size}"
            return [(indent, ""), (marker, "muted"), (plain(row.label), ""), (count, "muted")]
        mark = self.mark_of(row.entry)
        label = plain(row.label)
        room = width - cell_len(indent) - 2 - cell_len(label)
        pieces = [(indent, ""), (f"{mark.glyph} ", mark.tone), (label, "" if row.entry.exported else "muted")]
        first, second = self._asides(row.entry)
        size = min(room - 2, cell_len(first))
        if first and size > _LEAST_ASIDE:
            pieces.append(("  " + fit(first, size), "muted"))
            room -= size + 2
        if second and cell_len(second) + 2 <= room:
            pieces.append(("  " + second, "muted"))
        return pieces

    def _asides(self, entry: DeviceEntry) -> tuple[str, str]:
        """What else to say of a device: the first may be cut, the second is left out where it does not fit."""
        title = self.model.grouping.title
        if title == "by alias":
            return plain(entry.name), plain(entry.dev_class)
        return ("", plain(entry.alias)) if title == "by class" else (plain(entry.dev_class), plain(entry.alias))

    def clicked(self, index: int, x: int) -> None:
        """A click opens or closes a group."""
        if self._rows[index].entry is None:
            self.action_fold()

    def action_fold(self) -> None:
        """Open or close the group under the cursor."""
        row = self.current
        if row is not None and row.entry is None and not self.model.filter:
            self.model.toggle(row.path)
            self.rebuild()

    def action_choose(self) -> None:
        """Open a group; go into a device."""
        row = self.current
        if row is not None and row.entry is None:
            self.action_fold()
        else:
            super().action_choose()

    def action_open(self) -> None:
        """Open the group; go into what is open or a device."""
        row = self.current
        if row is None:
            return
        if row.entry is None and row.expanded:
            self.cursor += 1
        else:
            self.action_choose()

    def action_close(self) -> None:
        """Close the group, or go to the group around the row."""
        row = self.current
        if row is None:
            return
        if row.entry is None and row.expanded and not self.model.filter:
            self.action_fold()
        else:
            self.go_to(row.path[:-1])

    def action_group(self) -> None:
        """Arrange the devices in the next way."""
        self.model.next_grouping()
        self._rows = []
        self.rebuild()
        self.cursor = 0
        self.post_message(self.Moved(self))
