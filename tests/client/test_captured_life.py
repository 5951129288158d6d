"""A captured session of starts, restarts and ends, as a client sees it (LIFE-15..LIFE-43)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core import Device, DevState, attribute, command
from server_core.database.file_store import FileStore
from server_core.database.locate import open_store
from server_core.database.store import Store
from server_core.model.errors import DevFailed
from server_core.server.process import DeviceServer
from tangoterm.client import DeviceProxy, close_connections
from tests.captured import reasons, replayed_cases

CASES = {case.name: case.data["output"] for case in replayed_cases("server", "lifecycle")}
Until = Callable[[Callable[[], object]], None]

NAMES = [f"adm/b/{number}" for number in range(1, 7)]
ADMIN = "dserver/Probe/b"


class Probe(Device):
    """Fails at its start when the test says so."""

    failure: Exception | None = None

    def init_device(self) -> None:
        if type(self).failure is not None:
            raise type(self).failure
        if self.get_name() != NAMES[-1]:
            self.set_state(DevState.ON)

    @attribute(dtype=float)
    def Val(self) -> float:
        return 0.0

    @attribute(dtype="DevLong")
    def Lng(self) -> int:
        return 0

    @attribute(dtype=float, polling_period=500)
    def AutoPolled(self) -> float:
        return 0.0

    @command
    def Nop(self) -> None:
        """Nothing."""

    @command(dtype_in=str)
    def Set(self, state: str) -> None:
        if state == "status":
            self.set_status("xx")
        else:
            self.set_state(DevState[state])


class Probe2(Device):
    """Another class."""


class LogSink(Device):
    """And another."""


@pytest.fixture
def store() -> Iterator[Store]:
    store = open_store()
    store.add_server("Probe/b", [(name, "Probe") for name in NAMES])
    yield store
    store.close()


@pytest.fixture
def server(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeviceServer]:
    monkeypatch.setattr(Probe, "failure", None)
    with DeviceServer((Probe,), "Probe", "b", store=store) as server:
        yield server
        close_connections()


def outcome(call: Callable[..., Any], *arguments: Any) -> Any:
    """What the captured cases show: `ok` with the value, or the reasons of the errors."""
    try:
        return {"ok": call(*arguments)}
    except DevFailed as failure:
        return [error.reason for error in failure.errors]


def captured(name: str) -> Any:
    output = CASES[name]
    return reasons(output["err"]) if isinstance(output, dict) and "err" in output else output


def exported(store: Store, name: str) -> list[Any]:
    """Flag, pid, and whether it has ever been stopped; the captured servers all had been."""
    record = store.device(name)
    assert record.pid == os.getpid()
    return [int(record.exported), record.pid, True]


def shape(output: Any) -> Any:
    """A captured export record with this process's pid."""
    if isinstance(output, dict):
        return {name: shape(value) for name, value in output.items()}
    return [output[0], os.getpid(), output[2]]


