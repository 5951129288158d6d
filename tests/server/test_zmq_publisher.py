"""What a server publishes over ZeroMQ, as any subscriber receives it."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme
import zmq

from server_core.device.pipe import pipe
from server_core.model.enums import AttrQuality, EventType
from server_core.model.errors import DevFailed
from server_core.model.event_names import Naming
from server_core.model.pipe import PipeBlob
from server_core.model.values import AttributeValue, Event
from server_core.protocol.giop.events import HEARTBEAT, EventDecoder
from server_core.server.events import publisher as module
from server_core.transport.timer import Timer
from server_core.transport.tls import ServerTls
from tests.server.conftest import Probe2
from tests.server.replaying import configure, poll

if TYPE_CHECKING:
    from server_core.database.store import Store
    from tests.server.conftest import Client, Connect, MakeServer

DEVICE = "adm/probe2/1"
PATIENCE = 3000
"""Milliseconds."""

Subscribe = Callable[..., "Received"]


class Received:
    """What comes in at a SUB socket for the topic of a subscription."""

    def __init__(self, sub: zmq.Socket[bytes], topic: str, decode: EventDecoder | None) -> None:
        self._socket = sub
        self._decode = decode
        self.topic = topic

    def frames(self) -> list[bytes]:
        """The next message."""
        assert self._socket.poll(PATIENCE), f"nothing of {self.topic}"
        return self._socket.recv_multipart()

    def event(self) -> Event:
        """The next event."""
        assert self._decode is not None
        return self._decode(self.frames())

    def rest(self) -> list[Event]:
        """What else comes within a moment."""
        events = []
        while self._socket.poll(100):
            events.append(self.event())
        return events


@pytest.fixture
def receive() -> Iterator[Callable[..., zmq.Socket[bytes]]]:
    """A SUB socket that is connected, with its topic."""
    context = zmq.Context()
    subs = []

    def connected(endpoint: str, topic: str) -> zmq.Socket[bytes]:
        subs.append(sub := context.socket(zmq.SUB))
        monitor = sub.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        sub.subscribe(topic)
        sub.connect(endpoint)
        assert monitor.poll(PATIENCE)
        sub.disable_monitor()
        monitor.close()
        time.sleep(0.02)  # until the publisher knows of it
        return sub

    yield connected
    for sub in subs:
        sub.close(0)
    context.term()


@pytest.fixture
def subscribe_to(receive: Callable[..., zmq.Socket[bytes]]) -> Subscribe:
    """Subscribes by the admin device, as a client of some level does."""

    def subscribe(client: Client, name: str, kind: EventType, level: int = 6) -> Received:
        _, texts = client.admin("ZmqEventSubscriptionChange", [DEVICE, name, "subscribe", kind.wire_name, str(level)])
        sub = receive(texts[1], texts[-2])
        return Received(sub, texts[-2], EventDecoder(DEVICE, name, kind, level))

    return subscribe


@pytest.fixture
def subscribe(client: Client, subscribe_to: Subscribe) -> Subscribe:
    """The same at the test's server."""
    return partial(subscribe_to, client)


def test_the_first_event_for_a_new_client_comes_twice(client: Client, subscribe: Subscribe) -> None:
    """EVT-3, EVT-14: with the same counter; those that follow come once. A confirmation is no new client."""
    received = subscribe("Manual", EventType.CHANGE_EVENT)
    device = client.device(DEVICE)
    for value in (1.0, 2.0):
        device.push_change_event("Manual", value)
    client.admin("EventConfirmSubscription", [DEVICE, "Manual", "idl5_change"])
    device.push_change_event("Manual", 3.0)
    events = [received.event(), *received.rest()]
    assert [event.counter for event in events] == [1, 1, 2, 3]
    assert [event.payload.value for event in events if isinstance(event.payload, AttributeValue)] == [1, 1, 2, 3]
    other = subscribe("Manual", EventType.CHANGE_EVENT)
    device.push_change_event("Manual", 4.0)
    assert [event.counter for event in (other.event(), *other.rest())] == [4, 4]


