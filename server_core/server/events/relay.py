"""Events of roots, sent on to the subscribers of forwarded attributes (ATT-81).

While anybody wants a kind of event of a forwarded attribute, the process is subscribed to that of its root. When the
root's server is lost, subscribers get one error, and a fresh value when it is back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from server_core.device.forwarded import ForwardedAttribute
from server_core.model.enums import EventType
from server_core.model.errors import DevError, DevFailed, Reason
from server_core.model.values import AttributeValue, DataReady, Event, EventPayload
from server_core.transport.contract import DEFAULT_LIMITS
from server_core.transport.events import Dispatcher

if TYPE_CHECKING:
    from server_core.server.events.service import Events
    from server_core.server.events.topics import Topic
    from server_core.server.served import Served

_READINGS: Final = frozenset(
    {
        EventType.CHANGE_EVENT,
        EventType.PERIODIC_EVENT,
        EventType.ARCHIVE_EVENT,
        EventType.ALARM_EVENT,
        EventType.USER_EVENT,
    }
)
_KINDS: Final = _READINGS | {EventType.DATA_READY_EVENT}
"""What comes from the root as it is; the configuration event carries the own label."""

_GONE: Final = DevError(
    Reason.API_EventTimeout,
    "Event channel is not responding anymore, maybe the server or event system is down",
    "Relays",
)

Key = tuple[str, str, EventType]


class Relays:
    """The subscriptions to roots; `events` publishes what they bring."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._lock = threading.Lock()
        self._stops: dict[Key, Callable[[], None]] = {}
        self._ending = Dispatcher(DEFAULT_LIMITS.max_event_backlog, "unsubscribing from roots")

    def start(self, served: Served, name: str, kind: EventType) -> bool:
        """Get the events from the root; False when the attribute is no forwarded one or makes them itself.

        Raises what the root's device refuses the subscription with, and what tells that it cannot be reached.
        """
        attribute = served.kernel.attributes.find(name)
        if kind not in _KINDS or not isinstance(attribute, ForwardedAttribute):
            return False
        key = (served.key, name.lower(), kind)
        if key not in self._stops:
            self._subscribe(served, attribute, key)
        return True

    def unwanted(self, topic: Topic) -> None:
        """Nobody wants the events of a topic any more; the root's server is told by another thread."""
        stop = self._stops.pop((topic.device, topic.object, topic.type), None) if self._stops else None
        if stop is not None:
            self._ending.call(stop)

    def close(self) -> None:
        """Nothing more will be ended."""
        self._ending.finish()

    def _subscribe(self, served: Served, attribute: ForwardedAttribute, key: Key) -> None:
        kernel, root, kind = served.kernel, attribute.root, key[2]
        lost = False

        def on_event(event: Event | None) -> None:
            nonlocal lost
            if event is None:
                lost = True
                self._lost(served, attribute, key)
            else:
                payload = None if event.payload is None else _renamed(event.payload, attribute.name)
                self._events.push(served, attribute.name, kind, payload, event.errors, detect=False)

        stop = kernel.host.subscribe_device(root.device, root.attribute, kind, on_event)
        with self._lock:
            other = self._stops.setdefault(key, stop)
        if other is not stop:
            stop()
        elif lost:  # before it was known here: the attempts to come back shall find nothing
            self._stops.pop(key, None)

    def _lost(self, served: Served, attribute: ForwardedAttribute, key: Key) -> None:
        self._stops.pop(key, None)
        self._events.push(served, attribute.name, key[2], None, (_GONE,), detect=False)
        self._again(served, attribute, key)

    def _again(self, served: Served, attribute: ForwardedAttribute, key: Key) -> None:
        kernel = served.kernel

        def resume() -> None:
            if self._events.topics.wanted(*key) is None or key in self._stops:
                return
            try:
                self._subscribe(served, attribute, key)
            except DevFailed:
                self._again(served, attribute, key)
                return
            if key[2] in _READINGS:
                self._push_reading(served, attribute, key[2])

        kernel.host.retry(kernel.device, resume)

    def _push_reading(self, served: Served, attribute: ForwardedAttribute, kind: EventType) -> None:
        try:
            value: AttributeValue | None = attribute.read()
            errors: tuple[DevError, ...] = ()
        except DevFailed as failure:
            value, errors = None, failure.errors
        self._events.push(served, attribute.name, kind, value, errors, detect=False)


def _renamed(payload: EventPayload, name: str) -> EventPayload:
    """What the root sent, as of the forwarded attribute."""
    if isinstance(payload, AttributeValue):
        return replace(payload, name=name)
    return payload._replace(name=name) if isinstance(payload, DataReady) else payload
