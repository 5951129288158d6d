"""Who a device is, how it is, and what about it wants attention."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from server_core.model.config import UNINITIALISED
from server_core.model.enums import AttrQuality
from server_core.model.errors import DevFailed
from tangoterm.console.card import BLOCKS, BY_PROGRAM, Block, blocks_of, reference_facts, shown, subject_of
from tangoterm.console.engine import run_line
from tangoterm.console.format import NO_VALUE, duration_text, error_line, error_lines, plural, time_text
from tangoterm.console.quoting import joined
from tangoterm.console.session import Session
from tangoterm.tui.actions import bindings
from tangoterm.tui.attribute import Observed
from tangoterm.tui.observed import Change, DeviceWatch
from tangoterm.tui.panes.base import Pane
from tangoterm.tui.port import DeviceFacts
from tangoterm.tui.telling import errors_of
from tangoterm.tui.text import facts_text, fit, plain, toned
from tangoterm.tui.theme import QUALITY_MARKS, STATE_MARKS
from tangoterm.tui.wording import age_text, trend_text, value_cell

KEPT = 10.0
"""Seconds after which a card in sight is asked for again."""


class OverviewPane(Pane):
    """Condition, what wants attention and identity at the left, numbers and the rest of the card at the right."""

    BINDING_GROUP_TITLE = "Overview"
    BINDINGS: ClassVar[list[BindingType]] = bindings("overview")
    watches = frozenset({Change.FACTS, Change.VALUES, Change.INTERFACE, Change.POLLING})

    def compose(self) -> ComposeResult:
        """Two columns, below one another where the terminal is narrow."""
        self.condition = Static(classes="card")
        self.attention = Static(classes="card")
        self.facts = Static(classes="card")
        self.glance = Static(classes="card")
        self.rest = Static(classes="card")
        self.blocks: dict[str, Block] = {}
        self._asked = (0.0, "", False)
        with VerticalScroll(id="overview"), Horizontal(id="overview-columns"):
            with Vertical(classes="column"):
                yield self.condition
                yield self.attention
                yield self.facts
            with Vertical(classes="column"):
                yield self.glance
                yield self.rest

    def main(self) -> Widget:
        """The scrolling area."""
        return self.query_one("#overview")

    def show(self, device: DeviceWatch) -> None:
        """Show another device, of which nothing is known yet."""
        self.blocks = {}
        super().show(device)

    def update_from(self, device: DeviceWatch) -> None:
        """Take over what is known, and ask for the card when it is old, or the device has come or gone."""
        self._draw(device)
        asked, name, failed = self._asked
        if name != device.name or failed != (device.failure is not None) or time.monotonic() - asked > KEPT:
            self._asked = (time.monotonic(), device.name, device.failure is not None)
            self.ask(device)

    def _draw(self, device: DeviceWatch) -> None:
        self.condition.update(_section("Condition", _condition(device, self.blocks)))
        self.facts.update(_section("Identity", facts_text(_identity(device, self.blocks))))
        self.attention.update(_section("Attention", _attention(device)))
        self.glance.update(_section("At a glance", _glance(device, self.glance.size.width)))
        rest = _rest(self.blocks)
        self.rest.display = bool(rest)
        self.rest.update(Content("\n\n").join(map(_block_section, rest)))

    @work(group="card", exclusive=True)
    async def ask(self, device: DeviceWatch) -> None:
        """Ask for the blocks; each is shown when it comes."""

        def take(block: Block) -> None:
            if self.device is device:
                self.blocks[block.key] = block
                self._draw(device)
                self.refresh_bindings()

        def ask(session: Session) -> None:
            for block in blocks_of(subject_of(session, device.name)):
                self.app.call_later(take, block)

        try:
            await device.port.perform(ask)
        except DevFailed as failure:
            take(Block("identity", {}, failure.errors))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A server is started that does not run."""
        if action == "start" and not (self.is_mounted and self.device is not None and self.device.failure is not None):
            return False
        return super().check_action(action, parameters)

    @work(group="start", exclusive=True)
    async def action_start(self) -> None:
        """Start the server of the device, as the command `server start` does."""
        device = self.device
        server = self.blocks["identity"].facts.get("server") if "identity" in self.blocks else None
        if device is None or not server:
            self.app.bell()
            return
        self.app.notify(f"Starting {server} …", timeout=4, markup=False)
        errors = await errors_of(device.port, lambda session: run_line(session, joined("server", "start", server)))
        if errors:
            self.tell_errors(f"{server} was not started", errors, device.name)
        else:
            self.app.notify(f"{server} is started", timeout=4, markup=False)
        self._asked = (0.0, "", False)
        device.refresh()

    @work(group="reference", exclusive=True)
    async def action_reference(self) -> None:
        """What the object reference says."""
        device = self.device
        if device is None:
            return
        try:
            subject = await device.port.perform(lambda session: subject_of(session, device.name))
        except DevFailed as failure:
            self.tell_errors("No object reference", failure.errors)
            return
        ior = subject.record.ior if subject.record is not None else ""
        rows = reference_facts(ior) if ior else [("reference", "none in the database: it was never exported")]
        self.tell(f"Object reference of {device.name}", facts_text(rows))


