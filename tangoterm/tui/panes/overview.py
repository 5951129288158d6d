"""Who a device is, how it is, and what about it wants attention."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from server_core.model.config import UNINITIALISED
from server_core.model.enums import AttrQuality
from tangoterm.console.format import NO_VALUE, duration_text, error_line, error_lines, plural, time_text
from tangoterm.tui.attribute import Observed
from tangoterm.tui.observed import Change, DeviceWatch
from tangoterm.tui.panes.base import Pane, facts_text
from tangoterm.tui.port import DeviceFacts
from tangoterm.tui.text import fit, plain, toned
from tangoterm.tui.theme import QUALITY_MARKS, STATE_MARKS
from tangoterm.tui.wording import age_text, trend_text, value_cell


class OverviewPane(Pane):
    """Facts at the left, condition at the right."""

    watches = frozenset({Change.FACTS, Change.VALUES, Change.INTERFACE, Change.POLLING})

    def compose(self) -> ComposeResult:
        """Two columns, below one another where the terminal is narrow."""
        self.condition = Static(classes="card")
        self.attention = Static(classes="card")
        self.facts = Static(classes="card")
        self.glance = Static(classes="card")
        with VerticalScroll(id="overview"), Horizontal(id="overview-columns"):
            with Vertical(classes="column"):
                yield self.condition
                yield self.facts
            with Vertical(classes="column"):
                yield self.attention
                yield self.glance

    def main(self) -> Widget:
        """The scrolling area."""
        return self.query_one("#overview")

    def update_from(self, device: DeviceWatch) -> None:
        """Take over what is known."""
        self.condition.update(_section("Condition", _condition(device)))
        self.facts.update(_section("Identity", facts_text(_identity(device))))
        self.attention.update(_section("Attention", _attention(device)))
        self.glance.update(_section("At a glance", _glance(device, self.glance.size.width)))


def _section(title: str, body: Content) -> Content:
    return Content("\n").join([toned((title, "accent bold")), body])


def _condition(device: DeviceWatch) -> Content:
    if device.failure is not None:
        return toned(("× no answer\n", "bad bold"), ("\n".join(error_lines(device.failure.errors)), "bad"))
    state = device.state
    if state is None:
        return toned(("waiting for the first reading", "muted"))
    mark = STATE_MARKS[state]
    status = "\n".join(plain(line) for line in device.status.splitlines())
    return toned((f"{mark.glyph} {state.name}\n", f"{mark.tone} bold"), status)


def _identity(device: DeviceWatch) -> list[tuple[str, str]]:
    facts = device.facts
    rows = [("device", device.name)]
    if facts is not None:
        rows += _told(facts)
    if device.delay is not None:
        rows.append(("round trip", duration_text(device.delay)))
    rows.append(
        ("interface", f"{plural(len(device.attributes), 'attribute')}, {plural(len(device.commands), 'command')}")
    )
    rows.append(("polling", f"{plural(len(device.polling), 'object')} polled" if device.polling else "nothing polled"))
    return [(name, value) for name, value in rows if value not in ("", UNINITIALISED, NO_VALUE)]


def _told(facts: DeviceFacts) -> list[tuple[str, str]]:
    info = facts.info
    return [
        ("class", info.dev_class),
        ("server", info.server_id),
        ("host", info.server_host or facts.host),
        ("process", str(facts.pid) if facts.pid else ""),
        ("started", time_text(facts.started)[:19]),
        ("running for", age_text(facts.started)),
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
