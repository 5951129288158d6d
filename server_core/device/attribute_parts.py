"""What the state of a running attribute is made of."""

from __future__ import annotations

from enum import Flag
from typing import Any, NamedTuple

from server_core.device.rules import Band


class AlarmFlags(Flag):
    """What is out of its limits; the lines of the status text follow this order (ATT-57)."""

    NONE = 0
    MIN_ALARM = 1
    MAX_ALARM = 2
    RDS = 4
    MIN_WARNING = 8
    MAX_WARNING = 16


class SetPoint(NamedTuple):
    """A written value in canonical form with its dimensions."""

    data: Any
    dim_x: int = 1
    dim_y: int = 0


class Push(NamedTuple):
    """Whether code sends events of a kind itself, and whether they still pass the change criteria (EVT-40)."""

    implemented: bool = False
    detect: bool = True


class Criteria(NamedTuple):
    """The event properties as numbers; a band is (down, up), None for a side that never sends (EVT-32)."""

    rel_change: Band | None
    abs_change: Band | None
    archive_rel_change: Band | None
    archive_abs_change: Band | None
    period: int
    archive_period: int | None
