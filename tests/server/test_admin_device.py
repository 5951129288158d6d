"""The admin device: its interface, what it tells of classes, devices and properties (ADM-1..ADM-6, ADM-19..ADM-45)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from server_core.database.store import Store
from server_core.device.device import Device
from server_core.device.properties import class_property, device_property
from server_core.devices import find_class
from server_core.model.enums import DevState
from server_core.model.errors import DevFailed
from server_core.model.types import TYPES, CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol import operations as op
from tests.captured import CPP_9, PYTANGO_10, Case, replayed

if TYPE_CHECKING:
    from tests.server.conftest import Client, Connect, MakeServer

ADMIN = "dserver/Probe/a"
NAMES = {
    PYTANGO_10: [
        ("adm/probe/1", "Probe"),
        ("adm/probe/2", "Probe"),
        ("adm/probe2/1", "Probe2"),
        ("adm/log/1", "LogSink"),
    ],
    CPP_9: [("adm/tt/1", "TangoTest")],
}


class Probe(Device):
    """The class of the captured server, with its properties."""

    FailInit = device_property(dtype=int, default_value=0)
    SleepInit = device_property(dtype=float, default_value=0.0)

    def init_device(self) -> None:
        self.set_state(DevState.ON)


class Probe2(Probe):
    """Another class of it."""


class LogSink(Device):
    """And one without properties."""


@pytest.mark.parametrize("case", [each for each in replayed("server", "admin") if each.id != "admin-21"])
def test_captured_answers(case: Case, make_server: MakeServer, connect: Connect, store: Store) -> None:
    """ADM-1, ADM-23, ADM-24, ADM-26, ADM-27, ADM-35, ADM-36, ADM-42"""
    store.delete_server("Probe/a")
    store.add_server("Probe/a", NAMES[case.reference])
    classes = (find_class("TangoTest"),) if case.reference == CPP_9 else (Probe, Probe2, LogSink)
    client = connect(make_server(classes, store))
    if case.name == "PolledDevice" and case.data["output"]["ok"]:
        for name in reversed(case.data["output"]["ok"]):
            client.poll(name, "State", 1000)
    if case.name == "command_list_query":
        rows = [_row(info) for info in client.call(op.CommandListQuery(ADMIN))]
        captured = [_with_alarms(row) for row in case.data["output"] if "Telemetry" not in row[0]]
        extra = {row[0] for row in rows} - {row[0] for row in captured}
        assert extra == ({"EnableEventSystemPerfMon", "QueryEventSystem"} if case.reference == CPP_9 else set())
        assert [row for row in rows if row[0] not in extra] == captured
        return
    word, argin = case.name.partition(" ")[0], case.data["input"]
    if "err" in case.data["output"]:
        with pytest.raises(DevFailed) as failure:
            client.admin(word, argin)
        assert failure.value.errors[0][:2] == tuple(case.data["output"]["err"][0][key] for key in ("reason", "desc"))
    else:
        assert client.admin(word, argin) == case.data["output"]["ok"]


def _with_alarms(row: list[Any]) -> list[Any]:
    """A description of 9.3.4 with the kind of event that took the place of `quality`."""
    return [text.replace('"quality"', '"alarm"') if isinstance(text, str) else text for text in row]


def _row(info: Any) -> list[Any]:
    return [
        info.cmd_name,
        TYPES[info.in_type].name,
        TYPES[info.out_type].name,
        info.in_type_desc,
        info.out_type_desc,
        info.disp_level.name,
        info.cmd_tag,
    ]


@pytest.fixture
def client(make_server: MakeServer, connect: Connect, store: Store) -> Client:
    return connect(make_server((Probe, Probe2), store))


def test_the_admin_device_is_a_device(client: Client) -> None:
    """ADM-1, ADM-2: with State and Status as its only attributes, a blackbox and a logger; not polled, not lockable."""
    assert [config.name for config in client.call(op.GetAttributeConfig(ADMIN, op.ALL))] == ["State", "Status"]
    assert client.read(ADMIN, "State").value is DevState.ON
    assert client.call(op.GetName("DSERVER/PROBE/A")) == ADMIN
    assert "read_attributes_5 (State)" in client.call(op.BlackBox(ADMIN, 9))[1]
    assert client.admin("GetLoggingLevel", [ADMIN])[1] == [ADMIN]
    assert client.admin("DevPollStatus", ADMIN) == []
    with pytest.raises(DevFailed) as failure:
        client.admin("LockDevice", [[10], [ADMIN]])
    assert failure.value.reason == "API_DeviceUnlockable"


def test_wrong_arguments_and_unknown_commands(client: Client) -> None:
    """ADM-6: the expected type and the name as typed are in the text."""
    with pytest.raises(DevFailed) as failure:
        client.command(ADMIN, "DevRestart", TypedValue(CmdArgType.DevLong, 1))
    assert failure.value.reason == "API_IncompatibleCmdArgumentType"
    assert "DevString" in failure.value.desc
    with pytest.raises(DevFailed) as failure:
        client.admin("noSuchCommand")
    assert failure.value.errors[0][:2] == ("API_CommandNotFound", "Command noSuchCommand not found")


@pytest.mark.parametrize("name", ["DevSetTraceLevel", "DevGetTraceLevel", "DevSetTraceOutput", "DevGetTraceOutput"])
def test_historical_commands_are_not_there(client: Client, name: str) -> None:
    """ADM-44: they existed only to fail."""
    with pytest.raises(DevFailed, match="API_CommandNotFound"):
        client.admin(name)


def test_all_commands_work_in_any_state(client: Client) -> None:
    """ADM-3, ADM-35"""
    client.device(ADMIN).set_state(DevState.FAULT)
    assert client.admin("QueryClass") == ["Probe", "Probe2"]
    client.admin("StopPolling")
    client.admin("StartPolling")


def test_the_release_of_the_library(client: Client) -> None:
    """ADM-43: 10.3.3 as a number."""
    numbers, _ = client.admin("ZmqEventSubscriptionChange", ["info"])
    assert list(numbers) == [10 * 100 + 3 * 10 + 3]


def test_a_name_is_an_alias_too_except_for_a_restart(client: Client, store: Store) -> None:
    """ADM-5, ADM-14: and in any case."""
    store.put_device_alias("adm/probe/1", "first")
    client.poll("FIRST", "State", 1000)
    assert client.admin("PolledDevice") == ["adm/probe/1"]
    assert client.admin("DevPollStatus", "first")
    assert client.admin("DevPollStatus", "ADM/probe/1")
    client.admin("DevRestart", "ADM/Probe/1")
    for name in ("first", "no/such/device"):
        with pytest.raises(DevFailed) as failure:
            client.admin("DevRestart", name)
        assert failure.value.errors[0][:2] == ("API_DeviceNotFound", f"Device {name} not found")


class Described(Device):
    """With properties of every kind."""

    Port = device_property(dtype=int, mandatory=True, doc="TCP port")
    Channels = device_property(dtype=(int,), default_value=[1, 2, 3], doc="which ones")
    Model = class_property(dtype=str, default_value="X-1")
    Maker = class_property(dtype=str, doc="who made it")


def test_what_a_wizard_is_told(make_server: MakeServer, connect: Connect) -> None:
    """ADM-26, ADM-27, ADM-42: name, description, default; `Not specified` where there is none."""
    client = connect(make_server((Described,)))
    expected = ["Port", "TCP port", "Not specified", "Channels", "which ones", "1\n2\n3"]
    assert client.admin("QueryWizardDevProperty", "described") == expected
    expected = ["Model", "", "X-1", "Maker", "who made it", "Not specified"]
    assert client.admin("QueryWizardClassProperty", "DESCRIBED") == expected


def test_who_serves_a_device(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """ADM-45"""
    store.put_class_property("Probe", {"doc_url": ["http://lab/probe"]})
    client = connect(make_server((Probe, Probe2), store))
    found = client.call(op.GetInfo("adm/probe/1"))
    assert (found.dev_class, found.server_id, found.server_version) == ("Probe", "Probe/a", 6)
    assert (found.doc_url, found.dev_type) == ("Doc URL = http://lab/probe", "Probe")
    assert client.call(op.GetInfo("adm/probe2/1")).doc_url == "Doc URL = http://www.tango-controls.org"
    found = client.call(op.GetInfo(ADMIN))
    assert (found.dev_class, found.dev_type) == ("DServer", "Uninitialised")
    assert found.server_host == found.server_host.lower() != ""
