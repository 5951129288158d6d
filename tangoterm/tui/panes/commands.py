"""The commands of a device, and below them what was called and written from here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from server_core.model.config import UNINITIALISED, CommandInfo
from server_core.model.enums import DispLevel
from server_core.model.errors import DevError, DevFailed
from server_core.model.types import TYPES, CmdArgType, Kind
from tangoterm.client.read_only import is_harmless
from tangoterm.console.argument_history import ArgumentHistory
from tangoterm.console.arguments import Argument
from tangoterm.console.calling import is_dangerous
from tangoterm.console.cells import exact_text
from tangoterm.console.format import NO_VALUE, clock_text, command_text, duration_text, plural, time_text
from tangoterm.console.settings import load_settings
from tangoterm.tui.actions import bindings
from tangoterm.tui.modals.form import Form, Perform
from tangoterm.tui.modals.plot import Plot
from tangoterm.tui.modals.together import ChooseDevices, Together
from tangoterm.tui.numbers import thinned
from tangoterm.tui.observed import Call, Change, DeviceWatch
from tangoterm.tui.panes.base import ListPane
from tangoterm.tui.port import DeviceEntry
from tangoterm.tui.text import facts_text, toned
from tangoterm.tui.widgets.chart import Curve
from tangoterm.tui.widgets.grid import Column, Grid
from tangoterm.tui.widgets.line_list import LineList
from tangoterm.tui.wording import call_text, full_text, result_cell

PLACES = 400
"""Points of a plot; of more only the extremes are drawn."""

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
    async def _chosen(self, event: LineList.Chosen) -> None:
        await self.run_action("details" if event.sender is self.calls else "execute")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing to do without a command; in the list of calls Enter shows the call, and a makes it again."""
        if not self.is_mounted:
            return True
        in_calls = self.calls.has_focus
        if (action == "execute" and in_calls) or (action in ("again", "plot") and not in_calls):
            return False
        if action == "plot" and (self.calls.current is None or not _points(self.calls.current)):
            return None
        if action == "again" and self.calls.current is None:
            return None
        if action in ("execute", "details", "poll", "many") and self.grid.current is None:
            return None
        return super().check_action(action, parameters)

    @on(LineList.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    # ---- executing

    def action_execute(self) -> None:
        """Execute the command under the cursor."""
        if self.grid.current is not None:
            self.execute(self.grid.current)

    @work(group="execute")
    async def execute(self, info: CommandInfo) -> None:
        """Ask for the argument, and execute; a dangerous command is asked about in any case, so it needs no form."""
        device = self.device
        if device is None:
            return
        self.grid.go_to(info.cmd_name.lower())
        asked = self._is_dangerous(info) and info.in_type is CmdArgType.DevVoid
        if asked or is_harmless(device.name, info.cmd_name):
            await self._perform(device, info, None)
        else:
            await self._ask(device, info)

    @cached_property
    def _user_dangers(self) -> tuple[str, ...]:
        return load_settings({}).dangerous_commands

    def _is_dangerous(self, info: CommandInfo) -> bool:
        return is_dangerous(info, self._user_dangers)

    async def _ask(self, device: DeviceWatch, info: CommandInfo) -> None:
        async def perform(value: Any) -> Sequence[DevError]:
            return (await device.call(info, value)).errors

        await self._form(device, info, f"Execute {info.cmd_name}", "Execute", perform)
        self.calls.cursor = 0

    async def _form(
        self, device: DeviceWatch, info: CommandInfo, title: str, verb: str, perform: Perform
    ) -> str | None:
        """The form for the argument of a command; what was typed, None when it was left."""
        argument = Argument.of_command(info)
        facts = [
            ("takes", _typed(info.in_type, info.in_type_desc)),
            ("gives", _typed(info.out_type, info.out_type_desc)),
        ]
        kept = ArgumentHistory()
        history = kept.of(info) if argument.needed else []
        last = next((call for call in device.calls if call.name == info.cmd_name and call.write is None), None)
        initial = "" if last is None or not argument.needed else exact_text(info.in_type, last.argument)
        form = Form(title, verb, argument, perform, facts=facts, initial=initial, history=history)
        if not await self.app.push_screen_wait(form):
            return None
        if argument.needed:
            kept.add(info, form.line)
        return form.line

    async def _perform(self, device: DeviceWatch, info: CommandInfo, value: Any) -> None:
        call = await device.call(info, value)
        self.calls.cursor = 0
        if call.errors:
            self.tell_errors(f"{info.cmd_name} failed", call.errors, f"{device.name}/{info.cmd_name}")

    @work(group="execute")
    async def action_again(self) -> None:
        """Make the call under the cursor once more, with the same argument."""
        call, device = self.calls.current, self.device
        if call is None or device is None:
            return
        if call.write is not None:
            await device.write(call.write, call.argument)
            return
        info = device.commands.get(call.name.lower())
        if info is None:
            self.app.bell()
            return
        await self._perform(device, info, call.argument)

    @work(group="execute")
    async def action_many(self) -> None:
        """Execute the command on several devices, of the same class at first."""
        info, device = self.grid.current, self.device
        if info is None or device is None:
            return
        entries = await self._of_class(device)
        devices = await self.app.push_screen_wait(ChooseDevices(info.cmd_name, entries))
        if not devices:
            return

        async def agree(value: Any) -> Sequence[DevError]:
            return ()

        many = plural(len(devices), "device")
        line = ""
        if info.in_type is not CmdArgType.DevVoid:
            title = f"Execute {info.cmd_name} on {many}"
            typed = await self._form(device, info, title, "Execute on all", agree)
            if typed is None:
                return
            line = typed
        await self.app.push_screen_wait(Together(device.port, devices, info, line))

    async def _of_class(self, device: DeviceWatch) -> list[DeviceEntry]:
        """The devices of the same class, the open one first."""
        try:
            known = await device.port.devices()
        except DevFailed:
            known = []
        own = next((entry for entry in known if entry.name.lower() == device.name.lower()), None)
        if own is None:
            return [DeviceEntry(device.name, "", "", exported=True)]
        return [own, *(entry for entry in known if entry.dev_class == own.dev_class and entry is not own)]

    # ---- looking

    def action_plot(self) -> None:
        """The result of the call as a curve."""
        call = self.calls.current
        points = _points(call) if call is not None else []
        if call is not None and points:
            curve = Curve(points, points[0][0], points[-1][0], x_text=lambda x: f"[{x:.0f}]")
            self.app.push_screen(Plot(call_text(call), curve))

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
            self.tell_errors(
                f"{call_text(call)} failed", call.errors, f"{self.device.name if self.device else ''}/{call.name}"
            )
            return
        rows = [
            ("called", time_text(call.time)),
            ("with", command_text(call.in_type, call.argument, width=None)),
            ("took", "" if call.duration is None else duration_text(call.duration)),
        ]
        whole = command_text(call.out_type, call.result, width=None)
        facts = facts_text([(name, value) for name, value in rows if value not in ("", NO_VALUE)])
        body = Content("\n").join([facts, Content(""), Content(full_text(call.out_type, call.result, whole))])
        self.tell(call_text(call), body)

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


def _points(call: Call) -> list[tuple[float, float]]:
    """The result as a curve; empty for one that is no row of numbers."""
    row = TYPES[call.out_type]
    if call.errors or call.result is None or row.kind not in (Kind.ARRAY, Kind.PAIR):
        return []
    if not TYPES[row.element].numeric and TYPES[row.element].kind is not Kind.BOOLEAN:
        return []
    values = call.result[0] if row.kind is Kind.PAIR else call.result
    return thinned(values, PLACES) if len(values) > 1 else []
