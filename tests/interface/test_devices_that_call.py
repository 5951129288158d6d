"""Devices that are clients: a proxy in device code, blocking or awaited, reaches devices of the same server too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from server_core import DevFailed, Device, DevState, attribute, command, device_property
from server_core.server.process import DeviceServer
from tangoterm.client import DeviceProxy, aio, close_connections


class Sensor(Device):
    @attribute(dtype=float)
    def value(self) -> float:
        return 2.5


class Controller(Device):
    sensor = device_property(dtype=str, mandatory=True)

    def init_device(self) -> None:
        super().init_device()
        self.proxy = DeviceProxy(self.sensor)
        self.set_state(DevState.ON)

    @attribute(dtype=float)
    def doubled(self) -> float:
        return 2 * float(self.proxy.value)

    @command(dtype_out=float)
    async def Awaited(self) -> float:
        proxy = await aio.DeviceProxy(self.sensor)
        value = float((await proxy.read_attribute("value")).value)
        await aio.close_connections()
        return value

    @command
    def Break(self) -> None:
        self.proxy.read_attribute("nothing")


@pytest.fixture
def controller(store: Any) -> Iterator[DeviceProxy]:
    store.add_server("Loop/a", [("test/sensor/1", "Sensor"), ("test/controller/1", "Controller")])
    store.put_device_property("test/controller/1", {"sensor": ["test/sensor/1"]})
    with DeviceServer((Sensor, Controller), "Loop", "a", store=store):
        yield DeviceProxy("test/controller/1")
        close_connections()


def test_a_device_reads_another_of_its_server(controller: DeviceProxy) -> None:
    """CMD-7: what the other device refuses arrives as the root of the error."""
    assert controller.doubled == 5.0
    with pytest.raises(DevFailed) as raised:
        controller.Break()
    assert [error.reason for error in raised.value.errors] == [
        "API_AttrNotFound",
        "API_AttributeFailed",
        "API_CommandFailed",
    ]


def test_an_asynchronous_method_awaits_another_device(controller: DeviceProxy) -> None:
    assert controller.Awaited() == 2.5
