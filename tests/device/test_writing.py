"""Writes of several attributes: the author's hook behind them, what is memorised, who owns the arrays."""

from __future__ import annotations

from array import array
from dataclasses import fields, replace
from typing import Any

import pytest

from server_core import AttrWriteType, DevFailed, Device, attribute
from server_core.model.config import PartialConfig
from server_core.model.errors import MultiDevFailed
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeWrite

RW = AttrWriteType.READ_WRITE


class Hardware(Device):
    """A device that sends what was written by a hook, which may fail, and scales arrays in place."""

    fails = False
    gain = attribute(dtype=float, access=RW, memorized=True)
    offset = attribute(dtype=float, access=RW, memorized=True, max_value=10)
    wave = attribute(dtype=[float], access=RW, max_dim_x=10)
    picture = attribute(dtype=[["uint8"]], access=RW, max_dim_x=3, max_dim_y=2)
    nolabels = attribute(dtype="DevEnum", access=RW)

    def init_device(self) -> None:
        self.calls: list[Any] = []

    def names(self, indices: list[int]) -> list[str]:
        return [self.get_device_attr().get_attr_by_ind(index).get_name() for index in indices]

    def always_executed_hook(self) -> None:
        self.calls.append("hook")

    def read_attr_hardware(self, attr_list: list[int]) -> None:
        self.calls.append(("read", self.names(attr_list)))

    def write_attr_hardware(self, attr_list: list[int]) -> None:
        self.calls.append(("write", self.names(attr_list)))
        if self.fails:
            raise DevFailed.of("Hw_Reason", "no hardware")

    def read_gain(self) -> float:
        return 1.0

    def write_gain(self, value: float) -> None:
        pass

    def read_offset(self) -> float:
        return 2.0

    def write_offset(self, value: float) -> None:
        pass

    def read_wave(self) -> list[float]:
        return [0.0]

    def write_wave(self, value: Any) -> None:
        for index in range(len(value)):
            value[index] *= 10
        self.calls.append(list(value))

    def read_picture(self) -> list[list[int]]:
        return [[0] * 3] * 3

    def write_picture(self, value: Any) -> None:
        pass

    def read_nolabels(self) -> int:
        return 0

    def write_nolabels(self, value: int) -> None:
        pass


def double(name: str, value: float) -> AttributeWrite:
    return AttributeWrite(name, CmdArgType.DevDouble, value)


def wave(*values: float) -> AttributeWrite:
    return AttributeWrite("wave", CmdArgType.DevDouble, memoryview(array("d", values)), len(values))


def set_points(kernel: Any, *names: str) -> list[Any]:
    values = [value.w_value for value in kernel.read_attributes(names)]
    return [value.tolist() if isinstance(value, memoryview) else value for value in values]


def test_a_hook_that_fails_fails_all_that_was_written(start: Any, host: Any) -> None:
    """ATT-40, ATT-47, ATT-65: each attribute gets the hook's error beside those of the others, set points are what
    they were, and nothing is memorised."""
    kernel = start(Hardware)
    kernel.write_attributes([double("gain", 1.5), wave(1.0)])
    kernel.device.fails = True
    with pytest.raises(MultiDevFailed) as raised:
        kernel.write_attributes([double("gain", 7.0), double("offset", 11.0), wave(2.0)])
    assert [(failed.name, failed.index_in_call, failed.errors[0].reason) for failed in raised.value.failed] == [
        ("offset", 1, "API_WAttrOutsideLimit"),
        ("gain", 0, "Hw_Reason"),
        ("wave", 2, "Hw_Reason"),
    ]
    assert ("write", ["gain", "wave"]) in kernel.device.calls
    assert set_points(kernel, "gain", "wave") == [1.5, [1.0]]
    assert host.properties.attributes["test/device/1", "gain"]["__value"] == ["1.5"]


def test_all_that_a_call_memorises_is_one_request_to_the_database(start: Any, host: Any, monkeypatch: Any) -> None:
    """ATT-65: and a database that does not take it fails what was to be memorised, no more."""
    kernel = start(Hardware)
    requests: list[Any] = []
    put = host.properties.put_device_attribute_property

    def watched(device: str, texts: Any) -> None:
        requests.append(texts)
        put(device, texts)

    monkeypatch.setattr(host.properties, "put_device_attribute_property", watched)
    kernel.write_attributes([double("gain", 3.0), wave(1.0), double("offset", 4.0)])
    assert requests == [{"gain": {"__value": ["3"]}, "offset": {"__value": ["4"]}}]

    def refuse(device: str, texts: Any) -> None:
        raise DevFailed.of("DB_SQLError", "no database")

    monkeypatch.setattr(host.properties, "put_device_attribute_property", refuse)
    with pytest.raises(MultiDevFailed) as raised:
        kernel.write_attributes([double("gain", 5.0), wave(2.0)])
    assert [(failed.name, failed.errors[0].reason) for failed in raised.value.failed] == [("gain", "DB_SQLError")]
    assert set_points(kernel, "gain", "wave") == [5.0, [2.0]]


@pytest.mark.parametrize("size", [2, 10])
def test_the_author_of_a_write_method_owns_the_array_it_gets(start: Any, size: int) -> None:
    """ATT-47: what the code makes of it leaves the set point as the client wrote it."""
    kernel = start(Hardware)
    kernel.write_attributes([wave(*[1.0] * size)])
    assert [10.0] * size in kernel.device.calls
    assert set_points(kernel, "wave") == [[1.0] * size]


