"""The control system as a tree: groups that open, devices with the mark of their state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType

from tangoterm.tui.actions import bindings
from tangoterm.tui.port import DeviceEntry
from tangoterm.tui.text import fit, fit_end, plain
from tangoterm.tui.theme import Mark
from tangoterm.tui.tree_model import Grouping, Path, TreeModel, TreeRow
from tangoterm.tui.widgets.line_list import LineList

_CALM = frozenset({"state-on", "state-open", "state-running", "state-off", "state-standby", "muted"})
"""The tones of states that need nobody's attention; in sums they come last."""
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

    def filter_by(
        self, words: str, near: Callable[[], Sequence[DeviceEntry]], best: Callable[[], Sequence[str]]
    ) -> None:
        """Show only what passes a filter, else what is `near`, and put the cursor on the first device of the `best`."""
        self.model.set_filter(words)
        if words.strip() and not self.model.found:
            self.model.set_filter(words, near())
        self.rebuild()
        found = self.model.best(best()) if words.strip() else None
        if found is not None:
            self.go_to(self.model.grouping.path(found))
        self.show_cursor()

    def show_only(self, words: str, entries: Sequence[DeviceEntry]) -> None:
        """Show certain devices under a word that stands for them."""
        self.model.set_filter(words, entries)
        self.rebuild()
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
            if not self._rows[index].is_group:
                self.cursor = index
                return
            index += by

    def visible_devices(self) -> list[str]:
        """Names of the devices on the screen."""
        return [row.entry.name for row in self._visible_rows() if row.entry is not None]

    def summed_devices(self) -> Iterator[str]:
        """Names of the devices that the closed groups on the screen sum up."""
        if self.model.grouping.sums:
            for row in self._visible_rows():
                if row.is_group and not row.expanded:
                    yield from (entry.name for entry in self.model.within(row.path))

    def _visible_rows(self) -> Sequence[TreeRow]:
        top = self.scroll_offset.y
        return self._rows[top : top + max(1, self.size.height)]

    def draw_row(self, index: int, width: int) -> list[tuple[str, str]]:
        """One group, device or bookmark."""
        row = self._rows[index]
        indent = " " + "  " * row.depth
        if row.is_group:
            marker = "▾ " if row.expanded else "▸ "
            count = "" if row.expanded else f" {row.size}"
            pieces = [(indent, ""), (marker, "muted"), (plain(row.label), ""), (count, "muted")]
            return pieces if row.expanded else [*pieces, *self._sum(row)]
        label = fit_end(plain(row.label), width - cell_len(indent) - 2)
        if row.entry is None:
            return [(indent, ""), ("→ ", "accent"), (label, "")]
        mark = self.mark_of(row.entry)
        room = width - cell_len(indent) - 2 - cell_len(label)
        pieces = [(indent, ""), (f"{mark.glyph} ", mark.tone), (label, "" if row.entry.exported else "muted")]
        if row.target:
            return pieces
        first, second = self._asides(row.entry)
        size = min(room - 2, cell_len(first))
        if first and size > _LEAST_ASIDE:
            pieces.append(("  " + fit(first, size), "muted"))
            room -= size + 2
        if second and cell_len(second) + 2 <= room:
            pieces.append(("  " + second, "muted"))
        return pieces

    def _sum(self, row: TreeRow) -> list[tuple[str, str]]:
        """How many devices of a closed group are in which state, the most telling first."""
        if not self.model.grouping.sums:
            return []
        marks = Counter(self.mark_of(entry) for entry in self.model.within(row.path))
        ranked = sorted(marks, key=lambda mark: (mark.tone in _CALM, -marks[mark]))
        return [(f" {mark.glyph}{marks[mark]}", mark.tone) for mark in ranked]

    def _asides(self, entry: DeviceEntry) -> tuple[str, str]:
        """What else to say of a device: the first may be cut, the second is left out where it does not fit."""
        title = self.model.grouping.title
        if title == "by alias":
            return plain(entry.name), plain(entry.dev_class)
        return ("", plain(entry.alias)) if title == "by class" else (plain(entry.dev_class), plain(entry.alias))

    def clicked(self, index: int, x: int) -> None:
        """A click opens or closes a group."""
        if self._rows[index].is_group:
            self.action_fold()

    def action_fold(self) -> None:
        """Open or close the group under the cursor."""
        row = self.current
        if row is not None and row.is_group and not self.model.filter:
            self.model.toggle(row.path)
            self.rebuild()

    def action_choose(self) -> None:
        """Open a group; go into a device."""
        row = self.current
        if row is not None and row.is_group:
            self.action_fold()
        else:
            super().action_choose()

    def action_open(self) -> None:
        """Open the group; go into what is open or a device."""
        row = self.current
        if row is None:
            return
        if row.is_group and row.expanded:
            self.cursor += 1
        else:
            self.action_choose()

    def action_close(self) -> None:
        """Close the group, or go to the group around the row."""
        row = self.current
        if row is None:
            return
        if row.is_group and row.expanded and not self.model.filter:
            self.action_fold()
        else:
            self.go_to(row.path[:-1])

    def action_group(self) -> None:
        """Arrange the devices in the next way."""
        self.model.next_grouping()
        self._rearranged()

    def show_group(self, grouping: Grouping, path: Path) -> None:
        """Arrange the devices in a certain way, and open one group of them."""
        self.model.set_filter("")
        self.model.group_by(grouping)
        self._rearranged()
        self.model.expanded |= {tuple(label.lower() for label in path[: depth + 1]) for depth in range(len(path))}
        self.rebuild()
        self.go_to_group(path)
        self.focus()

    def go_to_group(self, path: Path) -> None:
        """Put the cursor on a group, by its name in any case."""
        wanted = tuple(label.lower() for label in path)
        for index, row in enumerate(self._rows):
            if tuple(label.lower() for label in row.path) == wanted:
                self.cursor = index
                self.show_cursor()
                return

    def _rearranged(self) -> None:
        self._rows = []
        self.rebuild()
        self.cursor = 0
        self.post_message(self.Moved(self))
