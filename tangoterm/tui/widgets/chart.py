"""Curves in braille dots, two across and four down in a cell, with axes, limits and a cursor.

Draws numbers over time (the history of scalars) or over their index (a spectrum).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tangoterm.tui.numbers import drawable
from tangoterm.tui.text import fit
from tangoterm.tui.widgets.axis import Axis
from tangoterm.tui.widgets.toned import Toned

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_BRAILLE = 0x2800
_GRID_LINE = "┈"
_CURSOR_LINE = "│"
_NEAR = 3.0
"""A level is brought into sight when the axis grows to no more than so many times the range of the values."""

Points = Sequence[tuple[float, float]]
Cell = tuple[str, str]


class Level(NamedTuple):
    """A horizontal line: a limit, or the set point. `name` is written at its end; in `front` always at the right, over
    the curves."""

    value: float
    name: str
    tone: str = "limit"
    line: str = "╌"
    front: bool = False


class Trace(NamedTuple):
    """One curve more in the same axes."""

    points: Points
    tone: str
    steps: bool = False


class Curve(NamedTuple):
    """What to draw: points from left to right, the range of x, levels, and how to word x and y.

    With `steps` values stand until the next one. `whole`: y has meaning at whole numbers alone. `cursor` is a place on
    the x axis.
    """

    points: Points
    left: float
    right: float
    levels: Sequence[Level] = ()
    x_text: Callable[[float], str] = str
    steps: bool = False
    y_text: Callable[[float], str] | None = None
    whole: bool = False
    cursor: float | None = None
    more: Sequence[Trace] = ()

    @property
    def traces(self) -> tuple[Trace, ...]:
        """All curves, the first one in front."""
        return (*self.more, Trace(self.points, "curve", self.steps))

    def nearest(self, x: float) -> tuple[float, float] | None:
        """The point that is next to a place on the x axis; None without points."""
        index = bisect_left(self.points, x, key=lambda point: point[0])
        around = self.points[max(0, index - 1) : index + 1]
        return min(around, key=lambda point: abs(point[0] - x)) if around else None


class Chart(Toned):
    """The widget; `draw` shows a curve."""

    DEFAULT_CSS = "Chart { background: $background; height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.curve: Curve | None = None
        self._message = ""
        self._lines: list[list[Cell]] | None = None
        self._styles: dict[str, Style] = {}

    def draw(self, curve: Curve) -> None:
        """Show a curve."""
        self.curve, self._message, self._lines = curve, "", None
        self.refresh()

    def say(self, message: str) -> None:
        """Show a text in place of a curve."""
        if self.curve is not None or message != self._message:
            self.curve, self._message, self._lines = None, message, None
            self.refresh()

    def on_resize(self) -> None:
        """Draw again in the new size."""
        self._lines = None

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        base = self.rich_style
        if self._lines is None:
            self._lines = self._draw_lines()
        pieces = self._lines[y] if y < len(self._lines) else []
        segments = [Segment(text, base + self.tone(tone)) for text, tone in pieces]
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def _draw_lines(self) -> list[list[Cell]]:
        width, height = self.size
        curve = self.curve
        if curve is None or width < 20 or height < 4 or not _levels_of(curve):
            return [[], [(f"  {self._message or 'nothing to draw'}", "muted")]]
        return draw_curve(curve, width, height)


def _levels_of(curve: Curve) -> list[float]:
    """The values in sight that can be drawn."""
    return [y for trace in curve.traces for _, y in _in_sight(trace, curve.left, curve.right) if drawable(y)]


def draw_curve(curve: Curve, width: int, height: int) -> list[list[Cell]]:
    """The lines of a chart of `width` by `height` cells as (text, tone) pieces; at least one point is drawable."""
    rows = height - 2
    axis = _axis(curve, rows)
    labels = {_row_of(tick, axis, rows): (curve.y_text or axis.label)(tick) for tick in axis.ticks}
    margin = min(max(map(len, labels.values())), width // 3) + 1
    columns = width - margin - 2
    named = _levels_by_row(curve.levels, axis, rows)
    layers = [(_dots(trace, curve, axis, columns, rows), trace.tone) for trace in curve.traces]
    cursor = _cursor_column(curve, columns)
    lines = []
    for row in range(rows):
        label = labels.get(row)
        taken = [any(dots[row][column] for dots, _ in layers) for column in range(columns)]
        cells = _background(row in labels, named.get(row, ()), taken)
        if cursor is not None:
            cells[cursor] = (_CURSOR_LINE, "accent")
        for dots, tone in layers:
            for column, dot in enumerate(dots[row]):
                if dot:
                    cells[column] = (chr(_BRAILLE + dot), "accent" if column == cursor else tone)
        _name_ends(cells, named.get(row, ()))
        edge = (" ┤" if label else " │", "faint")
        lines.append([(fit(label or "", margin, right=True), "muted"), edge, *_joined(cells)])
    lines.append([(" " * margin, "muted"), (" └" + "─" * columns, "faint")])
    lines.append([(" " * (margin + 2), "muted"), (_x_labels(curve, columns), "muted")])
    return lines


def _axis(curve: Curve, rows: int) -> Axis:
    """The y axis: it holds all values in sight, and those levels that are not too far away to leave a curve of them."""
    values = _levels_of(curve)
    low, high = min(values), max(values)
    if curve.whole:
        low, high = (low, high) if low < high else (0.0, 1.0) if low in (0, 1) else (low - 1, high + 1)
        return Axis.around(low, high, max(1, min(rows // 3, round(high - low))))
    room = (high - low) * _NEAR or max(abs(high) * 0.5, 1.0)
    for level in sorted(curve.levels, key=lambda level: max(low - level.value, level.value - high)):
        if drawable(level.value) and max(high, level.value) - min(low, level.value) <= room:
            low, high = min(low, level.value), max(high, level.value)
    return Axis.around(low, high, max(1, rows // 3))


def _row_of(value: float, axis: Axis, rows: int) -> int:
    return round((axis.high - value) / (axis.high - axis.low) * (rows * 4 - 1)) // 4


def _levels_by_row(levels: Sequence[Level], axis: Axis, rows: int) -> dict[int, list[Level]]:
    """The levels where they are drawn; those beyond the axis stand by name at its end, with an arrow."""
    named: dict[int, list[Level]] = {}
    for level in levels:
        if not drawable(level.value):
            continue
        row = min(max(_row_of(level.value, axis, rows), 0), rows - 1)
        if not axis.low <= level.value <= axis.high:
            arrow = "↑" if level.value > axis.high else "↓"
            level = level._replace(name=f"{arrow} {level.name}", line="")
        named.setdefault(row, []).append(level)
    return named


def _background(has_label: bool, levels: Sequence[Level], taken: Sequence[bool]) -> list[Cell]:
    """A row of cells behind the curves: the grid, or levels with their names where no curve is, at the right first."""
    columns = len(taken)
    cells: list[Cell] = [(_GRID_LINE if has_label else " ", "faint")] * columns
    start, end = 0, columns
    for level in levels:
        if level.front:
            continue
        if level.line:
            cells[start:end] = [(level.line, level.tone)] * (end - start)
        name = f" {level.name} "[: end - start]
        size = len(name)
        if any(taken[end - size : end]) and not any(taken[start : start + size]):
            place, start = start, start + size
        else:
            end = place = end - size
        cells[place : place + size] = [(char, level.tone) for char in name]
    return cells


def _name_ends(cells: list[Cell], levels: Sequence[Level]) -> None:
    """The names that stand in front, at the right, side by side."""
    end = len(cells)
    for level in levels:
        name = f" {level.name} "[:end]
        if level.front:
            cells[end - len(name) : end] = [(char, level.tone) for char in name]
            end -= len(name)


def _joined(cells: Sequence[Cell]) -> Iterable[Cell]:
    """Neighbours of one tone as one piece."""
    start = 0
    for index in range(1, len(cells) + 1):
        if index == len(cells) or cells[index][1] != cells[start][1]:
            yield "".join(text for text, _ in cells[start:index]), cells[start][1]
            start = index


def _cursor_column(curve: Curve, columns: int) -> int | None:
    if curve.cursor is None or not curve.left <= curve.cursor <= curve.right:
        return None
    return round((curve.cursor - curve.left) / (curve.right - curve.left or 1.0) * (columns * 2 - 1)) // 2


def _dots(trace: Trace, curve: Curve, axis: Axis, columns: int, rows: int) -> list[bytearray]:
    """The dots of a curve: one byte a cell."""
    cells = [bytearray(columns) for _ in range(rows)]
    across, down = columns * 2 - 1, rows * 4 - 1
    span = curve.right - curve.left or 1.0
    scale = down / (axis.high - axis.low)
    before: tuple[int, int] | None = None
    for x, y in _in_sight(trace, curve.left, curve.right):
        if not drawable(y):
            before = None
            continue
        here = round((x - curve.left) / span * across), round((axis.high - y) * scale)
        for dot_x, dot_y in _between(before, here, trace.steps):
            if 0 <= dot_x <= across and 0 <= dot_y <= down:
                cells[dot_y // 4][dot_x // 2] |= _DOTS[dot_y % 4][dot_x % 2]
        before = here
    return cells


def _in_sight(trace: Trace, left: float, right: float) -> Points:
    """The points from the last one left of the picture to the first one right of it, these two moved to its edges.

    Points far away would cost a dot for every step to them.
    """
    first = max(0, bisect_left(trace.points, left, key=lambda point: point[0]) - 1)
    last = bisect_left(trace.points, right, key=lambda point: point[0]) + 1
    chosen = list(trace.points[first:last])
    if len(chosen) > 1:
        if chosen[0][0] < left:
            chosen[0] = left, _crossing(left, chosen[0], chosen[1], trace.steps)
        if chosen[-1][0] > right:
            chosen[-1] = right, _crossing(right, chosen[-2], chosen[-1], trace.steps)
    return chosen


def _crossing(edge: float, before: tuple[float, float], after: tuple[float, float], steps: bool) -> float:
    """The height at which the way from one point to the next passes an edge."""
    (x0, y0), (x1, y1) = before, after
    if steps or x1 <= x0 or not (drawable(y0) and drawable(y1)):
        return y0
    return y0 + (y1 - y0) * (edge - x0) / (x1 - x0)


def _between(before: tuple[int, int] | None, here: tuple[int, int], steps: bool) -> Iterable[tuple[int, int]]:
    """The dots from one point to the next: straight, or level and then up or down."""
    if before is None:
        return (here,)
    (x0, y0), (x1, y1) = before, here
    if steps:
        low, high = sorted((y0, y1))
        return [*((x, y0) for x in range(x0, x1 + 1)), *((x1, y) for y in range(low, high + 1))]
    count = max(abs(x1 - x0), abs(y1 - y0)) or 1
    return [(round(x0 + (x1 - x0) * i / count), round(y0 + (y1 - y0) * i / count)) for i in range(1, count + 1)]


def _x_labels(curve: Curve, columns: int) -> str:
    """Left, middle and right of the x axis in words."""
    left, middle, right = (
        curve.x_text(curve.left),
        curve.x_text((curve.left + curve.right) / 2),
        curve.x_text(curve.right),
    )
    if columns < len(left) + len(middle) + len(right) + 4:
        return left + " " * max(1, columns - len(left) - len(right)) + right
    gap = columns // 2 - len(left) - len(middle) // 2
    text = left + " " * gap + middle
    return text + " " * (columns - len(text) - len(right)) + right
