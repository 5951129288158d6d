"""Subscriptions to events with what comes of them: counts, rates, differences, and why one was refused."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from itertools import groupby
from threading import Event as Flag
from threading import Lock, Thread
from typing import Any, NamedTuple

from server_core.model.enums import EventType
from server_core.model.errors import DevError, DevFailed, Reason
from tangoterm.console.format import error_line, quality_text, value_text
from tangoterm.console.quoting import written
from tangoterm.console.readings import displays
from tangoterm.console.session import AttributeName, Session
from tangoterm.console.together import each
from tangoterm.console.watch import EVENTS

INTERFACE = "interface"
KINDS = {**EVENTS, INTERFACE: EventType.INTERFACE_CHANGE_EVENT}
"""The kinds of event by their words; that of the interface is about a device, all others about an attribute."""
KEPT = 10_000
"""Events that are remembered."""
RATE_OVER = 5.0
"""Seconds over which rates are taken."""
RETRY = 30.0
"""Seconds after which refused subscriptions are tried again."""


class Tally:
    """Counts what arrives; moments are seconds of any clock."""

    def __init__(self) -> None:
        self.received = self.missed = self.errors = 0
        self.last: float | None = None
        self.delta_time: float | None = None
        self.shortest: float | None = None
        self.longest: float | None = None
        self.delta_value: float | None = None
        self._value: float | None = None
        self._first = 0.0
        self._buckets: deque[list[float]] = deque(maxlen=round(2 * RATE_OVER) + 1)

    def take(self, moment: float, value: float | None = None, *, failed: bool = False) -> None:
        """Something arrived: a value that is a number or not, or a failure."""
        if self.last is None:
            self._first = moment
        else:
            step = self.delta_time = moment - self.last
            self.shortest = step if self.shortest is None else min(self.shortest, step)
            self.longest = step if self.longest is None else max(self.longest, step)
        self.last = moment
        self.received += 1
        self.errors += failed
        if not failed:
            self.delta_value = None if value is None or self._value is None else value - self._value
            self._value = value
        half = moment // 0.5
        if self._buckets and self._buckets[-1][0] == half:
            self._buckets[-1][1] += 1
        else:
            self._buckets.append([half, 1])

    def miss(self) -> None:
        """Events were lost on the way."""
        self.missed += 1

    def rate(self, now: float) -> float:
        """Arrivals per second in the last seconds."""
        if self.last is None:
            return 0.0
        span = min(RATE_OVER, max(now - self._first, 0.5))
        count = sum(number for half, number in tuple(self._buckets) if half * 0.5 > now - RATE_OVER - 0.5)
        return count / span


class Mode(Enum):
    """How a line gets what it shows."""

    WAITING = "…"
    NATIVE = "native"
    ZMQ = "ZeroMQ"
    READING = "reading"
    LOST = "lost"
    REFUSED = "refused"
    STOPPED = "stopped"


class Refusal(NamedTuple):
    """Why there are no events, in plain words, and the command line that helps (empty: none does)."""

    why: str
    fix: str = ""
    errors: tuple[DevError, ...] = ()


@dataclass(eq=False)
class Line:
    """One subscription, to the events of one kind of an attribute (of the device, when the attribute has no name)."""

    name: AttributeName
    kind: str
    mode: Mode = Mode.WAITING
    way: Mode = Mode.NATIVE
    refusal: Refusal | None = None
    tally: Tally = field(default_factory=Tally)
    last: Any = None
    again: int = 0
    display: Any = None
    subscription: tuple[Any, int] | None = None
    wanted: bool = True

    @property
    def key(self) -> str:
        """What identifies it."""
        return f"{self.name} {self.kind}".lower()

    @property
    def value(self) -> str:
        """What came last, for people."""
        return text_of(self, self.last)

    @property
    def quality(self) -> str:
        """The quality of the last value."""
        reading = _reading(self.last)
        return "" if reading is None else quality_text(reading.quality)


class Happening(NamedTuple):
    """One event, as it came."""

    number: int
    time: float
    line: Line
    payload: Any


class EventMonitor:
    """Any number of subscriptions at once; attributes that send no change events are read every `interval` seconds.

    That ceases while `reading` is False. `happenings` are the latest events. What arrives costs a few counts; texts
    are made when somebody looks.
    """

    def __init__(self, session: Session, *, interval: float = 1.0, clock: Callable[[], float] = time.time) -> None:
        self.lines: dict[str, Line] = {}
        self.happenings: deque[Happening] = deque(maxlen=KEPT)
        self.clock = clock
        self.count = 0
        self.reading = True
        self._session = session
        self._interval = interval
        self._lock = Lock()
        self._closed = Flag()
        self._reader = Thread(target=self._read, name="event monitor", daemon=True)

    def add(self, names: Iterable[AttributeName], kinds: Iterable[str] = ("change",)) -> None:
        """Subscribe; returns when all subscriptions stand or are refused. What is there already stays."""
        kinds = tuple(kinds)
        fresh = []
        for name in names:
            for kind in kinds:
                line = Line(name._replace(name="") if kind == INTERFACE else name, kind)
                if self.lines.setdefault(line.key, line) is line:
                    fresh.append(line)
        self.begin(fresh)

    def begin(self, lines: Iterable[Line]) -> None:
        """Subscribe for lines, again for those that were stopped or refused."""
        lines = list(lines)
        for line in lines:
            line.wanted = True
        for _ in each(lines, self._subscribe):
            pass
        if not self._reader.is_alive() and not self._closed.is_set():
            self._reader.start()

    def end(self, line: Line) -> None:
        """Unsubscribe; the line stays."""
        line.wanted, line.mode, line.refusal = False, Mode.STOPPED, None
        subscription, line.subscription = line.subscription, None
        if subscription is not None:
            _unsubscribe(subscription)

    def remove(self, line: Line) -> None:
        """Unsubscribe, and forget the line."""
        self.lines.pop(line.key, None)
        self.end(line)

    def close(self) -> None:
        """Unsubscribe from everything."""
        self._closed.set()
        subscribed = [line for line in self.lines.values() if line.subscription is not None]
        for _ in each(subscribed, self.end):
            pass

    # ---- events

    def _subscribe(self, line: Line) -> None:
        proxy = self._session.device(line.name.device)
        target = partial(self._arrived, line)
        try:
            if line.display is None and line.kind not in (INTERFACE, "config"):
                line.display = displays(self._session, line.name.device, [line.name.name])[line.name.name.lower()]
            words = (KINDS[line.kind],) if line.kind == INTERFACE else (line.name.name, KINDS[line.kind])
            number = proxy.subscribe_event(*words, target)
        except DevFailed as failure:
            line.refusal = explained(failure, line.name, line.kind)._replace(errors=failure.errors)
            readable = line.kind == "change" and line.display is not None
            line.mode = Mode.READING if readable else Mode.REFUSED
            return
        line.subscription, line.refusal = (proxy, number), None
        zmq = getattr(proxy, "events_by_zmq", lambda number: False)
        line.mode = line.way = Mode.ZMQ if zmq(number) else Mode.NATIVE
        if self._closed.is_set() or not line.wanted:
            self.end(line)

    def _arrived(self, line: Line, event: Any) -> None:
        if event.err:
            reason = event.errors[0].reason if event.errors else ""
            if reason == Reason.API_MissedEvents:
                line.tally.miss()
                return
            if reason == Reason.API_EventTimeout:
                line.mode = Mode.LOST
        elif line.mode is Mode.LOST:
            line.mode, line.again = line.way, line.again + 1
        self._take(line, event, bool(event.err))

    def _take(self, line: Line, payload: Any, failed: bool) -> None:
        now = self.clock()
        line.tally.take(now, None if failed else number_of(payload), failed=failed)
        line.last = payload
        with self._lock:
            self.count += 1
            self.happenings.append(Happening(self.count, now, line, payload))

    # ---- reading what sends no events

    def _read(self) -> None:
        retry_at = time.monotonic() + RETRY
        while not self._closed.wait(self._interval):
            silent = [line for line in tuple(self.lines.values()) if self.reading and line.mode is Mode.READING]
            by_device = groupby(sorted(silent, key=lambda line: line.name.device), lambda line: line.name.device)
            for _ in each([list(lines) for _, lines in by_device], self._read_device):
                pass
            if time.monotonic() > retry_at:
                refused = [line for line in tuple(self.lines.values()) if line.wanted and line.refusal is not None]
                for _ in each(refused, self._subscribe):
                    pass
                retry_at = time.monotonic() + RETRY

    def _read_device(self, lines: list[Line]) -> None:
        device = self._session.device(lines[0].name.device)
        try:
            readings = device.read_attributes([line.name.name for line in lines])
        except DevFailed as failure:
            for line in lines:
                self._take(line, failure.errors, True)
            return
        for line, reading in zip(lines, readings, strict=True):
            failed = reading.has_failed
            self._take(line, tuple(reading.get_err_stack()) if failed else reading, failed)


def _unsubscribe(subscription: tuple[Any, int]) -> None:
    proxy, number = subscription
    try:
        proxy.unsubscribe_event(number)
    except DevFailed:
        return  # the connection is gone, and the subscription with it


def _reading(payload: Any) -> Any:
    """The reading in an event, or the reading itself; None for anything else."""
    reading = getattr(payload, "attr_value", payload)
    return reading if hasattr(reading, "quality") and hasattr(reading, "data_format") else None


def number_of(payload: Any) -> float | None:
    """The value as a number, for differences."""
    return as_number(getattr(_reading(payload), "value", None))


def as_number(value: Any) -> float | None:
    """A value as a number; None for truth values, enumerations, texts and arrays."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, (bool, Enum)) else None


