"""One command on many devices: which ones is chosen first, then the argument, then the answers arrive one by one."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from server_core.model.config import CommandInfo
from server_core.model.errors import DevFailed
from server_core.model.types import CmdArgType
from tangoterm.console.calling import Answer, call_many
from tangoterm.console.cells import ResultCell
from tangoterm.console.changes import Declined
from tangoterm.console.commands.table import TypedText
from tangoterm.console.format import duration_text, error_line, error_lines, plural
from tangoterm.console.session import Session
from tangoterm.console.together import Outcome
from tangoterm.tui.modals.base import Dialog
from tangoterm.tui.modals.details import Details
from tangoterm.tui.port import DeviceEntry, SystemPort
from tangoterm.tui.text import plain, toned
from tangoterm.tui.widgets.grid import Column, Grid
from tangoterm.tui.widgets.line_list import LineList

FLUSH = 0.125
"""Seconds between two looks at the answers."""


@dataclass
class Candidate:
    """A device that may be chosen."""

    entry: DeviceEntry
    chosen: bool


CANDIDATES: tuple[Column[Candidate], ...] = (
    Column("", 1, lambda row: ("✓", "good") if row.chosen else ("·", "muted")),
    Column("Device", 24, lambda row: row.entry.name, grow=3),
    Column("Class", 12, lambda row: (row.entry.dev_class, "muted"), grow=1, rank=2),
    Column("Running", 8, lambda row: ("yes", "good") if row.entry.exported else ("no", "muted"), rank=1),
)


class ChooseDevices(Dialog[list[str]]):
    """Which devices; the result are their names."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel"),
        Binding("space", "choose", "Choose"),
        Binding("a", "all", "All or none"),
        Binding("enter", "go_on", "Go on"),
    ]

    def __init__(self, command: str, entries: Sequence[DeviceEntry]) -> None:
        super().__init__()
        self.command = command
        self.candidates = [Candidate(entry, entry.exported) for entry in entries]

    def compose(self) -> ComposeResult:
        """Title, devices, how many are chosen, keys."""
        self.message = Static("", id="message", markup=False)
        self.grid = Grid(CANDIDATES, lambda row: row.entry.name.lower(), id="candidates")
        with Vertical(classes="dialog -wide"):
            yield Static(toned((f"{plain(self.command)} on which devices?", "strong bold")))
            yield self.grid
            yield self.message
            yield Static("space choose   a all or none   ⏎ go on   esc cancel", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Fill the list."""
        self.grid.set_rows(self.candidates)
        self.grid.focus()
        self._tell()

    def _tell(self) -> None:
        self.grid.refresh()
        self.message.update(
            toned(
                (f"{sum(row.chosen for row in self.candidates)} of {plural(len(self.candidates), 'device')}", "muted")
            )
        )

    def action_choose(self) -> None:
        """Choose the device, or not."""
        if self.grid.current is not None:
            self.grid.current.chosen = not self.grid.current.chosen
            self.grid.action_move(1)
            self._tell()

    def action_all(self) -> None:
        """Choose all, or none when all are chosen."""
        wanted = not all(row.chosen for row in self.candidates)
        for row in self.candidates:
            row.chosen = wanted
        self._tell()

    @on(LineList.Chosen)
    def action_go_on(self) -> None:
        """These devices."""
        names = [row.entry.name for row in self.candidates if row.chosen]
        if names:
            self.dismiss(names)
        else:
            self.app.bell()


class Line(NamedTuple):
    """A device in the table of answers; `outcome` is None while it is awaited."""

    device: str
    outcome: Outcome[str, Answer] | None = None


def _answer(line: Line) -> tuple[str, str]:
    if line.outcome is None:
        return "…", "muted"
    answer = line.outcome.value
    if answer is None:
        assert line.outcome.failure is not None
        return f"✖ {error_line(line.outcome.failure.errors)}", "bad"
    if answer.info.out_type is CmdArgType.DevVoid:
        return "✓ done", "good"
    return ResultCell(answer.info.out_type, answer.value).text(), "strong"


def _took(line: Line) -> tuple[str, str]:
    answer = line.outcome.value if line.outcome is not None else None
    return ("" if answer is None else duration_text(answer.seconds)), "muted"


ANSWERS: tuple[Column[Line], ...] = (
    Column("Device", 20, lambda line: line.device, grow=1, most=40),
    Column("Result", 20, _answer, grow=3),
    Column("Took", 8, _took, right=True, rank=1),
)


class Together(Dialog[None]):
    """Executes a command on many devices and shows what comes of it; Escape begins no further device."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Stop, close"),
        Binding("enter", "details", "Details"),
        Binding("y", "copy", "Copy"),
    ]

    def __init__(self, port: SystemPort, devices: Sequence[str], info: CommandInfo, text: str) -> None:
        super().__init__()
        self.port, self.devices, self.info, self.text = port, devices, info, text
        self.lines = {device: Line(device) for device in devices}
        self.done = self.stopped = False
        self._arrived: deque[Outcome[str, Answer]] = deque()
        self._stop = threading.Event()

    def compose(self) -> ComposeResult:
        """Title, answers, progress, keys."""
        self.message = Static("", id="message", markup=False)
        self.grid = Grid(ANSWERS, lambda line: line.device.lower(), id="answers")
        called = f"{self.info.cmd_name}({self.text})"
        with Vertical(classes="dialog -wide"):
            yield Static(toned((f"{plain(called)} on {plural(len(self.devices), 'device')}", "strong bold")))
            yield self.grid
            yield self.message
            yield Static("esc stop, close   ⏎ details   y copy as a table", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Begin."""
        self.grid.set_rows(list(self.lines.values()))
        self.grid.focus()
        self.set_interval(FLUSH, self._flush)
        self._run()

    @work(group="together")
    async def _run(self) -> None:
        try:
            await self.port.perform(self._execute)
        except Declined:
            self.dismiss(None)
        except DevFailed as failure:
            self.message.update(toned((error_line(failure.errors), "bad")))
        self.done = True

    def _execute(self, session: Session) -> None:
        """In a thread of its own; the answers are taken in by `_flush`."""
        outcomes = call_many(session, self.devices, self.info, TypedText(self.text))
        if outcomes is None:
            return
        with closing(outcomes):
            for outcome in outcomes:
                self._arrived.append(outcome)
                if self._stop.is_set():
                    return

    def _flush(self) -> None:
        """Show what has arrived."""
        while self._arrived:
            outcome = self._arrived.popleft()
            self.lines[outcome.item] = Line(outcome.item, outcome)
        self.grid.set_rows(list(self.lines.values()))
        known = [line.outcome for line in self.lines.values() if line.outcome is not None]
        failed = sum(outcome.failure is not None for outcome in known)
        state = "stopped: " if self._stop.is_set() else "" if self.done else "running: "
        parts = [(f"{state}{len(known)} of {len(self.devices)} answered", "muted")]
        if failed:
            parts.append((f"   ✖ {failed} failed", "bad"))
        if known or not self.done:
            self.message.update(toned(*parts))

    def action_leave(self) -> None:
        """Stop what is not begun yet; then close."""
        if self.done or self._stop.is_set():
            self.dismiss(None)
        else:
            self._stop.set()

    @on(LineList.Chosen)
    def action_details(self) -> None:
        """The answer at full length."""
        line = self.grid.current
        if line is not None and line.outcome is not None:
            failure = line.outcome.failure
            text = _answer(line)[0] if failure is None else "\n".join(error_lines(failure.errors))
            self.app.push_screen(Details(line.device, toned((text, "")), failed=failure is not None))

    def action_copy(self) -> None:
        """Copy the table."""
        rows = [f"{line.device}\t{_answer(line)[0]}" for line in self.lines.values()]
        self.app.copy_to_clipboard("\n".join(rows))
        self.app.notify("Copied", timeout=2)
