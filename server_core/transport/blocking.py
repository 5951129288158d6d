"""The blocking client: calls, asynchronous calls and events over one native connection.

A thread that calls sends its request and reads the socket itself until its answer is there; answers for others that
come first are handed to them. There is one reader at a time: who finds one at work sleeps until its own answer has come
or until the reader leaves, and reads on. Only while asynchronous answers or events are due does a thread read in the
background.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from server_core.model.identity import ClientIdent
from server_core.protocol.exchange import Broken, Dropped, Occurred, Received, Reply, Send
from server_core.protocol.native.connection import ClientConnection
from server_core.protocol.operations import Request, Subscribe, Subscription, Unsubscribe
from server_core.transport.contract import DEFAULT_LIMITS, Limits
from server_core.transport.endpoint import Endpoint
from server_core.transport.errors import CallTimeout, ConnectionLost
from server_core.transport.events import Dispatcher, OnEvent, Topics
from server_core.transport.greeting import open_line
from server_core.transport.line import Line
from server_core.transport.waiters import NOTHING, FutureWaiter, SubscribeWaiter, Waiter

if TYPE_CHECKING:
    from concurrent.futures import Future

    from server_core.transport.tls import ClientTls

KEEP_ALIVE = 5.0
"""Seconds of silence after which a connection with events is asked for a sign of life, and again until it is lost."""

LINGER = 0.25
"""Seconds that the background reader stays when nothing is due any more."""

UNSUBSCRIBE_TIMEOUT = 3.0

_UNUSED = 0.05
"""Seconds without a call after which a connection may have been closed unnoticed."""


class Connection:
    """One connection to a server; safe to use from any number of threads, also from event callbacks."""

    carries_events: Final = True
    """Events come on it to whoever subscribed on it."""

    def __init__(self, line: Line[ClientConnection], endpoint: Endpoint, limits: Limits = DEFAULT_LIMITS) -> None:
        self.endpoint = endpoint
        self._line = line
        self._codec = line.codec
        self._sending = threading.Lock()
        self._reading = threading.Lock()
        self._reader = 0
        self._background: threading.Thread | None = None
        self._start_lock = threading.Lock()
        self._waiters: dict[int, Waiter] = {}
        self._inbox: deque[Received] = deque()
        self._asynchronous = 0
        self._subscribing = threading.Lock()
        self._topics = Topics()
        self._dispatcher = Dispatcher(limits.max_event_backlog, f"tango-events {endpoint}")
        self._lost: ConnectionLost | None = None
        self._on_lost: list[Callable[[ConnectionLost], object]] = []
        self._last_used = time.monotonic()

    @classmethod
    def open(
        cls,
        endpoint: Endpoint,
        *,
        ident: ClientIdent,
        timeout: float = 3.0,
        tls: ClientTls | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Connection:
        """Connect to a server. Raises CannotConnect, NotNative when the other side closes without a greeting."""
        return cls(open_line(endpoint, ident, timeout, tls, limits), endpoint, limits)

    @property
    def closed(self) -> bool:
        """Whether the connection has been closed or lost."""
        return self._lost is not None

    def on_lost(self, callback: Callable[[ConnectionLost], object]) -> None:
        """Have `callback` called once, from the thread of the events, when the connection breaks (not for `close`);
        at once when it is broken already."""
        self._on_lost.append(callback)
        if self._lost is not None:
            self._announce(self._lost)

    def call(self, request: Request, timeout: float) -> Any:
        """Send a request and wait for its result.

        Raises the DevFailed that the server answers, CallTimeout, ConnectionLost, and ProtocolError for a request that
        cannot be encoded.
        """
        waiter = Waiter()
        self._answer_of(waiter, self._submit(request, waiter, timeout), timeout)
        if isinstance(waiter.answer, Exception):
            raise waiter.answer
        return waiter.answer

    def call_all(self, requests: Sequence[Request], timeout: float) -> list[Any]:
        """Send requests one behind the other without waiting between them: the result of each in order, or the
        DevFailed or ConnectionLost in its place. Raises CallTimeout, and ConnectionLost when not all could be sent.
        """
        waiting: list[tuple[Waiter, int]] = []
        for request in requests:
            waiter = Waiter()
            waiting.append((waiter, self._submit(request, waiter, timeout)))
        for waiter, request_id in waiting:
            self._answer_of(waiter, request_id, timeout)
        return [waiter.answer for waiter, _ in waiting]

    def submit(self, request: Request, timeout: float = KEEP_ALIVE) -> Future[Any]:
        """Send a request without waiting: its result, or what `call` would raise, comes in the future.

        Waits while as many requests are unanswered as the server allows, up to `timeout`.
        """
        from concurrent.futures import Future

        waiter = FutureWaiter(Future())
        self._asynchronous += 1
        waiter.future.add_done_callback(self._asynchronous_done)
        try:
            self._submit(request, waiter, timeout)
        except BaseException:
            waiter.future.cancel()
            raise
        self._read_in_background()
        return waiter.future

    def subscribe(self, request: Subscribe, on_event: OnEvent, timeout: float) -> Subscription:
        """Have `on_event` called, in a thread of its own, with each event, and with `Dropped` for events lost.

        Raises as `call` does. Several subscriptions may share a topic; each callback then gets every event.
        """
        waiter = SubscribeWaiter(lambda answer: self._subscribed(answer, on_event))
        with self._subscription_turn():
            self._topics.subscribing()
            try:
                request_id = self._submit(request, waiter, timeout)
                self._read_in_background()
                self._answer_of(waiter, request_id, timeout)
            finally:
                if waiter.answer is NOTHING:
                    self._topics.subscribed(None, on_event)
        if isinstance(waiter.answer, Exception):
            raise waiter.answer
        subscription: Subscription = waiter.answer
        return subscription

    def unsubscribe(self, topic: int, device: str, on_event: OnEvent | None = None) -> None:
        """End the subscriptions of a topic, or only the one with that callback; the server is told when none is left.

        Raises as `call` does.
        """
        with self._subscription_turn():
            if not self._topics.unsubscribed(topic, on_event):
                return
            self.call(Unsubscribe(device, topic), UNSUBSCRIBE_TIMEOUT)

    def give_up(self, text: str) -> None:
        """The other side counts as gone: calls under way end with ConnectionLost, and `on_lost` hears of it."""
        self._lose(text)

    def close(self) -> None:
        """Close the connection; calls under way end with ConnectionLost."""
        self._on_lost.clear()
        self._lose("the connection was closed")

    @contextmanager
    def _subscription_turn(self) -> Iterator[None]:
        """One at a time, so that `subscribe` and `unsubscribe` of one topic cannot cross on the way. Who is the reader
        reads on while it waits, since the other waits for its answer."""
        while not self._subscribing.acquire(timeout=0 if self._reader == threading.get_ident() else -1):
            self._pump(0.01)
        try:
            yield
        finally:
            self._subscribing.release()

    def _subscribed(self, answer: Any, on_event: OnEvent) -> None:
        topic = answer.topic if isinstance(answer, Subscription) else None
        for message in self._topics.subscribed(topic, on_event):
            self._dispatcher.event((on_event,), message)

    def _asynchronous_done(self, future: Future[Any]) -> None:
        self._asynchronous -= 1

    # Sending.

    def _submit(self, request: Request, waiter: Waiter, timeout: float) -> int:
        """Send a request whose answer goes to `waiter`; its number."""
        now = time.monotonic()
        if now - self._last_used > _UNUSED:
            self._look()
        self._last_used = now
        if len(self._codec.expected) >= self._codec.max_outstanding:
            self._await_room(now + timeout)
        if self._lost is not None:
            raise ConnectionLost(str(self._lost), sent=False)
        request_id, frame = self._codec.request(request)
        self._waiters[request_id] = waiter
        try:
            with self._sending:
                self._line.send(frame, timeout)
        except OSError as error:
            self._waiters.pop(request_id, None)
            self._lose(f"sending failed: {error}")
            raise ConnectionLost(f"sending failed: {error}", sent=False) from error
        if self._lost is not None and self._waiters.pop(request_id, None) is not None:
            raise ConnectionLost(str(self._lost), sent=True)
        return request_id

    def _look(self) -> None:
        """Take notice of what has come while nobody read; above all of the end."""
        if self._background is None and self._lost is None and self._reading.acquire(blocking=False):
            try:
                self._pump(0.0, socket.MSG_DONTWAIT)
            finally:
                self._stop_reading()

    def _await_room(self, deadline: float) -> None:
        """Wait until another request may be sent."""
        while len(self._codec.expected) >= self._codec.max_outstanding and self._lost is None:
            if time.monotonic() > deadline:
                raise CallTimeout(f"{self._codec.max_outstanding} requests are unanswered, the most this server allows")
            waiter = Waiter()
            waiter.prepare()
            self._waiters[id(waiter)] = waiter
            self._await(waiter, min(deadline, time.monotonic() + 0.01))
            self._waiters.pop(id(waiter), None)

    # Waiting and reading.

    def _answer_of(self, waiter: Waiter, request_id: int, timeout: float) -> None:
        """Wait until the answer is there. Raises CallTimeout."""
        deadline = time.monotonic() + timeout
        if self._reading.acquire(False):
            self._read_until(waiter, deadline, timeout)
        if waiter.answer is NOTHING:
            self._await(waiter, deadline)
        if waiter.answer is NOTHING:
            self._codec.forget(request_id)
            if self._waiters.pop(request_id, None) is not None:
                raise CallTimeout(f"no answer within {timeout} s")
            while waiter.answer is NOTHING:  # the reader is delivering it this moment
                time.sleep(0)

    def _await(self, waiter: Waiter, deadline: float) -> None:
        """Wait for an answer until the deadline: read, or sleep while another thread reads."""
        while waiter.answer is NOTHING:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return
            waiter.prepare()
            if self._reader == threading.get_ident():
                self._pump(remaining)
            elif self._reading.acquire(blocking=False):
                self._read_until(waiter, deadline, remaining)
            else:
                waiter.sleep(remaining)

    def _read_until(self, waiter: Waiter, deadline: float, timeout: float) -> None:
        """Be the reader until the answer is there or the deadline has passed."""
        self._reader = threading.get_ident()
        try:
            while waiter.answer is NOTHING and timeout > 0:
                self._pump(timeout)
                if waiter.answer is NOTHING:
                    timeout = deadline - time.monotonic()
        finally:
            self._stop_reading()

    def _stop_reading(self) -> None:
        """Let another thread that waits be the reader."""
        self._reader = 0
        self._reading.release()
        if self._lost is not None:
            self._dispose()
        if self._waiters:
            for waiter in list(self._waiters.values()):
                waiter.wake()

    def _pump(self, timeout: float, flags: int = 0) -> bool:
        """Read once and act on what came; False when nothing did in time. Only for the reader.

        A callback of a future may call from within, and so read on; hence the inbox.
        """
        if not self._inbox:
            if self._lost is not None:
                return False
            try:
                received = self._line.read(timeout, flags)
            except BlockingIOError:
                return False
            except OSError as error:
                self._lose(f"reading failed: {error}")
                return False
            if received is None:
                self._lose("the server closed the connection")
                return False
            if len(received) == 1:
                _ACTIONS[type(received[0])](self, received[0])
                return True
            self._inbox += received
        while self._inbox:
            message = self._inbox.popleft()
            _ACTIONS[type(message)](self, message)
        return True

    def _replied(self, reply: Reply) -> None:
        waiter = self._waiters.pop(reply.id, None)
        if waiter is not None:
            waiter.deliver(reply.result)

    def _happened(self, message: Occurred | Dropped) -> None:
        takers = self._topics.takers(message)
        if takers:
            self._dispatcher.event(takers, message)

    def _asked(self, message: Send) -> None:
        self._send_own(message)

    def _send_own(self, message: Send) -> None:
        try:
            with self._sending:
                self._line.send(message.frame, KEEP_ALIVE)
        except OSError as error:
            self._lose(f"sending failed: {error}")

    def _refused(self, message: Broken) -> None:
        self._lose(str(message.error))

    # Reading in the background.

    def _read_in_background(self) -> None:
        with self._start_lock:
            if self._background is None and self._lost is None:
                name = f"tango-reader {self.endpoint}"
                self._background = threading.Thread(target=self._run, name=name, daemon=True)
                self._background.start()

    def _run(self) -> None:
        self._reading.acquire()
        self._reader = threading.get_ident()
        try:
            while self._stay():
                if not self._pump(KEEP_ALIVE if self._topics else LINGER) and self._topics:
                    self._check_link()
        finally:
            self._stop_reading()

    def _stay(self) -> bool:
        """Whether the background reader goes on; it ends when nothing has been due for a while."""
        if self._lost is not None:
            return False
        if self._topics or self._asynchronous:
            return True
        if self._pump(LINGER) or self._topics or self._asynchronous:
            return True
        with self._start_lock:
            if not self._topics and not self._asynchronous:
                self._background = None
        return self._background is not None

    def _check_link(self) -> None:
        """Nothing has come for a while though events are due: the server may be gone without a word."""
        self._send_own(Send(self._codec.ping()))
        if not self._pump(KEEP_ALIVE) and self._lost is None:
            self._lose(f"no sign of life from the server for {2 * KEEP_ALIVE} s")

    # The end.

    def _lose(self, text: str) -> None:
        with self._start_lock:
            if self._lost is not None:
                return
            self._lost = ConnectionLost(text, sent=True)
        self._line.close()
        for request_id in list(self._waiters):
            waiter = self._waiters.pop(request_id, None)
            if waiter is not None:
                waiter.deliver(ConnectionLost(text, sent=True))
        self._announce(self._lost)
        self._dispatcher.finish()
        self._dispose()

    def _dispose(self) -> None:
        """Give the socket back, unless somebody still reads it: then that thread does it on leaving."""
        if self._reading.acquire(blocking=False):
            with self._sending:
                self._line.socket.close()
            self._reading.release()

    def _announce(self, lost: ConnectionLost) -> None:
        callbacks, self._on_lost = self._on_lost, []
        for callback in callbacks:
            self._dispatcher.call(lambda callback=callback: callback(lost))  # type: ignore[misc]


_ACTIONS: dict[type[Any], Callable[[Connection, Any], None]] = {
    Reply: Connection._replied,
    Occurred: Connection._happened,
    Dropped: Connection._happened,
    Send: Connection._asked,
    Broken: Connection._refused,
}
