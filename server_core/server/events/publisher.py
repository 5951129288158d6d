"""Where events go for clients that subscribed by a command of the admin device: published over ZeroMQ.

A client of the native protocol subscribes on the connection that brings its events, and needs none of this. Source:
EVT-3, EVT-9, EVT-10, EVT-14, EVT-20; wire 11.3.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from server_core.model.errors import EventSystemFailed, Reason
from server_core.model.event_names import ClientKind, Naming, encode_topic
from server_core.model.values import Event

if TYPE_CHECKING:
    from server_core.server.events.topics import Topic
    from server_core.transport.timer import Timer
    from server_core.transport.zmq.publisher import Publisher as Sockets

HEARTBEAT_PERIOD: Final = 9.0
"""Seconds between two heartbeats (EVT-20)."""


class Publisher(Protocol):
    """Sends heartbeats, and the events of remembered subscriptions."""

    @property
    def zmq_release(self) -> int:
        """Release of ZeroMQ times 100, as clients are told."""

    @property
    def heartbeat(self) -> str:
        """The endpoint of the heartbeats."""

    @property
    def events(self) -> str:
        """The endpoint of the events, empty before `start`."""

    @property
    def alternates(self) -> list[str]:
        """Further pairs of heartbeat and event endpoints, when the server has several addresses."""

    def start(self) -> None:
        """Begin; called at each subscription, the first of which counts (EVT-3)."""

    def publish(self, topic: Topic, event: Event, versions: Collection[int]) -> None:
        """Send an event in the forms of these client versions. Called under the lock of the events."""

    def close(self) -> None:
        """Send nothing more."""


class ZmqPublisher:
    """Publishes on two sockets of its own, which are made when somebody asks for them.

    `host` is where the server listens, None when that is not to be done without encryption. `naming` and `admin` give
    the topics their names, `high_water` says how many events may wait for one client. EventSystemFailed
    `API_ZmqInitFailed` when a socket cannot be had.
    """

    def __init__(
        self, host: str | None, naming: Callable[[], Naming], admin: str, high_water: Callable[[], int], timer: Timer
    ) -> None:
        self._host = host
        self._naming = naming
        self._admin = admin
        self._high_water = high_water
        self._timer = timer
        self._lock = threading.Lock()
        self._sockets: Sockets | None = None
        self._topics: dict[tuple[Topic, int], bytes] = {}
        self._started = False
        self._newcomers = False
        self._closed = False

    @property
    def zmq_release(self) -> int:
        """Release of ZeroMQ times 100."""
        from server_core.transport.zmq.publisher import zmq_release

        return zmq_release()

    @property
    def heartbeat(self) -> str:
        """The endpoint of the heartbeats."""
        with self._opened() as sockets:
            return sockets.heartbeat_endpoints[0]

    @property
    def events(self) -> str:
        """The endpoint of the events, empty before `start`."""
        with self._opened() as sockets:
            return next(iter(sockets.event_endpoints), "")

    @property
    def alternates(self) -> list[str]:
        """Further pairs of endpoints, of the other addresses of this machine."""
        with self._opened() as sockets:
            pairs = zip(sockets.heartbeat_endpoints[1:], sockets.event_endpoints[1:], strict=False)
            return [endpoint for pair in pairs for endpoint in pair]

    def start(self) -> None:
        """Let heartbeats begin; the next one comes twice, for the new client."""
        with self._opened() as sockets:
            self._newcomers = True
            if not self._started:
                sockets.open(self._high_water())
                self._started = True
                self._timer.after(HEARTBEAT_PERIOD, self._beat)

    def publish(self, topic: Topic, event: Event, versions: Collection[int]) -> None:
        """Send an event in the forms of these client versions, and all that again when one of them is new."""
        if self._sockets is not None:
            topics = [(self._topic(topic, version), version) for version in versions]
            self._sockets.publish(event, topics, twice=topic.newcomers)

    def close(self) -> None:
        """Send nothing more."""
        with self._lock:
            self._closed = True
            if self._sockets is not None:
                self._sockets.close()

    @contextmanager
    def _opened(self) -> Iterator[Sockets]:
        """The sockets, for one thread at a time."""
        with self._lock:
            if self._host is None:
                raise _not_possible("they would not be encrypted, which this server requires")
            if self._closed:
                raise _not_possible("the server has stopped")
            try:
                if self._sockets is None:
                    from server_core.transport.zmq.publisher import Publisher as Sockets

                    self._sockets = Sockets(self._host)
                yield self._sockets
            except OSError as failure:
                raise _not_possible(f"{failure}") from failure

    def _beat(self) -> None:
        """Send the heartbeat, and again in nine seconds."""
        newcomers, self._newcomers = self._newcomers, False
        if self._sockets is not None:
            for topic in self._naming().heartbeats(self._admin):
                self._sockets.beat(encode_topic(topic), twice=newcomers)
        self._timer.after(HEARTBEAT_PERIOD, self._beat)

    def _topic(self, topic: Topic, version: int) -> bytes:
        name = self._topics.get((topic, version))
        if name is None:
            text = self._naming().topic(topic.device, topic.object, ClientKind(topic.type, version))
            name = self._topics[topic, version] = encode_topic(text)
        return name


def _not_possible(why: str) -> EventSystemFailed:
    return EventSystemFailed.of(Reason.API_ZmqInitFailed, f"Events cannot be published: {why}", "ZmqPublisher")
