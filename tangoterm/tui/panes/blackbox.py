"""The requests that a device received, as they come."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.reactive import var
from textual.widgets import Static

from tangoterm.console.blackbox import BlackBoxEntry
from tangoterm.console.blackbox.selection import Selection
from tangoterm.console.format import error_line, plural
from tangoterm.tui.actions import bindings
from tangoterm.tui.observed import Change, DeviceWatch
from tangoterm.tui.panes.base import ListPane
from tangoterm.tui.text import facts_text, toned
from tangoterm.tui.widgets.grid import Column, Grid
from tangoterm.tui.widgets.line_list import LineList

_TONES = (("command_inout", "accent"), ("write", "link"), ("set_", "link"), ("read", ""))


def _operation_cell(entry: BlackBoxEntry) -> tuple[str, str]:
    if entry.time is None:
        return entry.line, ""
    tone = next((tone for start, tone in _TONES if entry.operation.startswith(start)), "muted")
    return entry.operation, tone


def _client_cell(entry: BlackBoxEntry) -> tuple[str, str]:
    return (entry.client, "muted") if entry.by_polling else (entry.client, "")


def _process_cell(entry: BlackBoxEntry) -> tuple[str, str]:
    return (f"{entry.language} {entry.process}".strip(), "muted")


COLUMNS: tuple[Column[BlackBoxEntry], ...] = (
    Column("Time", 11, lambda entry: (f"{entry.time:%H:%M:%S.%f}"[:11] if entry.time else "", "muted")),
    Column("Request", 20, _operation_cell, grow=1, most=26),
    Column("Of what", 16, lambda entry: (entry.objects, "strong"), grow=5),
    Column("Source", 12, lambda entry: (entry.source, "muted"), rank=3),
    Column("From", 8, _client_cell, grow=1, most=24, rank=1),
    Column("Client", 16, _process_cell, grow=1, most=20, rank=2),
)


class BlackboxPane(ListPane):
    """The live list, newest first."""

    BINDING_GROUP_TITLE = "Blackbox"
    BINDINGS: ClassVar[list[BindingType]] = bindings("blackbox")
    watches = frozenset({Change.BLACKBOX})

    routine = var(False, init=False)

    def compose(self) -> ComposeResult:
        """The grid, and a line on what is left out."""
        self.grid = Grid(COLUMNS, lambda entry: entry.line, empty="no requests yet", id="blackbox-grid")
        self.note = Static(id="blackbox-note")
        yield self.filter_line
        yield self.grid
        yield self.note

    def update_from(self, device: DeviceWatch) -> None:
        """Take over the entries; at the top the cursor stays at the top."""
        every = device.blackbox.entries()
        entries = Selection(routine=self.routine, own=self.routine).of(every)
        self.fill(entries, follow=self.grid.cursor > 0)
        self.note.update(_note(device, len(every) - len(entries), len(entries)), layout=False)

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_details()

    def watch_routine(self) -> None:
        """Lay out again."""
        if self.device is not None:
            self.update_from(self.device)

    def action_routine(self) -> None:
        """Show or hide what is of no news."""
        self.routine = not self.routine

    def action_details(self) -> None:
        """The whole line."""
        entry = self.grid.current
        if entry is None:
            return
        rows = [
            ("time", f"{entry.time:%Y-%m-%d %H:%M:%S.%f}"[:22] if entry.time else ""),
            ("request", entry.operation),
            ("of what", entry.objects),
            ("source", entry.source),
            ("from", entry.client),
            ("client", _process_cell(entry)[0]),
            ("line", entry.line),
        ]
        self.tell("Request", facts_text([(name, value) for name, value in rows if value]))

    def action_copy(self) -> None:
        """Copy the line."""
        if self.grid.current is not None:
            self.copy(self.grid.current.line)


def _note(device: DeviceWatch, hidden: int, shown: int) -> Content:
    failure = device.blackbox.failures.get(device.name)
    if failure is not None:
        return toned((f" ✖ {error_line(failure.errors)}", "bad"))
    parts: list[str | tuple[str, str]] = [(f" {plural(shown, 'request')}", "muted")]
    if hidden:
        parts.append((f", {hidden} routine ones hidden ", "muted"))
        parts.append(("h", "accent"))
        parts.append((" shows them", "muted"))
    return toned(*parts)
