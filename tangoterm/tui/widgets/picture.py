"""An attribute as a picture: a scalar over time, a spectrum as curve, an image as heat map, all else as text.

What is in sight can be zoomed and moved, and a cursor says what stands at its place.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from server_core.model.enums import AttrDataFormat
from server_core.model.values import AttributeValue
from tangoterm.console.format import Display, clock_text, error_lines, scalar_text, unit_of, with_unit
from tangoterm.tui.attribute import Observed, Point
from tangoterm.tui.numbers import thinned
from tangoterm.tui.widgets.chart import Chart, Curve
from tangoterm.tui.widgets.heat_map import HeatMap, Image, Window
from tangoterm.tui.wording import full_text, levels_of, reading_text, y_text_of

SPANS = (10, 30, 60, 120, 300, 600, 1800, 3600)
"""Seconds that a trend reaches back unless it is zoomed: the shortest that holds all values."""
_MOST_PLACES = 1000
"""More places across than any terminal has dots."""
_LEAST_SPAN = 1.0
_LEAST_ELEMENTS = 8
_STEP = 0.1
"""The part of what is in sight by which large steps move."""


class Picture(Vertical):
    """The widget; `draw` shows an attribute. `recorded` takes the place of the values that were seen here."""

    DEFAULT_CSS = "Picture { height: 1fr; } Picture Static { height: 1fr; padding: 0 1; overflow-y: auto; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.observed: Observed | None = None
        self.recorded: Sequence[Point] | None = None
        self._drawn: AttributeValue | None = None
        self.reset_view()

    def reset_view(self) -> None:
        """Show all of it, without cursor."""
        self._sight: tuple[float, float] | None = None
        self._follows = True
        self._window: Window | None = None
        self._cursor: tuple[float, int] | None = None
        self._drawn = None

    def compose(self) -> ComposeResult:
        """The three kinds of picture, of which one is seen."""
        self.chart = Chart()
        self.image = HeatMap()
        self.words = Static(markup=False)
        yield self.chart
        yield self.image
        yield self.words

    # ---- drawing

    def draw(self, observed: Observed) -> None:
        """Show an attribute; nothing is drawn that is there already."""
        if observed is not self.observed:
            self.observed = observed
            self.reset_view()
        reading = observed.reading
        if reading is not None and reading is self._drawn and not self._moves:
            return
        self._drawn = reading
        if reading is not None and reading.errors and self.recorded is None:
            self.say("\n".join(error_lines(reading.errors)))
        elif not observed.plottable or (observed.stepwise and not observed.scalar):
            self.say("" if reading is None else whole_text(observed, reading, 2000))
        elif observed.scalar:
            self._show(self.chart)
            self._draw_trend(observed)
        elif reading is None or reading.value is None:
            self.say("loading …" if reading is None else "no value")
        elif observed.config.data_format is AttrDataFormat.IMAGE:
            self._show(self.image)
            self._draw_image(observed, reading)
        else:
            self._show(self.chart)
            self._draw_spectrum(observed, reading)

    def say(self, text: str) -> None:
        """Show a text."""
        self._show(self.words)
        self.words.update(text)

    def clear(self) -> None:
        """Show nothing."""
        self.observed = None
        self.reset_view()
        self.say("")

    def _show(self, shown: Widget) -> None:
        for widget in (self.chart, self.image, self.words):
            widget.display = widget is shown

    @property
    def _moves(self) -> bool:
        """Whether the picture changes although no value came: a trend moves with the time."""
        return self.observed is not None and self.observed.scalar and self.observed.plottable

    def _points(self, observed: Observed) -> list[tuple[float, float]]:
        points = self.recorded if self.recorded is not None else observed.history
        return list(points)

    def _draw_trend(self, observed: Observed) -> None:
        points = self._points(observed)
        if not points:
            self.chart.say("waiting for values")
            return
        now = points[-1][0] if self.recorded is not None else max(time.time(), points[-1][0])
        if self.recorded is None:
            points.append((now, points[-1][1]))
        left, right = self._sight or _whole_trend(points, now, exact=self.recorded is not None)
        if self._follows:
            left, right = now - (right - left), now
        self.chart.draw(
            Curve(
                points,
                left,
                right,
                levels_of(observed),
                lambda x: _ago(now - x) if self.recorded is None else clock_text(x)[:8],
                observed.stepwise,
                y_text_of(observed.config),
                observed.stepwise,
                self._cursor and self._cursor[0],
            )
        )

    def _draw_spectrum(self, observed: Observed, reading: AttributeValue) -> None:
        last = max(1, len(reading.value) - 1)
        left, right = self._sight or (0, last)
        left, right = max(0, min(left, last)), min(right, last)
        first = int(left)
        shown = reading.value[first : int(right) + 2]
        points = [(first + x, y) for x, y in thinned(shown, _MOST_PLACES)]
        cursor = self._cursor and self._cursor[0]
        self.chart.draw(Curve(points, left, max(right, left + 1), levels_of(observed), _index_text, cursor=cursor))

    def _draw_image(self, observed: Observed, reading: AttributeValue) -> None:
        cursor = self._cursor and (int(self._cursor[0]), self._cursor[1])
        config = observed.config
        text = partial(scalar_text, config.data_type, display=Display.of(config))
        self.image.draw(Image(reading.value, reading.dim_x, reading.dim_y, self._window, cursor, text))

    # ---- what is in sight

    def zoom(self, factor: float) -> None:
        """Show a part smaller by `factor` (larger below 1), around the cursor or else up to the newest value."""
        observed = self.observed
        if observed is None or observed.reading is None or not observed.plottable:
            return
        reading = observed.reading
        if observed.config.data_format is AttrDataFormat.IMAGE:
            if reading.value is not None:
                sight = self._window or Window(0, 0, reading.dim_x, reading.dim_y)
                middle = (sight.left + sight.columns // 2, sight.top + sight.rows // 2)
                x, y = (int(self._cursor[0]), self._cursor[1]) if self._cursor else middle
                self._window = sight.around(x, y, factor, reading.dim_x, reading.dim_y)
        elif (curve := self.chart.curve) is not None:
            least = _LEAST_SPAN if observed.scalar else _LEAST_ELEMENTS
            span = max(least, (curve.right - curve.left) / factor)
            if self._cursor is not None:
                left = self._cursor[0] - span / 2
            else:
                left = curve.right - span if observed.scalar else (curve.left + curve.right - span) / 2
            self._sight = self._inside(left, left + span)
        self._redraw()

    def move(self, across: int, down: int = 0, *, far: bool = False) -> None:
        """Move the cursor by values, or with `far` by tenths of what is in sight; the picture follows."""
        observed = self.observed
        if observed is None or observed.reading is None or not observed.plottable:
            return
        if observed.config.data_format is AttrDataFormat.IMAGE:
            self._move_in_image(observed.reading, across, down, far)
        elif (curve := self.chart.curve) is not None and curve.points:
            self._move_on_curve(observed, curve, across, far)
        self._redraw()

    def _move_in_image(self, reading: AttributeValue, across: int, down: int, far: bool) -> None:
        if not reading.dim_x or not reading.dim_y:
            return
        sight = self._window or Window(0, 0, reading.dim_x, reading.dim_y)
        if self._cursor is None:
            self._cursor = sight.left + sight.columns // 2, sight.top + sight.rows // 2
            return
        step = max(1, round(sight.columns * _STEP)) if far else 1
        x = min(max(0, int(self._cursor[0]) + across * step), reading.dim_x - 1)
        y = min(max(0, self._cursor[1] + down * step), reading.dim_y - 1)
        self._cursor = x, y
        if self._window is not None:
            self._window = self._window.showing(x, y, reading.dim_x, reading.dim_y)

    def _move_on_curve(self, observed: Observed, curve: Curve, across: int, far: bool) -> None:
        reading = observed.reading
        if reading is None:
            return
        places = [x for x, _ in self._points(observed)] if observed.scalar else range(len(reading.value))
        if not places:
            return
        if self._cursor is None:
            x: float = places[-1] if observed.scalar else round((curve.left + curve.right) / 2)
        elif far:
            x = self._cursor[0] + across * (curve.right - curve.left) * _STEP
        else:
            index = bisect_left(places, self._cursor[0]) + across
            x = places[min(max(index, 0), len(places) - 1)]
        x = min(max(x, places[0]), places[-1])
        self._cursor = (x if observed.scalar else round(x)), 0
        span = curve.right - curve.left
        if x < curve.left:
            self._sight = self._inside(x, x + span)
        elif x > curve.right:
            self._sight = self._inside(x - span, x)

    def _inside(self, left: float, right: float) -> tuple[float, float] | None:
        """A range of the x axis moved to where there is something; None when that is all of it.

        A trend that reaches up to the newest value follows the time.
        """
        observed = self.observed
        assert observed is not None
        assert observed.reading is not None
        span = right - left
        if observed.scalar:
            points = self._points(observed)
            last = points[-1][0] if self.recorded is not None else max(time.time(), points[-1][0])
            right = max(min(right, last), points[0][0] + span)
            self._follows = right >= last
            return right - span, right
        last = max(1, len(observed.reading.value) - 1)
        if span >= last:
            return None
        left = max(0.0, min(left, last - span))
        return left, left + span

    def look_at_all(self) -> None:
        """All of it again, without cursor."""
        self.reset_view()
        self._redraw()

    def _redraw(self) -> None:
        self._drawn = None
        if self.observed is not None:
            self.draw(self.observed)

    # ---- the cursor in words

    def cursor_text(self) -> str:
        """What stands at the cursor; empty without one."""
        observed = self.observed
        if self._cursor is None or observed is None or observed.reading is None or observed.reading.value is None:
            return ""
        reading = observed.reading
        if observed.config.data_format is AttrDataFormat.IMAGE:
            x, y = int(self._cursor[0]), self._cursor[1]
            index = y * reading.dim_x + x
            return f"x {x}, y {y}: {_number(observed, reading.value[index])}" if index < len(reading.value) else ""
        if not observed.scalar:
            index = round(self._cursor[0])
            return f"[{index}] = {_number(observed, reading.value[index])}" if index < len(reading.value) else ""
        found = self.chart.curve.nearest(self._cursor[0]) if self.chart.curve is not None else None
        if found is None:
            return ""
        words = y_text_of(observed.config)
        value = words(found[1]) if words is not None else _number(observed, found[1])
        return f"{datetime.fromtimestamp(found[0]):%H:%M:%S.%f}"[:-3] + f"  {value}"


def whole_text(observed: Observed, reading: AttributeValue, width: int) -> str:
    """The value at length; arrays up to `width` characters."""
    text = reading_text(observed.config, reading, width=None if observed.scalar else width)
    return full_text(observed.config.data_type, reading.value, text)


def _whole_trend(points: Sequence[tuple[float, float]], now: float, *, exact: bool) -> tuple[float, float]:
    """The time that a trend shows: all of it, live ones in round numbers."""
    age = now - points[0][0]
    return now - (max(age, _LEAST_SPAN) if exact else next((span for span in SPANS if age <= span), SPANS[-1])), now


def _number(observed: Observed, value: Any) -> str:
    config = observed.config
    return with_unit(scalar_text(config.data_type, value, Display.of(config)), unit_of(config))


def _index_text(x: float) -> str:
    return f"{x:.0f}"


def _ago(seconds: float) -> str:
    if seconds < 0.5:
        return "now"
    return f"-{seconds:.0f} s" if seconds < 120 else f"-{seconds / 60:.3g} min"
