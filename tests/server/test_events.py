"""Events: subscriptions, pushed events, configuration and interface changes."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from server_core.device.declaration import attribute
from server_core.device.device import Device
from server_core.device.pipe import pipe
from server_core.model.config import AttributeConfig
from server_core.model.enums import AttrQuality, AttrWriteType, EventType
from server_core.model.errors import DevFailed
from server_core.model.identity import ClientIdent
from server_core.model.pipe import PipeBlob
from server_core.model.types import CmdArgType
from server_core.model.values import DataReady, InterfaceChange
from server_core.protocol import operations as op
from server_core.server.events.criteria import tolerated
from server_core.server.events.service import _attribute_signature as attribute_signature
from server_core.server.polling.schedule import WorkItem
from server_core.transport.blocking import Connection
from server_core.transport.endpoint import parse_endpoints
from tests.server import replaying
from tests.server.replaying import shown

if TYPE_CHECKING:
    from tests.server.conftest import Client, Connect, MakeServer

DEVICE = "adm/probe2/1"
CHANGE, ARCHIVE, PERIODIC = EventType.CHANGE_EVENT, EventType.ARCHIVE_EVENT, EventType.PERIODIC_EVENT


def configure(client: Client, name: str, **texts: str) -> None:
    """Change properties of an attribute of the test's device."""
    replaying.configure(client, DEVICE, name, **texts)


def poll(client: Client, name: str) -> None:
    """One poll of an attribute of the test's device."""
    replaying.poll(client, DEVICE, name)


def refusal(client: Client, name: str, kind: EventType) -> tuple[str, str]:
    with pytest.raises(DevFailed) as failure:
        client.subscribe(DEVICE, name, kind)
    return failure.value.reason, failure.value.desc


NOT_POLLED = "The polling (necessary to send events) for the attribute {} is not started"


@pytest.mark.parametrize(
    ("name", "kind", "reason", "desc"),
    [
        ("Val", CHANGE, "API_AttributePollingNotStarted", NOT_POLLED.format("val")),
        ("State", CHANGE, "API_AttributePollingNotStarted", NOT_POLLED.format("state")),
        ("Val", ARCHIVE, "API_AttributePollingNotStarted", NOT_POLLED.format("val")),
        ("Val", PERIODIC, "API_AttributePollingNotStarted", NOT_POLLED.format("val")),
        ("Val", EventType.ALARM_EVENT, "API_AttributePollingNotStarted", NOT_POLLED.format("val")),
        ("Nope", CHANGE, "API_AttrNotFound", "nope attribute not found"),
        ("Nope", EventType.USER_EVENT, "API_AttrNotFound", "nope attribute not found"),
        ("Val", EventType.DATA_READY_EVENT, "API_AttributeNotDataReadyEnabled",
         "The attribute val is not data ready event enabled"),
        ("Nope", EventType.PIPE_EVENT, "API_PipeNotFound", None),
    ],
)  # fmt: skip
def test_refused_subscriptions(client: Client, name: str, kind: EventType, reason: str, desc: str | None) -> None:
    """EVT-2"""
    found = refusal(client, name, kind)
    assert found[0] == reason
    assert desc in (None, found[1])


def test_criteria_are_needed_for_numbers_only(client: Client) -> None:
    """EVT-2"""
    for name in ("Lng", "Str", "State"):
        client.poll(DEVICE, name, 0)
    assert refusal(client, "Lng", CHANGE) == (
        "API_EventPropertiesNotSet",
        "Event properties (abs_change or rel_change) for attribute lng are not set",
    )
    assert refusal(client, "Lng", ARCHIVE) == (
        "API_EventPropertiesNotSet",
        "Archive event properties (archive_abs_change or archive_rel_change or archive_period) for attribute lng are "
        "not set",
    )
    for name in ("Str", "State"):
        client.subscribe(DEVICE, name, CHANGE)
        client.subscribe(DEVICE, name, ARCHIVE)
    client.subscribe(DEVICE, "Lng", PERIODIC)
    configure(client, "Lng", archive_period="500")
    client.subscribe(DEVICE, "Lng", ARCHIVE)