def test_clients_of_all_levels_are_served(client: Client, subscribe: Subscribe) -> None:
    """EVT-22, wire 11.1: one event, one counter, in the form that each understands; what levels have in common is sent
    once."""
    received = {level: subscribe("Manual", EventType.CHANGE_EVENT, level) for level in (6, 5, 4)}
    native = client.subscribe(DEVICE, "Manual", EventType.CHANGE_EVENT)
    device = client.device(DEVICE)
    device.push_change_event("Manual", 0.5)
    for level, each in received.items():
        assert each.topic.endswith("/manual#dbase=no.idl5_change" if level > 4 else "/manual#dbase=no.change")
        events = [each.event(), *each.rest()]
        assert [event.counter for event in events] == [1, 1]
    device.push_change_event("Manual", 1.5)
    for each in received.values():
        (event,) = [each.event(), *each.rest()]
        assert isinstance(event.payload, AttributeValue)
        assert (event.payload.name, event.payload.value, event.payload.quality) == (
            "Manual",
            1.5,
            AttrQuality.ATTR_VALID,
        )
    assert [event.counter for event in client.sink.take()] == [native.counter + 1, native.counter + 2]


def test_polled_values_errors_and_their_end(client: Client, subscribe: Subscribe) -> None:
    """EVT-31, EVT-38: detection runs for these clients too."""
    client.server.polling.active = False
    client.poll(DEVICE, "Val", 0)
    configure(client, DEVICE, "Val", abs_change="1")
    received = subscribe("Val", EventType.CHANGE_EVENT)
    poll(client, DEVICE, "Val")
    assert [event.payload.value for event in (received.event(), received.event())] == [0.0, 0.0]  # type: ignore[union-attr]
    client.device(DEVICE)._fail = True
    poll(client, DEVICE, "Val")
    assert received.event().errors[0].reason == "Probe_Fail"
    client.admin("RemObjPolling", [DEVICE, "attribute", "Val"])
    assert received.event().errors[0].reason == "API_PollObjNotFound"


def test_configuration_data_ready_and_interface(client: Client, subscribe: Subscribe) -> None:
    """EVT-44, EVT-51, EVT-52"""
    config = subscribe("Lng", EventType.ATTR_CONF_EVENT)
    old = subscribe("Lng", EventType.ATTR_CONF_EVENT, 4)
    ready = subscribe("Drdy", EventType.DATA_READY_EVENT)
    interface = subscribe("dummy", EventType.INTERFACE_CHANGE_EVENT)
    configure(client, DEVICE, "Lng", label="New label")
    assert [each.event().payload.label for each in (config, old)] == ["New label"] * 2  # type: ignore[union-attr]
    client.device(DEVICE).push_data_ready_event("Drdy", 42)
    assert ready.event().payload == ("Drdy", 5, 42)
    client.device(DEVICE).remove_attribute("Str")
    payload: Any = interface.event().payload
    assert not payload.dev_started
    assert "Str" not in [each.name for each in payload.attributes]
    assert "Nop" in [each.cmd_name for each in payload.commands]


def test_what_latin_1_has_not_becomes_an_error(client: Client, subscribe: Subscribe) -> None:
    """TYP-7: a subscriber learns that there was an event."""
    received = subscribe("Str", EventType.USER_EVENT)
    client.device(DEVICE).push_event("Str", [], [], "Ω")
    assert received.event().errors[0].reason == "API_EncodeErr"


