"""How often events come, as a table: what the event monitor has counted so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from threading import Event as Flag
from time import monotonic
from typing import Any

from server_core.model.errors import DevFailed
from tangoterm.console.cells import PlainCell
from tangoterm.console.event_monitor import EventMonitor, Line, Mode, Tally, as_number
from tangoterm.console.result import Column, Failure, Frame, Layout, Result, Row, columns
from tangoterm.console.session import AttributeName, Session

EVERY = 1.0
"""Seconds between two looks, where the table is shown anew."""
LOOK = 0.05
"""Seconds between two looks whether enough has come."""
COLUMNS = (
    *columns("Name", "Event", "How", ">Rate", ">Received", ">Missed", ">Errors"),
    Column("shortest", "Min Δt", right=True),
    Column("longest", "Max Δt", right=True),
    *columns("Value", "Why"),
)
DELTAS = (Column("delta_time", "Δt s", right=True), Column("delta_value", "Δ value", right=True))


class NumberCell(PlainCell):
    """A number for people with few digits, as wide as its column; nothing is as wide."""

    def __init__(self, value: float | None, pattern: str, width: int = 0) -> None:
        super().__init__(value)
        self._pattern, self._width = pattern, width

    def text(self) -> str:
        """The number, or a dash, aligned to the right."""
        text = super().text() if self.value is None else format(self.value, self._pattern)
        return text.rjust(self._width)


def with_deltas(rows: Generator[dict[str, Any]]) -> Generator[dict[str, Any]]:
    """Rows of a watch with the differences to the row before of the same attribute."""
    tallies: defaultdict[str, Tally] = defaultdict(Tally)
    with closing(rows):
        for row in rows:
            tally = tallies[row["name"]]
            failed = row["errors"] is not None
            tally.take(row["time"].seconds, None if failed else as_number(row["value"].raw()), failed=failed)
            yield row | {
                "delta_time": NumberCell(tally.delta_time, ".3f", 8),
                "delta_value": NumberCell(tally.delta_value, "+.4g", 10),
            }


class EventStatistics:
    """Counts events until it has seen enough; an interrupt ends the counting, not the table.

    `frames` are the table every second and in the end; the rows of `result` are those of the end.
    """

    def __init__(
        self,
        session: Session,
        names: Sequence[AttributeName],
        kind: str | None,
        interval: float,
        count: int | None,
        duration: float | None,
    ) -> None:
        self._monitor = EventMonitor(session, interval=interval)
        self._count = count
        self._stopped = Flag()
        try:
            self._monitor.add(names, (kind or "change",))
        except BaseException:
            self._monitor.close()
            raise
        self._end = None if duration is None else monotonic() + duration
        lines = self._monitor.lines.values()
        self.result = Result(
            COLUMNS,
            self._rows(),
            Layout.TABLE,
            failures=[
                Failure(str(line.name), DevFailed(*line.refusal.errors))
                for line in lines
                if line.refusal is not None and line.mode is Mode.REFUSED
            ],
            stop=self._stopped.set,
            frames=self._frames,
        )

    def _rows(self) -> Iterator[Row]:
        for table in self._tables(float("inf")):
            rows = table
        yield from rows

    def _frames(self) -> Iterator[Frame]:
        for rows in self._tables(EVERY):
            yield Frame(self._monitor.clock(), EVERY, Result(COLUMNS, rows))

    def _tables(self, every: float) -> Iterator[list[Row]]:
        """The table at once, every so many seconds, and when there is no more to come."""
        try:
            yield self._table()
            due = monotonic() + every
            while not self._done():
                self._stopped.wait(LOOK)
                if monotonic() >= due:
                    due += every
                    yield self._table()
        except KeyboardInterrupt:
            self._stopped.set()
        finally:
            last = self._table()
            self._monitor.close()
        yield last

    def _done(self) -> bool:
        counted = self._count is not None and self._monitor.count >= self._count
        return counted or self._stopped.is_set() or (self._end is not None and monotonic() >= self._end)

    def _table(self) -> list[Row]:
        now = self._monitor.clock()
        return [self._row(line, now) for line in tuple(self._monitor.lines.values())]

    def _row(self, line: Line, now: float) -> Row:
        tally = line.tally
        return {
            "name": str(line.name),
            "event": line.kind,
            "how": line.mode.value,
            "rate": NumberCell(tally.rate(now), ".1f"),
            "received": tally.received,
            "missed": tally.missed,
            "errors": tally.errors,
            "shortest": NumberCell(tally.shortest, ".3f"),
            "longest": NumberCell(tally.longest, ".3f"),
            "value": line.value,
            "why": line.refusal.why if line.refusal else "",
        }
