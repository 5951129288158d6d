"""Round numbers along an axis."""

from __future__ import annotations

from math import ceil, floor, isfinite, log10
from typing import NamedTuple

_LEAST = 1e-290
"""Smaller differences cannot be divided any further."""


class Axis(NamedTuple):
    """A range that begins and ends on round numbers `step` apart."""

    low: float
    high: float
    step: float

    @classmethod
    def around(cls, low: float, high: float, intervals: int) -> Axis:
        """The axis that holds `low` to `high` in about `intervals` steps of 1, 2 or 5 times a power of ten."""
        if high - low < _LEAST:
            margin = abs(low) * 0.1 if abs(low) > _LEAST else 1.0
            low, high = low - margin, high + margin
        step = _round_step((high - low) / max(1, intervals))
        return cls(floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step, step)

    @property
    def ticks(self) -> list[float]:
        """The round numbers from low to high."""
        count = round((self.high - self.low) / self.step)
        return [self.low + index * self.step for index in range(count + 1)]

    def label(self, value: float) -> str:
        """A tick in no more digits than tell it from its neighbours."""
        if abs(value) < self.step * 1e-6:
            return "0"
        largest = max(abs(self.low), abs(self.high))
        if largest >= 1e6 or largest < 1e-3:
            return f"{value:.{max(0, floor(log10(largest)) - floor(log10(self.step)))}e}"
        return f"{value:.{max(0, -floor(log10(self.step) + 1e-9))}f}"


def _round_step(rough: float) -> float:
    if not isfinite(rough) or rough <= 0:
        return 1.0
    power: float = 10.0 ** floor(log10(rough))
    for factor in (1, 2, 5):
        if rough <= factor * power * (1 + 1e-9):
            return factor * power
    return 10 * power
