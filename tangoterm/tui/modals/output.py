"""What a server prints, as it prints it."""

from __future__ import annotations

import asyncio
from typing import ClassVar, NamedTuple

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from server_core.model.errors import DevFailed
from tangoterm.console.format import error_line, plural
from tangoterm.console.servers.tail import Tail
from tangoterm.tui.modals.base import Dialog
from tangoterm.tui.port import SystemPort
from tangoterm.tui.text import plain, toned
from tangoterm.tui.widgets.filter_line import FilterLine
from tangoterm.tui.widgets.grid import Column, Grid

PERIOD = 0.5
MOST = 100_000
"""Lines that are kept."""


class Line(NamedTuple):
    """A line of the output and its number."""

    number: int
    text: str


class OutputDialog(Dialog[None]):
    """Follows the output of a server until it is left; it stands still while it is paused."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Close", key_display="esc"),
        Binding("space", "pause", "Pause"),
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("y", "copy", "Copy"),
    ]

    def __init__(self, port: SystemPort, server: str, tail: Tail) -> None:
        super().__init__()
        self.port, self.server, self.tail = port, server, tail
        self.lines: list[Line] = []
        self.paused = False
        self.problem = ""

    def compose(self) -> ComposeResult:
        """Title, filter, lines, how it goes, the keys."""
        self.grid: Grid[Line] = Grid(
            (Column("Output", 20, _cell, grow=1),),
            lambda line: str(line.number),
            names=lambda line: (line.text,),
            empty="it printed nothing",
            id="output-grid",
        )
        self.filter_line = FilterLine(self.grid)
        with Vertical(classes="dialog -full"):
            yield Static(toned((f"Output of {plain(self.server)}", "strong bold")))
            yield self.filter_line
            yield self.grid
            yield Static("", id="output-state", markup=False)
            yield Static("space pause   / filter   g G first, last   y copy   esc close", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Begin to follow."""
        self.grid.focus()
        self._follow()

    @work(exclusive=True, group="output")
    async def _follow(self) -> None:
        while True:
            try:
                new = await self.port.perform(lambda session: self.tail.read())
                self.problem = ""
            except DevFailed as failure:
                new, self.problem = [], error_line(failure.errors)
            first = self.lines[-1].number + 1 if self.lines else 0
            self.lines += [Line(first + number, text) for number, text in enumerate(new)]
            del self.lines[:-MOST]
            if new and not self.paused:
                self._show()
            self._tell()
            await asyncio.sleep(PERIOD)

    def _show(self) -> None:
        """Take over the new lines; the last one stays in sight unless one has moved away from it."""
        at_end = self.grid.cursor >= self.grid.count() - 1
        self.grid.set_rows(list(self.lines))
        self.filter_line.tell()
        if at_end:
            self.grid.action_last()

    def _tell(self) -> None:
        if self.problem:
            text = toned((f"✖ {plain(self.problem)}", "bad"))
        elif self.paused:
            text = toned(("‖ paused", "warn"), (f"   {len(self.lines) - self.grid.total} new", "muted"))
        else:
            text = toned(("» following", "good"), (f"   {plural(len(self.lines), 'line')}", "muted"))
        self.query_one("#output-state", Static).update(text)

    def action_pause(self) -> None:
        """Stand still, or go on."""
        self.paused = not self.paused
        if not self.paused:
            self._show()
        self._tell()

    def action_filter(self) -> None:
        """Type what the lines must hold."""
        self.filter_line.begin()

    def action_copy(self) -> None:
        """Copy the lines that are shown."""
        self.app.copy_to_clipboard("\n".join(line.text for line in self.grid.rows))
        self.app.notify(f"Copied {plural(len(self.grid.rows), 'line')}", timeout=2)

    def action_leave(self) -> None:
        """End the filter, or close."""
        if self.grid.filter:
            self.filter_line.end()
        else:
            self.dismiss(None)


def _cell(line: Line) -> tuple[str, str]:
    lower = line.text.lower()
    if any(word in lower for word in ("error", "fatal", "traceback", "exception")):
        return line.text, "bad"
    return line.text, "warn" if "warn" in lower else ""
