"""Readings that could be real, made of one sample: numbers wander within their limits, all else is as it was.

What was written counts from then on: readings follow the set point.
"""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Callable
from itertools import cycle, islice
from time import monotonic
from typing import Any, NamedTuple

from server_core.devices.description import KEPT, Sample
from server_core.devices.signals import Drift, add_spot, gaussian_table, noise
from server_core.model.config import NOT_SPECIFIED, AttributeConfig
from server_core.model.enums import AttrDataFormat, DevState
from server_core.model.types import TYPES, CmdArgType, Kind, TangoType

MEMORY = 20.0
"""Seconds in which a number forgets where it was."""

WANDERS = 0.1
"""How far a number goes from its sample, as a share of it; 1 for a sample of 0 (in whole steps for integers)."""

REGULATED = 0.002
"""The same of a number that follows a set point."""

JITTER = 0.01
"""Noise on the elements of arrays, as a share of their range."""

_INSIDE = 0.05
"""How far from an alarm limit readings stay, as a share of the range between the limits."""

_USUAL_LENGTH = 16
"""Elements of an array, in each direction, of which there is no sample."""

_PLAIN: dict[Kind, Any] = {
    Kind.BOOLEAN: False,
    Kind.STRING: "simulated",
    Kind.STATE: DevState.UNKNOWN,
    Kind.ENUM: 0,
    Kind.ENCODED: ("", b""),
}
"""Scalars of which there is no sample."""


