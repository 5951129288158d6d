"""Start, Init, DevRestart, RestartServer, Kill, end (LIFE-12..LIFE-43)."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from server_core.database.store import DeviceExport, Store
from server_core.device.command import command
from server_core.device.declaration import attribute
from server_core.device.device import Device
from server_core.device.device_class import DeviceClass
from server_core.model.enums import AttrWriteType, DevState, EventType
from server_core.model.errors import DevFailed
from server_core.model.identity import ClientIdent
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, AttributeWrite
from server_core.protocol import operations as op
from server_core.protocol.giop.ior import level_of, native_endpoints, parse_ior
from server_core.server.alone import StartRefused
from server_core.server.process import DeviceServer
from server_core.transport.blocking import Connection
from server_core.transport.endpoint import parse_endpoints
from tests.captured import replayed_cases, shape
from tests.waiting import until

if TYPE_CHECKING:
    from tests.server.conftest import Client, Connect, MakeServer

AUTO, DEVICE = "adm/probe/1", "adm/probe2/1"

LOG: list[str] = []


class Logged(Device):
    """Writes down what happens to it; its start can be made to fail."""

    failing = False
    hook_failing = False

    def init_device(self) -> None:
        LOG.append(f"init {self.get_name()}")
        if type(self).failing:
            raise DevFailed.of("Probe_Init", "no hardware")
        self.set_state(DevState.ON)

    def delete_device(self) -> None:
        LOG.append(f"delete {self.get_name()}")

    def server_init_hook(self) -> None:
        LOG.append(f"hook {self.get_name()}")
        if type(self).hook_failing:
            raise DevFailed.of("Probe_Hook", "too late")

    @attribute(dtype=float, access=AttrWriteType.READ_WRITE, memorized=True, hw_memorized=True)
    def Level(self) -> float:
        return self._level

    @Level.write
    def Level(self, value: float) -> None:
        LOG.append(f"write {self.get_name()} {value}")
        self._level = value


class Second(Logged):
    """Another class."""


@pytest.fixture(autouse=True)
def fresh() -> Any:
    LOG.clear()
    Slow.gate.clear()
    Slow.entered.clear()
    yield
    Logged.failing = Logged.hook_failing = False


@pytest.fixture
def two_classes(store: Store) -> Store:
    devices = [("dserver/Probe/a", "DServer"), ("t/l/1", "Logged"), ("t/l/2", "Logged"), ("t/s/1", "Second")]
    store.delete_server("Probe/a")
    store.add_server("Probe/a", devices)
    return store


BOTH = (Logged, Second)


@pytest.mark.parametrize("name", ["DServer", "database", "TangoAccessControl"])
def test_class_names_that_are_reserved(name: str) -> None:
    """LIFE-4"""
    with pytest.raises(DevFailed, match=f"the class name {name} is reserved"):
        DeviceServer((type(name, (Device,), {}),), "Probe", "a", store=None)


def test_a_class_without_devices_and_one_admin_device(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """LIFE-5: a listed class without a device is legal; a device belongs to one server."""
    store.delete_server("Probe/a")
    store.add_server("Probe/a", [("t/l/1", "Logged")])
    client = connect(make_server(BOTH, store))
    assert client.admin("QueryClass") == ["Logged", "Second"]
    assert client.admin("QueryDevice") == ["Logged::t/l/1"]
    assert [record.name for record in store.devices(dev_class="DServer")] == ["dserver/Probe/a"]
    store.add_device("Probe/b", "T/L/1", "Logged")
    assert [record.server for record in store.devices(name="t/l/1")] == ["Probe/b"]


def test_the_order_of_start_and_end(make_server: MakeServer, two_classes: Store) -> None:
    """LIFE-12, LIFE-42: class by class, then the hooks; the last class is deleted first."""
    server = make_server(BOTH, two_classes)
    starts = ["init t/l/1", "init t/l/2", "init t/s/1", "hook t/l/1", "hook t/l/2", "hook t/s/1"]
    assert starts == LOG
    LOG.clear()
    server.stop()
    assert LOG == ["delete t/s/1", "delete t/l/1", "delete t/l/2"]
    server.stop()
    server.wait()


def test_what_the_database_knows_of_a_running_server(make_server: MakeServer, two_classes: Store) -> None:
    """LIFE-15, LIFE-43, wire 4: a reference for clients of either protocol, with the name as the object's key."""
    server = make_server(BOTH, two_classes)
    port = parse_endpoints(server.endpoints)[0].port
    for name in ("t/l/1", "t/s/1", "dserver/Probe/a"):
        record = two_classes.device(name)
        assert record.exported
        assert (native_endpoints(record.ior), record.pid, record.version) == (server.endpoints, os.getpid(), "6")
        reference = parse_ior(record.ior)
        (profile,) = reference.profiles
        assert (level_of(reference.type_id), profile.key) == (6, name.lower().encode())
        assert profile.addresses == [("127.0.0.1", port)]
        assert record.host == record.host.lower()
    server.stop()
    record = two_classes.device("t/l/1")
    assert (record.exported, record.pid) == (False, os.getpid())


