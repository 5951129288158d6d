"""Our clients on servers of others: they receive what PyTango's client receives."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from tangoterm.client import AttrQuality, DevFailed, DeviceProxy, EventType, close_connections
from tangoterm.client.aio import DeviceProxy as AsyncDeviceProxy
from tangoterm.client.aio import close_connections as close_async_connections
from tangoterm.client.threads import thread_runner
from tests.conftest import Program
from tests.interop.watching import EVERY_KIND, PUSHES, WATCH, in_order, ours
from tests.peers.client import Failed, PyTangoClient
from tests.peers.evaluate import listened_to, plain
from tests.peers.fixtures import Database, Peers
from tests.peers.process import Server
from tests.waiting import until

FIRST, LATER = 11, 19
"""Events that a client gets of its own reading when it subscribes to every kind, and that `PUSHES` brings."""


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    close_connections()


def theirs(client: PyTangoClient, device: str) -> None:
    """Have PyTango's client subscribe to everything."""
    client(WATCH)
    client.proxy(device)
    client(f"d.Init(); seen = []; ids = watching(d, seen, *{EVERY_KIND!r}); listened_to(d)")


def their_list(client: PyTangoClient, number: int) -> Any:
    """What it was told since."""
    client(f"wait_for(lambda: len(seen) >= {number})")
    client("for number in ids: d.unsubscribe_event(number)\nd.Init()")
    return in_order(client("seen"))


def dressed(seen: list[Any]) -> Any:
    """What our client was told, as it would come from another process."""
    return in_order(json.loads(json.dumps(plain(seen))))


def perform(client: PyTangoClient) -> None:
    client("import textwrap")
    client(f"exec(textwrap.dedent({PUSHES!r}))")


def test_every_kind_of_event(pytango_client: PyTangoClient, pytango_all_types: Server) -> None:
    """EVT-1, EVT-13, EVT-21, EVT-50, wire 11: on the same device, in the same order as PyTango's client."""
    name = pytango_all_types.device("test/alltypes/2")
    theirs(pytango_client, name)
    seen: list[Any] = []
    device = DeviceProxy(name)
    ids = ours().watching(device, seen, *EVERY_KIND)
    assert len(seen) == FIRST
    listened_to(device, EventType)
    perform(pytango_client)
    expected = their_list(pytango_client, FIRST + LATER)
    until(lambda: len(seen) >= len(expected))
    assert dressed(seen) == expected
    for number in ids:
        device.unsubscribe_event(number)
    pytango_client("d.Push(['change', 'double_scalar', '1.5'])")
    time.sleep(0.1)
    assert len(seen) == len(expected)


async def test_every_kind_of_event_in_a_loop(pytango_client: PyTangoClient, pytango_all_types: Server) -> None:
    """The same for the asyncio client, whose callbacks run in the loop."""
    name = pytango_all_types.device("test/alltypes/1")
    await asyncio.to_thread(theirs, pytango_client, name)
    device = await AsyncDeviceProxy(name)
    seen: list[Any] = []
    threads: set[int] = set()
    functions = ours()

    def note(event: Any) -> None:
        threads.add(threading.get_ident())
        seen.append([event.event, functions.name_of(event), functions.told(event)])

    kinds = [(getattr(EventType, kind), *name) for kind, *name in EVERY_KIND]
    ids = await asyncio.gather(*[device.subscribe_event(*name, kind, note) for kind, *name in kinds])
    assert len(seen) == FIRST
    come: list[Any] = []
    number = await device.subscribe_event("encoded_scalar", EventType.DATA_READY_EVENT, come.append)
    while not come:
        await device.PushDataReady([[0], ["encoded_scalar"]])
    await device.unsubscribe_event(number)
    await asyncio.to_thread(perform, pytango_client)
    expected = await asyncio.to_thread(their_list, pytango_client, FIRST + LATER)
    for _ in range(500):
        await asyncio.sleep(0.01)
        if len(seen) >= len(expected):
            break
    for number in ids:
        await device.unsubscribe_event(number)
    await close_async_connections()
    assert dressed(seen) == expected
    assert threads == {threading.get_ident()}


def test_tango_test_in_cpp(real_database: Database, tango_test_in_database: Server) -> None:
    """EVT-31, EVT-34: cppTango 9.3.4 polls, we are told; the end of polling is an error event (EVT-38)."""
    device = DeviceProxy(real_database.device("sys/tg_test/1"))
    device.poll_attribute("double_scalar", 50)
    config = device.get_attribute_config("double_scalar")
    config.events.per_event.period = "100"
    config.events.ch_event.abs_change = "0.001"
    config.events.arch_event.archive_abs_change = "0.001"
    seen: list[Any] = []
    ids = ours().watching(device, seen, ("ATTR_CONF_EVENT", "double_scalar"), ("INTERFACE_CHANGE_EVENT",))
    device.set_attribute_config(config)
    kinds = ("CHANGE_EVENT", "PERIODIC_EVENT", "ARCHIVE_EVENT")
    ids += ours().watching(device, seen, *[(kind, "double_scalar") for kind in kinds])

    def values(kind: str) -> list[Any]:
        return [told[1] for each, _, told in seen if each == kind and len(told) > 1]  # no errors

    until(lambda: len(set(values("change"))) > 1 and len(set(values("archive"))) > 1 and len(values("periodic")) > 5)
    assert [told[0] for kind, _, told in seen if kind == "attr_conf"] == ["double_scalar"] * 2
    assert [told[0] for kind, _, told in seen if kind == "intr_change"] == [True]
    device.stop_poll_attribute("double_scalar")
    until(lambda: sum("API_PollObjNotFound" in told for _, _, told in seen) == 3)
    for number in ids:
        device.unsubscribe_event(number)


