"""Where clients find databases and servers, and which protocol they speak there.

Source: NAME-7, LIFE-11, wire 4.2, 9.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from server_core.database import caller
from server_core.database.locate import open_store
from server_core.transport.reach import speaks_giop
from tangoterm.client import ConnectionFailed, Database, DevFailed, DeviceProxy
from tests.peers.fixtures import Database as RealDatabase
from tests.peers.fixtures import Peers
from tests.peers.process import Server


def reasons_of(call: Callable[[], object]) -> list[str]:
    with pytest.raises(DevFailed) as caught:
        call()
    return [error.reason for error in caught.value.errors]


def test_the_first_database_that_answers(
    real_database: RealDatabase, tango_test_in_database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NAME-7"""
    monkeypatch.setenv("TANGO_HOST", f"127.0.0.1:1,{real_database.host}")
    assert DeviceProxy("sys/tg_test/1").command_inout("DevLong", 3) == 3


def test_the_address_of_the_database_in_a_file(
    real_database: RealDatabase, tango_test_in_database: Server, private_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LIFE-11"""
    for name in ("TANGO_HOST", "TANGOTERM_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    (private_home / ".tangorc").write_text(f"TANGO_HOST={real_database.host}\n")
    monkeypatch.setenv("HOME", str(private_home))
    assert DeviceProxy("sys/tg_test/1").command_inout("DevLong", 3) == 3


def test_what_is_no_database(pytango_all_types: Server, our_all_types: Server) -> None:
    """NAME-7: a device server that listens there, of either protocol."""
    for server in (pytango_all_types, our_all_types):
        with pytest.raises(ConnectionFailed) as caught:
            Database(*server.host.split(":")).get_info()
        assert [error.reason for error in caught.value.errors] == ["API_CorbaException", "API_CantConnectToDatabase"]


def test_a_database_that_comes_and_goes(own_peers: Peers) -> None:
    database = own_peers.database()
    store = open_store(database.host)
    store.add_server("One/1", [("a/b/c", "One")])
    database.kill()
    assert reasons_of(lambda: store.device("a/b/c")) == ["API_CorbaException", "API_CantConnectToDatabase"]
    database.start()
    assert store.device("a/b/c").server == "One/1"
    store.close()


def test_a_database_that_hangs(own_peers: Peers, monkeypatch: pytest.MonkeyPatch) -> None:
    """CLI-2"""
    monkeypatch.setattr(caller, "USUAL", caller.Patience(0.3, 0.3))
    database = own_peers.database()
    store = open_store(database.host)
    store.put_property("CtrlSystem", {"a": ["1"]})
    database.freeze()
    time.sleep(0.1)  # it stops soon
    try:
        got = reasons_of(lambda: store.get_property("CtrlSystem", ["a"]))
    finally:
        database.thaw()
    assert got == ["API_CorbaException", "API_DeviceTimedOut"]
    assert store.get_property("CtrlSystem", ["a"]) == {"a": ["1"]}
    store.close()


def test_servers_that_speak_both_are_spoken_to_natively(own_peers: Peers, real_database: RealDatabase) -> None:
    """wire 4.1: their references name the native endpoints."""
    server = own_peers.our_server(devices=[("test/both/1", "AllTypes")], database=real_database, instance="both")
    for name in (real_database.device("test/both/1"), server.device("test/both/1")):
        device = DeviceProxy(name)
        assert device.command_inout("DevLong", 3) == 3
        assert not device._handle.address.giop
    assert not speaks_giop(f"tcp://{server.host}")


def test_what_only_tangos_protocol_needs_is_loaded_with_it(our_all_types: Server, pytango_all_types: Server) -> None:
    """A client of native servers loads none of it, any client no numpy and no ZeroMQ for requests."""
    script = """
import sys
import time
from tangoterm.client import DeviceProxy
assert DeviceProxy(sys.argv[1]).read_attribute("long_scalar").value == -2_000_000_000
assert not [name for name in sys.modules if "transport.giop" in name or "giop.connection" in name]
assert DeviceProxy(sys.argv[2]).read_attribute("long_scalar").value == -2_000_000_000
assert "server_core.transport.giop.blocking" in sys.modules
assert not {"numpy", "zmq", "asyncio"} & set(sys.modules)
"""
    names = [server.device("test/alltypes/1") for server in (our_all_types, pytango_all_types)]
    subprocess.run([sys.executable, "-c", script, *names], check=True, timeout=20)


def test_a_forked_process_makes_connections_of_its_own(pytango_all_types: Server) -> None:
    script = """
import os, sys, threading
from tangoterm.client import DeviceProxy
device = DeviceProxy(sys.argv[1])
assert device.DevLong(1) == 1
number = device.command_inout_asynch("DevLong", 2)
child = os.fork()
if child == 0:
    again = DeviceProxy(sys.argv[1])
    fine = device.DevLong(3) == 3 and again.command_inout_reply(again.command_inout_asynch("DevLong", 4), 0) == 4
    os._exit(0 if fine else 1)
assert os.waitpid(child, 0)[1] == 0
assert device.command_inout_reply(number, 0) == 2
assert device.DevLong(5) == 5
"""
    name = pytango_all_types.device("test/alltypes/1")
    subprocess.run([sys.executable, "-c", script, name], check=True, timeout=20)