def test_tolerated_periods() -> None:
    """EVT-34"""
    assert tolerated(1000) == pytest.approx(0.98)
    assert tolerated(5000) == pytest.approx(4.9)
    assert tolerated(50) == pytest.approx(0.049)


def test_alarm_events_tell_of_quality_alone(client: Client) -> None:
    """EVT-39"""
    (config,) = client.call(op.GetAttributeConfig(DEVICE, ("Val",)))
    config.alarms.max_warning, config.alarms.max_alarm = "40", "50"
    client.call(op.SetAttributeConfig(DEVICE, (config,)))
    client.poll(DEVICE, "Val", 0)
    client.subscribe(DEVICE, "Val", EventType.ALARM_EVENT)
    qualities = []
    for value in (1, 45, 60, 65, 45, 1):
        client.device(DEVICE)._v = float(value)
        poll(client, "Val")
        qualities.append([event.payload.quality.label for event in client.sink.take()])  # type: ignore[union-attr]
    assert qualities == [["VALID"], ["WARNING"], ["ALARM"], [], ["WARNING"], ["VALID"]]


def test_the_end_of_polling_is_told_once(client: Client) -> None:
    """POLL-30, EVT-38"""
    configure(client, "Val", abs_change="1")
    client.poll(DEVICE, "Val", 0)
    client.subscribe(DEVICE, "Val", CHANGE)
    client.admin("RemObjPolling", [DEVICE, "attribute", "Val"])
    (event,) = client.sink.take()
    assert event.errors[0].reason == "API_PollObjNotFound"


def test_late_polling_is_told_once(client: Client) -> None:
    """POLL-13, EVT-38"""
    client.poll(DEVICE, "Str", 1000)
    client.subscribe(DEVICE, "Str", CHANGE)
    served = client.server.registry.find(DEVICE)
    item = WorkItem(served, False, 1000, 0.0, list(served.polled))
    client.sink.take()
    client.server.events.discarded(item)
    client.server.events.discarded(item)
    (event,) = client.sink.take()
    assert event.errors[0].reason == "API_PollThreadOutOfSync"


def test_each_subscriber_gets_each_event_encoded_once(client: Client, connect: Connect) -> None:
    """EVT-22: one counter per topic, from 1."""
    other = connect(client.server)
    topics = {each.subscribe(DEVICE, "MANUAL", CHANGE) for each in (client, other)}
    assert len(topics) == 1
    probe = client.device(DEVICE)
    probe.push_change_event("Manual", 1.0)
    probe.push_change_event("Manual", 1.0)
    mine, theirs = client.sink.take(), other.sink.take()
    assert [event.counter for event in mine] == [1, 2]
    assert (mine[0].device, mine[0].object, mine[0].type) == (DEVICE, "manual", CHANGE)
    assert all(one is two for one, two in zip(mine, theirs, strict=True))
    assert client.subscribe(DEVICE, "Manual", CHANGE).counter == 2


def test_counters_begin_again_behind_32_bits(client: Client) -> None:
    """EVT-22"""
    client.subscribe(DEVICE, "Manual", CHANGE)
    (topic,) = client.server.events.topics
    topic.counter = 2**32 - 2
    for _ in range(3):
        client.device(DEVICE).push_change_event("Manual", 1.0)
    assert [event.counter for event in client.sink.take()] == [2**32 - 1, 0, 1]


def test_no_events_after_the_end_of_a_subscription(client: Client) -> None:
    subscription = client.subscribe(DEVICE, "Manual", CHANGE)
    client.call(op.Unsubscribe(DEVICE, subscription.topic))
    client.device(DEVICE).push_change_event("Manual", 1.0)
    client.subscribe(DEVICE, "Manual", CHANGE)
    client.server.dispatcher.disconnected(client.peer)
    client.device(DEVICE).push_change_event("Manual", 2.0)
    assert client.sink.take() == []
    assert client.peer.subscriptions == {}


