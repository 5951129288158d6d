"""What users get as value and set point of a reading, and that arrays are theirs."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any

import numpy
import pytest

from server_core import AttrQuality, AttrWriteType, Device, attribute, command
from server_core.server.process import DeviceServer
from tangoterm.client import DevFailed, DeviceProxy, close_connections

RO, RW, WO = AttrWriteType.READ, AttrWriteType.READ_WRITE, AttrWriteType.WRITE


def of(dtype: Any, value: Any, access: AttrWriteType = RO) -> attribute:
    def read(device: Device) -> Any:
        return value

    def write(device: Device, given: Any) -> None:
        pass

    reader = {} if access is WO else {"fget": read}
    writer = {} if access is RO else {"fset": write}
    return attribute(dtype=dtype, access=access, max_dim_x=5000, max_dim_y=10, **reader, **writer)


class Shapes(Device):
    """One attribute for each shape and access."""

    ro0 = of(float, 1.5)
    rw0 = of(float, 1.5, RW)
    wo0 = of(float, 1.5, WO)
    ro1 = of([float], [1.5, 2.5])
    rw1 = of([float], [1.5, 2.5], RW)
    wo1 = of([float], [1.5], WO)
    ro2 = of([[float]], [[1.5, 2.5]])
    rw2 = of([[float]], [[1.5, 2.5]], RW)
    wo2 = of([[float]], [[1.5]], WO)
    empty1 = of([float], [])
    empty2 = of([[float]], [[]])
    rwempty1 = of([float], [], RW)
    rwempty2 = of([[float]], [[]], RW)
    text1 = of([str], ["a", "b"])
    text2 = of([[str]], [["a", "b"]])
    invalid1 = of([float], ([1.5], 1.0, AttrQuality.ATTR_INVALID))
    large1 = of([float], [1.5] * 5000)

    @attribute(dtype=[float], max_dim_x=1)
    def failed1(self) -> Any:
        raise RuntimeError("nothing to read")

    @command(dtype_in=[float], dtype_out=[float])
    def Double(self, argin: Any) -> Any:
        argin *= 2
        return argin


@pytest.fixture
def shapes(store: Any) -> Iterator[DeviceProxy]:
    store.add_server("shapes/a", [("a/b/c", "Shapes")])
    with DeviceServer((Shapes,), "shapes", "a", store=store):
        yield DeviceProxy("a/b/c")
        close_connections()


def plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, numpy.ndarray) else value


@pytest.mark.parametrize(
    ("name", "value", "w_value", "shapes_of_both", "is_empty"),
    [
        ("ro0", 1.5, None, None, False),
        ("rw0", 1.5, 0.0, None, False),
        ("wo0", 0.0, 0.0, None, False),
        ("ro1", [1.5, 2.5], [], [(2,), (0,)], False),
        ("rw1", [1.5, 2.5], [0.0], [(2,), (1,)], False),
        ("wo1", [0.0], [0.0], [(1,), (1,)], False),
        ("ro2", [[1.5, 2.5]], [], [(1, 2), (0, 0)], False),
        ("rw2", [[1.5, 2.5]], [], [(1, 2), (0, 1)], False),
        ("wo2", [], [], [(0, 1), (0, 1)], True),
        ("empty1", [], [], [(0,), (0,)], True),
        ("empty2", [[]], [], [(1, 0), (0, 0)], True),
        ("rwempty1", [], [0.0], [(0,), (1,)], False),
        ("rwempty2", [[]], [], [(1, 0), (0, 1)], True),
        ("text1", ("a", "b"), (), None, False),
        ("text2", (("a", "b"),), (), None, False),
        ("invalid1", None, None, None, True),
        ("failed1", None, None, None, True),
    ],
)
def test_value_and_set_point(
    shapes: DeviceProxy, name: str, value: Any, w_value: Any, shapes_of_both: Any, is_empty: bool
) -> None:
    """ATT-24, ATT-25, ATT-28, ATT-29, ATT-30: what PyTango 10.3 gives for the same attributes, but that
    an image without elements is empty whatever its set point, which has none either."""
    reading = shapes.read_attributes([name])[0]
    assert (plain(reading.value), plain(reading.w_value), reading.is_empty) == (value, w_value, is_empty)
    if shapes_of_both is not None:
        assert [reading.value.shape, reading.w_value.shape] == shapes_of_both


@pytest.mark.parametrize("name", ["ro1", "rw1", "ro2", "large1"])
def test_arrays_belong_to_who_reads_them(shapes: DeviceProxy, name: str) -> None:
    """ATT-28: they may be changed in place, and the next reading is not touched by it."""
    reading = shapes.read_attribute(name)
    reading.value[...] = 9
    assert reading.value.flat[0] == 9
    assert shapes.read_attribute(name).value.flat[0] == 1.5


def test_arguments_and_results_belong_to_who_gets_them(shapes: DeviceProxy) -> None:
    """TYP-14: the command changes its argument in place, the caller the result."""
    for size in (0, 3, 5000):
        sent = numpy.ones(size)
        result = shapes.Double(sent)
        result += 1
        assert result.tolist() == [3.0] * size
        assert sent.tolist() == [1.0] * size


def test_without_numpy_arrays_are_plain_ones_all_the_way(shapes: DeviceProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """ATT-28, ATT-29, ATT-43: for who reads, for the device's code, and where values are checked."""
    for module in ("server_core.model.conversion", "server_core.device.scan"):
        monkeypatch.setattr(f"{module}.numpy_or_none", lambda: None)
    reading = shapes.read_attribute("large1")
    assert (reading.value, reading.w_value) == (array("d", [1.5] * 5000), array("d"))
    reading.value[0] = 9
    assert shapes.read_attribute("large1").value[0] == 1.5
    assert shapes.read_attribute("ro2").value == [array("d", [1.5, 2.5])]
    shapes.write_attribute("rw2", [array("d", [1, 2, 3]), array("d", [4, 5, 6])])
    assert shapes.read_attribute("rw2").w_value == [array("d", [1, 2, 3]), array("d", [4, 5, 6])]
    with pytest.raises(DevFailed) as raised:
        shapes.write_attribute("rw1", array("d", [1.0] * 999 + [float("inf")]))
    assert "at least element 999" in raised.value.errors[0].desc
    assert [error.reason for error in raised.value.errors] == ["API_WAttrOutsideLimit", "API_AttributeFailed"]
