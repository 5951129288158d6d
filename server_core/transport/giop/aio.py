"""The asyncio client of Tango's own protocol: as `blocking`, awaited in the loop's own thread.

The connections to a server are shared by all its devices in one event loop. Everything here belongs to the loop's
thread.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from server_core.model.identity import ClientIdent
from server_core.protocol.exchange import Pieces, Received
from server_core.protocol.giop.connection import ClientConnection
from server_core.protocol.operations import Request, Subscribe, Subscription
from server_core.transport.aio import Stream, connect, settle
from server_core.transport.contract import DEFAULT_LIMITS
from server_core.transport.endpoint import Endpoint
from server_core.transport.errors import CallTimeout, CannotConnect, ConnectionLost, NotNative
from server_core.transport.events import OnEvent
from server_core.transport.giop.connection import NO_EVENTS, BaseConnection
from server_core.transport.giop.objects import EXTRAORDINARY, R, Talk
from server_core.transport.giop.pool import IDLE_TIMEOUT, MOST_CONNECTIONS, Ask, Ends, answered
from server_core.transport.giop.reference import Reference


class _Line:
    """One connection, and the answer that is due on it."""

    def __init__(self, transport: asyncio.Transport, stream: Stream, codec: ClientConnection) -> None:
        self.codec = codec
        self.closed = False
        self.used = monotonic()
        self._transport = transport
        self._answer: asyncio.Future[Any] | None = None
        stream.take, stream.lost = self._take, self._lose

    def answer(self, request: Pieces) -> asyncio.Future[Any]:
        """Send a request; the future gets the answer, or ConnectionLost."""
        self._answer = asyncio.get_running_loop().create_future()
        for piece in request:
            self._transport.write(piece)
        return self._answer

    def _take(self, received: list[Received]) -> None:
        if not received:
            return
        future, self._answer = self._answer, None
        if future is None:  # what comes unasked is the end of the connection
            self.close()
            return
        try:
            answer = answered(received)
        except ConnectionLost as lost:
            settle(future, lost)
            return
        if not future.done():
            future.set_result(answer)  # a refusal too: who knows the request deals with it

    def _lose(self, text: str) -> None:
        self.closed = True
        future, self._answer = self._answer, None
        if future is not None:
            settle(future, ConnectionLost(text, sent=True))

    def end(self) -> None:
        """Close the connection in good order (wire 2.9)."""
        for piece in self.codec.farewell() or ():
            self._transport.write(piece)
        self._lose("the connection was closed")
        self._transport.close()

    def close(self) -> None:
        """Close the connection; what is under way is lost."""
        self._lose("the connection was closed")
        self._transport.abort()


class _Pool:
    """The connections of one event loop to the server at `ends`, for so many `users`."""

    def __init__(self, ends: Ends, ident: ClientIdent) -> None:
        self.users = 0
        self._ends = ends
        self._ident = ident
        self._idle: list[_Line] = []
        self._lines: set[_Line] = set()
        self._opening = 0
        self._room: deque[asyncio.Future[None]] = deque()
        self._sweep: asyncio.TimerHandle | None = None

    async def exchange(self, ask: Ask, seconds: float) -> Any:
        """The answer to what `ask` encodes, be it a refusal. Raises as `pool.Pool.exchange`."""
        line: _Line | None = None
        answer: Any = None
        broken = True
        try:
            async with asyncio.timeout(seconds):
                line = self._usable() or await self._open(seconds)
                broken = False
                request = ask(line.codec)[1]
                broken = True
                answer = await line.answer(request)
                broken = False
        except TimeoutError:
            raise CallTimeout(f"no answer within {seconds:.3g} s") from None
        finally:
            if line is not None:
                self._give(line, broken)
        return answer

    def _usable(self) -> _Line | None:
        while self._idle:
            line = self._idle.pop()
            if not line.closed:
                return line
            self._lines.discard(line)
        return None

    def _give(self, line: _Line, broken: bool) -> None:
        """The call is over."""
        if broken or line.closed or line.codec.ended or not self.users:
            line.close()
            self._lines.discard(line)
        else:
            line.used = monotonic()
            self._idle.append(line)
        self._let_next_go_on()

    def _let_next_go_on(self) -> None:
        while self._room:
            waiting = self._room.popleft()
            if not waiting.done():
                waiting.set_result(None)
                return

    async def _open(self, seconds: float) -> _Line:
        while len(self._lines) + self._opening >= MOST_CONNECTIONS:
            room: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._room.append(room)
            await room
            line = self._usable()
            if line is not None:
                return line
        self._opening += 1
        try:
            line = await self._connect(seconds)
        except BaseException:
            self._let_next_go_on()
            raise
        finally:
            self._opening -= 1
        self._lines.add(line)
        if self._sweep is None:
            self._arm()
        return line

    async def _connect(self, seconds: float) -> _Line:
        """A new connection to the first address that answers, which is tried first from now on; each gets its share of
        the time."""
        failures = []
        for endpoint in self._ends:
            codec = ClientConnection(DEFAULT_LIMITS.max_frame, self._ident)
            try:
                async with asyncio.timeout(seconds / len(self._ends)):
                    transport, stream = await connect(endpoint, codec)
            except OSError as error:
                failures.append(f"{endpoint}: {error.strerror or error}")
                continue
            if endpoint is not self._ends[0]:
                self._ends = (endpoint, *(other for other in self._ends if other is not endpoint))
            return _Line(transport, stream, codec)
        raise CannotConnect("\n".join(failures))

    async def prepare(self, seconds: float) -> None:
        """See that the server can be reached. Raises CannotConnect."""
        try:
            async with asyncio.timeout(seconds):
                line = self._usable() or await self._open(seconds)
        except TimeoutError:
            raise CannotConnect(f"{self._ends[0]}: no connection within {seconds:.3g} s") from None
        self._give(line, broken=False)

    def _arm(self) -> None:
        self._sweep = asyncio.get_running_loop().call_later(IDLE_TIMEOUT / 8, self._close_unused)

    def _close_unused(self) -> None:
        self._sweep = None
        limit = monotonic() - IDLE_TIMEOUT
        for line in [line for line in self._idle if line.closed or line.used < limit]:
            self._idle.remove(line)
            self._lines.discard(line)
            line.end()
        if self._lines:
            self._arm()

    def leave(self) -> None:
        """One user less. Behind the last one connections are closed, those in use when their call is over."""
        self.users -= 1
        if not self.users:
            self._close(self._idle)

    def break_off(self) -> None:
        """The other side counts as gone, or is needed no more: calls under way end with ConnectionLost."""
        self._close(self._lines)

    def _close(self, lines: list[_Line] | set[_Line]) -> None:
        for line in list(lines):
            line.close()
            self._lines.discard(line)
        self._idle = [line for line in self._idle if not line.closed]
        if self._sweep is not None and not self._lines:
            self._sweep.cancel()
            self._sweep = None


_Pools = WeakValueDictionary[tuple[frozenset[Endpoint], ClientIdent], _Pool]
_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, _Pools] = WeakKeyDictionary()


def _join(ends: Ends, ident: ClientIdent) -> _Pool:
    """The running loop's pool for the server at `ends`, which has one more user now."""
    pools = _pools.setdefault(asyncio.get_running_loop(), WeakValueDictionary())
    key = (frozenset(ends), ident)
    pool = pools.get(key)
    if pool is None or not pool.users:
        pool = pools[key] = _Pool(ends, ident)
    pool.users += 1
    return pool


