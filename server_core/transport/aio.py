"""The asyncio client: the same calls and events as `blocking`, awaited in the loop's own thread.

A buffered protocol on the loop: received bytes go to the codec at once, large arrays straight into their own memory,
and callbacks of events run in the loop. Everything here belongs to the loop's thread.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast

from server_core.model.identity import ClientIdent
from server_core.protocol.exchange import Broken, Dropped, Granted, Occurred, Received, Reply, Send
from server_core.protocol.native.connection import ClientConnection
from server_core.protocol.operations import Request, Subscribe, Subscription, Unsubscribe
from server_core.transport.blocking import KEEP_ALIVE, UNSUBSCRIBE_TIMEOUT
from server_core.transport.contract import DEFAULT_LIMITS, Frame, Limits
from server_core.transport.endpoint import TLS, UNIX, Endpoint
from server_core.transport.errors import CallTimeout, CannotConnect, ConnectionLost, NotNative
from server_core.transport.events import OnEvent, Topics
from server_core.transport.line import Codec

if TYPE_CHECKING:
    from server_core.transport.tls import ClientTls

_SCRATCH = 16384

log = logging.getLogger(__name__)


class Stream(asyncio.BufferedProtocol):
    """Between the loop's transport and a connection, whatever protocol it speaks: `take` gets what comes in, `lost` the
    reason of the end."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._scratch = memoryview(bytearray(_SCRATCH))
        self._own = False
        self.take: Callable[[list[Received]], None] = lambda received: None
        self.lost: Callable[[str], None] = lambda text: None
        self._drained = asyncio.Event()
        self._drained.set()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the loop reads into: the rest of a large frame, or the scratch."""
        wanted = self._codec.wanted()
        self._own = wanted is not None
        return self._scratch if wanted is None else wanted

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes have been read."""
        if self._own:
            self.take(self._codec.filled(nbytes))
        else:
            self.take(self._codec.receive(bytes(self._scratch[:nbytes])))

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is closed."""
        self._drained.set()
        self.lost(f"reading failed: {exc}" if exc else "the server closed the connection")

    def pause_writing(self) -> None:
        """The socket takes no more for now."""
        self._drained.clear()

    def resume_writing(self) -> None:
        """The socket takes more."""
        self._drained.set()

    async def drain(self) -> None:
        """Wait while the socket takes no more."""
        await self._drained.wait()


class AsyncConnection:
    """One connection to a server, in the running loop."""

    carries_events: Final = True
    """Events come on it to whoever subscribed on it."""

    def __init__(
        self, transport: asyncio.Transport, protocol: Stream, codec: ClientConnection, endpoint: Endpoint
    ) -> None:
        self.endpoint = endpoint
        self._transport = transport
        self._protocol = protocol
        self._codec = codec
        self._loop = asyncio.get_running_loop()
        self._waiters: dict[int, Callable[[Any], None]] = {}
        self._room: deque[asyncio.Future[None]] = deque()
        self._subscribing = asyncio.Lock()
        self._topics = Topics()
        self._lost: ConnectionLost | None = None
        self._on_lost: list[Callable[[ConnectionLost], object]] = []
        self._granted: asyncio.Future[None] = self._loop.create_future()
        self._heard = self._loop.time()
        self._asked_at: float | None = None
        self._check: asyncio.TimerHandle | None = None
        protocol.take = self._take
        protocol.lost = self._lose

    @classmethod
    async def open(
        cls,
        endpoint: Endpoint,
        *,
        ident: ClientIdent,
        timeout: float = 3.0,  # noqa: ASYNC109  (as in the blocking client)
        tls: ClientTls | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> AsyncConnection:
        """Connect to a server. Raises CannotConnect, NotNative when the other side closes without a greeting."""
        if endpoint.scheme == TLS and tls is None:
            raise CannotConnect(f"{endpoint}: TLS needs an authority to trust (ClientTls)")
        connection: AsyncConnection | None = None
        try:
            async with asyncio.timeout(timeout):
                codec = ClientConnection(limits.max_frame)
                transport, protocol = await connect(endpoint, codec, tls)
                connection = cls(transport, protocol, codec, endpoint)
                transport.write(codec.hello(ident, socket.gethostname()))
                await connection._granted
        except (OSError, CannotConnect, ConnectionLost) as error:
            if connection is not None:
                connection.close()
            late = isinstance(error, TimeoutError)
            failed = NotNative if isinstance(error, ConnectionLost) else CannotConnect
            raise failed(f"{endpoint}: {f'no greeting within {timeout:.3g} s' if late else error}") from error
        except asyncio.CancelledError:
            if connection is not None:
                connection.close()
            raise
        return connection

    @property
    def closed(self) -> bool:
        """Whether the connection has been closed or lost."""
        return self._lost is not None

    def on_lost(self, callback: Callable[[ConnectionLost], object]) -> None:
        """Have `callback` called once, in the loop, when the connection breaks (not for `close`); soon when it is
        broken already."""
        if self._lost is None:
            self._on_lost.append(callback)
        else:
            self._loop.call_soon(callback, self._lost)

    async def call(self, request: Request, timeout: float) -> Any:  # noqa: ASYNC109
        """Send a request and await its result.

        Raises the DevFailed that the server answers, CallTimeout, ConnectionLost, and ProtocolError for a request that
        cannot be encoded.
        """
        answer: asyncio.Future[Any] = self._loop.create_future()
        return await self._answer(request, answer, lambda result: settle(answer, result), timeout)

    async def subscribe(self, request: Subscribe, on_event: OnEvent, timeout: float) -> Subscription:  # noqa: ASYNC109
        """Have `on_event` called in the loop with each event, and with `Dropped` for events lost.

        Raises as `call` does. Several subscriptions may share a topic; each callback then gets every event.
        """
        answer: asyncio.Future[Any] = self._loop.create_future()
        registered = False

        def register(result: Any) -> None:
            nonlocal registered
            registered = True
            topic = result.topic if isinstance(result, Subscription) else None
            for message in self._topics.subscribed(topic, on_event):
                self._tell((on_event,), message)
            self._watch_link()
            settle(answer, result)

        async with self._subscribing:  # so that it cannot cross an `unsubscribe` of the same topic on the way
            self._topics.subscribing()
            try:
                return cast(Subscription, await self._answer(request, answer, register, timeout))
            finally:
                if not registered:
                    self._topics.subscribed(None, on_event)

    async def unsubscribe(self, topic: int, device: str, on_event: OnEvent | None = None) -> None:
        """End the subscriptions of a topic, or only the one with that callback; the server is told when none is left.

        Raises as `call` does.
        """
        async with self._subscribing:
            if self._topics.unsubscribed(topic, on_event):
                await self.call(Unsubscribe(device, topic), UNSUBSCRIBE_TIMEOUT)

    def give_up(self, text: str) -> None:
        """The other side counts as gone: calls under way end with ConnectionLost, and `on_lost` hears of it."""
        self._lose(text)

    def close(self) -> None:
        """Close the connection; calls under way end with ConnectionLost."""
        self._on_lost.clear()
        self._lose("the connection was closed")

    async def _answer(
        self, request: Request, answer: asyncio.Future[Any], deliver: Callable[[Any], None], seconds: float
    ) -> Any:
        request_id = 0
        try:
            async with asyncio.timeout(seconds):
                await self._ready_to_send()
                if self._lost is not None:
                    raise ConnectionLost(str(self._lost), sent=False)
                request_id, frame = self._codec.request(request)
                self._waiters[request_id] = deliver
                self._write(frame)
                return await answer
        except TimeoutError:
            raise CallTimeout(f"no answer within {seconds} s") from None
        finally:
            if self._waiters.pop(request_id, None) is not None:
                self._codec.forget(request_id)

    async def _ready_to_send(self) -> None:
        """Wait while the socket takes no more, or as many requests are unanswered as the server allows."""
        await self._protocol.drain()
        while len(self._codec.expected) >= self._codec.max_outstanding and self._lost is None:
            room: asyncio.Future[None] = self._loop.create_future()
            self._room.append(room)
            await room

    def _write(self, frame: Frame) -> None:
        for piece in frame:
            self._transport.write(piece)

    def _take(self, received: list[Received]) -> None:
        self._heard = self._loop.time()
        for message in received:
            _ACTIONS[type(message)](self, message)

    def _replied(self, reply: Reply) -> None:
        deliver = self._waiters.pop(reply.id, None)
        if deliver is not None:
            deliver(reply.result)
        self._let_next_send()

    def _let_next_send(self) -> None:
        while self._room and (len(self._codec.expected) < self._codec.max_outstanding or self._lost is not None):
            settle(self._room.popleft(), None)

    def _happened(self, message: Occurred | Dropped) -> None:
        self._tell(self._topics.takers(message), message)

    def _tell(self, takers: tuple[OnEvent, ...], message: Occurred | Dropped) -> None:
        for on_event in takers:
            try:
                on_event(message if isinstance(message, Dropped) else message.event)
            except Exception:
                log.exception("an event callback failed")

    def _asked(self, message: Send) -> None:
        self._write(message.frame)

    def _accepted(self, message: Granted) -> None:
        settle(self._granted, None)

    def _refused(self, message: Broken) -> None:
        settle(self._granted, CannotConnect(str(message.error)))
        self._lose(str(message.error))

    def _watch_link(self) -> None:
        """While events are due, ask a silent server for a sign of life, and give it up when none comes."""
        if self._check is None and self._lost is None:
            self._check = self._loop.call_later(KEEP_ALIVE, self._look_at_link)

    def _look_at_link(self) -> None:
        self._check = None
        if not self._topics or self._lost is not None:
            return
        silent = self._loop.time() - self._heard >= KEEP_ALIVE
        if silent and self._asked_at is not None and self._asked_at > self._heard:
            self._lose(f"no sign of life from the server for {2 * KEEP_ALIVE} s")
            return
        if silent:
            self._asked_at = self._loop.time()
            self._write(self._codec.ping())
        self._watch_link()

    def _lose(self, text: str) -> None:
        if self._lost is not None:
            return
        self._lost = lost = ConnectionLost(text, sent=True)
        self._transport.abort()
        if self._check is not None:
            self._check.cancel()
        settle(self._granted, lost)
        waiters, self._waiters = self._waiters, {}
        for deliver in waiters.values():
            deliver(lost)
        self._let_next_send()
        for callback in self._on_lost:
            self._loop.call_soon(callback, lost)
        self._on_lost.clear()


def settle(future: asyncio.Future[Any], result: Any) -> None:
    """Let a future have its result, or the exception that it is, unless it has been cancelled."""
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)


async def connect(endpoint: Endpoint, codec: Codec, tls: ClientTls | None = None) -> tuple[asyncio.Transport, Stream]:
    """A connected stream. Raises OSError."""
    loop = asyncio.get_running_loop()
    if endpoint.scheme == UNIX:
        return await loop.create_unix_connection(lambda: Stream(codec), endpoint.path)
    context = tls.context() if tls is not None and endpoint.scheme == TLS else None
    return await loop.create_connection(lambda: Stream(codec), endpoint.host, endpoint.port, ssl=context)


_ACTIONS: dict[type[Any], Callable[[AsyncConnection, Any], None]] = {
    Reply: AsyncConnection._replied,
    Occurred: AsyncConnection._happened,
    Dropped: AsyncConnection._happened,
    Send: AsyncConnection._asked,
    Granted: AsyncConnection._accepted,
    Broken: AsyncConnection._refused,
}
