"""Asynchronous calls of the blocking proxy (CLI-7)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tangoterm.client import AsynCall, AsynReplyNotArrived, CommunicationFailed, DevFailed, DeviceProxy


def test_a_reply_is_fetched_by_number(device: DeviceProxy) -> None:
    add = device.command_inout_asynch("Add", 5)
    read = device.read_attribute_asynch("level")
    several = device.read_attributes_asynch(["row", "broken"])
    write = device.write_attribute_asynch("level", 6)
    assert len({add, read, several, write}) == 4
    assert device.pending_asynch_call() == 4
    assert device.command_inout_reply(add, 0) >= 5
    assert device.read_attribute_reply(read, 0).value == 1.5
    row, broken = device.read_attributes_reply(several, 0)
    assert list(row.value) == [1, 2, 3]
    assert broken.has_failed
    device.write_attribute_reply(write, 0)
    assert device.level == 6.0
    assert device.pending_asynch_call() == 0


def test_a_reply_that_is_not_there_is_told(device: DeviceProxy) -> None:
    number = device.command_inout_asynch("Sleep", 0.2)
    with pytest.raises(AsynReplyNotArrived):
        device.command_inout_reply(number)
    with pytest.raises(AsynReplyNotArrived, match="is not yet arrived"):
        device.command_inout_reply(number, 10)
    assert device.command_inout_reply(number, 2000) is None
    with pytest.raises(AsynCall) as caught:
        device.command_inout_reply(number, 0)
    assert caught.value.reason == "API_BadAsynPollId"


def test_the_kind_of_reply_must_fit(device: DeviceProxy) -> None:
    number = device.command_inout_asynch("Add", 1)
    with pytest.raises(AsynCall) as caught:
        device.read_attribute_reply(number, 0)
    assert caught.value.reason == "API_BadAsynReqType"
    assert device.command_inout_reply(number, 0) >= 1


def test_errors_come_with_the_reply(device: DeviceProxy) -> None:
    expected = {
        device.command_inout_asynch("Nope"): ["API_CommandNotFound", "API_CommandFailed"],
        device.command_inout_asynch("Refuse", "x"): ["PyDs_PythonError", "API_CommandFailed"],
    }
    for number, reasons in expected.items():
        with pytest.raises(DevFailed) as caught:
            device.command_inout_reply(number, 0)
        assert [error.reason for error in caught.value.errors] == reasons
    number = device.write_attribute_asynch("level", 1000)
    with pytest.raises(DevFailed) as caught:
        device.write_attribute_reply(number, 0)
    assert [error.reason for error in caught.value.errors] == ["API_WAttrOutsideLimit", "API_AttributeFailed"]
    number = device.read_attribute_asynch("broken")
    with pytest.raises(DevFailed) as caught:
        device.read_attribute_reply(number, 0)
    assert [error.reason for error in caught.value.errors] == ["PyDs_PythonError", "API_AttributeFailed"]


def test_a_call_is_given_up_at_its_time_out(device: DeviceProxy) -> None:
    device.command_list_query()
    device.set_timeout_millis(50)
    number = device.command_inout_asynch("Sleep", 0.3)
    with pytest.raises(CommunicationFailed) as caught:
        device.command_inout_reply(number, 0)
    assert [error.reason for error in caught.value.errors] == ["API_CorbaException", "API_DeviceTimedOut"]


def test_callbacks_are_called_when_asked_for(device: DeviceProxy) -> None:
    told: list[Any] = []

    class Told:
        def attr_read(self, event: Any) -> None:
            told.append(event)

    device.command_inout_asynch("Add", 1, told.append)
    device.command_inout_asynch("Refuse", "x", told.append)
    device.read_attribute_asynch("level", Told())
    assert not told
    device.get_asynch_replies(0)
    add, refuse, level = told
    assert (add.cmd_name, add.err) == ("Add", False)
    assert refuse.err
    assert refuse.errors[-1].reason == "API_CommandFailed"
    assert level.argout.value == 1.5
    assert device.pending_asynch_call() == 0


def test_a_cancelled_call_is_forgotten(device: DeviceProxy) -> None:
    number = device.command_inout_asynch("Sleep", 0.1)
    device.cancel_asynch_request(number)
    with pytest.raises(AsynCall):
        device.command_inout_reply(number)
    assert device.pending_asynch_call() == 0


def test_many_calls_are_under_way_at_once(device: DeviceProxy) -> None:
    start = time.monotonic()
    numbers = [device.command_inout_asynch("Add", 1) for _ in range(200)]
    results = [device.command_inout_reply(number, 0) for number in numbers]
    assert len(set(results)) == 200
    assert time.monotonic() - start < 5
