"""The requests that devices received, as they come: a list to filter, counts, and who the clients are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.reactive import var
from textual.widget import Widget
from textual.widgets import Static

from server_core.model.errors import DevFailed
from tangoterm.console.blackbox import BlackBoxEntry
from tangoterm.console.blackbox.client import Client, client_of
from tangoterm.console.blackbox.selection import Selection
from tangoterm.console.blackbox.top import GROUPS, Count, top
from tangoterm.console.blackbox.trace import LONGEST, SHORTEST, BlackBoxTrace, span
from tangoterm.console.format import error_line, plural
from tangoterm.console.polling.rows import percent
from tangoterm.tui.actions import bindings
from tangoterm.tui.bars import bar
from tangoterm.tui.listing import Listing
from tangoterm.tui.port import SystemPort
from tangoterm.tui.telling import Telling
from tangoterm.tui.text import facts_text, plain, toned
from tangoterm.tui.widgets.grid import Column, Grid
from tangoterm.tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from tangoterm.tui.browser import Browser

_TONES = (("command_inout", "accent"), ("write", "link"), ("set_", "link"), ("read", ""))
_BAR = 20


def _operation_cell(entry: BlackBoxEntry) -> tuple[str, str]:
    if entry.is_gap:
        return "⚠ lost", "warn"
    if entry.time is None:
        return entry.line, ""
    tone = next((tone for start, tone in _TONES if entry.operation.startswith(start)), "muted")
    return entry.operation, tone


def _objects_cell(entry: BlackBoxEntry) -> tuple[str, str]:
    return (entry.line, "warn") if entry.is_gap else (entry.objects, "strong")


def _client_cell(entry: BlackBoxEntry) -> tuple[str, str]:
    return (entry.client, "muted") if entry.by_polling else (entry.client, "")


def _process_cell(entry: BlackBoxEntry) -> tuple[str, str]:
    return (f"{entry.language} {entry.process}".strip(), "muted")


_TIME: Column[BlackBoxEntry] = Column(
    "Time", 11, lambda entry: (f"{entry.time:%H:%M:%S.%f}"[:11] if entry.time else "", "muted")
)
_DEVICE: Column[BlackBoxEntry] = Column("Device", 17, lambda entry: entry.device, grow=1, most=30)
_REST: tuple[Column[BlackBoxEntry], ...] = (
    Column("Request", 17, _operation_cell, grow=3, most=26),
    Column("Of what", 12, _objects_cell, grow=5),
    Column("Source", 12, lambda entry: (entry.source, "muted"), rank=3),
    Column("From", 10, _client_cell, grow=1, most=24, rank=1),
    Column("Client", 16, _process_cell, grow=1, most=20, rank=2),
)


def _share_cell(count: Count) -> tuple[str, str]:
    return f"{percent(count.share):>6} {bar(count.share, _BAR)}", "curve"


COUNT_COLUMNS: tuple[Column[Count], ...] = (
    Column("Name", 24, lambda count: (count.name or "(not told)", "strong"), grow=3, most=60),
    Column("Count", 7, lambda count: str(count.number), right=True),
    Column("Hz", 7, lambda count: "" if count.hertz is None else f"{count.hertz:.3g}", right=True),
    Column("Share", 7 + _BAR, _share_cell, rank=2),
    Column("Last", 8, lambda count: (f"{count.last:%H:%M:%S}" if count.last else "", "muted"), rank=1),
)


class BlackboxBoard(Listing, Telling):
    """The live list of a `trace`, newest first, and the counts of it."""

    BINDING_GROUP_TITLE = "Blackbox"
    BINDINGS: ClassVar[list[BindingType]] = bindings("blackbox")

    routine = var(False, init=False)
    own = var(True, init=False)
    paused = var(False, init=False)
    by = var("", init=False)
    only = var("", init=False)

    port: SystemPort
    trace: BlackBoxTrace | None = None
    _failure = ""
    _held = 0
    _summary = Content("")

    def compose(self) -> ComposeResult:
        """The list, the counts in its place, and a line on what is left out."""
        self.grid = Grid(
            (_TIME, *_REST),
            lambda entry: entry.line,
            names=lambda entry: (entry.line, entry.device),
            empty="no requests yet",
            id="blackbox-grid",
        )
        self.counts: Grid[Count] = Grid(
            COUNT_COLUMNS, lambda count: count.name, empty="nothing to count", id="blackbox-counts"
        )
        self.counts.display = False
        self.note = Static(id="blackbox-note")
        yield self.filter_line
        yield self.grid
        yield self.counts
        yield self.note

    def main(self) -> Widget:
        """The list, or the counts."""
        return self.counts if self.by else self.grid

    def watch_trace(self, port: SystemPort, trace: BlackBoxTrace | None, *, several: bool) -> None:
        """Show a trace, from the top; `several` has the device named in each row."""
        self.port, self.trace, self._failure = port, trace, ""
        self.only, self.paused = "", False
        self.empty_list()
        self.grid.set_columns((_TIME, _DEVICE, *_REST) if several else (_TIME, *_REST))

    def set_period(self, seconds: float) -> None:
        """Look so often from now on."""
        raise NotImplementedError

    # ---- showing

    def redraw(self) -> None:
        """Show what the trace has now; at the top the cursor stays at the top."""
        if self.trace is None or not self.is_attached:
            return
        every = self.trace.entries()
        if self.paused:
            self._tell_note(len(every), self.grid.total, every)
            return
        self._held = len(every)
        shown = Selection(routine=self.routine, own=self.own, client=self.only).of(every)
        self.fill(shown, follow=self.grid.cursor > 0)
        if self.by:
            self.counts.set_rows(top(self.grid.rows, self.by))
        self._tell_note(len(every), len(shown), every)

    def _tell_note(self, there: int, shown: int, every: Sequence[BlackBoxEntry]) -> None:
        trace = self.trace
        if trace is None:
            self.note.update(toned((f" ✖ {plain(self._failure)}", "bad")) if self._failure else "", layout=False)
            return
        failures = trace.failures
        if failures and len(failures) == len(trace.devices):
            device, failure = next(iter(failures.items()))
            self.note.update(toned((f" ✖ {plain(device)}: {error_line(failure.errors)}", "bad")), layout=False)
            return
        covered = span(every)
        seen = shown - sum(entry.is_gap for entry in every)
        parts: list[str | tuple[str, str]] = [(f" {plural(max(seen, 0), 'request')}", "muted")]
        if covered:
            parts.append((f" in {_time_text(covered.total_seconds())}", "muted"))
        if self.paused:
            parts.append((f"  ‖ paused, {there - self._held} more", "warn"))
        if trace.gaps:
            parts.append((f"  ⚠ {plural(trace.gaps, 'gap')}", "warn"))
        if trace.period < trace.wanted:
            parts.append((f", every {trace.period:g} s", "warn"))
        elif trace.wanted != 1:
            parts.append((f", every {trace.period:g} s", "muted"))
        if self.only:
            parts += [(f"  only {plain(self.only)} ", "accent"), ("c", "accent"), (" all", "muted")]
        if failures:
            parts.append((f"  ✖ {plural(len(failures), 'device')} silent", "bad"))
        if there > shown and not self.paused and not self.only:
            parts.append((f"  {there - shown} hidden", "muted"))
            for shown_too, key, what in ((self.routine, "h", "routine"), (self.own, "o", "own")):
                if not shown_too:
                    parts += [("  ", ""), (key, "accent"), (f" {what}", "muted")]
        self._summary = toned(*parts)
        self._show_note()

    def _show_note(self) -> None:
        self.note.update(Content("\n").join((self._row_in_full(), self._summary)), layout=False)

    def _row_in_full(self) -> Content:
        """The request under the cursor, with what its columns have no room for."""
        entry = self.grid.current
        if entry is None or self.by:
            return Content("")
        if entry.is_gap:
            return toned((f" {plain(entry.line)}", "warn"))
        asked = " ".join(word for word in (entry.client, _process_cell(entry)[0]) if word)
        return toned((f" {plain(asked)}: ", "accent"), (plain(f"{entry.operation} {entry.objects}".rstrip()), "muted"))

    @on(LineList.Moved)
    def _moved(self) -> None:
        if self.trace is not None:
            self._show_note()

    def watch_routine(self) -> None:
        """Lay out again."""
        self.redraw()

    def watch_own(self) -> None:
        """Lay out again."""
        self.redraw()

    def watch_only(self) -> None:
        """Lay out again."""
        self.redraw()

    def watch_paused(self) -> None:
        """Go on, or hold still."""
        self.redraw()

    def watch_by(self) -> None:
        """Change between list and counts."""
        focused = self.grid.has_focus or self.counts.has_focus
        self.grid.display, self.counts.display = not self.by, bool(self.by)
        if self.by:
            first, *rest = COUNT_COLUMNS
            title = Column(self.by.capitalize(), first.width, first.cell, first.grow, most=first.most)
            self.counts.set_columns((title, *rest))
        if focused:
            self.main().focus()
        self.redraw()

    # ---- actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing to look closer at without a row."""
        if action in ("details", "open") and self.is_mounted and self.by == "" and self.grid.current is None:
            return None
        return super().check_action(action, parameters)

    def action_routine(self) -> None:
        """Show or hide what is of no news."""
        self.routine = not self.routine

    def action_own(self) -> None:
        """Show or hide what this program asked."""
        self.own = not self.own

    def action_pause(self) -> None:
        """Hold the list still, or go on."""
        self.paused = not self.paused

    def action_top(self) -> None:
        """Count by the next kind; behind the last one the list again."""
        kinds = ["", *GROUPS]
        self.by = kinds[(kinds.index(self.by) + 1) % len(kinds)]

    def action_client(self) -> None:
        """Show one client alone, or all again."""
        entry = self.grid.current
        if self.only:
            self.only = ""
        elif self.by == "client" and self.counts.current is not None:
            self.by, self.only = "", self.counts.current.name
        elif entry is not None and entry.client:
            self.only = entry.process if entry.process.isdecimal() else entry.sender

    def action_pace(self, factor: float) -> None:
        """Look more or less often."""
        if self.trace is not None:
            self.set_period(min(max(self.trace.wanted * factor, SHORTEST), LONGEST))
            self.redraw()

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_details()

    def action_details(self) -> None:
        """The whole line, and who the client is; from a count to the requests behind it."""
        if self.by:
            self._narrow()
        elif self.grid.current is not None:
            self._tell_entry(self.grid.current)

    def _narrow(self) -> None:
        """From a count to the requests behind it."""
        count = self.counts.current
        if count is None:
            return
        if self.by == "client":
            self.action_client()
            return
        self.by = ""
        self.filter_line.begin()
        self.filter_line.field.value = count.name
        self.grid.focus()

    @work(exclusive=True, group="blackbox-details")
    async def _tell_entry(self, entry: BlackBoxEntry) -> None:
        try:
            client = await self.port.perform(lambda session: client_of(session, entry))
        except DevFailed:
            client = None  # the database does not answer, the line is there all the same
        rows = [
            ("time", f"{entry.time:%Y-%m-%d %H:%M:%S.%f}"[:22] if entry.time else ""),
            ("device", entry.device),
            ("request", entry.operation),
            ("of what", entry.objects),
            ("source", entry.source),
            ("from", entry.client),
            ("client", _process_cell(entry)[0]),
            *_client_facts(client),
            ("line", entry.line),
        ]
        self.tell("Request", facts_text([(name, value) for name, value in rows if value]))

    @work(exclusive=True, group="blackbox-details")
    async def action_open(self) -> None:
        """Open the device of the client."""
        entry: BlackBoxEntry | None = self.grid.current
        if entry is None:
            return
        try:
            client = await self.port.perform(lambda session: client_of(session, entry))
        except DevFailed as failure:
            self.tell_errors("The client was not found", failure.errors)
            return
        if client is None or not client.devices:
            self.app.notify(f"{entry.sender} is no server that the database knows", timeout=3, markup=False)
            return
        cast("Browser", self.screen).open_device(client.devices[0], enter=True)

    def action_copy(self) -> None:
        """Copy the line."""
        if self.by and self.counts.current is not None:
            self.copy(f"{self.counts.current.name}\t{self.counts.current.number}")
        elif self.grid.current is not None:
            self.copy(self.grid.current.line)


def _time_text(seconds: float) -> str:
    """`15 s`, `34 min`, `8 h`."""
    size, unit = (1, "s") if seconds < 120 else (60, "min") if seconds < 7200 else (3600, "h")
    return f"{seconds / size:.0f} {unit}"


def _client_facts(client: Client | None) -> list[tuple[str, str]]:
    if client is None:
        return []
    return [
        ("its program", client.command),
        ("is server", client.server),
        ("with", ", ".join(client.devices[:8]) + (" …" if len(client.devices) > 8 else "")),
    ]