def test_pushed_events(client: Client) -> None:
    """EVT-40..EVT-43: the captured sequences."""
    probe = client.device(DEVICE)
    client.subscribe(DEVICE, "Manual", CHANGE)
    probe.push_change_event("Manual", 1.0)
    probe.push_change_event("Manual", 1.0)
    probe.push_archive_event("Manual", 5.0)
    probe.push_event("Manual", [], [], 6.0)
    probe.push_change_event("Manual", DevFailed.of("My_Reason", "sorry"))
    assert [shown(event) for event in client.sink.take()] == [[1.0, "VALID"], [1.0, "VALID"], "ERR My_Reason"]
    with pytest.raises(DevFailed, match="Nope"):
        probe.push_change_event("Nope", 1.0)


def test_pushed_events_with_detection(client: Client) -> None:
    """EVT-40: the captured sequence of `abs_change = 1`."""
    probe = client.device(DEVICE)
    client.subscribe(DEVICE, "ManualChk", CHANGE)
    for value in (0.5, 1.0, 1.5, 2.0):
        probe.push_change_event("ManualChk", value)
    probe.push_change_event("ManualChk", 2.0, 0.0, AttrQuality.ATTR_WARNING)
    found = [shown(event) for event in client.sink.take()]
    assert found == [[0.5, "VALID"], [1.5, "VALID"], [2.0, "WARNING"]]


def test_a_polled_attribute_that_is_pushed_is_sent_by_its_code_only(client: Client) -> None:
    """EVT-40"""
    client.poll(DEVICE, "Manual", 0)
    client.subscribe(DEVICE, "Manual", CHANGE)
    poll(client, "Manual")
    served = client.server.registry.find(DEVICE)
    client.server.events.discarded(WorkItem(served, False, 1000, 0.0, list(served.polled)))
    client.admin("RemObjPolling", [DEVICE, "attribute", "Manual"])
    assert client.sink.take() == []


def test_data_ready_events(client: Client) -> None:
    """EVT-44"""
    client.subscribe(DEVICE, "Drdy", EventType.DATA_READY_EVENT)
    client.device(DEVICE).push_data_ready_event("Drdy", 5)
    client.device(DEVICE).push_data_ready_event("Drdy", 5)
    client.device(DEVICE).push_data_ready_event("Lng", 5)
    payloads = [event.payload for event in client.sink.take()]
    assert [(each.name, each.counter) for each in payloads if isinstance(each, DataReady)] == [("Drdy", 5)] * 2


def test_every_change_of_configuration_is_an_event(client: Client) -> None:
    """EVT-51: also when nothing changed."""
    client.subscribe(DEVICE, "Val", EventType.ATTR_CONF_EVENT)
    configure(client, "Val", abs_change="7")
    configure(client, "Val")
    found = [event.payload.events.ch_event.abs_change for event in client.sink.take()]  # type: ignore[union-attr]
    assert found == ["7", "7"]


def test_a_configuration_is_pushed_by_code(client: Client) -> None:
    """EVT-51, EVT-42: with PyTango's name; it reaches the subscribers of this attribute's configuration."""
    client.subscribe(DEVICE, "Val", EventType.ATTR_CONF_EVENT)
    probe = client.device(DEVICE)
    for name in ("Val", "Lng"):
        probe.push_att_conf_event(probe.get_device_attr().get_attr_by_name(name))
    (event,) = client.sink.take()
    assert isinstance(event.payload, AttributeConfig)
    assert event.payload.name == "Val"


