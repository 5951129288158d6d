"""Our devices by Tango's own protocol, request by request: the interfaces of all levels, who calls, and which objects
there are."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from server_core.device.device import Device
from server_core.model.enums import DevSource, DevState
from server_core.model.errors import DevFailed
from server_core.model.identity import JAVA, ClientIdent
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, AttributeWrite, TypedValue
from server_core.protocol import operations as op
from server_core.protocol.exchange import Reply
from server_core.protocol.giop.connection import Target
from server_core.protocol.giop.failures import SystemFailure
from server_core.server.process import DeviceServer
from server_core.transport.endpoint import parse_endpoints
from tests.transport.giop import GiopClient

if TYPE_CHECKING:
    from tests.server.conftest import Client, Connect, MakeServer

DEVICE = "adm/probe2/1"
DEV = DevSource.DEV
Dial = Callable[..., GiopClient]


@pytest.fixture
def dial(server: DeviceServer) -> Iterator[Dial]:
    """Opens connections of Tango's own protocol to the server; all close with the test."""
    opened: list[GiopClient] = []
    endpoint = parse_endpoints(server.endpoints)[0]

    def open_one(**options: Any) -> GiopClient:
        opened.append(GiopClient(endpoint, **options))
        return opened[-1]

    yield open_one
    for client in opened:
        client.close()


def words(server: DeviceServer, count: int) -> list[str]:
    """What the blackbox says of the last requests, oldest first, without time and host."""
    lines = server.registry.find(DEVICE).blackbox.read(count)
    return [re.sub(r"^\S+ \S+ : | requested from \S+", "", line) for line in reversed(lines)]


READ = op.ReadAttributes(DEVICE, ("Val", "Lng"), DEV)
WRITE = op.WriteAttributes(DEVICE, (AttributeWrite("Val", CmdArgType.DevDouble, 1.0),))
WRITE_READ = op.WriteReadAttributes(DEVICE, WRITE.values, ("Val",))
COMMAND = op.CommandInout(DEVICE, "Nop", VOID, DEV)
BY = " (CPP/Python client with PID 4711)"

WORDS = {
    1: [
        "Operation command_inout (cmd = Nop) from device",
        "Operation read_attributes (Val, Lng) from device",
        "Operation write_attributes (Val)",
        "Operation get_attribute_config",
        "Operation command_list_query",
        "Operation command_query",
        "Operation info",
    ],
    2: [
        "Operation command_inout_2 (cmd = Nop) from device",
        "Operation read_attributes_2 (Val, Lng) from device",
        "Operation write_attributes (Val)",
        "Operation get_attribute_config_2",
        "Operation command_list_query_2",
        "Operation command_query_2",
        "Operation info",
    ],
    3: [
        "Operation command_inout_2 (cmd = Nop) from device",
        "Operation read_attributes_3 (Val, Lng) from device",
        "Operation write_attributes_3 (Val)",
        "Operation get_attribute_config_3",
        "Operation command_list_query_2",
        "Operation command_query_2",
        "Operation info_3",
    ],
    4: [
        "Operation command_inout_4 (cmd = Nop) from device" + BY,
        "Operation read_attributes_4 (Val, Lng) from device" + BY,
        "Operation write_attributes_4 (Val)" + BY,
        "Operation get_attribute_config_3",
        "Operation command_list_query_2",
        "Operation command_query_2",
        "Operation info_3",
    ],
    5: [
        "Operation command_inout_4 (cmd = Nop) from device" + BY,
        "Operation read_attributes_5 (Val, Lng) from device" + BY,
        "Operation write_attributes_4 (Val)" + BY,
        "Operation get_attribute_config_5",
        "Operation command_list_query_2",
        "Operation command_query_2",
        "Operation info_3",
    ],
}
WORDS[6] = [*WORDS[5][:-1], "Operation info_6"]


