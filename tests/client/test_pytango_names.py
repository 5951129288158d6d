"""The names that PyTango's users know, and that `docs/pytango.md` tells what is left out of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from server_core.transport.endpoint import native_text
from tangoterm import client
from tangoterm.client import AttributeProxy, CmdArgType, DeviceProxy, DevSource, close_connections

DOCUMENT = Path(__file__).parents[2] / "docs" / "pytango.md"


@pytest.mark.parametrize("name", ["DeviceProxy", "AttributeProxy", "Group", "ApiUtil", "Except", "GroupCmdReply"])
def test_what_is_left_out_is_documented(name: str) -> None:
    tango = pytest.importorskip("tango")
    theirs = {each for each in dir(getattr(tango, name)) if not each.startswith("_")}
    ours = set(object.__dir__(getattr(client, name))) | set(dir(getattr(client, name)))
    left_out = set(re.findall(r"`(\w+)`", DOCUMENT.read_text().partition("## What is left out")[2]))
    assert theirs - ours <= left_out


def test_members_of_enumerations_have_names_of_their_own() -> None:
    assert client.DevDouble is CmdArgType.DevDouble
    assert client.DevVarStringArray is CmdArgType.DevVarStringArray
    assert (client.SCALAR.name, client.READ_WRITE.name) == ("SCALAR", "READ_WRITE")
    assert client.DevState.ON.name == "ON"
    with pytest.raises(AttributeError, match="has no attribute 'DevNothing'"):
        _ = client.DevNothing


def test_where_a_device_is_and_what_it_speaks(device: DeviceProxy) -> None:
    """CLI-1: the database is asked, the device only for what it alone knows."""
    imported = device.import_info()
    assert (imported.name, imported.exported) == ("lab/bench/1", 1)
    assert f":{device.get_dev_port()}" in native_text(imported.ior)
    assert device.get_dev_host()
    assert device.get_idl_version() == device.info().server_version
    assert device.get_tango_lib_version() >= 902
    assert device.get_device_db().get_device_info("lab/bench/1").name == "lab/bench/1"
    assert device.get_from_env_var()
    with pytest.raises(client.DevFailed, match="it has no host"):
        device.get_db_host()
    device.reconnect(True)
    assert "Operation ping" in device.black_box(1)[0]


def test_the_proxy_may_take_names_of_its_own(device: DeviceProxy) -> None:
    assert device.is_dynamic_interface_frozen()
    with pytest.raises(AttributeError):
        device.note = "mine"
    device.unfreeze_dynamic_interface()
    device.note = "mine"
    device.level = 3
    assert (device.note, device.level) == ("mine", 3.0)
    device.freeze_dynamic_interface()
    with pytest.raises(AttributeError):
        device.other = 1


def test_configurations_are_kept_or_asked_each_time(device: DeviceProxy) -> None:
    assert device.is_attribute_config_cache_enabled()
    device.write_attribute("level", 1)
    device.set_attribute_config_cache(False)
    device.write_attribute("level", 2)
    assert "get_attribute_config" in device.black_box(2)[1]
    assert device.level == 2.0
    device.set_attribute_config_cache(True)
    device.write_attribute("level", 3)
    device.write_attribute("level", 4)
    assert "write_attributes" in device.black_box(2)[1]


def test_an_attribute_proxy_shares_its_device(device: DeviceProxy) -> None:
    """NAME-8: settings of the device are those of the attribute."""
    attribute = AttributeProxy("lab/bench/1/level")
    attribute.set_transparency_reconnection(False)
    shared = attribute.get_device_proxy()
    assert not shared.get_transparency_reconnection()
    shared.set_source(DevSource.CACHE)
    with pytest.raises(client.DevFailed, match="API_AttrNotPolled"):
        attribute.read()
    close_connections()
