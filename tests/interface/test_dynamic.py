"""Attributes and commands that come and go, as the reference answered: one session, each case after those before it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from server_core import AttrWriteType, DevFailed, attribute, command
from server_core.database.store import Store
from server_core.model.enums import EventType
from server_core.server.process import DeviceServer
from tangoterm.client import DeviceProxy
from tests.captured import Case, replayed_cases

from .answers import answer, expected, reason_and_text
from .conftest import AttrTest, Interfaces, Wait


class Session:
    """The calls of the captured session, by case. Events are told as `[device, started]`; how many members came or went
    is checked here, because the reference had others beside them."""

    def __init__(self, device: DeviceProxy, other: DeviceProxy, store: Store, until: Wait) -> None:
        self.device, self.other, self.store, self.until = device, other, store, until
        self.interfaces = Interfaces(device)

    # ---- calls

    def add(self, name: str, dtype: Any = "float", **keywords: Any) -> str:
        self.device.command_inout("AddAttr", json.dumps({"name": name, "dtype": dtype, **keywords}))
        return "ok"

    def remove(self, name: str, *keep: str) -> None:
        self.device.command_inout("RemAttr", [name, *keep])

    def add_command(self, level: str, dtype: str = "DevLong") -> None:
        self.device.command_inout("AddCmd", [level, dtype])

    def change(self, commands: int = 0, attributes: int = 0) -> list[list[Any]]:
        """The event of a change, in the form of the captured ones but for the counts, which are checked."""
        (event,) = self.interfaces.take(self.until)
        assert event[2:] == [commands, attributes]
        return [event[:2]]

    def silent(self) -> list[list[Any]]:
        """No event came of what was called before: the next one tells of a change made here alone."""
        self.device.command_inout("AddAttr", json.dumps({"name": "silent"}))
        self.change(attributes=1)
        self.remove("silent")
        self.change(attributes=-1)
        return []

    def tail(self) -> list[str]:
        return self.device.get_attribute_list()[-5:]

    def stored(self, name: str) -> dict[str, list[str]]:
        return self.store.get_device_attribute_property("test/attr/2", [name])[name]

    def relabel(self, name: str, label: str) -> None:
        config = self.device.get_attribute_config(name)
        config.label = label
        self.device.set_attribute_config(config)

    def polled(self) -> list[list[str]]:
        return [self.store.get_device_property("test/attr/2", ["polled_attr"]).get("polled_attr", [])]

    # ---- cases

    def calls(self) -> dict[str, Callable[[], Any]]:
        device, change = self.device, self.change
        return {
            "DYN-1": lambda: [self.add("dyn1", unit="mm", max_value=10), change(attributes=1), self.tail()],
            "DYN-1b": lambda: self.configuration("dyn1"),
            "DYN-2": lambda: self.other.read_attribute("dyn1"),
            "DYN-3": lambda: [self.add("dyn1"), self.silent()],
            "DYN-4": lambda: self.add("dyn1", "DevLong"),
            "DYN-5": lambda: self.add("ro", access=0),
            "DYN-6": lambda: self.add("ro"),
            "DYN-7": lambda: [self.add("DYN1"), self.silent(), self.named("dyn1")],
            "DYN-8": lambda: self.add("DYN1", "DevLong"),
            "DYN-10": lambda: [self.add("dynsp", ["float"], max_dim_x=5), change(attributes=1)],
            "DYN-11": lambda: [
                self.add("dynim", [["DevLong"]], max_dim_x=5, max_dim_y=5), change(attributes=1),
                device.read_attribute("dynim").value.tolist(),
            ],
            "DYN-12": lambda: [self.add("dynen0", "DevEnum"), change(attributes=1)],
            "DYN-12b": lambda: device.read_attribute("dynen0"),
            "DYN-12c": lambda: [device.state().name, device.status()],
            "DYN-13": lambda: [self.add("dynen", "DevEnum", enum_labels=["A", "B"]), self.labels("dynen")],
            "DYN-14": self.add_polled,
            "DYN-15": lambda: [self.relabel("dynpo", "kept"), self.stored("dynpo")],
            "DYN-16": lambda: [self.remove("dynpo"), change(attributes=-1), self.polled(), self.stored("dynpo")],
            "DYN-17": self.keep_configuration,
            "DYN-19": lambda: self.remove("nope"),
            "DYN-20": lambda: [self.remove("changing"), change(attributes=-1)],
            "DYN-20b": lambda: device.read_attribute("changing"),
            "DYN-20c": lambda: self.other.read_attribute("changing").quality.name,
            "DYN-21": lambda: self.remove("State"),
            "DYN-26": self.add_memorised,
            "DYN-27": lambda: self.add("dynbad", min_value="abc"),
            "DYN-28": lambda: self.add("dynbad", min_value=5, max_value=1),
            "DYN-28b": lambda: [self.add("dynstr", "str", min_value=5), change(attributes=1)][0],
            "DYN-28c": lambda: self.add("dynbad", delta_val=5),
            "DYN-31": lambda: self.impossible(access="READ_WITH_WRITE"),
            "DYN-32": lambda: self.impossible(access="READ", dtype="DevPipeBlob"),
            "DYC-1-device": lambda: [self.add_command("device"), change(commands=1), device.command_inout("DynCmd")],
            "DYC-2-device": lambda: reason_and_text(self.other.command_inout, "DynCmd")[:1],
            "DYC-3-device": lambda: [self.add_command("device"), self.silent()],
            "DYC-4-device": lambda: self.add_command("device", "DevDouble"),
            "DYC-7-device": lambda: self.forgotten("DynCmd"),
            "DYC-1-class": lambda: [self.add_command("class"), change(commands=1), device.command_inout("DynCmd")],
            "DYC-2-class": lambda: self.other.command_inout("DynCmd"),
            "DYC-3-class": lambda: [self.add_command("class"), self.silent()],
            "DYC-4-class": lambda: self.add_command("class", "DevDouble"),
            "DYC-5-class": lambda: [name for name in device.get_command_list() if name == "DynCmd"],
            "DYC-6-class": lambda: [device.command_inout("RemCmd", "DynCmd"), change(commands=-1)],
            "DYC-7-class": lambda: device.command_query("DynCmd"),
            "DYC-8": lambda: device.command_inout("RemCmd", "Nope"),
            "DYC-9": lambda: [device.command_inout("RemCmd", "Nothing"), change(commands=-1)],
            "DYC-9b": lambda: self.other.command_inout("Nothing"),
        }  # fmt: skip

    def configuration(self, name: str) -> list[str]:
        config = self.device.get_attribute_config(name)
        return [config.unit, config.max_value, config.label]

    def named(self, name: str) -> int:
        return [each.lower() for each in self.device.get_attribute_list()].count(name)

    def labels(self, name: str) -> list[str]:
        self.change(attributes=1)
        return self.device.get_attribute_config(name).enum_labels

    def add_polled(self) -> list[Any]:
        ok = self.add("dynpo", polling_period=500)
        self.change(attributes=1)
        device = self.device
        return [ok, device.is_attribute_polled("dynpo"), device.get_attribute_poll_period("dynpo"), self.polled()]

    def add_memorised(self) -> list[Any]:
        ok = self.add("dynmem", "DevLong", memorized=True)
        self.change(attributes=1)
        return [ok, self.device.write_attribute("dynmem", 3), self.stored("dynmem")]

    def keep_configuration(self) -> list[Any]:
        self.add("dynkeep")
        self.change(attributes=1)
        changed = self.relabel("dynkeep", "kept2")
        removed = self.remove("dynkeep", "keep")
        return [changed, removed, self.change(attributes=-1), self.stored("dynkeep")]

    def impossible(self, **keywords: Any) -> None:
        self.device.command_inout("MakeAttrErr", json.dumps({"name": "x", **keywords}))

    def forgotten(self, name: str) -> Any:
        self.device.command_inout("RemCmd", name)
        self.change(commands=-1)
        return self.device.command_query(name)


def without_counts(value: Any) -> Any:
    """Captured answers without the numbers of commands and attributes in their events."""
    if isinstance(value, dict):
        return {key: without_counts(each) for key, each in value.items()}
    if not isinstance(value, list):
        return value
    return value[:2] if value[:1] == ["test/attr/2"] else [without_counts(each) for each in value]


def test_the_captured_session(device: DeviceProxy, store: Store, until: Wait) -> None:
    """DYN-1, DYN-2, DYN-3, DYN-4, DYN-5, DYN-6, DYN-8, DYN-9, DYN-10, DYN-11, DYN-12, DYN-13."""
    device.poll_attribute("polled", 1000)
    session = Session(device, DeviceProxy("test/attr/1"), store, until)
    calls = session.calls()
    cases: list[Case] = replayed_cases("model", "dynamic")
    for case in cases:
        assert answer(case, calls) == without_counts(expected(case)), (case.id, case.name)


# ---- what the captured session does not show


def add(own: AttrTest, name: str, **keywords: Any) -> None:
    keywords = {"dtype": float, "access": AttrWriteType.READ_WRITE, **keywords}
    own.add_attribute(attribute(name=name, **keywords), own.read_any, own.write_any)


def test_subscribers_of_a_removed_attribute_are_told_and_hear_of_one_that_comes_back(
    device: DeviceProxy, own: AttrTest, until: Wait
) -> None:
    """DYN-7."""
    add(own, "dyn1", abs_change=1)
    own.set_change_event("dyn1", True, False)
    seen: list[Any] = []
    device.subscribe_event("dyn1", EventType.CHANGE_EVENT, seen.append)
    device.subscribe_event("dyn1", EventType.ATTR_CONF_EVENT, seen.append)
    del seen[:]
    own.remove_attribute("DYN1")
    until(lambda: len(seen) == 2)
    assert {event.errors[0][:2] for event in seen} == {("API_AttrNotFound", "dyn1 attribute not found")}
    assert reason_and_text(device.read_attribute, "dyn1")[0] == ["API_AttrNotFound", "dyn1 attribute not found"]
    assert reason_and_text(device.write_attribute, "dyn1", 1.0)[0][0] == "API_AttrNotFound"
    del seen[:]
    add(own, "dyn1", abs_change=1)
    own.set_change_event("dyn1", True, False)
    own.push_change_event("dyn1", 4.5)
    until(lambda: seen)
    assert seen[-1].attr_value.value == 4.5


def test_an_attribute_may_go_while_it_is_polled(device: DeviceProxy, own: AttrTest, until: Wait) -> None:
    """DYN-6: the polling of the others goes on."""
    reading, removed = threading.Event(), threading.Event()

    def slow(attr: Any) -> float:
        reading.set()
        assert removed.wait(10)
        return 1.0

    own.add_attribute(attribute(name="slow", dtype=float, abs_change=1), slow)
    device.subscribe_event("counted", EventType.CHANGE_EVENT, lambda event: None, stateless=True)
    device.poll_attribute("counted", 20)
    device.poll_attribute("slow", 20)
    assert reading.wait(10)
    threading.Timer(0.05, removed.set).start()
    own.remove_attribute("slow")
    count = own.values["counted"]
    until(lambda: own.values["counted"] > count + 3)
    assert ["slow" in text for text in device.polling_status()] == [False]


def test_what_comes_back_is_polled_by_default_again(
    device: DeviceProxy, own: AttrTest, server: DeviceServer, store: Store
) -> None:
    """DYN-6, DYN-12: who removes a member does not say that it shall not be polled, unlike RemObjPolling (POLL-55)."""
    lists = ["polled_attr", "non_auto_polled_attr", "polled_cmd", "non_auto_polled_cmd"]
    for _ in range(2):
        add(own, "dyn1", polling_period=1000)
        own.add_command(command(f=lambda: None, name="Dyn2", polling_period=1000))
        assert store.get_device_property("test/attr/2", lists) == {
            "polled_attr": ["dyn1", "1000"],
            "polled_cmd": ["dyn2", "1000"],
        }
        own.remove_attribute("dyn1")
        own.remove_command("Dyn2")
        assert store.get_device_property("test/attr/2", lists) == {}


def test_a_command_of_the_class_may_be_polled_on_all_its_devices(device: DeviceProxy, own: AttrTest) -> None:
    """DYN-11"""
    own.add_command(command(f=lambda: None, name="Dyn2", polling_period=1000), device_level=False)
    for each in (device, DeviceProxy("test/attr/1")):
        assert each.get_command_poll_period("Dyn2") == 1000
    own.remove_command("Dyn2")
    assert not DeviceProxy("test/attr/1").polling_status()


def test_quick_changes_are_one_event(device: DeviceProxy, own: AttrTest, until: Wait) -> None:
    """DYN-5."""
    interfaces = Interfaces(device)
    for number in range(5):
        add(own, f"dyn{number}")
    own.remove_attribute("dyn0")
    own.add_command(command(f=lambda: None, name="Quick"))
    assert interfaces.take(until) == [["test/attr/2", False, 1, 4]]
    assert interfaces.seen == []


def test_a_command_of_the_class_goes_before_one_of_the_device(
    device: DeviceProxy, own: AttrTest, server: DeviceServer
) -> None:
    """DYN-13: the device's own is found again when that of the class has gone."""
    other: Any = server.registry.find("test/attr/1").kernel.device

    def who(name: str) -> Any:
        def Who() -> str:
            return name

        return command(f=Who, dtype_out=str)

    own.add_command(who("device"))
    assert device.Who() == "device"
    other.add_command(who("class"), device_level=False)
    assert device.Who() == "class"
    assert [info.cmd_name for info in device.command_list_query()].count("Who") == 1
    other.remove_command("Who")
    assert device.Who() == "device"