@pytest.mark.parametrize("level", WORDS)
def test_the_interfaces_of_all_levels(server: DeviceServer, dial: Dial, level: int) -> None:
    """BBX-10, BBX-11, wire 6: each is served, and the blackbox names the operation that came."""
    client = dial(level=level)
    requests = [
        COMMAND,
        READ,
        WRITE,
        op.GetAttributeConfig(DEVICE, ("Val",)),
        op.CommandListQuery(DEVICE),
        op.CommandQuery(DEVICE, "Nop"),
        op.GetInfo(DEVICE),
    ]
    results = [client.ask(request) for request in requests]
    assert not [result for result in results if isinstance(result, Exception)]
    _, readings, _, configs, commands, query, info = results
    assert [(reading.name, reading.value) for reading in readings] == [("Val", 0.0), ("Lng", 0)]
    assert configs[0].name == "Val"
    assert query in commands
    assert info.server_version == 6
    assert words(server, len(requests)) == WORDS[level]


def test_write_and_read_at_once(server: DeviceServer, dial: Dial) -> None:
    """BBX-11: the entry of the older one separates all by commas."""
    for level in (4, 5):
        assert dial(level=level).ask(WRITE_READ)[0].value == 1.0
    assert words(server, 2) == [
        "Operation write_read_attributes_4 (Val, /, Val)" + BY,
        "Operation write_read_attributes_5 (Val/Val)" + BY,
    ]


def test_the_attributes_of_the_object(server: DeviceServer, dial: Dial) -> None:
    """BBX-10, wire 6: state, status, name, description and admin name."""
    client = dial()
    kinds = (op.GetState, op.GetStatus, op.GetName, op.GetDescription, op.GetAdmName)
    assert [client.ask(kind(DEVICE)) for kind in kinds] == [
        DevState.ON,
        "The device is in ON state.",
        DEVICE,
        "A TANGO device",
        "dserver/Probe/a",
    ]
    assert words(server, 5) == [f"Attribute {name}" for name in ("state", "status", "name", "description", "adm_name")]


def test_who_calls_is_known_while_its_connection_lasts(server: DeviceServer, dial: Dial) -> None:
    """BBX-13, wire 5.4: the identification comes with some requests; those without it show none."""
    dial(ident=ClientIdent(JAVA, 0, "atkpanel.MainPanel", (1, 2))).ask(READ)
    dial(ident=ClientIdent(pid=815)).ask(op.Ping(DEVICE))
    assert words(server, 2) == [
        "Operation read_attributes_5 (Val, Lng) from device (Java client with main class atkpanel.MainPanel)",
        "Operation ping",
    ]


def test_locks_by_java_and_by_old_clients(server: DeviceServer, client: Client, dial: Dial) -> None:
    """LOCK-1, LOCK-4, LOCK-20: a Java client is known by its UUID, whatever connection it uses; clients of interfaces
    that carry no identification cannot lock."""

    def admin(client: GiopClient, name: str, numbers: str, *devices: str) -> Any:
        argin = TypedValue(CmdArgType.DevVarLongStringArray, (memoryview(b"\n\0\0\0").cast("i"), list(devices)))
        return client.ask(op.CommandInout(server.admin_name, name, argin, DEV))

    old = admin(dial(level=3), "LockDevice", "", DEVICE)
    assert isinstance(old, DevFailed)
    assert old.reason == "API_ClientTooOld"
    java = ClientIdent(JAVA, 0, "a.Main", (1, 2**32 + 5))
    assert admin(dial(ident=java), "LockDevice", "", DEVICE).value is None
    numbers, texts = client.admin("DevLockStatus", DEVICE)
    assert list(numbers) == [1, 0, 0, 1, 1, 5]
    assert re.fullmatch(rf"Device {DEVICE} is locked by JAVA client class a.Main from host \S+", texts[0])
    assert re.fullmatch(r"giop:tcp:127.0.0.1:\d+", texts[1])
    assert texts[2] == "a.Main"
    assert dial(ident=java).ask(COMMAND).value is None
    for other in (dial(), dial(level=2), dial(ident=java._replace(uuid=(1, 1)))):
        assert other.ask(COMMAND).reason == "API_DeviceLocked"


