"""The Starter: it starts what is controlled level by level, watches, stops, and starts again what failed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core.database.locate import open_store
from server_core.database.store import DeviceExport, ServerInfo, Store
from server_core.devices.starter import Starter
from server_core.model.enums import DevState
from server_core.model.errors import DevFailed
from server_core.server.factory import host_name
from server_core.server.process import DeviceServer
from tangoterm.client import DeviceProxy

SERVERS = {"TangoTest/a": ("sys/tg_test/1", "TangoTest"), "PowerSupply/b": ("lab/ps/1", "PowerSupply")}
NAME = f"tango/admin/{host_name().partition('.')[0]}"
PATIENCE = 30.0


@pytest.fixture
def shared(private_home: Path, tmp_path: Path) -> Iterator[Store]:
    """A database with two servers that were on this host before, and the Starter."""
    store = open_store()
    store.add_server("Starter/here", [(NAME, "Starter")])
    store.put_device_property(NAME, {"LogFileHome": [str(tmp_path)], "InterStartupLevelWait": ["0.1"]})
    for server, device in SERVERS.items():
        store.add_server(server, [device])
        store.export_devices([DeviceExport(f"dserver/{server}", "nada", host_name(), 0, "5")])
        store.unexport_server(server)
    yield store
    store.close()


@pytest.fixture
def starter(shared: Store) -> Iterator[Callable[[], DeviceProxy]]:
    """Starts the Starter's server; at the end it and all that it started are stopped."""
    made: list[DeviceServer] = []

    def start() -> DeviceProxy:
        server = DeviceServer([Starter], "Starter", "here", store=shared)
        made.append(server)
        server.start()
        return DeviceProxy(NAME)

    yield start
    if made:
        for name in SERVERS:
            with contextlib.suppress(DevFailed):  # it does not run any more
                DeviceProxy(NAME).HardKillServer(name)
    for server in made:
        server.stop()


def until(holds: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_a_server_is_started_and_stopped_and_astor_sees_it(starter: Callable[[], DeviceProxy]) -> None:
    proxy = starter()
    until(lambda: len(proxy.StoppedServers) == 2, "both servers are known")
    assert list(proxy.Servers) == ["PowerSupply/b\tFAULT\t0\t0\t0", "TangoTest/a\tFAULT\t0\t0\t0"]
    proxy.DevStart("TangoTest/a")
    until(lambda: "TangoTest/a\tON\t0\t0\t1" in proxy.Servers, "it runs")
    assert list(proxy.RunningServers) == ["TangoTest/a"] == list(proxy.DevGetRunningServers(True))
    assert list(proxy.DevGetRunningServers(False)) == [] == list(proxy.DevGetStopServers(False))
    assert list(proxy.DevGetStopServers(True)) == ["PowerSupply/b"]
    with pytest.raises(DevFailed) as caught:
        proxy.DevStart("TangoTest/a")
    assert caught.value.errors[0].reason == "ALREADY_RUNNING"
    file, _, said = proxy.DevReadLog("TangoTest/a").partition("\n")
    assert file.endswith("ds.log/TangoTest_a.log")
    assert "Ready to accept request" in said
    proxy.DevStop("TangoTest/a")
    until(lambda: "TangoTest/a\tFAULT\t0\t0\t0" in proxy.Servers, "it is stopped")


def test_controlled_servers_are_started_with_the_starter_and_by_level(
    shared: Store, starter: Callable[[], DeviceProxy]
) -> None:
    shared.put_server_info(ServerInfo("TangoTest/a", host_name(), 1, 2))
    shared.put_server_info(ServerInfo("PowerSupply/b", host_name(), 1, 1))
    proxy = starter()
    until(lambda: len(proxy.RunningServers) == 2 and proxy.state() is DevState.ON, "both run")
    assert (proxy.status(), proxy.HostState) == ("All controlled servers are running", DevState.ON)
    began = [shared.device(f"dserver/{server}").pid for server in ("PowerSupply/b", "TangoTest/a")]
    assert began == sorted(began), "the lower level is started first"
    proxy.DevStopAll(2)
    until(lambda: proxy.state() is DevState.ALARM, "one is down")
    assert proxy.status() == "Stopped: TangoTest/a"
    proxy.DevStopAll(1)
    until(lambda: proxy.state() is DevState.OFF, "all are down")
    proxy.DevStartAll(1)
    until(lambda: list(proxy.RunningServers) == ["PowerSupply/b"], "the level is up again")


def test_a_server_that_fails_is_started_again_and_one_that_was_stopped_is_not(
    shared: Store, starter: Callable[[], DeviceProxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.put_server_info(ServerInfo("TangoTest/a", host_name(), 1, 1))
    shared.put_device_property(NAME, {"AutoRestartDuration": ["1"]})
    monkeypatch.setattr("server_core.devices.starter._MINUTE", 0.2)
    proxy = starter()
    until(lambda: proxy.state() is DevState.ON and list(proxy.RunningServers), "it runs")
    first = shared.device("dserver/TangoTest/a").pid
    time.sleep(0.3)
    DeviceProxy("dserver/TangoTest/a").command_inout("Kill")
    until(lambda: shared.device("dserver/TangoTest/a").pid not in (0, first), "it runs again")
    until(lambda: list(proxy.RunningServers), "and is seen")
    proxy.DevStop("TangoTest/a")
    until(lambda: list(proxy.StoppedServers) == ["PowerSupply/b", "TangoTest/a"], "it is stopped")
    time.sleep(1.5)
    assert not shared.device("dserver/TangoTest/a").exported


def test_what_cannot_be_started_stopped_or_read_is_refused(starter: Callable[[], DeviceProxy]) -> None:
    proxy = starter()
    for command, server, reason in (
        ("DevStart", "Nope/x", "DB_DeviceNotDefined"),
        ("DevStop", "TangoTest/a", "SERVER_NOT_RUNNING"),
        ("HardKillServer", "TangoTest/a", "SERVER_NOT_RUNNING"),
        ("DevReadLog", "TangoTest/a", "CANNOT_OPEN_FILE"),
    ):
        with pytest.raises(DevFailed) as caught:
            proxy.command_inout(command, server)
        assert caught.value.errors[0].reason == reason, command
