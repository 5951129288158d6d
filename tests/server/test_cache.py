"""Answers from the polling rings: sources, staleness, histories (POLL-70..POLL-77)."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from server_core.database.store import Store
from server_core.model.enums import AttrQuality, DevSource, DevState
from server_core.model.errors import DevFailed
from server_core.model.values import VOID
from server_core.protocol import operations as op
from tests.waiting import until

if TYPE_CHECKING:
    from tests.server.conftest import Client, Connect, MakeServer

DEVICE = "adm/probe2/1"
CACHE, CACHE_DEV, DEV = DevSource.CACHE, DevSource.CACHE_DEV, DevSource.DEV


def trigger(client: Client, name: str, *, command: bool = False) -> None:
    client.server.polling.trigger(client.server.registry.find(DEVICE), name, command=command)


def failure_of(client: Client, request: op.Request) -> tuple[str, str]:
    with pytest.raises(DevFailed) as failure:
        client.call(request)
    return failure.value.reason, failure.value.desc


def test_what_is_not_polled_cannot_come_from_the_cache(client: Client) -> None:
    """POLL-72"""
    error = client.read(DEVICE, "Val", CACHE).errors[0]
    assert (error.reason, error.desc) == ("API_AttrNotPolled", "Attribute Val not polled")
    assert client.read(DEVICE, "Nope", CACHE).errors[0].reason == "API_AttrNotFound"
    for name in ("Nop", "State"):
        request = op.CommandInout(DEVICE, name, VOID, CACHE)
        assert failure_of(client, request) == ("API_CmdNotPolled", f"Command {name} not polled")
    assert failure_of(client, op.CommandInout(DEVICE, "Nope", VOID, CACHE))[0] == "API_CommandNotFound"
    assert failure_of(client, op.CommandInout(DEVICE, "Exec", VOID, CACHE))[0] == "API_IncompatibleCmdArgumentType"


def test_cache_and_device_mixed(client: Client) -> None:
    """POLL-71: only the names that fail in the cache are read from the device."""
    client.poll(DEVICE, "Lng", 0)
    trigger(client, "Lng")
    client.execute(DEVICE, "setattr(self, '_l', 7)")
    values = client.call(op.ReadAttributes(DEVICE, ("Val", "Lng", "Str"), CACHE_DEV))
    assert [value.value for value in values] == [0.0, 0, "text"]
    assert [value.value for value in client.call(op.ReadAttributes(DEVICE, ("Val", "Lng"), DEV))] == [0.0, 7]


def test_an_empty_ring(client: Client) -> None:
    """POLL-72"""
    client.poll(DEVICE, "Val", 0)
    client.poll(DEVICE, "Tick", 0, "command")
    error = client.read(DEVICE, "Val", CACHE).errors[0]
    assert (error.reason, error.desc) == ("API_NoDataYet", "No data available in cache for attribute Val")
    assert client.read(DEVICE, "Val", CACHE_DEV).value == 0.0
    assert failure_of(client, op.CommandInout(DEVICE, "Tick", VOID, CACHE))[0] == "API_NoDataYet"
    assert client.command(DEVICE, "Tick", source=CACHE_DEV) == 1


def test_a_cached_error_is_the_answer(client: Client) -> None:
    """POLL-74: CACHE_DEV does not ask the device then."""
    client.poll(DEVICE, "Val", 0)
    client.poll(DEVICE, "Fail", 0, "command")
    client.execute(DEVICE, "setattr(self, '_fail', True)")
    trigger(client, "Val")
    trigger(client, "Fail", command=True)
    client.execute(DEVICE, "setattr(self, '_fail', False)")
    for source in (CACHE, CACHE_DEV):
        assert client.read(DEVICE, "Val", source).errors[0].reason == "Probe_Fail"
        assert failure_of(client, op.CommandInout(DEVICE, "Fail", VOID, source)) == (
            "Probe_CmdFail",
            "command failure",
        )
    assert client.read(DEVICE, "Val", DEV).value == 0.0
    probe = client.device(DEVICE)
    thread = threading.Thread(target=lambda: client.command(DEVICE, "Wait"))
    thread.start()
    assert probe.busy.wait(5)
    requests = op.ReadAttributes(DEVICE, ("Val",), CACHE_DEV), op.CommandInout(DEVICE, "Fail", VOID, CACHE_DEV)
    assert all(client.submit(request).done() for request in requests)
    probe.gate.set()
    thread.join(5)


def test_an_invalid_reading_is_no_failure_and_keeps_its_time(client: Client) -> None:
    """POLL-7, POLL-74, POLL-75"""
    client.poll(DEVICE, "Val", 0)
    client.execute(DEVICE, "setattr(self, '_invalid', True)")
    trigger(client, "Val")
    cached = client.read(DEVICE, "Val", CACHE)
    assert (cached.value, cached.quality, cached.errors) == (None, AttrQuality.ATTR_INVALID, ())
    assert client.read(DEVICE, "Val", CACHE).time == cached.time


def test_state_from_the_cache_and_past_it(client: Client) -> None:
    """POLL-3, POLL-76"""
    client.poll(DEVICE, "State", 0, "command")
    trigger(client, "State")
    client.device(DEVICE).set_state(DevState.FAULT)
    assert client.command(DEVICE, "State", source=CACHE) is DevState.ON
    assert client.read(DEVICE, "state", CACHE).value is DevState.ON
    assert client.call(op.GetState(DEVICE)) is DevState.FAULT


def test_data_too_old(make_server: MakeServer, connect: Connect, store: Store) -> None:
    """POLL-73: period 20 ms, factor 2"""
    store.put_device_property(DEVICE, {"poll_old_factor": ["2"]})
    client = connect(make_server(store=store))
    client.poll(DEVICE, "Lng", 20)
    client.poll(DEVICE, "Tick", 20, "command")
    served = client.server.registry.find(DEVICE)
    until(lambda: all(each.latest for each in served.polled))
    assert client.read(DEVICE, "Lng", CACHE).errors == ()
    client.admin("StopPolling")
    until(lambda: all(each.too_old(time.time(), 2) for each in served.polled))
    error = client.read(DEVICE, "Lng", CACHE).errors[0]
    assert (error.reason, error.desc) == (
        "API_NotUpdatedAnyMore",
        "Data in cache for attribute Lng not updated any more",
    )
    assert failure_of(client, op.CommandInout(DEVICE, "Tick", VOID, CACHE))[0] == "API_NotUpdatedAnyMore"
    assert client.read(DEVICE, "Lng", CACHE_DEV).errors == ()


def test_the_cache_answers_while_the_device_is_busy(client: Client) -> None:
    """POLL-75"""
    client.poll(DEVICE, "Lng", 0)
    trigger(client, "Lng")
    probe = client.device(DEVICE)
    thread = threading.Thread(target=lambda: client.command(DEVICE, "Wait"))
    thread.start()
    assert probe.busy.wait(5)
    assert client.read(DEVICE, "Lng", CACHE_DEV).value == 0
    probe.gate.set()
    thread.join(5)


def test_attribute_history(client: Client) -> None:
    """POLL-77: oldest first, failures included, no more than there is."""
    client.poll(DEVICE, "Val", 0)
    served = client.server.registry.find(DEVICE)
    for number in range(12):
        served.kernel.device._v = float(number)
        served.kernel.device._fail = number == 5
        trigger(client, "Val")
    history = client.call(op.ReadAttributeHistory(DEVICE, "VAL", 1000))
    assert [value.value for value in history] == [2.0, 3.0, 4.0, None, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0]
    assert history[3].errors[0].reason == "Probe_Fail"
    assert [value.value for value in client.call(op.ReadAttributeHistory(DEVICE, "val", 2))] == [10.0, 11.0]
    assert client.call(op.ReadAttributeHistory(DEVICE, "val", 0)) == []


def test_command_history(client: Client) -> None:
    """POLL-77"""
    client.poll(DEVICE, "Tick", 0, "command")
    client.poll(DEVICE, "State", 0, "command")
    for _ in range(3):
        trigger(client, "Tick", command=True)
    trigger(client, "State")
    records = client.call(op.CommandInoutHistory(DEVICE, "Tick", 2))
    assert [record.result.value for record in records] == [2, 3]
    assert client.call(op.CommandInoutHistory(DEVICE, "State", 5))[0].result.value is DevState.ON


@pytest.mark.parametrize(
    ("request_", "reason", "desc"),
    [
        (op.ReadAttributeHistory(DEVICE, "Lng", 3), "API_AttrNotPolled", "Attribute lng not polled"),
        (op.CommandInoutHistory(DEVICE, "Nop", 3), "API_CmdNotPolled", "Command nop not polled"),
        (op.ReadAttributeHistory(DEVICE, "Val", 3), "API_NoDataYet", "No data available in cache for attribute val"),
        (op.CommandInoutHistory(DEVICE, "Nada", 3), "API_CommandNotFound", "Command nada not found"),
        (op.CommandInoutHistory(DEVICE, "State", 3), "API_NoDataYet", "No data available in cache for command state"),
        (op.CommandInoutHistory(DEVICE, "Exec", 3), "API_IncompatibleCmdArgumentType",
         "Command exec cannot be polled because it needs input value"),
    ],
)  # fmt: skip
def test_refused_histories(client: Client, request_: op.Request, reason: str, desc: str) -> None:
    """POLL-77, CMD-14"""
    client.poll(DEVICE, "Val", 0)
    client.poll(DEVICE, "State", 0)
    assert failure_of(client, request_) == (reason, desc)


def test_a_history_of_a_negative_number(client: Client) -> None:
    """POLL-77"""
    client.poll(DEVICE, "Val", 0)
    trigger(client, "Val")
    assert failure_of(client, op.ReadAttributeHistory(DEVICE, "Val", -1))[0] == "API_MethodArgument"


def test_trigger_and_fill(client: Client) -> None:
    """POLL-16, POLL-17: the captured refusals."""
    served = client.server.registry.find(DEVICE)
    polling = client.server.polling

    def refused(action: object) -> tuple[str, str]:
        with pytest.raises(DevFailed) as failure:
            action()  # type: ignore[operator]
        return failure.value.reason, failure.value.desc

    assert refused(lambda: polling.trigger(served, "Lng", command=False))[0] == "API_DeviceNotPolled"
    client.poll(DEVICE, "Val", 1000)
    not_found = ("API_PollObjNotFound", "lng not found in list of polled object")
    assert refused(lambda: polling.trigger(served, "Lng", command=False)) == not_found
    assert refused(lambda: polling.trigger(served, "Val", command=False)) == (
        "API_NotSupported",
        f"Polling for attribute Val (device {DEVICE})  is not externally triggered.",
    )
    value = client.read(DEVICE, "Val")
    many = [value] * 11
    assert refused(lambda: polling.fill(served, "Val", many, command=False)) == (
        "API_DeviceNotPolled",
        f"The polling buffer depth for attribute Val for device {DEVICE} is only 10 which is less than 11!",
    )
    polling.fill(served, "Val", many[:2], command=False)
    assert "externally filled in" in client.admin("DevPollStatus", DEVICE)[0]
