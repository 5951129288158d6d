"""Requests through the dispatcher: finding the device, serialisation, blackbox, identity."""

from __future__ import annotations

import os
import re
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from server_core.database.store import Store
from server_core.model.enums import DevSource, DevState, SerialModel
from server_core.model.errors import DevFailed, MultiDevFailed
from server_core.model.identity import ClientIdent
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, AttributeWrite
from server_core.protocol import operations as op
from server_core.transport.blocking import Connection
from server_core.transport.endpoint import parse_endpoints

if TYPE_CHECKING:
    from tests.server.conftest import Client, Connect, MakeServer

AUTO, DEVICE = "adm/probe/1", "adm/probe2/1"
"""A device with class-default polling, and one without."""


def test_a_device_answers_under_any_case_of_its_name(client: Client) -> None:
    """NAME-3"""
    assert client.call(op.GetName("ADM/Probe2/1")) == DEVICE
    assert client.call(op.GetState(DEVICE)) is DevState.ON
    assert client.call(op.GetStatus(DEVICE)) == "The device is in ON state."


def test_a_device_that_is_not_served_here(client: Client) -> None:
    with pytest.raises(DevFailed) as failure:
        client.call(op.Ping("a/b/c"))
    assert (failure.value.reason, failure.value.desc) == ("API_DeviceNotFound", "Device a/b/c not found")


def test_what_a_device_tells_of_its_server(client: Client) -> None:
    """ADM-1, ADM-45, LIFE-20"""
    info = client.call(op.GetInfo(DEVICE))
    assert (info.dev_class, info.server_id, info.server_version) == ("Probe2", "Probe/a", 6)
    assert info.doc_url == "Doc URL = http://www.tango-controls.org"
    assert client.call(op.GetAdmName(DEVICE)) == "dserver/Probe/a"
    assert client.call(op.GetDescription(DEVICE)) == "A TANGO device"
    assert client.call(op.GetDescription("dserver/Probe/a")) == "A device server device !!"
    assert client.call(op.GetName("DSERVER/probe/A")) == "dserver/Probe/a"


def test_the_description_property(make_server: MakeServer, connect: Connect, store: Store) -> None:
    store.put_device_property(DEVICE, {"description": ["A probe", "of tests"]})
    assert connect(make_server(store=store)).call(op.GetDescription(DEVICE)) == "A probe\nof tests"


def test_all_attributes_are_meant_by_no_name(client: Client) -> None:
    values = client.call(op.ReadAttributes(DEVICE, op.ALL))
    names = ["Val", "Lng", "Spec", "Str", "Manual", "ManualChk", "Drdy", "State", "Status"]
    assert [value.name for value in values] == names
    assert client.call(op.BlackBox(DEVICE, 1))[0].startswith("2")
    assert "(All attributes) from cache_device" in client.call(op.BlackBox(DEVICE, 2))[1]


def test_each_reading_has_its_own_errors(client: Client) -> None:
    """ATT-21"""
    good, bad = client.call(op.ReadAttributes(DEVICE, ("Lng", "Nope")))
    assert good.value == 0
    assert bad.errors[0].reason == "API_AttrNotFound"


def test_a_write_is_read_back_in_the_same_request(client: Client) -> None:
    """ATT-49"""
    write = AttributeWrite("Val", CmdArgType.DevDouble, 3.5)
    values = client.call(op.WriteReadAttributes(DEVICE, (write,), ("Val", "Manual")))
    assert [value.value for value in values] == [3.5, 3.5]
    with pytest.raises(MultiDevFailed):
        client.call(op.WriteAttributes(DEVICE, (AttributeWrite("Lng", CmdArgType.DevLong, 1),)))


def test_configurations_and_lists(client: Client) -> None:
    assert "Exec" in [info.cmd_name for info in client.call(op.CommandListQuery(DEVICE))]
    assert client.call(op.CommandQuery(DEVICE, "exec")).in_type is CmdArgType.DevString
    assert client.call(op.GetAttributeConfig(DEVICE, ("lng",)))[0].name == "Lng"
    assert client.call(op.GetPipeConfig(DEVICE)) == []


def test_the_admin_device_answers_as_any_device(client: Client) -> None:
    """ADM-2: it has a blackbox, is not polled and cannot be locked"""
    admin = client.server.admin_name
    assert client.call(op.GetState(admin)) is DevState.ON
    assert [config.name for config in client.call(op.GetAttributeConfig(admin))] == ["State", "Status"]
    assert client.read(admin, "State").value is DevState.ON
    assert client.call(op.CommandQuery(admin, "kill")).cmd_name == "Kill"
    assert list(client.admin("DevPollStatus", admin)) == []
    with pytest.raises(DevFailed, match="API_DeviceUnlockable"):
        client.admin("LockDevice", [[10], [admin]])
    assert "(cmd = LockDevice) from device requested from vm" in client.call(op.BlackBox(admin, 1))[0]


