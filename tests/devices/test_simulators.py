"""The simulators of the demo behave as the instruments they stand for."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from server_core import Device
from server_core.devices import MODULES, find_class
from server_core.model.enums import AttrQuality, DevState, EventType
from server_core.model.errors import DevFailed

from .conftest import Bench, Clock, MakeBench


@pytest.fixture
def supply(bench: MakeBench, clock: Clock) -> Bench:
    return bench("PowerSupply")


def refused(action: Any, *arguments: Any) -> str:
    """The reason of the root cause with which an action is refused."""
    with pytest.raises(DevFailed) as caught:
        action(*arguments)
    failure = caught.value
    failed = getattr(failure, "failed", ())
    return str(failed[0].errors[0].reason if failed else failure.reason)


# ---- all shipped classes


@pytest.mark.parametrize("name", [name for name in MODULES if name != "DataBase"])
def test_classes_are_found_in_any_case(name: str) -> None:
    cls = find_class(name.upper())
    assert issubclass(cls, Device)
    assert cls.__name__ == name


def test_an_unknown_class_is_named_in_the_error() -> None:
    with pytest.raises(DevFailed, match="'Toaster' is not a shipped device class") as caught:
        find_class("Toaster")
    assert caught.value.reason == "API_ClassNotFound"


@pytest.mark.parametrize("name", ["Camera", "GasAnalyser", "PowerSupply"])
def test_simulators_tell_what_their_readings_mean(bench: MakeBench, name: str) -> None:
    for config in bench(name).kernel.attribute_configs():
        if config.name not in ("State", "Status"):
            assert config.description != "No description", config.name
            assert config.label != config.name, config.name


@pytest.mark.parametrize("name", ["Camera", "PowerSupply"])
def test_before_the_first_write_the_set_points_are_what_is_in_use(bench: MakeBench, name: str) -> None:
    device = bench(name)
    for config in device.kernel.attribute_configs():
        if config.writable.writable:
            reading = device.raw(config.name)
            in_use, wanted = reading.value, reading.w_value
            if config.name == "roi":
                in_use, wanted = list(in_use), list(wanted)
            assert wanted == pytest.approx(in_use, abs=0.05), config.name


# ---- PowerSupply


def test_on_ramps_to_the_set_point(supply: Bench, clock: Clock) -> None:
    supply.write("current", 20.0)
    assert (supply.state, supply.read("current")) == (DevState.OFF, pytest.approx(0.0, abs=0.01))
    supply.call("On")
    clock.advance(2.0)
    assert supply.state is DevState.MOVING
    assert "2 s to go" in supply.status
    assert supply.raw("current").quality is AttrQuality.ATTR_CHANGING
    assert supply.read("current") == pytest.approx(10.0, abs=0.02)
    clock.advance(3.0)
    assert (supply.state, supply.status) == (DevState.ON, "Regulating at 20.00 A, mode NORMAL.")
    assert supply.raw("current").quality is AttrQuality.ATTR_VALID
    assert supply.read("current") == pytest.approx(20.0, abs=0.02)


def test_the_history_shows_the_ramp(supply: Bench, clock: Clock) -> None:
    supply.write("current", 10.0)
    supply.call("On")
    clock.advance(5.0)
    history = supply.read("current_history")
    assert len(history) == 240
    assert history[-1] == pytest.approx(10.0, abs=0.02)
    assert history[0] == pytest.approx(0.0, abs=0.02)
    assert all(later - earlier > -0.02 for earlier, later in pairwise(history))


def test_standby_goes_to_zero_and_on_comes_back(supply: Bench, clock: Clock) -> None:
    supply.write("current", 10.0)
    supply.call("On")
    clock.advance(5.0)
    supply.call("Standby")
    assert supply.state is DevState.MOVING
    clock.advance(5.0)
    assert supply.state is DevState.STANDBY
    supply.write("current", 15.0)
    assert supply.state is DevState.STANDBY
    supply.call("On")
    clock.advance(5.0)
    assert supply.read("current") == pytest.approx(15.0, abs=0.02)


def test_off_is_off_at_once_and_the_current_dies_away(supply: Bench, clock: Clock) -> None:
    supply.write("current", 10.0)
    supply.call("On")
    clock.advance(5.0)
    supply.call("Off")
    assert supply.state is DevState.OFF
    assert supply.read("current") > 5.0
    clock.advance(5.0)
    assert supply.read("current") == pytest.approx(0.0, abs=0.02)


def test_missing_cooling_water_trips_and_must_be_cured_before_a_reset(supply: Bench, clock: Clock) -> None:
    supply.write("current", 50.0)
    supply.call("On")
    clock.advance(15.0)
    supply.write("cooling_valve", 0.0)
    clock.advance(1.0)
    assert supply.state is DevState.ON
    clock.advance(5.0)
    assert supply.state is DevState.FAULT
    assert "cooling water below 1.5 l/min" in supply.status
    assert supply.read("interlock") is True
    assert refused(supply.write, "current", 1.0) == "API_AttrNotAllowed"
    assert refused(supply.call, "On") == "API_CommandNotAllowed"
    assert refused(supply.call, "Reset") == "API_CommandNotAllowed"
    supply.write("cooling_valve", 100.0)
    clock.advance(5.0)
    supply.call("Reset")
    assert supply.state is DevState.OFF


def test_weak_cooling_warns_then_alarms_then_trips(supply: Bench, clock: Clock) -> None:
    supply.write("current", 170.0)
    supply.write("ramp_rate", 50.0)
    supply.write("cooling_valve", 20.0)
    supply.call("On")
    qualities = []
    for _ in range(400):
        clock.advance(1.0)
        quality = supply.raw("temperature").quality
        if not qualities or qualities[-1] is not quality:
            qualities.append(quality)
        if supply.state is DevState.FAULT:
            break
    assert qualities == [AttrQuality.ATTR_VALID, AttrQuality.ATTR_WARNING, AttrQuality.ATTR_ALARM]
    assert "coil above 80 °C" in supply.status


def test_an_alarm_shows_in_the_state(supply: Bench, clock: Clock) -> None:
    supply.write("ramp_rate", 50.0)
    supply.write("current", 197.0)
    supply.call("On")
    clock.advance(10.0)
    assert supply.state is DevState.ALARM


@pytest.mark.parametrize("value", [-1.0, 200.5])
def test_the_set_point_has_limits(supply: Bench, value: float) -> None:
    assert refused(supply.write, "current", value) == "API_WAttrOutsideLimit"


def test_modes_are_an_enumeration(supply: Bench, clock: Clock) -> None:
    assert supply.kernel.attribute("mode").config.enum_labels == ["NORMAL", "WOBBLE", "CYCLE"]
    supply.write("current", 100.0)
    supply.write("ramp_rate", 50.0)
    supply.write("mode", 1)
    supply.call("On")
    clock.advance(20.0)
    readings = []
    for _ in range(20):
        clock.advance(1.0)
        readings.append(supply.read("current"))
    assert supply.state is DevState.ON
    assert 3.0 < max(readings) - min(readings) < 4.2


def test_the_set_point_survives_a_restart(bench: MakeBench, clock: Clock) -> None:
    first = bench("PowerSupply")
    first.write("current", 42.0)
    stored = first.host.properties.get_device_attribute_property("test/device/1", ["current"])
    assert stored["current"]["__value"] == ["42"]


# ---- GasAnalyser


def test_masses_of_the_property_are_attributes(bench: MakeBench) -> None:
    analyser = bench("GasAnalyser", Masses=["2", "28"])
    assert [name for name in analyser.attribute_names() if name.startswith("mass_")] == [
        "mass_axis",
        "mass_2",
        "mass_28",
    ]
    config = analyser.kernel.attribute("mass_28").config
    assert (config.label, config.unit) == ("28 amu (N2, CO)", "mbar")
    assert 1e-12 < analyser.read("mass_28") < 1e-8


def test_masses_come_and_go_at_run_time_and_are_remembered(bench: MakeBench) -> None:
    analyser = bench("GasAnalyser", Masses=["2"])
    analyser.call("AddMass", 44)
    assert analyser.read("mass_44") > 0.0
    assert analyser.host.properties.get_device_property("test/device/1", ["Masses"]) == {"Masses": ["2", "44"]}
    analyser.call("RemoveMass", 2)
    assert refused(analyser.read, "mass_2") == "API_AttrNotFound"
    assert analyser.host.properties.get_device_property("test/device/1", ["Masses"]) == {"Masses": ["44"]}
    analyser.await_push(lambda kind, name, payload: kind is EventType.INTERFACE_CHANGE_EVENT)


def test_init_follows_the_property(bench: MakeBench) -> None:
    analyser = bench("GasAnalyser", Masses=["2", "18"])
    analyser.host.properties.put_device_property("test/device/1", {"Masses": ["18", "40"]})
    with analyser.host.monitor(analyser.device):
        analyser.kernel.init()
    assert refused(analyser.read, "mass_2") == "API_AttrNotFound"
    assert analyser.read("mass_18") > 0.0
    assert analyser.read("mass_40") > 0.0


@pytest.mark.parametrize(("command", "mass"), [("AddMass", 2), ("AddMass", 0), ("AddMass", 51), ("RemoveMass", 7)])
def test_wrong_masses_are_refused(bench: MakeBench, command: str, mass: int) -> None:
    analyser = bench("GasAnalyser", Masses=["2"])
    assert refused(analyser.call, command, mass) == "API_InvalidArgs"


def test_every_scan_is_pushed(bench: MakeBench) -> None:
    analyser = bench("GasAnalyser", Masses=["28"], ScanTime=["0.02"])
    for wanted in ("mass_28", "total_pressure", "spectrum", "leak", "scan_count"):
        analyser.await_push(lambda kind, name, payload: kind is EventType.CHANGE_EVENT and name == wanted)  # noqa: B023


def test_a_leak_is_seen_in_pressure_and_argon(bench: MakeBench) -> None:
    analyser = bench("GasAnalyser", ScanTime=["0.02"])
    before = analyser.read("total_pressure")
    analyser.call("SimulateLeak", 1e9)
    analyser.device._vessel.advance(30.0)
    count = analyser.read("scan_count")
    analyser.await_push(lambda kind, name, payload: name == "scan_count" and payload.value > count + 1)
    assert analyser.read("total_pressure") > 2 * before
    assert analyser.read("leak") is True


def test_the_filament_can_be_switched(bench: MakeBench) -> None:
    analyser = bench("GasAnalyser", ScanTime=["0.02"])
    assert refused(analyser.call, "On") == "API_CommandNotAllowed"
    analyser.call("Off")
    assert analyser.state is DevState.OFF
    count = analyser.read("scan_count")
    analyser.call("On")
    assert analyser.state is DevState.ON
    analyser.await_push(lambda kind, name, payload: name == "scan_count" and payload.value > count)


def test_the_scan_goes_with_its_axis(bench: MakeBench) -> None:
    analyser = bench("GasAnalyser")
    assert len(analyser.read("spectrum")) == len(analyser.read("mass_axis")) == 197


# ---- Camera


def test_the_image_moves_and_fits_its_profiles(bench: MakeBench) -> None:
    camera = bench("Camera", FrameRate=["100"])
    image = np.asarray(camera.read("image"))
    assert (image.shape, image.dtype) == ((240, 320), np.uint8)
    seen = set()
    for _ in range(3):
        camera.device._taken_at -= 5.0
        seen.add(camera.read("beam_x"))
    assert len(seen) == 3
    with camera.host.monitor(camera.device):
        values = camera.kernel.read_attributes(["image", "profile_x", "profile_y"])
    pixels = np.frombuffer(values[0].value, np.uint8).reshape(240, 320)
    assert np.array_equal(pixels.sum(0), np.asarray(values[1].value))
    assert np.array_equal(pixels.sum(1), np.asarray(values[2].value))


def test_acquire_runs_for_a_while_and_announces_each_frame(bench: MakeBench) -> None:
    camera = bench("Camera", FrameRate=["50"])
    camera.call("Acquire", 5)
    assert camera.state is DevState.RUNNING
    assert refused(camera.call, "Acquire", 5) == "API_CommandNotAllowed"
    assert refused(camera.write, "exposure", 1.0) == "API_AttrNotAllowed"
    camera.await_push(lambda kind, name, payload: kind is EventType.CHANGE_EVENT and payload.value == 5)
    assert camera.state is DevState.ON
    assert "5 frames done" in camera.status
    assert camera.read("acquired_frames") == 5
    assert len(camera.read("positions_x")) == len(camera.read("positions_y")) == 5
    ready = [payload.counter for kind, _, payload in camera.host.pushed if kind is EventType.DATA_READY_EVENT]
    assert ready == [1, 2, 3, 4, 5]


def test_abort_keeps_what_was_measured(bench: MakeBench) -> None:
    camera = bench("Camera", FrameRate=["50"])
    assert refused(camera.call, "Abort") == "API_CommandNotAllowed"
    camera.call("Acquire", 1000)
    camera.await_push(lambda kind, name, payload: kind is EventType.CHANGE_EVENT and payload.value == 2)
    camera.call("Abort")
    assert camera.state is DevState.ON
    assert 2 <= camera.read("acquired_frames") < 1000


@pytest.mark.parametrize("frames", [0, -1, 1001])
def test_wrong_numbers_of_frames_are_refused(bench: MakeBench, frames: int) -> None:
    assert refused(bench("Camera").call, "Acquire", frames) == "API_InvalidArgs"


def test_a_region_of_interest_is_read_out_alone(bench: MakeBench) -> None:
    camera = bench("Camera")
    camera.write("roi", [60, 40, 200, 160])
    camera.device._taken_at -= 1.0
    value = camera.raw("image")
    assert (value.dim_x, value.dim_y) == (200, 160)
    camera.write("roi", [])
    camera.device._taken_at -= 1.0
    assert list(camera.read("roi")) == [0, 0, 320, 240]


@pytest.mark.parametrize("region", [[0, 0, 321, 240], [300, 0, 50, 50], [0, 0, 8, 8], [1, 2, 3]])
def test_a_region_outside_the_sensor_is_refused(bench: MakeBench, region: list[int]) -> None:
    assert refused(bench("Camera").write, "roi", region) == "API_WAttrOutsideLimit"


def test_overexposure_saturates_and_alarms(bench: MakeBench) -> None:
    camera = bench("Camera")
    camera.write("exposure", 60.0)
    camera.device._taken_at -= 1.0
    assert camera.read("saturated_pixels") > 200
    assert camera.raw("saturated_pixels").quality is AttrQuality.ATTR_ALARM
    assert camera.state is DevState.ALARM


def test_without_light_there_is_no_position(bench: MakeBench) -> None:
    camera = bench("Camera")
    camera.write("exposure", 0.05)
    camera.device._taken_at -= 1.0
    assert camera.raw("beam_x").quality is AttrQuality.ATTR_INVALID
    camera.write("exposure", 8.0)
    camera.device._taken_at -= 1.0
    assert not math.isnan(camera.read("beam_x"))
