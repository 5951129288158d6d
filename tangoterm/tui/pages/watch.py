"""Attributes of several devices in one live table, kept as lists, and the numbers among them in a plot."""

from __future__ import annotations

import time
from math import isfinite
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from server_core.model.errors import DevError, DevFailed
from tangoterm.console.commands.table import UsageError
from tangoterm.console.exports import readings
from tangoterm.console.format import error_line, plural, unit_of, with_unit
from tangoterm.console.lists import ListsFile
from tangoterm.console.scope import attributes_in
from tangoterm.console.session import AttributeName
from tangoterm.tui.actions import bindings
from tangoterm.tui.attribute import Point
from tangoterm.tui.gathering import Gathering, Watched
from tangoterm.tui.listing import Listing
from tangoterm.tui.modals.form import text_form
from tangoterm.tui.pages.base import Page
from tangoterm.tui.store import SystemStore
from tangoterm.tui.text import plain, toned
from tangoterm.tui.widgets.chart import Chart, Curve, Level, Trace
from tangoterm.tui.widgets.grid import Cell, Column, Grid
from tangoterm.tui.widgets.line_list import LineList
from tangoterm.tui.widgets.picture import SPANS
from tangoterm.tui.wording import age_cell, quality_cell, set_point_text, source_cell, trend_text, value_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tangoterm.tui.browser import Browser

_TREND = 12
_APART = 100.0
"""Curves whose largest values differ by more than this factor have scales of their own."""
_TONES = ("curve", "accent", "good", "state-alarm", "link", "state-disable")


