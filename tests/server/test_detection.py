"""What detection finds beside the captured tables: types of which there are none, signs, periods, qualities, timing."""

from __future__ import annotations

import time
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import pytest

from server_core.device.declaration import attribute
from server_core.device.device import Device
from server_core.model.enums import AttrQuality, EventType
from server_core.model.errors import DevFailed
from server_core.model.types import CmdArgType
from server_core.transport.timer import Action, Handle
from tests.server.replaying import configure, poll, poll_at

if TYPE_CHECKING:
    from tests.server.conftest import Client, Connect, MakeServer

DEVICE = "k/i/nds"
CHANGE, ARCHIVE, ALARM = EventType.CHANGE_EVENT, EventType.ARCHIVE_EVENT, EventType.ALARM_EVENT


class Mode(IntEnum):
    slow = 0
    fast = 1


class Kinds(Device):
    """One attribute of each kind of value, which is what a test puts into `now`."""

    now: dict[str, Any]
    quality = AttrQuality.ATTR_VALID
    failure = ""

    def init_device(self) -> None:
        self.now = {"level": 1.0, "count": 1, "flag": False, "mode": Mode.slow, "blob": ("a", b"\x05\x05")}

    @attribute(dtype=float)
    def level(self) -> Any:
        if self.failure:
            raise DevFailed.of("My_Reason", self.failure)
        return self.now["level"], time.time(), self.quality

    @attribute(dtype=int)
    def count(self) -> Any:
        return self.now["count"]

    @attribute(dtype=bool)
    def flag(self) -> Any:
        return self.now["flag"]

    @attribute(dtype=Mode)
    def mode(self) -> Any:
        return self.now["mode"]

    @attribute(dtype=CmdArgType.DevEncoded)
    def blob(self) -> Any:
        return self.now["blob"]


@pytest.fixture
def client(make_server: MakeServer, connect: Connect) -> Client:
    client = connect(make_server((Kinds,), devices={"Kinds": [DEVICE]}))
    client.server.polling.active = False
    for name in ("level", "count", "flag", "mode", "blob"):
        client.poll(DEVICE, name, 0)
    return client


def sent(client: Client, name: str, *values: Any) -> list[int]:
    """How many events each of these values is worth, polled one after the other."""
    counts = []
    for value in values:
        client.device(DEVICE).now[name] = value
        poll(client, DEVICE, name)
        counts.append(len(client.sink.take()))
    return counts


@pytest.mark.parametrize("kind", [CHANGE, ARCHIVE])
def test_booleans_and_enumerations_are_sent_when_they_differ(client: Client, kind: EventType) -> None:
    """EVT-32; EVT-2: they need no criteria."""
    client.subscribe(DEVICE, "flag", kind)
    client.subscribe(DEVICE, "mode", kind)
    assert sent(client, "flag", False, False, True, True, False) == [1, 0, 1, 0, 1]
    assert sent(client, "mode", Mode.slow, Mode.fast, Mode.fast, Mode.slow) == [1, 1, 0, 1]


def test_encoded_values(client: Client) -> None:
    """EVT-32: sent when format or length differ, and by the criteria for each byte; EVT-2: none are needed."""
    client.subscribe(DEVICE, "blob", CHANGE)
    values = [("a", b"\x05\x05"), ("a", b"\x05\x0a"), ("b", b"\x05\x0a"), ("b", b"\x05"), ("b", b"\x07")]
    assert sent(client, "blob", *values) == [1, 0, 1, 1, 0]
    configure(client, DEVICE, "blob", abs_change="3")
    assert sent(client, "blob", ("b", b"\x07"), ("b", b"\x08"), ("b", b"\x0a"), ("b", b"\x0b")) == [0, 1, 0, 1]


