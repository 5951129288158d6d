"""A PyTango client of our server: slow, asynchronous, parallel and repeated calls, caches, locks, restarts."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from server_core.devices.tango_test import TangoTest
from server_core.server.process import DeviceServer
from server_core.transport.endpoint import parse_endpoints
from tests.interop.twins import Twins
from tests.peers.client import Failed, PyTangoClient
from tests.peers.fixtures import Peers
from tests.peers.process import Server


def test_asynchronous_calls(twins: Twins) -> None:
    """wire 9: the same bytes; answers are taken later, by polling and by callback."""
    twins.same(
        """
        slow = d.command_inout_asynch("Sleep", 0.1)
        try:
            early = d.command_inout_reply(slow)
        except tango.AsynReplyNotArrived as failure:
            early = failure.args[0].reason
        late = d.command_inout_reply(slow, 3000)
        write = d.write_attribute_asynch("double_scalar", 2.25)
        d.write_attribute_reply(write, 3000)
        read = d.read_attributes_asynch(["double_scalar", "failing"])
        early, late, [shown(value) for value in d.read_attributes_reply(read, 3000)]
        """
    )
    twins.same(
        """
        seen = []
        d.command_inout_asynch("DevDouble", 1.5, lambda event: seen.append((event.err, event.argout)))
        wait_for(lambda: (d.get_asynch_replies(100), seen)[1])
        d.command_inout_asynch("Fail", lambda event: seen.append((event.err, event.errors[0].reason)))
        wait_for(lambda: (d.get_asynch_replies(100), len(seen) == 2)[1])
        seen
        """
    )


def test_a_call_that_takes_too_long(twins: Twins) -> None:
    """wire 2.9: the client closes the connection and the next call is answered, whatever became of the slow one."""
    for _ in range(2):
        _, reasons = twins.same("d = tango.DeviceProxy(full); d.set_timeout_millis(150); d.Sleep(0.4)")
        assert reasons[-1] == ["API_DeviceTimedOut", "ERR"]
    assert twins.ours("d.DevDouble(1)") == 1


def test_many_threads_of_one_client(twins: Twins) -> None:
    """wire 2.8: a connection for each call under way."""
    found = twins.ours(
        """
        results = []
        def work(number):
            p = tango.DeviceProxy(full)
            for turn in range(20):
                results.append(p.DevLong(number * 100 + turn) == number * 100 + turn and p.double_scalar == 2.25)
        threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        len(results), all(results)
        """
    )
    assert found == [400, True]


def test_a_slow_device_keeps_no_other_waiting(twins: Twins) -> None:
    started = time.monotonic()
    found = twins.ours(
        """
        other = tango.DeviceProxy(full.replace("alltypes/1", "alltypes/2"))
        slow = d.command_inout_asynch("Sleep", 1.0)
        quick = [other.DevLong(number) for number in range(50)], a.State()
        taken = time.monotonic()
        quick, d.command_inout_reply(slow, 3000)
        """
    )
    assert found == [[list(range(50)), "ON"], 1.0]
    assert time.monotonic() - started < 3


def test_readings_of_the_cache(twins: Twins) -> None:
    """wire 6.2: sources; a polled attribute and command, and what is not polled (POLL-75)."""
    twins.same(
        """
        c = tango.DeviceProxy(full)
        c.set_source(tango.DevSource.CACHE)
        wait_for(lambda: c.read_attribute("polled").value > 1 and c.Polled() > 0)
        counts = c.read_attribute("polled").value > 1, c.Polled() > 0
        c.set_source(tango.DevSource.CACHE_DEV)
        counts, c.double_scalar, c.DevLong(3), c.read_attribute("polled").value > 1
        """
    )


def test_histories(twins: Twins) -> None:
    """wire 7.4: values, times and dimensions of polled attributes and commands, oldest first."""
    found = twins.same(
        """
        wait_for(lambda: len(d.attribute_history("polled", 4)) == 4)
        history = d.attribute_history("polled", 4)
        steps = [later.value - earlier.value for earlier, later in zip(history, history[1:])]
        times = [record.time.totime() for record in history]
        results = [record.extract() for record in wait_for(lambda: d.command_history("Polled", 3))]
        sizes = [shown(record)[2:] for record in history]
        steps, times == sorted(times), sizes, len(results), results == sorted(results)
        """
    )
    assert found[0] == [1, 1, 1]
    assert found[1]


def test_history_of_failures_and_texts(twins: Twins) -> None:
    """wire 7.4: failed records between others, strings, spectra with set points, states."""
    twins.same(
        """
        names = ["failing", "string_spectrum", "double_image", "state_scalar", "encoded_scalar", "enum_scalar"]
        for name in names:
            d.poll_attribute(name, 60)
        d.poll_command("State", 60)
        found = {}
        for name in names:
            wait_for(lambda: len(d.attribute_history(name, 3)) == 3)
            found[name] = [shown(record) for record in d.attribute_history(name, 3)]
        found["command"] = [str(record.extract()) for record in d.command_history("State", 2)]
        for name in names:
            d.stop_poll_attribute(name)
        d.stop_poll_command("State")
        found
        """
    )


def test_our_server_comes_back_silently(own_peers: Peers, pytango_client: PyTangoClient) -> None:
    """wire 2.9: a server that ends says so; when it is back the next call of the same proxy finds it."""
    server = own_peers.our_server()
    pytango_client(f"p = tango.DeviceProxy({server.device('test/alltypes/1')!r}); p.double_scalar = 7")
    assert pytango_client("p.double_scalar") == 7
    server.restart()
    assert pytango_client("p.double_scalar") == 2.25
    server.kill()
    with pytest.raises(Failed) as failure:
        pytango_client("p.double_scalar")
    assert failure.value.reasons[:2] == ["API_CorbaException", "API_ServerNotRunning"]
    server.start()
    assert pytango_client("wait_for(lambda: p.DevLong(5))") == 5


def test_an_idle_connection_is_opened_again_silently(pytango_client: PyTangoClient) -> None:
    """wire 2.9: the client of a connection that the server closed for want of requests notices nothing."""
    devices = {"TangoTest": ["idle/tt/1"]}
    with DeviceServer((TangoTest,), "Idle", "a", store=None, devices=devices) as server:
        server._transport.limits = replace(server._transport.limits, idle_timeout=0.2)
        (endpoint, *_) = parse_endpoints(server.endpoints)
        pytango_client(f"i = tango.DeviceProxy('tango://{endpoint.host}:{endpoint.port}/idle/tt/1#dbase=no')")
        assert pytango_client("i.DevLong(1)") == 1
        while server._transport.peers():
            time.sleep(0.02)
        assert pytango_client("i.DevLong(2), i.double_scalar_w") == [2, 0.0]


def test_devices_are_made_anew(own_peers: Peers, pytango_client: PyTangoClient) -> None:
    """wire 10: DevRestart, Init and RestartServer; the same proxies go on."""
    server = own_peers.our_server()
    pytango_client(
        f"""
        p = tango.DeviceProxy({server.device("test/alltypes/1")!r})
        admin = tango.DeviceProxy(p.adm_name())
        p.double_scalar = 7
        """
    )
    pytango_client("admin.DevRestart('test/alltypes/1')")
    assert pytango_client("p.double_scalar") == 2.25
    pytango_client("p.double_scalar = 7; p.Init()")
    assert pytango_client("p.double_scalar") == 2.25
    pytango_client("p.double_scalar = 7; admin.RestartServer()")
    assert pytango_client("wait_for(lambda: p.double_scalar == 2.25)")
    assert pytango_client("admin.QueryDevice()") == ["AllTypes::test/alltypes/1", "AllTypes::test/alltypes/2"]
    pytango_client("admin.Kill()")
    assert _ended(server)


def _ended(server: Server) -> bool:
    deadline = time.monotonic() + 10
    while server.running and time.monotonic() < deadline:
        time.sleep(0.02)
    return not server.running
