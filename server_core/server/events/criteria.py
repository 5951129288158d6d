"""Whether a reading differs enough from the last one sent.

Source: EVT-30..EVT-35, EVT-39.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from server_core.model.enums import AttrDataFormat, AttrQuality, EventType
from server_core.model.types import TYPES, Kind
from server_core.model.values import AttributeValue

if TYPE_CHECKING:
    from server_core.device.attribute_parts import Criteria
    from server_core.device.rules import Band

TOLERANCE: Final = 1e-10
"""What floating-point differences may fall short of an absolute limit, relative to the limit (EVT-32)."""

ALARMING: Final = frozenset({AttrQuality.ATTR_WARNING, AttrQuality.ATTR_ALARM})
"""Qualities whose beginning and end are alarm events (EVT-39)."""


class Bands(NamedTuple):
    """The change criteria of one kind of event: how far a value may fall and rise, in percent and absolutely."""

    relative: Band | None = None
    absolute: Band | None = None

    @property
    def given(self) -> bool:
        """Whether any limit is set."""
        return self.relative is not None or self.absolute is not None


def bands(criteria: Criteria, kind: EventType) -> Bands:
    """The criteria of change or archive events among those of an attribute."""
    if kind is EventType.ARCHIVE_EVENT:
        return Bands(criteria.archive_rel_change, criteria.archive_abs_change)
    return Bands(criteria.rel_change, criteria.abs_change)


def _reached(band: Band | None, delta: float, tolerance: float = 0.0) -> bool:
    """Whether a difference is at or beyond a limit; a side that is None never is."""
    if band is None:
        return False
    low, high = band
    return (low is not None and delta + low * tolerance <= low) or (
        high is not None and delta + high * tolerance >= high
    )


def tolerated(period: float) -> float:
    """The seconds that must have passed for a period of `period` ms: 2 % less, or 100 ms less from 5 s on (EVT-34)."""
    return (period - round(period * 0.02) if period < 5000 else period - 100) / 1000


def changed(before: AttributeValue | None, now: AttributeValue, bands: Bands) -> bool:
    """Whether `now` is worth a change or archive event when `before` was the last one sent (EVT-31)."""
    if before is None:
        return True
    if now.errors or before.errors:
        return now.errors != before.errors
    invalid = AttrQuality.ATTR_INVALID
    if now.quality is invalid or before.quality is invalid:
        return now.quality is not before.quality
    return _value_differs(before, now, bands) or now.quality is not before.quality


def alarm_changed(before: AttributeValue | None, now: AttributeValue) -> bool:
    """Whether `now` is worth an alarm event (EVT-39)."""
    if before is None:
        return True
    if now.errors or before.errors:
        return now.errors != before.errors
    return now.quality is not before.quality and not ALARMING.isdisjoint((now.quality, before.quality))


def _value_differs(before: AttributeValue, now: AttributeValue, bands: Bands) -> bool:
    if (before.dim_x, before.dim_y) != (now.dim_x, now.dim_y):
        return True
    kind = TYPES[now.data_type].kind
    if kind is Kind.ENCODED:
        return _encoded_differs(before.value, now.value, bands)
    if kind not in (Kind.INTEGER, Kind.FLOAT):
        return bool(_elements(before) != _elements(now))
    if not bands.given or _same_bytes(before.value, now.value):
        return False
    return _any_differs(_elements(before), _elements(now), bands, integers=kind is Kind.INTEGER)


def _elements(reading: AttributeValue) -> Any:
    return (reading.value,) if reading.data_format is AttrDataFormat.SCALAR else reading.value


def _same_bytes(before: Any, now: Any) -> bool:
    """Whether two arrays are equal bit by bit, which is quick to see."""
    return isinstance(before, memoryview) and isinstance(now, memoryview) and before.tobytes() == now.tobytes()


def _encoded_differs(before: tuple[str, bytes], now: tuple[str, bytes], bands: Bands) -> bool:
    if before[0] != now[0] or len(before[1]) != len(now[1]):
        return True
    return _any_differs(before[1], now[1], bands, integers=True)


def _any_differs(before: Iterable[float], now: Iterable[float], bands: Bands, *, integers: bool) -> bool:
    relative = _relative_integer if integers else _relative_float
    tolerance = 0.0 if integers else TOLERANCE
    for old, new in zip(before, now, strict=True):
        if old == new:
            continue
        if not (math.isfinite(old) and math.isfinite(new)):
            if not (math.isnan(old) and math.isnan(new)):
                return True
        elif _reached(bands.relative, relative(old, new)) or _reached(bands.absolute, new - old, tolerance):
            return True
    return False


def _relative_float(old: float, new: float) -> float:
    """The change in percent; from zero to anything is 100 %."""
    return (new - old) * 100 / old if old else 100.0


def _relative_integer(old: float, new: float) -> float:
    """The change in percent, truncated towards zero as integer arithmetic does."""
    if not old:
        return 100
    change = (new - old) * 100
    quotient = abs(change) // abs(old)
    return quotient if (change < 0) == (old < 0) else -quotient
