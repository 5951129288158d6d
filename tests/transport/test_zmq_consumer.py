"""Events over ZeroMQ from a publisher to those who listen, in threads and in event loops."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import pytest
import zmq

from server_core.model.enums import AttrDataFormat, AttrQuality, EventType
from server_core.model.errors import EventSystemFailed
from server_core.model.event_names import Naming
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue, Event
from server_core.protocol.exchange import Dropped
from server_core.protocol.giop.events import EventDecoder
from server_core.transport.errors import CannotConnect
from server_core.transport.zmq import consumer as module
from server_core.transport.zmq.consumer import LoopConsumer, ThreadConsumer
from server_core.transport.zmq.offer import Offer, Place, Wanted, Wish, singles
from server_core.transport.zmq.publisher import Publisher
from tests.waiting import until

CHANNEL = "tango://host:10000/dserver/a/b"
TOPIC = "tango://host:10000/a/b/c/attr.idl5_change"
NOWHERE = Place("tcp://127.0.0.1:1", "tcp://127.0.0.1:2")


class Listener:
    """Keeps what it hears, and in which thread."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.threads: set[int] = set()
        self.lost = 0
        self.changed = threading.Condition()

    def receive(self, item: Event | Dropped) -> None:
        with self.changed:
            self.threads.add(threading.get_ident())
            self.items.append(item)
            self.changed.notify_all()

    def connection_lost(self) -> None:
        with self.changed:
            self.lost += 1
            self.changed.notify_all()

    def wait(self, condition: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, 5), (self.items, self.lost)

    def counters(self, number: int) -> list[int]:
        """The counters of the first events, which are waited for."""
        self.wait(lambda: len(self.items) >= number)
        return [item.counter for item in self.items]


class Server:
    """A publisher that sends numbered events."""

    def __init__(self) -> None:
        self.publisher = Publisher("127.0.0.1")
        self.publisher.open(1000)
        (self.heartbeat,), (self.events,) = self.publisher.heartbeat_endpoints, self.publisher.event_endpoints

    def offer(self, *places: Place, topic: str = TOPIC) -> Offer:
        return Offer((*places, Place(self.heartbeat, self.events)), topic, CHANNEL, 6, 1000)

    def send(self, *counters: int, topic: str = TOPIC, content: Any = 1.5) -> None:
        for counter in counters:
            reading = AttributeValue(
                "attr", CmdArgType.DevDouble, AttrDataFormat.SCALAR, AttrQuality.ATTR_VALID, 0.0, content, 1
            )
            event = Event("a/b/c", "attr", EventType.CHANGE_EVENT, reading, counter=counter)
            self.publisher.publish(event, [(topic.encode(), 5)], twice=False)

    def beat(self) -> None:
        self.publisher.beat(f"{CHANNEL}.heartbeat".encode(), twice=False)


def wish(offer: Offer) -> Wish:
    decode = EventDecoder("a/b/c", "attr", EventType.CHANGE_EVENT, 5)
    return Wish(offer, decode, ("a/b/c", "attr", offer.topic.rpartition(".")[2]))


def nothing(names: Sequence[str]) -> None:
    """No confirmation is needed."""


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.publisher.close()


@pytest.fixture
def consumer() -> Iterator[ThreadConsumer]:
    consumer = ThreadConsumer()
    yield consumer
    consumer.close()


def names_of_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "tango-events zmq"]


def test_events_arrive_in_order_and_repeated_ones_once(server: Server, consumer: ThreadConsumer) -> None:
    """EVT-14, EVT-22: from the moment that the subscription stands; wherever the counter begins."""
    listener = Listener()
    consumer.attach(wish(server.offer()), listener, nothing).result(5)
    server.send(7, 7, 8, 9, 9, 10)
    assert listener.counters(4) == [7, 8, 9, 10]
    assert listener.threads.isdisjoint({threading.get_ident()})


def test_events_that_are_not_counted_all_arrive(server: Server, consumer: ThreadConsumer) -> None:
    """As those of C++ servers of release 9.5 without database, which send 0."""
    listener = Listener()
    consumer.attach(wish(server.offer()), listener, nothing).result(5)
    server.send(0, 0, 0)
    assert listener.counters(3) == [0, 0, 0]


