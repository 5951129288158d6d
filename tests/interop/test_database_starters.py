"""Starters, the C++ one and ours, that start and stop servers of all kinds in our database."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import gethostname

import pytest

from tests.peers.fixtures import CPP_SERVERS, OurDatabase, Peers
from tests.peers.process import ROOT, Server

HERE = gethostname().split(".")[0]
STARTER = f"tango/admin/{HERE}"
RUN = f"x{os.getpid()}"
"""Begins the instance names: the Starter takes any process of this host with the words of a server for that server."""

SERVERS = {
    f"TangoTest/{RUN}_cpp": ("started/cpp/1", "TangoTest"),
    f"AllTypes/{RUN}_pytango": ("started/pytango/1", "AllTypes"),
    f"AllTypes/{RUN}_ours": ("started/ours/1", "AllTypes"),
}


def programs(directory: Path) -> None:
    """The programs of the servers, where a Starter finds them by name."""
    (directory / "TangoTest").symlink_to(CPP_SERVERS / "TangoTest")
    file = directory / "AllTypes"
    file.write_text(
        f"""#!{sys.executable}
import sys

sys.path.insert(0, {str(ROOT)!r})
from tests.peers.serve import main

main("tango" if sys.argv[1].endswith("pytango") else "server_core", "AllTypes", *sys.argv[1:])
"""
    )
    file.chmod(0o755)


@pytest.fixture(scope="module", params=["cpp", "ours"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OurDatabase]:
    """Our database with the three servers in it, and a Starter that knows their programs."""
    peers, directory = Peers(tmp_path_factory), tmp_path_factory.mktemp("programs")
    programs(directory)
    found = peers.our_database()
    for server, device in SERVERS.items():
        found.add_server(server, [device])
    start: Callable[..., Server] = peers.starter if request.param == "cpp" else peers.our_starter
    start(found, directory)
    found.client.proxy(STARTER)
    yield found
    for server in SERVERS:
        found.client(
            f"""
            try:
                d.HardKillServer({server!r})
            except tango.DevFailed:
                pass
            """
        )
    peers.close()


def test_servers_are_started_and_stopped(database: OurDatabase) -> None:
    client = database.client
    for server in SERVERS:
        client(f"d.DevStart({server!r})")
    for name, _ in SERVERS.values():
        assert client(f"wait_for(lambda: tango.DeviceProxy({name!r}).ping())") > 0
    assert sorted(
        client("wait_for(lambda: len(d.DevGetRunningServers(True)) == 3); d.DevGetRunningServers(True)")
    ) == sorted(SERVERS)
    assert client("db.get_device_info('started/ours/1').exported") == 1
    for server in SERVERS:
        client(f"d.DevStop({server!r})")
    assert client("wait_for(lambda: len(d.DevGetStopServers(True)) == 3)")
    assert client("[*db.get_device_exported('started/*')]") == []


def test_the_database_tells_the_starter(database: OurDatabase) -> None:
    """DB-225: what is stored of a server's start reaches the Starter of its host, which then controls it."""
    client, server = database.client, next(iter(SERVERS))
    client(
        f"""
        info = tango.DbServerInfo()
        info.name, info.host, info.mode, info.level = {server!r}, {HERE!r}, 1, 3
        """
    )
    client(f"wait_for(lambda: d.DevStart({server!r}) is None)")  # the process that was stopped may take its time
    client(f"wait_for(lambda: {server!r} in d.DevGetRunningServers(True))")
    client("db.put_server_info(info)")
    line = f"{server}\tON\t1\t3"
    assert client(f"wait_for(lambda: [each for each in d.Servers if each.startswith({line!r})], 30)", 40)
