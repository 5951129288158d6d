"""Operations of every interface level, asked of our server and of PyTango's twin: both give the same answers.

PyTango's own clients use those of the latest levels only, so the questions are put by our codec (wire 6.1).
"""

from __future__ import annotations

import math
import os
import socket
from array import array
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from server_core.model.enums import DevSource, DevState
from server_core.model.errors import DevFailed, MultiDevFailed
from server_core.model.identity import ClientIdent
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, AttributeValue, AttributeWrite, CommandRecord, TypedValue
from server_core.protocol import operations as op
from server_core.protocol.exchange import Reply
from server_core.protocol.giop.connection import ClientConnection, Target
from tests.interop.twins import NOISE
from tests.peers.process import LOOPBACK, Server

T = CmdArgType
DEVICE = "test/alltypes/2"
LEVELS = (1, 2, 3, 4, 5, 6)


class Asker:
    """Asks the device by one connection; gives results and failures alike."""

    def __init__(self, server: Server) -> None:
        self.socket = socket.create_connection((LOOPBACK, server.port), timeout=10)
        self._connection = ClientConnection(2**28, ClientIdent(pid=os.getpid()))

    def ask(self, request: Any, level: int) -> Any:
        """The answer to a request by the operation that clients of a level use."""
        _, pieces = self._connection.request(request, Target(DEVICE.encode(), level))
        self.socket.sendall(b"".join(pieces))
        while True:
            for message in self._connection.receive(self.socket.recv(1 << 16)):
                assert isinstance(message, Reply), message
                return message.result


class Two:
    """Both servers."""

    def __init__(self, ours: Asker, theirs: Asker) -> None:
        self.ours, self.theirs = ours, theirs

    def same(self, request: Any, level: int) -> Any:
        """The answer that both give, without what differs at every reading."""
        ours, theirs = (shown(asker.ask(request, level)) for asker in (self.ours, self.theirs))
        assert ours == theirs, (request, level)
        return ours


def shown(answer: Any) -> Any:
    """An answer as it can be compared."""
    if isinstance(answer, MultiDevFailed):
        return [(each.name, each.index_in_call, [*map(shown, each.errors)]) for each in answer.failed]
    if isinstance(answer, DevFailed):
        return [(error.reason, error.desc) for error in answer.errors if error.reason != NOISE]
    if isinstance(answer, list):
        return [shown(element) for element in answer]
    if isinstance(answer, AttributeValue):
        return replace(answer, time=0.0, errors=()), [(error.reason, error.desc) for error in answer.errors]
    if isinstance(answer, CommandRecord):
        return answer.result.type, len(answer.errors)
    return (answer.reason, answer.desc) if hasattr(answer, "reason") else answer


@pytest.fixture
def two(our_all_types: Server, pytango_all_types: Server) -> Iterator[Two]:
    ours, theirs = Asker(our_all_types), Asker(pytango_all_types)
    with ours.socket, theirs.socket:
        yield Two(ours, theirs)


def doubles(*values: float) -> memoryview:
    return memoryview(array("d", values))


@pytest.mark.parametrize("level", LEVELS)
def test_simple_questions(two: Two, level: int) -> None:
    """wire 6"""
    for request in (
        op.Ping(DEVICE),
        op.GetName(DEVICE),
        op.GetDescription(DEVICE),
        op.GetState(DEVICE),
        op.GetStatus(DEVICE),
        op.CommandQuery(DEVICE, "State"),
        op.CommandQuery(DEVICE, "nope"),
        op.GetAttributeConfig(DEVICE, ("nope",)),
    ):
        two.same(request, level)
    info, of_twin = (asker.ask(op.GetInfo(DEVICE), level) for asker in (two.ours, two.theirs))
    assert replace(info, server_id="", version_info={}) == replace(of_twin, server_id="", version_info={})
    config, of_twin = (
        asker.ask(op.GetAttributeConfig(DEVICE, ("limited",)), level)[0] for asker in (two.ours, two.theirs)
    )
    assert config == replace(of_twin, mem_init=config.mem_init)


