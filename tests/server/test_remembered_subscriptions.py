"""Subscriptions by commands of the admin device: how long they last, whom they serve, what a publisher is told."""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import pytest

from server_core.database.store import Store
from server_core.model.enums import AttrWriteType, EventType
from server_core.model.errors import DevFailed, MultiDevFailed
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeWrite, Event
from server_core.protocol import operations as op
from server_core.server.events.topics import Topic
from tests.captured import replayed_cases
from tests.server.replaying import configure, poll, poll_at, shown

if TYPE_CHECKING:
    from tests.server.conftest import Client, Connect, MakeServer

DEVICE = "adm/probe2/1"


class Recording:
    """A publisher that keeps what it is told to send: the object and kind, the event, the client versions."""

    zmq_release = 435
    heartbeat = "tcp://127.0.0.1:1"
    events = "tcp://127.0.0.1:2"

    def __init__(self) -> None:
        self.alternates = ["tcp://127.0.0.2:1", "tcp://127.0.0.2:2"]
        self.starts = 0
        self.sent: list[tuple[str, Event, list[int]]] = []

    def start(self) -> None:
        self.starts += 1

    def publish(self, topic: Topic, event: Event, versions: Collection[int]) -> None:
        self.sent.append((f"{topic.object}.{topic.type.wire_name}", event, sorted(versions)))

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> list[tuple[str, Event, list[int]]]:
        sent, self.sent = self.sent, []
        return sent


@pytest.fixture
def clock() -> list[float]:
    """The time that subscriptions are remembered by; a test moves it."""
    return [5000.0]


@pytest.fixture
def publisher(client: Client, clock: list[float]) -> Recording:
    """The publisher of the client's server."""
    topics = client.server.events.topics
    topics.clock = lambda: clock[0]
    topics.publisher = publisher = Recording()
    client.server.polling.active = False
    return publisher


def subscribe(client: Client, name: str, event: str, *version: str) -> Any:
    return client.admin("ZmqEventSubscriptionChange", [DEVICE, name, "subscribe", event, *version])


def test_events_go_to_the_publisher_for_the_versions_that_subscribed(client: Client, publisher: Recording) -> None:
    """EVT-3, EVT-22: detection runs for a remembered subscription as for a connection, and one event counts once
    however many versions want it."""
    client.poll(DEVICE, "Val", 0)
    configure(client, DEVICE, "Val", abs_change="1")
    subscribe(client, "Val", "change", "5")
    subscribe(client, "Val", "change")
    assert publisher.starts == 2
    poll(client, DEVICE, "Val")
    ((name, event, versions),) = publisher.take()
    assert (name, shown(event), event.counter, versions) == ("val.change", [0.0, "VALID"], 1, [4, 5])
    poll(client, DEVICE, "Val")
    assert publisher.take() == []
    client.device(DEVICE)._v = 2.0
    poll(client, DEVICE, "Val")
    ((_, event, _),) = publisher.take()
    assert event.counter == 2


def test_a_subscription_that_is_not_renewed_is_dropped(
    client: Client, publisher: Recording, clock: list[float]
) -> None:
    """EVT-11, EVT-13: after 600 s, for each client version by itself; there is no other way to unsubscribe. The last
    event comes as late as in the capture."""
    (case,) = [case for case in replayed_cases("server", "events") if case.name.startswith("subscription never conf")]
    client.poll(DEVICE, "Lng", 0)
    subscribe(client, "Lng", "periodic", "5")
    clock[0] += 300
    subscribe(client, "Lng", "periodic", "4")
    clock[0] += case.data["output"]["last_event_s"] - 300
    poll_at(client, DEVICE, "Lng", 1000.0)
    assert [versions for _, _, versions in publisher.take()] == [[4, 5]]
    clock[0] += 0.3
    poll_at(client, DEVICE, "Lng", 1002.0)
    assert [versions for _, _, versions in publisher.take()] == [[4]]
    clock[0] += 300
    poll_at(client, DEVICE, "Lng", 1004.0)
    assert publisher.take() == []


