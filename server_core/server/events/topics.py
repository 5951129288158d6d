"""Who subscribed to what, and publishing.

A topic is one kind of event of one object. It keeps its number and counter as long as the process lives, and all
clients know it by the same number, so that an event is encoded once per protocol. Source: EVT-22, EVT-45.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from server_core.model.enums import EventType
from server_core.model.errors import DevError
from server_core.model.values import AttributeValue, Event, EventPayload
from server_core.protocol.operations import Subscription
from server_core.transport.contract import EncodeEvent, Frame, Peer


@dataclass(slots=True, eq=False)
class Topic:
    """One kind of event of one object of one device, names in lower case.

    `seen` is the last reading that was sent (detection compares with it), `period_start` when the last event was sent
    because its period had passed.
    """

    number: int
    device: str
    object: str
    type: EventType
    counter: int = 0
    subscribers: dict[Peer, None] = field(default_factory=dict)
    seen: AttributeValue | None = None
    period_start: float | None = None


class Topics:
    """All topics of the process; `on_unwanted` is told of each that loses its last subscriber."""

    def __init__(self, on_unwanted: Callable[[Topic], None]) -> None:
        self.lock = threading.RLock()
        self._on_unwanted = on_unwanted
        self._topics: dict[tuple[str, str, EventType], Topic] = {}

    def wanted(self, device: str, name: str, kind: EventType) -> Topic | None:
        """The topic, if anybody wants its events; names in lower case."""
        topic = self._topics.get((device, name, kind))
        return topic if topic is not None and topic.subscribers else None

    def of_object(self, device: str, name: str, *kinds: EventType) -> list[Topic]:
        """The wanted topics of one object among `kinds`."""
        return [topic for kind in kinds if (topic := self.wanted(device, name, kind)) is not None]

    def subscribe(self, device: str, name: str, kind: EventType, peer: Peer) -> Subscription:
        """Send the events of this kind to `peer` from now on."""
        with self.lock:
            key = (device, name, kind)
            topic = self._topics.get(key)
            if topic is None:
                topic = self._topics[key] = Topic(len(self._topics) + 1, *key)
            topic.subscribers[peer] = None
            peer.subscriptions[topic.number] = topic
            return Subscription(topic.number, topic.counter)

    def unsubscribe(self, number: int, peer: Peer) -> None:
        """No more events of topic `number` for `peer`; a topic it does not have is no error."""
        with self.lock:
            topic: Any = peer.subscriptions.pop(number, None)
            if isinstance(topic, Topic):
                self._leave(topic, peer)

    def forget(self, peer: Peer) -> None:
        """The connection is gone: no more events for it."""
        with self.lock:
            for topic in peer.subscriptions.values():
                self._leave(topic, peer)
            peer.subscriptions.clear()

    def _leave(self, topic: Topic, peer: Peer) -> None:
        topic.subscribers.pop(peer, None)
        if not topic.subscribers:
            topic.seen = None
            topic.period_start = None
            self._on_unwanted(topic)

    def publish(self, topic: Topic, payload: EventPayload | None, errors: tuple[DevError, ...] = ()) -> None:
        """Send one event to all subscribers of a topic; encoded once for each protocol among them."""
        with self.lock:
            topic.counter += 1
            event = Event(
                topic.device, topic.object, topic.type, None if errors else payload, errors, topic.counter, time.time()
            )
            frames: dict[EncodeEvent, Frame] = {}
            for peer in list(topic.subscribers):
                encode = peer.sink.encode
                frame = frames.get(encode)
                if frame is None:
                    frame = frames[encode] = encode(topic.number, event)
                peer.sink.send(topic.number, frame)