def test_which_objects_there_are(server: DeviceServer, dial: Dial) -> None:
    """wire 3, 4.2, 4.3: by lower-case name; what they are, and what is none."""
    client = dial()

    def answer(number: int, pieces: Any) -> Any:
        client.write(pieces)
        reply = client.next()
        assert isinstance(reply, Reply)
        return reply.result

    for key in (DEVICE.encode(), server.admin_name.lower().encode()):
        for level in ("", "_2", "_3", "_4", "_5", "_6"):
            assert answer(*client.codec.is_a(key, f"IDL:Tango/Device{level}:1.0")) is True
        assert answer(*client.codec.is_a(key, "IDL:Tango/Device_7:1.0")) is False
        assert answer(*client.codec.non_existent(key)) is False
    for key in (b"ADM/probe2/1", b"a/b/c", b"\xff\xfe", b"database"):
        failure = answer(*client.codec.request(op.Ping(DEVICE), Target(key, 6)))
        assert isinstance(failure, SystemFailure)
        assert failure.name == "OBJECT_NOT_EXIST"


def test_a_restarted_device_is_the_same_object(client: Client, dial: Dial) -> None:
    """LIFE-32: its key is its name."""
    caller = dial()
    for action in (("DevRestart", DEVICE), ("RestartServer",)):
        client.admin(*action)
        assert caller.ask(op.GetName(DEVICE)) == DEVICE


class Slow(Device):
    """Waits in its start, but for the first two, until the test opens the gate."""

    begun = threading.Event()
    gate = threading.Event()
    starts = 0

    @classmethod
    def close(cls) -> None:
        """Begin anew."""
        cls.begun.clear()
        cls.gate.clear()
        cls.starts = 0

    def init_device(self) -> None:
        Slow.starts += 1
        if Slow.starts > 2:
            self.begun.set()
            assert self.gate.wait(10)


def test_requests_during_a_restart_wait(make_server: MakeServer, connect: Connect) -> None:
    """LIFE-35: also those for devices that are just not there."""
    Slow.close()
    server = make_server((Slow,), devices={"Slow": ["a/b/1", "a/b/2"]})
    caller = GiopClient(parse_endpoints(server.endpoints)[0])
    try:
        connect(server).admin("RestartServer")
        assert Slow.begun.wait(10)
        requests = [caller.post(op.GetName(f"a/b/{number}")) for number in (1, 2)]
        caller.socket.settimeout(0.1)
        with pytest.raises(TimeoutError):
            caller.next()
        Slow.gate.set()
        caller.socket.settimeout(10)
        assert [caller.next() for _ in requests] == [Reply(requests[0], "a/b/1"), Reply(requests[1], "a/b/2")]
    finally:
        caller.close()


def test_questions_during_a_restart_wait(make_server: MakeServer, connect: Connect) -> None:
    """LIFE-13, LIFE-32: a device that is being made anew has no commands yet that could be asked for."""
    Slow.close()
    client = connect(make_server((Slow,), devices={"Slow": ["a/b/1", "a/b/2"]}))
    restart = TypedValue(CmdArgType.DevString, "a/b/1")
    restarted = threading.Thread(target=client.command, args=("dserver/Probe/a", "DevRestart", restart))
    restarted.start()
    assert Slow.begun.wait(10)
    asked = client.submit(op.CommandQuery("a/b/1", "State")), client.submit(op.GetAttributeConfig("a/b/1", ("State",)))
    assert not any(answer.done() for answer in asked)
    Slow.gate.set()
    assert asked[0].result(10).cmd_name == asked[1].result(10)[0].name == "State"
    restarted.join(10)
