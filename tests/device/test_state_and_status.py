"""State and status as clients see them: alarms of attributes in both (LIFE-22..LIFE-24)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from server_core.device.declaration import attribute
from server_core.device.device import Device
from server_core.model.enums import AttrQuality, AttrWriteType, DevState
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeWrite

LIMITS = {"min_alarm": "-10", "max_alarm": "10", "min_warning": "-5", "max_warning": "5"}


class Plant(Device):
    """Its readings are what the test says."""

    def init_device(self) -> None:
        self.values = {"one": 0.0, "two": 0.0}
        self.quality = AttrQuality.ATTR_VALID
        self.reads = 0
        self.set_state(DevState.ON)

    @attribute(dtype=float, label="First", **LIMITS)
    def one(self) -> float:
        self.reads += 1
        return self.values["one"]

    @attribute(dtype=float, label="No label", **LIMITS)
    def two(self) -> float:
        return self.values["two"]

    @attribute(dtype=float, access=AttrWriteType.READ_WRITE, label="Follows", delta_val="1", delta_t="1")
    def follower(self) -> float:
        return 0.0

    @follower.write
    def follower(self, value: float) -> None:
        """Goes nowhere."""

    @attribute(dtype=float)
    def coded(self) -> Any:
        return 0.0, 1.0, self.quality


@pytest.fixture
def plant(start: Any) -> Any:
    return start(Plant)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("one", -11.0, "Alarm : Value too low for First"),
        ("one", 11.0, "Alarm : Value too high for First"),
        ("one", -6.0, "Warning : Value too low for First"),
        ("one", 6.0, "Warning : Value too high for First"),
        ("two", 11.0, "Alarm : Value too high for attribute two"),
    ],
)
def test_a_line_for_each_attribute_out_of_limits(plant: Any, name: str, value: float, line: str) -> None:
    """LIFE-22: with the label, or the name of an attribute that has none."""
    plant.device.values[name] = value
    assert plant.state() is DevState.ALARM
    assert plant.status() == f"The device is in ALARM state.\n{line}"


def test_a_line_for_a_reading_that_does_not_follow(plant: Any) -> None:
    """LIFE-22"""
    plant.write_attributes([AttributeWrite("follower", CmdArgType.DevDouble, 5.0)])
    time.sleep(0.005)
    assert plant.state() is DevState.ALARM
    assert plant.status() == "The device is in ALARM state.\nAlarm : Read too Different than Set (RDS) for Follows"


def test_lines_for_qualities_that_code_has_set(plant: Any) -> None:
    """LIFE-22: they come last, behind the author's own text."""
    plant.device.set_status("custom")
    plant.device.values["one"] = 11.0
    lines = {AttrQuality.ATTR_ALARM: "Alarm", AttrQuality.ATTR_WARNING: "Warning"}
    for quality, word in lines.items():
        plant.device.quality = quality
        plant.read_attributes(["coded"])
        assert plant.state() is DevState.ALARM
        assert plant.status() == (
            "custom\nAlarm : Value too high for First\n"
            f"{word} : Quality factor set to {word.upper()} for attribute coded"
        )


def test_alarms_come_and_go_in_states_on_and_alarm_alone(plant: Any, host: Any) -> None:
    """LIFE-23: attributes with limits are read for it, but those that are polled."""
    assert plant.state() is DevState.ON
    plant.device.values["one"] = 11.0
    assert plant.state() is DevState.ALARM
    plant.device.values["one"] = 0.0
    assert plant.state() is DevState.ON
    plant.device.values["one"] = 11.0
    for state in DevState:
        if state not in (DevState.ON, DevState.ALARM):
            plant.device.set_state(state)
            assert plant.state() is state
    plant.device.set_state(DevState.ON)
    host.poll_object(plant.device, "one", command=False, period=1000)
    reads = plant.device.reads
    plant.state()
    assert plant.device.reads == reads


def test_an_alarm_of_the_author_s_own_stays(plant: Any) -> None:
    """LIFE-23: unless the kernel's is the more recent one."""
    plant.device.set_state(DevState.ALARM)
    assert plant.state() is DevState.ALARM
    plant.device.values["one"] = 11.0
    assert plant.state() is DevState.ALARM
    plant.device.set_state(DevState.ALARM)
    plant.device.values["one"] = 0.0
    assert plant.state() is DevState.ALARM
    plant.device.set_state(DevState.ON)
    assert plant.state() is DevState.ON


def test_readings_of_the_same_request_count_for_the_state(plant: Any) -> None:
    """LIFE-23: the state of a request that reads the attribute too does not read it again."""
    plant.device.values["one"] = 11.0
    reads = plant.device.reads
    _, state = plant.read_attributes(["one", "State"])
    assert state.value is DevState.ALARM
    assert plant.device.reads == reads + 1


def test_a_wrong_configuration_forces_alarm_but_for_fault(start: Any, host: Any) -> None:
    """LIFE-24: until it is corrected."""
    host.properties.attributes["test/device/1", "one"] = {"min_alarm": ["nonsense"]}
    plant = start(Plant)
    assert plant.state() is DevState.ALARM
    assert plant.status().startswith("The device is in ALARM state.\nAttribute one has wrong configuration")
    plant.device.set_state(DevState.FAULT)
    assert (plant.state(), plant.status()) == (DevState.FAULT, "The device is in FAULT state.")
    plant.device.set_state(DevState.ON)
    assert plant.state() is DevState.ALARM
    config = plant.attribute("two").get_properties()
    config.name = "one"
    plant.set_attribute_configs([config])
    assert (plant.state(), plant.status()) == (DevState.ON, "The device is in ON state.")
