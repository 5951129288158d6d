"""Names that PyTango's device code uses: asking attributes, other ways to declare them, constants, and no-ops."""

from __future__ import annotations

import time
from typing import Any

import pytest

import server_core
from server_core import (
    Attr,
    AttrData,
    AttrQuality,
    AttrWriteType,
    AutoTangoMonitor,
    CmdArgType,
    DevFailed,
    Device,
    DeviceMeta,
    DevState,
    DispLevel,
    EnsureOmniThread,
    ImageAttr,
    UserDefaultAttrProp,
    WAttribute,
    attribute,
)
from server_core.model.values import AttributeWrite


class Tank(Device, metaclass=DeviceMeta):
    level = attribute(dtype=float, min_alarm=1, max_warning=8, max_alarm=9)
    wanted = attribute(dtype="int16", access=AttrWriteType.READ_WRITE, max_value=100, delta_val=5, delta_t=1)

    def init_device(self) -> None:
        super().init_device()
        self.height = 5.0
        self.set_state(DevState.ON)

    def read_level(self) -> float:
        return self.height

    def read_wanted(self) -> int:
        return 7

    def write_wanted(self, value: int) -> None: ...


@pytest.fixture
def tank(start: Any) -> Any:
    return start(Tank).device


def attr(tank: Any, name: str) -> WAttribute:
    found: WAttribute = tank.get_device_attr().get_attr_by_name(name)
    return found


def test_limits_are_asked_and_set_as_numbers(tank: Any) -> None:
    """ATT-7: setting one is a change of the configuration."""
    level, wanted = attr(tank, "level"), attr(tank, "wanted")
    assert (level.get_min_alarm(), level.get_max_alarm(), level.get_max_warning()) == (1.0, 9.0, 8.0)
    assert (wanted.get_max_value(), wanted.is_max_value(), wanted.is_min_value()) == (100, True, False)
    with pytest.raises(DevFailed, match="Minimum value not defined") as raised:
        wanted.get_min_value()
    assert raised.value.reason == "API_AttrNotAllowed"
    for name, value in (("min_alarm", 2.0), ("min_warning", 3.0), ("max_warning", 7.5), ("max_alarm", 8.5)):
        getattr(level, f"set_{name}")(value)
        assert getattr(level, f"get_{name}")() == value
        assert tank.get_attribute_config("level")[0].alarms.__getattribute__(name) == f"{value:g}"
    wanted.set_min_value(-3)
    wanted.set_max_value(50)
    assert (wanted.get_min_value(), wanted.get_max_value()) == (-3, 50)
    with pytest.raises(DevFailed, match="API_IncoherentValues"):
        level.set_min_alarm(100)


@pytest.mark.parametrize(
    ("height", "flag"), [(0.5, "min_alarm"), (9.5, "max_alarm"), (8.5, "max_warning"), (5.0, None)]
)
def test_what_was_wrong_with_the_last_reading(tank: Any, height: float, flag: str | None) -> None:
    """ATT-50."""
    tank.height = height
    tank.kernel.read_attributes(["level"])
    level = attr(tank, "level")
    names = ("min_alarm", "max_alarm", "min_warning", "max_warning")
    assert [name for name in names if getattr(level, f"is_{name}")()] == ([flag] if flag else [])
    assert level.get_quality() is not AttrQuality.ATTR_INVALID


def test_a_reading_too_far_from_its_set_point(tank: Any) -> None:
    """ATT-53."""
    tank.kernel.write_attributes([AttributeWrite("wanted", CmdArgType.DevShort, 50)])
    time.sleep(0.005)
    tank.kernel.read_attributes(["wanted"])
    assert attr(tank, "wanted").is_rds_alarm()
    assert (attr(tank, "wanted").is_write_associated(), attr(tank, "wanted").get_assoc_name()) == (True, "wanted")
    assert (attr(tank, "level").is_write_associated(), attr(tank, "level").get_assoc_name()) == (False, "None")


