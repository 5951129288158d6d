"""Writes and alarms as the kernel of a device sees them; alarms replayed as they were captured from a real server."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from server_core import AttrQuality, DevFailed, Device, DevState, attribute
from server_core.model.conversion import to_attribute_data
from server_core.model.enums import AttrDataFormat
from server_core.model.errors import MultiDevFailed
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeWrite
from tests.captured import replayed_cases
from tests.device.sample import Sample


def written(kernel: Any, name: str, value: Any) -> None:
    attribute = kernel.attribute(name)
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], dict):
        value = (value[0], bytes(value[1]["bytes"]))
    if isinstance(value, dict):
        value = bytes(value["bytes"])
    data, dim_x, dim_y = to_attribute_data(attribute.data_type, attribute.data_format, value)
    kernel.write_attributes([AttributeWrite(name, attribute.data_type, data, dim_x, dim_y)])


def test_a_count_that_is_not_the_dimensions_is_refused(start: Any) -> None:
    """ATT-46."""
    kernel = start(Sample)
    data, _, _ = to_attribute_data(CmdArgType.DevShort, AttrDataFormat.SPECTRUM, [1, 2, 3])
    with pytest.raises(MultiDevFailed) as raised:
        kernel.write_attributes([AttributeWrite("sp_short", CmdArgType.DevShort, data, 2, 0)])
    assert raised.value.failed[0].errors[0][:2] == ("API_AttrIncorrectDataNumber", "Incorrect data number")


def test_a_number_that_is_no_state_is_refused(start: Any) -> None:
    """TYP-5."""
    kernel = start(Sample)
    with pytest.raises(MultiDevFailed) as raised:
        kernel.write_attributes([AttributeWrite("sc_state", CmdArgType.DevState, 14)])
    assert raised.value.failed[0].errors[0].reason == "API_WAttrOutsideLimit"


def test_the_good_values_of_a_call_are_written_even_if_others_fail(start: Any) -> None:
    """ATT-40, ATT-48."""
    kernel = start(Sample)
    with pytest.raises(MultiDevFailed) as raised:
        kernel.write_attributes(
            [
                AttributeWrite("nope", CmdArgType.DevDouble, 1.0),
                AttributeWrite("plain", CmdArgType.DevDouble, 2.5),
                AttributeWrite("ro", CmdArgType.DevDouble, 1.0),
                AttributeWrite("full", CmdArgType.DevDouble, 11.0),
                AttributeWrite("WO", CmdArgType.DevLong64, 4),
            ]
        )
    assert [(failed.name, failed.index_in_call, failed.errors[0].reason) for failed in raised.value.failed] == [
        ("nope", 0, "API_AttrNotFound"),
        ("ro", 2, "API_AttrNotWritable"),
        ("full", 3, "API_WAttrOutsideLimit"),
    ]
    assert [value.value for value in kernel.read_attributes(["plain", "wo"])] == [2.5, 4]


def test_a_failing_write_leaves_the_set_point(start: Any) -> None:
    """ATT-47."""
    kernel = start(Sample)
    with pytest.raises(MultiDevFailed):
        written(kernel, "wraises", 7.0)
    assert kernel.read_attributes(["wraises"])[0].w_value == 0.0


def test_a_forbidden_access_is_refused_and_says_the_state(clean: Any) -> None:
    """ATT-23, ATT-40, CMD-4."""
    kernel = clean
    kernel.device.set_state(DevState.OFF)
    (value,) = kernel.read_attributes(["guarded"])
    assert value.errors[0][:2] == ("API_AttrNotAllowed", "It is currently not allowed to read attribute guarded")
    with pytest.raises(MultiDevFailed) as raised:
        written(kernel, "guarded", 2.0)
    assert raised.value.failed[0].errors[0][:2] == (
        "API_AttrNotAllowed",
        "It is currently not allowed to write attribute guarded. The device state is OFF",
    )
    with pytest.raises(DevFailed) as refused:
        kernel.command_inout("Guarded")
    assert refused.value.errors[0][:2] == (
        "API_CommandNotAllowed",
        "Command Guarded not allowed when the device is in OFF state",
    )


# ---- alarms


ALARMS = {case.id: case.data["out"] for case in replayed_cases("model", "alarms_and_state")}


@pytest.fixture
def clean(start: Any) -> Any:
    """The device with limits, without the attribute whose wrong configuration forces it to ALARM."""
    kernel = start(Sample)
    kernel.remove_attribute("enunolab")
    config = copy.deepcopy(kernel.attribute_configs(["al1"])[0])
    config.alarms.min_alarm, config.alarms.max_alarm = "-8", "8"
    config.alarms.min_warning, config.alarms.max_warning = "-5", "5"
    kernel.set_attribute_configs([config])
    return kernel


def state_and_status(kernel: Any) -> list[str]:
    return [kernel.state().name, kernel.status()]


@pytest.mark.parametrize("case", [case for case in ALARMS if case.startswith("AL-v")])
def test_limits_make_quality_state_and_status(clean: Any, case: str) -> None:
    """ATT-50, ATT-55, ATT-57."""
    value, quality, *told = ALARMS[case]
    clean.device.values["al1"] = value
    (reading,) = clean.read_attributes(["al1"])
    assert [reading.value, reading.quality.name] == [value, quality]
    assert state_and_status(clean) == told


@pytest.mark.parametrize("case", [case for case in ALARMS if case.startswith("AL-sp")])
def test_one_element_beyond_a_limit_is_enough(clean: Any, case: str) -> None:
    """ATT-51."""
    values, quality, *told = ALARMS[case]
    clean.device.values["specal"] = values
    assert clean.read_attributes(["specal"])[0].quality.name == quality
    assert state_and_status(clean) == told


def test_state_reads_the_attributes_with_limits_itself(clean: Any) -> None:
    """ATT-55, AL-0 and AL-noread."""
    assert state_and_status(clean) == ALARMS["AL-0"]
    clean.device.values["al1"] = 9.0
    assert state_and_status(clean) == ALARMS["AL-noread"]
    clean.device.set_status("custom text")
    assert state_and_status(clean) == ALARMS["AL-st"]
    clean.device.set_state(DevState.MOVING)
    assert state_and_status(clean) == ALARMS["AL-mov"]


def test_an_alarm_set_by_code_stays_without_any_alarm(clean: Any) -> None:
    """ATT-55, AL-user."""
    clean.device.set_status("custom text")
    clean.device.set_state(DevState.ALARM)
    assert state_and_status(clean) == ALARMS["AL-user"]


@pytest.mark.parametrize("first", [0.0, 9.0])
def test_an_alarm_set_by_code_outlasts_one_that_the_server_found(clean: Any, first: float) -> None:
    """ATT-55: whether the value was beyond its limit before the code set the state, or came there afterwards."""
    clean.device.values["al1"] = first
    assert clean.state() is (DevState.ALARM if first else DevState.ON)
    clean.device.set_state(DevState.ALARM)
    for value in (9.0, 0.0):
        clean.device.values["al1"] = value
        assert clean.state() is DevState.ALARM
    clean.device.set_state(DevState.ON)
    assert clean.state() is DevState.ON


@pytest.mark.parametrize(
    ("case", "quality"),
    [
        ("AL-q1", AttrQuality.ATTR_ALARM),
        ("AL-q2", AttrQuality.ATTR_WARNING),
        ("AL-q3", AttrQuality.ATTR_CHANGING),
        ("AL-q4", AttrQuality.ATTR_INVALID),
    ],
)
def test_qualities_set_by_code_count_too(clean: Any, case: str, quality: AttrQuality) -> None:
    """ATT-52, ATT-55, ATT-57."""
    value, name, *told = ALARMS[case]
    clean.device.quality = quality
    (reading,) = clean.read_attributes(["q_alarm"])
    assert [reading.value, reading.quality.name] == [value, name]
    assert state_and_status(clean) == told
    clean.device.quality = AttrQuality.ATTR_VALID
    clean.read_attributes(["q_alarm"])
    assert state_and_status(clean) == ALARMS["AL-q5"]


def test_an_attribute_without_label_is_named(clean: Any) -> None:
    """ATT-57, AL-nolab."""
    config = copy.deepcopy(clean.attribute_configs(["al1"])[0])
    config.label = "No label"
    clean.set_attribute_configs([config])
    clean.device.values["al1"] = 9.0
    assert state_and_status(clean) == ALARMS["AL-nolab"]


def test_a_polled_attribute_is_not_read_again_for_the_state(clean: Any, host: Any) -> None:
    """ATT-55: its last quality counts."""
    host.poll_object(clean.device, "al1", command=False, period=100)
    clean.device.values["al1"] = 9.0
    assert clean.state() is DevState.ON
    clean.read_attributes(["al1"])
    assert clean.state() is DevState.ALARM


def test_state_in_a_list_is_evaluated_last_from_the_readings_of_the_call(clean: Any) -> None:
    """ATT-23."""
    clean.device.values["al1"] = 9.0
    state, value, status = clean.read_attributes(["State", "al1", "Status"])
    assert (state.value, value.quality) == (DevState.ALARM, AttrQuality.ATTR_ALARM)
    assert status.value == "The device is in ALARM state.\nAlarm : Value too high for AlLab"


class Moving(Device):
    """A reading that may stay away from its set point for 0 ms only, in effect."""

    def init_device(self) -> None:
        self.real = 0.0
        self.set_state(DevState.ON)

    @attribute(dtype=float, delta_val=1, delta_t=1)
    def position(self) -> float:
        return self.real

    @position.write
    def position(self, value: float) -> None: ...


@pytest.mark.parametrize(("real", "alarm"), [(5.0, False), (4.1, False), (4.0, True), (6.0, True), (math.nan, True)])
def test_a_reading_away_from_its_set_point_is_an_alarm_once_something_was_written(
    start: Any, monkeypatch: pytest.MonkeyPatch, real: float, alarm: bool
) -> None:
    """ATT-53."""
    kernel = start(Moving)
    kernel.device.real = real
    assert kernel.read_attributes(["position"])[0].quality is AttrQuality.ATTR_VALID
    written(kernel, "position", 5.0)
    kernel.attribute("position").written_at -= 0.01
    assert (kernel.read_attributes(["position"])[0].quality is AttrQuality.ATTR_ALARM) is alarm
    if alarm:
        assert kernel.state() is DevState.ALARM
        assert kernel.status().endswith("\nAlarm : Read too Different than Set (RDS) for position")


def test_a_set_point_has_delta_t_to_be_reached(start: Any) -> None:
    """ATT-53."""
    kernel = start(Moving)
    kernel.device.real = 9.0
    written(kernel, "position", 5.0)
    kernel.attribute("position").written_at += 3600
    assert kernel.read_attributes(["position"])[0].quality is AttrQuality.ATTR_VALID
    kernel.attribute("position").written_at -= 3601
    assert kernel.read_attributes(["position"])[0].quality is AttrQuality.ATTR_ALARM


@pytest.mark.parametrize("quality", ["CHANGING", "WARNING", "INVALID"])
def test_limits_do_not_judge_what_the_code_has_judged(start: Any, quality: str) -> None:
    """ATT-52."""
    judged = AttrQuality[f"ATTR_{quality}"]

    class Judging(Device):
        level = attribute(dtype=float, max_alarm=5, fget=lambda self: (9.0, judged))

    (reading,) = start(Judging).read_attributes(["level"])
    assert reading.quality is judged


def test_a_reading_that_is_refused_leaves_the_alarm_that_the_last_one_found(start: Any) -> None:
    """ATT-55: for the state, attributes that may not be read are skipped; a reading that fails ends the alarm."""

    class Shy(Device):
        allowed = True

        def init_device(self) -> None:
            self.values: list[float] = [9.0]
            self.set_state(DevState.ON)

        level = attribute(dtype=float, max_alarm=5, fget=lambda self: self.values[0])

        def is_level_allowed(self, request: Any) -> bool:
            return self.allowed

    kernel = start(Shy)
    assert kernel.state() is DevState.ALARM
    kernel.device.allowed = False
    assert kernel.read_attributes(["level"])[0].errors[0].reason == "API_AttrNotAllowed"
    assert kernel.state() is DevState.ALARM
    kernel.device.allowed = True
    kernel.device.values.clear()
    assert kernel.state() is DevState.ON


class Arrays(Device):
    """Spectra and encoded values with limits."""

    def init_device(self) -> None:
        self.real: list[float] = []
        self.data = b""
        self.set_state(DevState.ON)

    @attribute(dtype=[float], max_dim_x=4, delta_val=1, delta_t=1)
    def positions(self) -> list[float]:
        return self.real

    @positions.write
    def positions(self, value: list[float]) -> None: ...

    @attribute(dtype="DevEncoded", max_alarm=100)
    def image(self) -> tuple[str, bytes]:
        return "raw", self.data


@pytest.mark.parametrize(
    ("real", "alarm"),
    [
        ([1.0, 2.0, math.nan], False),
        ([1.0], False),
        ([1.0, 2.0, math.nan, 99.0], False),
        ([1.0, 3.0, math.nan], True),
        ([math.nan, 2.0, math.nan], True),
        ([], False),
    ],
)
def test_a_spectrum_away_from_its_set_point(start: Any, real: list[float], alarm: bool) -> None:
    """ATT-53: element by element as far as both go; NaN in both is no difference."""
    kernel = start(Arrays)
    attribute = kernel.attribute("positions")
    attribute.set_write_value([1.0, 2.0, math.nan])
    attribute.written_at = -1e9
    kernel.device.real = real
    assert (kernel.read_attributes(["positions"])[0].quality is AttrQuality.ATTR_ALARM) is alarm


def test_the_bytes_of_an_encoded_value_have_limits(start: Any) -> None:
    """ATT-51"""
    kernel = start(Arrays)
    for data, quality in ((b"\x63\x00", "ATTR_VALID"), (b"\x00\x64", "ATTR_ALARM"), (b"", "ATTR_VALID")):
        kernel.device.data = data
        assert kernel.read_attributes(["image"])[0].quality.name == quality
