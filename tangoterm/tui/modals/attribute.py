"""One attribute on the whole screen: its picture with cursor and zoom, and beside it everything that is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from server_core.model.config import NO_DESCRIPTION, NOT_SPECIFIED
from server_core.model.errors import DevFailed
from server_core.model.values import AttributeValue
from tangoterm.console import exports
from tangoterm.console.configuring import fields_of, text_of
from tangoterm.console.format import clock_text, error_line, error_lines, time_text, without_today
from tangoterm.console.history import attribute_history
from tangoterm.console.result import Result
from tangoterm.console.session import AttributeName
from tangoterm.tui.actions import bindings
from tangoterm.tui.attribute import Observed, Point
from tangoterm.tui.guarded import Guarded
from tangoterm.tui.modals.base import Dialog
from tangoterm.tui.text import plain, toned
from tangoterm.tui.theme import QUALITY_MARKS
from tangoterm.tui.widgets.picture import Picture, whole_text
from tangoterm.tui.wording import (
    range_text,
    reading_text,
    set_point_text,
    source_text,
    type_text,
    value_cell,
)

if TYPE_CHECKING:
    from tangoterm.tui.panes.attributes import AttributesPane

REDRAW = 0.2
"""Seconds between two looks at the attribute."""
RECORDS = 1000
"""Records asked of the polling buffer; it holds what it holds."""
_SHOWN = 12
_HINT = "←→ cursor  +- zoom  0 all  h history  {write}c configure  e export  y copy  esc close"


class AttributeDetail(Guarded, Dialog[None]):
    """Looks at the attribute `key` of the device that `pane` shows."""

    BINDING_GROUP_TITLE = "One attribute"
    BINDINGS: ClassVar[list[BindingType]] = bindings("attribute")

    def __init__(self, pane: AttributesPane, key: str) -> None:
        super().__init__()
        self.pane, self.key = pane, key
        self.records: list[AttributeValue] = []
        self.unrecorded: DevFailed | None = None
        self.recorded = False

    @property
    def observed(self) -> Observed | None:
        """The attribute as it is known now; None when it has gone."""
        return None if self.pane.device is None else self.pane.device.attributes.get(self.key)

    def compose(self) -> ComposeResult:
        """Title, picture and facts, what stands at the cursor, and the keys."""
        self.heading = Static(id="detail-heading")
        self.picture = Picture(id="detail-picture")
        self.facts = Static()
        self.cursor_line = Static(id="detail-cursor", markup=False)
        with Vertical(classes="dialog -whole"):
            yield self.heading
            with Horizontal(id="detail-body"):
                yield self.picture
                with VerticalScroll(id="detail-facts"):
                    yield self.facts
            yield self.cursor_line
            writable = self.observed is not None and self.observed.config.writable.writable
            yield Static(_HINT.format(write="w write  " if writable else ""), classes="hint", markup=False)

    def on_mount(self) -> None:
        """Begin to look."""
        self.query_one("#detail-facts").focus()
        self.look()
        self.set_interval(REDRAW, self.look)
        self._recall()

    def look(self) -> None:
        """Show what is new."""
        observed = self.observed
        if observed is None or self.pane.device is None:
            self.dismiss(None)
            return
        name = f"{self.pane.device.name}/{observed.config.name}"
        text, tone = value_cell(observed)
        told = "" if observed.reading is not None and observed.reading.errors else f"  {plain(text)}"
        self.heading.update(toned((plain(name), "accent bold"), (told, f"{tone} bold")), layout=False)
        self.picture.draw(observed)
        self.facts.update(Content("\n").join(self._facts(observed)))
        self.cursor_line.update(self._cursor_text(observed))

    def _cursor_text(self, observed: Observed) -> str:
        parts = [self.picture.cursor_text()]
        if self.recorded:
            parts.append(f"polling buffer, {len(self.records)} records")
        elif not observed.scalar and observed.reading is not None and observed.reading.value is not None:
            parts.append(f"range {found}" if (found := range_text(observed.config, observed.reading.value)) else "")
        return "   ".join(part for part in parts if part)

    # ---- facts

    def _facts(self, observed: Observed) -> list[Content]:
        config, reading = observed.config, observed.reading
        parts = [*_reading_facts(observed), Content("")]
        rows = [
            ("type", f"{type_text(observed)} {config.data_format.name}"),
            ("access", config.writable.name),
            ("level", config.disp_level.name),
            ("memorised", config.memorization.name.lower() if config.memorized else ""),
            ("root", "" if config.root_attr_name == NOT_SPECIFIED else config.root_attr_name),
        ]
        parts += [_heading("Attribute"), *_rows(rows), Content("")]
        group = ""
        for field in fields_of(config):
            value = text_of(config, field.name)
            if value in ("", NOT_SPECIFIED, NO_DESCRIPTION) or value.startswith(("No standard", "No display")):
                continue
            if field.group != group:
                parts.append(_heading(field.group))
                group = field.group
            parts += _rows([(field.name, value)])
        parts += [Content(""), _heading("Polling buffer"), *self._record_lines(observed)]
        if reading is not None and not reading.errors and not observed.scalar:
            parts += [Content(""), _heading("Value"), Content(whole_text(observed, reading, 4000))]
        return parts

    def _record_lines(self, observed: Observed) -> list[Content]:
        if self.unrecorded is not None:
            return [toned((error_line(self.unrecorded.errors), "muted"))]
        if not self.records:
            return [toned(("nothing recorded", "muted"))]
        return [
            toned(
                (f"{clock_text(record.time)}  ", "muted"),
                (error_line(record.errors), "bad")
                if record.errors
                else plain(reading_text(observed.config, record, width=40)),
            )
            for record in reversed(self.records[-_SHOWN:])
        ]

    # ---- history

    @work(exclusive=True, group="history")
    async def _recall(self) -> None:
        """Ask what the polling buffer remembers."""
        observed, device = self.observed, self.pane.device
        if observed is None or device is None:
            return
        name = AttributeName(device.name, observed.config.name)
        try:
            self.records = await device.port.perform(lambda session: attribute_history(session, name, RECORDS))
            self.unrecorded = None
        except DevFailed as failure:
            self.records, self.unrecorded = [], failure
        if self.recorded:
            self._show_recorded()
        self.look()

    def _show_recorded(self) -> None:
        self.picture.recorded = _points(self.records) if self.recorded else None
        self.picture.look_at_all()

    # ---- actions

    def action_cursor(self, across: int, down: int, far: bool = False) -> None:
        """Move the cursor."""
        self.picture.move(across, down, far=far)
        self.look()

    def action_zoom(self, factor: float) -> None:
        """Show less or more."""
        self.picture.zoom(factor)
        self.look()

    def action_all(self) -> None:
        """Show all, without cursor."""
        self.picture.look_at_all()
        self.look()

    def action_history(self) -> None:
        """The polling buffer in place of what was seen here, or that again."""
        observed = self.observed
        if observed is None or not (observed.scalar and observed.plottable) or not (self.recorded or self.records):
            self.app.bell()
            return
        self.recorded = not self.recorded
        self._show_recorded()
        self._recall()

    def action_write(self) -> None:
        """The form to write."""
        observed = self.observed
        if observed is not None and observed.config.writable.writable:
            self.pane.write(observed)
        else:
            self.app.bell()

    def action_configure(self) -> None:
        """The editor of the configuration."""
        if (observed := self.observed) is not None:
            self.pane.configure(observed)

    def action_export(self) -> None:
        """Write what is in the picture into a file."""
        observed = self.observed
        if observed is not None and self.pane.device is not None and (found := self._exported(observed)) is not None:
            self.pane.export(f"{observed.config.name}.csv", found)

    def _exported(self, observed: Observed) -> Result | None:
        assert self.pane.device is not None
        name = f"{self.pane.device.name}/{observed.config.name}"
        if observed.scalar and observed.plottable:
            return exports.trend(name, _points(self.records) if self.recorded else list(observed.history))
        reading = observed.reading
        if reading is None or reading.value is None:
            return None
        if observed.scalar:
            return exports.readings([(name, observed.config, reading)])
        return exports.array(observed.config, reading)

    def action_copy(self) -> None:
        """Copy the whole value."""
        observed = self.observed
        if observed is not None and observed.reading is not None:
            self.pane.copy(reading_text(observed.config, observed.reading, width=None))


def _points(records: Sequence[AttributeValue]) -> list[Point]:
    return [
        Point(record.time, float(record.value))
        for record in records
        if record.time and not record.errors and isinstance(record.value, (int, float))
    ]


def _heading(text: str) -> Content:
    return toned((text, "accent"))


def _rows(rows: Sequence[tuple[str, str]]) -> list[Content]:
    return [toned((f"  {name:<18} ", "muted"), plain(value)) for name, value in rows if value]


def _reading_facts(observed: Observed) -> list[Content]:
    reading = observed.reading
    if reading is None:
        return [toned(("not read yet", "muted"))]
    if reading.errors:
        return [toned(("\n".join(error_lines(reading.errors)), "bad"))]
    mark = QUALITY_MARKS[reading.quality]
    set_point = set_point_text(observed)
    return [
        toned((plain(value_cell(observed)[0]), "strong bold")) if observed.scalar else _heading("Now"),
        *_rows([("set point", set_point), ("time", without_today(time_text(reading.time)))]),
        toned(("  quality            ", "muted"), (f"{mark.glyph} {reading.quality.label}".strip(), mark.tone)),
        *_rows([("source", source_text(observed)), ("updates", str(observed.updates))]),
    ]