_SHOWN_ELSEWHERE = frozenset({"identity", "condition", "start", "attention", "program", "answer", "polling"})
"""Blocks whose content other parts of the page show, from fresher readings."""


def _rest(blocks: Mapping[str, Block]) -> list[Block]:
    """The blocks that have something to say, in their order."""
    chosen = [blocks[key] for key in BLOCKS if key in blocks and key not in _SHOWN_ELSEWHERE]
    chosen += [blocks[key] for key in ("program", "polling") if key in blocks and blocks[key].errors]
    return [block for block in chosen if any(True for _ in shown(block))]


def _block_section(block: Block) -> Content:
    """A block under its title; one that could not be had with its error."""
    if block.errors:
        return _section(block.spec.title, toned((f"✖ {error_line(block.errors)}", "bad")))
    rows = list(shown(block))
    title = block.spec.title
    if [name.lower() for name, _ in rows] == [title.lower()] or len(rows) == 1:
        lines = (plain(line) for line in rows[0][1].exact().split("\n"))
        return _section(title, Content("\n").join(toned((line, "")) for line in lines))
    return _section(title, facts_text([(name.lower(), cell.text()) for name, cell in rows]))


def _section(title: str, body: Content) -> Content:
    return Content("\n").join([toned((title, "accent bold")), body])


def _condition(device: DeviceWatch, blocks: Mapping[str, Block]) -> Content:
    if device.failure is not None:
        return _down(device.failure, blocks)
    state = device.state
    if state is None:
        return toned(("waiting for the first reading", "muted"))
    mark = STATE_MARKS[state]
    status = "\n".join(plain(line) for line in device.status.splitlines())
    return toned((f"{mark.glyph} {state.name}\n", f"{mark.tone} bold"), status)


def _down(failure: DevFailed, blocks: Mapping[str, Block]) -> Content:
    """A device that does not answer: since when it does not run, who can start it, and the error."""
    known = blocks["identity"].facts if "identity" in blocks else {}
    parts: list[str | tuple[str, str]] = []
    if known.get("running") is False:
        stopped = known.get("stopped")
        since = f" since {stopped.text()[:19]}" if stopped is not None else ""
        parts.append((f"· not running{since}\n", "warn bold"))
        parts.append((f"served by {plain(known.get('server', ''))}\n", ""))
        start = blocks.get("start")
        who = start.facts.get("can_be_started") if start is not None else None
        if who:
            way, _, line = str(who).partition(": ")
            known_here = way != BY_PROGRAM
            parts += [("it can be started ", ""), (plain(way), "strong"), (": press " if known_here else ": ", "")]
            parts += [("s" if known_here else plain(f":{line}"), "accent bold"), ("\n", "")]
    else:
        parts.append(("× no answer\n", "bad bold"))
    return toned(*parts, ("\n".join(error_lines(failure.errors)), "bad"))