def test_the_polling_of_a_command_ends_with_it_on_every_device(
    device: DeviceProxy, own: AttrTest, store: Store
) -> None:
    """DYN-12."""
    other = DeviceProxy("test/attr/1")
    other.poll_command("Nothing", 100)
    own.remove_command("Nothing")
    assert other.polling_status() == []
    assert store.get_device_property("test/attr/1", ["polled_cmd"]) == {}
    own.add_command(command(f=lambda: None, name="Polled", polling_period=100))
    assert device.get_command_poll_period("Polled") == 100
    own.remove_command("Polled")
    assert device.polling_status() == []


def test_dynamic_members_live_until_the_device_is_made_anew(device: DeviceProxy, own: AttrTest) -> None:
    """DYN-14: their configuration in the database lives on."""
    add(own, "dyn1")
    own.add_command(command(f=lambda: None, name="DynCmd"))
    config = device.get_attribute_config("dyn1")
    config.label = "kept"
    device.set_attribute_config(config)
    device.Init()
    assert "dyn1" in device.get_attribute_list()
    assert "DynCmd" in device.get_command_list()
    admin = DeviceProxy(device.adm_name())
    admin.command_inout("DevRestart", "test/attr/2")
    assert "dyn1" not in device.get_attribute_list()
    assert "DynCmd" not in device.get_command_list()
    device.AddAttr(json.dumps({"name": "dyn1"}))
    assert device.get_attribute_config("dyn1").label == "kept"


def test_names_of_attributes_are_letters_digits_and_underscores(own: AttrTest) -> None:
    """DYN-1: unlike in the reference (DYN-29) as NAME-10 decides."""
    for name in ("dyn name", "dyn/name", "", "1st"):
        with pytest.raises(DevFailed) as raised:
            add(own, name)
        assert raised.value.reason == "API_AttrWrongDefined"