def test_a_server_that_is_not_defined(make_server: MakeServer, store: Store) -> None:
    """LIFE-16"""
    store.delete_server("Probe/a")
    with pytest.raises(StartRefused, match="not defined in database"):
        make_server(BOTH, store)


def test_a_server_that_runs_already(make_server: MakeServer, two_classes: Store) -> None:
    """LIFE-16"""
    make_server(BOTH, two_classes)
    with pytest.raises(StartRefused, match="already running"):
        make_server(BOTH, two_classes)
    assert two_classes.device("t/l/1").exported


def test_the_leftovers_of_a_crash_are_no_obstacle(make_server: MakeServer, two_classes: Store) -> None:
    """LIFE-16: the database says exported, and nobody answers."""
    export = DeviceExport("dserver/Probe/a", "tcp://127.0.0.1:9,unix:///nowhere.sock", "localhost", 1, "5")
    two_classes.export_devices([export])
    assert make_server(BOTH, two_classes).serving


def test_a_device_that_does_not_start_ends_the_server(make_server: MakeServer, two_classes: Store) -> None:
    """LIFE-18"""
    Second.failing = True
    with pytest.raises(DevFailed, match="no hardware"):
        make_server(BOTH, two_classes)
    del Second.failing
    assert not any(record.exported for record in two_classes.devices(server="Probe/a"))


class Unmade(Device):
    """Cannot even be made."""

    def __init__(self, cl: DeviceClass, name: str) -> None:
        raise DevFailed.of("Probe_Factory", f"{cl.get_name()} makes no {name}")


def test_a_class_that_cannot_be_made_ends_the_start(make_server: MakeServer, store: Store) -> None:
    """LIFE-19: also when devices that fail are let go."""
    store.delete_server("Probe/a")
    store.add_server("Probe/a", [("t/l/1", "Logged"), ("t/u/1", "Unmade")])
    with pytest.raises(DevFailed, match="Unmade makes no t/u/1"):
        make_server((Logged, Unmade), store, keep_going=True)
    assert not store.device("t/l/1").exported


def test_the_server_goes_on_without_a_device_when_asked(
    make_server: MakeServer, connect: Connect, two_classes: Store
) -> None:
    """LIFE-18: opt in; the device is in FAULT with the error as its status, and the others serve."""
    Second.failing = True
    client = connect(make_server(BOTH, two_classes, keep_going=True))
    del Second.failing
    assert client.call(op.GetState("t/s/1")) is DevState.FAULT
    assert "no hardware" in client.call(op.GetStatus("t/s/1"))
    assert client.call(op.GetState("t/l/1")) is DevState.ON
    client.command("t/s/1", "Init")
    assert client.call(op.GetState("t/s/1")) is DevState.ON


def test_names_for_a_class_without_any(make_server: MakeServer, connect: Connect) -> None:
    """LIFE-8: its own hook is asked when there is no database; a class that knows none gets no device."""

    class Named(Logged):
        @classmethod
        def device_name_factory(cls, dev_name_list: list[str]) -> None:
            dev_name_list.append("made/up/1")

    client = connect(make_server((Named, Logged), devices={"Logged": []}))
    assert client.admin("QueryDevice") == ["Named::made/up/1"]


def test_a_hook_that_fails_sends_its_device_to_fault(
    make_server: MakeServer, connect: Connect, two_classes: Store
) -> None:
    """LIFE-12 step 11"""
    Logged.hook_failing = True
    client = connect(make_server(BOTH, two_classes))
    assert client.call(op.GetState("t/l/1")) is DevState.FAULT
    status = client.call(op.GetStatus("t/l/1"))
    assert status.startswith("Device[t/l/1] server_init_hook has failed due to DevFailed:")


