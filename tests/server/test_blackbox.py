"""The blackbox: order, depth and the exact lines ."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import pytest

from server_core.device.command import command
from server_core.device.device import Device
from server_core.device.polling import TimedAttrData
from server_core.model.config import AttributeConfig
from server_core.model.enums import DevSource, EventType
from server_core.model.errors import DevFailed
from server_core.model.identity import JAVA, ClientIdent
from server_core.model.pipe import PipeBlob
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, AttributeWrite
from server_core.protocol import operations as op
from server_core.server.blackbox import FROM_POLLING, BlackBox
from server_core.transport.contract import EventSink, Peer
from server_core.transport.remote_host import RemoteHost

if TYPE_CHECKING:
    from tests.server.conftest import Client, Connect, MakeServer

LINE = re.compile(
    r"^(\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d):(\d\d):(\d\d) : (Operation|Attribute) (\w+) (?:\((.*)\) )?"
    r"(?:from (device|cache|cache_device) )?requested (?:from|during) (.+?)"
    r"(?: \((CPP/Python|Java) client with (?:PID|main class) (.+)\))?$"
)
"""The parse that the specification recommends to readers."""

PEER = Peer("vm", "tcp:127.0.0.1:4711", ClientIdent(pid=9947), cast(EventSink, None))
DEVICE = "adm/probe2/1"
CLIENT = " (CPP/Python client with PID 9947)"


def write(name: str) -> AttributeWrite:
    return AttributeWrite(name, CmdArgType.DevDouble, 1.0)


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (op.Ping("d"), "Operation ping requested from vm"),
        (op.GetInfo("d"), "Operation info_6 requested from vm"),
        (op.GetStatus("d"), "Attribute status requested from vm"),
        (op.GetState("d"), "Attribute state requested from vm"),
        (op.GetName("d"), "Attribute name requested from vm"),
        (op.GetDescription("d"), "Attribute description requested from vm"),
        (op.GetAdmName("d"), "Attribute adm_name requested from vm"),
        (op.CommandListQuery("d"), "Operation command_list_query_2 requested from vm"),
        (op.CommandQuery("d", "Nop"), "Operation command_query_2 requested from vm"),
        (op.GetAttributeConfig("d", ("Val",)), "Operation get_attribute_config_5 requested from vm"),
        (op.GetAttributeConfig("d", op.ALL), "Operation get_attribute_config_2 requested from vm"),
        (op.SetAttributeConfig("d", (AttributeConfig("Val", CmdArgType.DevLong),)),
         "Operation set_attribute_config_5 requested from vm" + CLIENT),
        (op.ReadAttributes("d", ("Val",)),
         "Operation read_attributes_5 (Val) from cache_device requested from vm" + CLIENT),
        (op.ReadAttributes("d", ("Val", "Spec", "State")),
         "Operation read_attributes_5 (Val, Spec, State) from cache_device requested from vm" + CLIENT),
        (op.ReadAttributes("d", ("Nope",), DevSource.DEV),
         "Operation read_attributes_5 (Nope) from device requested from vm" + CLIENT),
        (op.ReadAttributes("d", op.ALL, DevSource.DEV),
         "Operation read_attributes_5 (All attributes) from device requested from vm" + CLIENT),
        (op.WriteAttributes("d", (write("Val"),)), "Operation write_attributes_4 (Val) requested from vm" + CLIENT),
        (op.WriteAttributes("d", (write("Val"), write("Lng"))),
         "Operation write_attributes_4 (Val, Lng) requested from vm" + CLIENT),
        (op.WriteReadAttributes("d", (write("Val"),), ("Val", "Spec")),
         "Operation write_read_attributes_5 (Val/Val, Spec) requested from vm" + CLIENT),
        (op.CommandInout("d", "Nop", VOID, DevSource.DEV),
         "Operation command_inout_4 (cmd = Nop) from device requested from vm" + CLIENT),
        (op.CommandInout("d", "Nop", VOID, DevSource.CACHE),
         "Operation command_inout_4 (cmd = Nop) from cache requested from vm" + CLIENT),
        (op.ReadAttributeHistory("d", "Val", 3), "Operation read_attribute_history_5 requested from vm"),
        (op.CommandInoutHistory("d", "Nop", 3), "Operation command_inout_history_4 requested from vm"),
        (op.BlackBox("d", 3), "Operation blackbox requested from vm"),
        (op.GetPipeConfig("d"), "Operation get_pipe_config_5 requested from vm"),
        (op.SetPipeConfig("d", ()), "Operation set_pipe_config_5 requested from vm" + CLIENT),
        (op.ReadPipe("d", "p"), "Operation read_pipe_5 (p) requested from vm" + CLIENT),
        (op.WritePipe("d", "p", PipeBlob()), "Operation write_pipe_5 (p) requested from vm" + CLIENT),
        (op.WriteReadPipe("d", "p", PipeBlob()), "Operation write_read_pipe_5 (p) requested from vm" + CLIENT),
    ],
)  # fmt: skip
def test_the_line_of_each_request(request_: Any, line: str) -> None:
    """BBX-10, BBX-12, BBX-13: the lines captured from real servers; of pipes those of the same form."""
    blackbox = BlackBox()
    blackbox.add(op.operation_of(request_), request_, PEER)
    (entry,) = blackbox.read(1)
    assert entry.partition(" : ")[2] == line
    assert LINE.match(entry)


def test_the_time_of_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """BBX-10: local time, its hundredths truncated"""
    moment = datetime(2026, 3, 9, 7, 5, 2, 999_000).timestamp()
    monkeypatch.setattr("server_core.server.blackbox.time.time", lambda: moment)
    blackbox = BlackBox()
    blackbox.note("x")
    monkeypatch.undo()
    assert blackbox.read(1) == ["09/03/2026 07:05:02:99 : x"]


def test_a_java_client_is_shown_by_its_main_class() -> None:
    """BBX-13"""
    blackbox = BlackBox()
    java = Peer("vm", "tcp:1.2.3.4:5", ClientIdent(JAVA, 0, "atkpanel.MainPanel", (1, 2)), cast(EventSink, None))
    request = op.CommandInout("d", "On", VOID)
    blackbox.add(op.operation_of(request), request, java)
    assert blackbox.read(1)[0].endswith("requested from vm (Java client with main class atkpanel.MainPanel)")


def test_a_client_that_does_not_say_who_it_is_has_a_host_alone() -> None:
    """BBX-13"""
    blackbox, request = BlackBox(), op.CommandInout("d", "On", VOID)
    peer = Peer("vm", "tcp:1.2.3.4:5", ClientIdent(), cast(EventSink, None))
    blackbox.add(op.operation_of(request), request, peer)
    assert blackbox.read(1)[0].endswith("requested from vm")


def test_the_host_is_shown_by_its_name_as_soon_as_that_is_known() -> None:
    """BBX-13: else by its address"""
    blackbox, host = BlackBox(), RemoteHost("192.0.2.1")
    peer = Peer(host, "tcp:192.0.2.1:5", ClientIdent(pid=1), cast(EventSink, None))
    blackbox.add(op.operation_of(op.Ping("d")), op.Ping("d"), peer)
    assert blackbox.read(1)[0].endswith("requested from 192.0.2.1")
    host.name = "far.example.org"
    assert blackbox.read(1)[0].endswith("requested from far.example.org")


def test_the_newest_entry_comes_first_and_the_oldest_goes() -> None:
    """BBX-1, BBX-3"""
    blackbox = BlackBox(3)
    for number in range(5):
        blackbox.note(f"entry {number} {FROM_POLLING}")
    assert [line.partition(" : ")[2][:7] for line in blackbox.read(10)] == ["entry 4", "entry 3", "entry 2"]
    assert len(blackbox.read(2)) == 2


@pytest.mark.parametrize(
    ("values", "depth"), [(None, 50), (["0"], 50), (["abc"], 50), (["-3"], 50), ([], 50), (["5"], 5), (["200"], 200)]
)
def test_the_depth_of_the_property(values: list[str] | None, depth: int) -> None:
    """BBX-1"""
    blackbox = BlackBox.with_property(values)
    for _ in range(300):
        blackbox.note("x")
    assert len(blackbox.read(1000)) == depth


@pytest.mark.parametrize("count", [0, -1])
def test_fewer_than_one_entry_cannot_be_asked_for(count: int) -> None:
    """BBX-3"""
    blackbox = BlackBox()
    blackbox.note("x")
    with pytest.raises(DevFailed) as failure:
        blackbox.read(count)
    assert failure.value.reason == "API_BlackBoxArgument"


def test_an_empty_blackbox_says_so() -> None:
    """BBX-3"""
    with pytest.raises(DevFailed) as failure:
        BlackBox().read(1)
    assert failure.value.reason == "API_BlackBoxEmpty"


# ---- in a server


def requests_of(client: Client, device: str = DEVICE) -> list[str]:
    """The blackbox of a device, without times and readers."""
    lines = [line.partition(" : ")[2] for line in client.call(op.BlackBox(device, 100))]
    return [line for line in lines if "Operation blackbox" not in line]


def test_what_leaves_no_entry(client: Client) -> None:
    """BBX-5: subscriptions, events, pushes, and readings that code puts into the cache"""
    client.poll(DEVICE, "Lng", 0)
    client.call(op.Ping(DEVICE))
    client.subscribe(DEVICE, "Manual", EventType.CHANGE_EVENT)
    probe = client.device(DEVICE)
    before = requests_of(client)
    probe.push_change_event("Manual", 3.0)
    probe.fill_attr_polling_buffer("Lng", TimedAttrData(5))
    client.sink.wait_for(1)
    assert client.read(DEVICE, "Lng", DevSource.CACHE).value == 5
    reading, *others = requests_of(client)
    assert "read_attributes_5 (Lng) from cache " in reading
    assert others == before
    assert before[0] == "Operation ping requested from vm"


def test_what_empties_the_blackbox(client: Client) -> None:
    """BBX-4: DevRestart and RestartServer do, Init does not"""
    client.call(op.Ping(DEVICE))
    client.command(DEVICE, "Init")
    assert [line.split()[1] for line in requests_of(client)] == ["command_inout_4", "ping"]
    client.admin("DevRestart", DEVICE)
    with pytest.raises(DevFailed) as failure:
        client.call(op.BlackBox(DEVICE, 9))
    assert failure.value.reason == "API_BlackBoxEmpty"
    client.call(op.Ping(DEVICE))
    client.server.restart_devices()
    with pytest.raises(DevFailed) as failure:
        client.call(op.BlackBox(DEVICE, 9))
    assert failure.value.reason == "API_BlackBoxEmpty"


class Late(Device):
    """Asks another device while it starts, and when it is told to."""

    def init_device(self) -> None:
        self.Ask()

    @command
    def Ask(self) -> None:
        self.host.call_device("adm/probe2/1", op.Ping)


def test_calls_from_inside_the_process(make_server: MakeServer, connect: Connect, client: Client) -> None:
    """BBX-13: while the server starts, and later; they are no client's"""
    classes = (client.server.classes[1], Late)
    names = {"Probe2": [DEVICE], "Late": ["adm/late/1"]}
    other = connect(make_server(classes, devices=names))
    other.command("adm/late/1", "Ask")
    assert requests_of(other) == [
        "Operation ping requested from a collocated client",
        "Operation ping requested during device server process init sequence",
    ]
