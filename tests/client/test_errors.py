"""Error stacks as Tango's users know them (CLI-1 to CLI-8)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server_core.database.remote import RemoteStore
from tangoterm.client import CommunicationFailed, ConnectionFailed, DevFailed, DeviceProxy, close_connections
from tests.client.systems import database_server


def reasons(call: Any, kind: type[DevFailed] = DevFailed) -> list[str]:
    with pytest.raises(kind) as caught:
        call()
    return [error.reason for error in caught.value.errors]


def test_an_unknown_device_is_refused_at_once(store: Any) -> None:
    """CLI-1, CLI-6"""
    stack = reasons(lambda: DeviceProxy("no/such/device"))
    assert (stack[0], stack[-1]) == ("DB_DeviceNotDefined", "API_DeviceNotDefined")


@pytest.mark.parametrize(
    ("name", "reason"),
    [("a/b", "API_WrongDeviceNameSyntax"), ("foo://h:1/a/b/c", "API_UnsupportedProtocol")],
)
def test_a_malformed_name_is_refused(name: str, reason: str) -> None:
    assert reasons(lambda: DeviceProxy(name)) == [reason]


def test_a_device_that_is_defined_but_not_served_fails_at_the_call(store: Any) -> None:
    """CLI-1, CLI-6"""
    device = DeviceProxy("lab/bench/1")
    assert reasons(device.ping, ConnectionFailed) == ["API_DeviceNotExported"]
    assert reasons(lambda: device.read_attribute("level")) == ["API_DeviceNotExported", "API_AttributeFailed"]


def test_the_client_adds_what_it_was_doing(device: DeviceProxy) -> None:
    """CLI-8"""
    assert reasons(lambda: device.command_inout("Nope")) == ["API_CommandNotFound", "API_CommandFailed"]
    assert reasons(lambda: device.Refuse("why")) == ["PyDs_PythonError", "API_CommandFailed"]
    assert reasons(lambda: device.read_attribute("nope")) == ["API_AttrNotFound", "API_AttributeFailed"]
    assert reasons(lambda: device.write_attribute("nope", 1)) == ["API_AttrNotFound", "API_AttributeFailed"]
    assert reasons(lambda: device.write_attribute("level", 200)) == ["API_WAttrOutsideLimit", "API_AttributeFailed"]
    assert reasons(lambda: device.write_attributes([("nope", 1)])) == ["API_AttrNotFound"]
    assert reasons(lambda: device.get_attribute_config("nope")) == ["API_AttrNotFound"]
    assert reasons(lambda: device.attribute_history("level", 1)) == ["API_AttrNotPolled"]
    with pytest.raises(DevFailed, match="Failed to read_attribute on device lab/bench/1, attribute nope"):
        device.read_attribute("nope")


def test_a_call_that_takes_too_long_is_given_up(device: DeviceProxy) -> None:
    """CLI-2"""
    assert device.get_timeout_millis() == 3000
    device.set_timeout_millis(50)
    device.command_list_query()
    assert reasons(lambda: device.Sleep(0.3), CommunicationFailed) == ["API_CorbaException", "API_DeviceTimedOut"]
    device.set_timeout_millis(3000)
    assert device.Add(1) > 0


def test_a_time_out_of_the_first_question_about_a_type_is_no_refusal(device: DeviceProxy) -> None:
    """CLI-2: a command or attribute that is used for the first time while the device is busy."""
    busy = DeviceProxy("lab/bench/1")
    number = busy.command_inout_asynch("Sleep", 0.6)
    device.set_timeout_millis(100)
    for call in (lambda: device.Sleep(0.0), lambda: device.write_attribute("level", 1.0)):
        assert reasons(call, CommunicationFailed) == ["API_CorbaException", "API_DeviceTimedOut"]
    busy.command_inout_reply(number, 0)


def test_the_text_of_a_time_out_names_device_and_command(device: DeviceProxy) -> None:
    """CLI-2"""
    device.command_list_query()
    device.set_timeout_millis(50)
    with pytest.raises(DevFailed, match=r"Timeout \(50 mS\) exceeded on device lab/bench/1, command Sleep"):
        device.Sleep(0.2)


def test_a_dead_server_is_tried_once_a_second(spawn: Any) -> None:
    """CLI-4, CLI-5"""
    server = spawn()
    device = DeviceProxy("lab/bench/1")
    device.ping()
    server.kill()
    server.wait()
    assert reasons(lambda: device.read_attribute("level"), ConnectionFailed) == [
        "API_CorbaException",
        "API_CantConnectToDevice",
        "API_AttributeFailed",
    ]
    with pytest.raises(ConnectionFailed, match="The connection request was delayed"):
        device.ping()
    assert reasons(device.ping) == ["API_CantConnectToDevice"]


def test_a_proxy_that_was_never_connected_has_lost_no_connection(spawn: Any) -> None:
    """CLI-3, CLI-5: though another of the same process was, and though it is to repair none."""
    server = spawn()
    DeviceProxy("lab/bench/1").ping()
    server.kill()
    server.wait()
    device = DeviceProxy("lab/bench/1")
    device.set_transparency_reconnection(False)
    assert reasons(device.ping, ConnectionFailed) == ["API_CorbaException", "API_CantConnectToDevice"]
    assert reasons(device.ping, ConnectionFailed) == ["API_CantConnectToDevice"]


def test_a_database_out_of_reach_is_asked_once_a_second(tmp_path: Path) -> None:
    """CLI-4, NAME-7: for a device that has to be looked up."""
    with database_server(tmp_path) as host:
        store = RemoteStore(host)
        store.add_device("bench/off", "lab/off/1", "Bench")
        store.close()
        device = DeviceProxy(f"tango://{host}/lab/off/1")
        assert reasons(device.ping) == reasons(device.ping) == ["API_DeviceNotExported"]
    assert reasons(device.ping, ConnectionFailed) == ["API_CorbaException", "API_CantConnectToDatabase"]
    assert reasons(device.ping, ConnectionFailed) == ["API_CantConnectToDevice"]
    close_connections()


def test_an_asynchronous_call_of_a_dead_server_fails_at_once(spawn: Any) -> None:
    """CLI-5, CLI-8: when it is made, and with the client's error on top."""
    server = spawn()
    device = DeviceProxy("lab/bench/1")
    device.ping()
    server.kill()
    server.wait()
    assert reasons(lambda: device.command_inout_asynch("Add", 1), ConnectionFailed) == [
        "API_CorbaException",
        "API_CantConnectToDevice",
        "API_CommandFailed",
    ]
    calls: dict[str, Callable[[], object]] = {
        "API_CommandFailed": lambda: device.command_inout_asynch("Add", 1, True),
        "API_AttributeFailed": lambda: device.read_attribute_asynch("level"),
    }
    for reason, call in calls.items():
        assert reasons(call, ConnectionFailed) == ["API_CantConnectToDevice", reason]
    assert reasons(lambda: device.write_attribute_asynch("level", 1.0), ConnectionFailed)[-1] == "API_AttributeFailed"
    assert device.pending_asynch_call() == 0