def _identity(device: DeviceWatch, blocks: Mapping[str, Block]) -> list[tuple[str, str]]:
    facts = device.facts
    block = blocks.get("identity")
    rows = [("device", device.name)]
    if block is not None and block.facts.get("alias"):
        rows.append(("alias", str(block.facts["alias"])))
    if facts is not None:
        rows += _told(facts, running=device.failure is None)
    elif block is not None and block.errors:
        rows.append(("database", f"✖ {error_line(block.errors)}"))
    elif block is not None:
        known = {name.lower(): cell.text() for name, cell in shown(block)}
        rows += [(name, known[name]) for name in ("class", "server", "host", "pid") if name in known]
    if device.delay is not None:
        rows.append(("round trip", duration_text(device.delay)))
    if device.loaded:
        members = f"{plural(len(device.attributes), 'attribute')}, {plural(len(device.commands), 'command')}"
        polled = f"{plural(len(device.polling), 'object')} polled" if device.polling else "nothing polled"
        rows += [("interface", members), ("polling", polled)]
    return [(name, value) for name, value in rows if value not in ("", UNINITIALISED, NO_VALUE)]


def _told(facts: DeviceFacts, *, running: bool) -> list[tuple[str, str]]:
    """What the device told; of its process only while it runs."""
    info = facts.info
    process = [
        ("process", str(facts.pid) if facts.pid else ""),
        ("started", time_text(facts.started)[:19]),
        ("running for", age_text(facts.started)),
    ]
    return [
        ("class", info.dev_class),
        ("server", info.server_id),
        ("host", info.server_host or facts.host),
        *(process if running else ()),
        ("idl", str(info.server_version)),
        ("type", info.dev_type),
        ("description", "" if facts.description.startswith("A TANGO device") else facts.description),
    ]


def _attention(device: DeviceWatch) -> Content:
    """Readings that are not simply valid, and polling that fails."""
    lines = [_complaint(observed) for observed in device.attributes.values() if _wants_attention(observed)]
    lines += [
        toned(("✖ polling of ", "bad"), plain(status.name), (f"  {error_line((status.error,))}", "bad"))
        for status in device.polling
        if status.error is not None
    ]
    return Content("\n").join(lines or [toned(("✓ ", "good"), ("nothing", "muted"))])


def _wants_attention(observed: Observed) -> bool:
    reading = observed.reading
    return reading is not None and (bool(reading.errors) or reading.quality is not AttrQuality.ATTR_VALID)


def _complaint(observed: Observed) -> Content:
    assert observed.reading is not None
    mark = QUALITY_MARKS[observed.reading.quality]
    text, tone = value_cell(observed)
    return toned((f"{mark.glyph} ", mark.tone), plain(observed.config.name), ("  " + plain(text), tone or "muted"))


_GLANCE = 12
_TREND = 24


def _glance(device: DeviceWatch, width: int) -> Content:
    """The numbers of the device with their trend, in lines of at most `width` cells."""
    chosen = [
        observed
        for observed in device.attributes.values()
        if observed.scalar
        and observed.plottable
        and observed.reading is not None
        and observed.reading.value is not None
    ][:_GLANCE]
    names = max((len(observed.config.name) for observed in chosen), default=0)
    values = max((len(plain(value_cell(observed)[0])) for observed in chosen), default=0)
    trend = max(0, min(_TREND, width - names - values - 4))
    lines = [
        toned(
            fit(plain(observed.config.name), names),
            (f"  {fit(plain(value_cell(observed)[0]), values, right=True)}  ", "strong"),
            (trend_text(observed.history, trend), "curve"),
        )
        for observed in chosen
    ]
    return Content("\n").join(lines or [toned(("no numbers yet", "muted"))])
