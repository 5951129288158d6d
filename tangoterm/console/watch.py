"""Attributes observed for as long as somebody looks: by event where the device sends them, else read in turns."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial
from threading import Event as Flag
from threading import Thread
from time import monotonic, time
from typing import Any

from server_core.model.enums import EventType
from server_core.model.errors import DevFailed, Reason
from tangoterm.console.arrivals import Arrivals, Row
from tangoterm.console.cells import ClockCell, PlainCell
from tangoterm.console.format import Display
from tangoterm.console.readings import displays, error_row, value_row
from tangoterm.console.result import Refused, about
from tangoterm.console.session import AttributeName, Session

EVENTS = {
    "change": EventType.CHANGE_EVENT,
    "periodic": EventType.PERIODIC_EVENT,
    "archive": EventType.ARCHIVE_EVENT,
    "alarm": EventType.ALARM_EVENT,
    "user": EventType.USER_EVENT,
    "ready": EventType.DATA_READY_EVENT,
    "config": EventType.ATTR_CONF_EVENT,
}
"""The kinds of event that can be watched, by their words."""

_NO_EVENTS = frozenset(
    {
        Reason.API_AttributePollingNotStarted,
        Reason.API_EventPropertiesNotSet,
        Reason.API_AttributeNotDataReadyEnabled,
    }
)
"""What a server refuses a subscription with when the attribute sends no such events (EVT-2)."""


class Watch:
    """Observes attributes and gives what happens to them as rows.

    Without `event` change events are wanted, and attributes that send none are read every `interval` seconds and shown
    when they changed; so are those whose events do not get here although their device answers. `notes` says which.
    With `event` a refused subscription is an error.
    """

    def __init__(
        self, session: Session, names: Sequence[AttributeName], event: str | None = None, interval: float = 1.0
    ) -> None:
        self.notes: list[str] = []
        self._session = session
        self._interval = interval
        self._arrivals = Arrivals()
        self._stopped = Flag()
        self._subscriptions: list[tuple[Any, int]] = []
        self._displays: dict[AttributeName, Display] = {}
        self._readers: list[Thread] = []
        try:
            silent = []
            for name in names:
                with about(str(name)):
                    if not self._subscribed(name, event):
                        silent.append(name)
        except Refused:
            self.close()
            raise
        for device in dict.fromkeys(name.device for name in silent):
            self._read_in_turns(device, [name for name in silent if name.device == device])

    def rows(self, limit: int | None = None, seconds: float | None = None) -> Generator[Row]:
        """What happens, as it happens; ends after `limit` rows, after `seconds`, or when `stop` is called."""
        return self._arrivals.rows(limit, seconds, self.close)

    def next(self, seconds: float) -> Row | None:
        """What happens next, within `seconds`; None when nothing does."""
        return self._arrivals.next(seconds)

    def stop(self) -> None:
        """End `rows`, from any thread."""
        self._arrivals.stop()

    def close(self) -> None:
        """Unsubscribe and stop reading."""
        self._stopped.set()
        while self._subscriptions:
            proxy, subscription = self._subscriptions.pop()
            proxy.unsubscribe_event(subscription)
        for reader in self._readers:
            reader.join()
        self._readers.clear()

    # ---- events

    def _subscribed(self, name: AttributeName, event: str | None) -> bool:
        """Subscribe to one attribute; false when it sends no events and reading will do instead."""
        proxy = self._session.device(name.device)
        self._displays[name] = displays(self._session, name.device, [name.name])[name.name.lower()]
        kind = event or "change"
        try:
            number = proxy.subscribe_event(name.name, EVENTS[kind], partial(self._on_event, name, kind))
        except DevFailed as error:
            if event is not None:
                raise
            why = "sends no change events"
            if not any(entry.reason in _NO_EVENTS for entry in error.errors):
                proxy.ping()
                why = f"cannot be subscribed to ({error.reason})"
            self.notes.append(f"{name} {why}; it is read every {self._interval:g} s")
            return False
        self._subscriptions.append((proxy, number))
        return True

    def _on_event(self, name: AttributeName, kind: str, event: Any) -> None:
        if event.err:
            self._put(name, kind, error_row(name, tuple(event.errors)))
        else:
            self._put(name, kind, _PAYLOADS.get(kind, _reading)(name, event, self._displays[name]))

    def _put(self, name: AttributeName, kind: str, row: Row) -> None:
        moment = row.get("time")
        row["time"] = ClockCell(time() if moment is None else moment.seconds)
        row["event"] = kind
        self._arrivals.put(row)

    # ---- reading in turns

    def _read_in_turns(self, device: str, names: Sequence[AttributeName]) -> None:
        reader = Thread(target=self._read, args=(device, names), name=f"watch {device}", daemon=True)
        self._readers.append(reader)
        reader.start()

    def _read(self, device: str, names: Sequence[AttributeName]) -> None:
        """Read every `interval` seconds at absolute times; a row for every change."""
        last: dict[AttributeName, tuple[Any, ...]] = {}
        due = monotonic()
        while not self._stopped.wait(max(0.0, due - monotonic())):
            for name, row in zip(names, self._read_once(device, names), strict=True):
                seen = (row["value"].data(), row["quality"], [error["reason"] for error in row["errors"] or ()])
                if last.get(name) != seen:
                    last[name] = seen
                    self._put(name, "read", row)
            due = max(due + self._interval, monotonic())

    def _read_once(self, device: str, names: Sequence[AttributeName]) -> list[Row]:
        try:
            readings = self._session.device(device).read_attributes([name.name for name in names])
        except DevFailed as error:
            return [error_row(name, error.errors) for name in names]
        return [
            error_row(name, reading.get_err_stack())
            if reading.has_failed
            else value_row(name, reading, self._displays[name])
            for name, reading in zip(names, readings, strict=True)
        ]


def _reading(name: AttributeName, event: Any, display: Display) -> Row:
    return value_row(name, event.attr_value, display)


def _data_ready(name: AttributeName, event: Any, display: Display) -> Row:
    return _plain_row(name, f"data ready, counter {event.ctr}")


def _config(name: AttributeName, event: Any, display: Display) -> Row:
    config = event.attr_conf
    return _plain_row(
        name, f"label {config.label!r}, unit {config.unit!r}, range {config.min_value} … {config.max_value}"
    )


def _plain_row(name: AttributeName, text: str) -> Row:
    return {"name": str(name), "device": name.device, "attribute": name.name, "value": PlainCell(text), "errors": None}


_PAYLOADS = {"ready": _data_ready, "config": _config}
