"""One client connection of a server: reads, finds out the protocol, runs requests, answers them.

The leader of the loop calls `ready`. A request runs there and then; when that takes so long that another thread leads
the loop meanwhile, the late thread answers its request and leaves the rest of the connection to the new leader.
"""

from __future__ import annotations

import logging
import socket
from collections import deque
from collections.abc import Callable, Mapping, Sized
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from server_core.model.errors import DevFailed, Reason
from server_core.protocol.exchange import Broken, Call, Closed, Opened, Pieces, ProtocolError, Received, Send
from server_core.protocol.giop.connection import ServerConnection as GiopConnection
from server_core.protocol.native.connection import ServerConnection
from server_core.transport.contract import DEFERRED, EncodeEvent, EventSink, Frame, Handler, Limits, Peer
from server_core.transport.outbox import Outbox
from server_core.transport.remote_host import RemoteHost
from server_core.transport.team import Team

if TYPE_CHECKING:
    from server_core.transport.tls_layer import TlsLayer


class Codec(Protocol):
    """The server's end of a connection, in whatever protocol."""

    @property
    def outstanding(self) -> Sized:
        """The requests that are not answered yet."""

    @property
    def wanted(self) -> Callable[[], memoryview | None]:
        """Gives where to read the rest of a large message into, if one is under way."""

    def receive(self, data: bytes) -> list[Received]:
        """What the next bytes complete."""

    def filled(self, count: int) -> list[Received]:
        """What so many bytes in the buffer of `wanted` complete."""

    def reply(self, request_id: int, result: Any) -> Pieces | None:
        """The answer to a request; None when there is none to give."""

    def encode_fault(self, text: str) -> Pieces:
        """What tells the client why its connection ends."""

    def farewell(self) -> Pieces | None:
        """What ends the connection in good order; None in a protocol that has nothing for it."""


def _native(limits: Limits, handler: Handler) -> Codec:
    return ServerConnection(limits.max_frame, limits.max_outstanding)


def _giop(limits: Limits, handler: Handler) -> Codec:
    return GiopConnection(limits.max_frame, limits.max_outstanding, handler.object)


PROTOCOLS: Mapping[bytes, Callable[[Limits, Handler], Codec]] = {
    ServerConnection.magic: _native,
    GiopConnection.magic: _giop,
}
"""The protocols a server speaks, by the first bytes of a connection."""

_READ_SIZE = 65536

_CLOSING_TIME = 1.0
"""Seconds that a client gets to read the reason for which its connection ends."""

log = logging.getLogger(__name__)


class Loop(Protocol):
    """What a channel needs of the server's loop."""

    handler: Handler
    limits: Limits
    team: Team
    paused: bool
    running: Channel | None

    def later(self, task: Callable[[], bool | None]) -> None:
        """Run `task` in the leader; from any thread. The task gives False when it lost the lead."""

    def watch(self, channel: Channel, mask: int) -> None:
        """Wake the channel for these events only; leader only."""

    def set_deadline(self, channel: Channel, seconds: float | None) -> None:
        """Call the channel's `expired` then, unless another deadline replaces this one; leader only."""

    def forget(self, channel: Channel) -> None:
        """The channel is closed; leader only."""


class Origin(NamedTuple):
    """Where a connection comes from, as `Peer` shows it."""

    address: str
    host: str | RemoteHost


class _Sink:
    """The contract's EventSink on a channel's outbox."""

    __slots__ = ("encode", "send")

    def __init__(self, encode: EncodeEvent, send: Callable[[int, Frame], None]) -> None:
        self.encode = encode
        self.send = send


def _nothing_wanted() -> None:
    """No large frame is under way."""


def _ignored(data: bytes) -> list[Received]:
    """What comes after the end."""
    return []


