"""Where events go for clients that subscribed by a command of the admin device: the one interface for a publisher.

A client of the native protocol subscribes on the connection that brings its events, and needs none of this. Source:
EVT-3, EVT-9, EVT-10, EVT-14, EVT-20.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Protocol

from server_core.model.values import Event

if TYPE_CHECKING:
    from server_core.server.events.topics import Topic


class Publisher(Protocol):
    """Sends heartbeats, and the events of remembered subscriptions."""

    @property
    def zmq_release(self) -> int:
        """Release of ZeroMQ times 100, as clients are told; 0 without ZeroMQ."""

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


class NativePublisher:
    """Names the endpoint where this process serves its events, and leaves them to the connections made there."""

    zmq_release = 0

    def __init__(self, endpoints: Callable[[], str]) -> None:
        self._endpoints = endpoints
        self._started = False

    @property
    def heartbeat(self) -> str:
        """The first endpoint of the server."""
        return self._endpoints().partition(",")[0]

    @property
    def events(self) -> str:
        """The same, once somebody has subscribed."""
        return self.heartbeat if self._started else ""

    @property
    def alternates(self) -> list[str]:
        """Its other endpoints, each for both."""
        others = self._endpoints().split(",")[1:]
        return [endpoint for endpoint in others for _ in range(2)] if self._started else []

    def start(self) -> None:
        """Somebody has subscribed."""
        self._started = True

    def publish(self, topic: Topic, event: Event, versions: Collection[int]) -> None:
        """The connections bring the event to those who listen."""