@pytest.mark.parametrize("level", LEVELS)
def test_commands(two: Two, level: int) -> None:
    """wire 8"""
    for argin in (TypedValue(T.DevDouble, 2.5), TypedValue(T.DevFloat, 2.5), VOID):
        two.same(op.CommandInout(DEVICE, "DevDouble", argin), level)
    for name in ("State", "Status", "Fail", "FailInDepth", "Forbidden", "nope"):
        two.same(op.CommandInout(DEVICE, name, VOID), level)
    two.same(op.CommandInout(DEVICE, "DevVarDoubleArray", TypedValue(T.DevVarDoubleArray, doubles(1, 2))), level)


WRITES = [
    AttributeWrite("double_scalar", T.DevDouble, 3.5),
    AttributeWrite("double_scalar", T.DevFloat, 3.5),
    AttributeWrite("double_scalar", T.DevString, "text"),
    AttributeWrite("double_scalar", T.DevDouble, math.nan),
    AttributeWrite("boolean_scalar", T.DevBoolean, True),
    AttributeWrite("state_scalar", T.DevState, DevState.MOVING),
    AttributeWrite("enum_scalar", T.DevEnum, 1),
    AttributeWrite("enum_scalar", T.DevShort, 7),
    AttributeWrite("enum_scalar", T.DevLong, 1),
    AttributeWrite("write_only", T.DevDouble, 4.0),
    AttributeWrite("limited", T.DevDouble, 1000.0),
    AttributeWrite("double_spectrum", T.DevDouble, 5.5),
    AttributeWrite("qualified", T.DevDouble, 1.0),
    AttributeWrite("failing", T.DevDouble, 1.0),
    AttributeWrite("forbidden", T.DevDouble, 1.0),
    AttributeWrite("State", T.DevState, DevState.ON),
    AttributeWrite("nope", T.DevDouble, 1.0),
]
OF_MANY = [
    AttributeWrite("double_scalar", T.DevDouble, doubles(1, 2), 2, 0),
    AttributeWrite("double_scalar", T.DevDouble, doubles(1, 2), 1, 0),
    AttributeWrite("double_scalar", T.DevDouble, doubles(1), 0, 0),
    AttributeWrite("double_spectrum", T.DevDouble, doubles(1, 2, 3), 3, 0),
    AttributeWrite("double_spectrum", T.DevDouble, doubles(1, 2, 3), 2, 0),
    AttributeWrite("double_spectrum", T.DevDouble, doubles(*range(2000)), 2000, 0),
    AttributeWrite("double_spectrum", T.DevDouble, doubles(1, 2), 2, 1),
    AttributeWrite("double_spectrum", T.DevDouble, doubles(), 0, 0),
    AttributeWrite("double_image", T.DevDouble, doubles(1, 2, 3), 3, 0),
    AttributeWrite("double_image", T.DevDouble, doubles(1, 2, 3, 4), 2, 1),
    AttributeWrite("double_image", T.DevDouble, doubles(*range(600)), 2, 300),
    AttributeWrite("double_image", T.DevDouble, doubles(1, 2, 3, 4), 2, 2),
    AttributeWrite("string_image", T.DevString, ["a", "b"], 2, 1),
    AttributeWrite("encoded_scalar", T.DevEncoded, ("format", b"\x00\xff")),
]
"""Not for levels 1 and 2, which can only write scalars; level 3 has no DevEncoded."""


@pytest.mark.parametrize("level", LEVELS)
def test_writing_and_reading(two: Two, level: int) -> None:
    """ATT-40..ATT-46, wire 7: good and bad values, then what is read back"""
    for write in WRITES if level < 3 else WRITES + OF_MANY if level > 3 else WRITES + OF_MANY[:-1]:
        two.same(op.WriteAttributes(DEVICE, (write,)), level)
    if level >= 3:
        several = tuple(AttributeWrite(name, T.DevDouble, 2.25) for name in ("double_scalar", "nope", "failing"))
        assert len(two.same(op.WriteAttributes(DEVICE, several), level)) == 2
    for name in ("double_scalar", "boolean_scalar", "enum_scalar", "state_scalar", "qualified", "failing", "nope"):
        two.same(op.ReadAttributes(DEVICE, (name,), DevSource.DEV), level)
    if level >= 3:
        for name in ("double_spectrum", "double_image", "string_image", "write_only", "State", "Status", "forbidden"):
            two.same(op.ReadAttributes(DEVICE, (name,), DevSource.DEV), level)
    if level >= 4:
        two.same(op.ReadAttributes(DEVICE, ("encoded_scalar", "nope", "State"), DevSource.DEV), level)
        for name in ("double_scalar", "failing"):
            two.same(op.WriteReadAttributes(DEVICE, (AttributeWrite(name, T.DevDouble, 1.0),), (name,)), level)


