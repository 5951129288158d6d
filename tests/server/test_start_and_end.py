"""In which order a server starts and ends, step by step (LIFE-12, LIFE-42)."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from server_core.database.memory import MemoryStore
from server_core.database.store import DeviceExport, Store
from server_core.device.declaration import attribute
from server_core.device.device import Device
from server_core.model.enums import AttrWriteType, DevState, EventType
from server_core.model.errors import DevFailed
from server_core.protocol import operations as op
from server_core.server.polling.service import Polling
from server_core.server.process import DeviceServer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.server.conftest import Connect, MakeServer

STEPS: list[str] = []


class Recording(MemoryStore):
    """A database that writes down what a server tells it."""

    def export_devices(self, exports: Any) -> None:
        exports = list(exports)
        STEPS.append("export " + " ".join(each.name for each in exports))
        super().export_devices(exports)

    def unexport_server(self, server: str) -> None:
        STEPS.append(f"unexport {server}")
        super().unexport_server(server)

    def save(self) -> None:
        STEPS.append("save")


class First(Device):
    """Writes down what happens to it."""

    extended = failing = False
    reads = 0

    def init_device(self) -> None:
        STEPS.append(f"init {self.get_name()}")
        if type(self).failing:
            raise RuntimeError("no hardware")
        if type(self).extended:
            self.add_attribute(attribute(dtype=float, name="Extra", fget=lambda self: 1.0))
        self.set_state(DevState.ON)

    def delete_device(self) -> None:
        STEPS.append(f"delete {self.get_name()}")

    def server_init_hook(self) -> None:
        STEPS.append(f"hook {self.get_name()}")

    @attribute(dtype=float, access=AttrWriteType.READ_WRITE, memorized=True, hw_memorized=True)
    def Level(self) -> float:
        self.reads += 1
        return 0.0

    @Level.write
    def Level(self, value: float) -> None:
        STEPS.append(f"write {self.get_name()}")


class Second(First):
    """Another class."""


NAMES = [("dserver/Probe/a", "DServer"), ("t/f/1", "First"), ("t/f/2", "First"), ("t/a/1", "Second")]
BOTH = (First, Second)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Any:
    store = Recording()
    store.add_server("Probe/a", NAMES)
    for device in ("t/f/1", "t/a/1"):
        store.put_device_attribute_property(device, {"Level": {"__value": ["1"]}})
    for method in (Polling.start, Polling.stop):

        def noted(self: Polling, *args: Any, method: Any = method) -> None:
            STEPS.append(f"polling {method.__name__}")
            method(self, *args)

        monkeypatch.setattr(Polling, method.__name__, noted)
    STEPS.clear()
    yield store
    store.close()


def test_the_steps_of_a_start(make_server: MakeServer, store: Store) -> None:
    """LIFE-12: class by class devices, their export, memorised values; then the admin device, hooks and polling."""
    make_server(BOTH, store)
    expected = [
        *("init t/f/1", "init t/f/2", "export t/f/1 t/f/2", "write t/f/1"),
        *("init t/a/1", "export t/a/1", "write t/a/1"),
        "export dserver/Probe/a",
        *("hook t/f/1", "hook t/f/2", "hook t/a/1"),
        "polling start",
    ]
    assert expected == STEPS


def test_the_steps_of_an_end(make_server: MakeServer, store: Store) -> None:
    """LIFE-42: polling, one word to the database, devices with the last class first, the property file."""
    server = make_server(BOTH, store)
    STEPS.clear()
    server.stop()
    expected = ["polling stop", "unexport Probe/a", "delete t/a/1", "delete t/f/1", "delete t/f/2", "save"]
    assert expected == STEPS


def test_a_restarted_device_is_exported_again(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """LIFE-32: deleted, made, its memorised value written, exported; no other device is touched."""
    client = connect(make_server(BOTH, store))
    STEPS.clear()
    client.admin("DevRestart", "t/f/1")
    expected = ["delete t/f/1", "init t/f/1", "write t/f/1", "export t/f/1"]
    assert expected == STEPS


@pytest.mark.parametrize("command", ["RestartServer", "Init"])
def test_interfaces_that_a_restart_has_changed(
    make_server: MakeServer, connect: Connect, store: Store, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """LIFE-34, LIFE-36: an event for each device that came back with another interface, and for no other."""
    client = connect(make_server(BOTH, store))
    for device in ("t/f/1", "t/a/1"):
        client.subscribe(device, "", EventType.INTERFACE_CHANGE_EVENT)
    monkeypatch.setattr(Second, "extended", True)
    client.admin(command)
    (event,) = client.sink.wait_for(1)
    assert event.type is EventType.INTERFACE_CHANGE_EVENT
    assert event.device.lower() == "t/a/1"
    assert "Extra" in [config.name for config in event.payload.attributes]


def test_a_restarted_device_sends_the_configurations_of_all_attributes(
    make_server: MakeServer, connect: Connect, store: Store
) -> None:
    """LIFE-32"""
    client = connect(make_server(BOTH, store))
    for name in ("Level", "State", "Status"):
        client.subscribe("t/f/1", name, EventType.ATTR_CONF_EVENT)
    client.admin("DevRestart", "t/f/1")
    assert [event.object for event in client.sink.wait_for(3)] == ["level", "state", "status"]


def test_the_admin_device_is_on_after_a_restart(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """LIFE-34, ADM-35"""
    server = make_server(BOTH, store)
    client = connect(server)
    client.device(server.admin_name).set_state(DevState.FAULT)
    client.admin("RestartServer")
    deadline = time.monotonic() + 5
    while client.admin("State") is not DevState.ON:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("again", ["DevRestart", "RestartServer"])
def test_a_device_that_is_lost_is_not_polled_until_it_is_back(
    make_server: MakeServer, connect: Connect, store: Store, monkeypatch: pytest.MonkeyPatch, again: str
) -> None:
    """LIFE-33: then it is, as its properties say."""
    server = make_server(BOTH, store)
    client = connect(server)
    client.poll("t/a/1", "Level", 10)
    lost = client.device("t/a/1")
    monkeypatch.setattr(Second, "failing", True)
    with pytest.raises(DevFailed, match="API_InitThrowsException"):
        client.admin("DevRestart", "t/a/1")
    assert client.admin("PolledDevice") == []
    reads = lost.reads
    time.sleep(0.1)
    assert lost.reads == reads
    monkeypatch.setattr(Second, "failing", False)
    client.admin(again, *(["t/a/1"] if again == "DevRestart" else []))
    deadline = time.monotonic() + 5
    while client.admin("PolledDevice") != ["t/a/1"] or not client.device("t/a/1").reads:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_admin_device_says_nothing_of_polling_before_it_starts(tmp_path: Path, connect: Connect) -> None:
    """ADM-4, LIFE-12: one line until then, and the name of the admin device is known."""
    entered, gate = threading.Event(), threading.Event()

    class Waiting(Device):
        def init_device(self) -> None:
            entered.set()
            assert gate.wait(5)

    devices = {"Waiting": ["w/w/1"]}
    server = DeviceServer((Waiting,), "W", "1", store=None, devices=devices, unix_path=str(tmp_path / "w.sock"))
    start = threading.Thread(target=server.start)
    start.start()
    try:
        assert entered.wait(5)
        client = connect(server)
        assert client.call(op.GetStatus("dserver/W/1")) == "The device is ON"
        gate.set()
        start.join(5)
        assert client.call(op.GetStatus("dserver/W/1")) == "The device is ON\nThe polling is ON"
    finally:
        gate.set()
        start.join(5)
        server.stop()


def test_polled_devices_are_sorted(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """ADM-22, ADM-24: while QueryDevice goes class by class."""
    client = connect(make_server(BOTH, store))
    for device in ("t/a/1", "t/f/1", "t/f/2"):
        client.poll(device, "State", 1000)
    assert client.admin("PolledDevice") == ["t/a/1", "t/f/1", "t/f/2"]
    assert client.admin("QueryDevice") == ["First::t/f/1", "First::t/f/2", "Second::t/a/1"]


def test_the_address_of_another_server_is_no_obstacle(make_server: MakeServer, store: Store) -> None:
    """LIFE-16: whoever answers at the recorded address must be the server of that name."""
    other = make_server((First,), server="Other", devices={"First": ["o/o/1"]})
    store.export_devices([DeviceExport("dserver/Probe/a", other.endpoints, "localhost", 1, "5")])
    assert make_server(BOTH, store).serving


def test_names_that_new_servers_must_not_have(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """LIFE-3: a server that is defined with such a name starts nevertheless, with a warning."""
    for name, warned in (("in st", True), ("inst", False)):
        caplog.clear()
        with DeviceServer((), "Probe", name, store=None, unix_path=str(tmp_path / "w.sock")) as server:
            assert server.serving
        assert (f"the server name Probe/{name} is not made of" in caplog.text) is warned