def test_quality_time_and_queue(pytango_all_types: Server) -> None:
    """What an event says beside the value; a queue keeps events until they are fetched."""
    device = DeviceProxy(pytango_all_types.device("test/alltypes/1"))
    number = device.subscribe_event("float_scalar", EventType.CHANGE_EVENT, 10)
    listened_to(device, EventType)
    device.Push(["change", "float_scalar", "0.5"])
    device.PushWith(["change", "float_scalar", "1.5", "1700000000.25", "ATTR_ALARM"])
    until(lambda: device.event_queue_size(number) == 3)
    value = device.get_events(number)[-1].attr_value
    assert (value.value, value.quality, value.time.totime()) == (1.5, AttrQuality.ATTR_ALARM, 1700000000.25)
    device.Init()


def test_lost_events_are_told(pytango_all_types: Server) -> None:
    """EVT-22: the counter of the topic jumps. Here nothing is taken in for a while."""
    device = DeviceProxy(pytango_all_types.device("test/alltypes/2"))
    seen: list[Any] = []
    number = device.subscribe_event(
        "ulong_scalar",
        EventType.CHANGE_EVENT,
        lambda event: seen.append(event.errors[0].reason if event.err else event.attr_value.value),
    )
    first = seen[0]
    consumer = thread_runner()._consumer
    assert consumer is not None
    (channel,) = consumer._channels.values()
    (topic,) = channel.feeds
    device.Push(["change", "ulong_scalar", "1"])
    until(lambda: seen == [first, 1])
    for change, value in ((channel.socket.unsubscribe, 2), (channel.socket.subscribe, 3)):
        consumer._do(partial(change, topic))
        time.sleep(0.1)
        device.Push(["change", "ulong_scalar", str(value)])
    until(lambda: seen[-1] == 3)
    assert seen == [first, 1, "API_MissedEvents", 3]
    device.unsubscribe_event(number)
    device.Init()


def test_a_server_that_is_not_there_yet(own_peers: Peers) -> None:
    """EVT-55: a stateless subscription tells that there is no server, and begins when there is one; and every process
    has subscriptions of its own."""
    server = own_peers.pytango_server()
    server.kill()
    device = DeviceProxy(server.device("test/alltypes/1"))
    seen: list[Any] = []

    def note(event: Any) -> None:
        seen.append(event.errors[-1].reason if event.err else event.attr_value.value)

    with pytest.raises(DevFailed) as failure:
        device.subscribe_event("double_scalar", EventType.CHANGE_EVENT, note)
    assert failure.value.errors[-1].reason == "API_CantConnectToDevice"
    device.subscribe_event("double_scalar", EventType.CHANGE_EVENT, note, stateless=True)
    assert seen == ["API_CantConnectToDevice"]
    server.start()
    until(lambda: seen[-1] == 2.25)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            again: list[Any] = []
            inherited = DeviceProxy(server.device("test/alltypes/1"))
            inherited.subscribe_event("double_scalar", EventType.CHANGE_EVENT, again.append)
            inherited.Push(["change", "double_scalar", "3.5"])
            until(lambda: len(again) == 2)
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0
    until(lambda: seen[-1] == 3.5)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("CHANGE_EVENT", "failing"),
        ("PERIODIC_EVENT", "failing"),
        ("DATA_READY_EVENT", "failing"),
        ("USER_EVENT", "nope"),
    ],
)
def test_refused_subscriptions(pytango_client: PyTangoClient, pytango_all_types: Server, kind: str, name: str) -> None:
    """EVT-2: the errors of the server, with those of the client library on top."""
    device = pytango_all_types.device("test/alltypes/1")
    pytango_client.proxy(device)
    with pytest.raises(Failed) as expected:
        pytango_client(f"d.subscribe_event({name!r}, tango.EventType.{kind}, lambda event: None)")
    with pytest.raises(DevFailed) as failure:
        DeviceProxy(device).subscribe_event(name, getattr(EventType, kind), lambda event: None)
    assert [error.reason for error in failure.value.errors] == expected.value.reasons


def test_a_burst_of_events(pytango_all_types: Server) -> None:
    """EVT-60: fewer than may wait, as fast as a PyTango server can push them, none lost."""
    device = DeviceProxy(pytango_all_types.device("test/alltypes/2"))
    device.set_timeout_millis(20000)
    values: list[Any] = []
    number = device.subscribe_event(
        "double_scalar",
        EventType.CHANGE_EVENT,
        lambda event: values.append(event.errors[0].reason if event.err else event.attr_value.value),
    )
    listened_to(device, EventType)
    for burst in range(1, 11):
        device.PushMany(500)
        until(lambda burst=burst: len(values) > 500 * burst)  # type: ignore[misc]
    assert values[1:] == 10 * [float(number) for number in range(500)]
    device.unsubscribe_event(number)


def test_monitor_shows_events_of_a_pytango_server(
    tangoterm: Callable[..., Program], pytango_all_types: Server, pytango_client: PyTangoClient
) -> None:
    """The command line, as a user would."""
    device = pytango_all_types.device("test/alltypes/1")
    program = tangoterm("monitor", device.replace("/1#", "/1/double_spectrum#"), "--count", "3")
    pytango_client.proxy(device)
    until = time.monotonic() + 20
    while program.process.poll() is None and time.monotonic() < until:
        pytango_client("d.Push(['change', 'double_spectrum', '[3.5]'])")
        time.sleep(0.1)
    code, output, errors = program.finish()
    pytango_client("d.Init()")
    assert (code, errors) == (0, "")
    assert output.count("double_spectrum") == 3
    assert "3.5" in output.splitlines()[-1]