def test_the_hook_of_reads_is_told_what_can_be_read(start: Any) -> None:
    """ATT-23: an attribute with a start-up error, and State and Status, are no affair of the hardware."""
    kernel = start(Hardware)
    kernel.read_attributes(["State", "gain", "nolabels", "wave"])
    assert kernel.device.calls == ["hook", ("read", ["gain", "wave"])]


def failures(kernel: Any, *writes: AttributeWrite) -> list[tuple[str, str, str]]:
    with pytest.raises(MultiDevFailed) as raised:
        kernel.write_attributes(writes)
    return [(failed.name, failed.errors[0].reason, failed.errors[0].desc) for failed in raised.value.failed]


def test_what_no_attribute_can_take_does_not_reach_the_device(start: Any) -> None:
    """ATT-40, ATT-75: neither the hook nor a method is called; of two dimensions that are too large the x is told."""
    kernel = start(Hardware)
    picture = AttributeWrite("picture", CmdArgType.DevUChar, memoryview(bytes(12)), 4, 3)
    high = AttributeWrite("picture", CmdArgType.DevUChar, memoryview(bytes(9)), 3, 3)
    nolabels = AttributeWrite("nolabels", CmdArgType.DevShort, 0)
    assert [found[:2] for found in failures(kernel, double("nowhere", 1.0), nolabels)] == [
        ("nowhere", "API_AttrNotFound"),
        ("nolabels", "API_AttrConfig"),
    ]
    (told,), (told_high,) = failures(kernel, picture), failures(kernel, high)
    assert told[1:] == ("API_WAttrOutsideLimit", "X dimesion is greater than the max defined for attribute picture")
    assert told_high[2] == "Y dimesion is greater than the max defined for attribute picture"
    assert kernel.device.calls == []


def test_a_reading_with_too_many_rows_is_refused(start: Any) -> None:
    """ATT-26."""
    (value,) = start(Hardware).read_attributes(["picture"])
    assert value.errors[0].desc == "Data size for attribute picture [3, 3] exceeds given limit [3, 2]"


def test_nan_is_looked_for_before_the_limits_unless_the_server_allows_it(start: Any, host: Any) -> None:
    """ATT-43, ATT-44."""
    kernel = start(Hardware)
    ((_, _, desc),) = failures(kernel, double("offset", float("inf")))
    assert desc == "Set value for attribute offset is a NaN or INF value (at least element 0)"
    host.nan_allowed = True
    ((_, _, desc),) = failures(kernel, double("offset", float("inf")))
    assert desc == "Set value for attribute offset is above the maximum authorized (at least element 0)"
    kernel.write_attributes([double("offset", float("nan"))])
    assert set_points(kernel, "offset")[0] != set_points(kernel, "offset")[0]


@pytest.mark.parametrize(
    ("name", "value", "dims", "reason"),
    [
        ("gain", [1.0], (1, 0), None),
        ("gain", [1.0, 2.0], (2, 0), None),
        ("gain", [1.0, 2.0], (1, 0), "API_AttrIncorrectDataNumber"),
        ("gain", [], (0, 0), "API_AttrIncorrectDataNumber"),
        ("wave", [1.0, 2.0], (2, 0), None),
        ("wave", [1.0, 2.0], (3, 0), "API_AttrIncorrectDataNumber"),
        ("wave", [1.0], (-1, 0), "API_AttrIncorrectDataNumber"),
    ],
)
def test_sequences_have_the_size_that_their_dimensions_say(
    start: Any, name: str, value: list[float], dims: tuple[int, int], reason: str | None
) -> None:
    """ATT-46: for scalars too, which Tango's own protocol sends as sequences; the first element is taken"""
    kernel = start(Hardware)
    write = AttributeWrite(name, CmdArgType.DevDouble, memoryview(array("d", value)), *dims)
    if reason is None:
        kernel.write_attributes([write])
        assert kernel.attribute(name).set_point[1:] == (dims if name == "wave" else (1, 0))
        return
    with pytest.raises(MultiDevFailed) as raised:
        kernel.write_attributes([write])
    assert raised.value.failed[0].errors[0].reason == reason


def test_image_without_rows(start: Any) -> None:
    """ATT-46: a lone scalar, or one row, of which the sender named the columns only"""
    kernel = start(Hardware)
    for values in ([7], [1, 2, 3]):
        write = AttributeWrite("picture", CmdArgType.DevUChar, memoryview(bytes(values)), len(values), 0)
        kernel.write_attributes([write])
        data, dim_x, dim_y = kernel.attribute("picture").set_point
        assert (list(data), dim_x, dim_y) == (values, len(values), 1)


def test_an_old_configuration_leaves_alone_what_it_does_not_know(start: Any) -> None:
    """ATT-7: clients of older interfaces set part of a configuration"""
    kernel = start(Hardware)
    (config,) = kernel.attribute_configs(["offset"])
    changed = replace(config, unit="V")
    changed.events.ch_event.abs_change = "3"
    kernel.set_attribute_configs([changed])
    part = PartialConfig(*(getattr(config, each.name) for each in fields(config)), ("events.ch_event.abs_change",))
    part.unit = "mA"
    kernel.set_attribute_configs([part])
    (config,) = kernel.attribute_configs(["offset"])
    assert (config.unit, config.events.ch_event.abs_change) == ("mA", "3")
