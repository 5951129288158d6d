"""Events of other devices, as the process itself receives them."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from server_core.device.host import OnRootEvent
from server_core.model.values import Event
from server_core.protocol.exchange import Dropped
from server_core.protocol.operations import Subscribe, Subscription
from server_core.transport.contract import EncodeEvent, Frame
from server_core.transport.errors import CallTimeout, ConnectionLost
from server_core.transport.events import Dispatcher

if TYPE_CHECKING:
    from server_core.transport.reach import AnyConnection

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
        if isinstance(message, Event):
            self.on_event(message)
        else:
            log.warning("%d events lost of %s of %s", message.count, self._request.object, self._request.device)


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
