"""The attributes of a device: a live grid, and below it the one under the cursor as plot, image or text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from server_core.model.config import AttributeConfig
from server_core.model.enums import AttrDataFormat, AttrQuality
from server_core.model.errors import DevError
from server_core.model.types import TYPES
from tangoterm.console.commands.attributes import set_properties
from tangoterm.console.exports import readings
from tangoterm.console.format import plural
from tangoterm.console.session import AttributeName
from tangoterm.tui.actions import bindings
from tangoterm.tui.attribute import Observed
from tangoterm.tui.modals.attribute import AttributeDetail
from tangoterm.tui.modals.configuration import ConfigurationForm
from tangoterm.tui.observed import Change, DeviceWatch
from tangoterm.tui.panes.base import ListPane
from tangoterm.tui.since import Since
from tangoterm.tui.telling import errors_of
from tangoterm.tui.text import plain, toned
from tangoterm.tui.theme import QUALITY_MARKS
from tangoterm.tui.widgets.grid import Column, Grid
from tangoterm.tui.widgets.line_list import LineList
from tangoterm.tui.widgets.picture import Picture
from tangoterm.tui.wording import (
    age_cell,
    quality_cell,
    reading_text,
    set_point_input,
    set_point_text,
    source_cell,
    source_text,
    trend_text,
    type_text,
    value_cell,
)

if TYPE_CHECKING:
    from tangoterm.tui.browser import Browser

_TREND = 10
_CAPTION_REST = 36
"""Cells for what stands behind the elements of a spectrum: their number, the unit, the quality."""

COLUMNS: tuple[Column[Observed], ...] = (
    Column("Attribute", 16, lambda observed: _name_cell(observed), grow=2, most=32),
    Column("Value", 16, value_cell, grow=5, most=64),
    Column("Set point", 12, lambda observed: (set_point_text(observed), "link"), grow=1, most=18, rank=2),
    Column("Q", 3, quality_cell),
    Column("Trend", _TREND, lambda observed: (trend_text(observed.history, _TREND), "curve"), rank=4),
    Column("Type", 14, lambda observed: (type_text(observed), "muted"), grow=1, most=22, rank=6),
    Column("Source", 8, source_cell, rank=3),
    Column("Age", 6, age_cell, right=True, rank=5),
)


def _names(observed: Observed) -> tuple[str, str]:
    return observed.config.name, observed.config.label


def _name_cell(observed: Observed) -> tuple[str, str]:
    return observed.config.name, "" if observed.reading is None or not observed.reading.errors else "bad"


class AttributesPane(ListPane):
    """Grid and picture."""

    BINDING_GROUP_TITLE = "Attributes"
    BINDINGS: ClassVar[list[BindingType]] = bindings("attributes")
    watches = frozenset({Change.INTERFACE, Change.VALUES})

    _writable: bool | None = None
    _since: Since | None = None
    _paused: dict[str, Observed] | None = None

    def compose(self) -> ComposeResult:
        """Grid above, picture below."""
        self.grid = Grid(
            COLUMNS, lambda observed: observed.key, names=_names, empty="no attributes known yet", id="attribute-grid"
        )
        self.caption = Static(id="caption")
        self.picture = Picture()
        yield self.filter_line
        yield self.grid
        with Vertical(id="picture"):
            yield self.caption
            yield self.picture

    def show(self, device: DeviceWatch) -> None:
        """Show another device, as it is now."""
        self._paused = None
        self._compare(None)
        super().show(device)

    def update_from(self, device: DeviceWatch) -> None:
        """Take over names and values; at first, go to the first attribute that moves."""
        first = not self.grid.total and bool(device.attributes)
        if self._paused is None:
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
            self.picture.clear()
            return
        self.device.look(selected=observed.key)
        self.caption.update(self._caption(observed), layout=False)
        self.picture.draw(observed)

    def _caption(self, observed: Observed) -> Content:
        if self._paused is None:
            return caption_text(observed, self.size.width)
        mark = toned((" ‖ PAUSED ", "warn bold"))
        return mark + caption_text(observed, self.size.width - mark.cell_length)

    def _compare(self, since: Since | None) -> None:
        """Mark what has changed since a moment, or nothing."""
        self._since = since
        mark = (Column("Since f", 14, since.cell, grow=1, most=26, rank=1),) if since is not None else ()
        self.grid.set_columns((*COLUMNS[:2], *mark, *COLUMNS[2:]))

    # ---- actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing to do without an attribute; writing only where it is possible."""
        allowed = super().check_action(action, parameters)
        if allowed is not True:
            return allowed
        observed = self.grid.current if self.is_mounted else None
        if action == "write":
            return observed is not None and observed.config.writable.writable
        if action in ("details", "poll", "copy", "configure", "export"):
            return True if observed is not None else None
        return True

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        if self.check_action("write", ()):
            self.action_write()
        else:
            self.action_details()

    def action_write(self) -> None:
        """The form to write."""
        observed = self.grid.current
        if observed is not None and observed.config.writable.writable:
            self.write(observed)

    def write(self, observed: Observed) -> None:
        """The form to write an attribute."""
        if self.device is not None:
            self.ask_value(self.device, observed.config, set_point_input(observed), value_cell(observed)[0])

    def action_details(self) -> None:
        """Everything about the attribute, on the whole screen."""
        observed = self.grid.current
        if observed is not None:
            self.app.push_screen(AttributeDetail(self, observed.key))

    def action_configure(self) -> None:
        """The editor of the attribute's configuration."""
        if (observed := self.grid.current) is not None:
            self.configure(observed)

    def configure(self, observed: Observed) -> None:
        """The editor of an attribute's configuration."""
        device = self.device
        if device is None:
            return
        name = AttributeName(device.name, observed.config.name)

        def present() -> AttributeConfig:
            return device.attributes.get(observed.key, observed).config

        async def perform(wanted: Mapping[str, str]) -> Sequence[DevError]:
            errors = await errors_of(device.port, lambda session: set_properties(session, name, dict(wanted)))
            device.refresh()
            return errors

        self.app.push_screen(ConfigurationForm(str(name), present, perform))

    def action_watch(self) -> None:
        """Watch the attribute beside those of other devices."""
        observed, browser = self.grid.current, self.screen
        if observed is None or self.device is None:
            return
        name = AttributeName(self.device.name, observed.config.name)
        watched = cast("Browser", browser).store.watched
        if name not in watched:
            watched.append(name)
        self.app.notify(f"{plural(len(watched), 'attribute')} watched; :watch shows them", timeout=3, markup=False)

    def action_export(self) -> None:
        """Write the table into a file."""
        if self.device is not None:
            name = self.device.name
            rows = [(f"{name}/{row.config.name}", row.config, row.reading) for row in self.grid.rows]
            self.export(f"{name.replace('/', '_')}.csv", readings(rows))

    def action_poll(self) -> None:
        """The form for the polling period."""
        observed = self.grid.current
        if observed is not None and self.device is not None:
            self.ask_period(self.device, observed.config.name, False)

    def action_pause(self) -> None:
        """The values stand still, or go on."""
        if self.device is None:
            return
        if self._paused is None:
            self._paused = {key: observed.snapshot() for key, observed in self.device.attributes.items()}
            self.fill(list(self._paused.values()))
        else:
            self._paused = None
            self.fill(list(self.device.attributes.values()))
        self._selected()

    def action_mark(self) -> None:
        """Mark from now on what has changed since; again, no longer."""
        self._compare(Since(self.grid.rows_of_all) if self._since is None else None)

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


def caption_text(observed: Observed, width: int) -> Content:
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
    source = toned((f"  {source_text(observed)}", "muted"))
    caption = toned(*parts)
    return caption + source if caption.cell_length + source.cell_length < width else caption
