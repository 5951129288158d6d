"""The attributes of a device: a live grid, and below it the one under the cursor as plot, image or text."""

from __future__ import annotations

import time
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from server_core.model.config import NO_DESCRIPTION, NOT_SPECIFIED, AttributeConfig
from server_core.model.enums import AttrDataFormat, AttrQuality
from server_core.model.types import TYPES
from server_core.model.values import AttributeValue
from tangoterm.console.format import error_lines, time_text
from tangoterm.tui.actions import bindings
from tangoterm.tui.numbers import thinned
from tangoterm.tui.observed import Change, DeviceWatch, Observed
from tangoterm.tui.panes.base import ListPane, facts_text
from tangoterm.tui.text import plain, toned
from tangoterm.tui.theme import QUALITY_MARKS
from tangoterm.tui.widgets.chart import Chart, Curve
from tangoterm.tui.widgets.grid import Column, Grid
from tangoterm.tui.widgets.heat_map import HeatMap
from tangoterm.tui.widgets.line_list import LineList
from tangoterm.tui.wording import (
    age_cell,
    full_text,
    limits_of,
    quality_cell,
    reading_text,
    set_point_input,
    set_point_text,
    trend_text,
    value_cell,
)

_SPANS = (10, 30, 60, 120, 300, 600, 1800, 3600)
_TREND = 14
_CAPTION_REST = 36
"""Cells for what stands behind the elements of a spectrum: their number, the unit, the quality."""
_MOST_PLACES = 1000
"""More places across than any terminal has dots."""

COLUMNS: tuple[Column[Observed], ...] = (
    Column("Attribute", 16, lambda observed: _name_cell(observed), grow=2, most=32),
    Column("Value", 18, value_cell, grow=5, most=64),
    Column("Set point", 12, lambda observed: (set_point_text(observed), "link"), grow=1, most=18, rank=2),
    Column("Quality", 10, quality_cell, rank=1),
    Column("Trend", _TREND, lambda observed: (trend_text(observed.history, _TREND), "curve"), rank=4),
    Column("Type", 14, lambda observed: (_type_text(observed), "muted"), grow=1, most=22, rank=5),
    Column("Age", 7, age_cell, right=True, rank=3),
)


def _names(observed: Observed) -> tuple[str, str]:
    return observed.config.name, observed.config.label


def _name_cell(observed: Observed) -> tuple[str, str]:
    return observed.config.name, "" if observed.reading is None or not observed.reading.errors else "bad"


def _type_text(observed: Observed) -> str:
    config = observed.config
    if config.data_format is AttrDataFormat.SPECTRUM:
        return f"{config.data_type}[{config.max_dim_x}]"
    if config.data_format is AttrDataFormat.IMAGE:
        return f"{config.data_type}[{config.max_dim_x}×{config.max_dim_y}]"
    return str(config.data_type)


