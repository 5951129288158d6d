"""The asyncio runner: each step is awaited in the loop that runs the plan.

One connection for each server and loop. Work that may block (asking the database) goes to threads nobody waits for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial, wraps
from time import monotonic
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from server_core.transport.errors import CallTimeout, ConnectionLost
from server_core.transport.reach import connect_async
from tangoterm.client.aside import aside
from tangoterm.client.links import identity, listens, tls_settings
from tangoterm.client.recovery import Recovery
from tangoterm.client.steps import Address, Confirm, Held, Plan, run_awaiting

if TYPE_CHECKING:
    from server_core.protocol.operations import Request, Subscribe, Subscription
    from server_core.transport.events import Listener
    from server_core.transport.reach import AnyAsyncConnection
    from server_core.transport.zmq.consumer import LoopConsumer, Ticket
    from server_core.transport.zmq.offer import Wish

P = ParamSpec("P")
R = TypeVar("R")
H = TypeVar("H")


class _Link:
    """A connection, and who listens on it."""

    def __init__(self, connection: AnyAsyncConnection) -> None:
        self.connection = connection
        self.listeners: set[Listener] = set()


class _Slot:
    """The place of the link to one server; the lock is held while it is made."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.link: _Link | None = None


class LoopRunner:
    """Performs the steps of plans in one event loop."""

    def __init__(self) -> None:
        self._slots: dict[Address, _Slot] = {}
        self._consumer: LoopConsumer | None = None
        self.recovery = Recovery(self.spawn)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, plan: Plan[R]) -> R:
        """Perform `plan` and give its result."""
        return await run_awaiting(plan, self)

    def spawn(self, plan: Plan[None]) -> None:
        """Perform `plan` in a task."""
        task = asyncio.get_running_loop().create_task(self.run(plan), name="tangoterm-client")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ---- steps

    async def call(self, address: Address, request: Request, timeout: float) -> Any:  # noqa: ASYNC109
        """The result of a request."""
        link = self._known(address)
        if link is None:
            deadline = monotonic() + timeout
            link = await self._new_link(address, timeout)
            timeout = deadline - monotonic()
        return await link.connection.call(request, timeout)

    async def submit(self, address: Address, request: Request, timeout: float) -> asyncio.Task[Any]:  # noqa: ASYNC109
        """The task that will have the result of a request."""
        return asyncio.get_running_loop().create_task(self.call(address, request, timeout))

    async def listen(
        self,
        address: Address,
        request: Subscribe,
        listener: Listener,
        timeout: float,  # noqa: ASYNC109
    ) -> Subscription:
        """Subscribe; `listener` hears of every event, and of the end of the connection."""
        link = self._known(address) or await self._new_link(address, timeout)
        link.listeners.add(listener)
        try:
            return await link.connection.subscribe(request, listener.receive, timeout)
        except BaseException:
            link.listeners.discard(listener)
            raise

    async def ignore(self, address: Address, topic: int, device: str, listener: Listener) -> None:
        """End a subscription; nothing more to do when its connection is gone, or its server does not answer."""
        link = self._known(address)
        if link is not None and listener in link.listeners:
            link.listeners.discard(listener)
            with suppress(ConnectionLost, CallTimeout):
                await link.connection.unsubscribe(topic, device, listener.receive)

    async def carries_events(self, address: Address, timeout: float) -> bool:  # noqa: ASYNC109
        """Whether events come on the connection to a server."""
        link = self._known(address) or await self._new_link(address, timeout)
        return link.connection.carries_events

    async def attach(self, wish: Wish, listener: Listener, confirm: Confirm) -> Ticket:
        """Receive events over ZeroMQ; `listener` hears of each, and of the loss of the server."""
        from server_core.transport.zmq.consumer import LoopConsumer

        if self._consumer is None:
            self._consumer = LoopConsumer(asyncio.get_running_loop())
        attached = self._consumer.attach(wish, listener, lambda names: self.spawn(confirm(names)))
        return await asyncio.wrap_future(attached)

    async def detach(self, ticket: Ticket) -> None:
        """End that."""
        if self._consumer is not None:
            self._consumer.detach(ticket)

    async def level(self, address: Address, device: str, timeout: float) -> int:  # noqa: ASYNC109
        """The interface level of a device whose server speaks Tango's own protocol."""
        from server_core.transport.giop.aio import AsyncConnection

        link = self._known(address) or await self._new_link(address, timeout)
        connection = link.connection
        assert isinstance(connection, AsyncConnection)
        return await connection.level(device, timeout)

    async def unbroken(self, address: Address) -> None:
        """Raises ConnectionLost, once, when the connection has broken."""
        slot = self._slots.get(address)
        if slot is not None and slot.link is not None and slot.link.connection.closed:
            slot.link = None
            raise ConnectionLost("the connection broke since it was last used", sent=False)

    async def listening(self, address: Address) -> bool:
        """Whether a server listens; the connection to it counts as broken otherwise."""
        found = await aside(partial(listens, address))
        link = self._known(address)
        if not found and link is not None:
            link.connection.give_up("the server does not listen any more")
        return found

    async def perform(self, work: Callable[[], Any]) -> Any:
        """The result of `work`, done in a thread."""
        return await aside(work)

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    # ---- connections

    def _known(self, address: Address) -> _Link | None:
        slot = self._slots.get(address)
        link = slot.link if slot is not None else None
        return None if link is None or link.connection.closed else link

    async def _new_link(self, address: Address, timeout: float) -> _Link:  # noqa: ASYNC109
        slot = self._slots.setdefault(address, _Slot())
        async with slot.lock:
            link = slot.link
            if link is None or link.connection.closed:
                link = slot.link = _Link(await _open(address, timeout))
                link.connection.on_lost(partial(self._lost, address, link))
            return link

    def _lost(self, address: Address, link: _Link, cause: ConnectionLost) -> None:
        listeners, link.listeners = link.listeners, set()
        if address.is_reference:  # it was of this device alone, which has another one now
            self._slots.pop(address, None)
        for listener in listeners:
            listener.connection_lost()

    async def close(self) -> None:
        """Close all connections of the loop and end what is done in the background."""
        links = [slot.link for slot in self._slots.values() if slot.link is not None]
        self._slots.clear()
        for link in links:
            link.listeners.clear()
            link.connection.close()
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await aside(consumer.close)
        self.recovery.give_up()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _open(address: Address, seconds: float) -> AnyAsyncConnection:
    return await connect_async(address.endpoints, address.host, ident=identity(), timeout=seconds, tls=tls_settings())


_runners: WeakKeyDictionary[asyncio.AbstractEventLoop, LoopRunner] = WeakKeyDictionary()


def loop_runner() -> LoopRunner:
    """The runner of the running event loop."""
    loop = asyncio.get_running_loop()
    runner = _runners.get(loop)
    if runner is None:
        runner = _runners[loop] = LoopRunner()
    return runner


def forget_runner() -> LoopRunner:
    """The runner of the running event loop, which gets a new one when it needs one again."""
    runner = loop_runner()
    del _runners[asyncio.get_running_loop()]
    return runner


def awaitable(
    plan: Callable[Concatenate[H, P], Plan[R]],
) -> Callable[Concatenate[Held[H], P], Coroutine[Any, Any, R]]:
    """The proxy method that performs `plan` in the running loop; its result is awaited."""

    @wraps(plan)
    async def method(self: Held[H], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await run_awaiting(plan(self._handle, *args, **kwargs), loop_runner())

    return method
