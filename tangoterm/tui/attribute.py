"""One attribute under observation: its latest reading, how it came, and the numbers before it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, NamedTuple

from server_core.model.config import AttributeConfig
from server_core.model.enums import AttrDataFormat
from server_core.model.errors import DevFailed, Reason
from server_core.model.types import TYPES, Kind
from server_core.model.values import AttributeValue

HISTORY = 3600
"""Readings kept for the plot of each attribute."""


class Source(Enum):
    """How the latest reading came."""

    NONE = ""
    EVENT = "event"
    BUFFER = "polled buffer"
    READ = "read"


class Point(NamedTuple):
    """One reading in a plot."""

    time: float
    value: float


class Worded(NamedTuple):
    """A reading in words, with the configuration that gave format and unit."""

    config: AttributeConfig
    reading: AttributeValue
    cell: tuple[str, str]


@dataclass(slots=True)
class Observed:
    """One attribute with all that is known of it.

    `by_event` when its events are subscribed to, `silent` while they do not get through: it is read meanwhile.
    `polled` is the period in ms at which its server polls it, None when it does not.
    """

    config: AttributeConfig
    reading: AttributeValue | None = None
    by_event: bool = False
    silent: bool = False
    updates: int = 0
    history: deque[Point] = field(default_factory=lambda: deque(maxlen=HISTORY))
    subscription: object | None = None
    config_subscription: object | None = None
    polled: int | None = None
    came: Source = Source.NONE
    worded: Worded | None = None

    @property
    def key(self) -> str:
        """The name in lower case."""
        return self.config.name.lower()

    @property
    def set_point(self) -> Any:
        """What is set, as last read; None when it is not known."""
        if self.reading is None or self.reading.errors:
            return None
        readable = self.config.writable.readable
        return self.reading.value if self.reading.w_value is None and not readable else self.reading.w_value

    @property
    def plottable(self) -> bool:
        """Whether the value is a number, or a row of numbers."""
        row = TYPES[self.config.data_type]
        return row.numeric or self.stepwise

    @property
    def stepwise(self) -> bool:
        """Whether the value is one of a few that stand for something; between two of them there is nothing."""
        return TYPES[self.config.data_type].kind in (Kind.BOOLEAN, Kind.ENUM, Kind.STATE)

    @property
    def scalar(self) -> bool:
        """Whether the value is one element."""
        return self.config.data_format is AttrDataFormat.SCALAR

    def take(self, reading: AttributeValue, came: Source = Source.READ) -> None:
        """Keep a new reading, and remember it for the plot; of a polled attribute the buffer is read."""
        self.reading = reading
        self.came = Source.BUFFER if came is Source.READ and self.polled else came
        self.updates += 1
        if self.scalar and self.plottable and isinstance(reading.value, (int, float)):
            moment = reading.time or time.time()
            if not self.history or moment > self.history[-1].time:
                self.history.append(Point(moment, float(reading.value)))

    def snapshot(self) -> Observed:
        """The same as it is now, which nothing changes any more."""
        return replace(self, history=self.history.copy())


def receiver(observed: Observed, changed: Callable[[], None]) -> Callable[[AttributeValue | DevFailed], None]:
    """What takes in the events of an attribute, and then tells that there is something new."""

    def receive(reading: AttributeValue | DevFailed) -> None:
        if isinstance(reading, DevFailed):
            if reading.reason == Reason.API_MissedEvents:
                return  # the event that follows the gap brings the value
            if reading.reason == Reason.API_EventTimeout:
                observed.silent = True  # reading tells whether the device is there
                return
            reading = AttributeValue(observed.config.name, time=time.time(), errors=reading.errors)
        observed.silent = False
        observed.take(reading, Source.EVENT)
        changed()

    return receive
