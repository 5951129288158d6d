"""A client and publishers that send what they should not: what can be read arrives, the rest does no harm.

Source: wire 11.3, EVT-14, EVT-20 to EVT-22.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest
import zmq

from server_core.model.enums import EventType
from server_core.model.event_names import encode_topic
from server_core.protocol.giop.events import EventDecoder
from server_core.transport.zmq import consumer as module
from server_core.transport.zmq.consumer import ThreadConsumer
from server_core.transport.zmq.offer import Offer, Place, Wish

TOPIC = "tango://host:10000/a/b/c/attr.data_ready"
CHANNEL = "tango://host:10000/dserver/a/b"


class Listener:
    def __init__(self) -> None:
        self.counters: list[int] = []
        self.lost = threading.Event()
        self.last = threading.Event()

    def receive(self, item: object) -> None:
        self.counters.append(item.counter)  # type: ignore[attr-defined]
        if self.counters[-1] == LAST:
            self.last.set()

    def connection_lost(self) -> None:
        self.lost.set()


LAST = 999


class OddPublisher:
    """Two sockets; what is sent is for the test to say."""

    def __init__(self) -> None:
        self.context = zmq.Context()
        self.sockets = [self.context.socket(zmq.PUB) for _ in range(2)]
        for each in self.sockets:
            each.bind("tcp://127.0.0.1:*")
        self.heartbeat, self.events = self.sockets
        self.place = Place(*(each.get_string(zmq.LAST_ENDPOINT).rstrip("\0") for each in self.sockets))

    def send(self, *frames: bytes) -> None:
        self.events.send_multipart(frames)

    def event(self, counter: int, order: str = "<", topic: bytes = encode_topic(TOPIC)) -> None:
        """That data is ready."""
        name = b"attr\0"
        body = struct.pack(f"{order}II", 0xDEC0DEC0, len(name)) + name + bytes(3) + struct.pack(f"{order}Ii", 5, 7)
        info = struct.pack(f"{order}iII4xI?", 1, counter, 1, 0, False)
        self.send(topic, bytes([order == "<"]), info, body)

    def close(self) -> None:
        self.context.destroy(linger=0)


def wish(place: Place) -> Wish:
    decode = EventDecoder("a/b/c", "attr", EventType.DATA_READY_EVENT, 6)
    return Wish(Offer((place,), TOPIC, CHANNEL, 6, 1000), decode, ("a/b/c", "attr", "data_ready"))


@pytest.fixture
def odd() -> Iterator[OddPublisher]:
    publisher = OddPublisher()
    yield publisher
    publisher.close()


@pytest.fixture
def consumer() -> Iterator[ThreadConsumer]:
    consumer = ThreadConsumer()
    yield consumer
    consumer.close()


@pytest.fixture
def listener(odd: OddPublisher, consumer: ThreadConsumer) -> Listener:
    """It has subscribed."""
    listener = Listener()
    consumer.attach(wish(odd.place), listener, lambda names: None).result(5)
    return listener


def test_messages_that_make_no_sense_are_passed_over(odd: OddPublisher, listener: Listener) -> None:
    """wire 11.3: too few or too many frames, topics of others that begin alike, junk in heartbeats, large junk."""
    topic = encode_topic(TOPIC)
    odd.event(1)
    for count in (0, 1, 2, 4):
        odd.send(topic, *[b"\1"] * count)
    odd.send(topic, b"\1", b"", b"")
    odd.send(topic, b"\1", bytes(20), b"")
    odd.send(topic, b"\1", b"\xff" * 21, b"\xff" * 100)
    odd.send(topic, b"\1", bytes(25), b"\xff" * (1 << 20))
    odd.event(2, topic=topic + b"2")
    odd.event(3, topic=topic[:-1])
    beat = encode_topic(f"{CHANNEL}.heartbeat")
    for frames in ([], [b"\1", b"\xff" * 21], [b"\1", b"\xff" * 5, b"x"], [b""] * 7):
        odd.heartbeat.send_multipart([beat, *frames])
    odd.event(LAST)
    assert listener.last.wait(5)
    assert listener.counters == [1, LAST]
    assert not listener.lost.is_set()


def test_either_byte_order_is_read(odd: OddPublisher, listener: Listener) -> None:
    """wire 11.3"""
    odd.event(1, ">")
    odd.event(2, "<")
    odd.event(LAST, ">")
    assert listener.last.wait(5)
    assert listener.counters == [1, 2, LAST]


def test_counters_that_jump_repeat_and_begin_again(odd: OddPublisher, listener: Listener) -> None:
    """EVT-14, EVT-22: only what repeats the one before is left out; they begin at 0 again behind 32 bits."""
    for counter in (5, 5, 5, 90, 7, 7, 2**32 - 1, 0, 1, LAST):
        odd.event(counter)
    assert listener.last.wait(5)
    assert listener.counters == [5, 90, 7, 2**32 - 1, 0, 1, LAST]


def test_a_frame_that_is_too_large_ends_the_connection(consumer: ThreadConsumer) -> None:
    """EVT-21: as in the other protocols, it is not waited for, and no memory is taken for it."""
    announce = threading.Event()

    def publish(ends: list[socket.socket]) -> None:
        for each in ends:
            with each:
                each.settimeout(5)
                each.sendall(b"\xff" + bytes(8) + b"\x7f\3\0NULL".ljust(55, b"\0"))
                each.sendall(b"\4\x19\5READY\x0bSocket-Type\0\0\0\3PUB")
                while len(each.recv(4096)) < 10:
                    pass
                keep.append(each.dup())
        announce.wait(5)
        keep[1].sendall(b"\2" + struct.pack(">Q", 1 << 33) + bytes(100))

    keep: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        place = Place(*(f"tcp://127.0.0.1:{each.getsockname()[1]}" for each in (first, second)))
        listener = Listener()
        attached = consumer.attach(wish(place), listener, lambda names: None)
        publisher = threading.Thread(target=lambda: publish([each.accept()[0] for each in (first, second)]))
        publisher.start()
        attached.result(5)
        announce.set()
        assert listener.lost.wait(5)
        publisher.join(5)
        for each in keep:
            each.close()


def test_what_nobody_listens_to_is_not_received(consumer: ThreadConsumer) -> None:
    """EVT-10: the publisher hears of the end of a subscription; those to other servers go on."""
    with zmq.Context() as context, context.socket(zmq.XPUB) as events, context.socket(zmq.PUB) as heartbeat:
        events.set(zmq.LINGER, 0)
        events.set(zmq.RCVTIMEO, 5000)
        for each in (events, heartbeat):
            each.bind("tcp://127.0.0.1:*")
        place = Place(*(each.get_string(zmq.LAST_ENDPOINT).rstrip("\0") for each in (heartbeat, events)))
        first, second = wish(place), wish(place)
        second = second._replace(offer=second.offer._replace(topic=f"{TOPIC}2"))
        tickets = [consumer.attach(each, Listener(), lambda names: None).result(5) for each in (first, second)]
        consumer.detach(tickets[0])
        heard = [events.recv() for _ in range(4)]
        assert b"\0" + encode_topic(TOPIC) in heard
        assert b"\0" + encode_topic(f"{TOPIC}2") not in heard


def test_a_server_is_left_while_another_is_listened_to(odd: OddPublisher, consumer: ThreadConsumer) -> None:
    other = OddPublisher()
    listener = Listener()
    tickets = [consumer.attach(wish(each.place), listener, lambda names: None).result(5) for each in (odd, other)]
    consumer.detach(tickets[0])
    other.event(1)
    other.event(LAST)
    assert listener.last.wait(5)
    other.close()


def test_each_confirmation_is_sent_once(
    odd: OddPublisher, consumer: ThreadConsumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EVT-13"""
    monkeypatch.setattr(module, "RENEWAL", 0.3)
    monkeypatch.setattr(module, "_TICK", 0.02)
    confirmed: list[object] = []
    consumer.attach(wish(odd.place), Listener(), confirmed.append).result(5)
    time.sleep(0.8)
    assert 1 <= len(confirmed) <= 3
