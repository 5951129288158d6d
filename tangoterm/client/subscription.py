"""One subscription, from the first value to the end: first event, missed events, loss of the server and recovery.

Written as plans, so that the blocking and the asyncio proxy have the same. Rules: EVT-21, EVT-22, EVT-50, EVT-55.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from server_core.model.config import AttributeConfig
from server_core.model.enums import EventType
from server_core.model.errors import (
    CommunicationFailed,
    ConnectionFailed,
    DevError,
    DevFailed,
    EventSystemFailed,
    Reason,
)
from server_core.model.values import AttributeValue, Event, EventPayload, InterfaceChange
from server_core.protocol.exchange import Dropped
from server_core.protocol.operations import (
    ALL,
    CommandListQuery,
    GetAttributeConfig,
    ReadAttributes,
    ReadPipe,
    Subscribe,
)
from server_core.protocol.operations import Subscription as Answer
from tangoterm.client.events import EventInfo, event_data
from tangoterm.client.handle import Handle
from tangoterm.client.steps import Address, Detach, Ignore, Listen, Plan

REPORT_INTERVAL = 10.0
"""Seconds between the error events of a subscription whose server is gone (EVT-21)."""

FIRST_RETRY, LAST_RETRY = 0.5, 10.0
"""Seconds to the first and between the later attempts to subscribe again; the pauses double."""

_ORIGIN = "EventConsumer"
_ids = itertools.count(1)
_delivering = threading.local()
"""Whether the thread is in a callback that an event has called (EVT-56)."""


Callback = Callable[[EventInfo], object]


class EventQueue:
    """Events kept until the client fetches them: the last `size`, or all with 0."""

    def __init__(self, size: int) -> None:
        self._events: deque[EventInfo] = deque(maxlen=size or None)
        self.last: EventInfo | None = None

    def __call__(self, event: EventInfo) -> None:
        """Keep an event."""
        self._events.append(event)
        self.last = event

    def __len__(self) -> int:
        return len(self._events)

    def take(self) -> list[EventInfo]:
        """All events kept, which are kept no longer."""
        events = []
        while self._events:
            events.append(self._events.popleft())
        return events


class Subscription:
    """One call of `subscribe_event`. `target` gets each event, in order."""

    def __init__(
        self,
        device: Handle,
        proxy: object,
        object_name: str,
        kind: EventType,
        target: Callback,
        recover: Callable[[Subscription], None],
    ) -> None:
        self.id = next(_ids)
        self.target = target
        self.retry_at = 0.0
        self.ended = False
        self._device = device
        self._proxy = proxy
        self._object = object_name
        self._kind = kind
        self._recover = recover
        self._lock = threading.Lock()
        self._held_back: list[Event] | None = []
        self._ending: Ignore | Detach | None = None
        self._lost = False
        self._connected = False
        self._counter: int | None = None
        self._pause = FIRST_RETRY
        self._reported_at = 0.0

    @property
    def by_zmq(self) -> bool:
        """Whether events come over ZeroMQ."""
        return isinstance(self._ending, Detach)

    # ---- beginning and end

    def begin(self, stateless: bool) -> Plan[None]:
        """Subscribe, and call the target with the first event (EVT-50).

        Raises what the server refuses with, or ConnectionFailed `API_CantConnectToDevice` when it cannot be reached.
        With `stateless` the target gets that as an error event instead, and further attempts follow (EVT-55). Only so
        may one subscribe from within a callback; else EventSystemFailed `API_InvalidArgs` (EVT-56).
        """
        if not stateless and getattr(_delivering, "active", False):
            self.ended = True
            raise EventSystemFailed.of(
                Reason.API_InvalidArgs,
                "When subscribing to an event from within an event callback, only stateless=True is allowed.",
                _ORIGIN,
            )
        try:
            yield from self._connect()
        except DevFailed as failure:
            if not stateless:
                self.ended = True
                raise
            self._fail(failure.errors)
            self._release()
            self._go_down()
            return
        yield from self._first_event()

    def end(self) -> Plan[None]:
        """No more events."""
        self.ended = True
        ending, self._ending = self._ending, None
        if ending is not None:
            yield ending

    def resume(self) -> Plan[bool]:
        """Try to subscribe again after a loss; whether that worked, and the target got a fresh value."""
        try:
            yield from self._connect()
        except DevFailed as failure:
            self._still_down(failure)
            return False
        self._pause = FIRST_RETRY
        yield from self._first_event()
        return not self._lost

    def _connect(self) -> Plan[None]:
        self._counter = None
        self._held_back = []
        self._lost = False
        self._ending = None
        try:
            from tangoterm.client.zmq_events import attach, uses_zmq  # a program that only reads needs neither

            if (yield from uses_zmq(self._device)):
                self._ending = yield from attach(self._device, self._object, self._kind, self)
            else:
                self._ending = yield from self._listen()
        except EventSystemFailed:
            raise
        except DevFailed as failure:
            raise _refused(failure, self._device) from failure
        self._connected = True

    def _listen(self) -> Plan[Ignore]:
        """Subscribe on the native connection; the step that ends it."""
        device = self._device
        request = Subscribe(device.name, self._object, self._kind)
        used: list[Address] = []

        def listen(address: Address, request: Subscribe) -> Listen:
            used.append(address)
            return Listen(address, request, self, device.timeout)

        answer: Answer = yield from device.through(listen, request, repeatable=True)
        if self._counter is None:
            self._counter = answer.counter
        return Ignore(used[-1], answer.topic, device.name, self)

    def _first_event(self) -> Plan[None]:
        content = _FIRST[self._kind]
        if content is not None:
            event = Event(self._device.name.lower(), self._object.lower(), self._kind, time=time.time())
            try:
                event.payload = yield from content(self._device, self._object)
            except DevFailed as failure:
                event.errors = failure.errors
            event.errors = event.errors or getattr(event.payload, "errors", ())
            self._tell(event)
        self._release()

    # ---- what comes in

    def receive(self, item: Event | Dropped) -> None:
        """An event, or the notice that some were lost, in order (EVT-22)."""
        _delivering.active = True
        try:
            self._receive(item)
        finally:
            _delivering.active = False

    def _receive(self, item: Event | Dropped) -> None:
        if isinstance(item, Dropped):
            self._counter = None if self._counter is None else self._counter + item.count
            self._missed()
            return
        last, self._counter = self._counter, item.counter
        if last is not None and item.counter:  # else the server does not count
            further = (item.counter - last + 2**31) % 2**32 - 2**31
            if further == 0:
                return
            if further > 1:
                self._missed()
        self._deliver(item)

    def connection_lost(self) -> None:
        """The server, or the way to it, is gone: say so and try to come back (EVT-21)."""
        self._lost = True
        self._fail(_GONE)
        self._go_down()

    def _missed(self) -> None:
        self._fail((DevError(Reason.API_MissedEvents, "Missed some events! Event queue has overflowed", _ORIGIN),))

    def _fail(self, errors: Sequence[DevError]) -> None:
        self._reported_at = time.monotonic()
        self._deliver(
            Event(self._device.name.lower(), self._object.lower(), self._kind, errors=tuple(errors), time=time.time())
        )

    def _deliver(self, event: Event) -> None:
        """Hand an event on, behind the first one."""
        with self._lock:
            if self._held_back is not None:
                self._held_back.append(event)
                return
        self._tell(event)

    def _release(self) -> None:
        """Hand on what came in before the first event was through; from now on directly."""
        while True:
            with self._lock:
                events = self._held_back
                self._held_back = [] if events else None
            if not events:
                return
            for event in events:
                self._tell(event)

    def _tell(self, event: Event) -> None:
        if self.ended:
            return
        name = self._device.full_name_of(self._object) if self._object else self._device.full_name
        try:
            self.target(event_data(self._proxy, name, event))
        except Exception:
            import logging

            logging.getLogger(__name__).exception("the event callback of %s failed", name)

    # ---- recovery

    def _go_down(self) -> None:
        if not self.ended:
            self.retry_at = time.monotonic() + self._pause
            self._recover(self)

    def _still_down(self, failure: DevFailed) -> None:
        now = time.monotonic()
        self._pause = min(2 * self._pause, LAST_RETRY)
        self.retry_at = now + self._pause
        if now - self._reported_at >= REPORT_INTERVAL:
            gone = self._connected and isinstance(failure, ConnectionFailed)
            self._fail(_GONE if gone else failure.errors)
        self._release()


_GONE = (
    DevError(
        Reason.API_EventTimeout,
        "Event channel is not responding anymore, maybe the server or event system is down",
        _ORIGIN,
    ),
)


def _refused(failure: DevFailed, device: Handle) -> DevFailed:
    """What a failed subscription raises: the server's refusal with Tango's two errors on top (EVT-2), or that it is out
    of reach."""
    if isinstance(failure, (ConnectionFailed, CommunicationFailed)):
        return ConnectionFailed.of(
            Reason.API_CantConnectToDevice,
            f"Can't subscribe to event for device {device.full_name}\nCheck that device server is running...",
            _ORIGIN,
        )
    if type(failure) is not DevFailed:
        return failure
    return EventSystemFailed(
        *failure.errors,
        DevError(Reason.API_CommandFailed, f"Failed to subscribe to an event of device {device.name}", _ORIGIN),
        DevError(
            Reason.API_DSFailedRegisteringEvent,
            "Device server send exception while trying to register event",
            _ORIGIN,
        ),
    )


# ---- the content of first events


def _reading(device: Handle, name: str) -> Plan[EventPayload]:
    values: list[AttributeValue] = yield from device.deliver(ReadAttributes(device.name, (name,), device.source))
    return values[0]


def _configuration(device: Handle, name: str) -> Plan[EventPayload]:
    configs: list[AttributeConfig] = yield from device.deliver(GetAttributeConfig(device.name, (name,)))
    return configs[0]


def _interface(device: Handle, name: str) -> Plan[EventPayload]:
    commands = yield from device.deliver(CommandListQuery(device.name))
    attributes = yield from device.deliver(GetAttributeConfig(device.name, ALL))
    device.commands = {info.cmd_name.lower(): info for info in commands}
    device.attributes = {config.name.lower(): config for config in attributes}
    return InterfaceChange(True, tuple(commands), tuple(attributes))


def _blob(device: Handle, name: str) -> Plan[EventPayload]:
    return device.deliver(ReadPipe(device.name, name))


_FIRST: dict[EventType, Callable[[Handle, str], Plan[EventPayload]] | None] = {
    EventType.CHANGE_EVENT: _reading,
    EventType.PERIODIC_EVENT: _reading,
    EventType.ARCHIVE_EVENT: _reading,
    EventType.USER_EVENT: _reading,
    EventType.ALARM_EVENT: _reading,
    EventType.ATTR_CONF_EVENT: _configuration,
    EventType.DATA_READY_EVENT: None,
    EventType.INTERFACE_CHANGE_EVENT: _interface,
    EventType.PIPE_EVENT: _blob,
}


def target_of(callback_or_size: Any) -> Callback:
    """Where events go: to a function, to the method `push_event` of an object, or into a queue of the given size.

    TypeError for what is none of these, EventSystemFailed `API_InvalidArgs` for a negative size.
    """
    if isinstance(callback_or_size, int):
        if callback_or_size < 0:
            raise EventSystemFailed.of(
                Reason.API_InvalidArgs, f"Event queue size must be positive, not {callback_or_size}", _ORIGIN
            )
        return EventQueue(callback_or_size)
    target = getattr(callback_or_size, "push_event", callback_or_size)
    if not callable(target):
        raise TypeError(f"{callback_or_size!r} is neither a callback nor a queue size")
    callback: Callback = target
    return callback