def test_polling_and_events_of_an_attribute(tank: Any) -> None:
    level = attr(tank, "level")
    assert (level.is_polled(), level.get_polling_period()) == (False, 0)
    tank.poll_attribute("level", 200)
    assert (level.is_polled(), level.get_polling_period()) == (True, 200)
    for kind in ("change", "archive", "alarm", "data_ready"):
        assert not getattr(level, f"is_{kind}_event")()
        getattr(level, f"set_{kind}_event")(True)
        assert getattr(level, f"is_{kind}_event")()


def test_attributes_declared_the_other_way(tank: Any) -> None:
    """DYN-1, DYN-3."""
    properties = UserDefaultAttrProp()
    properties.set_label("Mode")
    properties.set_enum_labels(["A", "B"])
    properties.set_description("Of the tank")
    properties.set_event_period("500")
    mode = Attr("mode", CmdArgType.DevEnum, AttrWriteType.READ_WRITE)
    mode.set_default_properties(properties)
    mode.set_disp_level(DispLevel.EXPERT)
    mode.set_memorized()
    mode.set_memorized_init(True)
    mode.set_polling_period(300)
    mode.set_change_event(True, False)
    mode.set_data_ready_event(True)
    added = tank.add_attribute(mode, lambda attr: 1, lambda attr: None)
    config = added.config
    assert (config.label, config.enum_labels, config.description) == ("Mode", ["A", "B"], "Of the tank")
    assert (config.disp_level, config.events.per_event.period) == (DispLevel.EXPERT, "500")
    assert (config.memorized, config.mem_init, added.get_polling_period()) == (True, True, 300)
    assert (added.is_change_event(), added.is_data_ready_event()) == (True, True)
    image = tank.add_attribute(
        ImageAttr("image", CmdArgType.DevLong, AttrWriteType.READ, 4, 3), lambda attr: [[1, 2], [3, 4]]
    )
    assert (image.get_max_dim_x(), image.get_max_dim_y()) == (4, 3)
    tank.add_attribute(AttrData.from_dict({"name": "plain", "dtype": float}), lambda attr: 2.5)
    assert [value.value for value in tank.kernel.read_attributes(["plain"])] == [2.5]
    with pytest.raises(AttributeError, match="set_colour"):
        properties.set_colour("red")


async def test_members_are_added_by_asynchronous_code_too(tank: Any) -> None:
    await tank.async_add_attribute(attribute(name="late", dtype=int), lambda attr: 1)
    assert "late" in tank.get_device_attr()
    await tank.async_remove_attribute("late")
    assert "late" not in tank.get_device_attr()


def test_states_commands_and_configurations(tank: Any) -> None:
    tank.set_state(DevState.FAULT)
    assert (tank.get_state(), tank.get_prev_state()) == (DevState.FAULT, DevState.ON)
    tank.set_status("broken")
    tank.append_status(" down")
    tank.append_status("call somebody", new_line=True)
    assert tank.get_status() == "broken down\ncall somebody"
    tank.check_command_exists("INIT")
    with pytest.raises(DevFailed, match="API_CommandNotFound"):
        tank.check_command_exists("Nope")
    (config,) = tank.get_attribute_config("level")
    config.unit = "m"
    tank.set_attribute_config(config)
    assert tank.get_attribute_config(["level"])[0].unit == "m"
    with AutoTangoMonitor(tank), EnsureOmniThread():
        assert tank.get_name() == "test/device/1"


def test_members_of_enumerations_are_names_of_the_package() -> None:
    """TYP-1: as in PyTango."""
    assert server_core.DevDouble is CmdArgType.DevDouble
    assert server_core.READ_WRITE is AttrWriteType.READ_WRITE
    assert (server_core.SPECTRUM.name, server_core.ATTR_ALARM.name) == ("SPECTRUM", "ATTR_ALARM")
    assert all(hasattr(server_core, name) for name in server_core.__all__)
    with pytest.raises(AttributeError, match="no attribute 'DevNothing'"):
        _ = server_core.DevNothing