class AttributesPane(ListPane):
    """Grid and picture."""

    BINDING_GROUP_TITLE = "Attributes"
    BINDINGS: ClassVar[list[BindingType]] = bindings("attributes")
    watches = frozenset({Change.INTERFACE, Change.VALUES})

    _writable: bool | None = None
    _drawn: AttributeValue | None = None

    def compose(self) -> ComposeResult:
        """Grid above, picture below."""
        self.grid = Grid(
            COLUMNS, lambda observed: observed.key, names=_names, empty="no attributes known yet", id="attribute-grid"
        )
        self.caption = Static(id="caption")
        self.chart = Chart()
        self.image = HeatMap()
        self.words = Static(id="words", markup=False)
        yield self.filter_line
        yield self.grid
        with Vertical(id="picture"):
            yield self.caption
            yield self.chart
            yield self.image
            yield self.words

    def update_from(self, device: DeviceWatch) -> None:
        """Take over names and values; at first, go to the first attribute that moves."""
        first = not self.grid.total and bool(device.attributes)
        self.fill(list(device.attributes.values()))
        if first and (device.selected or (interesting := _interesting(device))):
            self.grid.go_to(device.selected or interesting)
        self._selected()

    @on(LineList.Moved)
    def _moved(self) -> None:
        self._selected()
        observed = self.grid.current
        writable = observed is not None and observed.config.writable.writable
        if writable is not self._writable:
            self._writable = writable
            self.app.refresh_bindings()

    def _selected(self) -> None:
        observed = self.grid.current
        if observed is None or self.device is None:
            self.caption.update("")
            self._drawn = None
            self._say("")
            return
        self.device.look(selected=observed.key)
        self.caption.update(_caption(observed, self.size.width), layout=False)
        self._draw(observed)

    def _draw(self, observed: Observed) -> None:
        reading = observed.reading
        if reading is not None and reading is self._drawn and not (observed.scalar and observed.plottable):
            return
        self._drawn = reading
        if reading is not None and reading.errors:
            self._say("\n".join(error_lines(reading.errors)))
        elif not observed.plottable:
            self._say("" if reading is None else _whole_text(observed, reading, 2000))
        elif observed.scalar:
            self._picture(self.chart)
            self._draw_history(observed)
        elif reading is None or reading.value is None:
            self._say("loading …" if reading is None else "no value")
        elif observed.config.data_format is AttrDataFormat.IMAGE:
            self._picture(self.image)
            self.image.draw(reading.value, reading.dim_x, reading.dim_y)
        else:
            self._picture(self.chart)
            points = thinned(reading.value, _MOST_PLACES)
            self.chart.draw(Curve(points, 0, max(1, len(reading.value) - 1), x_text=lambda x: f"{x:.0f}"))

    def _draw_history(self, observed: Observed) -> None:
        if not observed.history:
            self.chart.say("waiting for values")
            return
        now = max(time.time(), observed.history[-1].time)
        span = next((span for span in _SPANS if now - observed.history[0].time <= span), _SPANS[-1])
        points: list[tuple[float, float]] = [point for point in observed.history if point.time >= now - span]
        points.append((now, observed.history[-1].value))
        steps = observed.config.data_type.name in ("DevBoolean", "DevEnum")
        limits = limits_of(observed.config)
        self.chart.draw(Curve(points, now - span, now, limits, lambda x: _ago(now - x), steps))

    def _say(self, text: str) -> None:
        self._picture(self.words)
        self.words.update(text)

    def _picture(self, shown: Widget) -> None:
        for widget in (self.chart, self.image, self.words):
            widget.display = widget is shown

    # ---- actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing to do without an attribute; writing only where it is possible."""
        observed = self.grid.current if self.is_mounted else None
        if action == "write":
            return observed is not None and observed.config.writable.writable
        if action in ("details", "poll", "copy"):
            return True if observed is not None else None
        return super().check_action(action, parameters)

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        observed = self.grid.current
        if observed is not None and observed.config.writable.writable:
            self.action_write()
        else:
            self.action_details()

    def action_write(self) -> None:
        """The form to write."""
        observed = self.grid.current
        if observed is not None and self.device is not None and observed.config.writable.writable:
            self.ask_value(self.device, observed.config, set_point_input(observed), value_cell(observed)[0])

    def action_details(self) -> None:
        """Everything about the attribute."""
        observed = self.grid.current
        if observed is not None:
            self.tell(f"{observed.config.name}", _details(observed))

    def action_poll(self) -> None:
        """The form for the polling period."""
        observed = self.grid.current
        if observed is not None and self.device is not None:
            self.ask_period(self.device, observed.config.name, False)

    def action_zoom(self) -> None:
        """The picture alone, or grid and picture."""
        self.toggle_class("-zoomed")

    def action_copy(self) -> None:
        """Copy name and value."""
        observed = self.grid.current
        if observed is not None and observed.reading is not None:
            self.copy(f"{observed.config.name} = {reading_text(observed.config, observed.reading, width=None)}")


