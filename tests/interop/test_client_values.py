"""Our clients on real devices: every data type read and written, every type of command.

Source: wire 5, 7, 8; PyTango is asked what it sees of the same device.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from tangoterm.client import AttrQuality, CmdArgType, DeviceProxy, DevState, close_connections
from tangoterm.client.aio import DeviceProxy as AsyncDeviceProxy
from tangoterm.client.aio import close_connections as close_async_connections
from tests.peers.client import PyTangoClient
from tests.peers.process import Server
from tests.peers.servers.AllTypes import COMMANDS, SCALARS, TYPES

NEW: dict[str, Any] = {
    "boolean": False,
    "uchar": 0,
    "short": 32767,
    "ushort": 1,
    "long": 2**31 - 1,
    "ulong": 2**32 - 1,
    "long64": -(2**63),
    "ulong64": 2**64 - 1,
    "float": -0.25,
    "double": 1e300,
    "string": "Gr\u00fc\u00dfe",
    "state": DevState.MOVING,
    "enum": 2,
}
ARGUMENTS: dict[str, Any] = {
    "DevBoolean": True,
    "DevShort": -32768,
    "DevUShort": 65535,
    "DevLong": -(2**31),
    "DevULong": 2**32 - 1,
    "DevLong64": -(2**63),
    "DevULong64": 2**64 - 1,
    "DevFloat": 0.5,
    "DevDouble": 1e-300,
    "DevString": "\u00e9t\u00e9",
    "DevState": DevState.EXTRACT,
    "DevEncoded": ("a format", b"\x00\xff"),
    "DevVarCharArray": [0, 255],
    "DevVarBooleanArray": [True, False],
    "DevVarShortArray": [-1, 1],
    "DevVarUShortArray": [0, 65535],
    "DevVarLongArray": [-1, 2**31 - 1],
    "DevVarULongArray": [2**32 - 1],
    "DevVarLong64Array": [-(2**63), 1],
    "DevVarULong64Array": [2**64 - 1],
    "DevVarFloatArray": [0.5, -0.5],
    "DevVarDoubleArray": [1.5, math.inf],
    "DevVarStringArray": ["one", "", "\u00fc"],
    "DevVarLongStringArray": ([1, -2], ["a", "b"]),
    "DevVarDoubleStringArray": ([1.5], ["a", "b"]),
}


def plain(value: Any) -> Any:
    """Arrays as lists, members of enumerations as numbers."""
    if isinstance(value, (list, tuple)) or hasattr(value, "tolist"):
        return [plain(item) for item in (value.tolist() if hasattr(value, "tolist") else value)]
    return int(value) if isinstance(value, DevState) else value


def formed(value: Any, form: str) -> Any:
    return {"scalar": value, "spectrum": [value, value], "image": [[value] * 3, [value] * 3]}[form]


@pytest.fixture
def device(pytango_all_types: Server) -> Any:
    yield DeviceProxy(pytango_all_types.device("test/alltypes/1"))
    close_connections()


@pytest.mark.parametrize("form", ["scalar", "spectrum", "image"])
@pytest.mark.parametrize("name", SCALARS)
def test_an_attribute_is_written_and_read(device: DeviceProxy, name: str, form: str) -> None:
    """wire 7.1, 7.3: read part and set point stand in one sequence."""
    attribute = f"{name}_{form}"
    value = formed(NEW[name], form)
    for written in (value, formed(SCALARS[name], form)):
        device.write_attribute(attribute, written)
        reading = device.read_attribute(attribute)
        assert plain(reading.value) == plain(written)
        assert plain(reading.w_value) == plain(written)
        assert reading.type.name == TYPES[name]
        assert reading.quality is AttrQuality.ATTR_VALID


def test_what_was_written_is_what_another_client_reads(
    device: DeviceProxy, pytango_client: PyTangoClient, pytango_all_types: Server
) -> None:
    pytango_client.proxy(pytango_all_types.device("test/alltypes/1"))
    names = [f"{name}_{form}" for name in NEW for form in ("scalar", "spectrum", "image") if name != "state"]
    device.write_attributes([(name, formed(NEW[name.rpartition("_")[0]], name.rpartition("_")[2])) for name in names])
    seen = pytango_client(f"{{name: d.read_attribute(name).value for name in {names!r}}}")
    ours = {reading.name: plain(reading.value) for reading in device.read_attributes(names)}
    device.command_inout("Init")
    assert ours == {name: plain(value) for name, value in seen.items()}


def test_an_encoded_attribute(device: DeviceProxy) -> None:
    device.write_attribute("encoded_scalar", ("text", b"\x01\x02\x00"))
    assert device.read_attribute("encoded_scalar").value == ("text", b"\x01\x02\x00")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_of_every_type(device: DeviceProxy, name: str) -> None:
    """wire 8: arguments and results are Anys, with the type codes of Tango."""
    info = device.command_query(name)
    assert (info.in_type, info.out_type) == (CmdArgType[name], CmdArgType[name])
    assert plain(device.command_inout(name, ARGUMENTS[name])) == plain(ARGUMENTS[name])


@pytest.mark.parametrize("name", [name for name in COMMANDS if name.startswith("DevVar")])
def test_an_empty_array(device: DeviceProxy, name: str) -> None:
    empty: Any = ([], []) if name.endswith("StringArray") and name != "DevVarStringArray" else []
    assert plain(device.command_inout(name, empty)) == plain(empty)


async def test_the_asyncio_client_reads_and_writes_the_same(pytango_all_types: Server) -> None:
    device = AsyncDeviceProxy(pytango_all_types.device("test/alltypes/1"))
    try:
        for name in SCALARS:
            for form in ("scalar", "spectrum", "image"):
                value = formed(NEW[name], form)
                await device.write_attribute(f"{name}_{form}", value)
                assert plain((await device.read_attribute(f"{name}_{form}")).value) == plain(value)
        for command in COMMANDS:
            assert plain(await device.command_inout(command, ARGUMENTS[command])) == plain(ARGUMENTS[command])
        await device.command_inout("Init")
    finally:
        await close_async_connections()


def test_large_arrays(device: DeviceProxy, tango_test_server: Server) -> None:
    """wire 2.5: real peers send and take arrays that are longer than a message."""
    values = [float(number) for number in range(200_000)]
    assert plain(device.command_inout("DevVarDoubleArray", values)) == values
    texts = [f"text {number}" for number in range(20_000)]
    assert device.command_inout("DevVarStringArray", texts) == texts
    other = DeviceProxy(tango_test_server.device("sys/tg_test/1"))
    image = other.read_attribute("double_image_ro")
    assert (image.dim_x, image.dim_y) == (251, 251)


def test_qualities_and_times(device: DeviceProxy) -> None:
    for name in ("ATTR_ALARM", "ATTR_CHANGING", "ATTR_WARNING", "ATTR_INVALID", "ATTR_VALID"):
        device.command_inout("SetQuality", name)
        reading = device.read_attribute("qualified")
        assert reading.quality is AttrQuality[name]
        assert reading.time.totime() == 1_700_000_000.25
        assert reading.value == (None if name == "ATTR_INVALID" else 3.5)


def test_state_and_status_as_attributes(device: DeviceProxy) -> None:
    """wire 7.1: the attribute State travels as a case of its own."""
    assert device.read_attribute("State").value is DevState.ON
    assert device.read_attribute("Status").value == "All types"
    assert [reading.name for reading in device.read_attributes(["state", "long_scalar", "status"])] == [
        "State",
        "long_scalar",
        "Status",
    ]
