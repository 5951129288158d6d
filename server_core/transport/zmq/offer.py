"""What a client asks of the admin device to subscribe to events, and what the server offers in return.

Source: wire 11.1, 11.2, EVT-8, EVT-9.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from server_core.model.enums import EventType
from server_core.model.errors import EventSystemFailed, Reason
from server_core.model.event_names import ClientKind, Naming
from server_core.model.values import Event
from server_core.protocol.operations import LATEST_LEVEL

SUBSCRIBE: Final = "ZmqEventSubscriptionChange"
CONFIRM: Final = "EventConfirmSubscription"
"""The commands of the admin device that subscribe, and renew subscriptions."""

_INTERFACE: Final = "dummy"
"""What stands for the object of interface changes, which have none."""

_SCHEME: Final = "tcp://"
"""How endpoints begin, and topics do not."""


class Place(NamedTuple):
    """Where a server publishes: the endpoints of its heartbeats and of its events."""

    heartbeat: str
    events: str


class Offer(NamedTuple):
    """The answer to a subscription.

    `places` are to be tried in this order. `topic` is the exact name of the events, `channel` the beginning of that of
    the heartbeats. `level` is the interface level that the content of events follows, `high_water` how many events
    the client should let wait.
    """

    places: tuple[Place, ...]
    topic: str
    channel: str
    level: int
    high_water: int


_NAMES: Final = 3
"""Texts for each subscription in a confirmation."""


def singles(names: Sequence[str]) -> list[Sequence[str]]:
    """The confirmations of single subscriptions, when `names` confirm several; none otherwise."""
    if len(names) <= _NAMES:
        return []
    return [names[place : place + _NAMES] for place in range(0, len(names), _NAMES)]


Decode = Callable[[Sequence[bytes | memoryview]], Event]
"""Makes an event of the frames of a message; ProtocolError when it cannot."""


class Wish(NamedTuple):
    """What is received by an offer that was accepted: `names` are those of the device, the object and the event in
    confirmations."""

    offer: Offer
    decode: Decode
    names: tuple[str, str, str]


class Wanted(NamedTuple):
    """Events of one kind of an object of a device; `naming` is that of servers which do not tell the names."""

    device: str
    object: str
    kind: EventType
    admin: str
    naming: Naming

    def subscription(self) -> list[str]:
        """The argument of the command that subscribes; a server lowers the level to that of the device."""
        return [self.device, self._object, "subscribe", self.kind.wire_name, str(LATEST_LEVEL)]

    def confirmation(self, topic: str) -> tuple[str, str, str]:
        """What renews the subscription: the event is named as in its topic."""
        return self.device, self._object, topic.rpartition(".")[2]

    @property
    def _object(self) -> str:
        return self.object.lower() or _INTERFACE

    def offer(self, numbers: Sequence[int], texts: Sequence[str]) -> Offer:
        """What the command answered; EventSystemFailed `API_ZmqFailed` when it names no endpoints."""
        endpoints = [text for text in texts if text.startswith(_SCHEME)]
        names = [text for text in texts if text not in endpoints]
        if len(endpoints) < 2 or len(numbers) < 3:
            raise EventSystemFailed.of(
                Reason.API_ZmqFailed,
                f"Device {self.admin} says nowhere where its events are: {[*numbers]} {[*texts]}",
                "EventConsumer",
            )
        level = min(LATEST_LEVEL, numbers[1])
        if len(names) < 2:
            kind = ClientKind(self.kind, level)
            names = [self.naming.topic(self.device, self.object, kind), self.naming.channel(self.admin)]
        topic, channel = names[-2:]
        return Offer(tuple(map(Place, endpoints[::2], endpoints[1::2])), topic, channel, level, max(0, numbers[2]))