def test_the_blackbox_of_a_session(client: Client) -> None:
    """BBX-2, BBX-3, BBX-13: refused and unknown requests are recorded, reading is recorded after its answer."""
    client.call(op.Ping(DEVICE))
    with pytest.raises(DevFailed):
        client.call(op.CommandInout(DEVICE, "Nada", VOID, DevSource.DEV))
    lines = [line.partition(" : ")[2] for line in client.call(op.BlackBox(DEVICE, 10))]
    assert lines == [
        "Operation command_inout_4 (cmd = Nada) from device requested from vm (CPP/Python client with PID 4711)",
        "Operation ping requested from vm",
    ]
    assert client.call(op.BlackBox(DEVICE, 1))[0].endswith("Operation blackbox requested from vm")
    with pytest.raises(DevFailed, match="out of range"):
        client.call(op.BlackBox(DEVICE, 0))


def test_the_blackbox_depth_property(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """BBX-1"""
    store.put_device_property(DEVICE, {"blackbox_depth": ["5"]})
    client = connect(make_server(store=store))
    for _ in range(9):
        client.call(op.Ping(DEVICE))
    assert len(client.call(op.BlackBox(DEVICE, 100))) == 5


def busy(client: Client, device: str) -> tuple[threading.Thread, object]:
    """The device executes `Wait`; the thread that called, and the device to open the gate of."""
    probe = client.device(device)
    thread = threading.Thread(target=lambda: client.command(device, "Wait"))
    thread.start()
    assert probe.busy.wait(5)
    return thread, probe


@pytest.mark.parametrize(
    ("model", "other_waits", "admin_waits"),
    [
        (SerialModel.BY_DEVICE, False, False),
        (SerialModel.BY_PROCESS, True, True),
        (SerialModel.NO_SYNC, False, False),
    ],
)
def test_who_waits_for_a_busy_device(
    make_server: MakeServer, connect: Connect, store: Store, model: SerialModel, other_waits: bool, admin_waits: bool
) -> None:
    """SER-4"""
    client = connect(make_server(store=store, serial_model=model))
    thread, probe = busy(client, DEVICE)
    requests = {
        "same": client.submit(op.CommandInout(DEVICE, "Nop", VOID)),
        "state": client.submit(op.GetState(DEVICE)),
        "other": client.submit(op.CommandInout(AUTO, "Nop", VOID)),
        "admin": client.submit(op.CommandInout("dserver/probe/a", "QueryDevice", VOID)),
        "ping": client.submit(op.Ping(DEVICE)),
        "list": client.submit(op.CommandListQuery(DEVICE)),
        "config": client.submit(op.GetAttributeConfig(DEVICE)),
    }
    waiting = {name for name, answer in requests.items() if not answer.done()}
    same = set() if model is SerialModel.NO_SYNC else {"same", "state"}
    assert waiting == same | ({"other"} if other_waits else set()) | ({"admin"} if admin_waits else set())
    probe.gate.set()
    for answer in requests.values():
        answer.result(5)
    thread.join(5)


def test_waiting_requests_run_in_the_order_they_came(client: Client) -> None:
    """SER-5"""
    thread, probe = busy(client, DEVICE)
    answers = [client.submit(op.CommandInout(DEVICE, "Tick", VOID)) for _ in range(6)]
    assert not any(answer.done() for answer in answers)
    probe.gate.set()
    assert [answer.result(5).value for answer in answers] == [1, 2, 3, 4, 5, 6]
    thread.join(5)


def test_over_a_real_connection(client: Client) -> None:
    """The same device through TCP and the Unix socket; the blackbox shows the client's host and pid (BBX-15)."""
    for endpoint in parse_endpoints(client.server.endpoints):
        connection = Connection.open(endpoint, ident=ClientIdent(pid=os.getpid()))
        try:
            assert connection.call(op.ReadAttributes(DEVICE, ("Lng",)), 3.0)[0].value == 0
            line = connection.call(op.BlackBox(DEVICE, 1), 3.0)[0]
            host = re.escape(socket.gethostname().lower())
            assert re.search(rf"requested from {host} \(CPP/Python client with PID {os.getpid()}\)$", line)
            with pytest.raises(DevFailed, match="command failure"):
                connection.call(op.CommandInout(DEVICE, "Fail", VOID), 3.0)
        finally:
            connection.close()
