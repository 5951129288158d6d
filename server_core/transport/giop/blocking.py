"""The blocking client of Tango's own protocol: what looks like one connection, with as many as it takes behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from server_core.model.errors import DevFailed
from server_core.model.identity import ClientIdent
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.operations import Request, Subscribe, Subscription
from server_core.transport.errors import CannotConnect, ConnectionLost, NotNative, RequestRefused, TransportError
from server_core.transport.giop.connection import NO_EVENTS, BaseConnection
from server_core.transport.giop.objects import EXTRAORDINARY, Place, R, Talk
from server_core.transport.giop.pool import Ask, Ends, GiopLine, Pool, join
from server_core.transport.giop.reference import Reference
from server_core.transport.giop.replies import replies

if TYPE_CHECKING:
    from concurrent.futures import Future

    from server_core.transport.events import OnEvent


class Connection(BaseConnection[Pool]):
    """The way to the objects of a reference; safe to use from any number of threads.

    To its users it is what `transport.blocking.Connection` is, but for subscriptions, which this protocol has not.
    """

    def __init__(self, reference: Reference, ident: ClientIdent) -> None:
        super().__init__(reference, ident)
        self._lock = threading.Lock()

    @classmethod
    def open(cls, reference: Reference, *, ident: ClientIdent, timeout: float) -> Connection:
        """Connect to the server of an object. Raises CannotConnect, and CallTimeout when none of the connections to it
        becomes free in time."""
        connection = cls(reference, ident)
        try:
            connection._pool(reference.ends).prepare(timeout)
        except BaseException:
            connection.close()
            raise
        return connection

    def on_lost(self, callback: Callable[[ConnectionLost], object]) -> None:
        """Have `callback` called once when a call finds the server gone (not for `close`), in the thread of that call;
        at once when that has happened already."""
        with self._lock:
            lost = self._lost
            if lost is None:
                self._on_lost.append(callback)
        if lost is not None:
            callback(lost)

    def call(self, request: Request, timeout: float) -> Any:
        """Send a request and wait for its result.

        Raises the DevFailed that the server answers, DevFailed `API_DeviceNotFound` when it has no such object,
        CallTimeout, ConnectionLost, RequestRefused, and ProtocolError for a request that cannot be encoded.
        """
        place = self._objects.ready.get(request.device)
        if place is None:
            return self._follow(self._objects.perform(request), timeout)
        ends, target = place
        answer = self._exchange(ends, lambda codec: codec.request(request, target), timeout)
        if isinstance(answer, EXTRAORDINARY):
            return self._follow(self._objects.conclude(request, answer), timeout)
        return answer

    def call_all(self, requests: Sequence[Request], timeout: float) -> list[Any]:
        """Send requests one behind the other: the result of each in order, or the DevFailed or RequestRefused in its
        place. Raises CallTimeout, and ConnectionLost when not all could be sent."""
        outcomes: list[Any] = []
        for request in requests:
            try:
                outcomes.append(self.call(request, timeout))
            except (DevFailed, RequestRefused) as failure:
                outcomes.append(failure)
        return outcomes

    def submit(self, request: Request, timeout: float) -> Future[Any]:
        """Send a request without waiting: its result, or what `call` would raise, comes in the future.

        Waits for what has to be found out about the device first. Who cancels the future closes the connection that
        the answer would have come on.
        """
        from concurrent.futures import Future

        future: Future[Any] = Future()
        place = self._follow(self._objects.find(request.device), timeout)
        if request.device not in self._objects.ready:
            work = partial(self._settle_by_call, future, request, timeout)
            threading.Thread(target=work, name="tango-giop-call", daemon=True).start()
            return future
        pool = self._pool(place.ends)
        line = self._sent(pool, request, place, timeout)

        def deliver(answer: Any) -> None:
            outcome = self._objects.outcome_of(answer, request.device)
            if isinstance(outcome, ConnectionLost) or self._objects.gone:
                self._lose(str(outcome))
            _settle(future, outcome)

        future.add_done_callback(lambda done: replies().forget(line) if done.cancelled() else None)
        replies().expect(pool, line, timeout, deliver)
        return future

    def subscribe(self, request: Subscribe, on_event: OnEvent, timeout: float) -> Subscription:
        """Raises NotNative: in this protocol a subscription is a command of the admin device, and the events come
        another way (EVT-8)."""
        raise NotNative(NO_EVENTS)

    def unsubscribe(self, topic: int, device: str, on_event: OnEvent | None = None) -> None:
        """Raises NotNative, as there is no subscription."""
        raise NotNative(NO_EVENTS)

    def level(self, device: str, timeout: float) -> int:
        """The interface level of a device. Raises as `call`."""
        return self._follow(self._objects.find(device), timeout).target.level

    # What is said to the server.

    def _follow(self, talk: Talk[R], timeout: float) -> R:
        """Say what a talk wants to be said; its result."""
        deadline = monotonic() + timeout
        try:
            exchange = next(talk)
            while True:
                exchange = talk.send(self._exchange(exchange.ends, exchange.ask, deadline - monotonic()))
        except StopIteration as done:
            result: R = done.value
            return result
        finally:
            if self._objects.gone:
                self._lose("the server has no such object")

    def _exchange(self, ends: Ends, ask: Ask, timeout: float) -> Any:
        try:
            return self._pool(ends).exchange(ask, timeout)
        except (CannotConnect, ConnectionLost) as error:
            raise self._broken(error) from error

    def _sent(self, pool: Pool, request: Request, place: Place, timeout: float) -> GiopLine:
        """The connection on which a request has been sent."""
        try:
            return pool.send(lambda codec: codec.request(request, place.target), timeout)
        except (CannotConnect, ConnectionLost) as error:
            raise self._broken(error) from error

    def _settle_by_call(self, future: Future[Any], request: Request, timeout: float) -> None:
        outcome: Any
        try:
            outcome = self.call(request, timeout)
        except (DevFailed, ProtocolError, TransportError) as failure:
            outcome = failure
        _settle(future, outcome)

    # The pools, and the end.

    def _pool(self, ends: Ends) -> Pool:
        pool = self._pools.get(ends)
        if pool is not None:
            return pool
        with self._lock:
            if self._lost is not None:
                raise ConnectionLost(str(self._lost), sent=False)
            pool = self._pools.get(ends)
            if pool is None:
                pool = self._pools[ends] = join(ends, self._ident)
            return pool

    def _lose(self, text: str) -> list[Pool]:
        with self._lock:
            if self._lost is None:
                self._lost = ConnectionLost(text, sent=True)
            pools, self._pools = list(self._pools.values()), {}
            callbacks, self._on_lost = self._on_lost, []
        for pool in pools:
            pool.leave()
        for callback in callbacks:
            callback(self._lost)
        return pools


def _settle(future: Future[Any], outcome: Any) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
