"""Connections to real servers: which protocol is spoken, how they are shared, what becomes of them when servers go.

Source: wire 2.8, 2.9; CLI-2..CLI-4.
"""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server_core.database.locate import open_store
from server_core.model.values import AttributeWrite, TypedValue
from server_core.protocol.operations import (
    CommandInout,
    CommandInoutHistory,
    GetAttributeConfig,
    GetInfo,
    GetName,
    GetPipeConfig,
    ReadAttributeHistory,
    ReadAttributes,
    WriteAttributes,
)
from server_core.server.neighbours import answers_as
from server_core.transport import reach
from server_core.transport.endpoint import TCP, Endpoint
from server_core.transport.errors import CallTimeout, CannotConnect, ConnectionLost
from server_core.transport.giop import aio, objects, pool
from server_core.transport.giop.blocking import Connection
from server_core.transport.giop.reference import Reference, reference_of
from server_core.transport.tls import ClientTls
from tangoterm.client import (
    CmdArgType,
    CommunicationFailed,
    ConnectionFailed,
    DevFailed,
    DeviceProxy,
    DevState,
    NonSupportedFeature,
)
from tangoterm.client.aio import DeviceProxy as AsyncDeviceProxy
from tangoterm.client.aio import close_connections as close_async_connections
from tangoterm.client.links import identity
from tangoterm.client.threads import thread_runner
from tests.peers.fixtures import Database, Peers
from tests.peers.process import Server
from tests.waiting import until

NAME = "test/alltypes/1"


def reasons_of(call: Callable[[], object]) -> list[str]:
    with pytest.raises(DevFailed) as caught:
        call()
    return [error.reason for error in caught.value.errors]


@pytest.fixture
def device(pytango_all_types: Server) -> DeviceProxy:
    return DeviceProxy(pytango_all_types.device(NAME))


@pytest.fixture
def connection(pytango_all_types: Server) -> Iterator[Callable[..., Connection]]:
    """Connections to the server, to devices of any interface level."""
    opened: list[Connection] = []

    def connect(key: bytes | None = None, level: int | None = None) -> Connection:
        reference = Reference((Endpoint(TCP, "127.0.0.1", pytango_all_types.port),), key, level)
        opened.append(Connection.open(reference, ident=identity(), timeout=3.0))
        return opened[-1]

    yield connect
    for each in opened:
        each.close()


def succeeds(call: Callable[[], object]) -> bool:
    """Whether a call gives something."""
    try:
        return bool(call())
    except DevFailed:
        return False


def connections() -> list[pool.GiopLine]:
    """The open connections of this process."""
    return [line for each in pool._pools.values() for line in each._lines]


# ---- which protocol


