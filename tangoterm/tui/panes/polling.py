"""What the device's server polls, how often, and how it went."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from server_core.model.errors import DevFailed
from tangoterm.console.format import error_line, error_lines, plural
from tangoterm.console.polling import PollStatus
from tangoterm.tui.actions import bindings
from tangoterm.tui.observed import Change, DeviceWatch
from tangoterm.tui.panes.base import ListPane
from tangoterm.tui.text import facts_text, toned
from tangoterm.tui.widgets.grid import Column, Grid
from tangoterm.tui.widgets.line_list import LineList


def _period(status: PollStatus) -> tuple[str, str]:
    return (f"{status.period} ms", "strong") if status.period else ("external", "muted")


def _needed(status: PollStatus) -> tuple[str, str]:
    if status.needed is None:
        return "", ""
    return f"{status.needed:.3f} ms", "warn" if status.period and status.needed > status.period else ""


def _age(status: PollStatus) -> tuple[str, str]:
    if status.age is None:
        return ("no data yet" if status.empty else "", "muted")
    late = status.period and status.age * 1000 > 2 * status.period + 500
    return (f"{status.age:.1f} s", "warn" if late else "")


def _condition(status: PollStatus) -> tuple[str, str]:
    if status.error is not None:
        return f"✖ {error_line((status.error,))}", "bad"
    return ("…", "muted") if status.empty else ("✓ good", "good")


COLUMNS: tuple[Column[PollStatus], ...] = (
    Column("Polled", 16, lambda status: f"{status.name}()" if status.is_command else status.name, grow=2, most=30),
    Column("Kind", 9, lambda status: (status.kind, "muted"), rank=4),
    Column("Period", 9, _period, right=True),
    Column("Last update", 11, _age, right=True, rank=1),
    Column("Needed", 10, _needed, right=True, rank=2),
    Column("Intervals (ms)", 22, lambda status: (", ".join(map(str, status.deltas)), "muted"), grow=1, most=28, rank=5),
    Column("Depth", 5, lambda status: (str(status.depth), "muted"), right=True, rank=6),
    Column("Last try", 8, _condition, grow=3),
)


class PollingPane(ListPane):
    """The polled objects."""

    BINDING_GROUP_TITLE = "Polling"
    BINDINGS: ClassVar[list[BindingType]] = bindings("polling")
    watches = frozenset({Change.POLLING})

    def compose(self) -> ComposeResult:
        """The grid, and a line on how to begin."""
        self.grid = Grid(
            COLUMNS,
            lambda status: f"{status.kind} {status.name}",
            names=lambda status: (status.name, status.kind, _condition(status)[0]),
            empty="nothing is polled; p on an attribute or command begins",
            id="polling-grid",
        )
        self.note = Static(id="polling-note")
        yield self.filter_line
        yield self.grid
        yield self.note

    def update_from(self, device: DeviceWatch) -> None:
        """Take over the status."""
        self.fill(device.polling)
        self.note.update(_note(device), layout=False)

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_period()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing to do while nothing is polled."""
        if action in ("period", "details", "stop") and self.is_mounted and self.grid.current is None:
            return None
        return super().check_action(action, parameters)

    def action_period(self) -> None:
        """The form for the period."""
        status = self.grid.current
        if status is not None and self.device is not None:
            self.ask_period(self.device, status.name, status.is_command)

    def action_details(self) -> None:
        """All fields of the status."""
        status = self.grid.current
        if status is None:
            return
        rows = [
            ("object", f"{status.kind} {status.name}"),
            ("period", _period(status)[0]),
            ("buffer depth", str(status.depth)),
            ("last update", _age(status)[0]),
            ("time needed", _needed(status)[0]),
            ("read together", " + ".join(status.group)),
            ("intervals (ms)", ", ".join(map(str, status.deltas))),
        ]
        parts = [facts_text([(name, value) for name, value in rows if value])]
        if status.error is not None:
            parts += [Content(""), toned(("\n".join(error_lines((status.error,))), "bad"))]
        self.tell(f"Polling of {status.name}", Content("\n").join(parts))

    @work(group="polling")
    async def action_stop(self) -> None:
        """End polling, after a question."""
        status, device = self.grid.current, self.device
        if status is None or device is None:
            return
        try:
            await device.set_polling(status.name, status.is_command, 0, ask=True)
        except DevFailed as failure:
            self.tell_errors("Polling could not be stopped", failure.errors, f"{device.name}/{status.name}")


def _note(device: DeviceWatch) -> Content:
    if device.polling_failure is not None:
        return toned((f" ✖ {error_line(device.polling_failure.errors)}", "bad"))
    failing = sum(status.error is not None for status in device.polling)
    parts: list[str | tuple[str, str]] = [(f" {plural(len(device.polling), 'object')} polled", "muted")]
    if failing:
        parts.append((f"  {failing} failing", "bad"))
    return toned(*parts)