def _interesting(device: DeviceWatch) -> str:
    """The attribute to look at first: a number that the device reads."""
    for observed in device.attributes.values():
        config = observed.config
        if observed.scalar and TYPES[config.data_type].numeric and config.writable.readable:
            return observed.key
    return ""


def _ago(seconds: float) -> str:
    if seconds < 0.5:
        return "now"
    return f"-{seconds:.0f} s" if seconds < 120 else f"-{seconds / 60:.3g} min"


def _caption(observed: Observed, width: int) -> Content:
    """Name, value and what matters about them on one line; how the value comes only where there is room."""
    config, reading = observed.config, observed.reading
    text, tone = value_cell(observed)
    parts: list[str | tuple[str, str]] = [(f" {plain(config.name)}", "accent bold")]
    if config.label not in ("", config.name):
        parts.append((f"  {plain(config.label)}", "muted"))
    if reading is not None and config.data_format is AttrDataFormat.SPECTRUM:
        text = reading_text(config, reading, width=max(16, width - toned(*parts).cell_length - _CAPTION_REST))
    if reading is None or not reading.errors:
        parts.append((f"  {plain(text)}", f"{tone} bold"))
    set_point = set_point_text(observed)
    if set_point:
        parts.append((f"  set {plain(set_point)}", "link"))
    if reading is not None and reading.quality is not AttrQuality.ATTR_VALID:
        mark = QUALITY_MARKS[reading.quality]
        parts.append((f"  {mark.glyph} {reading.quality.label}", mark.tone))
    source = toned(("  by event" if observed.by_event else "  read every second", "muted"))
    caption = toned(*parts)
    return caption + source if caption.cell_length + source.cell_length < width else caption


def _whole_text(observed: Observed, reading: AttributeValue, width: int) -> str:
    """The value at length; arrays up to `width` characters."""
    text = reading_text(observed.config, reading, width=None if observed.scalar else width)
    return full_text(observed.config.data_type, reading.value, text)


def _criteria_text(config: AttributeConfig) -> str:
    """What makes a change event."""
    changes = config.events.ch_event
    criteria = (("abs", changes.abs_change), ("rel", changes.rel_change))
    return ", ".join(f"{name} {value}" for name, value in criteria if value != NOT_SPECIFIED)


def _details(observed: Observed) -> Content:
    config, reading = observed.config, observed.reading
    rows = [
        ("label", config.label),
        ("description", "" if config.description == NO_DESCRIPTION else config.description),
        ("type", f"{_type_text(observed)} {config.data_format.name}"),
        ("access", config.writable.name),
        ("level", config.disp_level.name),
        ("unit", config.unit),
        ("format", config.format),
        ("minimum", config.min_value),
        ("maximum", config.max_value),
        ("alarm", f"{config.alarms.min_alarm} … {config.alarms.max_alarm}"),
        ("warning", f"{config.alarms.min_warning} … {config.alarms.max_warning}"),
        ("change event", _criteria_text(config)),
        ("enum labels", ", ".join(config.enum_labels)),
        ("memorised", config.memorization.name.lower() if config.memorized else ""),
    ]
    shown = [(name, value) for name, value in rows if value and value.replace(NOT_SPECIFIED, "").strip(" …")]
    parts = [facts_text(shown), Content("")]
    if reading is not None and reading.errors:
        parts.append(toned(("\n".join(error_lines(reading.errors)), "bad")))
    elif reading is not None:
        facts = [
            ("set point", set_point_text(observed)),
            ("quality", reading.quality.label),
            ("time", time_text(reading.time)),
        ]
        parts.append(facts_text([(name, value) for name, value in facts if value]))
        parts += [Content(""), toned(("value", "muted")), Content(_whole_text(observed, reading, 4000))]
    return Content("\n").join(parts)