class Band(NamedTuple):
    """Where a number stays."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """Half way."""
        return (self.low + self.high) / 2

    def nearest(self, number: float) -> float:
        """The number in the band that is nearest to `number`."""
        return min(max(number, self.low), self.high)


def allowed_band(config: AttributeConfig) -> Band:
    """Where readings are neither alarming nor impossible: inside the limits of the attribute and its type."""
    alarms = config.alarms
    low, high = _without_alarm(
        max(_numbers(alarms.min_alarm, alarms.min_warning), default=-math.inf),
        min(_numbers(alarms.max_alarm, alarms.max_warning), default=math.inf),
    )
    low, high = max(low, *_numbers(config.min_value), -math.inf), min(high, *_numbers(config.max_value), math.inf)
    row = TYPES[config.data_type]
    if row.kind is Kind.INTEGER:
        low, high = math.ceil(max(low, row.low)), math.floor(min(high, row.high))
    return Band(low, high) if low <= high else Band(high, high)


def _without_alarm(low: float, high: float) -> tuple[float, float]:
    """Limits that are well inside of alarm limits, which may be infinite."""
    finite = [abs(limit) for limit in (low, high) if math.isfinite(limit)]
    size = high - low if len(finite) == 2 else max(finite, default=0.0) or 1.0
    return low + _INSIDE * size, high - _INSIDE * size


def _numbers(*texts: str) -> list[float]:
    return [float(text) for text in texts if text != NOT_SPECIFIED]


def near(number: float, share: float, allowed: Band) -> Band:
    """The neighbourhood of `number`, as far as it is allowed."""
    number = allowed.nearest(number)
    reach = share * (abs(number) or 1.0 / WANDERS)
    return Band(max(allowed.low, number - reach), min(allowed.high, number + reach))


class Wandering:
    """A number that wanders in a band."""

    def __init__(self, band: Band, *, whole: bool) -> None:
        self._band = band
        self._whole = whole
        self._drift = Drift(band.middle, (band.high - band.low) / 6, MEMORY)
        self._asked = monotonic()

    def read(self) -> float:
        """The number, now."""
        now = monotonic()
        number = self._band.nearest(self._drift.advance(now - self._asked))
        self._asked = now
        return round(number) if self._whole else number


def scalar_source(config: AttributeConfig, sample: Sample) -> Callable[[], Any]:
    """Readings of a scalar."""
    row = TYPES[config.data_type]
    if not row.numeric:
        value = _PLAIN[row.kind] if sample.data is None else sample.data
        return lambda: value
    allowed = allowed_band(config)
    number = sample.data
    if number is None:
        number = allowed.middle if math.isfinite(allowed.middle) else allowed.nearest(0.0)
    if not math.isfinite(number):
        return lambda: number
    return Wandering(near(number, WANDERS, allowed), whole=row.kind is Kind.INTEGER).read


def following(config: AttributeConfig, set_point: Any) -> Callable[[], Any]:
    """Readings of an attribute after its set point was written: floating-point scalars are near it, all else is it."""
    if TYPES[config.data_type].kind is not Kind.FLOAT or config.data_format is not AttrDataFormat.SCALAR:
        return lambda: set_point
    everywhere = Band(-math.inf, math.inf)
    return Wandering(near(set_point, REGULATED if set_point else REGULATED * WANDERS, everywhere), whole=False).read


def array_source(config: AttributeConfig, sample: Sample) -> Callable[[], Any]:
    """Readings of a spectrum or image, of the dimensions of the sample."""
    row = TYPES[config.data_type]
    image = config.data_format is AttrDataFormat.IMAGE
    width, height = sample.dim_x, sample.dim_y
    if sample.data is None:
        width, height = min(config.max_dim_x, _USUAL_LENGTH), min(config.max_dim_y, _USUAL_LENGTH)
    count = width * height if image else width
    flat = _flat_source(row, config, sample, width, count)
    return (lambda: _rows(flat(), width, height)) if image else flat


def _flat_source(row: TangoType, config: AttributeConfig, sample: Sample, width: int, count: int) -> Callable[[], Any]:
    known: list[Any] = sample.data or []
    if not row.numeric:
        filled = list(islice(cycle(known or [_PLAIN[row.kind]]), count))
        return lambda: filled
    allowed = allowed_band(config)
    low = allowed.nearest(0.0 if sample.low is None else sample.low)
    high = allowed.nearest(1.0 if sample.high is None else sample.high)
    assert row.typecode is not None
    if len(known) == count <= KEPT and all(map(math.isfinite, known)):
        return _Jittered(row, known, JITTER * (high - low), Band(low, high)).read
    return _Picture(row, Band(low, high), width, count).read


def _rows(flat: Any, width: int, height: int) -> Any:
    if isinstance(flat, list):
        return [flat[place * width : (place + 1) * width] for place in range(height)]
    if not len(flat):
        return []
    return memoryview(flat).cast("B").cast(flat.typecode, (height, width))


class _Jittered:
    """An array with noise on it."""

    def __init__(self, row: TangoType, values: list[float], jitter: float, band: Band) -> None:
        self._typecode = row.typecode or "d"
        self._whole = row.kind is Kind.INTEGER
        self._values, self._jitter, self._band = values, jitter, band

    def read(self) -> array[Any]:
        """The array, now."""
        jitter, band = self._jitter, self._band
        noisy = [band.nearest(value + random.gauss(0.0, jitter)) for value in self._values]
        return array(self._typecode, map(round, noisy) if self._whole else noisy)


class _Picture:
    """A large array: a dark image with a bright spot that moves, in 256 steps of its range."""

    def __init__(self, row: TangoType, band: Band, width: int, count: int) -> None:
        self._typecode = row.typecode or "d"
        self._width, self._count = width, count
        step = (band.high - band.low) / 255
        steps = [band.low + step * place for place in range(256)]
        self._steps: list[Any] = [round(value) for value in steps] if row.kind is Kind.INTEGER else steps

    def read(self) -> array[Any]:
        """The array, now."""
        width, height = self._width, self._count // self._width if self._width else 0
        frame = bytearray(noise(self._count, gaussian_table(12.0, 4.0)))
        if height > 1:
            centre = width * random.uniform(0.45, 0.55), height * random.uniform(0.45, 0.55)
            add_spot(frame, width, centre=centre, sigma=(width / 12, height / 12), height=220.0)
        return array(self._typecode, map(self._steps.__getitem__, frame))


_LENGTH = 5


def result_of(name: str, code: CmdArgType) -> Any:
    """What a command called `name` could return."""
    row = TYPES[code]
    if row.kind is Kind.PAIR:
        return [[result_of(name, row.element) for _ in range(_LENGTH)], [f"{name} {i}" for i in range(_LENGTH)]]
    if row.kind is Kind.ARRAY:
        return [result_of(name, row.element) for _ in range(_LENGTH)]
    if row.kind is Kind.INTEGER:
        return random.randrange(100)
    if row.kind is Kind.FLOAT:
        return random.uniform(0.0, 100.0)
    return f"{name}: simulated" if row.kind is Kind.STRING else _PLAIN.get(row.kind)