def test_a_burst_of_events_arrives_whole(server: Server, consumer: ThreadConsumer) -> None:
    listener = Listener()
    consumer.attach(wish(server.offer()), listener, nothing).result(5)
    started = time.monotonic()
    for first in range(0, 5000, 500):
        server.send(*range(first, first + 500))
        time.sleep(max(0.0, started + first / 5000 - time.monotonic()))
    assert listener.counters(5000) == list(range(5000))


def test_large_arrays_arrive_whole(server: Server, consumer: ThreadConsumer) -> None:
    """Also those that are not copied, and small ones behind them."""
    listener = Listener()
    consumer.attach(wish(server.offer()), listener, nothing).result(5)
    sizes = [100_000, 100_000, 3, 100_000]
    for counter, size in enumerate(sizes):
        data = memoryview(array("d", range(counter, counter + size)))
        spectrum = AttributeValue(
            "attr", CmdArgType.DevDouble, AttrDataFormat.SPECTRUM, AttrQuality.ATTR_VALID, 0.0, data, size
        )
        event = Event("a/b/c", "attr", EventType.CHANGE_EVENT, spectrum, counter=counter)
        server.publisher.publish(event, [(TOPIC.encode(), 5)], twice=False)
    listener.wait(lambda: len(listener.items) == len(sizes))
    received = [item.payload.value for item in listener.items]
    assert [len(value) for value in received] == sizes
    assert [(value[0], value[-1]) for value in received] == [
        (counter, counter + size - 1) for counter, size in enumerate(sizes)
    ]


def test_topics_are_told_apart_and_shared(server: Server, consumer: ThreadConsumer) -> None:
    """ZeroMQ matches beginnings of topics; here they are whole. Several may listen to one topic, until the last one
    has ended."""
    first, second, other = Listener(), Listener(), Listener()
    longer = f"{TOPIC}_not"
    tickets = [consumer.attach(wish(server.offer()), each, nothing).result(5) for each in (first, second)]
    consumer.attach(wish(server.offer(topic=longer)), other, nothing).result(5)
    server.send(1)
    server.send(5, topic=longer)
    assert other.counters(1) == [5]
    assert first.counters(1) == second.counters(1) == [1]
    consumer.detach(tickets[0])
    time.sleep(0.05)
    server.send(2)
    assert second.counters(2) == [1, 2]
    assert first.counters(1) == [1]
    consumer.detach(tickets[0])
    consumer.detach(tickets[1])


