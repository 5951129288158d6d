"""The host board: the servers of all hosts, how each is, and what can be done with them and their devices."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from server_core.model.errors import DevFailed
from tangoterm.console.changes import Danger
from tangoterm.console.format import error_line, error_lines
from tangoterm.console.servers import Servers
from tangoterm.console.servers.board import (
    LEFTOVER,
    ORDERS,
    UP,
    Board,
    BoardRow,
    Condition,
    chosen_rows,
    sorted_rows,
)
from tangoterm.console.servers.definitions import Definitions
from tangoterm.console.servers.plan import Deed, Phase, Plan, Step, in_order
from tangoterm.console.servers.tail import Tail
from tangoterm.console.servers.wizard import asked_by
from tangoterm.console.session import Session
from tangoterm.tui import server_forms as forms
from tangoterm.tui.actions import bindings
from tangoterm.tui.listing import Listing
from tangoterm.tui.modals.output import OutputDialog
from tangoterm.tui.modals.plan import PlanDialog, take
from tangoterm.tui.pages.base import Page
from tangoterm.tui.server_columns import CONDITION_MARKS, DEVICE_COLUMNS, DeviceRow, facts_of, names_of, server_columns
from tangoterm.tui.store import SystemStore
from tangoterm.tui.telling import errors_of
from tangoterm.tui.text import facts_text, toned
from tangoterm.tui.widgets.grid import Grid
from tangoterm.tui.widgets.host_tiles import HostTiles
from tangoterm.tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from collections.abc import Callable

    from tangoterm.tui.browser import Browser

PERIOD = 3.0
"""Seconds between two looks at the servers."""
BUSY_PERIOD = 0.5
"""The same while something is started or stopped from here."""
REDRAW = 1.0
"""Seconds after which times that go on are drawn again."""

_SO_ALREADY = {
    Deed.START: (Condition.RUNNING, Condition.STARTING),
    Deed.STOP: (Condition.STOPPED, *LEFTOVER),
    Deed.KILL: (Condition.STOPPED, *LEFTOVER),
}
"""How a server is with which there is nothing to do."""
_DANGERS = {Deed.START: Danger.NONE, Deed.STOP: Danger.ASK, Deed.RESTART: Danger.ASK, Deed.KILL: Danger.TYPE}


class ServersPage(Listing, Page):
    """The board."""

    BINDING_GROUP_TITLE = "Servers"
    BINDINGS: ClassVar[list[BindingType]] = bindings("servers")

    def __init__(self, store: SystemStore, *, id: str | None = None) -> None:
        super().__init__(store, id=id)
        self.board: Board | None = None
        self.failure: DevFailed | None = None
        self.words: tuple[str, ...] = ()
        self.order = "name"
        self.marked: set[str] = set()
        self.steps: dict[str, Step] = {}
        self._wake = asyncio.Event()
        self._out_of_sight = threading.Event()
        self._drawn: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Hosts, servers, the devices of the one under the cursor, and how it goes."""
        self.tiles = HostTiles()
        self.grid = Grid(
            server_columns(self._state, self._server_name),
            lambda row: row.name.lower(),
            names=names_of,
            empty="asking the database …",
            id="server-grid",
        )
        self.devices: Grid[DeviceRow] = Grid(
            DEVICE_COLUMNS, lambda row: row.record.name.lower(), empty="no devices", id="server-devices"
        )
        self.caption = Static(id="server-caption")
        self.note = Static(id="server-note")
        yield self.tiles
        yield self.filter_line
        yield self.grid
        yield self.caption
        yield self.devices
        yield self.note

    # ---- in and out of sight

    def enter(self, subject: str) -> None:
        """Show the servers that `subject` chooses: host:NAME, class:NAME, a name or part of one; all without."""
        super().enter(subject)
        words = subject.split()
        host = next((word[5:].lower() for word in words if word.lower().startswith("host:") and "*" not in word), None)
        self.words = tuple(word for word in words if host is None or word.lower() != f"host:{host}")
        self.tiles.choose(host)
        self._drawn = ()
        self._out_of_sight.clear()
        self._follow()

    def leave(self) -> None:
        """Ask nothing more."""
        self._out_of_sight.set()
        self.workers.cancel_group(self, "board")

    @work(exclusive=True, group="board")
    async def _follow(self) -> None:
        while True:
            try:
                await self.store.port.perform(self._look)
                self.failure = None
            except DevFailed as failure:
                self.failure = failure
            try:
                await asyncio.wait_for(self._wake.wait(), BUSY_PERIOD if self._busy else PERIOD)
            except TimeoutError:
                continue
            self._wake.clear()

    def _look(self, session: Session) -> None:
        """One look at everything, in a thread of its own; it ends when the page goes out of sight."""
        if self.board is None:
            self.servers = Servers(session)
            self.definitions = Definitions(session, self.servers)
            self.board = Board(session, self.servers)
        self.servers.supervisor.reap()
        self.board.read()
        with closing(self.board.look(devices=self._in_sight())) as answers:
            for _ in answers:
                if self._out_of_sight.is_set():
                    return

    def _in_sight(self) -> set[str]:
        """The servers whose devices are asked: those that can be seen, and the one under the cursor."""
        top = self.grid.scroll_offset.y
        rows = list(self.grid.rows[top : top + self.grid.size.height + 1])
        return {row.name.lower() for row in (*rows, *([self.grid.current] if self.grid.current else ()))}

    def look_again(self) -> None:
        """Ask anew, now."""
        if self.board is not None:
            self.board.forget_levels()
        self._wake.set()

    # ---- showing

    def flush(self) -> None:
        """Draw what is new, and times that go on."""
        version = 0 if self.board is None else self.board.version
        now = (version, self._busy, self.failure, int(time.monotonic() / REDRAW))
        if now != self._drawn:
            self._drawn = now
            self.draw()

    @property
    def _busy(self) -> int:
        """How many servers are being started or stopped from here."""
        return sum(step.phase is Phase.BUSY for step in self.steps.values())

    def draw(self) -> None:
        """Draw everything."""
        if self.board is not None:
            rows = self.board.rows()
            self.tiles.show(self.board.hosts())
            host = [] if self.tiles.chosen is None else [f"host:{self.tiles.chosen}"]
            shown = sorted_rows(chosen_rows(rows, [*self.words, *host]), self.order)
            known = {row.name.lower() for row in rows}
            self.marked &= known
            if not self.grid.total and shown:
                self._wake.set()  # now it is known which can be seen
            self.grid.empty = "no server here" if rows else "no server is defined; n defines one"
            self.fill(shown)
            self._show_devices()
        self.note.update(self._note(), layout=False)

    @on(LineList.Moved, "#server-grid")
    def _show_devices(self) -> None:
        row = self.grid.current
        if row is None:
            self.devices.set_rows(())
            self.caption.update("", layout=False)
            return
        states = dict(row.sight.states) if row.condition in UP else {}
        self.devices.set_rows(
            [DeviceRow(each, states.get(each.name), each.name in states) for each in row.server.devices]
        )
        self.caption.update(
            toned((" Devices of ", "muted"), (row.name, "accent bold"), *self._caption(row)), layout=False
        )

    def _caption(self, row: BoardRow) -> list[tuple[str, str]]:
        step = self.steps.get(row.name.lower())
        if step is not None and step.failure is not None:
            return [(f"   ✖ {error_line(step.failure.errors)}", "bad")]
        if row.condition in LEFTOVER:
            return [("   the database believes that it runs; U unexports it", "warn")]
        return []

    def _note(self) -> Content:
        if self.failure is not None:
            return toned((f" ✖ {error_line(self.failure.errors)}", "bad"))
        rows = self.grid.rows
        running = sum(row.condition in UP for row in rows)
        parts: list[str | tuple[str, str]] = [(f" {running} of {len(rows)} run", "muted")]
        parts.append((f"   by {self.order}", "muted"))
        if self.words:
            parts.append((f"   only {' '.join(self.words)}", "warn"))
        if self.marked:
            parts.append((f"   {len(self.marked)} marked", "accent"))
        return toned(*parts)

    def _server_name(self, row: BoardRow) -> tuple[str, str]:
        return (f"✓ {row.name}", "accent") if row.name.lower() in self.marked else (row.name, "")

    def _state(self, row: BoardRow) -> tuple[str, str]:
        step = self.steps.get(row.name.lower())
        if step is not None and step.phase is Phase.BUSY:
            return f"» {step.result}", "state-moving"
        if step is not None and step.failure is not None and row.condition is Condition.STOPPED:
            return "✖ failed", "bad"
        mark = CONDITION_MARKS[row.condition]
        down = row.condition is Condition.STOPPED and row.server.level
        return f"{mark.glyph} {row.condition.value}", "warn" if down else mark.tone

    # ---- choosing

    @property
    def on_device(self) -> DeviceRow | None:
        """The device that keys are about: the one under the cursor while the list of devices has the focus."""
        return self.devices.current if self.devices.has_focus else None

    def targets(self) -> list[BoardRow]:
        """The servers that keys are about: the marked ones, else the one under the cursor."""
        rows = self.board.rows() if self.board is not None else []
        marked = [row for row in rows if row.name.lower() in self.marked]
        return marked or ([self.grid.current] if self.grid.current is not None else [])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is done to a server needs one."""
        if action == "show_all":
            return self.is_mounted and bool(self.grid.filter or self.words or self.marked)
        if action in _ABOUT_SERVERS and self.is_mounted and self.grid.current is None:
            return None
        if action in _ABOUT_DEVICES and self.is_mounted and self.on_device is None:
            return None
        return super().check_action(action, parameters)

    @on(HostTiles.Chosen)
    def _tile(self, event: HostTiles.Chosen) -> None:
        self.tiles.choose(event.host)
        self.draw()

    def action_host(self, by: int) -> None:
        """The servers of the host beside."""
        self.tiles.choose(self.tiles.beside(by))
        self.draw()

    def action_sort(self) -> None:
        """Another order."""
        orders = list(ORDERS)
        self.order = orders[(orders.index(self.order) + 1) % len(orders)]
        self.draw()

    def action_mark(self) -> None:
        """Mark the server under the cursor, or not, and go on to the next."""
        row = self.grid.current
        if row is not None:
            self.marked ^= {row.name.lower()}
            self.grid.cursor += 1
            self.draw()
            self.refresh_bindings()

    def action_show_all(self) -> None:
        """End the filter, the marks, and what the page was opened for."""
        self.marked.clear()
        self.words = ()
        super().action_show_all()
        self.draw()
        self.refresh_bindings()

    def action_refresh(self) -> None:
        """Ask everything anew."""
        self.look_again()

    # ---- looking closer

    @on(LineList.Chosen, "#server-grid")
    def action_details(self) -> None:
        """All that is known of the server; why it could not be started."""
        row = self.grid.current
        if row is None:
            return
        step = self.steps.get(row.name.lower())
        parts = [facts_text(facts_of(row))]
        if step is not None and step.failure is not None:
            parts += [Content(""), toned(("\n".join(error_lines(step.failure.errors)), "bad"))]
        self.tell(row.name, Content("\n").join(parts))

    @on(LineList.Chosen, "#server-devices")
    def _open_device(self) -> None:
        device = self.devices.current
        if device is not None:
            cast("Browser", self.screen).open_device(device.record.name, enter=True)

    def action_log(self) -> None:
        """Follow what the server prints."""
        row = self.grid.current
        if row is not None:
            self.app.push_screen(OutputDialog(self.store.port, row.name, Tail(self.servers, row.server)))

    # ---- starting and stopping

    def action_do(self, deed: str) -> None:
        """Start, stop, restart or kill the servers that are meant; a device is restarted."""
        wanted, device = Deed(deed), self.on_device
        rows = self.targets()
        if device is not None and wanted is Deed.RESTART:
            self._change(lambda: self.definitions.restart_device(device.record, Danger.ASK), "restarted")
        elif len(rows) == 1:
            so_already = _SO_ALREADY.get(wanted, ())
            if rows[0].condition in so_already:
                self.app.notify(f"{rows[0].name} is {rows[0].condition.value}", markup=False)
            else:
                self._do_one(wanted, rows[0])
        elif rows:
            self._show_plan(Plan(wanted, in_order(wanted, [row.server for row in rows]), lenient=True))

    def action_levels(self, deed: str) -> None:
        """Start or stop all controlled servers of the host, or of all hosts, level by level."""
        wanted = Deed(deed)
        rows = self.board.rows() if self.board is not None else []
        if self.tiles.chosen is not None:
            rows = chosen_rows(rows, [f"host:{self.tiles.chosen}"])
        controlled = [row.server for row in rows if row.server.level]
        if controlled:
            self._show_plan(Plan(wanted, in_order(wanted, controlled), lenient=True))
        else:
            self.app.notify("No server here has a start-up level; e gives one", severity="warning")

    @work(group="deeds")
    async def _show_plan(self, plan: Plan) -> None:
        for step in plan.steps:
            self.steps[step.server.name.lower()] = step
        if await self.app.push_screen_wait(PlanDialog(self.store.port, self.servers, plan)) is not None:
            self.marked.clear()
            self._drawn = ()
        self.look_again()

    @work(group="deeds")
    async def _do_one(self, deed: Deed, row: BoardRow) -> None:
        plan = Plan(deed, in_order(deed, [row.server]))
        (step,) = plan.steps
        self.steps[row.name.lower()] = step
        errors = await errors_of(self.store.port, lambda session: take(session, self.servers, plan, _DANGERS[deed]))
        if errors:
            self.tell_errors(f"{row.name} could not be {deed.done}", errors)
        elif step.failure is not None:
            self.app.notify(f"{row.name}: {error_line(step.failure.errors)}", severity="error", markup=False)
            if deed in (Deed.STOP, Deed.KILL):
                del self.steps[row.name.lower()]  # it goes on as it was
        elif step.phase is Phase.DONE:
            self.app.notify(f"{row.name} {step.result}", timeout=3, markup=False)
        self._drawn = ()
        self.look_again()

    # ---- what the database defines

    @work(group="deeds")
    async def _change(self, do: Callable[[], bool], done: str) -> None:
        """A change that needs no form: done in a thread, with its questions; its refusal is shown."""
        made: list[bool] = []
        errors = await errors_of(self.store.port, lambda session: made.append(do()))
        if errors:
            self.tell_errors(f"Could not be {done}", errors)
        elif made == [True]:
            self.app.notify(done.capitalize(), timeout=3)
        self.look_again()

    @work(group="deeds")
    async def _ask(self, form: Screen[bool | None]) -> None:
        if await self.app.push_screen_wait(form):
            self.look_again()

    def action_create(self) -> None:
        """The form for a new server."""
        if self.board is not None:
            row = self.grid.current
            self._ask(forms.new_server(self.store.port, self.definitions, row.server if row is not None else None))

    def action_add_device(self) -> None:
        """The form for a new device of the server."""
        row = self.grid.current
        if row is not None:
            self._ask(forms.new_device(self.store.port, self.definitions, row.server))

    def action_rename(self) -> None:
        """The form for another name of the device or the server."""
        device, row = self.on_device, self.grid.current
        if device is not None:
            self._ask(forms.rename_device(self.store.port, self.definitions, device.record))
        elif row is not None:
            self._ask(forms.rename_server(self.store.port, self.definitions, row.server))

    def action_move(self) -> None:
        """The form for another server of the device, or another host of the server."""
        device, row = self.on_device, self.grid.current
        if device is not None:
            self._ask(forms.move_device(self.store.port, self.definitions, device.record))
        elif row is not None:
            hosts = [host.name for host in self.tiles.hosts if host.name]
            self._ask(forms.move_server(self.store.port, self.definitions, row.server, hosts))

    def action_level(self) -> None:
        """The form for the start-up level."""
        rows = self.targets()
        if rows:
            self._ask(forms.level(self.store.port, self.definitions, [row.server for row in rows]))

    def action_delete(self) -> None:
        """Take the device, or servers with their devices, out of the database."""
        device, rows = self.on_device, self.targets()
        if device is not None:
            self._change(lambda: self.definitions.delete_device(device.record), "deleted")
        elif rows:
            self._change(lambda: self.definitions.delete_servers([row.server for row in rows]), "deleted")

    def action_unexport(self) -> None:
        """Tell the database that servers which are gone do not run."""
        rows = self.targets()
        self._change(lambda: sum(self.definitions.unexport(row.server) for row in rows) > 0, "unexported")

    def action_init(self) -> None:
        """Execute Init of the device."""
        device = self.on_device
        if device is not None:
            self._change(lambda: self.definitions.init_device(device.record, Danger.ASK), "initialised")

    @work(group="deeds")
    async def action_wizard(self) -> None:
        """The form for the properties that the server's classes declare."""
        row = self.grid.current
        if row is None:
            return
        try:
            asked = await self.store.port.perform(lambda session: asked_by(session, row.server))
        except DevFailed as failure:
            self.tell_errors(f"{row.name} cannot be asked what it wants to know", failure.errors)
            return
        if not asked:
            self.app.notify(f"{row.name} asks for nothing", markup=False)
        elif await self.app.push_screen_wait(forms.wizard(self.store.port, row.server, asked)):
            self.look_again()


_ABOUT_SERVERS = (
    "mark",
    "details",
    "do",
    "log",
    "add_device",
    "rename",
    "move",
    "level",
    "delete",
    "unexport",
    "wizard",
)
_ABOUT_DEVICES = ("init",)