def test_the_protocol_of_an_address_is_found_out_and_remembered(
    device: DeviceProxy, pytango_all_types: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that closes instead of greeting speaks Tango's own protocol; forgotten when it is gone."""
    address = f"tcp://{pytango_all_types.host}"
    monkeypatch.setattr(reach, "_speak_giop", {})  # what other tests have found out
    device.ping()
    assert reach.speaks_giop(address)
    connection = reach.connect(address, "127.0.0.1", ident=identity(), timeout=3.0, tls=None)
    connection.give_up("gone")
    assert not reach.speaks_giop(address)
    with monkeypatch.context() as context:
        context.setattr(reach, "REMEMBERED", 0.0)
        for _ in range(2):  # the second time it is tried natively again
            connection = reach.connect(address, "127.0.0.1", ident=identity(), timeout=3.0, tls=None)
            assert reach.speaks_giop(address)
            connection.close()


def test_a_reference_without_native_endpoints_leads_to_tangos_protocol(
    real_database: Database, tango_test_in_database: Server
) -> None:
    """wire 4.1: and to the Unix socket of a server of this host."""
    store = open_store(real_database.host)
    record = store.device("sys/tg_test/1")
    store.close()
    assert reach.speaks_giop(record.ior)
    reference = reference_of(record.ior)
    assert [end.scheme for end in reference.ends] == ["unix", "tcp"]
    assert reference.level == 5
    assert answers_as("sys/tg_test/1", record.ior, record.host, None)
    assert not answers_as("sys/tg_test/2", record.ior, record.host, None)
    tls = ClientTls("nowhere")
    with pytest.raises(CannotConnect, match="no TLS"):
        reach.connect(record.ior, record.host, ident=identity(), timeout=3.0, tls=tls)


def test_the_first_address_that_answers_is_used(pytango_all_types: Server) -> None:
    """wire 4.1: alternate addresses of a reference."""
    dead, alive = Endpoint(TCP, "127.0.0.1", 1), Endpoint(TCP, "127.0.0.1", pytango_all_types.port)
    connection = Connection.open(Reference((dead, alive), NAME.encode(), None), ident=identity(), timeout=3.0)
    assert connection.call(GetName(NAME), 3.0) == NAME
    connection.close()


# ---- interface levels


@pytest.mark.parametrize("level", [3, 4, 5, 6])
def test_every_interface_level_is_spoken(connection: Callable[..., Connection], level: int) -> None:
    """wire 6.1: real servers still answer the operations of old interfaces."""
    old = connection(NAME.encode(), level)
    names = ("long_spectrum", "enum_scalar", "string_image", "double_scalar")
    spectrum, enum, image, scalar = old.call(ReadAttributes(NAME, names), 3.0)
    assert list(spectrum.value) == [-2_000_000_000] * 3
    formats = [reading.data_format.name for reading in (spectrum, image, scalar)]
    assert formats == ["SPECTRUM", "IMAGE", "SCALAR"]
    assert enum.data_type is CmdArgType.DevEnum if level != 4 else CmdArgType.DevShort
    assert (image.dim_x, image.dim_y, list(image.value)) == (3, 2, ["a text"] * 6)
    old.call(WriteAttributes(NAME, (AttributeWrite("double_scalar", CmdArgType.DevDouble, 4.5, 1, 0),)), 3.0)
    assert old.call(ReadAttributes(NAME, ("double_scalar",)), 3.0)[0].value == 4.5
    assert old.call(CommandInout(NAME, "DevLong", TypedValue(CmdArgType.DevLong, 3)), 3.0).value == 3
    assert old.call(GetInfo(NAME), 3.0).dev_class == "AllTypes"
    assert {config.name for config in old.call(GetAttributeConfig(NAME), 3.0)} > {"double_scalar", "State"}
    if level > 3:  # real servers crash when older histories of polled attributes are asked for (wire 6.1)
        until(lambda: succeeds(lambda: old.call(ReadAttributeHistory(NAME, "polled", 1), 3.0)))
        until(lambda: succeeds(lambda: old.call(CommandInoutHistory(NAME, "Polled", 1), 3.0)))


@pytest.mark.parametrize("level", [1, 2])
def test_the_oldest_interfaces(connection: Callable[..., Connection], level: int) -> None:
    """wire 6.1: they read scalars that are not written, write, and execute commands."""
    old = connection(NAME.encode(), level)
    (reading,) = old.call(ReadAttributes(NAME, ("qualified",)), 3.0)
    assert (reading.value, reading.data_format.name) == (3.5, "SCALAR")
    old.call(WriteAttributes(NAME, (AttributeWrite("double_scalar", CmdArgType.DevDouble, 2.5, 1, 0),)), 3.0)
    assert old.call(CommandInout(NAME, "DevLong", TypedValue(CmdArgType.DevLong, 3)), 3.0).value == 3
    assert old.call(GetInfo(NAME), 3.0).dev_class == "AllTypes"
    assert {config.name for config in old.call(GetAttributeConfig(NAME), 3.0)} > {"double_scalar", "qualified"}
    with pytest.raises(NonSupportedFeature):
        old.call(GetPipeConfig(NAME), 3.0)


@pytest.mark.parametrize("level", [3, 4])
def test_a_proxy_of_an_old_device(device: DeviceProxy, monkeypatch: pytest.MonkeyPatch, level: int) -> None:
    """wire 6.1: what the interface has not is refused, all else is as with a new one."""
    monkeypatch.setattr(objects, "LATEST_LEVEL", level)
    assert device.get_idl_version() == level
    assert device.get_tango_lib_version() == {3: 500, 4: 600}[level]
    device.write_attribute("long_spectrum", [1, 2, 3, 4])
    reading = device.read_attribute("long_spectrum")
    assert (list(reading.value), list(reading.w_value)) == ([1, 2, 3, 4], [1, 2, 3, 4])
    assert [each.has_failed for each in device.read_attributes(["failing", "long_image"])] == [True, False]
    number = device.read_attribute_asynch("string_image")
    assert device.read_attribute_reply(number, 0).dim_y == 2
    assert device.DevLong(4) == 4
    assert device.limited == 0.0
    assert device.get_attribute_config("limited").alarms.max_warning == "80"
    assert "DevLong" in device.get_command_list()
    assert not hasattr(device, "no_such_member")
    assert reasons_of(device.get_pipe_list) == ["API_UnsupportedFeature"]
    if level == 3:
        writing = lambda: device.write_read_attribute("double_scalar", 1.5)  # noqa: E731
        assert reasons_of(writing)[0] == "API_UnsupportedFeature"
    device.command_inout("Init")


def test_the_level_is_the_highest_that_the_device_says_to_have(
    device: DeviceProxy, tango_test_server: Server, connection: Callable[..., Connection]
) -> None:
    """wire 4.3"""
    assert device.get_idl_version() == 6
    old = DeviceProxy(tango_test_server.device("sys/tg_test/1"))
    assert old.get_idl_version() == 5
    assert old.info().server_version == 5
    assert connection().level(NAME, 3.0) == 6


def test_pipes(tango_test_server: Server, device: DeviceProxy) -> None:
    """PIPE-5: where the server has them."""
    old = DeviceProxy(tango_test_server.device("sys/tg_test/1"))
    assert old.get_pipe_list() == ["string_long_short_ro"]
    assert old.get_pipe_config("string_long_short_ro").name == "string_long_short_ro"
    _, elements = old.read_pipe("string_long_short_ro")
    assert [element["name"] for element in elements] == ["FirstDE", "SecondDE", "ThirdDE"]
    assert reasons_of(lambda: device.read_pipe("nope")) == ["API_PipeNotFound", "API_PipeFailed"]


# ---- sharing


def test_calls_at_the_same_time_open_further_connections(device: DeviceProxy, pytango_all_types: Server) -> None:
    """wire 2.8: one request is outstanding per connection; devices of one server share them."""
    other = DeviceProxy(pytango_all_types.device("test/alltypes/2"))
    device.ping()
    other.ping()
    DeviceProxy(device.adm_name()).ping()
    assert len(connections()) == 1
    threads = [threading.Thread(target=lambda: device.command_inout("Sleep", 0.2)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(connections()) == 3


def test_fifty_threads(device: DeviceProxy) -> None:
    """Each gets its own answers."""
    wrong: list[Any] = []

    def work(number: int) -> None:
        for turn in range(20):
            argument = [number, turn]
            answer = list(device.command_inout("DevVarLongArray", argument))
            if answer != argument or device.read_attribute("string_scalar").value != "a text":
                wrong.append((argument, answer))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(connections()) <= 50


def test_more_calls_than_connections_wait(device: DeviceProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MOST_CONNECTIONS", 2)
    numbers = [device.command_inout_asynch("DevLong", number) for number in range(20)]
    assert [device.command_inout_reply(number, 0) for number in numbers] == list(range(20))
    assert len(connections()) <= 2


async def test_coroutines_share_the_connections_of_their_loop(pytango_all_types: Server) -> None:
    device = AsyncDeviceProxy(pytango_all_types.device(NAME))
    try:
        answers = await asyncio.gather(*[device.command_inout("DevLong", number) for number in range(200)])
        assert answers == list(range(200))
        with pytest.raises(DevFailed) as caught:
            await device.command_inout("Fail")
        assert caught.value.reason == "AllTypes_Command"
        assert caught.value.errors[-1].reason == "API_CommandFailed"
        assert len(aio._pools[asyncio.get_running_loop()]) == 1
    finally:
        await close_async_connections()
    gc.collect()
    assert not aio._pools[asyncio.get_running_loop()]


def test_unused_connections_are_closed(device: DeviceProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """wire 2.9"""
    monkeypatch.setattr(pool, "IDLE_TIMEOUT", 0.2)
    device.ping()
    assert len(connections()) == 1
    until(lambda: not connections())
    device.ping()


# ---- time-outs


def test_a_call_that_times_out_closes_its_connection(device: DeviceProxy) -> None:
    """CLI-2, wire 2.9: the late answer is lost, the next call gets its own."""
    device.set_timeout_millis(100)
    began = time.monotonic()
    assert reasons_of(lambda: device.command_inout("Sleep", 0.8)) == [
        "API_CorbaException",
        "API_DeviceTimedOut",
    ]
    assert time.monotonic() - began < 0.7
    device.set_timeout_millis(3000)
    assert device.command_inout("DevLong", 5) == 5


def test_an_asynchronous_call_that_times_out(device: DeviceProxy) -> None:
    device.set_timeout_millis(100)
    number = device.command_inout_asynch("Sleep", 0.4)
    assert reasons_of(lambda: device.command_inout_reply(number, 0)) == ["API_CorbaException", "API_DeviceTimedOut"]
    device.set_timeout_millis(3000)
    assert device.command_inout("DevLong", 5) == 5


# ---- servers that go


def test_a_server_that_was_started_again_is_found_in_silence(own_peers: Peers, real_database: Database) -> None:
    """CLI-3, wire 2.9: object keys have changed, and the port; reads and commands are repeated."""
    server = own_peers.pytango_server(
        devices=[("test/restarted/1", "AllTypes"), ("test/restarted/2", "AllTypes")],
        database=real_database,
        instance="restarted",
    )
    device = DeviceProxy(real_database.device("test/restarted/1"))
    other = DeviceProxy(real_database.device("test/restarted/2"))
    assert device.state() is DevState.ON
    other.ping()
    for end in (server.stop, server.kill):
        end()
        server.start()
        time.sleep(0.1)  # a connection that was in use this moment is not looked at before it is used again
        assert device.command_inout("DevLong", 3) == 3
        assert other.read_attribute("long_scalar").value == -2_000_000_000
    admin = DeviceProxy(real_database.device(device.adm_name()))
    for _ in range(2):
        admin.command_inout("DevRestart", "test/restarted/1")
        assert device.command_inout("DevLong", 4) == 4
    before = {proxy.import_info().ior for proxy in (device, other)}
    admin.command_inout("RestartServer")
    # The command is answered before that is done.
    until(lambda: not before & {proxy.import_info().ior for proxy in (device, other)})
    assert device.read_attribute("long_scalar").value == -2_000_000_000
    assert other.command_inout("DevLong", 5) == 5
    number = device.command_inout_asynch("DevLong", 6)
    assert device.command_inout_reply(number, 0) == 6
    server.stop()
    assert reasons_of(device.ping) == ["API_DeviceNotExported"]


def test_a_server_that_is_away_is_tried_once_a_second(own_peers: Peers) -> None:
    """CLI-3, CLI-4"""
    server = own_peers.pytango_server()
    device = DeviceProxy(server.device(NAME))
    device.ping()
    server.kill()
    with pytest.raises(ConnectionFailed) as caught:
        device.ping()
    assert [error.reason for error in caught.value.errors] == ["API_CorbaException", "API_CantConnectToDevice"]
    with pytest.raises(ConnectionFailed, match="The connection request was delayed"):
        device.ping()
    server.start()
    until(lambda: succeeds(device.ping))
    assert device.command_inout("DevLong", 1) == 1


def test_a_command_under_way_when_the_server_dies_is_not_repeated(own_peers: Peers) -> None:
    """CLI-3"""
    server = own_peers.pytango_server()
    device = DeviceProxy(server.device(NAME))
    device.ping()
    threading.Timer(0.2, server.kill).start()
    with pytest.raises(CommunicationFailed) as caught:
        device.command_inout("Sleep", 2.0)
    assert [error.reason for error in caught.value.errors] == ["API_CorbaException", "API_CommunicationFailed"]


def test_a_server_that_hangs(own_peers: Peers) -> None:
    """CLI-2: frozen, it accepts connections and answers nothing; afterwards all is well."""
    server = own_peers.pytango_server()
    device = DeviceProxy(server.device(NAME))
    device.ping()
    device.set_timeout_millis(200)
    server.freeze()
    time.sleep(0.1)  # it stops soon
    try:
        for _ in range(2):
            assert reasons_of(device.state) == ["API_CorbaException", "API_DeviceTimedOut"]
    finally:
        server.thaw()
    device.set_timeout_millis(3000)
    assert device.state() is DevState.ON


async def test_the_asyncio_client_goes_on_after_a_restart(own_peers: Peers) -> None:
    server = own_peers.pytango_server()
    device = AsyncDeviceProxy(server.device(NAME))
    try:
        assert await device.state() is DevState.ON
        await asyncio.to_thread(server.restart)
        assert await device.command_inout("DevLong", 1) == 1
        await asyncio.to_thread(server.kill)
        with pytest.raises(ConnectionFailed):
            await device.ping()
        with pytest.raises(ConnectionFailed, match="The connection request was delayed"):
            await device.ping()
    finally:
        await close_async_connections()


def test_without_transparency_a_lost_connection_is_told(own_peers: Peers) -> None:
    """CLI-3"""
    server = own_peers.pytango_server()
    device = DeviceProxy(server.device(NAME))
    device.set_transparency_reconnection(False)
    device.ping()
    server.kill()
    server.start()
    time.sleep(0.1)  # a connection that was in use this moment is not looked at before it is used again
    device.ping()  # what the server closed while nobody used it is replaced


def test_calls_of_a_connection_that_is_given_up_end(connection: Callable[..., Connection]) -> None:
    way = connection()
    request = CommandInout(NAME, "Sleep", TypedValue(CmdArgType.DevDouble, 0.3))
    future = way.submit(request, 3.0)
    lost: list[Any] = []
    way.on_lost(lost.append)
    threading.Timer(0.1, way.give_up, ("it is gone",)).start()
    with pytest.raises(ConnectionLost):
        way.call(request, 3.0)
    with pytest.raises(ConnectionLost):
        future.result(3.0)
    assert way.closed
    assert len(lost) == 1
    with pytest.raises(ConnectionLost, match="it is gone"):
        way.call(request, 3.0)


def test_several_requests_in_order(connection: Callable[..., Connection]) -> None:
    way = connection()
    requests = [CommandInout(NAME, "DevLong", TypedValue(CmdArgType.DevLong, number)) for number in range(3)]
    failing = CommandInout(NAME, "Fail", TypedValue(CmdArgType.DevVoid, None))
    *answers, failure = way.call_all([*requests, failing], 3.0)
    assert [answer.value for answer in answers] == [0, 1, 2]
    assert failure.reason == "AllTypes_Command"
    with pytest.raises(CallTimeout):
        way.call_all([CommandInout(NAME, "Sleep", TypedValue(CmdArgType.DevDouble, 0.3))], 0.1)


def test_nothing_is_kept_of_references_that_lead_nowhere(own_peers: Peers, real_database: Database) -> None:
    """wire 4.2: each restart gives new ones."""
    own_peers.pytango_server(devices=[("test/again/1", "AllTypes")], database=real_database, instance="again")
    device = DeviceProxy(real_database.device("test/again/1"))
    admin = DeviceProxy(real_database.device(device.adm_name()))
    device.ping()
    kept = len(thread_runner()._slots)
    for _ in range(3):
        admin.command_inout("DevRestart", "test/again/1")
        assert device.command_inout("DevLong", 4) == 4
    assert len(thread_runner()._slots) == kept + 1  # that of the admin device
