"""The blocking runner: each step is waited for in the thread that runs the plan.

One connection for each server, shared by all proxies and threads of the process.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from server_core.transport import own
from server_core.transport.errors import CallTimeout, ConnectionLost
from server_core.transport.reach import connect
from tangoterm.client.links import identity, listens, tls_settings
from tangoterm.client.recovery import Recovery
from tangoterm.client.steps import Address, Confirm, Held, Plan, run_blocking

if TYPE_CHECKING:
    from concurrent.futures import Future

    from server_core.protocol.operations import Request, Subscribe, Subscription
    from server_core.transport.events import Listener
    from server_core.transport.reach import AnyConnection
    from server_core.transport.zmq.consumer import ThreadConsumer, Ticket
    from server_core.transport.zmq.offer import Wish

P = ParamSpec("P")
R = TypeVar("R")
H = TypeVar("H")


class _Link:
    """A connection, and who listens on it."""

    def __init__(self, connection: AnyConnection) -> None:
        self.connection = connection
        self.listeners: set[Listener] = set()


class _Slot:
    """The place of the link to one server; the lock is held while it is made."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.link: _Link | None = None


class ThreadRunner:
    """Performs the steps of plans in the calling threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: dict[Address, _Slot] = {}
        self._consumer: ThreadConsumer | None = None
        self.recovery = Recovery(self.spawn)

    def run(self, plan: Plan[R]) -> R:
        """Perform `plan` and give its result."""
        return run_blocking(plan, self)

    def spawn(self, plan: Plan[None]) -> None:
        """Perform `plan` in the background."""
        threading.Thread(target=self.run, args=(plan,), name="tangoterm-client", daemon=True).start()

    # ---- steps

    def call(self, address: Address, request: Request, timeout: float) -> Any:
        """The result of a request."""
        if own.servers and self.collocated(address):
            return own.call(address.endpoints, request)
        link = self._known(address)
        if link is None:
            deadline = time.monotonic() + timeout
            link = self._new_link(address, timeout)
            timeout = deadline - time.monotonic()
        return link.connection.call(request, timeout)

    def collocated(self, address: Address) -> bool:
        """Whether the calling thread executes a request of the server at `address`, and so must not wait for it."""
        server = own.servers.get(address.endpoints)
        return server is not None and server.within()

    def submit(self, address: Address, request: Request, timeout: float) -> Future[Any]:
        """The future result of a request."""
        return self._link(address, timeout).connection.submit(request, timeout)

    def listen(self, address: Address, request: Subscribe, listener: Listener, timeout: float) -> Subscription:
        """Subscribe; `listener` hears of every event, and of the end of the connection."""
        link = self._link(address, timeout)
        with self._lock:
            link.listeners.add(listener)
        try:
            return link.connection.subscribe(request, listener.receive, timeout)
        except BaseException:
            with self._lock:
                link.listeners.discard(listener)
            raise

    def ignore(self, address: Address, topic: int, device: str, listener: Listener) -> None:
        """End a subscription; nothing more to do when its connection is gone, or its server does not answer."""
        link = self._known(address)
        if link is None or listener not in link.listeners:
            return
        with self._lock:
            link.listeners.discard(listener)
        with suppress(ConnectionLost, CallTimeout):
            link.connection.unsubscribe(topic, device, listener.receive)

    def carries_events(self, address: Address, timeout: float) -> bool:
        """Whether events come on the connection to a server."""
        return self._link(address, timeout).connection.carries_events

    def attach(self, wish: Wish, listener: Listener, confirm: Confirm) -> Ticket:
        """Receive events over ZeroMQ; `listener` hears of each, and of the loss of the server."""
        from server_core.transport.zmq.consumer import ThreadConsumer

        with self._lock:
            if self._consumer is None:
                self._consumer = ThreadConsumer()
            attached = self._consumer.attach(wish, listener, lambda names: self.spawn(confirm(names)))
        return attached.result()

    def detach(self, ticket: Ticket) -> None:
        """End that."""
        with self._lock:
            if self._consumer is not None:
                self._consumer.detach(ticket)

    def level(self, address: Address, device: str, timeout: float) -> int:
        """The interface level of a device whose server speaks Tango's own protocol."""
        from server_core.transport.giop.blocking import Connection

        connection = self._link(address, timeout).connection
        assert isinstance(connection, Connection)
        return connection.level(device, timeout)

    def unbroken(self, address: Address) -> None:
        """Raises ConnectionLost, once, when the connection has broken."""
        slot = self._slots.get(address)
        if slot is not None and slot.link is not None and slot.link.connection.closed:
            slot.link = None
            raise ConnectionLost("the connection broke since it was last used", sent=False)

    def listening(self, address: Address) -> bool:
        """Whether a server listens; the connection to it counts as broken otherwise."""
        found = listens(address)
        link = self._known(address)
        if not found and link is not None:
            link.connection.give_up("the server does not listen any more")
        return found

    def perform(self, work: Callable[[], Any]) -> Any:
        """The result of `work`."""
        return work()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)

    # ---- connections

    def _known(self, address: Address) -> _Link | None:
        slot = self._slots.get(address)
        link = slot.link if slot is not None else None
        return None if link is None or link.connection.closed else link

    def _link(self, address: Address, timeout: float) -> _Link:
        return self._known(address) or self._new_link(address, timeout)

    def _new_link(self, address: Address, timeout: float) -> _Link:
        with self._lock:
            slot = self._slots.setdefault(address, _Slot())
        with slot.lock:
            link = slot.link
            if link is None or link.connection.closed:
                link = slot.link = _Link(_open(address, timeout))
                link.connection.on_lost(partial(self._lost, address, link))
            return link

    def _lost(self, address: Address, link: _Link, cause: ConnectionLost) -> None:
        with self._lock:
            listeners, link.listeners = link.listeners, set()
            if address.is_reference:  # it was of this device alone, which has another one now
                self._slots.pop(address, None)
        for listener in listeners:
            listener.connection_lost()

    def close(self) -> None:
        """Close all connections and give up what is lost; the next calls connect again."""
        with self._lock:
            links = [slot.link for slot in self._slots.values() if slot.link is not None]
            self._slots.clear()
            for link in links:
                link.listeners.clear()
            consumer, self._consumer = self._consumer, None
        for link in links:
            link.connection.close()
        if consumer is not None:
            consumer.close()
        self.recovery.give_up()


def _open(address: Address, timeout: float) -> AnyConnection:
    return connect(address.endpoints, address.host, ident=identity(), timeout=timeout, tls=tls_settings())


_runner = ThreadRunner()


def thread_runner() -> ThreadRunner:
    """The blocking runner of this process."""
    return _runner


def _start_afresh() -> None:
    global _runner
    _runner = ThreadRunner()


os.register_at_fork(after_in_child=_start_afresh)


def blocking(plan: Callable[Concatenate[H, P], Plan[R]]) -> Callable[Concatenate[Held[H], P], R]:
    """The proxy method that performs `plan` and waits for its result."""

    @wraps(plan)
    def method(self: Held[H], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return run_blocking(plan(self._handle, *args, **kwargs), _runner)

    return method
