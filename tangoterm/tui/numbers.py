"""Numbers as they can be drawn: without NaN and infinities, and no more of them than there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_LARGEST = 1e300
"""Differences of larger numbers are no numbers any more."""


def drawable(value: float) -> bool:
    """Whether a value has a place in a picture; NaN, infinities and the like have none."""
    return -_LARGEST < value < _LARGEST


def extent(data: Sequence[Any]) -> tuple[Any, Any] | None:
    """The least and the largest drawable number; None when there is none."""
    if not len(data):
        return None
    least, most = min(data), max(data)
    if drawable(least) and drawable(most):  # a NaN hides from both unless it comes first
        return least, most
    numbers = [value for value in data if drawable(value)]
    return (min(numbers), max(numbers)) if numbers else None


def thinned(values: Sequence[Any], places: int) -> list[tuple[float, float]]:
    """The values with their indices; of more than `places` only the extremes of equal stretches, so that no peak is
    lost."""
    count = len(values)
    if count <= 2 * places:
        return [(float(index), float(value)) for index, value in enumerate(values)]
    points: list[tuple[float, float]] = []
    for place in range(places):
        start, end = place * count // places, (place + 1) * count // places
        found = extent(values[start:end])
        points += [(float(start), float(value)) for value in found] if found else [(float(start), float("nan"))]
    return points
