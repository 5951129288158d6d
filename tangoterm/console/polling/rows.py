"""One row of the polling of a system: a polled object with its thread, and what is wrong with it in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server_core.model.errors import DevFailed
from tangoterm.console.format import error_line, plural
from tangoterm.console.polling.status import PollStatus

LATE = 1.5
"""Real periods beyond so many set ones are a problem."""
BUSY = 0.8
"""A thread that works for more than this part of the time has no reserve."""
ENOUGH = 2
"""A period should be so many times what a try takes."""
STALE_PERIODS, STALE_SECONDS = 3, 1.0
"""Without an update for so many periods, and for so long at least, polling stands still."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A polling thread of a server: its number from 1, the devices that it serves, and the part of the time that it
    works; None while that is not known of all devices."""

    server: str
    number: int
    devices: tuple[str, ...] = ()
    load: float | None = None
    paused: bool = False

    @property
    def overloaded(self) -> bool:
        """Whether it has more to do than it has time."""
        return self.load is not None and self.load > 1

    @property
    def label(self) -> str:
        """`2` or `2 · 85 %`."""
        return str(self.number) if self.load is None else f"{self.number} · {percent(self.load)}"


@dataclass(frozen=True, slots=True)
class Hint:
    """What is wrong with the polling of an object, and what helps."""

    problem: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.problem}: {self.advice}" if self.advice else self.problem


def row_key(device: str, status: PollStatus) -> str:
    """What tells a polled object apart from all others."""
    return f"{device.lower()} {status.kind} {status.name.lower()}"


@dataclass(frozen=True, slots=True)
class PollingRow:
    """One polled object of a device; or a device that does not answer: `failure` instead of `status`."""

    device: str
    status: PollStatus | None = None
    failure: DevFailed | None = None
    thread: Thread | None = None

    @property
    def key(self) -> str:
        """What tells it apart from all others."""
        return row_key(self.device, self.status) if self.status else self.device.lower()

    @property
    def name(self) -> str:
        """The object; empty for a device that does not answer."""
        return self.status.name if self.status else ""

    @property
    def error(self) -> str:
        """Why the device does not answer, or what the last try failed with, on one line."""
        if self.failure is not None:
            return error_line(self.failure.errors)
        return error_line((self.status.error,)) if self.status and self.status.error else ""

    @property
    def hint(self) -> Hint | None:
        """What is wrong, the most telling thing alone; None when all is well."""
        return None if self.status is None else hint_for(self.status, self.thread)

    @property
    def problem(self) -> str:
        """The error or the hint; empty when all is well."""
        return self.error or str(self.hint or "")


def hint_for(status: PollStatus, thread: Thread | None = None) -> Hint | None:
    """What keeps an object from being polled as it is set, and what helps; None when nothing does."""
    if thread is not None and thread.paused:
        return Hint("the server's polling is off", f"StartPolling of dserver/{thread.server} starts it")
    if not status.period:
        return Hint("triggered externally, and nobody has done it yet") if status.empty else None
    if status.duty is not None and status.duty > 1:
        return Hint("takes longer than its period", _longer(status))
    if thread is not None and thread.overloaded:
        return Hint(f"thread {thread.number} is at {percent(thread.load or 0)}", _relief(thread))
    if status.age is not None and status.age > max(STALE_SECONDS, STALE_PERIODS * status.period / 1000):
        return Hint(f"no update for {status.age:.1f} s", "the device or its polling thread hangs")
    if status.drift is not None and status.drift > LATE - 1:
        return Hint(f"comes every {status.interval:.0f} ms", _cause_of_delay(status, thread))
    return None


def _longer(status: PollStatus) -> str:
    advice = f"set {_good_period(status)} ms or more"
    return f"{advice}, or split the group ({plural(len(status.group), 'object')})" if len(status.group) > 1 else advice


def _good_period(status: PollStatus) -> int:
    """A round period that leaves time."""
    wanted = ENOUGH * (status.needed or status.period)
    step: int = 10 ** max(0, math.floor(math.log10(max(wanted, 10))))
    return int(math.ceil(wanted / step * 2) * step / 2)


def _relief(thread: Thread) -> str:
    if len(thread.devices) > 1:
        return f"longer periods, or more threads (poll server:{thread.server} --threads N)"
    return "longer periods, or the same period for all attributes: they are read together then"


def _cause_of_delay(status: PollStatus, thread: Thread | None) -> str:
    if thread is not None and thread.load is not None and thread.load > BUSY:
        return f"its thread is at {percent(thread.load)}; {_relief(thread)}"
    return "its device is busy with other requests, or its thread waits for another device"


def percent(part: float) -> str:
    """`<0.1 %`, `0.4 %`, `85 %`, `130 %`."""
    if 0 < part < 0.001:
        return "<0.1 %"
    return f"{part * 100:.1f} %" if part < 0.0995 else f"{part * 100:.0f} %"


def histogram(values: Sequence[int], most: int = 9) -> list[tuple[int, int, int]]:
    """How values spread: (least, greatest, how many) of at most so many classes of one width, without empty ends."""
    if not values:
        return []
    low, high = min(values), max(values)
    width = max(1, math.ceil((high - low + 1) / most))
    counts: dict[int, int] = {}
    for value in values:
        counts[(value - low) // width] = counts.get((value - low) // width, 0) + 1
    return [
        (low + place * width, low + (place + 1) * width - 1, counts.get(place, 0)) for place in range(max(counts) + 1)
    ]


def load_of(statuses: Iterable[tuple[str, PollStatus]]) -> float:
    """The part of its time that a thread works for the (device, status) it polls; what is read together counts once."""
    duties = {
        (device.lower(), status.kind, status.period, status.group or (status.name.lower(),)): status.duty
        for device, status in statuses
    }
    return sum(duty for duty in duties.values() if duty is not None)
