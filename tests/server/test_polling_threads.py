"""Polling as it runs: threads, blackbox lines, failures, what devices ask of their server."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from server_core.database.store import Store
from server_core.device.declaration import attribute
from server_core.device.device import Device
from server_core.model.enums import DevSource, DevState, EventType
from server_core.model.errors import DevFailed
from server_core.model.values import VOID
from server_core.protocol import operations as op
from server_core.server.process import DeviceServer
from server_core.transport.timer import Timer
from tests.waiting import until

if TYPE_CHECKING:
    from tests.server.conftest import Client, Connect, MakeServer

DEVICE = "adm/probe2/1"


def ring(client: Client, name: str, *, command: bool = False) -> Any:
    return client.server.registry.find(DEVICE).need_polled(name, command=command)


def test_a_new_object_is_polled_at_once_and_then_on_time(client: Client) -> None:
    """POLL-11, POLL-12, BBX-14"""
    client.poll(DEVICE, "Lng", 50)
    client.poll(DEVICE, "Str", 50)
    client.poll(DEVICE, "Tick", 60, "command")
    until(lambda: len(ring(client, "Str").history(10)) >= 4)
    spacing = ring(client, "Lng").deltas()
    assert all(20 <= delta <= 80 for delta in spacing), spacing
    lines = {line.partition(" : ")[2] for line in client.call(op.BlackBox(DEVICE, 50))}
    assert "Operation read_attributes_5 (lng, str) from device requested from polling" in lines
    assert "Operation command_inout (cmd = tick) from device requested from polling" in lines
    assert client.command(DEVICE, "Tick", source=DevSource.CACHE) >= 1


def test_stopped_polling_does_nothing_and_goes_on_later(client: Client) -> None:
    """POLL-18, POLL-33"""
    client.admin("StopPolling")
    client.poll(DEVICE, "Lng", 10)
    time.sleep(0.05)
    assert ring(client, "Lng").latest is None
    client.admin("StartPolling")
    until(lambda: ring(client, "Lng").latest is not None)


def test_polling_goes_on_when_it_would_have_without_the_pause(client: Client) -> None:
    """POLL-33: the deadlines are not moved"""
    client.poll(DEVICE, "Lng", 200)
    until(lambda: ring(client, "Lng").latest)
    client.admin("StopPolling")
    [first] = ring(client, "Lng").history(9)
    time.sleep(0.3)
    client.admin("StartPolling")
    until(lambda: len(ring(client, "Lng").history(9)) >= 4)
    shifts = [(entry.start - first.start) % 0.2 for entry in ring(client, "Lng").history(9)[1:]]
    assert any(min(shift, 0.2 - shift) < 0.05 for shift in shifts), shifts


def test_a_try_that_fails_is_kept_and_polling_goes_on(client: Client) -> None:
    """POLL-7"""
    client.execute(DEVICE, "setattr(self, '_fail', True)")
    client.poll(DEVICE, "Val", 20)
    client.poll(DEVICE, "Fail", 20, "command")
    until(lambda: len(ring(client, "Val").history(9)) > 2 and len(ring(client, "Fail", command=True).history(9)) > 2)
    assert all(entry.outcome.errors[0].reason == "Probe_Fail" for entry in ring(client, "Val").history(9))
    assert ring(client, "Fail", command=True).latest.outcome.errors[0].reason == "Probe_CmdFail"


def test_events_come_from_the_polling_thread(client: Client) -> None:
    """EVT-30, EVT-31"""
    client.poll(DEVICE, "State", 10)
    client.subscribe(DEVICE, "State", EventType.CHANGE_EVENT)
    assert client.sink.wait_for(1)[0].payload.value is DevState.ON  # type: ignore[union-attr]
    client.device(DEVICE).set_state(DevState.MOVING)
    (event,) = client.sink.wait_for(1)
    assert (event.payload.value, event.counter) == (DevState.MOVING, 2)  # type: ignore[union-attr]


def test_a_device_polls_its_own_attributes(client: Client) -> None:
    """The author's calls take the way of the admin commands."""
    probe = client.device(DEVICE)
    probe.poll_attribute("Lng", 100)
    probe.poll_command("Tick", 200)
    assert (probe.get_attribute_poll_period("lng"), probe.get_command_poll_period("tick")) == (100, 200)
    probe.poll_attribute("Lng", 300)
    assert probe.get_attribute_poll_period("Lng") == 300
    probe.stop_poll_attribute("Lng")
    assert (probe.is_attribute_polled("Lng"), probe.is_command_polled("Tick")) == (False, True)
    with pytest.raises(DevFailed, match="below the min"):
        probe.poll_attribute("Lng", 3)


def test_a_device_calls_another_of_its_server(client: Client) -> None:
    """BBX-13: a call inside the process"""
    host = client.device(DEVICE).host
    assert host.call_device("adm/probe/1", op.GetState) is DevState.ON
    line = client.call(op.BlackBox("adm/probe/1", 1))[0]
    assert line.endswith("Attribute state requested from a collocated client")
    value = host.call_device(DEVICE, lambda name: op.CommandInout(name, "Tick", VOID), DevSource.DEV)
    assert value.value == 1
    with pytest.raises(DevFailed):
        host.call_device("no/such/device", op.GetState)


def test_a_device_calls_one_of_another_server(client: Client, store: Store, tmp_path: Path) -> None:
    store.add_server("Other/1", [("dserver/Other/1", "DServer"), ("o/t/1", "Awaiting")])
    with DeviceServer((Awaiting,), "Other", "1", store=store, unix_path=str(tmp_path / "other.sock")):
        host = client.device(DEVICE).host
        assert host.call_device("o/t/1", lambda name: op.ReadAttributes(name, ("Slow",)))[0].value == 2.5
    with pytest.raises(DevFailed) as failure:
        host.call_device("o/t/1", op.GetState)
    assert failure.value.reason == "API_DeviceNotExported"


class Awaiting(Device):
    """An asynchronous device."""

    @attribute(dtype=float)
    async def Slow(self) -> float:
        await asyncio.sleep(0.01)
        return 2.5


def test_async_methods_run_on_one_loop(make_server: MakeServer, connect: Connect) -> None:
    server = make_server((Awaiting,), devices={"Awaiting": ["as/y/1", "as/y/2"]})
    client = connect(server)
    found: list[float] = []
    threads = [
        threading.Thread(target=lambda name=name: found.append(client.read(name, "Slow").value))  # type: ignore[misc]
        for name in ("as/y/1", "as/y/2")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert found == [2.5, 2.5]


def test_planned_actions_run_in_their_order_unless_cancelled() -> None:
    timer = Timer("test")
    done: list[int] = []
    ended = threading.Event()
    timer.after(0.3, ended.set)
    timer.after(0.2, lambda: done.append(2))
    timer.after(0.1, lambda: done.append(1))
    timer.after(0.15, lambda: done.append(9)).cancel()
    assert ended.wait(5)
    assert done == [1, 2]
    timer.stop()
