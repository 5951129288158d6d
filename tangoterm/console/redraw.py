"""A result that is shown anew in the place of the last one, with what has changed marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tangoterm.console.cells import Cell, TimeCell, cell
from tangoterm.console.format import clock_text
from tangoterm.console.render import Output, Paint, render
from tangoterm.console.result import Column, Frame, Result, Row

MARK = "•"
"""What stands before a cell that has changed since the last time."""

Seen = Mapping[str, Mapping[str, str]]
"""The texts of a frame: by what names the row, then by column."""


class Redrawing:
    """Makes the lines of frames that follow one another; the first one has no marks."""

    def __init__(self, paint: Paint) -> None:
        self._paint = paint
        self._seen: Seen | None = None
        self._number = 0

    def lines(self, frame: Frame, rows: int) -> list[str]:
        """The lines of a frame, at most `rows` of them."""
        self._number += 1
        head = f"every {frame.every:g} s · {clock_text(frame.time).partition('.')[0]} · {self._number}"
        lines = [self._paint.faint(head), *render(self._marked(frame.result), Output.TABLE, self._paint)]
        lines += [self._paint.error(failure.line) for failure in frame.result.failures]
        if len(lines) > rows:
            lines[rows - 1 :] = [self._paint.faint(f"… {len(lines) - rows + 1} more")]
        return lines

    def _marked(self, result: Result) -> Result:
        if not result.rows:
            return result
        columns = result.columns
        seen: dict[str, dict[str, str]] = {}
        marked: list[Row] = []
        for number, row in enumerate(result.rows):
            texts = {column.key: cell(row.get(column.key)).text() for column in columns}
            name = texts[columns[0].key] if len(columns) > 1 else ""
            name = f"{number} {name}" if name in seen or not name else name
            seen[name] = texts
            before = None if self._seen is None else self._seen.get(name, {})
            marked.append(
                {
                    key: row.get(key) if _unmarked(row, key, columns) else _Marked(row.get(key), before, text, key)
                    for key, text in texts.items()
                }
            )
        self._seen = seen
        return replace(result, rows=marked)


def _unmarked(row: Row, key: str, columns: Sequence[Column]) -> bool:
    """Whether a cell has no mark: what names the row, and times, which always change."""
    return (key == columns[0].key and len(columns) > 1) or isinstance(row.get(key), TimeCell)


class _Marked(Cell):
    """A cell with the mark, or as much room."""

    def __init__(self, value: Any, before: Mapping[str, str] | None, text: str, key: str) -> None:
        self._inner = cell(value)
        self._changed = before is not None and text != before.get(key)

    def text(self) -> str:
        """The text, and the mark or as much room."""
        return (MARK if self._changed else " ") + self._inner.text()

    def exact(self) -> str:
        """As without mark."""
        return self._inner.exact()

    def data(self) -> Any:
        """As without mark."""
        return self._inner.data()


def drawn_over(lines: Iterable[str], last: int) -> Iterator[str]:
    """What a terminal has to be sent so that lines stand where the `last` ones stood; too long ones are cut off."""
    yield "\x1b[?7l"
    if last:
        yield f"\x1b[{last}A\r"
    for line in lines:
        yield f"{line}\x1b[K\n"
    yield "\x1b[J\x1b[?7h"
