"""The polling of one device or many: how it goes, what is wrong, and changing it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from server_core.model.errors import DevError, DevFailed
from server_core.model.types import CmdArgType
from tangoterm.console.arguments import Argument
from tangoterm.console.commands.table import UsageError
from tangoterm.console.format import error_lines, plural, printable
from tangoterm.console.polling import changing
from tangoterm.console.polling.asking import Object, pollable
from tangoterm.console.polling.cockpit import Cockpit
from tangoterm.console.polling.rows import PollingRow, histogram, percent
from tangoterm.console.scope import devices_in
from tangoterm.console.session import Session
from tangoterm.tui.actions import bindings
from tangoterm.tui.bars import bar
from tangoterm.tui.listing import Listing
from tangoterm.tui.modals.form import Form, text_form
from tangoterm.tui.port import SystemPort
from tangoterm.tui.telling import Telling, errors_of
from tangoterm.tui.text import facts_text, plain, toned
from tangoterm.tui.widgets.grid import Column, Grid
from tangoterm.tui.widgets.line_list import LineList

PERIOD = 1.0
"""Seconds between two looks, at least."""
_SHARE = 0.25
"""The part of the time that looking may take."""
_A_SECOND = 50
"""Devices that are asked in a second, at most on average."""
_NEWS = 0.25
"""Seconds between two showings while many devices are being asked."""
_BAR = 5
_OF_A_ROW = ("period", "details", "stop", "reset", "mark", "mark_all", "sort", "reverse", "copy")


def _number(value: float | None, words: str, tone: str = "") -> tuple[str, str]:
    return ("", "") if value is None else (words, tone)


def _name(row: PollingRow) -> str:
    return f"{row.name}()" if row.status is not None and row.status.is_command else row.name


def _period(row: PollingRow) -> tuple[str, str]:
    if row.status is None:
        return "", ""
    return (f"{row.status.period} ms", "strong") if row.status.period else ("external", "muted")


def _real(row: PollingRow) -> tuple[str, str]:
    status = row.status
    if status is None or status.interval is None:
        return "", ""
    late = status.drift is not None and abs(status.drift) > 0.1
    return f"{status.interval:.0f} ms", "warn" if late else ""


def _jitter(row: PollingRow) -> tuple[str, str]:
    status = row.status
    if status is None or status.jitter is None:
        return "", ""
    part = status.jitter / status.period if status.period else 0.0
    return f"{status.jitter:>5} ms {bar(part, _BAR)}", "warn" if part > 0.2 else "muted"


def _duty(row: PollingRow) -> tuple[str, str]:
    duty = row.status.duty if row.status else None
    if duty is None:
        return "", ""
    return f"{percent(duty):>6} {bar(duty, _BAR)}", "bad" if duty > 1 else "warn" if duty > 0.5 else "good"


def _needed(row: PollingRow) -> tuple[str, str]:
    needed = row.status.needed if row.status else None
    return _number(needed, f"{needed or 0:.3f} ms", "muted")


def _age(row: PollingRow) -> tuple[str, str]:
    status = row.status
    if status is None or status.age is None:
        return ("no data" if status is not None and status.empty else "", "muted")
    late = status.period and status.age * 1000 > 2 * status.period + 500
    return f"{status.age:.1f} s", "warn" if late else ""


def _thread(row: PollingRow) -> tuple[str, str]:
    return (row.thread.label, "bad" if row.thread.overloaded else "muted") if row.thread else ("", "")


def _condition(row: PollingRow) -> tuple[str, str]:
    if row.error:
        return f"✖ {row.error}", "bad"
    if row.hint is not None:
        return f"△ {row.hint.problem}", "warn"
    return ("…", "muted") if row.status is not None and row.status.empty else ("✓ good", "good")


def _of_status(value: Callable[[Any], Any]) -> Callable[[PollingRow], Any]:
    return lambda row: None if row.status is None else value(row.status)


_DEVICE: Column[PollingRow] = Column("Device", 16, lambda row: row.device, grow=2, most=36)
COLUMNS: tuple[Column[PollingRow], ...] = (
    Column("Polled", 16, _name, grow=2, most=30),
    Column("Period", 9, _period, right=True, order=_of_status(lambda status: status.period)),
    Column("Real", 8, _real, right=True, rank=3, order=_of_status(lambda status: status.interval)),
    Column("Jitter", 9 + _BAR, _jitter, rank=5, order=_of_status(lambda status: status.jitter)),
    Column("Needed", 11, _needed, right=True, rank=7, order=_of_status(lambda status: status.needed)),
    Column("Duty", 7 + _BAR, _duty, rank=2, order=_of_status(lambda status: status.duty)),
    Column("Age", 8, _age, right=True, rank=4, order=_of_status(lambda status: status.age)),
    Column("Depth", 6, lambda row: (str(row.status.depth) if row.status else "", "muted"), right=True, rank=8,
           order=_of_status(lambda status: status.depth)),
    Column("Thread", 10, _thread, rank=6),
    Column("Condition", 12, _condition, grow=6),
)  # fmt: skip


class PollingBoard(Listing, Telling):
    """The polled objects of some devices, asked again and again while they are in sight."""

    BINDING_GROUP_TITLE = "Polling"
    BINDINGS: ClassVar[list[BindingType]] = bindings("polling")

    port: SystemPort
    cockpit: Cockpit | None = None
    _only_problems = False
    _failure = ""

    def compose(self) -> ComposeResult:
        """The grid, and below it what is wrong with the row under the cursor, and all in short."""
        self.grid = Grid(
            COLUMNS,
            lambda row: row.key,
            names=lambda row: (row.name, row.device, row.status.kind if row.status else "", _condition(row)[0]),
            id="polling-grid",
        )
        self.note = Static(id="polling-note")
        yield self.filter_line
        yield self.grid
        yield self.note

    # ---- looking

    def watch_polling(self, port: SystemPort, words: Sequence[str], *, several: bool) -> None:
        """Show the polling of the devices that the words name; `several` has them named in the rows."""
        self.port, self.cockpit, self._failure = port, None, ""
        self.empty_list()
        self.grid.set_columns((_DEVICE, *COLUMNS) if several else COLUMNS)
        self.grid.empty = "asking …"
        self._watch(tuple(words))

    def stop_watching(self) -> None:
        """Ask no more."""
        self.workers.cancel_group(self, "polling-look")

    @work(exclusive=True, group="polling-look")
    async def _watch(self, words: Sequence[str]) -> None:
        try:
            devices = await self.port.perform(lambda session: devices_in(session, words, running=True))
            cockpit = await self.port.perform(lambda session: Cockpit(session, devices))
        except (DevFailed, UsageError) as failure:
            self._failure, self.grid.empty = str(failure), "nothing to show"
            self._show()
            return
        self.cockpit = cockpit
        while True:
            took = await self._look(cockpit) if self._in_sight() else 0.0
            await asyncio.sleep(max(PERIOD, took / _SHARE, len(devices) / _A_SECOND))

    async def _look(self, cockpit: Cockpit) -> float:
        """Ask all devices once, and show what is there meanwhile; the seconds that it took."""
        began = time.monotonic()
        showing = self.set_interval(_NEWS, self._show)
        try:
            await self.port.perform(lambda session: sum(1 for _ in cockpit.look()))
        finally:
            showing.stop()
        self._show()
        return time.monotonic() - began

    def _in_sight(self) -> bool:
        return self.display and all(each.display for each in self.ancestors if isinstance(each, Widget))

    def look_again(self) -> None:
        """Ask at once, the servers for their threads too."""
        if self.cockpit is not None:
            self.cockpit.refresh_pools()
            self._look_once(self.cockpit)

    @work(exclusive=True, group="polling-once")
    async def _look_once(self, cockpit: Cockpit) -> None:
        await self._look(cockpit)

    # ---- showing

    def _show(self) -> None:
        if not self.is_attached:
            return
        rows = self.cockpit.rows() if self.cockpit else []
        before = self.grid.count()
        if self.cockpit is not None and self.cockpit.asked >= len(self.cockpit.devices):
            self.grid.empty = self._nothing(rows)
        self.fill([row for row in rows if row.problem] if self._only_problems else rows)
        self.note.update(Content("\n").join((self._advice(), self._summary(rows))), layout=False)
        if (before == 0) is not (self.grid.count() == 0):
            self.screen.refresh_bindings()

    def _nothing(self, rows: Sequence[PollingRow]) -> str:
        """What an empty list means."""
        if rows and self._only_problems:
            return "everything is polled as it should be; ! shows all"
        return "nothing is polled; n begins" if self._device() else "nothing is polled"

    def _advice(self) -> Content:
        """What is wrong with the row under the cursor, in full."""
        row = self.grid.current
        if self._failure:
            return toned((f" ✖ {plain(self._failure)}", "bad"))
        if row is None or not row.problem:
            return Content("")
        return toned((f" {plain(row.name or row.device)}: {plain(row.problem)}", "bad" if row.error else "warn"))

    def _summary(self, rows: Sequence[PollingRow]) -> Content:
        """How many, how many of them badly, and how busy the threads are."""
        cockpit = self.cockpit
        if cockpit is None:
            return Content("")
        polled = [row for row in rows if row.status is not None]
        failing = sum(bool(row.error) for row in rows)
        hinted = sum(row.hint is not None and not row.error for row in rows)
        parts: list[str | tuple[str, str]] = [(f" {plural(len(polled), 'object')} polled", "muted")]
        if failing:
            parts.append((f"  ✖ {failing} failing", "bad"))
        if hinted:
            parts.append((f"  △ {plural(hinted, 'hint')}", "warn"))
        if self._only_problems:
            parts.append(("  problems only", "accent"))
        if self.grid.marks:
            parts.append((f"  ✓ {len(self.grid.marks)} marked", "accent"))
        if cockpit.asked < len(cockpit.devices):
            parts.append((f"  asked {cockpit.asked} of {len(cockpit.devices)} devices", "accent"))
        threads = {(row.thread.server, row.thread.number): row.thread for row in polled if row.thread}
        several = len({server for server, _ in threads}) > 1
        for (server, number), thread in sorted(threads.items())[:6]:
            if thread.load is not None:
                name = f"{server} {number}" if several else f"thread {number}"
                parts.append((f"  {name}: {percent(thread.load)}", "bad" if thread.overloaded else "muted"))
        return toned(*parts)

    @on(LineList.Moved)
    def _moved(self) -> None:
        if self.cockpit is not None:
            self.note.update(Content("\n").join((self._advice(), self._summary(self.cockpit.rows()))), layout=False)

    @on(LineList.Chosen)
    async def _chosen(self) -> None:
        await self.run_action("period")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing to do while nothing is polled; what is set for a device needs one."""
        if self.is_mounted:
            row = self.grid.current
            if action in _OF_A_ROW and row is None:
                return None
            if action == "threads" and (row is None or row.thread is None):
                return None
            if action in ("add", "depth", "old_factor") and self._device() is None:
                return None
        return super().check_action(action, parameters)

    # ---- looking closer

    def action_problems(self) -> None:
        """Only what is not polled as it should be, or all."""
        self._only_problems = not self._only_problems
        self._show()

    def action_mark(self) -> None:
        """Mark a row."""
        self.grid.toggle_mark()
        self._show()

    def action_mark_all(self) -> None:
        """Mark all rows in sight."""
        self.grid.mark_all()
        self._show()

    def action_sort(self) -> None:
        """Sort by the next column."""
        self.grid.sort_next()

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self.grid.reverse()

    def action_copy(self) -> None:
        """Copy the status."""
        row = self.grid.current
        if row is not None:
            self.copy(row.status.text if row.status else row.error)

    def action_details(self) -> None:
        """All there is to know of the row."""
        row = self.grid.current
        if row is None or self.cockpit is None:
            return
        if row.failure is not None:
            self.tell_errors(row.device, row.failure.errors)
        elif row.status is not None:
            self.tell(f"Polling of {row.device}/{row.name}", _details(row, self.cockpit.series(row)))

    # ---- changing

    def action_period(self) -> None:
        """The form for the period of what is chosen."""
        chosen = [row for row in self.grid.chosen if row.status is not None]
        if not chosen:
            return
        status = chosen[0].status
        title = f"Poll {chosen[0].name}" if len(chosen) == 1 else f"Poll {len(chosen)} objects"
        present = ", ".join(dict.fromkeys(_period(row)[0] for row in chosen))
        self._ask(
            title, [("now", present), ("period", "in ms; 0 stops polling")], str((status and status.period) or 1000),
            lambda session, period: changing.set_periods(session, _objects(chosen), period or None),
        )  # fmt: skip

    @work(group="polling")
    async def action_add(self) -> None:
        """Ask what to poll, and how often."""
        device = self._device()
        if device is None:
            return
        wanted = ""

        async def find(name: str) -> Sequence[DevError]:
            nonlocal wanted
            wanted = name
            return await errors_of(self.port, lambda session: _some(pollable(session, device, name), device, name))

        facts = [("of", device), ("name", "an attribute or command; several: double_*")]
        form = text_form("Poll what?", "Next", find, facts=facts)
        if await self.app.push_screen_wait(form):

            def start(session: Session, period: int) -> None:
                changing.set_periods(session, pollable(session, device, wanted), period)

            self._ask(f"Poll {wanted}", [("of", device), ("period", "in ms; 0: triggered externally")], "1000", start)

    @work(group="polling")
    async def action_stop(self) -> None:
        """End polling, after a question."""
        chosen = _objects(self.grid.chosen)
        if chosen:
            await self._stop(lambda session: changing.set_periods(session, chosen, None, ask=True))

    @work(group="polling")
    async def action_reset(self) -> None:
        """Stop polling everything of a device, after a question."""
        device = self._device()

        def stop(session: Session) -> None:
            if device is not None:
                changing.set_periods(session, changing.polled_objects(session, device), None, ask=True)

        if self.grid.current is not None:
            await self._stop(stop)

    async def _stop(self, do: Callable[[Session], object]) -> None:
        errors = await errors_of(self.port, do)
        if errors:
            self.tell_errors("Polling could not be stopped", errors)
        self.grid.marks.clear()
        self.look_again()

    @work(group="polling")
    async def action_depth(self) -> None:
        """The form for the ring buffer of the object."""
        row, device = self.grid.current, self._device()
        if device is None:
            return
        polled = Object(device, row.name, row.status.kind) if row is not None and row.status is not None else None
        depth = str(row.status.depth) if row is not None and row.status is not None else changing.DEFAULT_DEPTH
        self._ask(
            f"Ring buffer of {polled or device}",
            [("now", f"{depth} values"), ("has effect", "when the device is restarted")],
            depth,
            lambda session, value: changing.set_ring_depth(session, device, value, polled),
        )

    @work(group="polling")
    async def action_old_factor(self) -> None:
        """The form for how old values may be."""
        device = self._device()
        if device is None:
            return
        try:
            settings = await self.port.perform(lambda session: changing.poll_settings(session, device))
        except DevFailed as failure:
            self.tell_errors(device, failure.errors)
            return
        factor = settings.old_factor or changing.DEFAULT_FACTOR
        self._ask(
            f"Age limit of {device}",
            [
                ("now", f"{factor} periods, then readers of the buffer are refused"),
                ("has effect", "when the device is restarted"),
            ],
            factor,
            lambda session, value: changing.set_old_factor(session, device, value),
        )

    @work(group="polling")
    async def action_threads(self) -> None:
        """The form for the threads of the server."""
        row = self.grid.current
        if row is None or row.thread is None:
            self.app.bell()
            return
        server, pool = row.thread.server, self.cockpit.pool_of(row.thread.server) if self.cockpit else None
        self._ask(
            f"Polling threads of {server}",
            [
                ("now", f"at most {pool.size if pool else 1}, {len(pool.threads) if pool else 1} in use"),
                ("has effect", "when the server is restarted; a device is polled by one thread"),
            ],
            str(pool.size if pool else 1),
            lambda session, value: changing.set_threads(session, server, value),
        )

    def _device(self) -> str | None:
        """The device of the row under the cursor, or the only one."""
        row: PollingRow | None = self.grid.current
        if row is not None:
            return row.device
        devices = self.cockpit.devices if self.cockpit else ()
        return devices[0] if len(devices) == 1 else None

    def _ask(
        self, title: str, facts: Sequence[tuple[str, str]], initial: str, do: Callable[[Session, int], object]
    ) -> None:
        """The form for a number."""

        async def perform(value: Any) -> Sequence[DevError]:
            errors = await errors_of(self.port, lambda session: do(session, int(value)))
            self.grid.marks.clear()
            self.look_again()
            return errors

        argument = Argument(CmdArgType.DevULong)
        self.app.push_screen(Form(title, "Set", argument, perform, facts=facts, initial=initial))