def text_of(line: Line, payload: Any) -> str:
    """What came, for people."""
    if payload is None:
        return ""
    errors: tuple[DevError, ...] = (
        payload if isinstance(payload, tuple) else tuple(getattr(payload, "errors", ()) or ())
    )
    if errors:
        return f"✖ {error_line(errors)}"
    if hasattr(payload, "ctr"):
        return f"data ready, counter {payload.ctr}"
    if getattr(payload, "attr_conf", None) is not None:
        config = payload.attr_conf
        return f"label {config.label!r}, unit {config.unit!r}, range {config.min_value} … {config.max_value}"
    if hasattr(payload, "att_list"):
        return f"{len(payload.att_list)} attributes, {len(payload.cmd_list)} commands"
    reading = _reading(payload)
    return "" if reading is None else value_text(reading.type, reading.data_format, reading.value, line.display)


def explained(failure: DevFailed, name: AttributeName, kind: str) -> Refusal:
    """Why a subscription was refused, in plain words (EVT-2), and the command line that helps."""
    reasons = {error.reason for error in failure.errors}
    device, attribute = written(name.device), written(name.name)
    if Reason.API_AttributePollingNotStarted in reasons:
        return Refusal(
            "it is not polled, and its device pushes no such events", f"poll {device} {attribute} --period 1000"
        )
    if Reason.API_EventPropertiesNotSet in reasons:
        criterion = "archive_abs_change" if kind == "archive" else "abs_change"
        return Refusal(
            "it has no criteria that say how much a value must change", f"attr {device}/{attribute} {criterion}=1"
        )
    if Reason.API_AttributeNotDataReadyEnabled in reasons:
        return Refusal("its device never tells that data are ready")
    if Reason.API_AttrNotFound in reasons:
        return Refusal(f"{name.device} has no attribute {name.name}")
    if Reason.API_ZmqFailed in reasons:
        return Refusal("its events do not get here, though its server answers: a firewall in between?")
    return Refusal(error_line(failure.errors))
