"""A table of one subject: typed rows, columns as data, drawn line by line.

Columns that do not fit are left out, the least important first, so that the same table is at home in 50 and in 180
columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tangoterm.console.matching import distance, matches
from tangoterm.tui.text import fit, plain
from tangoterm.tui.widgets.line_list import LineList

Row = TypeVar("Row")
Cell = str | tuple[str, str]


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: its title, least width, and what it shows of a row: text, or (text, tone).

    `grow` is its share of spare width. Columns with a higher `rank` are left out first when space is short. `order` is
    what rows are sorted by; None stands behind all. Without it they are sorted by what the column shows.
    """

    title: str
    width: int
    cell: Callable[[Row], Cell]
    grow: int = 0
    right: bool = False
    rank: int = 0
    most: int = 1000
    order: Callable[[Row], Any] | None = None

    def sort_key(self, row: Row) -> Any:
        """What is compared of a row."""
        if self.order is not None:
            return self.order(row)
        cell = self.cell(row)
        return (cell if isinstance(cell, str) else cell[0]).lower()


class Grid(LineList, Generic[Row]):
    """Rows under a header; rows are identified by a key, which the cursor follows when rows come and go.

    `names` gives the texts of a row that filters look at. `rows` are those in sight, `total` counts the others too.
    `marks` are the keys of rows that are marked, to do something with several; they stay when rows come and go.
    """

    header_height = 1

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        key: Callable[[Row], str],
        *,
        names: Callable[[Row], Sequence[str]] | None = None,
        empty: str = "",
        id: str | None = None,
    ) -> None:
        super().__init__(empty=empty, id=id)
        self.columns = tuple(columns)
        self.key = key
        self.names = names or (lambda row: (key(row),))
        self.rows: Sequence[Row] = ()
        self.filter = ""
        self.marks: set[str] = set()
        self.sorted_by: Column[Row] | None = None
        self.descending = False
        self._all: Sequence[Row] = ()
        self._layout: tuple[int, list[tuple[Column[Row], int]]] = (-1, [])

    def count(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if 0 <= self.cursor < len(self.rows) else None

    @property
    def total(self) -> int:
        """How many rows there are, those that the filter hides included."""
        return len(self._all)

    @property
    def rows_of_all(self) -> Sequence[Row]:
        """All rows, those that the filter hides included."""
        return self._all

    def set_columns(self, columns: Sequence[Column[Row]]) -> None:
        """Show other columns of the same rows."""
        self.columns = tuple(columns)
        self._layout = (-1, [])
        self.refresh()

    def reset(self) -> None:
        """Nothing to show, nothing filtered or marked, the cursor at the top."""
        self.marks.clear()
        self.filter, self._all, self.rows, self.cursor = "", (), (), 0

    def set_rows(self, rows: Sequence[Row], *, follow: bool = True) -> None:
        """Show those of `rows` that pass the filter; with `follow` the cursor stays on the row with the same key."""
        current = self.current
        self._all = rows
        found = [row for row in rows if matches(" ".join(self.names(row)), self.filter)] if self.filter else rows
        self.rows = self._sorted(found)
        if current is not None and follow:
            self.go_to(self.key(current))
        self.rows_changed()

    def without_rows(self) -> str:
        """Why there are no rows: nothing to show, or nothing that passes the filter."""
        return f"none of {self.total} matches {self.filter}" if self.filter and self._all else self.empty

    def set_filter(self, words: str) -> None:
        """Show only rows that pass a filter, and put the cursor on the best match; without words all rows."""
        self.filter = words.strip()
        self.set_rows(self._all)
        if self.filter and self.rows:
            self.go_to(self.key(min(self.rows, key=lambda row: distance(self.names(row), self.filter))))
        self.show_cursor()

    # ---- sorting

    def _sorted(self, rows: Sequence[Row]) -> Sequence[Row]:
        if self.sorted_by is None:
            return rows
        keys = [(self.sorted_by.sort_key(row), row) for row in rows]
        known = [pair for pair in keys if pair[0] is not None]
        known.sort(key=lambda pair: pair[0], reverse=self.descending)
        return [row for _, row in known] + [row for key, row in keys if key is None]

    def sort_next(self, by: int = 1) -> None:
        """Sort by the next column in sight (-1: the one before); behind the last one as the rows come."""
        shown: list[Column[Row] | None] = [None, *(column for column, _ in self.fitting(self.size.width))]
        place = shown.index(self.sorted_by) if self.sorted_by in shown else 0
        self.sorted_by = shown[(place + by) % len(shown)]
        self.descending = False
        self.set_rows(self._all)

    def reverse(self) -> None:
        """Sort the other way round."""
        self.descending = not self.descending
        self.set_rows(self._all)

    # ---- marks

    def toggle_mark(self) -> None:
        """Mark the row under the cursor, or unmark it, and go to the next one."""
        if self.current is not None:
            self.marks ^= {self.key(self.current)}
            self.cursor += 1
            self.refresh()

    def mark_all(self) -> None:
        """Mark all rows in sight, or unmark them when all are marked."""
        keys = {self.key(row) for row in self.rows}
        self.marks = set() if keys <= self.marks else self.marks | keys
        self.refresh()

    @property
    def chosen(self) -> list[Row]:
        """The marked rows in sight; without marks the one under the cursor."""
        marked = [row for row in self.rows if self.key(row) in self.marks]
        return marked or ([] if self.current is None else [self.current])

    def go_to(self, key: str) -> bool:
        """Put the cursor on the row with `key`; False when there is none."""
        if 0 <= self.cursor < len(self.rows) and self.key(self.rows[self.cursor]) == key:
            return True
        for index, row in enumerate(self.rows):
            if self.key(row) == key:
                self.cursor = index
                return True
        return False

    def draw_header(self, width: int) -> str:
        """The titles."""
        return " " + "  ".join(
            fit(self._title(column), size, right=column.right) for column, size in self.fitting(width)
        )

    def _title(self, column: Column[Row]) -> str:
        return column.title + ("" if column is not self.sorted_by else "▼" if self.descending else "▲")

    def draw_row(self, index: int, width: int) -> list[tuple[str, str]]:
        """The cells of one row."""
        row = self.rows[index]
        pieces = [("✓", "accent") if self.marks and self.key(row) in self.marks else (" ", "")]
        for column, size in self.fitting(width):
            cell = column.cell(row)
            text, tone = (cell, "") if isinstance(cell, str) else cell
            pieces += ((fit(plain(text), size, right=column.right), tone), ("  ", ""))
        return pieces

    def fitting(self, width: int) -> list[tuple[Column[Row], int]]:
        """The columns that fit into `width`, each with its width."""
        if self._layout[0] != width:
            self._layout = (width, lay_out(self.columns, width - 2))
        return self._layout[1]


def lay_out(columns: Sequence[Column[Row]], width: int) -> list[tuple[Column[Row], int]]:
    """Choose the columns that fit into `width` with two blanks between them, and share out what is left."""
    shown = list(columns)
    while len(shown) > 1 and _needed(shown) > width:
        worst = max(reversed(shown), key=lambda column: column.rank)
        shown.remove(worst)
    sizes = {column.title: column.width for column in shown}
    spare = width - _needed(shown)
    growing = [column for column in shown if column.grow]
    while spare > 0 and growing:
        total = sum(column.grow for column in growing)
        gave = 0
        for column in growing:
            share = min(max(1, spare * column.grow // total), column.most - sizes[column.title], spare - gave)
            sizes[column.title] += share
            gave += share
        spare -= gave
        growing = [column for column in growing if sizes[column.title] < column.most]
        if not gave:
            break
    return [(column, sizes[column.title]) for column in shown]


def _needed(columns: Sequence[Column[Row]]) -> int:
    return sum(column.width + 2 for column in columns) - 2