def test_without_database(make_server: MakeServer, connect: Connect) -> None:
    """LIFE-9, LIFE-14, ADM-43"""
    server = make_server(BOTH, None, devices={"Logged": ["t/l/9"], "second": []})
    client = connect(server)
    assert client.admin("QueryDevice") == ["Logged::t/l/9"]
    assert client.admin("QueryClass") == ["Logged", "Second"]
    client.poll("t/l/9", "State", 1000)
    assert client.admin("PolledDevice") == ["t/l/9"]
    (case,) = [case for case in replayed_cases("server", "lifecycle") if case.name == "nodb zmq info"]
    (release,), texts = client.admin("ZmqEventSubscriptionChange", ["info"])
    assert release == 1033
    assert [shape(text) for text in texts[:2]] == [shape(text) for text in case.data["output"]["ok"][1]]


def test_memorised_values_are_written_when_the_class_is_ready(
    make_server: MakeServer, connect: Connect, two_classes: Store
) -> None:
    """LIFE-12 step 9, ATT-67, LIFE-30, LIFE-32"""
    client = connect(make_server(BOTH, two_classes))
    client.call(op.WriteAttributes("t/l/1", (AttributeWrite("Level", CmdArgType.DevDouble, 2.5),)))
    for action in (
        lambda: client.command("t/l/1", "Init"),
        lambda: client.admin("DevRestart", "t/l/1"),
        lambda: client.admin("Init"),
    ):
        LOG.clear()
        action()
        assert "write t/l/1 2.5" in LOG
        assert LOG.index("write t/l/1 2.5") > LOG.index("init t/l/1")
        assert client.read("t/l/1", "Level").value == 2.5


def test_init_that_fails(make_server: MakeServer, connect: Connect, two_classes: Store) -> None:
    """LIFE-31: the device stays callable."""
    client = connect(make_server(BOTH, two_classes))
    Logged.failing = True
    with pytest.raises(DevFailed) as failure:
        client.command("t/l/1", "Init")
    assert [error.reason for error in failure.value.errors] == ["Probe_Init", "API_InitThrowsException"]
    assert client.call(op.GetName("t/l/1")) == "t/l/1"


def test_restart_of_one_device(client: Client) -> None:
    """LIFE-32: any spelling; polling and subscriptions stay, ring and blackbox are empty, configurations are sent."""
    client.poll(DEVICE, "Str", 0)
    before = client.device(DEVICE)
    client.subscribe(DEVICE, "Str", EventType.ATTR_CONF_EVENT)
    client.subscribe(DEVICE, "Manual", EventType.CHANGE_EVENT)
    client.admin("DevRestart", f"tango://127.0.0.1:10000/{DEVICE.upper()}#dbase=no")
    after = client.device(DEVICE)
    assert after is not before
    (event,) = client.sink.take()
    assert event.type is EventType.ATTR_CONF_EVENT
    after.push_change_event("Manual", 1.0)
    assert len(client.sink.take()) == 1
    assert [block.split("\n")[0] for block in client.admin("DevPollStatus", DEVICE)] == ["Polled attribute name = Str"]
    with pytest.raises(DevFailed) as failure:
        client.call(op.BlackBox(DEVICE, 9))
    assert failure.value.reason == "API_BlackBoxEmpty"


def test_a_restarted_device_comes_last_in_its_class(
    make_server: MakeServer, connect: Connect, two_classes: Store
) -> None:
    """LIFE-32"""
    client = connect(make_server(BOTH, two_classes))
    client.admin("DevRestart", "t/l/1")
    assert client.admin("QueryDevice") == ["Logged::t/l/2", "Logged::t/l/1", "Second::t/s/1"]


@pytest.mark.parametrize("name", ["a/b/c", "dserver/Probe/a"])
def test_restart_of_what_is_no_device_of_the_server(client: Client, name: str) -> None:
    """LIFE-32"""
    with pytest.raises(DevFailed) as failure:
        client.admin("DevRestart", name)
    assert failure.value.errors[0][:2] == ("API_DeviceNotFound", f"Device {name} not found")


def test_a_restart_that_fails_removes_the_device_until_the_next(
    make_server: MakeServer, connect: Connect, two_classes: Store
) -> None:
    """LIFE-33"""
    client = connect(make_server(BOTH, two_classes))
    client.poll("t/l/1", "State", 1000)
    Logged.failing = True
    with pytest.raises(DevFailed) as failure:
        client.admin("DevRestart", "t/l/1")
    assert [error.reason for error in failure.value.errors] == ["Probe_Init", "API_InitThrowsException"]
    assert client.admin("QueryDevice") == ["Logged::t/l/2", "Second::t/s/1"]
    with pytest.raises(DevFailed, match="not found"):
        client.call(op.Ping("t/l/1"))
    Logged.failing = False
    client.admin("DevRestart", "T/L/1")
    assert client.call(op.GetState("t/l/1")) is DevState.ON