def _objects(rows: Sequence[PollingRow]) -> list[Object]:
    return [Object(row.device, row.name, row.status.kind) for row in rows if row.status is not None]


def _some(found: Sequence[Object], device: str, name: str) -> None:
    if not found:
        raise UsageError(f"nothing of {device} that can be polled matches {name}")


def _details(row: PollingRow, series: Sequence[int]) -> Content:
    status, thread = row.status, row.thread
    assert status is not None
    facts = [
        ("device", row.device),
        ("what is wrong", row.problem),
        ("period", _period(row)[0]),
        ("really", _real(row)[0]),
        ("duty", _duty(row)[0].strip()),
        ("read together", " + ".join(status.group)),
        ("thread", f"{thread.label} of {thread.server}" if thread else ""),
        ("it serves", ", ".join(thread.devices) if thread else ""),
    ]
    parts = [facts_text([(name, value) for name, value in facts if value])]
    if status.error is not None:
        parts += [Content(""), toned(("\n".join(error_lines((status.error,))), "bad"))]
    if len(series) > 1:
        parts += [Content(""), toned((f"the last {len(series)} intervals in ms", "muted")), *_spread(series)]
    parts += [Content(""), toned(("as the server words it", "muted")), Content(printable(status.text, one_line=False))]
    return Content("\n").join(parts)


def _spread(series: Sequence[int]) -> list[Content]:
    """How the intervals spread, a line for each class."""
    classes = histogram(series)
    most = max(count for _, _, count in classes)
    words = [str(low) if low == high else f"{low} … {high}" for low, high, _ in classes]
    width = max(map(len, words))
    return [
        toned((f"{word:>{width}}  ", ""), (bar(count / most, 24), "curve"), (f" {count}", "muted"))
        for word, (_, _, count) in zip(words, classes, strict=True)
    ]
