"""Looking through the elements of a value: the first one beyond a limit, the first that is no finite number.

Large arrays are searched by numpy when it is installed; NaN is beyond no limit.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from server_core.model.conversion import numpy_or_none

_LARGE = 512
_FLOATS = "fd"

Comparison = Callable[[Any, Any], Any]
le, ge, lt, gt = operator.le, operator.ge, operator.lt, operator.gt


def first_beyond(data: Any, compare: Comparison, limit: float) -> int | None:
    """Index of the first element for which `compare(element, limit)` holds; None when there is none.

    `data` is canonical: a number, a flat array, or an encoded value (its bytes count, ATT-51).
    """
    if isinstance(data, (int, float)):
        return 0 if compare(data, limit) else None
    if isinstance(data, tuple):
        data = data[1]
    numpy = numpy_or_none() if len(data) >= _LARGE else None
    if numpy is not None:
        hits = numpy.flatnonzero(compare(numpy.asarray(data), limit))
        return int(hits[0]) if len(hits) else None
    return next((index for index, element in enumerate(data) if compare(element, limit)), None)


def first_not_finite(data: Any) -> int | None:
    """Index of the first NaN or infinity in float data; None when all are finite."""
    if isinstance(data, float):
        return None if math.isfinite(data) else 0
    if not isinstance(data, memoryview) or data.format not in _FLOATS:
        return None
    numpy = numpy_or_none() if len(data) >= _LARGE else None
    if numpy is not None:
        hits = numpy.flatnonzero(~numpy.isfinite(numpy.asarray(data)))
        return int(hits[0]) if len(hits) else None
    return next((index for index, element in enumerate(data) if not math.isfinite(element)), None)


def differs(read: Any, written: Any, delta: float) -> bool:
    """Whether a reading is `delta` or more away from its set point, in any of the elements both have (ATT-53)."""
    if isinstance(read, (int, float)):
        return _apart(read, written, delta)
    if isinstance(read, tuple):
        read, written = read[1], written[1]
    return any(_apart(one, other, delta) for one, other in zip(read, written, strict=False))


def _apart(one: float, other: float, delta: float) -> bool:
    if one != one or other != other:
        return (one != one) is not (other != other)
    return abs(one - other) >= delta