def test_restart_of_the_server(make_server: MakeServer, connect: Connect, two_classes: Store) -> None:
    """LIFE-34, LIFE-35: the answer comes first; requests meanwhile wait; polling is on, blackboxes are empty."""
    server = make_server(BOTH, two_classes)
    client = connect(server)
    client.admin("StopPolling")
    client.call(op.Ping("t/l/1"))
    old = client.device("t/l/1")
    connection = Connection.open(parse_endpoints(server.endpoints)[0], ident=ClientIdent(pid=1))
    try:
        client.admin("RestartServer")
        until(lambda: server.registry.has("t/s/1") and client.device("t/l/1") is not old)
        assert connection.call(op.GetState("t/l/1"), 5.0) is DevState.ON
    finally:
        connection.close()
    until(lambda: not server.starting)
    assert client.admin("Status") == "The device is ON\nThe polling is ON"
    assert client.admin("QueryDevice") == ["Logged::t/l/1", "Logged::t/l/2", "Second::t/s/1"]
    assert not any("ping" in line for line in client.call(op.BlackBox("t/l/1", 10)))


def test_a_device_that_does_not_restart_with_the_server_goes_to_fault(
    make_server: MakeServer, connect: Connect, two_classes: Store
) -> None:
    """LIFE-36, ADM-19: Init of the admin device makes all devices anew before it answers."""
    client = connect(make_server(BOTH, two_classes))
    Second.failing = True
    client.admin("Init")
    del Second.failing
    assert client.call(op.GetState("t/s/1")) is DevState.FAULT
    assert "no hardware" in client.call(op.GetStatus("t/s/1"))
    assert client.call(op.GetState("t/l/1")) is DevState.ON


@pytest.mark.parametrize("word", ["Init", "RestartServer"])
def test_requests_wait_while_all_devices_are_made_anew(make_server: MakeServer, word: str) -> None:
    """LIFE-35, LIFE-36, ADM-31: Init too, which is answered afterwards, RestartServer at once."""
    Slow.gate.set()
    server = make_server((Slow,), devices={"Slow": ["s/s/1", "s/s/2", "s/s/3"]})
    Slow.gate.clear()
    Slow.entered.clear()
    endpoint = parse_endpoints(server.endpoints)[0]
    first, second = (Connection.open(endpoint, ident=ClientIdent(pid=1)) for _ in range(2))
    try:
        restart = first.submit(op.CommandInout(server.admin_name, word, VOID))
        if word == "RestartServer":
            restart.result(5)
        assert Slow.entered.wait(5)
        answer = second.submit(op.GetState("s/s/3"))
        with pytest.raises(TimeoutError):
            answer.result(0.1)
        Slow.gate.set()
        assert answer.result(5) is DevState.UNKNOWN
        restart.result(5)
    finally:
        Slow.gate.set()
        first.close()
        second.close()


