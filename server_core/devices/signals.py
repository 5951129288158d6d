"""What simulated measurements are made of: noise, drift, and the image of a bright spot. Standard library only.

Whole arrays are produced by C loops of the interpreter (`randbytes`, `translate`, slices), so a camera frame takes a
few milliseconds without numpy.
"""

from __future__ import annotations

import math
import random
from array import array
from functools import lru_cache
from itertools import pairwise
from statistics import NormalDist, median

UNIFORM = bytes(range(256))
"""The table that leaves every byte as it is."""

COIN = bytes(value & 1 for value in range(256))
"""The table that makes 0 or 1 of every byte."""


@lru_cache(maxsize=64)
def gaussian_table(mean: float, sigma: float) -> bytes:
    """The table that turns uniformly distributed bytes into normally distributed ones, cut at 0 and 255."""
    normal = NormalDist(mean, max(sigma, 1e-6))
    return bytes(min(255, max(0, round(normal.inv_cdf((value + 0.5) / 256)))) for value in range(256))


def noise(count: int, table: bytes = UNIFORM) -> bytes:
    """`count` independent random bytes, distributed as `table` says."""
    return random.randbytes(count).translate(table)


class Drift:
    """A quantity that wanders around `mean` by about `spread`, forgetting where it was within `memory` seconds.

    An Ornstein-Uhlenbeck process, exact for any step: it may be asked often or seldom.
    """

    def __init__(self, mean: float, spread: float, memory: float) -> None:
        self.mean = mean
        self.spread = spread
        self.memory = memory
        self.value = random.gauss(mean, spread)

    def advance(self, seconds: float) -> float:
        """The value `seconds` later."""
        kept = math.exp(-seconds / self.memory)
        scatter = self.spread * math.sqrt(1.0 - kept * kept)
        self.value = self.mean + (self.value - self.mean) * kept + random.gauss(0.0, scatter)
        return self.value


def bell(length: int, centre: float, sigma: float, height: float = 1.0) -> array[float]:
    """A Gaussian of `height` at `centre`, sampled at 0..length-1."""
    return array("d", [height * math.exp(-0.5 * ((x - centre) / sigma) ** 2) for x in range(length)])


def add_spot(
    frame: bytearray, width: int, *, centre: tuple[float, float], sigma: tuple[float, float], height: float
) -> None:
    """Add a Gaussian spot to an 8-bit image of rows of `width` pixels; pixels saturate at 255.

    Only the pixels within four sigma are touched, the rest would not change by a whole step.
    """
    rows = len(frame) // width
    left, right = _reach(centre[0], sigma[0], width)
    top, bottom = _reach(centre[1], sigma[1], rows)
    across = bell(width, centre[0], sigma[0], height)[left:right]
    down = bell(rows, centre[1], sigma[1])
    for y in range(top, bottom):
        factor = down[y]
        start, end = y * width + left, y * width + right
        frame[start:end] = bytes(
            [min(255, int(pixel + factor * light)) for pixel, light in zip(frame[start:end], across, strict=True)]
        )


def _reach(centre: float, sigma: float, length: int) -> tuple[int, int]:
    low, high = int(centre - 4 * sigma), int(centre + 4 * sigma) + 1
    return min(length, max(0, low)), min(length, max(0, high))


def projections(frame: bytes | bytearray, width: int) -> tuple[array[float], array[float]]:
    """The sums of an 8-bit image over its columns and over its rows: `(profile along x, profile along y)`."""
    across = array("d", [sum(frame[x::width]) for x in range(width)])
    down = array("d", [sum(frame[start : start + width]) for start in range(0, len(frame), width)])
    return across, down


def moments(profile: array[float]) -> tuple[float, float, float]:
    """Area, centre and rms width of the peak in a profile, from the samples around its top over 4 % of its height.

    All three are NaN when nothing stands out of the noise, which is told from the differences of neighbours.
    """
    if len(profile) < 2:
        return _NO_PEAK
    background = sorted(profile)[len(profile) // 10]
    light = [value - background for value in profile]
    if max(light) <= 8 * median(abs(after - before) for before, after in pairwise(light)):
        return _NO_PEAK
    peak = _around_top(light, 0.04)
    area = math.fsum(light[x] for x in peak)
    centre = math.fsum(x * light[x] for x in peak) / area
    variance = math.fsum(light[x] * (x - centre) ** 2 for x in peak) / area
    return area, centre, math.sqrt(variance)


_NO_PEAK = (math.nan, math.nan, math.nan)


def _around_top(light: list[float], share: float) -> range:
    """The neighbourhood of the highest sample in which all samples exceed a share of it."""
    top = max(light)
    first = last = light.index(top)
    while first > 0 and light[first - 1] > share * top:
        first -= 1
    while last + 1 < len(light) and light[last + 1] > share * top:
        last += 1
    return range(first, last + 1)