class Channel:
    """One client connection. All methods but `answer` are the leader's."""

    def __init__(self, loop: Loop, sock: socket.socket, origin: Origin, tls: TlsLayer | None) -> None:
        self._loop = loop
        self.sock = sock
        self._origin = origin
        self._tls = tls
        self._start = b""
        self._codec: Codec | None = None
        self._used = 0.0
        self._pending: deque[Received] = deque()
        self._closing = False
        self._mask = EVENT_READ
        self._wanted: Callable[[], memoryview | None] = _nothing_wanted
        self._receive = self._first if tls is None else self._decrypted
        self.peer: Peer | None = None
        self.closed = False
        self._outbox = Outbox(
            sock,
            tls,
            loop.limits,
            ServerConnection.encode_dropped,
            lambda: loop.later(self._update),
            lambda error: loop.later(self.close),
        )

    @property
    def outstanding(self) -> int:
        """How many requests are not answered yet."""
        return len(self._codec.outstanding) if self._codec is not None else 0

    @property
    def idle(self) -> bool:
        """Whether nothing is left to answer or to send, but requests that wait because the server is paused."""
        held = sum(type(message) is Call for message in self._pending.copy()) if self._loop.paused else 0
        return self.outstanding <= held and not self._outbox.waiting

    @property
    def _choked(self) -> bool:
        """Whether the client leaves so much unread that no more of its requests are executed for now."""
        return self._outbox.waiting > self._outbox.limit

    def ready(self, mask: int) -> bool:
        """The socket can be read or written; False when the lead was lost on the way."""
        if mask & EVENT_WRITE and not self.closed:
            self._flush()
            if not self.run_pending():
                return False
        if mask & EVENT_READ and not self.closed:
            self._used = monotonic()
            try:
                received = self._read()
            except BlockingIOError:
                return True
            except OSError:
                received = None
            if received is None:
                self.close()
            elif len(received) == 1 and type(received[0]) is Call and not self._pending and not self._loop.paused:
                return self._execute(received[0])  # the usual case, without the detour
            else:
                self._pending += received
                return self.run_pending()
        return True

    def _read(self) -> list[Received] | None:
        """What the socket holds, as messages; None at its end."""
        wanted = self._wanted()
        if wanted is not None and self._codec is not None:
            count = self.sock.recv_into(wanted)
            return self._codec.filled(count) if count else None
        data = self.sock.recv(_READ_SIZE)
        return self._receive(data) if data else None

    def _decrypted(self, data: bytes) -> list[Received]:
        assert self._tls is not None
        try:
            data = self._tls.decrypt(data)
        finally:
            self._outbox.pump()  # when the handshake fails, the alert that says why
        if not data:
            return []
        return self._codec.receive(data) if self._codec is not None else self._first(data)

    def _first(self, data: bytes) -> list[Received]:
        """Choose the protocol by the first bytes."""
        self._start += data
        for magic, protocol in PROTOCOLS.items():
            if self._start.startswith(magic):
                self._codec = codec = protocol(self._loop.limits, self._loop.handler)
                if self._tls is None:
                    self._wanted, self._receive = codec.wanted, codec.receive
                start, self._start = self._start, b""
                return codec.receive(start)
            if magic.startswith(self._start):
                return []
        expected = "a TLS connection" if self._start[0] == _TLS_RECORD else f"{self._start[:8]!r}"
        known = ", ".join(magic.decode() for magic in PROTOCOLS)
        return [Broken(ProtocolError(f"the connection starts with {expected}; the protocols here start with {known}"))]

    def run_pending(self) -> bool:
        """Act on what has been received; False when the lead was lost on the way."""
        while self._pending and not self.closed:
            if (self._loop.paused or self._choked) and type(self._pending[0]) is Call:
                self._update()
                return True
            message = self._pending.popleft()
            if type(message) is Call:
                if not self._execute(message):
                    return False
            else:
                _ACTIONS[type(message)](self, message)
        return True

    def _execute(self, call: Call) -> bool:
        loop, peer = self._loop, self.peer
        assert peer is not None
        if call.ident is not None:
            peer.ident = call.ident
        loop.running = self
        loop.team.enter()
        result: object
        try:
            result = loop.handler.handle(call.request, peer, partial(self.answer, call.id), call.form)
        except DevFailed as failure:
            result = failure
        except (Exception, SystemExit) as error:
            log.exception("request %s failed", type(call.request).__name__)
            result = error
        leads = loop.team.leave()
        if result is not DEFERRED:
            self.answer(call.id, result)
        return leads

    def answer(self, request_id: int, result: object) -> None:
        """Answer a request with its result, or with the exception that refuses it. From any thread; only the first
        answer counts, and none when the client is gone."""
        codec = self._codec
        if codec is None:
            return
        if isinstance(result, BaseException) and not isinstance(result, DevFailed):
            result = DevFailed.of(Reason.API_InternalError, f"{type(result).__name__}: {result}", "TransportServer")
        try:
            frame = codec.reply(request_id, result)
            if frame is not None and not self.closed:
                self._outbox.send(frame)
        except Exception:
            log.exception("a request from %s cannot be answered", self._origin.address)
            self._loop.later(self.close)

    def _opened(self, message: Opened) -> None:
        assert self._codec is not None
        lasts = self._codec.farewell() is None
        self._loop.set_deadline(self, None if lasts else self._loop.limits.idle_timeout)
        sink: EventSink | None = None
        if isinstance(self._codec, ServerConnection):
            sink = _Sink(self._codec.encode_event, self._outbox.send_event)
        self.peer = Peer(self._origin.host, self._origin.address, message.ident, sink)

    def _sent(self, message: Send) -> None:
        self._outbox.send(message.frame)

    def _broken(self, message: Broken) -> None:
        """Tell the client why, then close: after it has read that, or after a while."""
        log.warning("connection from %s ends: %s", self._origin.address, message.error)
        encode_fault = ServerConnection.encode_fault if self._codec is None else self._codec.encode_fault
        self._end_with(encode_fault(str(message.error)))

    def _end_with(self, frame: Frame | None) -> None:
        """Say a last word and close: when the client has read it, or after a while."""
        self._closing = True
        self._wanted, self._receive = _nothing_wanted, _ignored
        self._pending.clear()
        if frame is not None:
            self._outbox.send(frame)
        self._loop.set_deadline(self, _CLOSING_TIME)
        self._flush()

    def _left(self, message: Closed) -> None:
        self.close()

    def expired(self) -> None:
        """The client did not introduce itself in time, does not read why it has to go, or may have been idle for too
        long."""
        limits = self._loop.limits
        if self._closing:
            self.close()
        elif self._codec is None or self.peer is None:
            self._broken(Broken(ProtocolError(f"no greeting within {limits.handshake_timeout} s")))
        else:
            busy = self.outstanding or self._outbox.waiting
            left = limits.idle_timeout - (0.0 if busy else monotonic() - self._used)
            if left > 0:
                self._loop.set_deadline(self, left)
            else:
                self._end_with(self._codec.farewell())

    def _flush(self) -> None:
        if self._outbox.flush() and self._closing and not self.closed:
            try:
                self.sock.shutdown(socket.SHUT_WR)
            except OSError:
                self.close()
                return
        self._update()

    def _update(self) -> None:
        """Wait for what is needed now. A client that does not take its answers is not read until it does."""
        if self.closed:
            return
        waiting = self._outbox.waiting
        held = self._choked or (self._loop.paused and bool(self._pending))
        mask = (EVENT_WRITE if waiting else 0) | (0 if held else EVENT_READ)
        if mask != self._mask:
            self._mask = mask
            self._loop.watch(self, mask)

    def resumed(self) -> bool:
        """The server runs requests again; False when the lead was lost on the way."""
        leads = self.run_pending()
        self._loop.later(self._update)
        return leads

    def say_farewell(self) -> None:
        """Tell the client that the server ends; requests without an answer were not executed."""
        if self._codec is not None and not self._closing and (frame := self._codec.farewell()) is not None:
            self._outbox.send(frame)

    def close(self) -> None:
        """End the connection."""
        if self.closed:
            return
        self.closed = True
        self._pending.clear()
        self._codec = None  # and the part of a large message that it may hold
        self._wanted, self._receive = _nothing_wanted, _ignored
        self._loop.forget(self)
        self._outbox.close()
        peer, self.peer = self.peer, None
        if peer is not None:
            self._loop.later(partial(self._disconnected, peer))

    def _disconnected(self, peer: Peer) -> bool:
        """Tell the handler, which may block; False when the lead was lost on the way."""
        self._loop.team.enter()
        try:
            self._loop.handler.disconnected(peer)
        except Exception:
            log.exception("the end of the connection from %s was not taken well", peer.address)
        return self._loop.team.leave()


_TLS_RECORD = 0x16

_ACTIONS: dict[type[Any], Callable[[Channel, Any], None]] = {
    Opened: Channel._opened,
    Send: Channel._sent,
    Broken: Channel._broken,
    Closed: Channel._left,
}
