"""The peers themselves: what the other tests of this directory stand on."""

from __future__ import annotations

import pytest

from tests.peers.client import Failed, PyTangoClient
from tests.peers.fixtures import Database, Peers
from tests.peers.process import Server


def test_a_pytango_device_of_all_types(pytango_client: PyTangoClient, pytango_all_types: Server) -> None:
    pytango_client.proxy(pytango_all_types.device("test/alltypes/1"))
    values = pytango_client("{name: d.read_attribute(name).value for name in d.get_attribute_list() if '_' in name}")
    assert values["ulong64_image"] == [[18_000_000_000_000_000_000] * 3] * 2
    assert values["enum_spectrum"] == [1, 1, 1]
    assert values["encoded_scalar"] == ["bytes", "\x00\x01\xfe\xff"]
    assert pytango_client("d.DevVarDoubleStringArray([[1.5], ['a']])") == [[1.5], ["a"]]


def test_the_errors_of_another_process_come_whole(pytango_client: PyTangoClient, pytango_all_types: Server) -> None:
    pytango_client.proxy(pytango_all_types.device("test/alltypes/1"))
    with pytest.raises(Failed) as caught:
        pytango_client("d.FailInDepth()")
    assert caught.value.reasons[:3] == ["AllTypes_First", "AllTypes_Second", "AllTypes_Third"]
    assert caught.value.errors[0] == ("AllTypes_First", "the cause", "one", "ERR")


def test_events_pushed_on_command(pytango_client: PyTangoClient, pytango_all_types: Server) -> None:
    pytango_client.proxy(pytango_all_types.device("test/alltypes/2"))
    seen = pytango_client(
        """
        seen = []
        kinds = {"change": tango.EventType.CHANGE_EVENT, "archive": tango.EventType.ARCHIVE_EVENT,
                 "alarm": tango.EventType.ALARM_EVENT, "user": tango.EventType.USER_EVENT}
        told = lambda event: event.errors[0].reason if event.err else event.attr_value.value
        note = lambda event: seen.append([event.event, told(event)])
        ids = [d.subscribe_event("double_scalar", kind, note) for kind in kinds.values()]
        listened_to(d)
        seen.clear()
        for kind in kinds:
            d.Push([kind, "double_scalar", "7.5"])
        d.PushFailure(["change", "double_scalar"])
        wait_for(lambda: len(seen) == 5)
        for number in ids:
            d.unsubscribe_event(number)
        sorted(map(str, seen))
        """
    )
    assert seen == sorted(
        ["['change', 7.5]", "['archive', 7.5]", "['alarm', 7.5]", "['user_event', 7.5]", "['change', 'AllTypes_Event']"]
    )


def test_two_clients_are_two_processes(
    pytango_client: PyTangoClient,
    other_pytango_client: PyTangoClient,
    real_database: Database,
    tango_test_in_database: Server,
) -> None:
    for client in (pytango_client, other_pytango_client):
        client.proxy(real_database.device("sys/tg_test/1"))
    pytango_client("d.lock()")
    try:
        assert [client("d.is_locked_by_me()") for client in (pytango_client, other_pytango_client)] == [True, False]
    finally:
        pytango_client("d.unlock()")


def test_servers_in_a_database(
    real_database: Database, tango_test_in_database: Server, pytango_all_types_in_database: Server
) -> None:
    client = real_database.client
    assert client("tango.DeviceProxy('sys/tg_test/1').DevLong(3)") == 3
    assert client("tango.DeviceProxy('test/pytango/1').State()") == "ON"
    real_database.put_property("test/pytango/1", colour="blue")
    assert client("db.get_device_property('test/pytango/1', 'colour')['colour']") == ["blue"]


def test_the_starter_starts_a_server(real_database: Database, starter_server: Server) -> None:
    assert real_database.client("tango.DeviceProxy(db.get_device_exported('tango/admin/*')[0]).State()") in (
        "ON",
        "MOVING",
    )


def test_a_server_that_is_killed_comes_back_on_its_port(own_peers: Peers, pytango_client: PyTangoClient) -> None:
    server = own_peers.pytango_server()
    pytango_client.proxy(server.device("test/alltypes/1"))
    before = server.pid, server.port
    server.kill()
    assert not server.running
    with pytest.raises(Failed):
        pytango_client("d.ping()")
    server.restart()
    pytango_client.proxy(server.device("test/alltypes/1"))
    assert pytango_client("d.State()") == "ON"
    assert server.pid != before[0]
    assert server.port == before[1]
    assert server.stop() == 0


def test_our_twin_serves_the_same_devices(our_all_types: Server) -> None:
    assert our_all_types.running
