"""Our server, registered in a real database, as PyTango clients find and use it there."""

from __future__ import annotations

import socket

import pytest

from server_core.protocol.giop.ior import level_of, parse_ior
from server_core.transport.endpoint import native_text, parse_endpoints
from tests.peers.client import Failed
from tests.peers.fixtures import Database, Peers
from tests.peers.process import LOOPBACK, DidNotStart, Server, free_port

NAME = "test/registered/1"
DEVICES = [(NAME, "AllTypes"), ("test/registered/2", "AllTypes")]


@pytest.fixture(scope="module")
def server(peers: Peers, real_database: Database) -> Server:
    """Our server with its devices."""
    real_database.add_server("AllTypes/registered", DEVICES)
    real_database.put_property(NAME, description=["registered", "by us"])
    real_database.put_attribute_property(NAME, "double_scalar", label="From the database", memorized="true")
    real_database.put_attribute_property(NAME, "memorised", __value="4.5")
    return peers.our_server(database=real_database, instance="registered", devices=DEVICES)


def test_what_the_database_knows(real_database: Database, server: Server) -> None:
    """LIFE-15, wire 4: a reference that real clients and ours understand."""
    info = real_database.client(
        f"""
        i = db.get_device_info({NAME!r})
        [i.exported, i.pid, i.ds_full_name, i.class_name, i.version, i.ior]
        """
    )
    assert info[:-1] == [1, server.pid, "AllTypes/registered", "AllTypes", "6"]
    reference = parse_ior(info[-1])
    assert level_of(reference.type_id) == 6
    assert reference.profiles[0].addresses == [(LOOPBACK, server.port)]
    assert reference.profiles[0].key == NAME.encode()
    assert parse_endpoints(native_text(info[-1]))[0].port == server.port
    assert real_database.client("db.get_server_class_list('AllTypes/registered')") == ["AllTypes"]
    assert real_database.client("db.get_device_exported('test/registered/*')") == [NAME, "test/registered/2"]


def test_clients_find_it_by_name_and_alias(real_database: Database, server: Server) -> None:
    """wire 9"""
    client = real_database.client
    client.proxy(NAME)
    assert client("[d.state(), d.adm_name(), d.dev_name(), d.description(), d.get_db_port_num()]") == [
        "ON",
        "dserver/AllTypes/registered",
        NAME,
        "registered\nby us",
        real_database.port,
    ]
    client(f"db.put_device_alias({NAME!r}, 'ours')")
    assert client("tango.DeviceProxy('ours').DevLong(3), d.alias()") == [3, "ours"]
    assert client("tango.AttributeProxy('ours/double_scalar').read().value") == 2.25
    assert client("d.get_property('description')") == {"description": ["registered", "by us"]}


def test_groups_of_devices(real_database: Database, server: Server) -> None:
    assert real_database.client(
        """
        group = tango.Group("g")
        group.add("test/registered/*")
        [(answer.dev_name(), answer.get_data()) for answer in group.command_inout("DevLong", 5)]
        """
    ) == [[NAME, 5], ["test/registered/2", 5]]


def test_what_clients_set_is_kept(real_database: Database, server: Server) -> None:
    """ATT-7, POLL-24, ATT-67: configuration, polling and memorised values stand in the database; a restarted server has
    them, and the same proxies go on (wire 2.9)."""
    client = real_database.client
    client.proxy(NAME)
    assert client("d.get_attribute_config('double_scalar').label, d.memorised") == ["From the database", 4.5]
    client(
        """
        config = d.get_attribute_config_ex("limited")[0]
        config.label, config.max_value = "Kept", "150"
        d.set_attribute_config([config])
        d.poll_attribute("limited", 1500)
        d.memorised = 6.25
        """
    )
    kept = client(f"db.get_device_attribute_property({NAME!r}, ['limited', 'memorised'])")
    assert (kept["limited"]["label"], kept["limited"]["max_value"]) == (["Kept"], ["150"])
    assert kept["memorised"]["__value"] == ["6.25"]
    polled = client(f"db.get_device_property({NAME!r}, 'polled_attr')")["polled_attr"]
    assert polled[polled.index("limited") + 1] == "1500"
    server.restart()
    assert client("d.memorised") == 6.25
    assert client("d.get_attribute_config('limited').label") == "Kept"
    assert client("d.get_attribute_poll_period('limited')") == 1500
    client("d.stop_poll_attribute('limited')")


def test_a_client_with_several_connections_notices_no_restart(real_database: Database, server: Server) -> None:
    """wire 2.9: each of them has ended, and the call is not tried on all of them."""
    client = real_database.client
    for _ in range(3):
        client(
            f"""
            devices = [tango.DeviceProxy(name) for name in ({NAME!r}, "test/registered/2")]
            asked = [(d, d.command_inout_asynch("Sleep", 0.02)) for d in devices * 3]
            [d.command_inout_reply(number, 3000) for d, number in asked]
            """
        )
        server.restart()
        assert client("[d.read_attribute('double_scalar').value for d in devices]") == [2.25, 2.25]


def test_a_server_that_crashes_comes_back(real_database: Database, server: Server) -> None:
    """wire 2.9, 15.20: what the database says of the dead process keeps nobody away."""
    client = real_database.client
    client.proxy(NAME)
    client("d.ping()")
    server.kill()
    with pytest.raises(Failed) as failure:
        client("d.ping()")
    assert "API_CantConnectToDevice" in failure.value.reasons
    server.start()
    assert client("wait_for(lambda: d.DevLong(2))") == 2


def test_a_server_runs_once(real_database: Database, server: Server, own_peers: Peers) -> None:
    """LIFE-16: a second one of ours, or of PyTango, sees that the admin device answers."""
    for start in (own_peers.our_server, own_peers.pytango_server):
        with pytest.raises(DidNotStart, match=r"(?i)already running"):
            start(database=real_database, instance="registered", devices=DEVICES)
    assert server.running


def test_a_pytango_server_keeps_ours_away(
    real_database: Database, pytango_all_types_in_database: Server, own_peers: Peers
) -> None:
    """LIFE-16, the other way round."""
    with pytest.raises(DidNotStart, match=r"(?i)already running"):
        own_peers.our_server(database=real_database, instance="pytango", devices=[("test/pytango/1", "AllTypes")])


def test_a_stopped_server_is_not_exported(real_database: Database, server: Server) -> None:
    """LIFE-42, LIFE-43"""
    client = real_database.client
    client.proxy(NAME)
    assert server.stop() == 0
    assert client(f"db.get_device_info({NAME!r}).exported") == 0
    with pytest.raises(Failed) as failure:
        client(f"tango.DeviceProxy({NAME!r}).ping()")
    assert "API_DeviceNotExported" in failure.value.reasons
    server.start()
    assert client("wait_for(lambda: d.DevLong(2))") == 2


def test_a_server_on_every_interface(real_database: Database, own_peers: Peers) -> None:
    """wire 4.1: the reference names addresses that clients reach."""
    devices = [("test/everywhere/1", "AllTypes")]
    port = free_port()
    server = own_peers.our_server(
        database=real_database, instance="everywhere", devices=devices, options=["-ORBendPoint", f"giop:tcp::{port}"]
    )
    client = real_database.client
    client.proxy("test/everywhere/1")
    assert client("d.DevLong(4)") == 4
    reference = parse_ior(client("db.get_device_info('test/everywhere/1').ior"))
    hosts = [host for host, _ in reference.profiles[0].addresses]
    assert "0.0.0.0" not in hosts
    for host, each in reference.profiles[0].addresses:
        socket.create_connection((host, each), 5).close()
    assert server.running
