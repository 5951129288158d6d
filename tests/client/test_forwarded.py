"""Forwarded attributes between real servers, and the captured session with good and bad ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server_core import AttrWriteType, Device, DevState, attribute
from server_core.device.forwarded import ForwardedAttribute
from server_core.model.enums import DevSource, EventType
from server_core.model.errors import DevFailed
from server_core.model.names import HostPort
from server_core.server import dispatcher, roots
from server_core.server.process import DeviceServer
from tangoterm.client import DeviceProxy, close_connections
from tests.captured import Case, replayed_cases

ROOT, FORWARDING = "test/attr/2", "test/fwd/1"
ADDRESS = HostPort("127.0.0.1", 11400)
CHANGE, CONFIGURATION, INTERFACE = (
    EventType.CHANGE_EVENT,
    EventType.ATTR_CONF_EVENT,
    EventType.INTERFACE_CHANGE_EVENT,
)


class Rooted(Device):
    """What the forwarded attributes show."""

    def init_device(self) -> None:
        self.value = 0.0
        self.reads = 0
        self.order: list[str] = []
        self.set_state(DevState.ON)
        self.set_change_event("pushed", True, False)
        self.set_data_ready_event("pushed")

    @attribute(dtype=float)
    def plain(self) -> float:
        self.order.append("read")
        self.reads += 1
        return self.value

    @plain.write
    def plain(self, value: float) -> None:
        self.order.append("write")
        self.value = value

    ro = attribute(dtype=float, fget=lambda self: 1.25)
    pushed = attribute(dtype=float, fget=lambda self: 2.5)
    limited = attribute(
        dtype=float, access=AttrWriteType.READ_WRITE, max_value=10, max_alarm=5, fget="read_limited", fset="keep"
    )

    def read_limited(self) -> float:
        return self.value

    def keep(self, value: float) -> None:
        self.value = value


ALARM_FIELDS = ("min_alarm", "max_alarm", "min_warning", "max_warning", "delta_t", "delta_val")
NAMES = ("missing", "syntax", "noattr", "nodev", "selfdev", "double", "notrun")


class FwdDev(Device):
    """As it was captured."""

    ok = attribute(name="ok", label="fwd label", forwarded=True)
    ok2 = attribute(name="ok2", forwarded=True)
    missing, syntax, noattr, nodev, selfdev, double, notrun = (attribute(name=n, forwarded=True) for n in NAMES)
    own = attribute(dtype=float, fget=lambda self: 0.5)


class Forwarder(Device):
    """Nothing but forwarded attributes that are fine."""

    level = attribute(name="level", label="Level", forwarded=True)
    limited = attribute(name="limited", forwarded=True)
    pushed = attribute(name="pushed", forwarded=True)

    def init_device(self) -> None:
        self.set_state(DevState.ON)


CAPTURED_ROOTS = {
    "ok": f"{ROOT}/plain",
    "ok2": f"{ROOT}/RO",
    "syntax": "test/attr/plain",
    "noattr": f"{ROOT}/nope",
    "nodev": "no/such/dev/att",
    "selfdev": f"{FORWARDING}/own",
    "double": f"{ROOT}/plain",
    "notrun": "test/notrun/1/plain",
}
ROOTS = {"level": f"{ROOT}/plain", "limited": f"{ROOT}/limited", "pushed": f"tango://{ADDRESS}/{ROOT}/pushed"}


@pytest.fixture
def store(store: Any) -> Any:
    """A database with an address, which full names show."""
    store.add_server("RootDS/a", [("dserver/RootDS/a", "DServer"), (ROOT, "Rooted")])
    store.add_server("NotRun/a", [("dserver/NotRun/a", "DServer"), ("test/notrun/1", "Rooted")])
    store.hosts = (ADDRESS,)
    return store


def root_at(store: Any, device: str, links: dict[str, str]) -> None:
    store.put_device_attribute_property(device, {name: {"__root_att": [root]} for name, root in links.items()})


Serve = Callable[..., DeviceServer]


@pytest.fixture
def serve(store: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Servers that share the database; roots that are missing are tried again at once."""
    monkeypatch.setattr(roots, "RETRY", 0.05)
    running: list[DeviceServer] = []

    def start(device_class: type[Device], server: str, **options: Any) -> DeviceServer:
        made = DeviceServer((device_class,), server, "a", **{"store": store} | options)
        running.append(made)
        made.start()
        return made

    yield start
    close_connections()
    for server in running:
        server.stop()


