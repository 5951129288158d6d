"""Connections that break: what is repeated, what is not, and how the client goes on (CLI-3)."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server_core.database.store import DeviceExport, Store
from server_core.model.config import CommandInfo
from server_core.model.enums import DevState
from server_core.model.errors import DevFailed
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue
from server_core.protocol.operations import CommandInout, CommandQuery, GetState, ReadAttributes
from server_core.transport.blocking import Connection
from server_core.transport.contract import DEFERRED
from server_core.transport.errors import CannotConnect
from server_core.transport.reach import attempts
from server_core.transport.server import TransportServer
from tangoterm.client import CommunicationFailed, DeviceData, DeviceProxy
from tangoterm.client import DevFailed as PublicDevFailed
from tangoterm.client.links import identity


class Fragile:
    """Answers, or with `breaks` closes all connections in the middle of a request."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.arguments: list[Any] = []
        self.silent = False
        self.breaks = 0
        self.elsewhere = False
        self._start(0)

    def _start(self, port: int) -> None:
        self.server = TransportServer(self)
        self.port = self.server.listen_tcp("127.0.0.1", port)[1]
        self.server.start()

    def restart(self) -> None:
        """Close all connections and listen again at the same port."""
        self.server.stop(0.0)
        self._start(self.port)

    def handle(self, request: Any, peer: Any, respond: Any, form: Any = None) -> object:
        self.seen[type(request).__name__] += 1
        if self.silent:
            return DEFERRED
        if self.elsewhere:
            raise DevFailed.of("API_DeviceNotFound", f"Device {request.device} not found")
        if self.breaks and not isinstance(request, CommandQuery):
            self.breaks -= 1
            for channel in self.server._channels:
                self.server.later(channel.close)
            return DEFERRED
        match request:
            case CommandQuery():
                return CommandInfo(request.command, CmdArgType.DevVoid, CmdArgType.DevVoid)
            case CommandInout():
                self.arguments.append(request.argin.value)
                return request.argin
            case GetState():
                return DevState.ON
            case ReadAttributes():
                return [AttributeValue(name, value=None) for name in request.names]
        return None

    def stop_listening(self) -> None:
        """Accept no more connections; those there are stay open."""
        done = threading.Event()

        def close() -> None:
            for listener in list(self.server._listeners):
                self.server._accepting(listener, False)
                listener.close()
                del self.server._listeners[listener]
            done.set()

        self.server.later(close)
        assert done.wait(10)

    def disconnected(self, peer: Any) -> None:
        pass

    def object(self, key: bytes) -> str | None:
        return None


def reasons_of(call: Callable[[], object]) -> list[str]:
    with pytest.raises(PublicDevFailed) as caught:
        call()
    return [error.reason for error in caught.value.errors]


@pytest.fixture
def fragile() -> Iterator[Fragile]:
    site = Fragile()
    yield site
    site.server.stop(0.0)


@pytest.fixture
def proxy(fragile: Fragile) -> DeviceProxy:
    return DeviceProxy(f"tango://127.0.0.1:{fragile.port}/a/b/c#dbase=no")


def test_calls_of_one_thread_arrive_in_their_order(fragile: Fragile, proxy: DeviceProxy) -> None:
    """CLI-9: asynchronous ones too, which do not wait for one another."""
    numbers = []
    for argument in range(100):
        data = DeviceData()
        data.insert(CmdArgType.DevLong, argument)
        numbers.append(proxy.command_inout_asynch("Go", data))
    assert [proxy.command_inout_reply(number, 0) for number in numbers] == list(range(100))
    proxy.command_inout("Go")
    assert fragile.arguments == [*range(100), None]


def test_a_time_out_is_told_from_a_dead_server(fragile: Fragile, proxy: DeviceProxy) -> None:
    """CLI-3: when nobody listens any more, what does not answer in time counts as broken."""
    proxy.command_inout("Go")
    proxy.set_timeout_millis(50)
    fragile.silent = True
    assert reasons_of(proxy.state) == ["API_CorbaException", "API_DeviceTimedOut"]
    assert reasons_of(lambda: proxy.command_inout("Go")) == ["API_CorbaException", "API_DeviceTimedOut"]
    fragile.stop_listening()
    assert reasons_of(lambda: proxy.command_inout("Go")) == ["API_CorbaException", "API_CommunicationFailed"]
    assert reasons_of(proxy.state) == ["API_CorbaException", "API_CantConnectToDevice"]


def test_a_read_is_asked_again_where_the_device_is_now(fragile: Fragile, store: Store) -> None:
    """CLI-3: the server died without a word, and the device came back elsewhere."""
    other = Fragile()
    export = DeviceExport("lab/bench/1", f"tcp://127.0.0.1:{fragile.port}", "localhost", 1, "6")
    try:
        store.export_devices([export])
        device = DeviceProxy("lab/bench/1")
        device.ping()
        device.set_timeout_millis(400)
        fragile.silent = True
        fragile.stop_listening()
        store.export_devices([export._replace(ior=f"tcp://127.0.0.1:{other.port}")])
        device.command_query("Go")
        device.set_timeout_millis(3000)
        assert device.state() is DevState.ON
        assert (fragile.seen["GetState"], other.seen["GetState"], other.seen["CommandQuery"]) == (0, 1, 1)
    finally:
        other.server.stop(0.0)


def test_a_read_is_repeated_when_the_connection_breaks_during_it(fragile: Fragile, proxy: DeviceProxy) -> None:
    fragile.breaks = 1
    assert proxy.state() is DevState.ON
    assert fragile.seen["GetState"] == 2