class WatchPage(Listing, Page):
    """The table above, the plot below."""

    BINDING_GROUP_TITLE = "Watch"
    BINDINGS: ClassVar[list[BindingType]] = bindings("watch")

    def __init__(self, store: SystemStore, *, id: str | None = None) -> None:
        super().__init__(store, id=id)
        self.gathering = Gathering(store.port)
        self.marked: set[str] = set()

    def compose(self) -> ComposeResult:
        """Filter, table, what is drawn, and the plot."""
        self.grid = Grid(
            self._columns(), lambda row: row.key, empty="a adds attributes; so it does in a device's table"
        )
        self.legend = Static(id="watch-legend")
        self.chart = Chart()
        yield self.filter_line
        yield self.grid
        yield self.legend
        yield self.chart

    def _columns(self) -> tuple[Column[Watched], ...]:
        def live(cell: Cell, row: Watched) -> Cell:
            return cell if row.failure is None else (cell if isinstance(cell, str) else cell[0], "muted")

        return (
            Column("", 1, self._number, rank=1),
            Column("Attribute", 26, lambda row: live((str(row.name), ""), row), grow=3, most=60),
            Column("Value", 18, self._value, grow=4, most=64),
            Column("Set point", 12, lambda row: live((set_point_text(row.observed), "link"), row), rank=3, most=20),
            Column("Q", 3, lambda row: live(quality_cell(row.observed), row)),
            Column("Trend", _TREND, lambda row: live((trend_text(row.observed.history, _TREND), "curve"), row), rank=4),
            Column("Source", 8, lambda row: live(source_cell(row.observed), row), rank=2),
            Column("Age", 6, lambda row: live(age_cell(row.observed), row), right=True, rank=5),
        )

    def _value(self, row: Watched) -> tuple[str, str]:
        if row.failure is not None:
            return f"× {error_line(row.failure.errors)}", "muted"
        return value_cell(row.observed)

    def _number(self, row: Watched) -> tuple[str, str]:
        drawn = self._drawn()
        index = next((index for index, each in enumerate(drawn) if each is row), None)
        return ("", "") if index is None else (str(index + 1), _TONES[index])

    # ---- in and out of sight

    def enter(self, subject: str) -> None:
        """Watch what `subject` names: a list, or attributes; without, those that were watched before."""
        super().enter(subject)
        if subject.strip():
            words = subject.split()
            self._resolve([f"@{words[0]}"] if len(words) == 1 and words[0].isidentifier() else words, False)
        else:
            self._watch(self.store.watched)

    def leave(self) -> None:
        """Ask nothing more."""
        self.gathering.stop()

    def flush(self) -> None:
        """Show what is new; the plot moves with the time."""
        if self.gathering.changed:
            self.gathering.changed = False
            self.fill(self.gathering.rows)
        self._plot()

    @work(exclusive=True, group="names")
    async def _resolve(self, words: list[str], more: bool) -> None:
        try:
            found = await self.store.port.perform(lambda session: attributes_in(session, words))
        except (DevFailed, UsageError) as error:
            self.app.notify(str(error), severity="error", markup=False)
            found = []
        self._watch([*self.store.watched, *found] if more else found or self.store.watched)

    def _watch(self, names: Sequence[AttributeName]) -> None:
        self.gathering.set_names(names)
        self.store.watched = [row.name for row in self.gathering.rows]

    # ---- the plot

    def _drawn(self) -> list[Watched]:
        """The numbers that are drawn: those marked, else the one under the cursor."""
        rows = [row for row in self.gathering.rows if row.key in self.marked]
        if not rows and self.grid.current is not None:
            rows = [self.grid.current]
        return [row for row in rows if row.observed.history][: len(_TONES)]

    def _plot(self) -> None:
        drawn = list(zip(self._drawn(), _TONES, strict=False))
        if not drawn:
            self.legend.update(toned((" space draws the numbers of a row", "muted")), layout=False)
            self.chart.say("nothing to draw")
            return
        scales = own_scales([row.observed.history for row, _ in drawn])
        self.legend.update(_legend(drawn, scales), layout=False)
        now = time.time()
        age = now - min(row.observed.history[0].time for row, _ in drawn)
        span = next((span for span in SPANS if age <= span), SPANS[-1])
        traces, ends = [], []
        for number, (row, tone) in enumerate(drawn, 1):
            points = [*row.observed.history, Point(now, row.observed.history[-1].value)]
            if scales:
                low, high = scales[number - 1]
                points = [Point(moment, (value - low) / (high - low) * 100) for moment, value in points]
            traces.append(Trace(points, tone, row.observed.stepwise))
            ends.append(Level(points[-1].value, str(number), tone, "", front=True))
        first, *more = traces

        def ago(moment: float) -> str:
            return f"{moment - now:.0f} s"

        percent = "{:.0f} %".format if scales else None
        self.chart.draw(Curve(first.points, now - span, now, ends, ago, first.steps, percent, more=more))

    # ---- actions

    @on(LineList.Chosen)
    def action_open(self) -> None:
        """Open the device."""
        if (row := self.grid.current) is not None:
            browser = cast("Browser", self.screen)
            browser.open_device(row.name.device, enter=True)

    def action_add(self) -> None:
        """Ask for attributes."""

        async def perform(text: str) -> Sequence[DevError]:
            self._resolve(text.split(), True)
            return ()

        self.app.push_screen(text_form("Watch", "Add", perform, example="sys/tg_test/1/ampli sr/*/*/State @list"))

    def action_remove(self) -> None:
        """Watch the attribute no longer."""
        if (row := self.grid.current) is not None:
            self.marked.discard(row.key)
            self._watch([each.name for each in self.gathering.rows if each is not row])

    def action_shift(self, by: int) -> None:
        """Move the attribute up or down."""
        row, rows = self.grid.current, self.gathering.rows
        if row is None or self.grid.filter:
            return
        place = rows.index(row)
        names = [each.name for each in rows]
        names.insert(max(0, min(place + by, len(names) - 1)), names.pop(place))
        self._watch(names)

    def action_mark(self) -> None:
        """Draw the row, or no longer."""
        if (row := self.grid.current) is not None:
            self.marked ^= {row.key}
            self.grid.refresh()

    def action_save(self) -> None:
        """Ask for a name, and save the list."""

        async def perform(name: str) -> Sequence[DevError]:
            try:
                file = ListsFile()
                if name in file.read().lists:
                    file.remove(name)
                file.add(name, [str(row.name) for row in self.gathering.rows])
            except UsageError as error:
                return DevFailed.of("Refused", str(error), "").errors
            self.app.notify(f"@{name}: {plural(len(self.gathering.rows), 'attribute')}", markup=False)
            return ()

        initial = self.subject.removeprefix("@") if self.subject.removeprefix("@").isidentifier() else ""
        self.app.push_screen(text_form("Save the list", "Save", perform, initial=initial))

    def action_export(self) -> None:
        """Write the table into a file."""
        rows = [(str(row.name), row.observed.config, row.observed.reading) for row in self.gathering.rows]
        self.export("watch.csv", readings(rows))


def own_scales(curves: Sequence[Sequence[Point]]) -> list[tuple[float, float]]:
    """The lowest and highest value of each curve when they do not fit on one scale, else nothing.

    A curve that stands still lies in the middle of its scale.
    """
    values = [[value for _, value in curve if isfinite(value)] or [0.0] for curve in curves]
    sizes = [size for each in values if (size := max(map(abs, each)))]
    if len(curves) < 2 or not sizes or max(sizes) <= _APART * min(sizes):
        return []
    ends = [(min(each), max(each)) for each in values]
    return [(low, high) if low < high else (low - (abs(low) or 1), high + (abs(high) or 1)) for low, high in ends]


def _legend(drawn: Sequence[tuple[Watched, str]], scales: Sequence[tuple[float, float]]) -> Content:
    """What is drawn; of curves with scales of their own, where they begin and end."""
    parts = []
    for number, (row, tone) in enumerate(drawn, 1):
        ends = ""
        if scales:
            low, high = scales[number - 1]
            ends = with_unit(f" {low:.5g} … {high:.5g}", unit_of(row.observed.config))
        parts.append((f" {number} {plain(str(row.name))}{plain(ends)} ", tone))
    return toned(*([("own scales: ", "muted")] if scales else []), *parts)