@pytest.fixture
def root_server(serve: Serve) -> DeviceServer:
    return serve(Rooted, "RootDS")


def author(server: DeviceServer, name: str = ROOT) -> Any:
    return server.registry.find(name).kernel.device


@pytest.fixture
def forwarder(store: Any, serve: Serve, root_server: DeviceServer) -> DeviceProxy:
    """A device whose attributes level, limited and pushed are those of the root device."""
    store.add_server("Forward/a", [("dserver/Forward/a", "DServer"), (FORWARDING, "Forwarder")])
    root_at(store, FORWARDING, ROOTS)
    serve(Forwarder, "Forward")
    return DeviceProxy(FORWARDING)


# ---- the captured session


def errors_of(action: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(DevFailed) as raised:
        action()
    return [(error.reason, error.desc) for error in raised.value.errors]


def same_errors(ours: list[tuple[str, str]], case: Case) -> None:
    """Reasons in the same order; texts too, but for why a connection failed and the case of names."""
    theirs = [(error["reason"], error["desc"]) for error in case.data["errors"]]
    assert [reason for reason, _ in ours] == [reason for reason, _ in theirs], case.id
    for (reason, desc), (_, expected) in zip(ours, theirs, strict=True):
        if reason == "API_CantConnectToDevice":
            assert desc.startswith(expected.partition("\n")[0])
        else:
            assert desc.lower() == expected.lower(), case.id


def record(config: Any) -> dict[str, Any]:
    """A configuration as the captured file writes it."""
    events = config.events
    return {
        "memorized": int(config.memorization),
        "enum_labels": list(config.enum_labels),
        "alarms": {name: getattr(config.alarms, name) for name in ALARM_FIELDS},
        "events": {
            "ch_rel": events.ch_event.rel_change, "ch_abs": events.ch_event.abs_change, "per": events.per_event.period,
            "ar_rel": events.arch_event.archive_rel_change, "ar_abs": events.arch_event.archive_abs_change,
            "ar_per": events.arch_event.archive_period,
        },
    } | {
        name: getattr(config, name)
        for name in (
            "name", "writable", "data_format", "data_type", "max_dim_x", "max_dim_y", "description", "label", "unit",
            "standard_unit", "display_unit", "format", "min_value", "max_value", "writable_attr_name", "disp_level",
            "root_attr_name",
        )
    }  # fmt: skip


def test_the_captured_session(store: Any, serve: Serve, monkeypatch: pytest.MonkeyPatch, until: Any) -> None:
    """ATT-80, ATT-81, ATT-82, ATT-83, ATT-84: good and bad forwarded attributes, their root up, gone and absent."""
    cases = {case.id: case for case in replayed_cases("model", "forwarded")}
    store.add_server("FwdDS/a", [("dserver/FwdDS/a", "DServer"), (FORWARDING, "FwdDev")])
    root_at(store, FORWARDING, CAPTURED_ROOTS)
    monkeypatch.setattr(roots, "RETRY", 60.0)
    rooted = serve(Rooted, "RootDS")
    forwarding = serve(FwdDev, "FwdDS")
    device, root, admin = DeviceProxy(FORWARDING), DeviceProxy(ROOT), DeviceProxy("dserver/FwdDS/a")

    assert [device.state().name, device.status()] == cases["FWD-1"].data["out"]
    assert list(device.get_attribute_list()) == cases["FWD-2"].data["out"]
    assert store.get_device_attribute_property(FORWARDING, ["missing"]) == {"missing": {"__root_att": ["Not defined"]}}
    assert record(device.get_attribute_config("ok")) == cases["FWD-4"].data["out"]
    config = device.get_attribute_config("ok2")
    assert [config.label, config.root_attr_name, config.writable] == cases["FWD-5"].data["out"]
    _, reading, at_root = cases["FWD-6"].data["out"]
    device.write_attribute("ok", 3.25)
    value = device.read_attribute("ok")
    assert (value.value, value.w_value, value.quality.name, value.name) == (3.25, 3.25, reading["quality"], "ok")
    assert root.read_attribute("plain").value == at_root
    for name in ("missing", "syntax", "noattr", "selfdev", "double"):
        same_errors(errors_of(lambda name=name: device.read_attribute(name)), cases[f"FWD-7-{name}"])
    for name in ("missing", "syntax", "nodev", "selfdev", "notrun"):
        ours = errors_of(lambda name=name: device.get_attribute_config(name))
        assert [ours[0]] == [(e["reason"], e["desc"]) for e in cases[f"FWD-8-{name}"].data["errors"]]

    config = device.get_attribute_config("ok")
    config.label, config.description = "loc", "via fwd"
    device.set_attribute_config(config)
    forwarded, at_root = device.get_attribute_config("ok"), root.get_attribute_config("plain")
    stored = store.get_device_attribute_property(FORWARDING, ["ok"])["ok"]
    told = [at_root.description, at_root.label, forwarded.description, forwarded.label, stored]
    assert told == cases["FWD-9"].data["out"]
    at_root.description = cases["FWD-10"].data["out"]
    root.set_attribute_config(at_root)
    until(lambda: device.get_attribute_config("ok").description == "via root")
    same_errors(
        errors_of(lambda: admin.command_inout("AddObjPolling", [[1000], [FORWARDING, "attribute", "ok"]])),
        cases["FWD-11"],
    )

    rooted.stop()
    assert [device.state().name, device.status()] == cases["FWD-14"].data["out"]
    assert device.get_attribute_config("ok").description == cases["FWD-15"].data["out"]
    same_errors(errors_of(lambda: device.write_attribute("ok", 1.0)), cases["FWD-16"])

    forwarding.stop()
    serve(FwdDev, "FwdDS")
    assert [device.state().name, device.status()] == cases["FWD-17"].data["out"]
    same_errors(errors_of(lambda: device.read_attribute("ok")), cases["FWD-18"])
    assert errors_of(lambda: device.get_attribute_config("ok"))[0] == ("API_AttrNotFound", "ok attribute not found")


# ---- values


def test_limits_and_errors_are_those_of_the_root(forwarder: DeviceProxy, root_server: DeviceServer) -> None:
    """ATT-81: with the root's name in them."""
    errors = errors_of(lambda: forwarder.write_attribute("limited", 11.0))
    assert errors == [
        (
            "API_WAttrOutsideLimit",
            "Set value for attribute limited is above the maximum authorized (at least element 0)",
        ),
        ("API_AttributeFailed", f"Failed to write_attribute on device {ROOT}, attribute limited"),
        ("API_AttributeFailed", f"Writing root attribute limited on device tango://{ADDRESS}/{ROOT} failed!"),
        ("API_AttributeFailed", f"Failed to write_attribute on device {FORWARDING}, attribute limited"),
    ]
    config = forwarder.get_attribute_config("limited")
    config.max_value = "abc"
    (reason, desc), *_ = errors_of(lambda: forwarder.set_attribute_config(config))
    assert (reason, ROOT in desc) == ("API_AttrOptProp", True)
    assert forwarder.get_attribute_config("limited").max_value == "10"


def test_a_read_that_fails_at_the_root_names_root_and_device(forwarder: DeviceProxy, root_server: DeviceServer) -> None:
    """ATT-81"""
    author(root_server).remove_attribute("plain")
    assert errors_of(lambda: forwarder.read_attribute("level")) == [
        ("API_AttrNotFound", "plain attribute not found"),
        ("API_AttributeFailed", f"Failed to read_attribute on device {ROOT}, attribute plain"),
        ("API_AttributeFailed", f"Reading root attribute plain on device tango://{ADDRESS}/{ROOT} failed!"),
        ("API_AttributeFailed", f"Failed to read_attribute on device {FORWARDING}, attribute level"),
    ]


def test_write_and_read_are_one_call_to_the_root(forwarder: DeviceProxy, root_server: DeviceServer) -> None:
    """ATT-49"""
    value = forwarder.write_read_attribute("level", 7.5)
    assert (value.name, value.value, value.w_value) == ("level", 7.5, 7.5)
    assert author(root_server).order == ["write", "read"]
    assert any("write_read_attributes" in line for line in DeviceProxy(ROOT).black_box(5))


def test_an_alarm_of_the_root_is_an_alarm_of_the_device(forwarder: DeviceProxy, root_server: DeviceServer) -> None:
    """ATT-55, ATT-81: the quality that came with the last reading counts."""
    assert forwarder.state() is DevState.ON
    forwarder.write_attribute("limited", 6.0)
    assert forwarder.read_attribute("limited").quality.name == "ATTR_ALARM"
    assert forwarder.state() is DevState.ALARM
    assert forwarder.status().endswith("Alarm : Quality factor set to ALARM for attribute limited")


def test_the_cache_is_that_of_the_root(forwarder: DeviceProxy, root_server: DeviceServer, until: Any) -> None:
    """ATT-81, ATT-84: the source of a read goes on to the root, which may be polled."""
    forwarder.set_source(DevSource.CACHE)
    assert errors_of(lambda: forwarder.read_attribute("level"))[0] == (
        "API_AttrNotPolled",
        "Attribute plain not polled",
    )
    root = DeviceProxy(ROOT)
    root.poll_attribute("plain", 1000)
    until(lambda: not _fails(lambda: forwarder.read_attribute("level")))
    before = author(root_server).reads
    for _ in range(3):
        forwarder.read_attribute("level")
    assert author(root_server).reads <= before + 1


def _fails(action: Callable[[], object]) -> bool:
    try:
        action()
    except DevFailed:
        return True
    return False


def test_polling_is_refused_in_every_way(forwarder: DeviceProxy) -> None:
    """ATT-84"""
    (reason, desc), *_ = errors_of(lambda: forwarder.poll_attribute("level", 1000))
    assert (reason, f"(tango://{ADDRESS}/{ROOT}/plain)" in desc) == ("API_NotSupportedFeature", True)
    assert errors_of(lambda: forwarder.attribute_history("level", 3))[0][0] == "API_AttrNotPolled"


# ---- events


def test_subscribers_get_the_events_of_the_root(forwarder: DeviceProxy, root_server: DeviceServer, until: Any) -> None:
    """ATT-81: pushed and data-ready events, until the last subscriber goes."""
    events: list[Any] = []
    number = forwarder.subscribe_event("pushed", CHANGE, events.append)
    ready: list[Any] = []
    forwarder.subscribe_event("pushed", EventType.DATA_READY_EVENT, ready.append)
    author(root_server).push_change_event("pushed", 4.5)
    author(root_server).push_data_ready_event("pushed", 9)
    until(lambda: len(events) > 1 and ready)
    assert (events[-1].attr_value.value, events[-1].attr_value.name) == (4.5, "pushed")
    assert events[-1].attr_name.endswith(f"{FORWARDING}/pushed")
    assert ready[-1].ctr == 9
    topic = root_server.events.topics.wanted(ROOT, "pushed", CHANGE)
    assert topic is not None
    forwarder.unsubscribe_event(number)
    until(lambda: not topic.subscribers)


def test_a_subscription_that_the_root_refuses_is_refused(forwarder: DeviceProxy) -> None:
    """ATT-81"""
    errors = errors_of(lambda: forwarder.subscribe_event("level", CHANGE, print))
    assert errors[0] == (
        "API_AttributePollingNotStarted",
        "The polling (necessary to send events) for the attribute plain is not started",
    )


def test_a_change_at_the_root_is_told_to_subscribers_of_the_configuration(
    forwarder: DeviceProxy, root_server: DeviceServer, until: Any
) -> None:
    """ATT-20, ATT-81: one event per change, with the own name and label."""
    events: list[Any] = []
    forwarder.subscribe_event("level", CONFIGURATION, events.append)
    root = DeviceProxy(ROOT)
    config = root.get_attribute_config("plain")
    config.unit, config.label = "mA", "of the root"
    root.set_attribute_config(config)
    until(lambda: len(events) == 2)
    told = events[-1].attr_conf
    assert (told.name, told.label, told.unit) == ("level", "Level", "mA")
    own = forwarder.get_attribute_config("level")
    own.label, own.unit = "Mine", "A"
    forwarder.set_attribute_config(own)
    until(lambda: len(events) == 3)
    assert (events[-1].attr_conf.label, events[-1].attr_conf.unit) == ("Mine", "A")
    assert (root.get_attribute_config("plain").label, root.get_attribute_config("plain").unit) == ("of the root", "A")


def test_another_root_cannot_be_set(forwarder: DeviceProxy) -> None:
    """ATT-7, ATT-81"""
    config = forwarder.get_attribute_config("level")
    config.root_attr_name = f"{ROOT}/ro"
    assert errors_of(lambda: forwarder.set_attribute_config(config))[0] == (
        "API_AttrNotAllowed",
        "Attribute property root_attr_name is not changeable at run time",
    )


# ---- roots that come and go


def test_a_root_that_comes_up_later_is_found(store: Any, serve: Serve, until: Any) -> None:
    """ATT-83: the attribute appears with an interface-change event, and the alarm ends."""
    store.add_server("Forward/a", [("dserver/Forward/a", "DServer"), (FORWARDING, "Forwarder")])
    root_at(store, FORWARDING, ROOTS)
    serve(Forwarder, "Forward")
    device = DeviceProxy(FORWARDING)
    assert device.state() is DevState.ALARM
    assert list(device.get_attribute_list()) == ["State", "Status"]
    changes: list[Any] = []
    device.subscribe_event(INTERFACE, changes.append)
    serve(Rooted, "RootDS")
    until(lambda: device.state() is DevState.ON)
    assert list(device.get_attribute_list()) == ["level", "limited", "pushed", "State", "Status"]
    assert device.read_attribute("level").value == 0.0
    until(lambda: changes and changes[-1].att_list[0].name == "level")


def test_values_configuration_and_events_are_back_after_the_root_was_away(
    forwarder: DeviceProxy, root_server: DeviceServer, serve: Serve, until: Any
) -> None:
    """ATT-83: what was missed meanwhile is found; subscribers get an error and then a fresh value."""
    events: list[Any] = []
    forwarder.subscribe_event("pushed", CHANGE, events.append)
    root_server.stop()
    until(lambda: events[-1].err)
    assert events[-1].errors[0].reason == "API_EventTimeout"
    assert [reason for reason, _ in errors_of(lambda: forwarder.read_attribute("level"))] == [
        "API_CantConnectToDevice",
        "API_AttributeFailed",
        "API_AttributeFailed",
        "API_AttributeFailed",
    ]
    assert forwarder.get_attribute_config("level").unit == ""
    again = serve(Rooted, "RootDS")
    root = DeviceProxy(ROOT)
    config = root.get_attribute_config("plain")
    config.unit = "V"
    root.set_attribute_config(config)
    until(lambda: not events[-1].err)
    until(lambda: forwarder.get_attribute_config("level").unit == "V")
    author(again).push_change_event("pushed", 8.0)
    until(lambda: events[-1].attr_value.value == 8.0)


def test_a_root_of_another_definition_is_taken_up_anew(
    forwarder: DeviceProxy, root_server: DeviceServer, serve: Serve, until: Any
) -> None:
    """ATT-83: with an interface-change event."""

    class Other(Rooted):
        plain = attribute(dtype="int16", fget=lambda self: 3)

    Other.__name__ = "Rooted"
    root_server.stop()
    serve(Other, "RootDS")
    until(lambda: forwarder.get_attribute_config("level").data_type.name == "DevShort")
    assert forwarder.read_attribute("level").value == 3


def test_a_root_that_is_corrected_is_found(store: Any, serve: Serve, root_server: DeviceServer, until: Any) -> None:
    """ATT-83: without a restart; and a root that is given up is free for others."""
    store.add_server("Forward/a", [("dserver/Forward/a", "DServer"), (FORWARDING, "Forwarder")])
    root_at(store, FORWARDING, ROOTS | {"limited": ROOTS["level"], "pushed": "no/such/dev/att"})
    serve(Forwarder, "Forward")
    device = DeviceProxy(FORWARDING)
    assert list(device.get_attribute_list()) == ["level", "State", "Status"]
    root_at(store, FORWARDING, {"limited": "no/such/dev/att", "pushed": ROOTS["pushed"]})
    until(lambda: "pushed" in device.get_attribute_list())
    root_at(store, FORWARDING, {"limited": ROOTS["limited"]})
    until(lambda: device.state() is DevState.ON)
    assert list(device.get_attribute_list()) == ["level", "limited", "pushed", "State", "Status"]


def test_trouble_while_linking_is_tried_again(
    store: Any, serve: Serve, root_server: DeviceServer, monkeypatch: pytest.MonkeyPatch, until: Any
) -> None:
    """ATT-83: such as a database that is away for a moment."""
    load, failures = ForwardedAttribute.load_label, [DevFailed.of("DB_SQLError", "away")] * 3

    def fail_first(self: ForwardedAttribute, *properties: Any) -> None:
        if failures:
            raise failures.pop()
        load(self, *properties)

    monkeypatch.setattr(ForwardedAttribute, "load_label", fail_first)
    store.add_server("Forward/a", [("dserver/Forward/a", "DServer"), (FORWARDING, "Forwarder")])
    root_at(store, FORWARDING, ROOTS)
    serve(Forwarder, "Forward")
    device = DeviceProxy(FORWARDING)
    until(lambda: device.state() is DevState.ON)
    assert device.read_attribute("level").value == 0.0


def test_a_loop_is_found(store: Any, serve: Serve) -> None:
    """ATT-82"""

    class Ring(Device):
        link = attribute(name="link", forwarded=True)

    store.add_server("Ring/a", [("dserver/Ring/a", "DServer"), ("ring/of/1", "Ring"), ("ring/of/2", "Ring")])
    root_at(store, "ring/of/1", {"link": "ring/of/2/link"})
    root_at(store, "ring/of/2", {"link": "ring/of/1/link"})
    serve(Ring, "Ring")
    assert DeviceProxy("ring/of/1").status().endswith("\nError: Loop found in root attributes configuration")


def test_a_root_of_an_old_server_is_refused(store: Any, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """ATT-82"""
    monkeypatch.setattr(dispatcher, "LATEST_LEVEL", 4)
    store.add_server("Forward/a", [("dserver/Forward/a", "DServer"), (FORWARDING, "Forwarder")])
    root_at(store, FORWARDING, ROOTS)
    serve(Rooted, "RootDS")
    serve(Forwarder, "Forward")
    assert DeviceProxy(FORWARDING).status().count("Error: Root device too old (< IDL 5)") == 3


def test_a_root_in_the_same_process(store: Any, serve: Serve, until: Any) -> None:
    """ATT-81: reads, writes, configuration and events need no network."""
    server = DeviceServer((Forwarder, Rooted), "Both", "a", store=store)
    store.add_server("Both/a", [("dserver/Both/a", "DServer"), (FORWARDING, "Forwarder"), ("same/p/1", "Rooted")])
    root_at(store, FORWARDING, {name: f"same/p/1/{root.rpartition('/')[2]}" for name, root in ROOTS.items()})
    with server:
        device, events, configs = DeviceProxy(FORWARDING), [], []  # type: ignore[var-annotated]
        device.write_attribute("level", 2.0)
        assert device.read_attribute("level").value == 2.0
        device.subscribe_event("pushed", CHANGE, events.append)
        device.subscribe_event("level", CONFIGURATION, configs.append)
        author(server, "same/p/1").push_change_event("pushed", 4.0)
        until(lambda: len(events) == 2 and events[-1].attr_value.value == 4.0)
        config = device.get_attribute_config("level")
        config.unit = "T"
        device.set_attribute_config(config)
        until(lambda: len(configs) == 2 and configs[-1].attr_conf.unit == "T")
        DeviceProxy("dserver/Both/a").command_inout("DevRestart", FORWARDING)
        assert device.read_attribute("level").value == 2.0
        assert not [topic for topic in server.events.topics.of_object("same/p/1", "plain", CHANGE) if topic.subscribers]
        close_connections()


def test_a_root_of_another_control_system(store: Any, serve: Serve, tmp_path: Any) -> None:
    """ATT-80: by its full name, through its database or, with #dbase=no, directly."""
    from server_core.database.sqlite import SqliteStore
    from server_core.devices.data_base import DataBase

    other = SqliteStore(tmp_path / "other.sqlite")
    other.add_server("RootDS/a", [("dserver/RootDS/a", "DServer"), (ROOT, "Rooted")])
    base = DeviceServer((DataBase,), "DataBase", "2", store=other, unix_path=str(tmp_path / "base.sock"))
    other.add_server("DataBase/2", [("dserver/DataBase/2", "DServer"), ("sys/database/2", "DataBase")])
    with base:
        far = serve(Rooted, "RootDS", store=other, unix_path=str(tmp_path / "far.sock"))
        author(far).value = 6.5
        port = _port(base)
        store.add_server("Forward/a", [("dserver/Forward/a", "DServer"), (FORWARDING, "Forwarder")])
        links = {
            "level": f"tango://127.0.0.1:{port}/{ROOT}/plain",
            "limited": f"tango://127.0.0.1:{_port(far)}/{ROOT}/limited#dbase=no",
        }
        root_at(store, FORWARDING, links)
        forwarding = serve(Forwarder, "Forward")
        device = DeviceProxy(FORWARDING)
        assert [device.read_attribute(name).value for name in ("level", "limited")] == [6.5, 6.5]
        assert device.get_attribute_config("level").root_attr_name == links["level"]
        forwarding.stop()
        far.stop()
    other.close()


def _port(server: DeviceServer) -> int:
    return int(server.endpoints.partition(",")[0].rpartition(":")[2])


def test_a_dynamic_forwarded_attribute(store: Any, serve: Serve, root_server: DeviceServer) -> None:
    """ATT-80, DYN-1: added and removed while the device runs; removing frees the root for others."""

    class Growing(Device):
        """Nothing yet."""

    store.add_server("Growing/a", [("dserver/Growing/a", "DServer"), (FORWARDING, "Growing")])
    root_at(store, FORWARDING, {"late": f"{ROOT}/plain", "later": f"{ROOT}/plain"})
    growing = author(serve(Growing, "Growing"), FORWARDING)
    growing.add_attribute(attribute(name="late", label="Late", forwarded=True))
    device = DeviceProxy(FORWARDING)
    assert (device.read_attribute("late").value, device.get_attribute_config("late").label) == (0.0, "Late")
    assert growing.kernel.root_devices() == [f"tango://{ADDRESS}/{ROOT}"]
    assert growing.add_attribute(attribute(name="later", forwarded=True)) is None
    growing.remove_attribute("later")
    growing.remove_attribute("late")
    assert (device.state(), list(device.get_attribute_list())) == (DevState.UNKNOWN, ["State", "Status"])
    assert growing.add_attribute(attribute(name="late", forwarded=True)) is None
    assert "Missing or wrong root attribute definition" in device.status()