def test_a_confirmed_subscription_lives_on(client: Client, publisher: Recording, clock: list[float]) -> None:
    """EVT-12, EVT-13: every 210 s as a living client does; the version stands in the event's name."""
    client.poll(DEVICE, "Lng", 0)
    subscribe(client, "Lng", "periodic", "5")
    subscribe(client, "Lng", "attr_conf")
    for number in range(5):
        clock[0] += 210
        confirmed = [DEVICE, "Lng", "idl5_periodic", DEVICE, "lng", "attr_conf"]
        client.admin("EventConfirmSubscription", confirmed)
        poll_at(client, DEVICE, "Lng", 1000.0 + number * 210)
        configure(client, DEVICE, "Lng")
    assert [(name, versions) for name, _, versions in publisher.take()] == [
        ("lng.periodic", [5]),
        ("lng.attr_conf", [3]),
    ] * 5


def test_a_confirmation_meets_the_same_checks_as_a_subscription(client: Client, publisher: Recording) -> None:
    """EVT-12, ADM-15, ADM-16"""
    for command in ("EventConfirmSubscription", "EventSubscriptionChange"):
        action = ["subscribe"] if command == "EventSubscriptionChange" else []
        with pytest.raises(DevFailed) as failure:
            client.admin(command, [DEVICE, "Val", *action, "change"])
        assert failure.value.reason == "API_AttributePollingNotStarted"
        with pytest.raises(DevFailed) as failure:
            client.admin(command, [DEVICE, "Val", *action, "quality"])
        assert failure.value.reason == "API_InvalidArgs"
    assert publisher.starts == 0


def test_another_action_remembers_nothing(client: Client, publisher: Recording) -> None:
    """EVT-8, ADM-16"""
    client.poll(DEVICE, "Lng", 0)
    answer = client.admin("ZmqEventSubscriptionChange", [DEVICE, "Lng", "look", "periodic", "5"])
    assert list(answer[0]) == [1033, 6, 1000, 81920, 20000, 435]
    assert client.admin("EventSubscriptionChange", [DEVICE, "Lng", "look", "periodic"]) == 1033
    poll_at(client, DEVICE, "Lng", 1000.0)
    assert publisher.take() == []
    assert client.admin("EventSubscriptionChange", [DEVICE, "Lng", "subscribe", "periodic"]) == 1033
    poll_at(client, DEVICE, "Lng", 1002.0)
    assert [versions for _, _, versions in publisher.take()] == [[4]]


@pytest.mark.parametrize(
    ("event", "version", "remembered", "topic"),
    [
        ("periodic", [], 4, "lng.periodic"),
        ("attr_conf", [], 3, "lng.attr_conf"),
        ("periodic", ["0"], 4, "lng.periodic"),
        ("idl5_periodic", ["0"], 5, "lng.idl5_periodic"),
        ("IDL5_Periodic", ["5"], 5, "lng.idl5_periodic"),
        ("periodic", ["6"], 5, "lng.idl5_periodic"),
        ("periodic", ["3"], 3, "lng.periodic"),
    ],
)
def test_client_versions(
    client: Client, publisher: Recording, event: str, version: list[str], remembered: int, topic: str
) -> None:
    """EVT-8, EVT-9"""
    client.poll(DEVICE, "Lng", 0)
    _, texts = subscribe(client, "Lng", event, *version)
    assert texts[-2].endswith(f"/{topic.replace('lng', 'lng#dbase=no')}")
    (found,) = client.server.events.topics
    assert list(found.remembered) == [remembered]


@pytest.mark.parametrize("version", ["five", "-1", "9" * 40, "5.0", "٥"])
def test_a_client_version_that_is_no_number(client: Client, publisher: Recording, version: str) -> None:
    """EVT-8"""
    with pytest.raises(DevFailed) as failure:
        subscribe(client, "Lng", "attr_conf", version)
    assert failure.value.reason == "API_InvalidArgs"


def test_the_answer_names_all_endpoints(client: Client, publisher: Recording) -> None:
    """EVT-9, EVT-10: alternate addresses stand in pairs before the topic and the channel, which without a database
    begin with the server's own address."""
    _, texts = subscribe(client, "Lng", "attr_conf", "5")
    assert texts[:4] == ["tcp://127.0.0.1:1", "tcp://127.0.0.1:2", "tcp://127.0.0.2:1", "tcp://127.0.0.2:2"]
    host = client.server.naming.host
    assert texts[4:] == [f"tango://{host}/{DEVICE}/lng#dbase=no.idl5_attr_conf", f"tango://{host}/dserver/probe/a"]
    assert host.rpartition(":")[2] in client.server.endpoints
    _, texts = client.admin("ZmqEventSubscriptionChange", ["INFO"])
    assert texts == [
        "Heartbeat: tcp://127.0.0.1:1",
        "Event: tcp://127.0.0.1:2",
        "Heartbeat: tcp://127.0.0.2:1",
        "Event: tcp://127.0.0.2:2",
    ]


