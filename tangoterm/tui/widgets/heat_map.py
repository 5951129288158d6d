"""An image as half-block cells in a colour scale: two pixels above one another in each cell."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import cache
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tangoterm.tui.numbers import extent

_SCALE = ((13, 8, 35), (64, 15, 95), (126, 30, 106), (186, 54, 85), (231, 96, 48), (250, 160, 30), (252, 244, 164))
_LEVELS = 48
_SHADES = " .:-=+*#%@"


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


class HeatMap(Widget):
    """The widget; `draw` shows an image. Without colour, density of characters takes its place."""

    DEFAULT_CSS = "HeatMap { background: $background; color: $foreground; height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._image: tuple[Sequence[Any], int, int] | None = None
        self._lines: list[Strip] | None = None

    def draw(self, data: Sequence[Any], columns: int, rows: int) -> None:
        """Show an image given row by row."""
        self._image, self._lines = (data, columns, rows), None
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

    def _draw_lines(self) -> list[Strip]:
        if self._image is None or not self._image[1] or not self._image[2]:
            return [Strip([Segment("  no image", self.rich_style)])]
        width, height = self.size.width - 2, self.size.height
        pixels = sample(*self._image, width, height * 2)
        if self.app.no_color:
            lines = [_shaded(bytes(map(max, *pair)), self.rich_style) for pair in _pairs(pixels)]
        else:
            lines = [_coloured(*pair) for pair in _pairs(pixels)]
        base = self.rich_style
        left = Segment(" " * max(1, (self.size.width - len(pixels[0])) // 2), base)
        return [Strip([left, *line]) for line in lines]


def _pairs(pixels: list[bytes]) -> list[tuple[bytes, bytes]]:
    lower = [*pixels[1::2], *([bytes(len(pixels[0]))] if len(pixels) % 2 else [])]
    return list(zip(pixels[::2], lower, strict=True))


def _coloured(upper: bytes, lower: bytes) -> list[Segment]:
    return [Segment("▀", _style(top, bottom)) for top, bottom in zip(upper, lower, strict=True)]


def _shaded(row: bytes, base: Style) -> list[Segment]:
    last = len(_SHADES) - 1
    return [Segment("".join(_SHADES[level * last // (_LEVELS - 1)] for level in row), base)]


def sample(data: Sequence[Any], columns: int, rows: int, width: int, height: int) -> list[bytes]:
    """The image in at most `width` by `height` pixels, its proportions kept, as levels of the colour scale.

    Each pixel is the largest of the image's pixels that fall on it (of up to nine of them), so that a small bright
    spot is never lost.
    """
    scale = min(width / columns, height / rows)
    across, down = max(1, int(columns * scale)), max(1, int(rows * scale))
    lowest, highest = extent(data) or (0, 0)
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
