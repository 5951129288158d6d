"""A server of ours as a client of others: it calls their devices, and forwards their attributes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server_core import Device, DevState, attribute, command
from server_core.database.locate import open_store
from server_core.server.process import DeviceServer
from tangoterm.client import AttrQuality, DevFailed, DeviceProxy, close_connections
from tests.peers.fixtures import Database
from tests.peers.process import Server
from tests.waiting import until

NAME, ROOT = "test/forwarder/1", "test/pytango/1"


class Forwarder(Device):
    """Shows an attribute of another device, and calls that."""

    shown = attribute(name="shown", label="Shown", forwarded=True)

    @command(dtype_in=str, dtype_out=float)
    def Ask(self, name: str) -> float:
        """The value of an attribute of the other device."""
        return float(DeviceProxy(ROOT).read_attribute(name).value)


@pytest.fixture
def forwarder(
    real_database: Database, pytango_all_types_in_database: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DeviceProxy]:
    monkeypatch.setenv("TANGO_HOST", real_database.host)
    real_database.add_server("Forwarder/1", [(NAME, "Forwarder")])
    real_database.put_attribute_property(NAME, "shown", __root_att=f"{ROOT}/long_scalar")
    DeviceProxy(ROOT).command_inout("Init")
    store = open_store(real_database.host)
    with DeviceServer((Forwarder,), "Forwarder", "1", store=store):
        yield DeviceProxy(NAME)
        close_connections()
    store.close()


def test_an_attribute_of_another_server_is_forwarded(forwarder: DeviceProxy) -> None:
    """ATT-80: its configuration is followed by events over ZeroMQ, readings and writes go there."""
    until(lambda: forwarder.state() is not DevState.ALARM)
    reading = forwarder.read_attribute("shown")
    assert (reading.value, reading.quality) == (-2_000_000_000, AttrQuality.ATTR_VALID)
    forwarder.write_attribute("shown", 17)
    root = DeviceProxy(ROOT)
    assert root.read_attribute("long_scalar").value == 17
    config = root.get_attribute_config("long_scalar")
    config.unit = "mm"
    root.set_attribute_config(config)
    until(lambda: forwarder.get_attribute_config("shown").unit == "mm")
    root.command_inout("Init")


def test_a_device_calls_another(forwarder: DeviceProxy) -> None:
    assert forwarder.command_inout("Ask", "double_scalar") == 2.25
    with pytest.raises(DevFailed) as caught:
        forwarder.command_inout("Ask", "failing")
    assert caught.value.reason == "AllTypes_Read"