def test_a_command_is_not_executed_twice(fragile: Fragile, proxy: DeviceProxy) -> None:
    proxy.command_query("Go")
    fragile.breaks = 1
    with pytest.raises(CommunicationFailed) as caught:
        proxy.command_inout("Go")
    assert [error.reason for error in caught.value.errors] == ["API_CorbaException", "API_CommunicationFailed"]
    assert fragile.seen["CommandInout"] == 1
    proxy.command_inout("Go")


def test_a_command_is_sent_again_when_it_was_surely_not_delivered(fragile: Fragile, proxy: DeviceProxy) -> None:
    proxy.command_inout("Go")
    fragile.restart()
    time.sleep(0.1)  # a connection that was in use this moment is not looked at before it is used again
    proxy.command_inout("Go")
    assert fragile.seen["CommandInout"] == 2


def test_without_transparency_a_broken_call_fails(fragile: Fragile, proxy: DeviceProxy) -> None:
    """CLI-3: also when the connection broke between two calls; the next call reconnects."""
    proxy.set_transparency_reconnection(False)
    fragile.breaks = 1
    with pytest.raises(CommunicationFailed):
        proxy.state()
    assert fragile.seen["GetState"] == 1
    assert proxy.state() is DevState.ON
    fragile.restart()
    time.sleep(0.1)  # a connection that was in use this moment is not looked at before it is used again
    assert reasons_of(proxy.state) == ["API_CorbaException", "API_CommunicationFailed"]
    assert proxy.state() is DevState.ON


def test_a_server_without_the_device_counts_as_not_reachable(fragile: Fragile, proxy: DeviceProxy) -> None:
    """NAME-6: `host:port` of a name without database is the server's own."""
    proxy.ping()
    fragile.elsewhere = True
    with pytest.raises(PublicDevFailed) as caught:
        proxy.ping()
    assert [error.reason for error in caught.value.errors] == ["API_CorbaException", "API_DeviceNotDefined"]
    assert fragile.seen["Ping"] == 3


def test_proxies_of_one_server_share_a_connection(fragile: Fragile, proxy: DeviceProxy) -> None:
    other = DeviceProxy(f"tango://127.0.0.1:{fragile.port}/d/e/f#dbase=no")
    proxy.ping()
    other.ping()
    assert len(fragile.server.peers()) == 1


def test_threads_share_a_proxy(device: DeviceProxy) -> None:
    device.command_inout("Add", 0)
    results: list[int] = []

    def work() -> None:
        for _ in range(50):
            results.append(device.command_inout("Add", 1))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(results)) == 300


def test_a_client_goes_on_after_its_server_was_killed_and_started_again(spawn: Any, until: Any) -> None:
    """kill -9 while the client is calling"""
    server = spawn()
    device = DeviceProxy("lab/bench/1")
    outcomes: list[Any] = []
    stop = threading.Event()

    def call() -> None:
        while not stop.wait(0.005):
            try:
                outcomes.append(device.command_inout("Add", 1))
            except DevFailed as failure:
                outcomes.append(failure)

    caller = threading.Thread(target=call)
    caller.start()
    try:
        until(lambda: len(outcomes) > 10)
        server.kill()
        until(lambda: isinstance(outcomes[-1], DevFailed))
        spawn()
        until(lambda: isinstance(outcomes[-1], int))
    finally:
        stop.set()
        caller.join()
    failures = [outcome for outcome in outcomes if isinstance(outcome, DevFailed)]
    assert {failure.reason for failure in failures} <= {"API_CorbaException", "API_CantConnectToDevice"}


def test_a_forked_process_makes_connections_of_its_own(server: Any) -> None:
    script = """
import os
from tangoterm.client import DeviceProxy
device = DeviceProxy("lab/bench/1")
first = device.Add(1)
child = os.fork()
if child == 0:
    os._exit(0 if device.Add(1) > first else 1)
assert os.waitpid(child, 0)[1] == 0
assert device.Add(1) > first + 1
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=20)


def test_a_silent_server_takes_no_longer_than_the_timeout_however_many_endpoints_it_has() -> None:
    """CLI-2."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = [listener.getsockname()[1] for listener in (one, other)]
        endpoints = ",".join(f"tcp://127.0.0.1:{port}" for port in ports)
        tried = []
        for endpoint, left in attempts(endpoints, "localhost", 0.05):
            tried.append(endpoint.port)
            with pytest.raises(CannotConnect, match="no greeting"):
                Connection.open(endpoint, ident=identity(), timeout=left)
    assert tried == ports[:1]


def test_no_timeout_is_no_limit(fragile: Fragile, proxy: DeviceProxy) -> None:
    """CMD-15: 0 and negative time-outs are accepted."""
    for timeout in (0, -1, 2**31):
        proxy.set_timeout_millis(timeout)
        assert proxy.get_timeout_millis() == timeout
        assert proxy.state() is DevState.ON


def test_a_command_about_the_device_itself_is_no_sign_of_a_move(server: Any) -> None:
    """LIFE-32: the admin device cannot restart itself, and stays where it is."""
    admin = DeviceProxy("dserver/bench/test")
    for name in ("dserver/bench/test", "DSERVER/Bench/test", "tango://localhost:10000/dserver/bench/test"):
        with pytest.raises(DevFailed) as failure:
            admin.command_inout("DevRestart", name)
        assert [error.reason for error in failure.value.errors] == ["API_DeviceNotFound", "API_CommandFailed"]
    assert admin.state() is DevState.ON
