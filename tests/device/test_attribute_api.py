"""Device code written for PyTango's attribute objects runs as it is."""

from __future__ import annotations

from typing import Any

import pytest

from server_core import AttrQuality, AttrWriteType, DevFailed, Device, DevState, MultiAttrProp, TimeVal, attribute
from server_core.model.enums import EventType
from server_core.model.errors import MultiDevFailed
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeWrite

RW = AttrWriteType.READ_WRITE


class Classic(Device):
    """In the style of device servers that came from the low-level interface."""

    def init_device(self) -> None:
        self.set_state(DevState.ON)
        self.quality = AttrQuality.ATTR_VALID
        multi = self.get_device_attr()
        multi.get_w_attr_by_name("level").set_write_value(7.0)
        self.level_index = multi.get_attr_ind_by_name("level")

    level = attribute(dtype=float, access=RW, max_alarm=50, fget="read_level", fset="write_level")
    spec = attribute(dtype=[int], max_dim_x=5, access=RW, fget="read_spec", fset="write_spec")
    mode = attribute(dtype="DevEnum", enum_labels=["A", "B"], access=RW, fget="read_mode", fset="write_mode")

    def read_level(self, attr: Any) -> None:
        attr.set_value(attr.get_write_value() * 2)
        attr.set_date(TimeVal(1000.5))
        if self.quality is not AttrQuality.ATTR_VALID:
            attr.set_quality(self.quality)

    def write_level(self, value: float) -> None: ...

    def read_spec(self, attr: Any) -> None:
        attr.set_value_date_quality([1, 2, 3], 12.0, AttrQuality.ATTR_CHANGING)

    def write_spec(self, value: Any) -> None: ...

    def read_mode(self) -> int:
        return 0

    def write_mode(self, value: int) -> None: ...


@pytest.fixture
def kernel(start: Any) -> Any:
    return start(Classic)


@pytest.fixture
def level(kernel: Any) -> Any:
    return kernel.device.get_device_attr().get_attr_by_name("LEVEL")


def test_values_dates_and_qualities_set_by_a_read_method(kernel: Any, level: Any) -> None:
    """ATT-27, ATT-47, TYP-15: the date of the code is returned as it is, the set point that code gave is read back."""
    (value,) = kernel.read_attributes(["level"])
    assert (value.value, value.w_value, value.time) == (14.0, 7.0, 1000.5)
    assert (level.get_x(), level.get_y(), level.get_data_size(), level.get_date().tv_sec) == (1, 0, 1, 1000)
    kernel.device.quality = AttrQuality.ATTR_INVALID
    (value,) = kernel.read_attributes(["level"])
    assert (value.value, value.quality, value.dim_x, value.has_failed) == (None, AttrQuality.ATTR_INVALID, 0, False)
    (value,) = kernel.read_attributes(["spec"])
    assert (list(value.value), value.time, value.quality) == ([1, 2, 3], 12.0, AttrQuality.ATTR_CHANGING)
    assert kernel.attribute("spec").get_data_size() == 3
    kernel.attribute("spec").reset_value()
    assert not kernel.attribute("spec").value_is_set()


def test_the_moment_of_set_value_is_the_time_of_a_reading_without_date(start: Any) -> None:
    """ATT-27"""
    import time

    class Dated(Device):
        @attribute(dtype=float)
        def now(self) -> float:
            return 1.0

    before = time.time()
    (value,) = start(Dated).read_attributes(["now"])
    assert before <= value.time <= time.time()


def test_limits_are_got_and_set(kernel: Any, level: Any, host: Any) -> None:
    """ATT-14, ATT-20: set by code they are checked, stored and told as if a client had set them."""
    assert (level.get_max_alarm(), level.is_max_alarm(), level.is_max_value()) == (50.0, False, False)
    with pytest.raises(DevFailed, match="API_AttrNotAllowed: Minimum value not defined for this attribute"):
        level.get_min_value()
    level.set_min_value(-1)
    level.set_max_value(100.5)
    assert (level.get_min_value(), level.get_max_value()) == (-1.0, 100.5)
    assert host.properties.attributes["test/device/1", "level"] == {"min_value": ["-1"], "max_value": ["100.5"]}
    assert [name for name, kind, *_ in host.events if kind is EventType.ATTR_CONF_EVENT] == ["level", "level"]
    with pytest.raises(DevFailed, match="API_IncoherentValues"):
        level.set_min_value(200)
    with pytest.raises(MultiDevFailed):
        kernel.write_attributes([AttributeWrite("level", CmdArgType.DevDouble, 101.0)])
    level.remove_configuration()
    assert host.properties.attributes["test/device/1", "level"] == {}


