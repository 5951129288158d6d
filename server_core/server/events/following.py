"""Events of other devices, as the process itself receives them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from server_core.device.host import OnRootEvent
from server_core.model.errors import CommunicationFailed, ConnectionFailed, DevFailed
from server_core.model.event_names import Naming
from server_core.model.names import DeviceAddress
from server_core.model.types import CmdArgType
from server_core.model.values import Event, TypedValue
from server_core.protocol.exchange import Dropped
from server_core.protocol.operations import CommandInout, Request, Subscribe, Subscription
from server_core.transport.contract import EncodeEvent, Frame
from server_core.transport.errors import CallTimeout, ConnectionLost
from server_core.transport.events import Dispatcher
from server_core.transport.zmq.offer import CONFIRM, SUBSCRIBE, Wanted, Wish, singles

if TYPE_CHECKING:
    from server_core.transport.reach import AnyConnection
    from server_core.transport.zmq.consumer import ThreadConsumer

Subscribed = Callable[[], None]
"""Ends a subscription."""

log = logging.getLogger(__name__)

_TIMEOUT = 3.0


class Following:
    """A subscription to a device of another server, over a connection that it shares with others."""

    def __init__(self, connection: AnyConnection, request: Subscribe, on_event: OnRootEvent) -> None:
        self.connection = connection
        self.on_event = on_event
        self._request = request
        self._subscription: Subscription | None = None

    def start(self) -> None:
        """Subscribe; raises as `Connection.subscribe` does."""
        self._subscription = self.connection.subscribe(self._request, self._take, _TIMEOUT)

    def stop(self) -> None:
        """No more events; a connection that is gone carries none anyway."""
        if self._subscription is not None:
            try:
                self.connection.unsubscribe(self._subscription.topic, self._request.device, self._take)
            except (CallTimeout, ConnectionLost) as failure:
                log.debug("%s not unsubscribed: %s", self._request, failure)

    def _take(self, message: Event | Dropped) -> None:
        hand_on(message, self._request, self.on_event)


class PublishedEvents:
    """Events of devices whose servers publish them over ZeroMQ. `call` sends a request to a device by its full name."""

    def __init__(self, call: Callable[[str, Request], Any]) -> None:
        self._call = call
        self._lock = threading.Lock()
        self._consumer: ThreadConsumer | None = None

    def subscribe(self, device: DeviceAddress, admin: str, request: Subscribe, on_event: OnRootEvent) -> Subscribed:
        """Have `on_event` called with events of a device, whose host is named; what ends that.

        Raises what the admin device refuses with, and CannotConnect when the server's events cannot be reached.
        """
        from server_core.protocol.giop.events import EventDecoder

        admin_device = str(device._replace(name=admin))
        wanted = Wanted(request.device, request.object, request.type, admin, Naming(str(device.host), device.dbase))
        numbers, texts = self._command(admin_device, admin, SUBSCRIBE, wanted.subscription())
        offer = wanted.offer(numbers, texts)
        decode = EventDecoder(request.device, request.object, request.type, offer.level)
        wish = Wish(offer, decode, wanted.confirmation(offer.topic))
        consumer = self._opened()
        listener = PublishedListener(request, on_event)
        ticket = consumer.attach(wish, listener, partial(self._confirm, admin_device, admin)).result()
        return partial(consumer.detach, ticket)

    def _opened(self) -> ThreadConsumer:
        from server_core.transport.zmq.consumer import ThreadConsumer

        with self._lock:
            if self._consumer is None:
                self._consumer = ThreadConsumer()
            return self._consumer

    def _command(self, admin_device: str, admin: str, command: str, texts: Sequence[str]) -> Any:
        argin = TypedValue(CmdArgType.DevVarStringArray, list(texts))
        return self._call(admin_device, CommandInout(admin, command, argin)).value

    def _confirm(self, admin_device: str, admin: str, names: Sequence[str]) -> None:
        """Renew subscriptions (EVT-12). When one cannot be renewed any more the others are."""
        try:
            self._command(admin_device, admin, CONFIRM, names)
        except (ConnectionFailed, CommunicationFailed) as failure:
            log.debug("%s cannot be told that its events are still wanted: %s", admin_device, failure)
        except DevFailed as failure:
            log.debug("%s refuses to send events any longer, of one of %s: %s", admin_device, names, failure)
            for single in singles(names):
                self._confirm(admin_device, admin, single)

    def close(self) -> None:
        """No more events."""
        with self._lock:
            consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()


class PublishedListener:
    """Hands on the events of one subscription."""

    def __init__(self, request: Subscribe, on_event: OnRootEvent) -> None:
        self._request = request
        self._on_event = on_event

    def receive(self, item: Event | Dropped) -> None:
        """An event has come."""
        hand_on(item, self._request, self._on_event)

    def connection_lost(self) -> None:
        """The server is lost."""
        self._on_event(None)


def hand_on(item: Event | Dropped, request: Subscribe, on_event: OnRootEvent) -> None:
    """Tell of an event; that some were lost is logged."""
    if isinstance(item, Event):
        on_event(item)
    else:
        log.warning("%d events lost of %s of %s", item.count, request.object, request.device)


class OwnSink:
    """Takes events of a device of this process for another one; they are handed on by a thread of their own."""

    def __init__(self, calls: Dispatcher, on_event: OnRootEvent) -> None:
        self.encode: EncodeEvent = _own_frame
        self._calls = calls
        self._on_event = on_event

    def send(self, topic: int, frame: Frame) -> None:
        """Hand the event on, soon."""
        if isinstance(frame, OwnFrame):
            self._calls.call(partial(self._on_event, frame.event))


class OwnFrame(list[bytes | memoryview]):
    """An event that stays in the process and needs no bytes."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


def _own_frame(topic: int, event: Event) -> Frame:
    return OwnFrame(event)
