"""A curve in braille dots, two across and four down in a cell, with axes and limit lines.

Draws numbers over time (a scalar's history) or over their index (a spectrum).
"""

from __future__ import annotations

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
_LIMIT_LINE = "╌"


class Curve(NamedTuple):
    """What to draw: points from left to right, the range of x, horizontal lines, and how to word x."""

    points: Sequence[tuple[float, float]]
    left: float
    right: float
    limits: Sequence[float] = ()
    x_text: Callable[[float], str] = str
    steps: bool = False


class Chart(Toned):
    """The widget; `draw` shows a curve."""

    DEFAULT_CSS = "Chart { background: $background; height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._curve: Curve | None = None
        self._message = ""
        self._lines: list[list[tuple[str, str]]] | None = None
        self._styles: dict[str, Style] = {}

    def draw(self, curve: Curve) -> None:
        """Show a curve."""
        self._curve, self._message, self._lines = curve, "", None
        self.refresh()

    def say(self, message: str) -> None:
        """Show a text in place of a curve."""
        if self._curve is not None or message != self._message:
            self._curve, self._message, self._lines = None, message, None
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

    def _draw_lines(self) -> list[list[tuple[str, str]]]:
        width, height = self.size
        curve = self._curve
        if curve is None or width < 20 or height < 4 or not any(drawable(y) for _, y in curve.points):
            return [[], [(f"  {self._message or 'nothing to draw'}", "muted")]]
        return draw_curve(curve, width, height)


def draw_curve(curve: Curve, width: int, height: int) -> list[list[tuple[str, str]]]:
    """The lines of a chart of `width` by `height` cells as (text, tone) pieces; at least one point is drawable."""
    rows = height - 2
    levels = [y for _, y in curve.points if drawable(y)]
    axis = Axis.around(min(levels), max(levels), max(1, rows // 3))
    labels = {_row_of(tick, axis, rows): axis.label(tick) for tick in axis.ticks}
    margin = max(map(len, labels.values())) + 1
    columns = width - margin - 2
    limits = {_row_of(limit, axis, rows) for limit in curve.limits if axis.low <= limit <= axis.high}
    cells = _dots(curve, axis, columns, rows)
    lines = []
    for row in range(rows):
        label = labels.get(row)
        background = (_LIMIT_LINE, "limit") if row in limits else (_GRID_LINE if label else " ", "faint")
        lines.append(
            [
                (fit(label or "", margin, right=True), "muted"),
                (" ┤" if label else " │", "faint"),
                *_runs(cells[row], background),
            ]
        )
    lines.append([(" " * margin, ""), (" └" + "─" * columns, "faint")])
    lines.append([(" " * (margin + 2), "muted"), (_x_labels(curve, columns), "muted")])
    return [[(text, tone or "muted") for text, tone in line] for line in lines]


def _row_of(value: float, axis: Axis, rows: int) -> int:
    return round((axis.high - value) / (axis.high - axis.low) * (rows * 4 - 1)) // 4


def _dots(curve: Curve, axis: Axis, columns: int, rows: int) -> list[bytearray]:
    """The dots of the curve: one byte a cell."""
    cells = [bytearray(columns) for _ in range(rows)]
    across, down = columns * 2 - 1, rows * 4 - 1
    span = curve.right - curve.left or 1.0
    scale = down / (axis.high - axis.low)
    before: tuple[int, int] | None = None
    for x, y in curve.points:
        if not drawable(y):
            before = None
            continue
        here = round((x - curve.left) / span * across), round((axis.high - y) * scale)
        for dot_x, dot_y in _between(before, here, curve.steps):
            if 0 <= dot_x <= across and 0 <= dot_y <= down:
                cells[dot_y // 4][dot_x // 2] |= _DOTS[dot_y % 4][dot_x % 2]
        before = here
    return cells


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


def _runs(cells: bytearray, background: tuple[str, str]) -> Iterable[tuple[str, str]]:
    """A row of cells as pieces: the curve in front of a grid or limit line."""
    fill, fill_tone = background
    start = 0
    while start < len(cells):
        dotted = bool(cells[start])
        end = start
        while end < len(cells) and bool(cells[end]) == dotted:
            end += 1
        if dotted:
            yield "".join(chr(_BRAILLE + cell) for cell in cells[start:end]), "curve"
        else:
            yield fill * (end - start), fill_tone
        start = end


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
