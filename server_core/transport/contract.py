"""What the transport and the server process promise each other.

The transport calls a `Handler` with decoded requests and their `Peer`; whatever protocol the bytes came in. It knows
nothing of devices, and the handler knows nothing of sockets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from server_core.model.identity import ClientIdent
from server_core.model.values import Event
from server_core.protocol.operations import LATEST, Form, Request
from server_core.transport.remote_host import RemoteHost


class _Deferred:
    def __repr__(self) -> str:
        return "DEFERRED"


DEFERRED: Final = _Deferred()
"""What a handler returns when it will answer later through `respond`."""

Frame = Sequence[bytes | memoryview]
"""One encoded message, in pieces that are sent one after the other without joining them."""

EncodeEvent = Callable[[int, Event], Frame]
"""(topic, event) to a frame. All connections of one protocol share one such function, so an event is encoded once per
protocol, not per subscriber."""

Respond = Callable[[object], None]
"""Answers a deferred request: with its result, or with the exception that refuses it. From any thread, once."""


class EventSink(Protocol):
    """Where events for one client go."""

    encode: EncodeEvent

    def send(self, topic: int, frame: Frame) -> None:
        """Queue a frame for the client. Never blocks: when the client is too slow the frame is dropped, counted, and
        the client is told how many events of the topic it lost as soon as it reads again."""


@dataclass(slots=True, eq=False)
class Peer:
    """One client connection as the server sees it; compared by identity.

    `host` is the client's machine, which reads as its name (BBX-13), `address` where it connected from (`tcp:ip:port`,
    `unix:path`), `ident` who it says it is, with its last request where each says it. `sink` takes its events; None
    where the protocol carries none on this connection.
    """

    host: str | RemoteHost
    address: str
    ident: ClientIdent
    sink: EventSink | None
    subscriptions: dict[int, Any] = field(default_factory=dict)


class Handler(Protocol):
    """The server process, as the transport calls it."""

    def handle(self, request: Request, peer: Peer, respond: Respond, form: Form | None = LATEST) -> object:
        """Execute `request` and return its result, or `DEFERRED` and call `respond` later.

        `form` is how the client put it, if not in the way of the latest interface.
        Raises DevFailed to refuse. May block: another thread then takes over the loop. Called from several threads
        at once.
        """

    def disconnected(self, peer: Peer) -> None:
        """The connection is gone: forget its subscriptions."""

    def object(self, key: bytes) -> str | None:
        """The name of the device that an object key means, None when there is no such object. Must not block."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection may ask for; beyond it the connection ends with a protocol error that names the limit.

    Events that wait for a client are limited by their bytes, `max_event_backlog`, and by their number; beyond it they
    are dropped, and the client is told. A connection that nothing has come on for `idle_timeout` seconds is closed,
    where the protocol has a way to say so (wire 2.9).
    """

    max_frame: int = 256 * 1024 * 1024
    max_outstanding: int = 1024
    max_event_backlog: int = 8 * 1024 * 1024
    max_waiting_events: int | None = None
    handshake_timeout: float = 10.0
    idle_timeout: float = 180.0


DEFAULT_LIMITS: Final = Limits()
