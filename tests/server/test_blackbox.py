"""The blackbox: order, depth and the exact lines (BBX-1..BBX-17)."""

from __future__ import annotations

import re
from typing import Any, cast

import pytest

from server_core.model.config import AttributeConfig
from server_core.model.enums import DevSource
from server_core.model.errors import DevFailed
from server_core.model.identity import JAVA, ClientIdent
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, AttributeWrite
from server_core.protocol import operations as op
from server_core.server.blackbox import FROM_POLLING, BlackBox
from server_core.transport.contract import EventSink, Peer

LINE = re.compile(
    r"^(\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d):(\d\d):(\d\d) : (Operation|Attribute) (\w+) (?:\((.*)\) )?"
    r"(?:from (device|cache|cache_device) )?requested (?:from|during) (.+?)"
    r"(?: \((CPP/Python|Java) client with (?:PID|main class) (.+)\))?$"
)
"""The parse that the specification recommends to readers."""

PEER = Peer("vm", "tcp:127.0.0.1:4711", ClientIdent(pid=9947), cast(EventSink, None))
CLIENT = " (CPP/Python client with PID 9947)"


def write(name: str) -> AttributeWrite:
    return AttributeWrite(name, CmdArgType.DevDouble, 1.0)


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (op.Ping("d"), "Operation ping requested from vm"),
        (op.GetInfo("d"), "Operation info_3 requested from vm"),
        (op.GetStatus("d"), "Attribute status requested from vm"),
        (op.GetState("d"), "Attribute state requested from vm"),
        (op.GetName("d"), "Attribute name requested from vm"),
        (op.GetDescription("d"), "Attribute description requested from vm"),
        (op.GetAdmName("d"), "Attribute adm_name requested from vm"),
        (op.CommandListQuery("d"), "Operation command_list_query_2 requested from vm"),
        (op.CommandQuery("d", "Nop"), "Operation command_query_2 requested from vm"),
        (op.GetAttributeConfig("d", ("Val",)), "Operation get_attribute_config_5 requested from vm"),
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
        (op.ReadPipe("d", "p"), "Operation read_pipe_5 (p) requested from vm" + CLIENT),
    ],
)  # fmt: skip
def test_the_line_of_each_request(request_: Any, line: str) -> None:
    """BBX-10, BBX-12, BBX-13: the lines captured from real servers."""
    blackbox = BlackBox()
    blackbox.add(op.operation_of(request_), request_, PEER)
    (entry,) = blackbox.read(1)
    assert entry.partition(" : ")[2] == line
    assert LINE.match(entry)


def test_a_java_client_is_shown_by_its_main_class() -> None:
    """BBX-13"""
    blackbox = BlackBox()
    java = Peer("vm", "tcp:1.2.3.4:5", ClientIdent(JAVA, 0, "atkpanel.MainPanel"), cast(EventSink, None))
    request = op.CommandInout("d", "On", VOID)
    blackbox.add(op.operation_of(request), request, java)
    assert blackbox.read(1)[0].endswith("requested from vm (Java client with main class atkpanel.MainPanel)")


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
