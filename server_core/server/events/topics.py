"""Who subscribed to what, and publishing.

A topic is one kind of event of one object. It keeps its number and counter as long as the process lives, and all
clients know it by the same number, so that an event is encoded once per protocol.

There are two ways to subscribe: on a connection, which ends with it; and by a command of the admin device, which is
remembered for a while (see `publisher`). Source: EVT-3, EVT-11, EVT-22, EVT-45.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from server_core.model.enums import EventType
from server_core.model.errors import DevError
from server_core.model.values import AttributeValue, Event, EventPayload
from server_core.protocol.operations import Subscription
from server_core.server.events.publisher import Publisher
from server_core.transport.contract import EncodeEvent, Frame, Peer

REMEMBERED: Final = 600.0
"""Seconds after which a remembered subscription is dropped unless it was renewed (EVT-11)."""

_LARGEST_COUNTER: Final = 2**32 - 1
"""Behind it counters begin at 0 again (EVT-22)."""

PERFORMANCE_SAMPLES: Final = 256
"""Events whose timing is kept while that is asked for."""


@dataclass(slots=True, eq=False)
class Topic:
    """One kind of event of one object of one device, names in lower case.

    `subscribers` are connections; `remembered` says for each client version when somebody subscribed by a command last.
    `seen` is the last reading that was sent (detection compares with it), `period_start` when the last event was sent
    because its period had passed. `newcomers` tells that somebody has subscribed by a command since the last event.
    """

    number: int
    device: str
    object: str
    type: EventType
    counter: int = 0
    subscribers: dict[Peer, None] = field(default_factory=dict)
    remembered: dict[int, float] = field(default_factory=dict)
    seen: AttributeValue | None = None
    period_start: float | None = None
    newcomers: bool = False


class Sample(NamedTuple):
    """The timing of one event in microseconds: since the one before (None for the first), and of sending it."""

    micros_since_last_event: int | None
    push_event_micros: int


class Topics:
    """All topics of the process; `on_unwanted` is told of each that loses its last subscriber. `clock` gives monotonic
    seconds."""

    def __init__(
        self, publisher: Publisher, on_unwanted: Callable[[Topic], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.lock = threading.RLock()
        self.publisher = publisher
        self._on_unwanted = on_unwanted
        self.performance: deque[Sample] | None = None
        self._last_event: float | None = None
        self.clock = clock
        self._topics: dict[tuple[str, str, EventType], Topic] = {}

    def __iter__(self) -> Iterator[Topic]:
        """All topics that somebody subscribed to since the process started."""
        return iter(list(self._topics.values()))

    def wanted(self, device: str, name: str, kind: EventType) -> Topic | None:
        """The topic, if anybody wants its events; names in lower case."""
        topic = self._topics.get((device, name, kind))
        return topic if topic is not None and (topic.subscribers or self._versions(topic)) else None

    def _versions(self, topic: Topic) -> Collection[int]:
        """The client versions of the remembered subscriptions that have not expired."""
        if not topic.remembered:
            return ()
        with self.lock:
            oldest = self.clock() - REMEMBERED
            topic.remembered = {version: then for version, then in topic.remembered.items() if then >= oldest}
            self._check_left(topic)
            return topic.remembered.keys()

    def of_object(self, device: str, name: str, *kinds: EventType) -> list[Topic]:
        """The wanted topics of one object among `kinds`."""
        return [topic for kind in kinds if (topic := self.wanted(device, name, kind)) is not None]

    def subscribe(self, device: str, name: str, kind: EventType, peer: Peer) -> Subscription:
        """Send the events of this kind to `peer` from now on."""
        with self.lock:
            topic = self._topic(device, name, kind)
            topic.subscribers[peer] = None
            peer.subscriptions[topic.number] = topic
            return Subscription(topic.number, topic.counter)

    def remember(self, device: str, name: str, kind: EventType, version: int, *, renewed: bool = False) -> None:
        """Hand the events of this kind to the publisher, for clients of this version; until the subscription expires,
        or is `renewed`. Raises what the publisher raises when it cannot start."""
        with self.lock:
            if not renewed:
                self.publisher.start()
            topic = self._topic(device, name, kind)
            topic.remembered[version] = self.clock()
            topic.newcomers |= not renewed

    def _topic(self, device: str, name: str, kind: EventType) -> Topic:
        key = (device, name, kind)
        topic = self._topics.get(key)
        if topic is None:
            topic = self._topics[key] = Topic(len(self._topics) + 1, *key)
        return topic

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
        self._check_left(topic)

    def _check_left(self, topic: Topic) -> None:
        """Begin anew with the next subscriber when nobody is left (EVT-30)."""
        if not topic.subscribers and not topic.remembered:
            topic.seen = None
            topic.period_start = None
            self._on_unwanted(topic)

    def publish(self, topic: Topic, payload: EventPayload | None, errors: tuple[DevError, ...] = ()) -> None:
        """Send one event to all subscribers of a topic; encoded once for each protocol among them."""
        with self.lock:
            started = 0.0 if self.performance is None else time.perf_counter()
            topic.counter = (topic.counter + 1) & _LARGEST_COUNTER
            event = Event(
                topic.device, topic.object, topic.type, None if errors else payload, errors, topic.counter, time.time()
            )
            frames: dict[EncodeEvent, Frame] = {}
            for peer in list(topic.subscribers):
                sink = peer.sink
                assert sink is not None  # a client without one has no way to subscribe over its connection
                encode = sink.encode
                frame = frames.get(encode)
                if frame is None:
                    frame = frames[encode] = encode(topic.number, event)
                sink.send(topic.number, frame)
            if versions := self._versions(topic):
                self.publisher.publish(topic, event, versions)
                topic.newcomers = False
            if self.performance is not None:
                self._sample(self.performance, started)

    def measure(self, wanted: bool) -> None:
        """Keep the timing of the last events from now on, or no longer."""
        with self.lock:
            self.performance = deque(maxlen=PERFORMANCE_SAMPLES) if wanted else None
            self._last_event = None

    def _sample(self, samples: deque[Sample], started: float) -> None:
        since = None if self._last_event is None else int(1e6 * (started - self._last_event))
        samples.append(Sample(since, int(1e6 * (time.perf_counter() - started))))
        self._last_event = started
