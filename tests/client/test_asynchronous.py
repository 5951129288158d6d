"""Asynchronous calls of the blocking proxy (CLI-7)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tangoterm.client import (
    ApiUtil,
    AsynCall,
    AsynReplyNotArrived,
    AttributeProxy,
    CommunicationFailed,
    DevFailed,
    DeviceProxy,
    MultiDevFailed,
    asyn_req_type,
    cb_sub_model,
)


def test_a_reply_is_fetched_by_number(device: DeviceProxy) -> None:
    """CLI-7, CMD-16"""
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
    number = device.write_attributes_asynch([("level", 1000), ("mode", 99)])
    with pytest.raises(MultiDevFailed, match=r"object\(s\) level, mode") as several:
        device.write_attributes_reply(number, 0)
    assert [error.reason for error in several.value.errors] == ["API_AttributeFailed"]
    assert [failed.name for failed in several.value.err_list] == ["level", "mode"]


def test_a_call_is_given_up_at_its_time_out(device: DeviceProxy) -> None:
    device.command_list_query()
    device.set_timeout_millis(50)
    number = device.command_inout_asynch("Sleep", 0.3)
    with pytest.raises(CommunicationFailed) as caught:
        device.command_inout_reply(number, 0)
    assert [error.reason for error in caught.value.errors] == ["API_CorbaException", "API_DeviceTimedOut"]


def test_callbacks_are_called_when_asked_for(device: DeviceProxy) -> None:
    """CLI-7: the pull model, which is in force unless set."""
    assert ApiUtil.instance().get_asynch_cb_sub_model() is cb_sub_model.PULL_CALLBACK
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


def test_callbacks_that_cannot_be_called_yet(device: DeviceProxy) -> None:
    """CLI-7: what came is delivered, and the rest said to be missing, when a wait ends before its call does."""
    told: list[str] = []
    device.command_inout_asynch("Add", 1, lambda event: told.append(event.cmd_name))
    device.command_inout_asynch("Sleep", 0.6, lambda event: told.append(event.cmd_name))
    device.get_asynch_replies()
    for wait in (device.get_asynch_replies, ApiUtil.instance().get_asynch_replies):
        with pytest.raises(AsynReplyNotArrived) as caught:
            wait(20)
        assert caught.value.reason == "API_AsynReplyNotArrived"
    device.get_asynch_replies(0)
    assert told == ["Add", "Sleep"]


def test_a_reply_is_taken_once_however_many_wait_for_it(device: DeviceProxy) -> None:
    """CLI-7: also when it is cancelled meanwhile."""
    number = device.command_inout_asynch("Sleep", 0.2)
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(device.command_inout_reply, number, 0) for _ in range(4)]
        errors = [error for each in waiting if (error := each.exception()) is not None]
    assert [getattr(error, "reason", "") for error in errors] == ["API_BadAsynPollId"] * 3
    number = device.command_inout_asynch("Sleep", 0.5)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(device.command_inout_reply, number, 0)
        time.sleep(0.1)  # it waits now, or finds the call cancelled: the same for it
        device.cancel_asynch_request(number)
        assert isinstance(late.exception(), AsynCall)


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


@pytest.fixture
def push() -> Iterator[None]:
    """The push model for the time of a test."""
    ApiUtil.instance().set_asynch_cb_sub_model(cb_sub_model.PUSH_CALLBACK)
    yield
    ApiUtil.instance().set_asynch_cb_sub_model(cb_sub_model.PULL_CALLBACK)


def test_callbacks_are_called_as_replies_come(device: DeviceProxy, push: None, until: Any) -> None:
    """CLI-7: the push model; from another thread, in which the callback may call devices."""
    told: dict[str, Any] = {}
    threads: set[str] = set()

    def tell(event: Any) -> None:
        threads.add(threading.current_thread().name)
        told[event.cmd_name] = (event.argout, event.err, event.device.State())

    device.command_inout_asynch("Sleep", 0.2, tell)
    device.command_inout_asynch("Add", 1, tell)
    device.command_inout_asynch("Status", tell)
    device.command_inout_asynch("Nope", None, tell)
    until(lambda: len(told) == 4)
    assert threads == {"tangoterm-callbacks"}
    assert told["Add"][0] >= 1
    assert [err for _, err, _ in (told["Sleep"], told["Status"], told["Nope"])] == [False, False, True]
    written: list[Any] = []
    device.write_attribute_asynch("level", 3, written.append)
    device.read_attributes_asynch(["level", "mode"], written.append)
    until(lambda: len(written) == 2)
    assert {event.attr_names for event in written} == {("level",), ("level", "mode")}
    assert device.pending_asynch_call() == 0


def test_a_silent_call_is_called_back_at_its_time_out(device: DeviceProxy, push: None, until: Any) -> None:
    """CLI-2, CLI-7; a callback that fails does not keep the others from theirs."""
    told: list[Any] = []
    device.command_list_query()
    device.set_timeout_millis(50)
    device.command_inout_asynch("State", lambda event: 1 / 0)
    device.command_inout_asynch("Sleep", 0.5, told.append)
    until(lambda: told)
    assert [error.reason for error in told[0].errors] == ["API_CorbaException", "API_DeviceTimedOut"]


def test_calls_under_way_are_pushed_when_the_model_changes(device: DeviceProxy, until: Any) -> None:
    told: list[Any] = []
    device.command_inout_asynch("Sleep", 0.1, told.append)
    ApiUtil.instance().set_asynch_cb_sub_model(cb_sub_model.PUSH_CALLBACK)
    try:
        until(lambda: told)
    finally:
        ApiUtil.instance().set_asynch_cb_sub_model(cb_sub_model.PULL_CALLBACK)


def test_api_util_knows_the_calls_of_all_devices(device: DeviceProxy) -> None:
    """CLI-7: polled and with callbacks."""
    util = ApiUtil.instance()
    before = [util.pending_asynch_call(req) for req in asyn_req_type]
    other, told = DeviceProxy(device.name()), []
    number = device.command_inout_asynch("Add", 1)
    device.command_inout_asynch("Add", 1, told.append)
    other.command_inout_asynch("Add", 1, told.append)
    after = [util.pending_asynch_call(req) for req in asyn_req_type]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 2, 3]
    assert device.pending_asynch_call(asyn_req_type.CALLBACK) == 1
    util.get_asynch_replies(0)
    assert len(told) == 2
    device.cancel_all_polling_asynch_request()
    with pytest.raises(AsynCall):
        device.cancel_asynch_request(number)
    assert [util.pending_asynch_call(req) for req in asyn_req_type] == before


def test_fire_and_forget(device: DeviceProxy, until: Any) -> None:
    """CMD-17: 0 at once, whatever the command does; unknown commands are told."""
    before = device.Add(0)
    start = time.monotonic()
    assert device.command_inout_asynch("Sleep", 0.3, True) == 0
    assert device.command_inout_asynch("Refuse", cmd_param="x", forget=True) == 0
    assert time.monotonic() - start < 0.25
    assert device.command_inout_asynch("Add", 1000, True) == 0
    until(lambda: device.Add(0) >= before + 1000)
    assert device.pending_asynch_call() == 0
    with pytest.raises(DevFailed) as caught:
        device.command_inout_asynch("Nope", None, True)
    assert [error.reason for error in caught.value.errors] == ["API_CommandNotFound"]
    with pytest.raises(TypeError, match="not 3 of them"):
        device.command_inout_asynch("Add", 1, True, True)


def test_an_attribute_proxy_asks_without_waiting(device: DeviceProxy) -> None:
    attribute = AttributeProxy("lab/bench/1/level")
    attribute.write_reply(attribute.write_asynch(7), 0)
    assert attribute.read_reply(attribute.read_asynch(), 0).value == 7.0
    assert attribute.get_device_proxy().pending_asynch_call() == 0


def test_a_result_with_its_type(device: DeviceProxy) -> None:
    raw = device.command_inout_reply_raw(device.command_inout_asynch("State"), 0)
    assert (raw.get_type().name, raw.extract()) == ("DevState", device.state())
    assert device.command_inout_raw("Status").get_type().name == "DevString"
    assert device.command_inout_raw("Init").is_empty()