def test_nothing_is_left_when_the_last_subscription_has_ended(
    server: Server, consumer: ThreadConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, not when the server seems to be silent."""
    monkeypatch.setattr(module, "SILENCE", 100.0)
    before = len(os.listdir("/proc/self/fd"))
    ticket = consumer.attach(wish(server.offer()), Listener(), nothing).result(5)
    assert names_of_threads()
    consumer.detach(ticket)
    until(lambda: not names_of_threads())
    again = Listener()
    consumer.attach(wish(server.offer()), again, nothing).result(5)
    server.send(1)
    assert again.counters(1) == [1]
    assert len(os.listdir("/proc/self/fd")) < before + 20


def test_the_first_place_that_answers_is_taken(server: Server, consumer: ThreadConsumer) -> None:
    """wire 11.1: alternate endpoints."""
    listener = Listener()
    consumer.attach(wish(server.offer(NOWHERE, Place("tcp://host-that-is-not", ""))), listener, nothing).result(5)
    server.send(1)
    assert listener.counters(1) == [1]


def test_a_server_that_cannot_be_reached(consumer: ThreadConsumer) -> None:
    offer = Offer((NOWHERE, NOWHERE), TOPIC, CHANNEL, 6, 1000)
    with pytest.raises(CannotConnect, match=r"nobody listens at tcp://127\.0\.0\.1:"):
        consumer.attach(wish(offer), Listener(), nothing).result(5)


@pytest.mark.parametrize("silent", ["heartbeats", "events"])
def test_a_place_of_which_one_half_does_not_answer(
    server: Server, consumer: ThreadConsumer, monkeypatch: pytest.MonkeyPatch, silent: str
) -> None:
    """EVT-9: heartbeats without events are no subscription, nor the other way round; and that is known soon."""
    monkeypatch.setattr(module, "_PATIENCE", 0.2)
    monkeypatch.setattr(module, "_TICK", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        nothing_said = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        half = Place(nothing_said, server.events) if silent == "heartbeats" else Place(server.heartbeat, nothing_said)
        with pytest.raises(CannotConnect, match="no connection in time"):
            consumer.attach(wish(Offer((half,), TOPIC, CHANNEL, 6, 1000)), Listener(), nothing).result(2)


def test_a_subscription_that_nobody_waits_for_any_more(
    server: Server, consumer: ThreadConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SILENCE", 100.0)
    listener = Listener()
    future: Future[Any] = consumer.attach(wish(server.offer()), listener, nothing)
    assert future.cancel()
    until(lambda: not names_of_threads())
    server.send(1)
    assert not names_of_threads()
    assert listener.items == []


def test_the_loss_of_a_server_is_noticed_at_once(server: Server, consumer: ThreadConsumer) -> None:
    """EVT-21: all who listen are told."""
    listeners = [Listener(), Listener()]
    for each in listeners:
        consumer.attach(wish(server.offer()), each, nothing).result(5)
    server.send(1)
    for each in listeners:
        assert each.counters(1) == [1]
    server.publisher.close()
    for each in listeners:
        each.wait(lambda each=each: each.lost == 1)  # type: ignore[misc]


def test_a_server_without_heartbeat_is_lost(
    server: Server, consumer: ThreadConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EVT-20, EVT-21: as long as it sends something it lives."""
    monkeypatch.setattr(module, "SILENCE", 0.5)
    monkeypatch.setattr(module, "_TICK", 0.05)
    listener = Listener()
    consumer.attach(wish(server.offer()), listener, nothing).result(5)
    for _ in range(10):
        time.sleep(0.1)
        server.beat()
    assert listener.lost == 0
    listener.wait(lambda: listener.lost == 1)


def test_each_heartbeat_stirs_the_socket_of_the_events(server: Server) -> None:
    """So that what subscribers leave behind does not gather there while no event is sent."""
    with zmq.Context() as context, context.socket(zmq.SUB) as reader:
        reader.set(zmq.LINGER, 0)
        reader.subscribe(b".")
        reader.connect(server.events)

        def stirred() -> int:
            server.beat()
            return reader.poll(10)

        until(stirred, 5)
        assert reader.recv_multipart() == [b"."]


def test_subscriptions_are_confirmed_together(
    server: Server, consumer: ThreadConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EVT-12, EVT-13: all of a server at once, as long as they live."""
    monkeypatch.setattr(module, "RENEWAL", 0.3)
    monkeypatch.setattr(module, "_TICK", 0.05)
    confirmed: list[Sequence[str]] = []
    there = threading.Event()

    def confirm(names: Sequence[str]) -> None:
        confirmed.append(names)
        there.set()

    other = TOPIC.replace("idl5_change", "alarm")
    tickets = [
        consumer.attach(wish(server.offer(topic=topic)), Listener(), confirm).result(5) for topic in (TOPIC, other)
    ]
    assert there.wait(5)
    assert confirmed == [["a/b/c", "attr", "idl5_change", "a/b/c", "attr", "alarm"]]
    consumer.detach(tickets[0])
    there.clear()
    assert there.wait(5)
    assert confirmed[1:] == [["a/b/c", "attr", "alarm"]]


def test_messages_that_are_no_events_do_no_harm(
    server: Server, consumer: ThreadConsumer, caplog: pytest.LogCaptureFixture
) -> None:
    listener = Listener()
    consumer.attach(wish(server.offer()), listener, nothing).result(5)
    for frames in ([TOPIC.encode()], [TOPIC.encode(), b"\1", b"", b""], [b""]):
        server.publisher._events.send([frames])  # type: ignore[union-attr]
    server.send(1)
    assert listener.counters(1) == [1]
    assert "is not understood" in caplog.text


def test_a_slow_listener_is_told_what_it_lost(server: Server, consumer: ThreadConsumer) -> None:
    """What waits is bounded by its bytes, as on a native connection."""
    gate, listener = threading.Event(), Listener()

    class Slow(Listener):
        def receive(self, item: Event | Dropped) -> None:
            gate.wait(10)
            listener.receive(item)

    consumer._calls._max_backlog = 2000
    consumer.attach(wish(server.offer()), Slow(), nothing).result(5)
    server.send(*range(100))
    time.sleep(0.3)
    gate.set()
    listener.wait(lambda: any(isinstance(item, Dropped) for item in listener.items))
    lost = sum(item.count for item in listener.items if isinstance(item, Dropped))
    assert lost + sum(isinstance(item, Event) for item in listener.items) == 100


async def test_listeners_are_called_in_the_loop(server: Server) -> None:
    consumer = LoopConsumer(asyncio.get_running_loop())
    listener = Listener()
    ticket = await asyncio.wrap_future(consumer.attach(wish(server.offer()), listener, nothing))
    server.send(1, 1, 2)
    for _ in range(200):
        await asyncio.sleep(0.01)
        if len(listener.items) == 2:
            break
    assert listener.counters(2) == [1, 2]
    assert listener.threads == {threading.get_ident()}
    consumer.detach(ticket)
    await asyncio.to_thread(consumer.close)


def test_a_loop_that_is_gone_ends_its_subscriptions(server: Server) -> None:
    loop = asyncio.new_event_loop()
    consumer = LoopConsumer(loop)
    consumer.attach(wish(server.offer()), Listener(), nothing).result(5)
    loop.close()
    server.send(1, 2, 3)
    until(lambda: not names_of_threads())
    consumer.close()


# ---- what is asked of the server, and what it answers

WANTED = Wanted("a/b/c", "Attr", EventType.CHANGE_EVENT, "dserver/a/b", Naming("host:10000", True))
ENDPOINTS = ["tcp://h:1", "tcp://h:2", "tcp://i:3", "tcp://i:4"]


@pytest.mark.parametrize("level", [1, 4, 5, 6, 7])
def test_an_offer(level: int) -> None:
    """wire 11.1: the topic and the channel come last; old servers do not tell them."""
    topic = "tango://other:1/a/b/c/attr.idl5_change"
    offer = WANTED.offer([1033, level, 500, 0, 0, 435], [*ENDPOINTS, topic, "tango://other:1/dserver/a/b"])
    assert offer.places == (Place("tcp://h:1", "tcp://h:2"), Place("tcp://i:3", "tcp://i:4"))
    assert (offer.topic, offer.channel) == (topic, "tango://other:1/dserver/a/b")
    assert (offer.level, offer.high_water) == (min(level, 6), 500)
    old = WANTED.offer([800, level, 1000], ENDPOINTS[:2])
    assert old.topic == f"tango://host:10000/a/b/c/attr.{'idl5_' if level > 4 else ''}change"
    assert old.channel == "tango://host:10000/dserver/a/b"


@pytest.mark.parametrize(
    ("numbers", "texts"),
    [([], []), ([1033, 6, 1000], ["a", "b"]), ([1033], ENDPOINTS), ([1033, 6, 1000], ENDPOINTS[:1])],
)
def test_an_answer_without_endpoints(numbers: list[int], texts: list[str]) -> None:
    with pytest.raises(EventSystemFailed) as failure:
        WANTED.offer(numbers, texts)
    assert failure.value.reason == "API_ZmqFailed"


def test_what_is_asked() -> None:
    """wire 11.1, EVT-12"""
    assert WANTED.subscription() == ["a/b/c", "attr", "subscribe", "change", "6"]
    assert WANTED.confirmation(TOPIC) == ("a/b/c", "attr", "idl5_change")
    interface = WANTED._replace(object="", kind=EventType.INTERFACE_CHANGE_EVENT)
    assert interface.subscription() == ["a/b/c", "dummy", "subscribe", "intr_change", "6"]
    assert interface.confirmation("tango://h:1/a/b/c.intr_change") == ("a/b/c", "dummy", "intr_change")


def test_a_single_confirmation_is_not_repeated() -> None:
    """EVT-12: what several subscriptions were refused together each one is asked for alone, once."""
    names = [f"{subscription}{part}" for subscription in range(3) for part in "doe"]
    assert singles(names[:3]) == []
    assert singles(names) == [["0d", "0o", "0e"], ["1d", "1o", "1e"], ["2d", "2o", "2e"]]