@pytest.mark.parametrize(
    ("kind", "failure"),
    [("DevFailed", DevFailed.of("My_Reason", "My desc")), ("python exception", ValueError("python error in init"))],
)
def test_a_device_that_fails_to_start_again(
    server: DeviceServer, store: Store, kind: str, failure: Exception, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LIFE-31, LIFE-32, LIFE-33, LIFE-34, LIFE-35, ADM-14, ADM-31"""
    admin, device = DeviceProxy(ADMIN), DeviceProxy("adm/b/2")
    root = "My_Reason" if kind == "DevFailed" else "PyDs_PythonError"
    monkeypatch.setattr(Probe, "failure", failure)
    assert outcome(device.command_inout, "Init") == [root, "API_InitThrowsException", "API_CommandFailed"]
    monkeypatch.setattr(Probe, "failure", None)
    if kind == "DevFailed":
        assert outcome(device.command_inout, "Nop") == captured("command on device after failing Init (DevFailed)")
    else:
        state = outcome(lambda: [str(device.state()), device.status()])
        assert state == captured("state after failing Init (python exception)")
    assert outcome(lambda: device.read_attribute("Val").value) == captured(f"read after failing Init ({kind})")

    monkeypatch.setattr(Probe, "failure", failure)
    restarted = outcome(admin.command_inout, "DevRestart", "adm/b/2")
    assert restarted == [root, "API_InitThrowsException", "API_CommandFailed"]
    if kind != "DevFailed":
        assert restarted == captured("DevRestart raising python exception")
    query = outcome(admin.command_inout, "QueryDevice")
    assert query == captured(f"after failing DevRestart ({kind}): QueryDevice")
    if kind == "DevFailed":
        for call in ("call to device", "ping"):
            with pytest.raises(DevFailed) as refused:
                DeviceProxy("adm/b/2").ping()
            assert reasons_of(refused.value) == captured(f"{call} after failing DevRestart (DevFailed)")
    assert exported(store, "adm/b/2") == shape(captured(f"exported after failing DevRestart ({kind})"))
    status = outcome(admin.command_inout, "DevPollStatus", "adm/b/2")
    assert status == captured(f"DevPollStatus after failing DevRestart ({kind})")
    monkeypatch.setattr(Probe, "failure", None)
    assert outcome(admin.command_inout, "DevRestart", "adm/b/2") == {"ok": None}

    monkeypatch.setattr(Probe, "failure", failure)
    outcome(admin.command_inout, "DevRestart", "adm/b/2")
    monkeypatch.setattr(Probe, "failure", None)
    old = server.registry.find("adm/b/1").kernel
    assert outcome(admin.command_inout, "RestartServer") == captured("RestartServer")
    until(lambda: server.registry.has("adm/b/6") and server.registry.find("adm/b/1").kernel is not old)
    until(lambda: not server.starting)
    assert outcome(admin.command_inout, "QueryDevice") == captured("QueryDevice after RestartServer")
    state = outcome(lambda: [str(admin.state()), admin.status()])
    assert state == captured("after RestartServer admin status")
    device = DeviceProxy("adm/b/2")
    until(lambda: outcome(device.ping) != ["API_CantConnectToDevice"])
    state = outcome(lambda: [str(device.state()), device.status()])
    assert state == captured("state after RestartServer")


def reasons_of(failure: DevFailed) -> list[str]:
    return [error.reason for error in failure.errors]


def test_restarts_and_states(server: DeviceServer) -> None:
    """LIFE-20, LIFE-21, LIFE-32, ADM-14: spellings of the name, order of devices, texts of all states."""
    admin = DeviceProxy(ADMIN)
    spellings = {
        "admin": ADMIN,
        "uppercase": "ADM/B/1",
        "with fqdn": "tango://localhost:10000/adm/b/1",
        "with #dbase=no": "adm/b/1#dbase=no",
    }
    for name, spelling in spellings.items():
        assert outcome(admin.command_inout, "DevRestart", spelling) == captured(f"DevRestart {name}")
    query = outcome(admin.command_inout, "QueryDevice")
    assert query == captured("QueryDevice order after DevRestart adm/b/1")

    fresh, device = DeviceProxy(NAMES[-1]), DeviceProxy(NAMES[0])
    state = outcome(lambda: [str(fresh.state()), fresh.status(), fresh.description()])
    assert state == captured("default state and status")
    found = {}
    for name in captured("status per state"):
        device.command_inout("Set", name)
        found[name] = [str(device.state()), device.status()]
    assert found == captured("status per state")
    device.command_inout("Set", "status")
    device.command_inout("Set", "ALARM")
    state = outcome(lambda: [str(device.state()), device.status()])
    assert state == captured("status after set_status(xx), ALARM")


def test_what_the_database_says(server: DeviceServer, store: Store) -> None:
    """LIFE-15, LIFE-41, LIFE-43, ADM-20"""
    name = "adm/b/1"
    info = captured("database record of exported device adm/probe/1")["info"]
    record = store.device(name)
    assert (record.dev_class, int(record.exported), record.version) == ("Probe", info["exported"], "6")
    assert (record.started is None, record.server, record.pid) == (False, "Probe/b", os.getpid())
    before = captured("exported flags")
    assert {each: exported(store, each) for each in before} == shape(before)
    assert outcome(DeviceProxy(ADMIN).command_inout, "Kill") == captured("Kill")
    server.wait()
    after = captured("after Kill exported")
    assert {each: exported(store, each) for each in after} == shape(after)
    record, info = store.device(name), captured("database record of exported device adm/b/1")["info"]
    assert (int(record.exported), record.stopped is None) == (info["exported"], not info["stopped_date"])


def test_the_captured_property_file(tmp_path: Path) -> None:
    """LIFE-10: devices and polling from the file, and the file after the end."""
    (case,) = [case for case in replayed_cases("server", "lifecycle") if case.name == "-file server (PyTango)"]
    path = tmp_path / "props.txt"
    path.write_text(case.data["input"])
    with DeviceServer((Probe, Probe2, LogSink), "Probe", "fd", store=FileStore(path, "Probe/fd")) as server:
        port = server.endpoints.partition(",")[0].rpartition(":")[2]
        admin = DeviceProxy(f"tango://127.0.0.1:{port}/dserver/Probe/fd#dbase=no")
        devices, polled, status = (expected["ok"] for expected in case.data["output"])
        assert admin.command_inout("QueryDevice") == devices
        assert admin.command_inout("PolledDevice") == polled
        blocks = [block.split("\n")[:2] for block in admin.command_inout("DevPollStatus", "fd/p/1")]
        assert blocks == status
        admin.command_inout("AddObjPolling", ([2000], ["fd/p/2", "attribute", "State"]))
        close_connections()
    assert path.read_text() == captured("-file database content after Kill (PyTango)")