def test_a_restart_without_an_answer_of_the_database_changes_nothing(
    make_server: MakeServer, connect: Connect, two_classes: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LIFE-34: the devices are served and polled as before, and the next restart works again."""
    server = make_server(BOTH, two_classes)
    client = connect(server)
    old = client.device("t/l/1")

    def fails(*args: object) -> Any:
        raise DevFailed.of("API_CantConnectToDatabase", "it is gone")

    with monkeypatch.context() as patch:
        patch.setattr(type(two_classes), "get_property", fails)
        with pytest.raises(DevFailed, match="it is gone"):
            client.admin("Init")
        client.admin("RestartServer")
        until(lambda: not any(thread.name.startswith("restart ") for thread in threading.enumerate()))
    assert client.device("t/l/1") is old
    assert client.admin("Status") == "The device is ON\nThe polling is ON"
    client.admin("Init")
    assert client.device("t/l/1") is not old


def test_kill_answers_and_ends(make_server: MakeServer, two_classes: Store) -> None:
    """LIFE-41"""
    server = make_server(BOTH, two_classes)
    connection = Connection.open(parse_endpoints(server.endpoints)[0], ident=ClientIdent(pid=1))
    try:
        connection.call(op.CommandInout("dserver/Probe/a", "Kill", VOID), 3.0)
    finally:
        connection.close()
    server.wait()
    assert not two_classes.device("t/l/1").exported


class Busy(Device):
    """Executes a command when its server ends."""

    entered, gate = threading.Event(), threading.Event()

    def delete_device(self) -> None:
        LOG.append("deleted")

    @command(dtype_out=str)
    def Work(self) -> str:
        self.entered.set()
        assert self.gate.wait(5)
        LOG.append("worked")
        return "done"


def test_a_request_in_progress_is_finished_before_its_device_goes(make_server: MakeServer) -> None:
    """LIFE-42: and answered."""
    server = make_server((Busy,), devices={"Busy": ["b/b/1"]})
    connection = Connection.open(parse_endpoints(server.endpoints)[0], ident=ClientIdent(pid=1))
    try:
        answer = connection.submit(op.CommandInout("b/b/1", "Work", VOID))
        assert Busy.entered.wait(5)
        end = threading.Thread(target=server.stop)
        end.start()
        until(lambda: not server.serving)
        Busy.gate.set()
        assert answer.result(5).value == "done"
        end.join(10)
    finally:
        Busy.gate.set()
        connection.close()
    assert LOG == ["worked", "deleted"]


class Slow(Device):
    """Takes its time to start; a client that calls early waits."""

    gate = threading.Event()
    entered = threading.Event()

    def init_device(self) -> None:
        if self.get_name().endswith("2"):
            self.entered.set()
            assert self.gate.wait(5)

    @command(dtype_out=str)
    def Hello(self) -> str:
        return "hello"


def test_who_calls_during_the_start_waits(connect: Connect, tmp_path: Any) -> None:
    """LIFE-13: until all devices of the class are ready."""
    devices = {"Slow": ["s/s/1", "s/s/2"]}
    server = DeviceServer((Slow,), "Slow", "1", store=None, devices=devices, unix_path=str(tmp_path / "slow.sock"))
    thread = threading.Thread(target=server.start)
    thread.start()
    try:
        assert Slow.entered.wait(5)
        answer = connect(server).submit(op.CommandInout("s/s/1", "Hello", VOID))
        assert not answer.done()
        Slow.gate.set()
        assert answer.result(5).value == "hello"
    finally:
        Slow.gate.set()
        thread.join(5)
        server.stop()


def test_a_server_that_another_process_is_starting(make_server: MakeServer, store: Store, tmp_path: Any) -> None:
    """LIFE-5, LIFE-16: two starts at one moment, of which the database tells nothing yet."""
    store.delete_server("Probe/a")
    store.add_server("Probe/a", [("s/s/2", "Slow")])
    server = DeviceServer((Slow,), "Probe", "a", store=store, unix_path=str(tmp_path / "slow.sock"))
    thread = threading.Thread(target=server.start)
    thread.start()
    try:
        assert Slow.entered.wait(5)
        with pytest.raises(StartRefused, match="probe/A is being started by another process"):
            DeviceServer((Slow,), "probe", "A", store=store, unix_path=str(tmp_path / "other.sock")).start()
        Slow.gate.set()
        thread.join(5)
        assert store.device("s/s/2").exported
    finally:
        Slow.gate.set()
        thread.join(5)
        server.stop()


def test_a_start_that_is_stopped_makes_no_further_device(tmp_path: Any) -> None:
    """LIFE-40, LIFE-42: it ends in good order when the device at work has started."""
    devices = {"Slow": ["s/s/2"], "Logged": ["t/l/1"]}
    server = DeviceServer((Slow, Logged), "Slow", "1", store=None, devices=devices, unix_path=str(tmp_path / "x.sock"))
    failures: list[DevFailed] = []

    def start() -> None:
        try:
            server.start()
        except DevFailed as failure:
            failures.append(failure)

    starting = threading.Thread(target=start)
    starting.start()
    assert Slow.entered.wait(5)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    until(lambda: server.unwanted)
    Slow.gate.set()
    stopping.join(5)
    starting.join(5)
    assert [failure.reason for failure in failures] == ["API_ShutdownInProgress"]
    assert LOG == []


def test_a_failed_start_leaves_nothing(two_classes: Store, tmp_path: Any) -> None:
    """The port is free again, no thread and no socket file is left."""
    Logged.failing = True
    path = tmp_path / "x.sock"
    server = DeviceServer(BOTH, "Probe", "a", store=two_classes, unix_path=str(path))
    with pytest.raises(DevFailed):
        server.start()
    assert not path.exists()
