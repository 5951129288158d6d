"""The asyncio client keeps the promises of the blocking one, in the loop's own thread."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from server_core.model.enums import EventType
from server_core.model.errors import DevFailed
from server_core.model.identity import ClientIdent
from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.exchange import Dropped
from server_core.protocol.native.hello import ServerHello, encode_hello
from server_core.protocol.operations import CommandInout, Ping, Subscribe
from server_core.transport import aio
from server_core.transport.aio import AsyncConnection
from server_core.transport.contract import Limits
from server_core.transport.endpoint import Endpoint
from server_core.transport.errors import CallTimeout, CannotConnect, ConnectionLost

TOPIC = 7
SUBSCRIBE = Subscribe("d", "a", EventType.CHANGE_EVENT)

Open = Callable[[Endpoint], Awaitable[AsyncConnection]]


@pytest.fixture
async def connect() -> Any:
    opened: list[AsyncConnection] = []

    async def open_one(endpoint: Endpoint) -> AsyncConnection:
        opened.append(await AsyncConnection.open(endpoint, ident=ClientIdent(pid=42)))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()
    await asyncio.sleep(0)


def command(name: str, number: int = 0) -> CommandInout:
    return CommandInout("a/b/c", name, TypedValue(CmdArgType.DevLong64, number))


async def acquired(semaphore: Any) -> bool:
    return await asyncio.to_thread(semaphore.acquire, True, 5)


@pytest.mark.parametrize("scheme", ["tcp", "unix"])
async def test_calls_are_answered_in_any_order(site: Any, connect: Open, scheme: str) -> None:
    connection = await connect(site.endpoints[scheme])
    slow = asyncio.create_task(connection.call(command("Wait", 1), 5))
    answers = await asyncio.gather(*(connection.call(command("Echo", number), 5) for number in range(50)))
    assert [answer.value for answer in answers] == list(range(50))
    assert not slow.done()
    site.bench.gate.set()
    assert (await slow).value == 1
    assert await connection.call(Ping("d"), 5) is None


async def test_a_large_array_goes_there_and_back(site: Any, connect: Open) -> None:
    values = memoryview(array("d", range(500_000)))
    request = CommandInout("d", "Echo", TypedValue(CmdArgType.DevVarDoubleArray, values))
    assert (await (await connect(site.endpoints["tcp"])).call(request, 10)).value == values


async def test_failures_and_timeouts(site: Any, connect: Open) -> None:
    connection = await connect(site.endpoints["tcp"])
    with pytest.raises(DevFailed, match="API_No: no"):
        await connection.call(command("Refuse"), 5)
    with pytest.raises(CallTimeout, match=r"within 0\.05 s"):
        await connection.call(command("Wait"), 0.05)
    site.bench.gate.set()
    assert [(await connection.call(command("Echo", number), 5)).value for number in range(3)] == [0, 1, 2]


async def test_more_calls_than_the_server_allows_wait_their_turn(start: Callable[..., Any], connect: Open) -> None:
    connection = await connect(start(Limits(max_outstanding=4)).endpoints["tcp"])
    answers = await asyncio.gather(*(connection.call(command("Later", number), 5) for number in range(30)))
    assert [answer.value for answer in answers] == list(range(30))


async def test_a_cancelled_call_leaves_the_connection_usable(site: Any, connect: Open) -> None:
    connection = await connect(site.endpoints["tcp"])
    slow = asyncio.create_task(connection.call(command("Wait"), 5))
    assert await acquired(site.bench.waiting)
    slow.cancel()
    site.bench.gate.set()
    assert (await connection.call(command("Echo", 2), 5)).value == 2


async def test_events_come_in_order_until_unsubscribed(site: Any, connect: Open) -> None:
    connection, events, done = await connect(site.endpoints["tcp"]), [], asyncio.Event()

    def on_event(event: Any) -> None:
        events.append(event.counter)
        if event.counter == 99:
            done.set()
        if event.counter == 50:
            raise RuntimeError("a bad callback")

    assert (await connection.subscribe(SUBSCRIBE, on_event, 5)).topic == TOPIC
    for counter in range(100):
        site.bench.push(counter)
    await asyncio.wait_for(done.wait(), 5)
    assert events == list(range(100))
    await connection.unsubscribe(TOPIC, "d")
    assert site.bench.sinks == []


async def test_lost_events_are_told(site: Any, connect: Open) -> None:
    connection = await connect(site.endpoints["tcp"])
    told: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    await connection.subscribe(SUBSCRIBE, told.set_result, 5)
    (channel,) = site.server._channels
    channel._outbox._dropped[TOPIC] = 3
    channel._outbox.flush()
    assert await asyncio.wait_for(told, 5) == Dropped(TOPIC, 3)


async def test_losing_the_server_ends_calls_and_is_announced(site: Any, connect: Open) -> None:
    connection = await connect(site.endpoints["tcp"])
    lost: asyncio.Future[ConnectionLost] = asyncio.get_running_loop().create_future()
    connection.on_lost(lost.set_result)
    slow = asyncio.create_task(connection.call(command("Wait"), 5))
    assert await acquired(site.bench.waiting)
    await asyncio.to_thread(site.server.stop, 0.0)
    with pytest.raises(ConnectionLost) as caught:
        await slow
    assert caught.value.sent
    await asyncio.wait_for(lost, 5)
    with pytest.raises(ConnectionLost) as later:
        await connection.call(command("Echo"), 5)
    assert not later.value.sent


async def test_a_silent_server_is_given_up(monkeypatch: pytest.MonkeyPatch, connect: Open) -> None:
    monkeypatch.setattr(aio, "KEEP_ALIVE", 0.05)

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(encode_hello(ServerHello(1000, 10)))
        await reader.read(10_000)
        while await reader.read(1000):
            pass
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        connection = await connect(Endpoint("tcp", *server.sockets[0].getsockname()))
        lost: asyncio.Future[ConnectionLost] = asyncio.get_running_loop().create_future()
        connection.on_lost(lost.set_result)
        connection._topics.subscribed(TOPIC, lambda event: None)
        connection._watch_link()
        assert "no sign of life" in str(await asyncio.wait_for(lost, 5))


async def test_nobody_at_an_endpoint(start: Callable[..., Any], connect: Open) -> None:
    site = start()
    await asyncio.to_thread(site.server.stop)
    for endpoint in site.endpoints.values():
        with pytest.raises(CannotConnect) as caught:
            await connect(endpoint)
        assert str(endpoint) in str(caught.value)


async def test_a_server_that_never_greets(silent: Endpoint) -> None:
    with pytest.raises(CannotConnect, match=r"no greeting within 0\.05 s"):
        await AsyncConnection.open(silent, ident=ClientIdent(pid=42), timeout=0.05)
