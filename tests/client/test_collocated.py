"""Devices that call devices of their own server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from server_core import Device, attribute, command
from server_core.server.process import DeviceServer
from tangoterm.client import DevFailed, DeviceProxy, close_connections


class Caller(Device):
    @attribute(dtype=float)
    def level(self) -> float:
        return 2.5

    @attribute(dtype=float)
    def twice(self) -> float:
        value: float = DeviceProxy("lab/caller/2").read_attribute("level").value
        return 2 * value

    @command(dtype_in=str, dtype_out=str)
    def Chain(self, names: str) -> str:
        first, _, rest = names.partition(",")
        device = DeviceProxy(first)
        return str(device.Chain(rest)) if rest else str(device.read_attribute("level").value)


@pytest.fixture
def caller(store: Any) -> Iterator[DeviceProxy]:
    store.add_server("caller/test", [("lab/caller/1", "Caller"), ("lab/caller/2", "Caller")])
    with DeviceServer((Caller,), "caller", "test", store=store):
        yield DeviceProxy("lab/caller/1")
        close_connections()


def test_a_device_calls_others_of_its_server_and_itself(caller: DeviceProxy) -> None:
    """SER-5: a call that comes back to a device at work enters its monitor again instead of waiting for ever."""
    assert caller.twice == 5.0
    assert caller.Chain("lab/caller/2,lab/caller/1,lab/caller/1") == "2.5"
    assert caller.Chain("lab/caller/1") == "2.5"
    assert "requested from a collocated client" in DeviceProxy("lab/caller/2").black_box(1)[0]


def test_errors_come_out_as_from_elsewhere(caller: DeviceProxy) -> None:
    """CLI-8"""
    with pytest.raises(DevFailed) as caught:
        caller.Chain("lab/caller/2,no/such/one")
    assert [error.reason for error in caught.value.errors] == [
        "DB_DeviceNotDefined",
        "API_DeviceNotDefined",
        "API_CommandFailed",
        "API_CommandFailed",
    ]


def test_a_client_outside_of_devices_uses_the_connection(caller: DeviceProxy) -> None:
    caller.ping()
    assert "collocated" not in caller.black_box(1)[0]
