"""Events inside the connection: in order, to every callback, and never lost without being told."""

from __future__ import annotations

import socket
import threading
from array import array
from collections.abc import Callable
from typing import Any

import pytest

from server_core.model.enums import EventType
from server_core.model.identity import ClientIdent
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue, Event, TypedValue
from server_core.protocol.exchange import Dropped, Occurred
from server_core.protocol.native.connection import ClientConnection
from server_core.protocol.operations import CommandInout, Subscribe
from server_core.transport import blocking
from server_core.transport.blocking import Connection
from server_core.transport.contract import Limits
from server_core.transport.endpoint import Endpoint
from server_core.transport.errors import ConnectionLost

TOPIC = 7
SUBSCRIBE = Subscribe("d", "a", EventType.CHANGE_EVENT)
ECHO = CommandInout("d", "Echo", TypedValue(CmdArgType.DevLong, 5))


class Listener:
    """Keeps what it is told; `until` waits for the event with a counter."""

    def __init__(self) -> None:
        self.counters: list[int] = []
        self.dropped: list[Dropped] = []
        self._changed = threading.Condition()

    def __call__(self, happening: Event | Dropped) -> None:
        with self._changed:
            if isinstance(happening, Dropped):
                self.dropped.append(happening)
            else:
                self.counters.append(happening.counter)
            self._changed.notify_all()

    def until(self, reached: Callable[[Listener], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: reached(self), 10)


@pytest.mark.parametrize("scheme", ["tcp", "unix"])
def test_events_come_in_order_beside_calls(site: Any, connect: Callable[..., Connection], scheme: str) -> None:
    connection, listener = connect(site.endpoints[scheme]), Listener()
    assert connection.subscribe(SUBSCRIBE, listener, 5).topic == TOPIC
    for counter in range(500):
        site.bench.push(counter)
        if counter % 100 == 0:
            assert connection.call(ECHO, 5).value == 5
    listener.until(lambda self: len(self.counters) == 500)
    assert listener.counters == list(range(500))
    assert listener.dropped == []


def test_a_callback_may_call_the_device(site: Any, connect: Callable[..., Connection]) -> None:
    connection, answers, done = connect(site.endpoints["tcp"]), [], threading.Event()

    def on_event(happening: Event | Dropped) -> None:
        answers.append(connection.call(ECHO, 5).value)
        done.set()

    connection.subscribe(SUBSCRIBE, on_event, 5)
    site.bench.push(1)
    assert done.wait(5)
    assert answers == [5]


def test_a_callback_that_fails_or_hangs_stops_no_call(site: Any, connect: Callable[..., Connection]) -> None:
    connection, reached, release = connect(site.endpoints["tcp"]), threading.Semaphore(0), threading.Event()

    def on_event(happening: Event | Dropped) -> None:
        reached.release()
        release.wait(10)
        raise RuntimeError("a bad callback")

    connection.subscribe(SUBSCRIBE, on_event, 5)
    site.bench.push(1)
    assert reached.acquire(timeout=5)
    assert connection.call(ECHO, 5).value == 5
    release.set()
    site.bench.push(2)
    assert reached.acquire(timeout=5)


def test_callbacks_share_a_topic_until_the_last_is_unsubscribed(site: Any, connect: Callable[..., Connection]) -> None:
    connection, one, two = connect(site.endpoints["tcp"]), Listener(), Listener()
    connection.subscribe(SUBSCRIBE, one, 5)
    connection.subscribe(SUBSCRIBE, two, 5)
    site.bench.sinks.pop()
    site.bench.push(1)
    two.until(lambda self: self.counters == [1])
    connection.unsubscribe(TOPIC, "d", one)
    site.bench.push(2)
    two.until(lambda self: self.counters == [1, 2])
    assert one.counters == [1]
    connection.unsubscribe(TOPIC, "d")
    assert site.bench.sinks == []


def test_an_event_that_overtakes_the_answer_is_delivered(site: Any, connect: Callable[..., Connection]) -> None:
    execute = site.bench.handle

    def handle(request: Any, peer: Any, respond: Any, form: Any) -> object:
        answer = execute(request, peer, respond)
        if isinstance(request, Subscribe):
            site.bench.push(1)
        return answer

    site.bench.handle = handle
    connection, listener = connect(site.endpoints["tcp"]), Listener()
    connection.subscribe(SUBSCRIBE, listener, 5)
    listener.until(lambda self: self.counters == [1])


def test_a_slow_reader_loses_events_counted_and_told_and_the_others_none(
    start: Callable[..., Any], connect: Callable[..., Connection]
) -> None:
    site = start(Limits(max_event_backlog=200_000))
    payload = AttributeValue("a", CmdArgType.DevDouble, value=memoryview(array("d", range(1000))), dim_x=1000)
    good, total = Listener(), 1500
    connect(site.endpoints["unix"], limits=Limits(max_event_backlog=2**30)).subscribe(SUBSCRIBE, good, 5)
    endpoint = site.endpoints["tcp"]
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        slow.connect((endpoint.host, endpoint.port))
        slow.settimeout(5)
        codec = ClientConnection(2**20)
        slow.sendall(codec.hello(ClientIdent(), "slow"))
        codec.receive(slow.recv(1000))
        slow.sendall(b"".join(codec.request(SUBSCRIBE)[1]))
        assert site.bench.subscribed.acquire(timeout=5)
        assert site.bench.subscribed.acquire(timeout=5)
        for counter in range(1, total + 1):
            site.bench.push(counter, payload)
            if counter % 20 == 0:
                good.until(lambda self, counter=counter: len(self.counters) == counter)  # type: ignore[misc]
        counters: list[int] = []
        dropped = 0
        while len(counters) + dropped < total:
            for message in codec.receive(slow.recv(65536)):
                if isinstance(message, Occurred):
                    counters.append(message.event.counter)
                elif isinstance(message, Dropped):
                    assert message.topic == TOPIC
                    dropped += message.count
    assert dropped > 0
    assert counters == sorted(counters)
    assert len(counters) + dropped == total
    assert good.counters == list(range(1, total + 1))


def test_a_slow_callback_loses_events_counted_and_told(site: Any, connect: Callable[..., Connection]) -> None:
    connection = connect(site.endpoints["tcp"], limits=Limits(max_event_backlog=2000))
    listener, release = Listener(), threading.Event()

    def on_event(happening: Event | Dropped) -> None:
        release.wait(10)
        listener(happening)

    connection.subscribe(SUBSCRIBE, on_event, 5)
    for counter in range(1, 501):
        site.bench.push(counter)
    assert connection.call(ECHO, 5).value == 5
    release.set()
    listener.until(lambda self: len(self.counters) + sum(lost.count for lost in self.dropped) == 500)
    assert listener.dropped


def test_losing_the_server_is_announced_without_a_call(site: Any, connect: Callable[..., Connection]) -> None:
    """EVT-21: subscribers learn of a server's death at once."""
    connection, lost = connect(site.endpoints["tcp"]), threading.Event()
    connection.on_lost(lambda error: lost.set())
    connection.subscribe(SUBSCRIBE, Listener(), 5)
    site.server.stop()
    assert lost.wait(5)
    late = threading.Event()
    connection.on_lost(lambda error: late.set())
    assert late.wait(5)


def test_a_silent_server_is_given_up_and_a_quiet_one_is_not(
    site: Any, connect: Callable[..., Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link that died without a word: no bytes, a ping, no answer."""
    monkeypatch.setattr(blocking, "KEEP_ALIVE", 0.05)
    quiet = connect(site.endpoints["tcp"])
    quiet.subscribe(SUBSCRIBE, Listener(), 5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = _greeted_by(listener, connect)
        lost: list[ConnectionLost] = []
        announced = threading.Event()
        connection.on_lost(lost.append)
        connection.on_lost(lambda error: announced.set())
        connection._topics.subscribed(TOPIC, Listener())
        connection._read_in_background()
        assert announced.wait(5)
    assert "no sign of life" in str(lost[0])
    assert not quiet.closed


def _greeted_by(listener: socket.socket, connect: Callable[..., Connection]) -> Connection:
    """A connection to a server that says nothing but its greeting."""
    from server_core.protocol.native.hello import ServerHello, encode_hello

    accepted: list[socket.socket] = []

    def greet() -> None:
        accepted.append(listener.accept()[0])
        accepted[0].sendall(encode_hello(ServerHello(1000, 10)))

    thread = threading.Thread(target=greet)
    thread.start()
    connection = connect(Endpoint("tcp", *listener.getsockname()))
    thread.join()
    connection.on_lost(lambda error: accepted[0].close())
    return connection
