"""Devices that call devices of their own server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy
import pytest

from server_core import Device, attribute, command
from server_core.server.process import DeviceServer
from tangoterm.client import DevFailed, DeviceProxy, Group, close_connections
from tests.client.systems import port_of


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

    @command(dtype_out=(float,))
    def All(self) -> list[float]:
        group = Group("all")
        group.add("lab/caller/*")
        return [reply.get_data().value for reply in group.read_attribute("level")]

    @attribute(dtype=[float], max_dim_x=10)
    def wave(self) -> Any:
        return self.kept

    @wave.write
    def wave(self, value: Any) -> None:
        value *= 2
        self.kept = value

    @command(dtype_in=[float], dtype_out=[float])
    def Double(self, values: Any) -> Any:
        values *= 2
        return values

    @command(dtype_out=[float])
    def Change(self) -> list[float]:
        """First elements of arrays, each of which is changed by one side after the other had it."""
        other = DeviceProxy("lab/caller/2")
        given = numpy.ones(3)
        other.write_attribute("wave", given)
        found = [given[0]]
        given[:] = 7
        reading = other.read_attribute("wave")
        found += [reading.value[0], reading.w_value[0]]
        reading.value[:] = reading.w_value[:] = 7
        reading = other.read_attribute("wave")
        found += [reading.value[0], reading.w_value[0]]
        argument = numpy.ones(3)
        return [*found, other.Double(argument)[0], argument[0]]

    @command
    def Defer(self) -> None:
        self.done = ["begin"]
        DeviceProxy(self.get_name()).command_inout_asynch("Note", forget=True)
        time.sleep(0.1)
        self.done.append("end")

    @command
    def Note(self) -> None:
        self.done.append("note")

    @command(dtype_out=(str,))
    def Done(self) -> list[str]:
        return self.done


@pytest.fixture
def caller(store: Any) -> Iterator[DeviceProxy]:
    store.add_server("caller/test", [("lab/caller/1", "Caller"), ("lab/caller/2", "Caller")])
    with DeviceServer((Caller,), "caller", "test", store=store):
        yield DeviceProxy("lab/caller/1")
        close_connections()


def test_a_device_calls_others_of_its_server_and_itself(caller: DeviceProxy) -> None:
    """SER-2: a call that comes back to a device at work enters its monitor again instead of waiting for ever."""
    assert caller.twice == 5.0
    assert caller.Chain("lab/caller/2,lab/caller/1,lab/caller/1") == "2.5"
    assert caller.Chain("lab/caller/1") == "2.5"
    assert list(caller.All()) == [2.5, 2.5]
    assert "requested from a collocated client" in DeviceProxy("lab/caller/2").black_box(1)[0]


def test_a_device_calls_itself_without_a_database() -> None:
    """SER-2"""
    with DeviceServer((Caller,), "caller", "alone", store=None, devices={"Caller": ["a/b/c"]}) as server:
        name = f"tango://127.0.0.1:{port_of(server)}/a/b/c#dbase=no"
        assert DeviceProxy(name).Chain(name) == "2.5"
        close_connections()


def test_what_a_device_leaves_for_later_is_done_when_it_has_ended(caller: DeviceProxy, until: Any) -> None:
    """CMD-17"""
    caller.Defer()
    until(lambda: len(caller.Done()) == 3)
    assert list(caller.Done()) == ["begin", "end", "note"]


def test_arrays_are_not_shared_between_devices(caller: DeviceProxy) -> None:
    """ATT-28, ATT-47: who has written or read an array in the own server may change it, as one from elsewhere."""
    assert caller.Change().tolist() == [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0]


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
