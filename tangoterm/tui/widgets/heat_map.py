"""An image as half-block cells in a colour scale, two pixels above one another in each cell, with a colour bar."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tangoterm.tui.numbers import extent
from tangoterm.tui.text import fit
from tangoterm.tui.widgets.toned import Toned

_SCALE = ((13, 8, 35), (64, 15, 95), (126, 30, 106), (186, 54, 85), (231, 96, 48), (250, 160, 30), (252, 244, 164))
_LEVELS = 48
_SHADES = " .:-=+*#%@"
_BAR = 3
"""Cells across of the colour bar."""
_LONGEST_LABEL = 12
_Paint = Callable[[bytes, bytes], list[Segment]]
"""Draws a row of cells from the levels of its upper and its lower pixels."""


@cache
def _colour(level: int) -> str:
    """The colour of one of the `_LEVELS` levels."""
    place = level / (_LEVELS - 1) * (len(_SCALE) - 1)
    index = min(int(place), len(_SCALE) - 2)
    part = place - index
    low, high = _SCALE[index], _SCALE[index + 1]
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(low, high, strict=True))
    return f"#{red:02x}{green:02x}{blue:02x}"


@cache
def _style(upper: int, lower: int) -> Style:
    return Style(color=_colour(upper), bgcolor=_colour(lower))


class Window(NamedTuple):
    """A part of an image: its first column and row, and how many of each."""

    left: int
    top: int
    columns: int
    rows: int

    def around(self, x: int, y: int, factor: float, columns: int, rows: int) -> Window:
        """A window smaller by `factor` that keeps (x, y) in sight, inside an image of `columns` by `rows`."""
        across = min(columns, max(4, round(self.columns / factor)))
        down = min(rows, max(4, round(self.rows / factor)))
        return Window(0, 0, across, down).showing(x, y, columns, rows, centred=True)

    def showing(self, x: int, y: int, columns: int, rows: int, *, centred: bool = False) -> Window:
        """The window moved no further than needed to have (x, y) in it; `centred`: in its middle."""
        left, top = self.left, self.top
        if centred:
            left, top = x - self.columns // 2, y - self.rows // 2
        left = min(max(left, x - self.columns + 1), x)
        top = min(max(top, y - self.rows + 1), y)
        return self._replace(left=max(0, min(left, columns - self.columns)), top=max(0, min(top, rows - self.rows)))


class Image(NamedTuple):
    """What to draw: the pixels row by row, the part in sight (None: all), a marked pixel, and how to word a value."""

    data: Sequence[Any]
    columns: int
    rows: int
    window: Window | None = None
    cursor: tuple[int, int] | None = None
    text: Callable[[Any], str] = str

    @property
    def sight(self) -> Window:
        """The part in sight."""
        return self.window or Window(0, 0, self.columns, self.rows)

    def cut(self) -> Sequence[Any]:
        """The pixels in sight, row by row."""
        left, top, columns, rows = self.sight
        if columns == self.columns:
            return self.data[top * columns : (top + rows) * columns]
        starts = range(top * self.columns + left, (top + rows) * self.columns, self.columns)
        return [value for start in starts for value in self.data[start : start + columns]][: rows * columns]


class HeatMap(Toned):
    """The widget; `draw` shows an image. Without colour, density of characters takes its place."""

    DEFAULT_CSS = "HeatMap { background: $background; color: $foreground; height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._image: Image | None = None
        self._lines: list[Strip] | None = None
        self._styles: dict[str, Style] = {}

    def draw(self, image: Image) -> None:
        """Show an image."""
        self._image, self._lines = image, None
        self.refresh()

    def on_resize(self) -> None:
        """Draw again in the new size."""
        self._lines = None

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        if self._lines is None:
            self._lines = self._draw_lines()
        base = self.rich_style
        line = self._lines[y] if y < len(self._lines) else Strip([Segment("", base)])
        return line.adjust_cell_length(self.size.width, base)

    def notify_style_update(self) -> None:
        """Draw again in the new theme."""
        super().notify_style_update()
        self._lines = None

    def _draw_lines(self) -> list[Strip]:
        image, base = self._image, self.rich_style
        if image is None or not image.columns or not image.rows:
            return [Strip([Segment("  no image", base)])]
        data, sight = image.cut(), image.sight
        range_ = extent(data) or (0, 0)
        labels = [image.text(value) for value in _scale_values(*range_)]
        bar = _BAR + 1 + min(_LONGEST_LABEL, max(map(len, labels)))
        width, height = max(4, self.size.width - 4 - bar), self.size.height
        pixels = sample(data, sight.columns, sight.rows, width, height * 2, range_)
        paint = self._shaded if self.app.no_color else _coloured
        rows = [paint(*pair) for pair in _pairs(pixels)]
        self._mark(rows, image)
        left = Segment(" " * max(1, (self.size.width - bar - 3 - len(pixels[0])) // 2), base)
        gap = Segment("  ", base)
        scale = self._bar(len(rows), labels, paint)
        return [Strip([left, *row, gap, *piece]) for row, piece in zip(rows, scale, strict=True)]

    def _bar(
        self, height: int, labels: Sequence[str], paint: Callable[[bytes, bytes], list[Segment]]
    ) -> list[list[Segment]]:
        """The colour bar, as high as the image: highest value at the top, lowest at the bottom."""
        base, lines = self.rich_style, []
        steps = [round((_LEVELS - 1) * (1 - place / max(1, 2 * height - 1))) for place in range(2 * height)]
        places = {round(index * (height - 1) / (len(labels) - 1)): text for index, text in enumerate(reversed(labels))}
        if height < 5:
            places = {0: labels[-1], height - 1: labels[0]} if height > 1 else {0: labels[-1]}
        for row in range(height):
            upper, lower = steps[2 * row], steps[2 * row + 1]
            label = fit(f" {places.get(row, '')}", _LONGEST_LABEL + 1)
            lines.append(
                [*paint(bytes([upper] * _BAR), bytes([lower] * _BAR)), Segment(label, base + self.tone("muted"))]
            )
        return lines

    def _mark(self, rows: list[list[Segment]], image: Image) -> None:
        """Put the cursor on its pixel."""
        if image.cursor is None or not rows:
            return
        (x, y), sight = image.cursor, image.sight
        across, down = len(rows[0]), len(rows)
        column, row = (x - sight.left) * across // sight.columns, (y - sight.top) * down // sight.rows
        if 0 <= column < across and 0 <= row < down:
            rows[row][column] = Segment("╋", self.rich_style + self.tone("link") + Style(bold=True))

    def _shaded(self, upper: bytes, lower: bytes) -> list[Segment]:
        last = len(_SHADES) - 1
        base = self.rich_style
        return [Segment(_SHADES[max(pair) * last // (_LEVELS - 1)], base) for pair in zip(upper, lower, strict=True)]


def _scale_values(low: Any, high: Any) -> list[Any]:
    """Five values from low to high; whole ones stay whole."""
    values = [low + (high - low) * index / 4 for index in range(5)]
    return [round(value) for value in values] if isinstance(low, int) and isinstance(high, int) else values


def _pairs(pixels: list[bytes]) -> list[tuple[bytes, bytes]]:
    lower = [*pixels[1::2], *([bytes(len(pixels[0]))] if len(pixels) % 2 else [])]
    return list(zip(pixels[::2], lower, strict=True))


def _coloured(upper: bytes, lower: bytes) -> list[Segment]:
    return [Segment("▀", _style(top, bottom)) for top, bottom in zip(upper, lower, strict=True)]


def sample(
    data: Sequence[Any], columns: int, rows: int, width: int, height: int, range_: tuple[Any, Any] | None = None
) -> list[bytes]:
    """The image in at most `width` by `height` pixels, its proportions kept, as levels of the colour scale.

    Each pixel is the largest of the image's pixels that fall on it (of up to nine of them), so that a small bright
    spot is never lost. The scale reaches over `range_`, by default from the least to the largest pixel.
    """
    scale = min(width / columns, height / rows)
    across, down = max(1, int(columns * scale)), max(1, int(rows * scale))
    lowest, highest = range_ or extent(data) or (0, 0)
    factor = (_LEVELS - 1) / (highest - lowest) if highest > lowest else 0.0
    picks = _picks(columns, across)
    result = []
    for row_picks in _picks(rows, down):
        starts = [row * columns for row in row_picks]
        result.append(
            bytes(
                _level((max(data[start + x] for start in starts for x in column_picks) - lowest) * factor)
                for column_picks in picks
            )
        )
    return result


def _level(level: float) -> int:
    """A level of the scale; what is no number is drawn as the lowest, what is beyond the scale as its end."""
    return round(max(0, min(level, _LEVELS - 1))) if level == level else 0


def _picks(size: int, wanted: int) -> list[array[int]]:
    """For each of `wanted` places up to three of the `size` indices that fall on it."""
    picks = []
    for place in range(wanted):
        first, last = place * size // wanted, max((place + 1) * size // wanted - 1, place * size // wanted)
        picks.append(array("i", sorted({first, (first + last) // 2, last})))
    return picks
