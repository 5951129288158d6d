"""The plant behind the class Camera: a particle beam that lights a screen, and the sensor that looks at it.

Pure physics, no Tango. The beam wanders, oscillates and loses current until it is filled up again; the sensor has a
dark level, noise that grows with the gain, and saturates.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from server_core.devices.signals import Drift, add_spot, gaussian_table, noise

SENSOR = (320, 240)
"""Width and height of the sensor in pixels."""

_DARK_LEVEL = 8.0
_READ_NOISE = 1.6
_LIGHT = 16.0  # counts per ms of exposure at full current, without gain
_LIFETIME = 90.0  # s
_REFILL_AT = 0.7


class Region(NamedTuple):
    """The part of the sensor that is read out."""

    x: int
    y: int
    width: int
    height: int


WHOLE = Region(0, 0, *SENSOR)


class Beam:
    """A beam near the middle of the screen."""

    def __init__(self) -> None:
        self._x = Drift(SENSOR[0] / 2, 14.0, 25.0)
        self._y = Drift(SENSOR[1] / 2, 8.0, 25.0)
        self._blow_up = Drift(1.0, 0.06, 10.0)
        self._clock = 0.0
        self.current = 1.0

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._clock += seconds
        for drift in (self._x, self._y, self._blow_up):
            drift.advance(seconds)
        self.current *= math.exp(-seconds / _LIFETIME)
        if self.current < _REFILL_AT:
            self.current = 1.0

    @property
    def centre(self) -> tuple[float, float]:
        """Where it hits the screen, in pixels: its slow drift and an oscillation of a few seconds."""
        phase = 2 * math.pi * self._clock / 7.0
        return self._x.value + 22.0 * math.sin(phase), self._y.value + 12.0 * math.sin(2 * phase + 0.6)

    @property
    def size(self) -> tuple[float, float]:
        """Its rms width and height in pixels."""
        return 15.0 * self._blow_up.value, 9.0 / self._blow_up.value


def frame(beam: Beam, region: Region, *, exposure: float, gain: float) -> bytearray:
    """A picture of the beam: `region.height` rows of `region.width` 8-bit pixels.

    `exposure` is in ms, `gain` in dB.
    """
    factor = 10.0 ** (gain / 20.0)
    table = gaussian_table(_DARK_LEVEL, round(_READ_NOISE * factor, 1))
    pixels = bytearray(noise(region.width * region.height, table))
    x, y = beam.centre
    add_spot(
        pixels,
        region.width,
        centre=(x - region.x, y - region.y),
        sigma=beam.size,
        height=_LIGHT * exposure * factor * beam.current,
    )
    return pixels