def test_alarms_of_the_last_reading(kernel: Any, level: Any) -> None:
    """ATT-50, ATT-54"""
    multi = kernel.device.get_device_attr()
    assert multi.get_alarm_list() == [multi.get_attr_ind_by_name("level")]
    assert (level.check_alarm(), multi.check_alarm()) == (False, False)
    level.set_write_value(30.0)
    kernel.read_attributes(["level"])
    assert (level.check_alarm(), level.is_max_alarm(), level.is_min_alarm(), multi.check_alarm("level")) == (
        True,
        True,
        False,
        True,
    )
    with pytest.raises(DevFailed, match="API_AttrNoAlarm"):
        multi.check_alarm("spec")


def test_a_write_only_attribute_is_no_alarm_attribute(start: Any) -> None:
    """ATT-54: nor is one without limits; State does not read them."""

    class Blind(Device):
        reads = 0
        wo = attribute(dtype=float, access=AttrWriteType.WRITE, max_alarm=-1, fset="write_wo")

        def init_device(self) -> None:
            self.set_state(DevState.ON)

        def write_wo(self, value: float) -> None: ...

        @attribute(dtype=float)
        def plain(self) -> float:
            self.reads += 1
            return 5.0

    kernel = start(Blind)
    assert (kernel.state(), kernel.device.reads) == (DevState.ON, 0)
    assert kernel.device.get_device_attr().get_alarm_list() == []


def test_properties_side_by_side(kernel: Any, level: Any) -> None:
    """ATT-3, ATT-9"""
    properties = level.get_properties(MultiAttrProp())
    assert (properties.max_alarm, properties.label, properties.event_period) == ("50", "level", "1000")
    properties.unit, properties.max_alarm, properties.abs_change = "mA", 60, [-1, 2]
    level.set_properties(properties)
    config = kernel.attribute_configs(["level"])[0]
    assert (config.unit, config.alarms.max_alarm, config.events.ch_event.abs_change) == ("mA", "60", "1,2")
    record = level.get_properties()
    record.label = "Level"
    level.set_properties(record)
    assert level.get_label() == "Level"


def test_code_may_change_the_number_of_labels(kernel: Any) -> None:
    """ATT-61: a client may not."""
    mode = kernel.attribute("mode")
    record = mode.get_properties()
    record.enum_labels = ["A", "B", "C"]
    with pytest.raises(DevFailed, match="API_NotSupportedFeature"):
        kernel.set_attribute_configs([record])
    mode.set_properties(record)
    kernel.write_attributes([AttributeWrite("mode", CmdArgType.DevEnum, 2)])
    assert kernel.attribute_configs(["mode"])[0].enum_labels == ["A", "B", "C"]


def test_events_fired_by_code(kernel: Any, level: Any, host: Any) -> None:
    """ATT-55: a quality set by code counts for the state, and may be told."""
    level.set_change_event(True, False)
    assert (level.is_change_event(), level.is_check_change_criteria()) == (True, False)
    with pytest.raises(DevFailed, match="API_AttrValueNotSet"):
        level.fire_change_event()
    level.set_value(4.5)
    level.set_quality(AttrQuality.ATTR_WARNING, True)
    assert [(e[0], e[1], e[2].value, e[2].quality) for e in host.events] == [
        ("level", EventType.CHANGE_EVENT, 4.5, AttrQuality.ATTR_WARNING)
    ]
    kernel.attribute("spec").set_quality(AttrQuality.ATTR_WARNING)
    assert kernel.state() is DevState.ALARM
    level.fire_alarm_event(ValueError("no value"))
    assert host.events[-1][3][0].reason == "PyDs_PythonError"


def test_what_an_attribute_is(kernel: Any, level: Any) -> None:
    """ATT-1, ATT-2"""
    kernel.device.poll_attribute("level", 500)
    assert (level.is_polled(), level.get_polling_period()) == (True, 500)
    assert (level.get_assoc_name(), level.is_write_associated(), level.get_write_value_length()) == ("level", True, 1)
    assert kernel.device.get_device_attr().get_attr_by_ind(kernel.device.level_index) is level
