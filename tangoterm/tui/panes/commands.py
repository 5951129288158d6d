"""The commands of a device, and below them what was called and written from here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from server_core.model.config import UNINITIALISED, CommandInfo
from server_core.model.enums import DispLevel
from server_core.model.errors import DevError
from server_core.model.types import CmdArgType
from tangoterm.console.arguments import Argument
from tangoterm.console.format import clock_text, command_text, duration_text
from tangoterm.tui.actions import bindings
from tangoterm.tui.modals.confirm import Confirm
from tangoterm.tui.modals.form import Form
from tangoterm.tui.observed import Call, Change, DeviceWatch
from tangoterm.tui.panes.base import ListPane, facts_text
from tangoterm.tui.text import toned
from tangoterm.tui.widgets.grid import Column, Grid
from tangoterm.tui.widgets.line_list import LineList
from tangoterm.tui.wording import call_text, full_text, result_cell

DESTRUCTIVE = ("init", "kill", "restartserver", "devrestart")
"""Commands that end, restart or reset something."""
DESTRUCTIVE_PREFIXES = ("dbdelete", "dbunexport", "reset")

COMMANDS: tuple[Column[CommandInfo], ...] = (
    Column("Command", 18, lambda info: info.cmd_name, grow=2, most=32),
    Column("Argument", 14, lambda info: _type_cell(info.in_type), grow=1, most=24),
    Column("Result", 14, lambda info: _type_cell(info.out_type), grow=1, most=24),
    Column("Level", 6, lambda info: ("expert" if info.disp_level is DispLevel.EXPERT else "", "warn"), rank=2),
    Column("What it takes", 20, lambda info: (_described(info.in_type_desc), "muted"), grow=4, rank=3),
    Column("What it gives", 20, lambda info: (_described(info.out_type_desc), "muted"), grow=4, rank=4),
)
CALLS: tuple[Column[Call], ...] = (
    Column("Time", 12, lambda call: (clock_text(call.time), "muted"), rank=2),
    Column("Called", 20, call_text, grow=2, most=40),
    Column("Result", 20, result_cell, grow=5),
    Column("Took", 8, lambda call: ("" if call.duration is None else duration_text(call.duration), "muted"), rank=1),
)


def _names(info: CommandInfo) -> tuple[str, ...]:
    return info.cmd_name, _described(info.in_type_desc), _described(info.out_type_desc)


def _type_cell(code: CmdArgType) -> tuple[str, str]:
    return ("–", "muted") if code is CmdArgType.DevVoid else (str(code), "")


def _described(text: str) -> str:
    return "" if text in (UNINITIALISED, "-", "none", "") else text


class CommandsPane(ListPane):
    """Commands and calls."""

    BINDING_GROUP_TITLE = "Commands"
    BINDINGS: ClassVar[list[BindingType]] = bindings("commands")
    watches = frozenset({Change.INTERFACE, Change.CALLS})

    def compose(self) -> ComposeResult:
        """Commands above, calls below."""
        self.grid = Grid(
            COMMANDS,
            lambda info: info.cmd_name.lower(),
            names=_names,
            empty="no commands known yet",
            id="command-grid",
        )
        self.calls = Grid(CALLS, lambda call: f"{call.time}", empty="results appear here", id="call-grid")
        yield self.filter_line
        yield self.grid
        yield Static(toned((" Called from here", "accent bold")), id="calls-title")
        yield self.calls

    def update_from(self, device: DeviceWatch) -> None:
        """Take over commands and calls."""
        self.fill(list(device.commands.values()))
        self.calls.set_rows(list(device.calls), follow=False)

    @on(LineList.Chosen)
    def _chosen(self, event: LineList.Chosen) -> None:
        if event.sender is self.calls:
            self.action_details()
        else:
            self.action_execute()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing to do without a command; in the list of calls Enter shows the call."""
        if not self.is_mounted:
            return True
        if action == "execute" and self.calls.has_focus:
            return False
        if action in ("execute", "details", "poll") and self.grid.current is None:
            return None
        return super().check_action(action, parameters)

    def action_execute(self) -> None:
        """Execute the command under the cursor."""
        if self.grid.current is not None:
            self.execute(self.grid.current)

    @work(group="execute")
    async def execute(self, info: CommandInfo) -> None:
        """Ask for the argument, and for consent where the command cannot be undone; then execute."""
        device = self.device
        if device is None:
            return
        self.grid.go_to(info.cmd_name.lower())
        if is_destructive(info) and not await self.app.push_screen_wait(_question(info, device)):
            return
        if info.cmd_name.lower() in ("state", "status") or (
            is_destructive(info) and info.in_type is CmdArgType.DevVoid
        ):
            await self._perform(device, info, None)
        else:
            await self._ask(device, info)

    async def _ask(self, device: DeviceWatch, info: CommandInfo) -> None:
        async def perform(value: Any) -> Sequence[DevError]:
            return (await device.call(info, value)).errors

        argument = Argument.of_command(info)
        facts = [
            ("takes", _typed(info.in_type, info.in_type_desc)),
            ("gives", _typed(info.out_type, info.out_type_desc)),
        ]
        last = next((call for call in device.calls if call.name == info.cmd_name and call.write is None), None)
        initial = "" if last is None or not argument.needed else command_text(info.in_type, last.argument, width=None)
        title = f"Execute {info.cmd_name}"
        await self.app.push_screen_wait(Form(title, "Execute", argument, perform, facts=facts, initial=initial))
        self.calls.cursor = 0

    async def _perform(self, device: DeviceWatch, info: CommandInfo, value: Any) -> None:
        call = await device.call(info, value)
        self.calls.cursor = 0
        if call.errors:
            self.tell_errors(f"{info.cmd_name} failed", call.errors)

    def action_details(self) -> None:
        """The call at full length, or the signature of the command."""
        if self.calls.has_focus and self.calls.current is not None:
            self._tell_call(self.calls.current)
        elif self.grid.current is not None:
            info = self.grid.current
            rows = [
                ("takes", _typed(info.in_type, info.in_type_desc)),
                ("gives", _typed(info.out_type, info.out_type_desc)),
                ("level", info.disp_level.name),
            ]
            self.tell(info.cmd_name, facts_text(rows))

    def _tell_call(self, call: Call) -> None:
        if call.errors:
            self.tell_errors(f"{call_text(call)} failed", call.errors)
            return
        whole = command_text(call.out_type, call.result, width=None)
        self.tell(call_text(call), full_text(call.out_type, call.result, whole))

    def action_poll(self) -> None:
        """The form for the polling period."""
        if self.grid.current is not None and self.device is not None:
            self.ask_period(self.device, self.grid.current.cmd_name, True)

    def action_copy(self) -> None:
        """Copy the result of the call under the cursor."""
        call = self.calls.current
        if call is not None and not call.running:
            self.copy(command_text(call.out_type, call.result, width=None))


def _typed(code: CmdArgType, description: str) -> str:
    if code is CmdArgType.DevVoid:
        return "nothing"
    described = _described(description)
    return f"{code}  {described}" if described else str(code)


def is_destructive(info: CommandInfo) -> bool:
    """Whether a command is asked about before it is executed."""
    name = info.cmd_name.lower()
    return name in DESTRUCTIVE or name.startswith(DESTRUCTIVE_PREFIXES) or info.disp_level is DispLevel.EXPERT


def _question(info: CommandInfo, device: DeviceWatch) -> Confirm:
    expert = "It is meant for experts. " if info.disp_level is DispLevel.EXPERT else ""
    return Confirm(f"Execute {info.cmd_name}?", f"{expert}This acts on {device.name} at once.", "Execute")
