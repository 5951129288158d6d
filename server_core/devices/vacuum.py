"""The plant behind the class GasAnalyser: residual gases of a pumped vessel and a quadrupole mass spectrometer on it.

Pure physics, no Tango. Each gas has a base pressure that drifts and a cracking pattern of peaks; a leak lets air in,
which the pump removes again once it is closed. Leaks also come by themselves, one in a few minutes.
"""

from __future__ import annotations

import math
import random
from array import array
from typing import NamedTuple

from server_core.devices.signals import Drift

LIGHTEST, HEAVIEST = 1, 50
"""The masses the spectrometer can be set to, in amu."""

POINTS_PER_AMU = 4

AXIS = array("d", [LIGHTEST + point / POINTS_PER_AMU for point in range((HEAVIEST - LIGHTEST) * POINTS_PER_AMU + 1)])
"""The masses of the points of a scan, in amu."""

_PEAK_WIDTH = 0.22  # amu, rms
_DETECTION_LIMIT = 2e-13  # mbar
_PUMP_DOWN = 8.0  # s
_LEAK_INTERVAL = 240.0  # s
_LEAK_DURATION = (15.0, 45.0)  # s
_LEAK_AIR = (2e-9, 2e-8)  # mbar


class Gas(NamedTuple):
    """A gas: its base pressure in mbar, its share of air, and the height of its peaks by mass."""

    name: str
    base: float
    air: float
    pattern: dict[int, float]


GASES = (
    Gas("H2", 6e-10, 0.0, {2: 1.0, 1: 0.05}),
    Gas("CH4", 2e-11, 0.0, {16: 1.0, 15: 0.85, 14: 0.16, 13: 0.08, 12: 0.02}),
    Gas("H2O", 2.5e-10, 0.01, {18: 1.0, 17: 0.23, 16: 0.011}),
    Gas("N2", 2e-11, 0.78, {28: 1.0, 14: 0.072}),
    Gas("CO", 1.5e-10, 0.0, {28: 1.0, 12: 0.045, 16: 0.017}),
    Gas("O2", 1e-12, 0.21, {32: 1.0, 16: 0.114}),
    Gas("Ar", 1e-12, 0.0093, {40: 1.0, 20: 0.146}),
    Gas("CO2", 4e-11, 0.0004, {44: 1.0, 28: 0.114, 16: 0.085, 12: 0.06}),
)


def gases_at(mass: int) -> str:
    """The gases that have a tall peak at a mass, for labels; empty when there is none."""
    return ", ".join(gas.name for gas in GASES if gas.pattern.get(mass, 0.0) >= 0.5)


def _line_shape(gas: Gas) -> array[float]:
    """The signal of one mbar of a gas along the axis of a scan."""
    return array(
        "d",
        [
            sum(height * math.exp(-0.5 * ((mass - peak) / _PEAK_WIDTH) ** 2) for peak, height in gas.pattern.items())
            for mass in AXIS
        ],
    )


class Vessel:
    """A vessel at its base pressure."""

    def __init__(self) -> None:
        self.air = 0.0
        self._drifts = [Drift(0.0, 0.15, 120.0) for _ in GASES]
        self._pressures = [gas.base for gas in GASES]
        self._shapes = [_line_shape(gas) for gas in GASES]
        self._leak_left = 0.0
        self._leak_air = 0.0

    def leak(self, seconds: float) -> None:
        """Let air in for a while; a leak that lasts longer goes on."""
        self._leak_left = max(self._leak_left, seconds)
        self._leak_air = math.exp(random.uniform(*map(math.log, _LEAK_AIR)))

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if random.random() < 1.0 - math.exp(-seconds / _LEAK_INTERVAL):
            self.leak(random.uniform(*_LEAK_DURATION))
        self._leak_left = max(0.0, self._leak_left - seconds)
        kept = math.exp(-seconds / _PUMP_DOWN)
        self.air = self.air * kept + (self._leak_air if self._leak_left else 0.0) * (1.0 - kept)
        self._pressures = [
            gas.base * math.exp(drift.advance(seconds)) + gas.air * self.air
            for gas, drift in zip(GASES, self._drifts, strict=True)
        ]

    @property
    def total(self) -> float:
        """The total pressure in mbar, as a gauge reads it."""
        return sum(self._pressures) * random.gauss(1.0, 0.005)

    def partial(self, mass: int) -> float:
        """The signal at a mass in mbar, with the noise of the detector."""
        signal = sum(
            pressure * gas.pattern.get(mass, 0.0) for gas, pressure in zip(GASES, self._pressures, strict=True)
        )
        return _detected(signal)

    def scan(self) -> array[float]:
        """The signals in mbar at all points of `AXIS`."""
        weighted = [
            [pressure * value for value in shape] for pressure, shape in zip(self._pressures, self._shapes, strict=True)
        ]
        return array("d", map(_detected, map(sum, zip(*weighted, strict=True))))


def _detected(signal: float) -> float:
    return max(_DETECTION_LIMIT / 10, random.gauss(signal, 0.01 * signal + _DETECTION_LIMIT))
