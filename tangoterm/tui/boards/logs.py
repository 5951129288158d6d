"""What devices log, as it happens, with their levels and targets."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.reactive import var
from textual.widgets import Static

from server_core.model.errors import DevError, DevFailed
from tangoterm.console.arrivals import Row
from tangoterm.console.commands.table import UsageError
from tangoterm.console.engine import run_line
from tangoterm.console.format import error_line, plural
from tangoterm.console.log_settings import LogSettings, log_settings, setting_lines
from tangoterm.console.logs import LEVELS, LogWatch, Watcher, line_of
from tangoterm.console.result import Refused
from tangoterm.console.scope import devices_in
from tangoterm.console.session import Session
from tangoterm.tui.actions import bindings
from tangoterm.tui.listing import Listing
from tangoterm.tui.modals.choose import Choose
from tangoterm.tui.modals.form import text_form
from tangoterm.tui.port import SystemPort
from tangoterm.tui.telling import Telling, errors_of
from tangoterm.tui.text import plain, toned
from tangoterm.tui.widgets.grid import Column, Grid

KEPT = 10_000
"""Messages that are remembered."""
_WIDE = 115
"""Columns from which on the note says what becomes of the settings."""
_TONES = {"FATAL": "bad bold", "ERROR": "bad", "WARN": "warn", "INFO": "good", "DEBUG": "muted"}


def _text(row: Row, key: str) -> str:
    value = row[key]
    return str(value.text() if hasattr(value, "text") else value)


COLUMNS: tuple[Column[Row], ...] = (
    Column("Time", 12, lambda row: (_text(row, "time"), "muted")),
    Column("Level", 5, lambda row: (_text(row, "level").strip(), _TONES.get(_text(row, "level").strip(), "muted"))),
    Column("Device", 14, lambda row: (row["device"], "accent"), grow=1, most=36, rank=1),
    Column("Thread", 8, lambda row: (str(row["thread"]), "muted"), grow=1, most=16, rank=2),
    Column("Message", 20, lambda row: row["message"], grow=6),
)


class LogBoard(Listing, Telling):
    """The messages, newest first. While they are received the devices log to this program; that is put back."""

    BINDING_GROUP_TITLE = "Logs"
    BINDINGS: ClassVar[list[BindingType]] = bindings("logs")

    port: SystemPort
    devices: tuple[str, ...] = ()
    watch_: LogWatch | None = None
    paused = var(False, init=False)
    _level: str | None = None
    _failure = ""
    _new = False

    def compose(self) -> ComposeResult:
        """The list, and a line on how it goes."""
        self.messages: deque[Row] = deque(maxlen=KEPT)
        self._number = 0
        self.grid = Grid(
            COLUMNS,
            lambda row: str(row["number"]),
            names=lambda row: (_text(row, "level"), row["device"], str(row["thread"]), row["message"]),
            empty="no messages yet",
            id="log-grid",
        )
        yield self.filter_line
        yield self.grid
        yield Static(id="log-note")

    def on_mount(self) -> None:
        """Take over what has come several times a second."""
        self.set_interval(0.125, self.flush)

    # ---- receiving

    @work(exclusive=True, group="logs")
    async def receive(self, port: SystemPort, words: Sequence[str]) -> None:
        """Receive what the devices that words name log, instead of those before."""
        await self.stop_receiving()
        self.port, self._failure, self._new = port, "", True
        self.messages.clear()
        self.empty_list()
        await self._begin(words)

    async def _begin(self, words: Sequence[str]) -> None:
        level = LEVELS[self._level] if self._level else None

        def begin(session: Session) -> tuple[tuple[str, ...], LogWatch | None]:
            devices = tuple(devices_in(session, words, running=True)) if words else ()
            if session.changes.read_only and devices:
                raise UsageError("read-only: receiving messages would change the targets of the devices")
            return devices, LogWatch(session, devices, level, strict=False) if devices else None

        try:
            self.devices, self.watch_ = await self.port.perform(begin)
        except (DevFailed, UsageError) as failure:
            self._failure = error_line(failure.errors) if isinstance(failure, DevFailed) else str(failure)
        except Refused as refusal:
            self._failure = f"{refusal.failure.name}: {error_line(refusal.failure.error.errors)}"
        self._tell_note()

    async def stop_receiving(self) -> None:
        """Put the levels and targets of the devices back."""
        watch, self.watch_ = self.watch_, None
        if watch is not None:
            await self.port.perform(lambda session: watch.close())

    async def on_unmount(self) -> None:
        """Leave nothing behind at the devices."""
        await self.stop_receiving()

    def flush(self) -> None:
        """Show what has come."""
        watch = self.watch_
        if watch is not None:
            for row in watch.take():
                self._number += 1
                self.messages.append({**row, "number": self._number})
                self._new = True
        if self._new and not self.paused and self.is_attached and self.is_on_screen:
            self._new = False
            self.fill(list(reversed(self.messages)), follow=self.grid.cursor > 0)
            self._tell_note()

    def _tell_note(self) -> None:
        note = self.query_one("#log-note", Static)
        if self._failure:
            self.grid.empty = "no messages are received"
            note.update(toned((f" ✖ {plain(self._failure)}", "bad")))
            return
        self.grid.empty = "no messages yet"
        state = "receiving" if self.watch_ else "not receiving"
        if self.watch_ and self.size.width > _WIDE:
            state += "; levels and targets are put back when you choose others, and at the end"
        parts: list[str | tuple[str, str]] = [
            (f" {plural(len(self.messages), 'message')} of {plural(len(self.devices), 'device')}, {state}", "muted")
        ]
        if self._level:
            parts.append((f"  up to {self._level}", "accent"))
        if self.paused:
            parts.append(("  paused", "warn bold"))
        if self.watch_ is not None and self.watch_.failures:
            parts.append((f"  ✖ {plain(self.watch_.failures[0].name)} cannot be watched", "bad"))
        note.update(toned(*parts), layout=note.size.height != 1)

    # ---- actions

    def action_pause(self) -> None:
        """Stand still; what comes meanwhile is kept."""
        self.paused = not self.paused
        self._new = True
        self._tell_note()

    def action_clear(self) -> None:
        """Forget the messages so far."""
        self.messages.clear()
        self.fill(())
        self._tell_note()

    def action_copy(self) -> None:
        """Copy the message."""
        row = self.grid.current
        if row is not None:
            self.copy(line_of(row))

    def action_level(self) -> None:
        """Ask up to which level messages are wanted; the devices have it while they are watched."""
        self.app.push_screen(
            Choose("Show messages up to", tuple(LEVELS)[1:], self._level or "info"), self._level_chosen
        )

    def _level_chosen(self, level: str | None) -> None:
        self._take_level(level)

    @work(exclusive=True, group="logs")
    async def _take_level(self, level: str | None) -> None:
        if level is not None:
            self._level = level
            await self.stop_receiving()
            await self._begin(self.devices)

    def action_save(self) -> None:
        """Ask for a file, and write the messages there."""

        async def perform(text: str) -> Sequence[DevError]:
            rows = list(reversed(self.grid.rows))
            try:
                await asyncio.to_thread(_write, text, rows)
            except OSError as error:
                return DevFailed.of("Refused", f"{text} cannot be written: {error.strerror}", "").errors
            self.app.notify(f"{plural(len(rows), 'message')} in {text}", markup=False)
            return ()

        self.app.push_screen(text_form("Write the messages to a file", "Write", perform, example="messages.txt"))

    @work(group="log settings")
    async def action_settings(self) -> None:
        """Level and targets of the device of the message, or of the only one."""
        row = self.grid.current
        device = row["device"] if row is not None else self.devices[0] if self.devices else ""
        if not device:
            self.app.bell()
            return
        try:
            now = await self.port.perform(lambda session: log_settings(session, device))
        except DevFailed as failure:
            self.tell_errors(f"Log settings of {device}", failure.errors)
            return
        values = _values(now)
        width = max(map(len, values))
        told = values | _told(now)
        rows = {f"{name:<{width}}  {value or '-'}": name for name, value in told.items()}
        chosen = await self.app.push_screen_wait(Choose(f"How {device} logs", tuple(rows)))
        if chosen is None:
            return
        setting = rows[chosen]
        if "level" in setting:
            wanted = await self.app.push_screen_wait(Choose(f"{device}: {setting}", tuple(LEVELS), values[setting]))
            if wanted is not None:
                errors = await self._set(device, setting, now, wanted)
                if errors:
                    self.tell_errors(f"{setting} of {device}", errors)
            return

        async def perform(text: Any) -> Sequence[DevError]:
            return await self._set(device, setting, now, text)

        facts = [("wanted", "console, file, file::NAME, device::NAME, with commas between them")]
        self.app.push_screen(
            text_form(
                f"{device}: {setting}",
                "Set",
                perform,
                facts=facts if "targets" in setting else (),
                initial=values[setting],
            )
        )

    async def _set(self, device: str, setting: str, now: LogSettings, wanted: str) -> Sequence[DevError]:
        def change(session: Session) -> None:
            for line in setting_lines(device, setting, now, wanted):
                run_line(session, line)

        return await errors_of(self.port, change)


def _values(now: LogSettings) -> dict[str, str]:
    """The five rows of a device's log settings."""
    return {
        "level now": now.level,
        "stored level": now.stored_level.lower(),
        "targets now": ", ".join(now.targets),
        "stored targets": ", ".join(now.stored_targets),
        "file size (KB)": now.rft,
    }


def _told(now: LogSettings) -> dict[str, str]:
    """The rows that programs which look at the log change while they look, in words."""
    watchers = {target: Watcher.of_target(target) for target in now.targets}
    found = next((watcher.found for watcher in watchers.values() if watcher is not None), None)
    targets = [target if watcher is None else "tangoterm, while it looks" for target, watcher in watchers.items()]
    told = {"targets now": ", ".join(dict.fromkeys(targets))}
    if found is not None and found.word.lower() != now.level.lower():
        told["level now"] = f"{now.level}, while tangoterm looks; else {found.word.lower()}"
    return told


def _write(path: str, rows: Sequence[Row]) -> None:
    text = "".join(f"{line_of(row)}\n" for row in rows)
    Path(path).expanduser().write_text(text, encoding="utf-8")