def test_a_burst_of_interface_changes_is_one_event(client: Client) -> None:
    """EVT-52"""
    client.subscribe(DEVICE, "", EventType.INTERFACE_CHANGE_EVENT)
    probe = client.device(DEVICE)
    for number in range(3):
        probe.add_attribute(attribute(name=f"Dyn{number}", dtype=float, fget=lambda: 1.0))
    (event,) = client.sink.wait_for(1)
    change = event.payload
    assert isinstance(change, InterfaceChange)
    assert not change.dev_started
    assert [config.name for config in change.attributes if config.name.startswith("Dyn")] == ["Dyn0", "Dyn1", "Dyn2"]
    client.command(DEVICE, "Init")
    probe.remove_attribute("Dyn1")
    (event,) = client.sink.wait_for(1)
    assert len(event.payload.attributes) == len(change.attributes) - 1  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("kwargs", "told"),
    [
        ({"dtype": float}, False),
        ({"dtype": float, "label": "another", "unit": "mm", "polling_period": 0}, False),
        ({"dtype": int}, True),
        ({"dtype": (float,), "max_dim_x": 4}, True),
        ({"dtype": float, "access": AttrWriteType.READ_WRITE, "fset": lambda value: None}, True),
    ],
)
def test_what_makes_two_interfaces_different(client: Client, kwargs: dict[str, Any], told: bool) -> None:
    """EVT-52: type, format, sizes and writability of an attribute that was made anew; not its label or unit."""
    probe = client.device(DEVICE)
    probe.add_attribute(attribute(name="Dyn", dtype=float, fget=lambda: 1.0))
    client.subscribe(DEVICE, "", EventType.INTERFACE_CHANGE_EVENT)
    probe.remove_attribute("Dyn")
    probe.add_attribute(attribute(name="Dyn", fget=lambda: 1.0, **kwargs))
    if told:
        assert client.sink.wait_for(1)
    else:
        time.sleep(0.15)
        assert client.sink.take() == []


def test_the_number_of_enum_labels_is_compared() -> None:
    """EVT-52"""
    two, three = (attribute_signature(labelled(count)) for count in (2, 3))
    assert two != three
    assert two == attribute_signature(labelled(2, "other"))


def labelled(count: int, text: str = "label") -> AttributeConfig:
    config = AttributeConfig(name="mode", data_type=CmdArgType.DevEnum)
    config.enum_labels = tuple(f"{text} {number}" for number in range(count))
    return config


class Piped(Device):
    """Has a pipe."""

    @pipe
    def parts(self) -> Any:
        return "blob", [{"name": "one", "value": 1.0}]


def test_pipe_events_carry_the_whole_blob(make_server: MakeServer, connect: Connect) -> None:
    """EVT-54: they are pushed by code only."""
    client = connect(make_server((Piped,), devices={"Piped": ["p/i/pe"]}))
    client.call(op.Subscribe("p/i/pe", "PARTS", EventType.PIPE_EVENT))
    client.call(op.ReadPipe("p/i/pe", "parts"))
    client.device("p/i/pe").push_pipe_event("parts", ("fresh", [{"name": "two", "value": 2.0}]))
    (event,) = client.sink.take()
    assert event.object == "parts"
    assert isinstance(event.payload, PipeBlob)
    assert event.payload.to_user() == PipeBlob.from_user(("fresh", [{"name": "two", "value": 2.0}])).to_user()


class Lingering(Device):
    """Takes its time to go."""

    going = threading.Event()
    gone = threading.Event()

    def delete_device(self) -> None:
        self.going.set()
        assert self.gone.wait(20)


def test_a_subscription_that_comes_while_the_server_ends(make_server: MakeServer) -> None:
    """EVT-2, LIFE-42: on a connection that is still served."""
    server = make_server((Lingering,), devices={"Lingering": ["e/n/d"]})
    (endpoint, *_) = parse_endpoints(server.endpoints)
    connection = Connection.open(endpoint, ident=ClientIdent(pid=1))
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    try:
        assert Lingering.going.wait(20)
        request = op.Subscribe("e/n/d", "State", EventType.ATTR_CONF_EVENT)
        with pytest.raises(DevFailed) as failure:
            connection.subscribe(request, lambda happening: None, 20)
        assert failure.value.reason == "API_ShutdownInProgress"
    finally:
        Lingering.gone.set()
        stopping.join(20)
        connection.close()


def test_no_subscriptions_while_the_server_ends(client: Client) -> None:
    """LIFE-42"""
    client.server.events.closing = True
    assert refusal(client, "Manual", CHANGE)[0] == "API_ShutdownInProgress"