@pytest.mark.parametrize(("name", "low", "high"), [("level", -5.5, -4.5), ("count", -11, -9)])
def test_the_sign_of_relative_changes(client: Client, name: str, low: float, high: float) -> None:
    """EVT-32: from a negative value downwards is a rise in percent."""
    start = -5.0 if name == "level" else -10
    configure(client, DEVICE, name, rel_change="-50,10")
    client.subscribe(DEVICE, name, CHANGE)
    assert sent(client, name, start, high, start, low) == [1, 0, 0, 1]


@pytest.mark.parametrize(("name", "zero"), [("level", 0.0), ("count", 0)])
def test_relative_changes_from_zero(client: Client, name: str, zero: float) -> None:
    """EVT-32: they are changes by 100 %."""
    configure(client, DEVICE, name, rel_change="100")
    client.subscribe(DEVICE, name, CHANGE)
    assert sent(client, name, zero, zero, zero + 1, zero) == [1, 0, 1, 1]
    configure(client, DEVICE, name, rel_change="101")
    assert sent(client, name, zero + 1, zero) == [0, 0]


def test_the_period_of_archive_events_goes_on_through_changes(client: Client) -> None:
    """EVT-35: it starts anew at the events that are sent for its sake alone."""
    configure(client, DEVICE, "level", archive_abs_change="1", archive_period="500")
    client.subscribe(DEVICE, "level", ARCHIVE)
    found = []
    for tenth in range(12):
        client.device(DEVICE).now["level"] = 1.0 if tenth < 3 else 5.0
        if poll_at(client, DEVICE, "level", 1000 + tenth / 10):
            found.append(tenth)
    assert found == [0, 3, 5, 10]


def test_alarm_events_tell_of_every_way_into_and_out_of_alarm(client: Client) -> None:
    """EVT-39: also from and to CHANGING and INVALID, as Tango 10.3 does; a failure is told once, and its end."""
    client.subscribe(DEVICE, "level", ALARM)
    steps = "VALID CHANGING VALID CHANGING ALARM CHANGING WARNING CHANGING VALID INVALID VALID INVALID ALARM INVALID"
    told = "VALID - - - ALARM CHANGING WARNING CHANGING - - - - ALARM INVALID"
    found = []
    for step in steps.split():
        client.device(DEVICE).quality = AttrQuality[f"ATTR_{step}"]
        poll(client, DEVICE, "level")
        found.append("".join(event.payload.quality.label for event in client.sink.take()) or "-")  # type: ignore[union-attr]
    assert found == told.split()
    for failure, reasons in (("one", ["My_Reason"]), ("one", []), ("two", ["My_Reason"]), ("", [None])):
        client.device(DEVICE).failure = failure
        poll(client, DEVICE, "level")
        assert [event.errors[0].reason if event.errors else None for event in client.sink.take()] == reasons


class ByHand:
    """A timer whose actions a test runs."""

    def __init__(self) -> None:
        self.planned: list[tuple[float, Handle]] = []

    def after(self, delay: float, action: Action) -> Handle:
        self.planned.append((delay, Handle(action)))
        return self.planned[-1][1]

    def run(self) -> None:
        for _, handle in self.planned:
            if handle.action is not None:
                handle.action()


def test_the_interface_is_sent_when_it_has_been_at_rest(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """EVT-52: 50 ms after the last change; what was planned before is forgotten."""
    timer = ByHand()
    monkeypatch.setattr(client.server.events, "_timer", timer)
    client.subscribe(DEVICE, "", EventType.INTERFACE_CHANGE_EVENT)
    for number in range(3):
        client.device(DEVICE).add_attribute(attribute(name=f"Dyn{number}", dtype=float, fget=lambda: 1.0))
    assert [delay for delay, _ in timer.planned] == [0.05] * 3
    assert [handle.action is None for _, handle in timer.planned] == [True, True, False]
    assert client.sink.take() == []
    timer.run()
    (event,) = client.sink.take()
    assert len(event.payload.attributes) == 5 + 2 + 3  # type: ignore[union-attr]
