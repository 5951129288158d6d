"""The asyncio twin: the same methods, awaited."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from typing import Any

import pytest

import tangoterm.client as client
from tangoterm.client import DevFailed, EventType, aio


@pytest.fixture
async def proxy(server: Any) -> AsyncIterator[aio.DeviceProxy]:
    yield await aio.DeviceProxy("lab/bench/1")
    await aio.close_connections()


async def test_calls_are_awaited(proxy: aio.DeviceProxy) -> None:
    assert (await proxy.read_attribute("level")).value == 1.5
    await proxy.write_attribute("level", 3)
    assert await proxy.level == 3.0
    assert await proxy.Add(1) >= 1
    assert (await proxy.mode).name == "slow"
    assert await proxy.adm_name() == "dserver/bench/test"
    assert await proxy.is_attribute_polled("count")
    assert await proxy.get_property("x") == {"x": []}
    with pytest.raises(DevFailed) as caught:
        await proxy.nothing
    assert caught.value.reason == "API_AttrNotFound"


async def test_an_alias_is_looked_up_by_the_first_call(proxy: aio.DeviceProxy, store: Any) -> None:
    store.put_device_alias("lab/bench/1", "bench")
    assert (await aio.DeviceProxy("bench").read_attribute("level")).value == 1.5


async def test_an_unknown_device_is_refused(proxy: aio.DeviceProxy) -> None:
    with pytest.raises(DevFailed, match="Can't connect to device no/such/device"):
        await aio.DeviceProxy("no/such/device")


async def test_many_calls_are_under_way_at_once(proxy: aio.DeviceProxy) -> None:
    results = await asyncio.gather(*(proxy.command_inout("Add", 1) for _ in range(100)))
    assert len(set(results)) == 100


async def test_the_loop_goes_on_while_a_call_waits(proxy: aio.DeviceProxy) -> None:
    proxy.set_timeout_millis(60)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.005)
            ticks += 1

    ticking = asyncio.create_task(tick())
    with pytest.raises(DevFailed) as caught:
        await proxy.Sleep(0.2)
    ticking.cancel()
    assert [error.reason for error in caught.value.errors] == ["API_CorbaException", "API_DeviceTimedOut"]
    assert ticks >= 3


async def test_events_come_into_the_loop(proxy: aio.DeviceProxy) -> None:
    """EVT-50"""
    events: asyncio.Queue[Any] = asyncio.Queue()
    number = await proxy.subscribe_event("count", EventType.CHANGE_EVENT, events.put_nowait)
    values = [(await asyncio.wait_for(events.get(), 5)).attr_value.value for _ in range(4)]
    assert values == sorted(values)
    await proxy.unsubscribe_event(number)
    kept = await proxy.subscribe_event("level", EventType.ATTR_CONF_EVENT, 0)
    assert proxy.event_queue_size(kept) == 1
    (event,) = proxy.get_events(kept) or ()
    assert event.attr_conf.unit == "mm"


async def test_events_resume_after_the_server_was_killed(spawn: Any) -> None:
    """EVT-21"""
    server = await asyncio.to_thread(spawn)
    proxy = await aio.DeviceProxy("lab/bench/1")
    events: asyncio.Queue[Any] = asyncio.Queue()
    await proxy.subscribe_event("count", EventType.CHANGE_EVENT, events.put_nowait)
    server.kill()
    while not (await asyncio.wait_for(events.get(), 5)).err:
        pass
    await asyncio.to_thread(spawn)
    while (await asyncio.wait_for(events.get(), 10)).err:
        pass
    await aio.close_connections()


async def test_attribute_and_database(proxy: aio.DeviceProxy) -> None:
    attribute = await aio.AttributeProxy("lab/bench/1/level")
    await attribute.write(8)
    assert (await attribute.read()).value == 8.0
    assert "bench/test" in await aio.Database().get_server_list()


@pytest.mark.parametrize("name", ["DeviceProxy", "AttributeProxy", "Group", "Database"])
def test_the_twins_offer_the_same(name: str) -> None:
    ours, theirs = getattr(client, name), getattr(aio, name)
    only_ours = {method for method in set(dir(ours)) - set(dir(theirs)) if not method.startswith("_")}
    assert all(
        "asynch" in method or "_reply" in method or "dynamic_interface" in method for method in only_ours - {"address"}
    )
    for method in set(vars(theirs)) & set(vars(ours)):
        if not method.startswith("_") and callable(getattr(ours, method)):
            assert inspect.signature(getattr(ours, method)).parameters.keys() == (
                inspect.signature(getattr(theirs, method)).parameters.keys()
            )