def test_heartbeats(client: Client, receive: Callable[..., zmq.Socket[bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    """EVT-10, EVT-20: from the first subscription on; the next one after a subscription comes twice. Its topic begins
    with the name of the channel, and says that there is no database; clients that came through one that serves the file
    of ours listen for the channel alone."""
    monkeypatch.setattr(module, "HEARTBEAT_PERIOD", 0.2)
    _, texts = client.admin("ZmqEventSubscriptionChange", [DEVICE, "Lng", "subscribe", "attr_conf", "6"])
    sub = receive(texts[0], texts[-1])
    frames = []
    times = []
    for _ in range(6):
        assert sub.poll(PATIENCE)
        times.append(time.monotonic())
        frames.append(sub.recv_multipart())
    direct, through_database = ([f"{texts[-1]}{form}.heartbeat".encode(), *HEARTBEAT] for form in ("#dbase=no", ""))
    assert frames == [direct, direct, through_database, through_database, direct, through_database]
    assert times[3] - times[0] < 0.1 < times[4] - times[3]


def test_no_socket_before_somebody_asks(client: Client) -> None:
    """EVT-10"""
    publisher = client.server.events.topics.publisher
    assert isinstance(publisher, module.ZmqPublisher)
    assert publisher._sockets is None
    heartbeat, event = client.admin("ZmqEventSubscriptionChange", ["info"])[1]
    assert heartbeat.startswith("Heartbeat: tcp://127.0.0.1:")
    assert event == "Event: "
    numbers, texts = client.admin("ZmqEventSubscriptionChange", [DEVICE, "Lng", "subscribe", "attr_conf"])
    assert numbers[5] == 100 * zmq.zmq_version_info()[0] + 10 * zmq.zmq_version_info()[1] + zmq.zmq_version_info()[2]
    assert f"Heartbeat: {texts[0]}" == heartbeat
    assert texts[1].startswith("tcp://127.0.0.1:")
    assert client.admin("ZmqEventSubscriptionChange", ["info"])[1] == [heartbeat, f"Event: {texts[1]}"]


def test_the_addresses_of_a_server_that_listens_everywhere(
    make_server: MakeServer, connect: Connect, store: Store, subscribe_to: Subscribe
) -> None:
    """EVT-9: those of its requests; each further one is an alternate pair."""
    client = connect(make_server(store=store, bind="0.0.0.0"))
    _, texts = client.admin("ZmqEventSubscriptionChange", [DEVICE, "Lng", "subscribe", "attr_conf"])
    endpoints = texts[:-2]
    assert len(endpoints) % 2 == 0
    hosts = [endpoint.rpartition(":")[0].removeprefix("tcp://") for endpoint in endpoints]
    assert hosts[::2] == hosts[1::2]
    assert hosts[::2] == client.server._transport.hosts
    assert "0.0.0.0" not in hosts
    received = subscribe_to(client, "Manual", EventType.CHANGE_EVENT)
    client.device(DEVICE).push_change_event("Manual", 1.0)
    assert received.event().counter == 1


def test_a_server_that_listens_by_a_name(
    make_server: MakeServer, connect: Connect, store: Store, subscribe_to: Subscribe
) -> None:
    """EVT-9: the name stands in the endpoints."""
    client = connect(make_server(store=store, bind="localhost"))
    received = subscribe_to(client, "Manual", EventType.CHANGE_EVENT)
    client.device(DEVICE).push_change_event("Manual", 1.0)
    assert received.event().counter == 1
    assert client.admin("ZmqEventSubscriptionChange", ["info"])[1][0].startswith("Heartbeat: tcp://localhost:")


def test_ports_from_the_environment(
    make_server: MakeServer, connect: Connect, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For hosts behind a firewall; one that is taken is a failure that says so."""
    with socket.socket() as taken, socket.socket() as free:
        for each in (taken, free):
            each.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        monkeypatch.setenv("TANGO_ZMQ_HEARTBEAT_PORT", str(port))
        monkeypatch.setenv("TANGO_ZMQ_EVENT_PORT", str(taken.getsockname()[1]))
        client = connect(make_server(store=store))
        assert client.admin("ZmqEventSubscriptionChange", ["info"])[1][0] == f"Heartbeat: tcp://127.0.0.1:{port}"
        with pytest.raises(DevFailed) as failure:
            client.admin("ZmqEventSubscriptionChange", [DEVICE, "Lng", "subscribe", "attr_conf"])
        assert failure.value.reason == "API_ZmqInitFailed"
        assert list(client.server.events.topics) == []


def test_the_high_water_mark_is_that_of_the_control_system(
    make_server: MakeServer, connect: Connect, store: Store
) -> None:
    """EVT-60: DSEventBufferHwm"""
    store.put_property("CtrlSystem", {"DSEventBufferHwm": ["30"]})
    client = connect(make_server(store=store))
    client.admin("ZmqEventSubscriptionChange", [DEVICE, "Lng", "subscribe", "attr_conf"])
    sockets: Any = client.server.events.topics.publisher._sockets  # type: ignore[attr-defined]
    assert sockets._events._socket.get(zmq.SNDHWM) == 30


def test_the_last_event_before_the_end_arrives(client: Client, subscribe: Subscribe) -> None:
    received = subscribe("Manual", EventType.CHANGE_EVENT)
    for number in range(100):
        client.device(DEVICE).push_change_event("Manual", float(number))
    client.server.stop()
    assert received.event().counter == 1
    assert received.rest()[-1].counter == 100


def test_a_forked_child_leaves_the_sockets_alone(client: Client, subscribe: Subscribe) -> None:
    received = subscribe("Manual", EventType.CHANGE_EVENT)
    client.device(DEVICE).push_change_event("Manual", 1.0)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            del received, client
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0
    client.device(DEVICE).push_change_event("Manual", 2.0)
    assert [received.event().counter for _ in range(3)] == [1, 1, 2]


def test_the_call_info_is_that_of_tango(client: Client, subscribe: Subscribe) -> None:
    """wire 11.3"""
    received = subscribe("Manual", EventType.CHANGE_EVENT)
    client.device(DEVICE).push_change_event("Manual", 1.0)
    topic, order, call_info, data = received.frames()
    assert topic.decode() == received.topic
    assert order == b"\1"
    assert struct.unpack("<iII4xI?", call_info) == (1, 1, 1, 0, False)
    assert data[:4] == b"\xc0\xde\xc0\xde"


class Piped(Probe2):
    """A device with a pipe."""

    @pipe
    def Blob(self) -> Any:
        return "name", {"a": 1.5}


def test_pipes(make_server: MakeServer, connect: Connect, receive: Callable[..., zmq.Socket[bytes]]) -> None:
    """EVT-54, wire 11.3: the whole blob, or the errors in its place."""
    client = connect(make_server((Piped,), devices={"Piped": ["a/b/c"]}))
    _, texts = client.admin("ZmqEventSubscriptionChange", ["a/b/c", "Blob", "subscribe", "pipe", "5"])
    assert texts[-2].endswith("/a/b/c/blob#dbase=no.pipe")
    received = Received(receive(texts[1], texts[-2]), texts[-2], EventDecoder("a/b/c", "blob", EventType.PIPE_EVENT, 5))
    device = client.device("a/b/c")
    device.push_pipe_event("Blob", ("pushed", {"a": 2.5, "b": ["x", "y"]}))
    device.push_pipe_event("Blob", DevFailed.of("Blob_Fail", "no blob"))
    event, again, failure = received.event(), received.event(), received.event()
    assert event == again
    assert isinstance(event.payload, PipeBlob)
    assert event.payload.to_user()[0] == "pushed"
    assert [(each.name, each.value) for each in event.payload.elements] == [("a", 2.5), ("b", ["x", "y"])]
    assert failure.errors[0].reason == "Blob_Fail"


def test_a_server_that_requires_encryption_publishes_nothing(
    make_server: MakeServer, connect: Connect, tmp_path: Path
) -> None:
    """ZeroMQ's events are not encrypted; native ones are."""
    issued = trustme.CA(key_type=trustme.KeyType.ECDSA).issue_cert("127.0.0.1", key_type=trustme.KeyType.ECDSA)
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(str(certificate))
    issued.private_key_pem.write_to_path(str(key))
    client = connect(make_server((Probe2,), devices={"Probe2": [DEVICE]}, tls=ServerTls(str(certificate), str(key))))
    with pytest.raises(DevFailed) as failure:
        client.admin("ZmqEventSubscriptionChange", [DEVICE, "Lng", "subscribe", "attr_conf"])
    assert failure.value.reason == "API_ZmqInitFailed"
    client.subscribe(DEVICE, "Lng", EventType.ATTR_CONF_EVENT)


def test_a_server_that_has_stopped_publishes_nothing() -> None:
    """No socket is made for a subscription that comes late."""
    timer = Timer("late")
    late = module.ZmqPublisher("127.0.0.1", lambda: Naming("h:1", True), "dserver/a/b", lambda: 1000, timer)
    late.close()
    for ask in (lambda: late.heartbeat, lambda: late.events, lambda: late.alternates, late.start):
        with pytest.raises(DevFailed, match="the server has stopped") as failure:
            ask()
        assert failure.value.reason == "API_ZmqInitFailed"
