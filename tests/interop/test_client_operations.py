"""What several clients and devices do together: locks, groups, property changes, attribute proxies, asyncio twins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tangoterm.client import (
    AttributeProxy,
    Database,
    DevFailed,
    DeviceProxy,
    DevState,
    Group,
    LockerInfo,
    aio,
    asyn_req_type,
    close_connections,
)
from tests.peers.client import Failed, PyTangoClient
from tests.peers.fixtures import Database as RealDatabase
from tests.peers.process import Server

DEVICES = ("test/pytango/1", "test/pytango/2", "sys/tg_test/1")


@pytest.fixture
def host(
    real_database: RealDatabase,
    pytango_all_types_in_database: Server,
    tango_test_in_database: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """The control system of a PyTango server and a C++ one; TANGO_HOST is set to it."""
    monkeypatch.setenv("TANGO_HOST", real_database.host)
    yield real_database.host
    close_connections()


def reasons_of(call: Any) -> list[str]:
    with pytest.raises(DevFailed) as caught:
        call()
    return [error.reason for error in caught.value.errors]


@pytest.mark.parametrize("name", ["test/pytango/2", "sys/tg_test/1"])
def test_a_lock_keeps_the_other_client_out(host: str, pytango_client: PyTangoClient, name: str) -> None:
    """LOCK-1, LOCK-11, LOCK-13: each way, with the same errors."""
    device = DeviceProxy(name)
    pytango_client(f"d = tango.DeviceProxy('tango://{host}/{name}')")
    attribute = "double_scalar"
    pytango_client("d.lock()")
    try:
        assert device.is_locked()
        assert not device.is_locked_by_me()
        info = LockerInfo()
        assert device.get_locker(info)
        assert info.li == pytango_client.pid
        ours = reasons_of(lambda: device.write_attribute(attribute, 1.0))
        assert reasons_of(device.lock)[0] == "API_DeviceLocked"
        assert reasons_of(lambda: device.command_inout("DevLong", 1))[0] == "API_DeviceLocked"
        assert device.state() in (DevState.ON, DevState.RUNNING)
    finally:
        pytango_client("d.unlock()")
    device.lock()
    try:
        device.write_attribute(attribute, 1.0)
        assert device.is_locked_by_me()
        assert pytango_client("d.is_locked(), d.is_locked_by_me()") == [True, False]
        with pytest.raises(Failed) as theirs:
            pytango_client(f"d.write_attribute({attribute!r}, 1.0)")
        assert theirs.value.reasons == ours
        pytango_client("d.unlock(True)")
        assert reasons_of(lambda: device.write_attribute(attribute, 1.0))[-1] == "API_DeviceUnlocked"
    finally:
        device.unlock()
        # Until another client's request real servers tell the former owner again and again.
        pytango_client(f"d.write_attribute({attribute!r}, 1.0)")
    assert not device.is_locked()


def test_a_group(host: str) -> None:
    group = Group("all")
    group.add(["test/pytango/*", "sys/tg_test/1"])
    assert sorted(group.get_device_list()) == sorted(DEVICES)
    assert [reply.dev_name() for reply in group.read_attribute("State")] == group.get_device_list()
    assert [reply.get_data() for reply in group.command_inout("DevLong", 7)] == [7, 7, 7]
    assert all(not reply.has_failed() for reply in group.write_attribute("double_scalar", 2.5))
    replies = group.read_attributes(["double_scalar", "nope"])
    assert [reply.has_failed() for reply in replies] == [False, True] * 3
    failed = group.command_inout("SetDelay", 0.5)
    assert sorted(reply.has_failed() for reply in failed) == [False, False, True]


def test_an_attribute_proxy(host: str) -> None:
    proxy = AttributeProxy("test/pytango/1/long_scalar")
    proxy.write(17)
    assert proxy.read().value == 17
    assert proxy.write_read(18).value == 18
    assert proxy.get_config().name == "long_scalar"
    assert proxy.state() is DevState.ON
    proxy.put_property({"colour": ["red"]})
    assert list(proxy.get_property("colour")["colour"]) == ["red"]
    proxy.delete_property("colour")
    proxy.poll(200)
    assert proxy.is_polled()
    proxy.stop_poll()
    assert not proxy.is_polled()


def test_a_configuration_is_changed(host: str, real_database: RealDatabase) -> None:
    """ATT-7"""
    device = DeviceProxy("test/pytango/1")
    config = device.get_attribute_config("double_scalar")
    config.label, config.unit, config.events.ch_event.abs_change = "Length", "mm", "0.5"
    device.set_attribute_config(config)
    theirs = "[(c.label, c.unit, c.events.ch_event.abs_change) for c in [d.get_attribute_config('double_scalar')]]"
    assert real_database.client(f"d = tango.DeviceProxy('test/pytango/1')\n{theirs}") == [["Length", "mm", "0.5"]]
    assert device.get_attribute_config("double_scalar").unit == "mm"


def test_asynchronous_calls(host: str) -> None:
    """CLI-7: of any kind, polled and called back."""
    device = DeviceProxy("test/pytango/1")
    events: list[Any] = []
    device.command_inout_asynch("DevLong", 3, events.append)
    device.read_attribute_asynch("long_spectrum", events.append)
    device.write_attribute_asynch("double_scalar", 1.5, events.append)
    device.command_inout_asynch("Fail", events.append)
    assert device.pending_asynch_call(asyn_req_type.CALLBACK) == 4
    device.get_asynch_replies(3000)
    assert [event.err for event in events] == [False, False, False, True]
    numbers = [device.read_attribute_asynch("long_scalar") for _ in range(100)]
    device.cancel_asynch_request(numbers.pop())
    assert len({device.read_attribute_reply(number, 0).value for number in numbers}) == 1
    device.command_inout_asynch("DevLong", 3, True)


def test_members_of_a_device(host: str) -> None:
    device = DeviceProxy("sys/tg_test/1")
    device.double_scalar = 4.5
    assert device.DevDouble(2.5) == 2.5
    assert len(device.wave) == 256


def test_the_database(host: str) -> None:
    database = Database()
    assert {*database.get_device_exported("*")} >= set(DEVICES)
    assert database.get_db_host() == host.partition(":")[0]
    assert database.dev_name() == "sys/database/2"
    assert DeviceProxy("sys/database/2").state() is DevState.ON
    assert DeviceProxy("sys/database/2").command_inout("DbGetDeviceList", ["TangoTest/cpp", "TangoTest"]) == [
        "sys/tg_test/1"
    ]
    assert [entry.name for entry in [database.import_device("sys/tg_test/1")]] == ["sys/tg_test/1"]


async def test_the_asyncio_twins(host: str) -> None:
    device = await aio.DeviceProxy("test/pytango/1")
    try:
        assert await device.state() is DevState.ON
        assert await device.get_idl_version() == 6
        assert (await device.write_read_attribute("double_scalar", 2.5)).value == 2.5
        assert len(await device.get_attribute_list()) > 40
        assert [info.cmd_name for info in await device.command_list_query()]
        await device.poll_attribute("short_scalar", 100)
        assert await device.is_attribute_polled("short_scalar")
        await device.stop_poll_attribute("short_scalar")
        with pytest.raises(DevFailed):
            await device.command_inout("Fail")
        device.set_timeout_millis(100)
        with pytest.raises(DevFailed) as caught:
            await device.command_inout("Sleep", 0.3)
        assert [error.reason for error in caught.value.errors] == ["API_CorbaException", "API_DeviceTimedOut"]
    finally:
        await aio.close_connections()