def test_no_subscription_of_any_kind_while_the_server_ends(client: Client, publisher: Recording) -> None:
    """LIFE-42, EVT-2"""
    client.server.events.closing = True
    for command, argin in (
        ("ZmqEventSubscriptionChange", [DEVICE, "Lng", "subscribe", "attr_conf"]),
        ("EventConfirmSubscription", [DEVICE, "Lng", "attr_conf"]),
    ):
        with pytest.raises(DevFailed) as failure:
            client.admin(command, argin)
        assert failure.value.reason == "API_ShutdownInProgress"


def test_interface_changes_reach_the_publisher(client: Client, publisher: Recording) -> None:
    """EVT-52: the first remembered subscriber knows the interface of that moment."""
    _, texts = subscribe(client, "", "intr_change", "5")
    assert texts[-2].endswith(f"/{DEVICE}#dbase=no.intr_change")
    served = client.server.registry.find(DEVICE)
    client.server.events._send_interface(served)
    assert publisher.take() == []
    client.device(DEVICE).remove_attribute("Str")
    client.server.events._send_interface(served)
    assert [name for name, _, _ in publisher.take()] == [".intr_change"]


def test_subscriptions_outlive_a_restart_of_the_devices(
    make_server: MakeServer, connect: Connect, store: Store
) -> None:
    """EVT-23: DevRestart, and RestartServer."""
    client = connect(make_server(store=store))
    client.subscribe(DEVICE, "Manual", EventType.CHANGE_EVENT)
    for restart in (lambda: client.admin("DevRestart", DEVICE), client.server.restart_devices):
        restart()
        client.device(DEVICE).push_change_event("Manual", 3.0)
        assert [shown(event) for event in client.sink.take()] == [[3.0, "VALID"]]


def test_pushes_from_several_threads_are_sent_one_after_the_other(client: Client, publisher: Recording) -> None:
    """EVT-45: the counter rises by one from event to event, in the order of sending."""
    client.subscribe(DEVICE, "Manual", EventType.CHANGE_EVENT)
    author = client.device(DEVICE)

    def push() -> None:
        for number in range(200):
            author.push_change_event("Manual", float(number))

    threads = [threading.Thread(target=push) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [event.counter for event in client.sink.take()] == list(range(1, 801))


# ---- properties of the control system


def server_with(make_server: MakeServer, connect: Connect, store: Store, **properties: str) -> Client:
    store.put_property("CtrlSystem", {name: [value] for name, value in properties.items()})
    return connect(make_server(store=store))


def test_high_water_marks(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """EVT-60: what clients are told, and how many events may wait in the server for one client."""
    client = server_with(make_server, connect, store, EventBufferHwm="200", DSEventBufferHwm="30")
    numbers, _ = subscribe(client, "Lng", "attr_conf", "5")
    assert numbers[2] == 200
    assert client.server._transport.limits.max_waiting_events == 30


def test_malformed_settings_of_the_control_system(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """EVT-60: what cannot be understood is left out, multicast is ignored."""
    client = server_with(
        make_server, connect, store, EventBufferHwm="many", DSEventBufferHwm="-1", MulticastEvent="incoherent"
    )
    numbers, _ = subscribe(client, "Lng", "attr_conf", "5")
    assert list(numbers[2:5]) == [1000, 81920, 20000]


@pytest.mark.parametrize("allowed", [True, False])
def test_writing_nan(make_server: MakeServer, connect: Connect, store: Store, allowed: bool) -> None:
    """EVT-60: WAttrNaNAllowed"""
    client = server_with(make_server, connect, store, WAttrNaNAllowed=str(allowed).lower())
    (config,) = client.call(op.GetAttributeConfig(DEVICE, ("Val",)))
    assert config.writable is AttrWriteType.READ_WRITE
    request = op.WriteAttributes(DEVICE, (AttributeWrite("Val", CmdArgType.DevDouble, float("nan")),))
    if allowed:
        client.call(request)
        assert client.device(DEVICE)._v != client.device(DEVICE)._v
    else:
        with pytest.raises(MultiDevFailed) as failure:
            client.call(request)
        assert failure.value.failed[0].errors[0].reason == "API_WAttrOutsideLimit"