@pytest.mark.parametrize("level", [4, 5])
def test_histories(two: Two, level: int) -> None:
    """wire 7.4; of PyTango's server the older levels must not be asked, which it does not survive (wire 6.1)"""
    ours, theirs = (asker.ask(op.ReadAttributeHistory(DEVICE, "polled", 3), level) for asker in (two.ours, two.theirs))
    for records in (ours, theirs):
        assert [record.value for record in records] == [records[0].value + step for step in range(3)]
        assert [record.time for record in records] == sorted(record.time for record in records)
    two.same(op.CommandInoutHistory(DEVICE, "Polled", 3), level)
    two.same(op.ReadAttributeHistory(DEVICE, "double_scalar", 3), level)
    two.same(op.CommandInoutHistory(DEVICE, "Fail", 3), level)


def test_histories_of_the_first_levels(two: Two) -> None:
    """wire 7.4: ours survives them"""
    newest = two.ours.ask(op.ReadAttributeHistory(DEVICE, "polled", 1), 6)[0].value
    for level in (2, 3):
        (record,) = two.ours.ask(op.ReadAttributeHistory(DEVICE, "polled", 1), level)
        assert record.value in range(newest, newest + 50)
        (record,) = two.ours.ask(op.CommandInoutHistory(DEVICE, "Polled", 1), level)
        assert record.result.type is T.DevLong64


@pytest.mark.parametrize("level", [1, 5, 6])
def test_blackbox(two: Two, level: int) -> None:
    """BBX-10, BBX-11: the same words for the same operations, with the identification where it comes along. (For
    operations of levels 2 to 4 PyTango's devices use words of other ones.)"""
    asked = [
        op.ReadAttributes(DEVICE, ("double_scalar", "State"), DevSource.CACHE),
        op.WriteAttributes(DEVICE, (AttributeWrite("double_scalar", T.DevDouble, 1.0),)),
        op.CommandInout(DEVICE, "State", VOID),
        op.CommandQuery(DEVICE, "State"),
        op.CommandListQuery(DEVICE),
        op.GetAttributeConfig(DEVICE, ("limited",)),
        op.SetAttributeConfig(DEVICE, ()),
        op.GetStatus(DEVICE),
        op.GetInfo(DEVICE),
    ]
    if level >= 4:
        asked.append(op.WriteReadAttributes(DEVICE, (AttributeWrite("long_scalar", T.DevLong, 1),), ("long_scalar",)))
    lines = []
    for asker in (two.ours, two.theirs):
        for request in asked:
            asker.ask(request, level)
        entries = [entry for entry in asker.ask(op.BlackBox(DEVICE, 40), level) if "polling" not in entry]
        lines.append([words(entry) for entry in entries[: len(asked)]])
    assert lines[0] == lines[1]
    assert len(lines[0]) == len(asked)


def words(entry: str) -> tuple[str, str]:
    """What an entry says, and of whom, but for the name of the host."""
    text, _, origin = entry.partition(" : ")[2].partition("requested from ")
    return text, origin.partition(" ")[2]


@pytest.mark.parametrize("level", [1, 3, 4, 5])
def test_setting_a_configuration(two: Two, level: int) -> None:
    """ATT-7: what an older interface does not know stays as it is"""
    request = op.GetAttributeConfig(DEVICE, ("long_scalar",))
    for asker in (two.ours, two.theirs):
        (before,) = asker.ask(request, 5)
        first = replace(before, unit="V")
        first.alarms.min_warning, first.alarms.max_alarm, first.events.ch_event.abs_change = "1", "50", "7"
        assert asker.ask(op.SetAttributeConfig(DEVICE, (first,)), 5) is None
        (shown_to_old,) = asker.ask(request, level)
        assert asker.ask(op.SetAttributeConfig(DEVICE, (replace(shown_to_old, unit="mA"),)), level) is None
        (after,) = asker.ask(request, 5)
        assert after == replace(first, unit="mA")
        assert asker.ask(op.SetAttributeConfig(DEVICE, (before,)), 5) is None
