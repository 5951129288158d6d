"""Rows that other threads bring, for as long as somebody waits for them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

Row = dict[str, Any]


class Arrivals:
    """A queue of rows between those who observe and the one who shows."""

    def __init__(self) -> None:
        self._rows: SimpleQueue[Row | None] = SimpleQueue()

    def put(self, row: Row) -> None:
        """Bring a row, from any thread."""
        self._rows.put(row)

    def next(self, seconds: float) -> Row | None:
        """The next row that comes within `seconds`; None when none does."""
        try:
            return self._rows.get(timeout=seconds)
        except Empty:
            return None

    def take(self) -> list[Row]:
        """The rows that are there now, without waiting."""
        taken: list[Row] = []
        while True:
            try:
                row = self._rows.get_nowait()
            except Empty:
                return taken
            if row is not None:
                taken.append(row)

    def stop(self) -> None:
        """End `rows`, from any thread."""
        self._rows.put(None)

    def rows(self, limit: int | None, seconds: float | None, close: Callable[[], None]) -> Generator[Row]:
        """The rows as they come; ends after `limit` of them, after `seconds`, or by `stop`, and then calls `close`."""
        deadline = None if seconds is None else monotonic() + seconds
        given = 0
        try:
            while limit is None or given < limit:
                try:
                    row = self._rows.get(timeout=None if deadline is None else max(0.0, deadline - monotonic()))
                except Empty:
                    return
                if row is None:
                    return
                given += 1
                yield row
        finally:
            close()
