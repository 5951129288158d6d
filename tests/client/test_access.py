"""Access control: a control system says who may write, and its clients obey."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core import AttrWriteType, Device, attribute, command
from server_core.database.remote import RemoteStore
from server_core.server.process import DeviceServer
from server_core.transport.interfaces import reachable_addresses
from tangoterm.client import AccessControlType, Database, DevFailed, DeviceProxy, NotAllowed, close_connections
from tests.captured import Case, replayed_cases
from tests.database.database_server import Database as DatabaseServer

READ, WRITE = AccessControlType.ACCESS_READ, AccessControlType.ACCESS_WRITE
SERVICE = "sys/access_control/1"


class Guarded(Device):
    """A device with something to write and something to execute."""

    written = 0.0

    @attribute(dtype=float, access=AttrWriteType.READ_WRITE)
    def plain(self) -> float:
        return self.written

    @plain.write
    def plain(self, value: float) -> None:
        self.written = value

    @command
    def Echo(self, text: str) -> str:
        return text


class Rights(Device):
    """Lets nobody write but to devices of the domain `free`; remembers who asked."""

    asked: list[list[str]]

    def init_device(self) -> None:
        self.asked = []

    @command(dtype_in=(str,), dtype_out=str)
    def GetAccess(self, argin: list[str]) -> str:
        self.asked.append(list(argin))
        return "write" if argin[2].startswith("free/") else "read"

    @command(dtype_in=str, dtype_out=(str,))
    def GetAllowedCommands(self, class_name: str) -> list[str]:
        return ["echo"] if class_name == "Guarded" else []


class NewRights(Rights):
    """The same, as access controls of today have it: for all addresses of a machine at once."""

    @command(dtype_in=(str,), dtype_out=str)
    def GetAccessForMultiIP(self, argin: list[str]) -> str:
        self.asked.append(list(argin))
        return "write" if argin[1].startswith("free/") else "none"


class System:
    """A control system with a database server and a server of guarded devices."""

    def __init__(self, directory: Path) -> None:
        self.database = DatabaseServer(directory)
        self.store = RemoteStore(self.database.host)
        self.store.add_server("Guarded/1", [("test/attr/2", "Guarded"), ("free/attr/1", "Guarded")])
        self.store.add_device("Rights/1", SERVICE, "Rights")
        self._directory = directory
        self._servers = [self.start(Guarded, "Guarded")]

    def start(self, device_class: type[Device], server: str) -> DeviceServer:
        path = str(self._directory / f"{server}.sock")
        started = DeviceServer([device_class], server, "1", store=self.store, unix_path=path)
        started.start()
        return started

    def announce(self, service: str = SERVICE) -> None:
        """Put the system under access control."""
        self.database.store.put_property("CtrlSystem", {"Services": [f"AccessControl/tango:{service}"]})

    def serve(self, device_class: type[Device] = Rights) -> Any:
        """Start the access control and give its device."""
        self.store.add_device("Rights/1", SERVICE, device_class.__name__)
        server = self.start(device_class, "Rights")
        self._servers.append(server)
        return server.registry.find(SERVICE).kernel.device

    def device(self, name: str = "test/attr/2") -> DeviceProxy:
        return DeviceProxy(f"tango://{self.database.host}/{name}")

    def db(self) -> Database:
        return Database(self.database.host)

    def close(self) -> None:
        close_connections()
        for server in self._servers:
            server.stop()
        self.store.close()
        self.database.close()


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    system = System(tmp_path)
    yield system
    system.close()


def refused(call: Callable[..., object], *args: object) -> list[str]:
    with pytest.raises(NotAllowed) as caught:
        call(*args)
    return [error.reason for error in caught.value.errors]


def outcome(call: Callable[..., object], *args: object) -> tuple[str, object]:
    """What a call gives, in the form of the captured cases: the result, or the errors."""
    try:
        result = call(*args)
    except DevFailed as failure:
        return "DevFailed", [(error.reason, error.desc) for error in failure.errors]
    return "ok", getattr(result, "name", str(result))


def actions(system: System) -> list[Callable[[], tuple[str, object]]]:
    """The calls of the captured cases, in their order."""
    db, device = system.db(), system.device()
    return [
        lambda: outcome(db.command_inout, "DbGetServerList", "zz*"),
        lambda: outcome(db.command_inout, "DbGetClassList", "zz*"),
        lambda: outcome(lambda: len(db.command_inout("DbInfo"))),
        lambda: outcome(db.command_inout, "DbPutProperty", ["obj", "1", "p", "1", "v"]),
        lambda: outcome(system.device("sys/database/2").state),
        lambda: outcome(db.get_access_control),
        lambda: outcome(lambda: device.read_attribute("plain").value),
        lambda: outcome(device.write_attribute, "plain", 1.0),
        lambda: outcome(device.command_inout, "Echo", "x"),
        lambda: outcome(device.command_inout, "State"),
        lambda: outcome(device.get_access_control),
    ]


def replay(system: System, letter: str) -> None:
    cases: dict[str, Case] = {case.id: case for case in replayed_cases("model", "access_control")}
    for number, action in enumerate(actions(system)):
        case = cases.get(f"ACC-{letter}{number}")
        answer = action()
        if case is None or ((kind := case.data["out"])[0] == "ok" and number == 9):
            continue  # the state of the captured device was another
        word, expected = kind
        assert answer[0] == word, case.id
        if word == "ok":
            assert answer[1] == expected, case.id
        else:
            assert [list(error) for error in answer[1]] == expected, case.id  # type: ignore[attr-defined]


def test_an_access_control_that_cannot_be_asked_leaves_reading_alone(system: System) -> None:
    """DB-230, DB-231, DB-233: named in CtrlSystem/Services and not running."""
    system.announce()
    replay(system, "N")
    assert system.db().get_access_except_errors()[0].reason == "API_DeviceNotExported"


def test_a_super_user_is_not_asked(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """DB-232: SUPER_TANGO in the environment of the client."""
    monkeypatch.setenv("SUPER_TANGO", "true")
    system.announce()
    replay(system, "S")
    system.db().delete_property("CtrlSystem", "Services")


def test_without_access_control_everybody_may_write(system: System) -> None:
    """DB-230."""
    device = system.device()
    assert device.get_access_control() is WRITE
    device.write_attribute("plain", 2.0)
    assert device.read_attribute("plain").value == 2.0
    assert device.command_inout("Echo", "x") == "x"
    system.db().put_property("obj", {"p": "1"})


def test_the_access_control_says_who_may_write(system: System) -> None:
    """ATT-87, DB-230, DB-234: by user, address and device; commands that the class allows to everybody pass."""
    system.announce()
    service = system.serve()
    device, free = system.device(), system.device("free/attr/1")
    assert device.get_access_control() is READ
    assert free.get_access_right() is WRITE
    user, addresses = pwd.getpwuid(os.geteuid()).pw_name.lower(), reachable_addresses("0.0.0.0")
    assert service.asked[: len(addresses)] == [[user, address, "test/attr/2"] for address in addresses]
    free.write_attribute("plain", 3.0)
    assert free.plain == 3.0
    assert device.read_attribute("plain").value == 0.0
    assert device.command_inout("Echo", "x") == "x"
    assert refused(device.command_inout, "State") == ["API_ReadOnlyMode", "API_CommandFailed"]
    assert refused(device.write_attribute, "plain", 1.0) == ["API_ReadOnlyMode", "API_AttributeFailed"]
    assert "API_ReadOnlyMode" in refused(device.write_read_attribute, "plain", 1.0)
    config = device.get_attribute_config("plain")
    assert "API_ReadOnlyMode" in refused(device.set_attribute_config, config)
    assert refused(system.db().put_device_property, "a/b/c", {"p": ["1"]}) == ["API_ReadOnlyMode"]
    assert system.db().get_device_property("a/b/c", "p") == {"p": []}
    assert system.db().check_access_control("free/attr/1") is WRITE
    assert len([asked for asked in service.asked if asked[2] == "test/attr/2"]) <= 4


def test_the_access_control_is_asked_once_for_all_addresses(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """DB-230: for the user whom the process acts for, whatever the environment says, and for the addresses of the
    interfaces, whatever the host's name stands for."""
    monkeypatch.setenv("LOGNAME", "nobody_else")
    system.announce()
    service = system.serve(NewRights)
    device, free = system.device(), system.device("free/attr/1")
    assert device.get_access_control() is READ
    assert free.get_access_control() is WRITE
    user, addresses = pwd.getpwuid(os.geteuid()).pw_name.lower(), reachable_addresses("0.0.0.0")
    assert service.asked == [[user, "test/attr/2", *addresses], [user, "free/attr/1", *addresses]]


def test_a_database_that_is_down_keeps_nobody_from_a_known_device(system: System) -> None:
    device = system.device()
    assert device.read_attribute("plain").value == 0.0
    system.database.server.stop()
    device.write_attribute("plain", 1.0)
    assert device.command_inout("Echo", "x") == "x"


def test_a_client_may_be_told_what_it_may_do(system: System) -> None:
    """DB-233."""
    device = system.device()
    device.set_access_control(READ)
    assert "API_ReadOnlyMode" in refused(device.write_attribute, "plain", 1.0)
    device.set_access_control(WRITE)
    device.write_attribute("plain", 1.0)
