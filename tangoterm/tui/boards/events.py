"""Subscriptions to events with what comes of them, and the latest events as a list."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.reactive import var
from textual.widgets import Static

from server_core.model.enums import AttrDataFormat
from server_core.model.errors import DevFailed
from tangoterm.console.commands.table import UsageError
from tangoterm.console.engine import run_line
from tangoterm.console.event_monitor import INTERFACE, KINDS, EventMonitor, Happening, Line, Mode, text_of
from tangoterm.console.format import clock_text, error_line, plural
from tangoterm.console.scope import attributes_in
from tangoterm.console.session import AttributeName, Session
from tangoterm.tui.actions import bindings
from tangoterm.tui.listing import Listing
from tangoterm.tui.port import SystemPort
from tangoterm.tui.telling import Telling, errors_of
from tangoterm.tui.text import facts_text, plain, toned
from tangoterm.tui.widgets.grid import Column, Grid

_MODES = {
    Mode.NATIVE: ("↯ native", "good"),
    Mode.ZMQ: ("↯ ZeroMQ", "good"),
    Mode.READING: ("◌ reading", "warn"),
    Mode.LOST: ("✖ lost", "bad"),
    Mode.REFUSED: ("✖ refused", "bad"),
    Mode.STOPPED: ("· stopped", "muted"),
    Mode.WAITING: ("…", "muted"),
}
LOG_SHOWN = 1000
"""Of the latest events, so many are shown."""
AGING = 0.5
"""Seconds after which rates and ways are drawn again when no event came."""


def _number(value: float | None, pattern: str) -> str:
    return "" if value is None else format(value, pattern)


def _value(line: Line) -> tuple[str, str]:
    text = line.value
    if not text and line.refusal is not None:
        return f"✖ {line.refusal.why}", "bad"
    return text, "bad" if text.startswith("✖") else "strong"


LINES: tuple[Column[Line], ...] = (
    Column("Attribute", 28, lambda line: _name(line), grow=3, most=50),
    Column("Event", 9, lambda line: (line.kind, "accent")),
    Column("Value", 12, _value, grow=4),
    Column("Quality", 8, lambda line: (line.quality, "muted"), rank=6),
    Column("How", 10, lambda line: _MODES[line.mode]),
    Column("Last", 12, lambda line: (clock_text(line.tally.last) if line.tally.last else "", "muted"), rank=2),
    Column("Δt s", 8, lambda line: _number(line.tally.delta_time, ".3f"), right=True, rank=4),
    Column("Δ value", 9, lambda line: _number(line.tally.delta_value, "+.4g"), right=True, rank=3),
    Column("Per s", 7, lambda line: f"{line.tally.rate(time.time()):.1f}", right=True, rank=1),
    Column("Received", 8, lambda line: str(line.tally.received), right=True),
    Column(
        "Missed", 6, lambda line: (str(line.tally.missed), "bad" if line.tally.missed else "muted"), right=True, rank=5
    ),
    Column(
        "Errors", 6, lambda line: (str(line.tally.errors), "bad" if line.tally.errors else "muted"), right=True, rank=7
    ),
)
LOG: tuple[Column[Happening], ...] = (
    Column("Time", 12, lambda one: (clock_text(one.time), "muted")),
    Column("Attribute", 28, lambda one: _name(one.line), grow=2, most=50),
    Column("Event", 9, lambda one: (one.line.kind, "accent"), rank=1),
    Column("Value", 14, lambda one: text_of(one.line, one.payload), grow=4),
)


def _name(line: Line) -> str:
    return str(line.name).rstrip("/")


def without_device(columns: tuple[Column[Any], ...], line_of: Callable[[Any], Line]) -> tuple[Column[Any], ...]:
    """The same columns for what is all about one device, whose name needs no room."""
    return tuple(
        replace(column, width=14, cell=lambda row: line_of(row).name.name or "(device)")
        if column.title == "Attribute"
        else column
        for column in columns
    )


class EventBoard(Listing, Telling):
    """The subscriptions above, the latest events below."""

    BINDING_GROUP_TITLE = "Events"
    BINDINGS: ClassVar[list[BindingType]] = bindings("events")

    port: SystemPort
    monitor: EventMonitor | None = None
    paused = var(False, init=False)
    listing = var(False, init=False)
    _failure = ""
    _seen = -1
    _due = 0.0

    def compose(self) -> ComposeResult:
        """The two lists, and a line on how it goes."""
        self.grid = Grid(
            LINES,
            lambda line: line.key,
            names=lambda line: (str(line.name), line.kind, line.mode.value),
            empty="subscribing …",
            id="event-grid",
        )
        self.log_grid = Grid(
            LOG,
            lambda one: str(one.number),
            names=lambda one: (str(one.line.name), one.line.kind, text_of(one.line, one.payload)),
            empty="no events yet",
            id="event-log",
        )
        yield self.filter_line
        yield self.grid
        yield Static(id="event-note")
        yield self.log_grid

    def on_mount(self) -> None:
        """Look at the counts several times a second: what comes in between costs nothing on the screen."""
        self.set_interval(0.125, self.flush)

    # ---- what is monitored

    @work(exclusive=True, group="events")
    async def monitor_events(self, port: SystemPort, words: list[str], *, device: str = "") -> None:
        """Subscribe to the change events of the attributes that words name, or of all scalars of a device."""
        await self.stop_monitoring()
        self.port, self._failure, self._seen = port, "", -1
        self.empty_list()
        self.log_grid.reset()
        self.grid.empty = "subscribing …"

        def begin(session: Session) -> EventMonitor:
            monitor = EventMonitor(session)
            self.monitor = monitor
            if device:
                known = session.members(device).attributes.values()
                scalars = [config.name for config in known if config.data_format is AttrDataFormat.SCALAR]
                monitor.add([AttributeName(device, name) for name in scalars])
                monitor.add([AttributeName(device, "")], [INTERFACE])
            else:
                monitor.add(attributes_in(session, words))
            return monitor

        try:
            await self.port.perform(begin)
        except (DevFailed, UsageError) as failure:
            self._failure = error_line(failure.errors) if isinstance(failure, DevFailed) else str(failure)
        self.grid.empty = "nothing is subscribed to; a adds attributes" if not words and not device else "no attributes"
        self._seen = -1

    async def stop_monitoring(self) -> None:
        """Unsubscribe from everything."""
        monitor, self.monitor = self.monitor, None
        if monitor is not None:
            await self.port.perform(lambda session: monitor.close())

    async def on_unmount(self) -> None:
        """Leave nothing behind at the servers."""
        await self.stop_monitoring()

    def flush(self) -> None:
        """Show what has come."""
        monitor = self.monitor
        if monitor is None or not self.is_attached:
            return
        monitor.reading = in_sight = self.display and self.is_on_screen
        new = monitor.count != self._seen
        if not in_sight or self.paused or not (new or time.monotonic() >= self._due):
            return
        self._due = time.monotonic() + AGING
        self.fill(list(monitor.lines.values()))
        if new:
            self._seen = monitor.count
            latest = list(monitor.happenings)[-LOG_SHOWN:]
            latest.reverse()
            self.log_grid.set_rows(latest, follow=self.log_grid.cursor > 0)
        self._tell_note(monitor)

    def _tell_note(self, monitor: EventMonitor) -> None:
        note = self.query_one("#event-note", Static)
        if self._failure:
            note.update(toned((f" ✖ {plain(self._failure)}", "bad")), layout=False)
            return
        lines = list(monitor.lines.values())
        by_event = sum(line.mode in (Mode.NATIVE, Mode.ZMQ) for line in lines)
        rate = sum(line.tally.rate(time.time()) for line in lines)
        parts: list[str | tuple[str, str]] = [
            (f" {plural(len(lines), 'line')}, {by_event} by event, {rate:.1f}/s, {monitor.count} received", "muted")
        ]
        if self.paused:
            parts.append(("  paused", "warn bold"))
        line = self.grid.current
        if line is not None and line.again:
            parts.append((f"  subscribed again {line.again} times", "warn"))
        summary = toned(*parts)
        if line is None or line.refusal is None:
            note.update(Content("\n").join((Content(""), summary)), layout=False)
            return
        fix = toned((" f", "accent"), f" {plain(line.refusal.fix)} ") if line.refusal.fix else Content("")
        why = toned((f" {plain(line.refusal.why)}", "warn"))
        narrow = fix.cell_length + why.cell_length > note.size.width
        note.update(Content("\n").join((fix, why) if narrow and fix else (fix + why, summary)), layout=False)

    # ---- actions

    @property
    def line(self) -> Line | None:
        """The subscription under the cursor."""
        return self.grid.current

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A fix is there for what was refused for a reason that one can do something about."""
        if action in ("switch", "remove", "kind", "fix", "details") and self.is_mounted and self.line is None:
            return None
        return super().check_action(action, parameters)

    def action_pause(self) -> None:
        """Stand still; counting goes on."""
        self.paused = not self.paused
        if self.monitor is not None:
            self._tell_note(self.monitor)

    @work(group="event change")
    async def action_switch(self) -> None:
        """Unsubscribe, or subscribe again."""
        line, monitor = self.line, self.monitor
        if line is None or monitor is None:
            return
        if line.mode in (Mode.STOPPED, Mode.REFUSED):
            await self.port.perform(lambda session: monitor.begin([line]))
        else:
            await self.port.perform(lambda session: monitor.end(line))

    @work(group="event change")
    async def action_remove(self) -> None:
        """Unsubscribe and forget."""
        line, monitor = self.line, self.monitor
        if line is not None and monitor is not None:
            await self.port.perform(lambda session: monitor.remove(line))

    def action_kind(self) -> None:
        """Ask which other events of the attribute are wanted."""
        line = self.line
        if line is not None:
            from tangoterm.tui.modals.choose import Choose

            def chosen(kind: str | None) -> None:
                self._add(line, kind)

            self.app.push_screen(Choose(f"Events of {line.name}", tuple(KINDS)), chosen)

    @work(group="event change")
    async def _add(self, line: Line, kind: str | None) -> None:
        monitor = self.monitor
        if kind is not None and monitor is not None:
            await self.port.perform(lambda session: monitor.add([line.name], [kind]))

    @work(group="event change")
    async def action_fix(self) -> None:
        """Run the command that makes the attribute send events, and subscribe."""
        line, monitor = self.line, self.monitor
        if line is None or monitor is None or line.refusal is None or not line.refusal.fix:
            self.app.bell()
            return
        fix = line.refusal.fix
        errors = await errors_of(self.port, lambda session: run_line(session, fix))
        if errors:
            self.tell_errors(fix, errors)
            return
        self.app.notify(f"{fix}: done", markup=False)
        await self.port.perform(lambda session: monitor.begin([line]))

    def action_details(self) -> None:
        """All of a subscription."""
        line = self.line
        if line is None:
            return
        tally = line.tally
        rows = [
            ("attribute", str(line.name).rstrip("/")),
            ("events", line.kind),
            ("how", line.mode.value),
            ("why not", line.refusal.why if line.refusal else ""),
            ("what helps", line.refusal.fix if line.refusal else ""),
            ("value", line.value),
            ("quality", line.quality),
            ("last", clock_text(tally.last) if tally.last else ""),
            ("interval", f"{tally.delta_time:.6f} s" if tally.delta_time is not None else ""),
            ("change", _number(tally.delta_value, "+.9g")),
            ("rate", f"{tally.rate(time.time()):.2f} per second"),
            ("received", str(tally.received)),
            ("missed", str(tally.missed)),
            ("errors", str(tally.errors)),
            ("subscribed again", str(line.again) if line.again else ""),
        ]
        self.tell("Subscription", facts_text([(name, value) for name, value in rows if value]))

    def action_copy(self) -> None:
        """Copy the latest events as lines of text."""
        rows = [] if self.monitor is None else self.log_grid.rows
        if rows:
            lines = (
                f"{clock_text(one.time)}\t{one.line.name}\t{one.line.kind}\t{text_of(one.line, one.payload)}"
                for one in reversed(rows)
            )
            self.app.copy_to_clipboard("\n".join(lines))
            self.app.notify(f"Copied {plural(len(rows), 'event')}", timeout=2)