class AsyncConnection(BaseConnection[_Pool]):
    """The way to the objects of a reference, in the running loop. To its users it is what `transport.aio`'s is, but for
    subscriptions, which this protocol has not."""

    @classmethod
    async def open(cls, reference: Reference, *, ident: ClientIdent, timeout: float) -> AsyncConnection:  # noqa: ASYNC109
        """Connect to the server of an object. Raises CannotConnect."""
        connection = cls(reference, ident)
        try:
            await connection._pool(reference.ends).prepare(timeout)
        except BaseException:
            connection.close()
            raise
        return connection

    def on_lost(self, callback: Callable[[ConnectionLost], object]) -> None:
        """Have `callback` called once when a call finds the server gone (not for `close`); soon when that has happened
        already."""
        if self._lost is None:
            self._on_lost.append(callback)
        else:
            asyncio.get_running_loop().call_soon(callback, self._lost)

    async def call(self, request: Request, timeout: float) -> Any:  # noqa: ASYNC109
        """Send a request and await its result. Raises as `blocking.Connection.call`."""
        place = self._objects.ready.get(request.device)
        if place is None:
            return await self._follow(self._objects.perform(request), timeout)
        ends, target = place
        answer = await self._exchange(ends, lambda codec: codec.request(request, target), timeout)
        if isinstance(answer, EXTRAORDINARY):
            return await self._follow(self._objects.conclude(request, answer), timeout)
        return answer

    async def subscribe(self, request: Subscribe, on_event: OnEvent, timeout: float) -> Subscription:  # noqa: ASYNC109
        """Raises NotNative: in this protocol a subscription is a command of the admin device, and the events come
        another way (EVT-8)."""
        raise NotNative(NO_EVENTS)

    async def unsubscribe(self, topic: int, device: str, on_event: OnEvent | None = None) -> None:
        """Raises NotNative, as there is no subscription."""
        raise NotNative(NO_EVENTS)

    async def level(self, device: str, timeout: float) -> int:  # noqa: ASYNC109
        """The interface level of a device. Raises as `call`."""
        place = await self._follow(self._objects.find(device), timeout)
        return place.target.level

    async def _follow(self, talk: Talk[R], seconds: float) -> R:
        """Say what a talk wants to be said; its result."""
        deadline = monotonic() + seconds
        try:
            exchange = next(talk)
            while True:
                exchange = talk.send(await self._exchange(exchange.ends, exchange.ask, deadline - monotonic()))
        except StopIteration as done:
            result: R = done.value
            return result
        finally:
            if self._objects.gone:
                self._lose("the server has no such object")

    async def _exchange(self, ends: Ends, ask: Ask, seconds: float) -> Any:
        try:
            return await self._pool(ends).exchange(ask, seconds)
        except (CannotConnect, ConnectionLost) as error:
            raise self._broken(error) from error

    def _pool(self, ends: Ends) -> _Pool:
        if self._lost is not None:
            raise ConnectionLost(str(self._lost), sent=False)
        pool = self._pools.get(ends)
        if pool is None:
            pool = self._pools[ends] = _join(ends, self._ident)
        return pool

    def _lose(self, text: str) -> list[_Pool]:
        if self._lost is None:
            self._lost = ConnectionLost(text, sent=True)
        pools, self._pools = list(self._pools.values()), {}
        callbacks, self._on_lost = self._on_lost, []
        for pool in pools:
            pool.leave()
        loop = asyncio.get_running_loop() if callbacks else None
        for callback in callbacks:
            assert loop is not None
            loop.call_soon(callback, self._lost)
        return pools
