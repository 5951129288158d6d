"""The events that a client receives over ZeroMQ: one thread takes them in for all servers, and watches these.

Each server's heartbeats and events come in on one socket of their own. A server that closes its connections, or sends
nothing for as long as no living one would, counts as lost, and whoever listens to it is told. Source: wire 11.3, 11.4,
EVT-11 to EVT-14, EVT-20 to EVT-22.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import zmq
from zmq.utils.monitor import parse_monitor_message

from server_core.model.event_names import encode_topic
from server_core.protocol.exchange import Occurred, ProtocolError
from server_core.transport.contract import DEFAULT_LIMITS
from server_core.transport.errors import CannotConnect
from server_core.transport.events import Dispatcher, Listener, OnEvent
from server_core.transport.zmq.offer import Offer, Place, Wish

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

SILENCE: Final = 11.0
"""Seconds without a message after which a server counts as lost: it sends its heartbeat every 9 s (EVT-20, EVT-21)."""

RENEWAL: Final = 200.0
"""Seconds after which the subscriptions to a server are confirmed, which forgets them after 600 s (EVT-12)."""

_SETTLING: Final = 0.01
"""Seconds for a subscription to take effect at the publisher, which says nothing of it."""

_PATIENCE: Final = 2.0
"""Seconds for a connection to one place."""

_TICK: Final = 1.0
"""Seconds between two looks at what is due."""

_SLICE: Final = 200
"""Messages taken from one server before the others have their turn."""

_LARGE: Final = 65536
"""Bytes of an event behind which the next one of its topic is not copied."""

_SOCKETS: Final = 65535
"""Sockets that a context may have: two for each server."""

log = logging.getLogger(__name__)

Socket = zmq.Socket[bytes]
Confirm = Callable[[Sequence[str]], object]
"""Sends a confirmation of subscriptions to their server, without waiting: three names for each."""


class Ticket(NamedTuple):
    """What ends a subscription."""

    place: Place
    topic: bytes
    listener: Listener


@dataclass(slots=True)
class _Feed:
    """One topic of a server, and who listens to it."""

    number: int
    wish: Wish
    counter: int | None = None
    large: bool = False
    listeners: list[Listener] = field(default_factory=list)
    takers: tuple[OnEvent, ...] = ()

    def changed(self) -> None:
        self.takers = tuple(listener.receive for listener in self.listeners)


class _Channel:
    """One server at one place: its socket, and what is received there. Belongs to the thread of the consumer."""

    def __init__(self, context: zmq.Context[Socket], place: Place, offer: Offer, confirm: Confirm) -> None:
        self.place = place
        self.confirm = confirm
        self.heartbeat = encode_topic(offer.channel)
        self.feeds: dict[bytes, _Feed] = {}
        self.waiting: list[_Attaching] = []
        self.connections = 0
        self.heard = self.confirmed = time.monotonic()
        self.socket = context.socket(zmq.SUB)
        self.socket.set(zmq.LINGER, 0)
        self.socket.set(zmq.RECONNECT_IVL, -1)  # a connection that breaks is a loss, which those who listen deal with
        self.socket.set(zmq.RCVHWM, offer.high_water)
        self.socket.set(zmq.MAXMSGSIZE, DEFAULT_LIMITS.max_frame)  # a publisher that announces more is given up
        self.monitor = self.socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED
        )
        self.socket.subscribe(self.heartbeat)

    def connect(self) -> None:
        """Begin to connect; CannotConnect when the place makes no sense."""
        for endpoint in self.place:
            try:
                self.socket.set(zmq.IPV6, "[" in endpoint)  # with it, names would stand for nothing else
                self.socket.connect(endpoint)
            except zmq.ZMQError as failure:
                raise CannotConnect(f"{endpoint}: {failure}") from failure

    @property
    def up(self) -> bool:
        """Whether both connections are made."""
        return self.connections >= len(self.place)

    def close(self) -> None:
        self.socket.disable_monitor()
        self.monitor.close()
        self.socket.close()


@dataclass(slots=True)
class _Attaching:
    """A subscription on its way: what is wanted, and the places still to try."""

    wish: Wish
    listener: Listener
    confirm: Confirm
    places: tuple[Place, ...]
    done: Future[Ticket]


class Consumer(ABC):
    """The subscriptions of a process, or of an event loop; safe to use from any thread.

    Its thread lives while there is a subscription. Where those who listen are called is for the two kinds below.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._commands: deque[Callable[[], None]] = deque()
        self._thread: threading.Thread | None = None
        self._context: zmq.Context[Socket] | None = None
        self._channels: dict[Place, _Channel] = {}
        self._numbers = 0
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._poller = zmq.Poller()
        self._poller.register(self._wake_out.fileno(), zmq.POLLIN)
        self._readers: dict[Any, Callable[[], None]] = {self._wake_out.fileno(): self._woken}
        self._look_at = 0.0
        self._settling: deque[tuple[float, Ticket, Future[Ticket]]] = deque()

    @abstractmethod
    def _tell(self, takers: tuple[OnEvent, ...], message: Occurred) -> None:
        """Hand on an event, without waiting."""

    @abstractmethod
    def _call(self, task: Callable[[], object]) -> None:
        """Have a task done, behind what was told before, without waiting."""

    # ---- for everybody

    def attach(self, wish: Wish, listener: Listener, confirm: Confirm) -> Future[Ticket]:
        """Have `listener` hear of the events of a subscription from now on. `confirm` is called where it is.

        The future is done when the events can come: with what ends the subscription, or with CannotConnect when the
        server cannot be reached at any of its places.
        """
        done: Future[Ticket] = Future()
        self._do(partial(self._attach, _Attaching(wish, listener, confirm, wish.offer.places, done)))
        return done

    def detach(self, ticket: Ticket) -> None:
        """No more events of a subscription; one that is lost already needs no end."""
        self._do(partial(self._detach, ticket))

    def close(self) -> None:
        """End all subscriptions without a word to those who listen; there can be no more."""
        self._do(self._end)
        thread = self._thread
        if thread is not None:
            thread.join()
        if self._context is not None:
            self._context.destroy(linger=0)
        self._wake_in.close()
        self._wake_out.close()

    def _do(self, command: Callable[[], None]) -> None:
        """Have the thread perform a command."""
        with self._lock:
            self._commands.append(command)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tango-events zmq", daemon=True)
                self._thread.start()
            elif len(self._commands) == 1:
                self._wake_in.send(b"\0")

    # ---- the thread

    def _run(self) -> None:
        while True:
            while self._commands:
                self._commands.popleft()()
            with self._lock:
                if not self._channels and not self._commands and not self._settling:
                    self._thread = None
                    return
            due = self._settling[0][0] if self._settling else self._look_at
            for ready, _ in self._poller.poll(1 + int(1000 * max(0.0, due - time.monotonic()))):
                reader = self._readers.get(ready)
                if reader is not None:
                    reader()
            now = time.monotonic()
            while self._settling and self._settling[0][0] <= now:
                self._settled(*self._settling.popleft()[1:])
            if now >= self._look_at:
                self._look_at = now + _TICK
                self._look(now)

    def _woken(self) -> None:
        self._wake_out.recv(4096)

    def _look(self, now: float) -> None:
        """See which servers are silent, and whose subscriptions are to be confirmed."""
        for channel in list(self._channels.values()):
            if not channel.up and now - channel.heard > _PATIENCE:
                self._unreachable(channel, "no connection in time")
            elif now - channel.heard > SILENCE:
                self._lost(channel)
            elif now - channel.confirmed > RENEWAL:
                channel.confirmed = now
                self._confirm(channel)

    def _confirm(self, channel: _Channel) -> None:
        names = [name for feed in channel.feeds.values() for name in feed.wish.names]
        self._call(partial(channel.confirm, names))

    # ---- subscriptions

    def _attach(self, attaching: _Attaching) -> None:
        wish, place = attaching.wish, attaching.places[0]
        try:
            channel = self._channels.get(place) or self._open(place, attaching)
        except (CannotConnect, zmq.ZMQError) as failure:
            self._try_next(attaching, CannotConnect(str(failure)))
            return
        topic = encode_topic(wish.offer.topic)
        feed = channel.feeds.get(topic)
        if feed is None:
            self._numbers += 1
            feed = channel.feeds[topic] = _Feed(self._numbers, wish)
            channel.socket.subscribe(topic)
        feed.listeners.append(attaching.listener)
        feed.changed()
        channel.waiting.append(attaching)
        if channel.up:
            self._attached(channel)

    def _open(self, place: Place, attaching: _Attaching) -> _Channel:
        if self._context is None:
            self._context = zmq.Context()
            self._context.set(zmq.MAX_SOCKETS, _SOCKETS)
        channel = _Channel(self._context, place, attaching.wish.offer, attaching.confirm)
        try:
            channel.connect()
        except CannotConnect:
            channel.close()
            raise
        self._channels[place] = channel
        for reader, read in ((channel.socket, self._receive), (channel.monitor, self._observe)):
            self._poller.register(reader, zmq.POLLIN)
            self._readers[reader] = partial(read, channel)
        return channel

    def _attached(self, channel: _Channel) -> None:
        """The server is connected: what waited for that may count on its events in a moment."""
        waiting, channel.waiting = channel.waiting, []
        settled = time.monotonic() + _SETTLING
        for attaching in waiting:
            ticket = Ticket(channel.place, encode_topic(attaching.wish.offer.topic), attaching.listener)
            self._settling.append((settled, ticket, attaching.done))

    def _settled(self, ticket: Ticket, done: Future[Ticket]) -> None:
        if done.set_running_or_notify_cancel():
            done.set_result(ticket)
        else:
            self._detach(ticket)

    def _try_next(self, attaching: _Attaching, failure: CannotConnect) -> None:
        attaching.places = attaching.places[1:]
        if attaching.places:
            self._attach(attaching)
        elif attaching.done.set_running_or_notify_cancel():
            attaching.done.set_exception(failure)

    def _detach(self, ticket: Ticket) -> None:
        channel = self._channels.get(ticket.place)
        feed = channel.feeds.get(ticket.topic) if channel is not None else None
        if channel is None or feed is None or ticket.listener not in feed.listeners:
            return
        feed.listeners.remove(ticket.listener)
        feed.changed()
        if not feed.listeners:
            del channel.feeds[ticket.topic]
            channel.socket.unsubscribe(ticket.topic)
        if not channel.feeds:
            self._close(channel)

    def _close(self, channel: _Channel) -> None:
        del self._channels[channel.place]
        for reader in (channel.socket, channel.monitor):
            self._poller.unregister(reader)
            del self._readers[reader]
        channel.close()

    def _end(self) -> None:
        for channel in list(self._channels.values()):
            self._close(channel)
            for attaching in channel.waiting:
                attaching.places = ()
                self._try_next(attaching, CannotConnect("the subscriptions have been ended"))

    # ---- what comes in

    def _receive(self, channel: _Channel) -> None:
        """Take in what a server has sent, so much at once that the others are not kept waiting."""
        channel.heard = time.monotonic()
        for _ in range(_SLICE):
            try:
                topic = channel.socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            feed = channel.feeds.get(topic)
            frames = _rest(channel.socket, copied=feed is None or not feed.large)
            if feed is not None:
                self._happened(feed, [topic, *frames])

    def _happened(self, feed: _Feed, frames: list[bytes | memoryview]) -> None:
        try:
            event = feed.wish.decode(frames)
        except ProtocolError as failure:
            log.warning("an event of %s is not understood: %s", feed.wish.offer.topic, failure)
            return
        feed.large = len(frames[-1]) > _LARGE
        # Servers send the first event for a new client twice (EVT-14). Where all counters are 0, as of C++ servers of
        # release 9.5 without database, nobody can tell.
        if event.counter != feed.counter or event.counter == 0:
            feed.counter = event.counter
            self._tell(feed.takers, Occurred(feed.number, event, sum(map(len, frames))))

    def _observe(self, channel: _Channel) -> None:
        """Hear what became of the connections to a server."""
        while True:
            try:
                message = parse_monitor_message(channel.monitor.recv_multipart(zmq.NOBLOCK))
            except zmq.Again:
                return
            if message["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                channel.connections += 1
                channel.heard = time.monotonic()
                if channel.up:
                    self._attached(channel)
            elif channel.up:
                self._lost(channel)
                return
            else:
                self._unreachable(channel, f"nobody listens at {message['endpoint'].decode('latin-1')}")
                return

    def _unreachable(self, channel: _Channel, text: str) -> None:
        """The server has not been connected at this place."""
        self._close(channel)
        for attaching in channel.waiting:
            self._try_next(attaching, CannotConnect(text))

    def _lost(self, channel: _Channel) -> None:
        """The server was connected and is gone; what it sent before that comes first."""
        self._receive(channel)
        if channel.socket.closed:  # by what was told
            return
        self._close(channel)
        for feed in channel.feeds.values():
            for listener in feed.listeners:
                self._call(listener.connection_lost)


def _rest(source: Socket, *, copied: bool) -> list[bytes | memoryview]:
    """The frames of a message behind its topic; not copied they are views of what ZeroMQ holds."""
    if not source.get(zmq.RCVMORE):
        return []
    if copied:
        return list(source.recv_multipart())
    return [frame.buffer for frame in source.recv_multipart(copy=False)]


class ThreadConsumer(Consumer):
    """Calls those who listen in a further thread, so that they may take their time; what a slow one leaves waiting is
    bounded as that of a native connection."""

    def __init__(self) -> None:
        super().__init__()
        self._calls = Dispatcher(DEFAULT_LIMITS.max_event_backlog, "tango-events calls")

    def _tell(self, takers: tuple[OnEvent, ...], message: Occurred) -> None:
        self._calls.event(takers, message)

    def _call(self, task: Callable[[], object]) -> None:
        self._calls.call(task)

    def close(self) -> None:
        """End all subscriptions without a word to those who listen; there can be no more."""
        super().close()
        self._calls.finish()


class LoopConsumer(Consumer):
    """Calls those who listen in an event loop."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop

    def _tell(self, takers: tuple[OnEvent, ...], message: Occurred) -> None:
        for on_event in takers:
            self._call(partial(on_event, message.event))

    def _call(self, task: Callable[[], object]) -> None:
        try:
            self._loop.call_soon_threadsafe(task)
        except RuntimeError:  # the loop is closed: nobody listens any more
            self._do(self._end)
