"""Groups: devices asked together (CLI-7, CLI-9)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from server_core.server.process import DeviceServer
from tangoterm.client import CmdArgType as Type
from tangoterm.client import (
    DevFailed,
    DeviceData,
    DeviceDataList,
    Group,
    GroupReply,
    WrongData,
    WrongNameSyntax,
    aio,
    close_connections,
)
from tests.client.conftest import BENCH

NAMES = ["lab/bench/1", "lab/bench/2", "lab/bench/3"]


@pytest.fixture
def three(store: Any) -> Iterator[None]:
    """Three devices that are served, and one that is not."""
    for name in NAMES[1:]:
        store.add_device("bench/test", name, "Bench")
    store.add_device("bench/off", "lab/off/1", "Bench")
    with DeviceServer((BENCH,), "bench", "test", store=store):
        yield
        close_connections()


@pytest.fixture
def group(three: None) -> Group:
    group = Group("lab")
    group.add("lab/bench/*")
    return group


def reasons(reply: GroupReply) -> list[str]:
    return [error.reason for error in reply.get_err_stack()]


def test_devices_are_added_by_name_pattern_and_list(three: None) -> None:
    group = Group("lab")
    group.add("lab/bench/2", timeout_ms=700)
    group.add(["LAB/BENCH/*", "no/such/one"])
    group.add("x/y/*")
    assert group.get_device_list() == ["lab/bench/2", "lab/bench/1", "lab/bench/3", "no/such/one"]
    assert (group.get_size(), len(group)) == (4, 4)
    assert group.get_device("lab/bench/2").get_timeout_millis() == 700
    assert group.get_device(2).dev_name() == group[2].dev_name() == "lab/bench/1"
    group.add("lab/bench/1", timeout_ms=800)
    assert group[2].get_timeout_millis() == 800
    for missing in ("q/q/q", 0, 9):
        with pytest.raises(KeyError, match=f"Group does not have device {missing}"):
            group.get_device(missing)
    with pytest.raises(WrongNameSyntax):
        group.add("lab/bench")
    with pytest.raises(TypeError, match="names, patterns of names and groups"):
        group.add(3)  # type: ignore[arg-type]
    group.remove(["*/2", "no/*"])
    assert group.get_device_list() == ["lab/bench/1", "lab/bench/3"]
    del group["lab/bench/1"]
    group.remove_all()
    assert group.get_device_list() == []


def test_groups_in_groups(three: None) -> None:
    top, cell, other = Group("gauges"), Group("cell-01"), Group("cell-02")
    cell.add("lab/bench/1")
    other.add("lab/bench/2")
    top.add(cell)
    top.add("lab/bench/3")
    top.add(other)
    top.add("lab/bench/1")  # is there already, below
    assert top.get_device_list() == ["lab/bench/1", "lab/bench/3", "lab/bench/2"]
    assert (top.get_device_list(False), top.get_size(False)) == (["lab/bench/3"], 1)
    assert cell.get_fully_qualified_name() == "gauges.cell-01"
    assert top.get_group("CELL-02") is top["gauges.cell-02"] is other
    assert top.get_group("cell-03") is None
    assert (cell.name_equals("gauges.CELL-01"), cell.name_equals("cell"), cell.name_matches("gauges.*")) == (
        True,
        False,
        True,
    )
    assert top.contains("cell-*")
    assert "LAB/bench/2" in top
    assert not top.contains("lab/bench/2", forward=False)
    with pytest.raises(WrongData, match="cannot be in itself"):
        cell.add(top)
    assert [reply.dev_name() for reply in top.read_attribute("level")] == top.get_device_list()
    assert [reply.dev_name() for reply in top.read_attribute("level", forward=False)] == ["lab/bench/3"]
    other.disable()
    assert [reply.group_element_enabled() for reply in top.read_attribute("level")] == [True, True, False]
    assert [reply.group_element_enabled() for reply in other.read_attribute("level")] == [True]
    top.remove("cell-01")
    top.remove("lab/bench/2")
    assert top.get_device_list() == ["lab/bench/3"]


def test_a_command_has_one_argument_for_all_or_one_for_each(group: Group) -> None:
    assert all(reply.get_data() >= 3 for reply in group.command_inout("Add", 3))
    before = [reply.get_data() for reply in group.command_inout("Add", 0)]
    typed = DeviceData()
    typed.insert(Type.DevLong64, 30)
    replies = group.command_inout("Add", DeviceDataList([10, 20, typed]))
    assert [reply.get_data() >= old + add for reply, old, add in zip(replies, before, (10, 20, 30), strict=True)]
    assert replies[2].get_data_raw().get_type() is Type.DevLong64
    with pytest.raises(WrongData, match=r"\[expected:3 - got:2\]") as caught:
        group.command_inout("Add", DeviceDataList([1, 2]))
    assert caught.value.reason == "API_MethodArgument"
    (reply, *_) = group.command_inout("Add", "x")
    assert reasons(reply) == ["API_IncompatibleCmdArgumentType"]
    nothing = group.command_inout("Init")
    assert [reply.get_data() for reply in nothing] == [None] * 3
    assert not nothing.has_failed()


def test_readings_and_writes(group: Group) -> None:
    group.write_attribute("level", 4.5)
    assert [reply.get_data().value for reply in group.read_attribute("level")] == [4.5] * 3
    replies = group.write_attribute("level", [1, 2, 3], multi=True)
    assert not replies.has_failed()
    both = group.read_attributes(["level", "broken"])
    assert [(reply.dev_name(), reply.obj_name()) for reply in both] == [
        (name, attribute) for name in NAMES for attribute in ("level", "broken")
    ]
    assert [reply.get_data().value for reply in both] == [1.0, None, 2.0, None, 3.0, None]
    assert reasons(both[1]) == ["PyDs_PythonError", "API_AttributeFailed"]
    assert reasons(group.write_attribute("nope", 3)[0]) == ["API_AttrNotFound", "API_AttributeFailed"]
    with pytest.raises(WrongData):
        group.write_attribute("level", [1, 2, 3, 4], multi=True)


def test_a_device_that_fails_says_so_in_its_reply(group: Group) -> None:
    """CLI-6, CLI-8: the others answer."""
    group.add(["lab/off/1", "no/such/one"])
    replies = group.command_inout("State")
    assert [reply.has_failed() for reply in replies] == [False, False, False, True, True]
    assert replies.has_failed()
    assert reasons(replies[3]) == ["API_DeviceNotExported", "API_CommandFailed"]
    assert reasons(replies[4])[0] == "DB_DeviceNotDefined"
    assert replies[4].get_data() is None
    assert group.read_attribute("level")[3].get_data().is_empty
    assert not group.ping()
    before = GroupReply.enable_exception(True)
    try:
        assert not before
        with pytest.raises(DevFailed) as caught:
            replies[3].get_data()
        assert caught.value.reason == "API_DeviceNotExported"
        assert replies[0].get_data() is not None
    finally:
        GroupReply.enable_exception(False)
    assert reasons(group.command_inout("Nope")[0]) == ["API_CommandNotFound", "API_CommandFailed"]


def test_a_disabled_device_is_left_out(group: Group) -> None:
    group.disable("lab/bench/2")
    assert [group.is_enabled(name) for name in (*NAMES, "q/q/q")] == [True, False, True, False]
    replies = group.command_inout("State")
    assert [reply.group_element_enabled() for reply in replies] == [True, False, True]
    assert not replies[1].has_failed()
    assert group.ping()
    assert group.get_size() == 3
    group.disable("lab/bench/*")  # the first that fits
    assert not group.is_enabled("lab/bench/1")
    group.enable("lab/bench/2")
    assert group.is_enabled("lab/bench/2")


def test_all_devices_are_asked_before_the_first_answer_is_awaited(group: Group) -> None:
    group.command_inout("State")
    start = time.monotonic()
    replies = group.command_inout("Sleep", 0.5)
    assert time.monotonic() - start < 1.4
    assert not replies.has_failed()


def test_replies_are_fetched_once(group: Group) -> None:
    """CLI-7, CMD-16: of the right kind, by a number that is known."""
    number = group.command_inout_asynch("State")
    assert not group.command_inout_reply(number).has_failed()
    for unknown in (number, 4711):
        with pytest.raises(DevFailed) as caught:
            group.command_inout_reply(unknown)
        assert caught.value.reason == "API_BadAsynPollId"
    wrong = group.read_attribute_reply(group.command_inout_asynch("State"))
    assert [reasons(reply) for reply in wrong] == [["API_BadAsynReqType"]] * 3
    late = group.command_inout_reply(group.command_inout_asynch("Sleep", 0.3), 10)
    assert [reasons(reply) for reply in late] == [["API_AsynReplyNotArrived"]] * 3
    group.set_timeout_millis(50)
    group.get_device("lab/bench/3").set_timeout_millis(5000)
    replies = group.command_inout("Sleep", 0.3)
    assert [reasons(reply) for reply in replies] == [["API_CorbaException", "API_DeviceTimedOut"]] * 2 + [[]]


def test_the_asyncio_twin(three: None) -> None:
    async def use() -> None:
        top, cell = aio.Group("top"), aio.Group("cell")
        await cell.add("lab/bench/*")
        await top.add(cell)
        await top.add("lab/off/1")
        assert top.get_device_list() == [*NAMES, "lab/off/1"]
        await top.command_inout("Sleep", 0.01)
        start = time.monotonic()
        assert [reply.has_failed() for reply in await top.command_inout("Sleep", 0.5)] == [False] * 3 + [True]
        assert time.monotonic() - start < 1.4
        await top.write_attribute("level", 5)
        readings = await top.read_attributes(["level", "mode"])
        assert [reply.get_data().value for reply in readings[:4]] == [5.0, 1, 5.0, 1]
        assert (await cell.ping(), await top.ping()) == (True, False)
        number = top.command_inout_asynch("Sleep", 0.3)
        late = await top.command_inout_reply(number, 10)
        assert reasons(late[0]) == ["API_AsynReplyNotArrived"]
        assert await cell.get_device(1).state() == (await top["lab/bench/1"].state())
        await aio.close_connections()

    asyncio.run(use())
