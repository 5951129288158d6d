"""The simulated plants obey their physics, whatever device class stands on them."""

from __future__ import annotations

import math
from statistics import fmean, pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server_core.devices.beam import SENSOR, WHOLE, Beam, Region, frame
from server_core.devices.magnet import HISTORY, Magnet, Mode
from server_core.devices.signals import Drift, add_spot, bell, gaussian_table, moments, noise, projections
from server_core.devices.vacuum import AXIS, GASES, Vessel, gases_at


def energised(set_point: float, **knobs: float) -> Magnet:
    magnet = Magnet(0.12, 0.05)
    magnet.set_point = set_point
    magnet.energised = True
    for name, value in knobs.items():
        setattr(magnet, name, value)
    return magnet


def test_the_current_ramps_at_the_ramp_rate_and_then_stays() -> None:
    magnet = energised(50.0, ramp_rate=5.0)
    magnet.advance(4.0)
    assert magnet.ramping
    assert magnet.current == pytest.approx(20.0)
    magnet.advance(10.0)
    assert not magnet.ramping
    assert magnet.current == pytest.approx(50.0)
    assert magnet.measured_current == pytest.approx(50.0, abs=0.05)


def test_the_voltage_is_inductive_too_while_the_current_ramps() -> None:
    magnet = energised(100.0, ramp_rate=10.0)
    magnet.advance(5.0)
    assert magnet.voltage == pytest.approx(magnet.resistance * magnet.current + 0.05 * 10.0, rel=1e-3)


def test_a_switched_off_magnet_loses_its_current_with_its_time_constant() -> None:
    magnet = energised(100.0, ramp_rate=50.0)
    magnet.advance(5.0)
    magnet.energised = False
    resistance = magnet.resistance
    magnet.advance(1.0)
    assert magnet.voltage == 0.0
    assert magnet.current == pytest.approx(100.0 * math.exp(-resistance / 0.05), rel=0.02)


def test_copper_warms_up_until_the_water_carries_the_heat_away() -> None:
    magnet = energised(150.0, ramp_rate=50.0)
    magnet.advance(300.0)
    settled = magnet.temperature
    magnet.advance(60.0)
    assert magnet.temperature == pytest.approx(settled, abs=0.1)
    assert magnet.temperature == pytest.approx(22.0 + magnet.resistance * 150.0**2 / 205.0, abs=0.1)
    assert magnet.resistance > 0.12


def test_a_closed_valve_stops_the_water_and_heats_the_coil() -> None:
    magnet = energised(150.0, ramp_rate=50.0)
    magnet.advance(60.0)
    warm = magnet.temperature
    magnet.valve = 0.0
    magnet.advance(10.0)
    assert magnet.flow < 0.1
    assert magnet.temperature > warm + 3.0


def test_wobble_stays_within_two_percent_of_the_set_point() -> None:
    magnet = energised(100.0, ramp_rate=50.0, mode=Mode.WOBBLE)
    magnet.advance(10.0)
    currents = []
    for _ in range(80):
        magnet.advance(0.25)
        currents.append(magnet.current)
    assert max(currents) == pytest.approx(102.0, abs=0.1)
    assert min(currents) == pytest.approx(98.0, abs=0.1)


def test_cycling_goes_down_to_a_tenth_and_up_again() -> None:
    magnet = energised(40.0, ramp_rate=20.0, mode=Mode.CYCLE)
    currents = []
    for _ in range(160):
        magnet.advance(0.25)
        currents.append(magnet.current)
    assert currents[-1] != currents[0]
    assert min(currents[20:]) == pytest.approx(4.0)
    assert max(currents[60:]) == pytest.approx(40.0)


def test_the_history_is_the_last_minute() -> None:
    magnet = energised(10.0)
    magnet.advance(100.0)
    assert len(magnet.history) == HISTORY
    assert list(magnet.history) == pytest.approx([10.0] * HISTORY, abs=0.05)


def test_air_from_a_leak_raises_nitrogen_oxygen_and_argon_and_is_pumped_away() -> None:
    vessel = Vessel()
    vessel.advance(1.0)
    before = {mass: vessel.partial(mass) for mass in (28, 32, 40, 2)}
    vessel.leak(30.0)
    vessel.advance(20.0)
    during = {mass: vessel.partial(mass) for mass in (28, 32, 40, 2)}
    assert during[28] > 3 * before[28]
    assert during[32] > 20 * before[32]
    assert during[40] > 5 * before[40]
    assert during[2] < 3 * before[2]
    assert vessel.air > 1e-9


def test_a_scan_has_its_peaks_where_the_gases_have_theirs() -> None:
    vessel = Vessel()
    scan = vessel.scan()
    assert len(scan) == len(AXIS)
    at = {mass: scan[list(AXIS).index(mass)] for mass in (2, 5, 18, 28, 35)}
    assert at[2] > at[18] > 20 * at[35]
    assert at[28] > 20 * at[5]
    assert min(scan) > 0.0


def test_masses_are_labelled_with_the_gases_that_show_there() -> None:
    assert gases_at(28) == "N2, CO"
    assert gases_at(44) == "CO2"
    assert gases_at(3) == ""
    assert sum(gas.air for gas in GASES) == pytest.approx(1.0, abs=0.001 + 0.01)


def test_a_frame_shows_the_beam_where_it_is() -> None:
    beam = Beam()
    pixels = frame(beam, WHOLE, exposure=10.0, gain=0.0)
    across, down = projections(pixels, WHOLE.width)
    assert (len(across), len(down)) == SENSOR
    for profile, centre, size in zip((across, down), beam.centre, beam.size, strict=True):
        _, found, width = moments(profile)
        assert found == pytest.approx(centre, abs=1.5)
        assert width == pytest.approx(size, rel=0.12)


def test_a_region_is_a_part_of_the_whole_picture() -> None:
    beam = Beam()
    x, y = beam.centre
    region = Region(int(x) - 60, int(y) - 40, 120, 80)
    pixels = frame(beam, region, exposure=10.0, gain=0.0)
    assert len(pixels) == 120 * 80
    _, found, _ = moments(projections(pixels, 120)[0])
    assert found + region.x == pytest.approx(x, abs=1.5)


def test_light_grows_with_exposure_and_gain_until_the_sensor_saturates() -> None:
    beam = Beam()
    brightest = [max(frame(beam, WHOLE, exposure=exposure, gain=gain)) for exposure, gain in ((1, 0), (4, 0), (4, 6))]
    assert brightest == sorted(brightest)
    assert frame(beam, WHOLE, exposure=100.0, gain=0.0).count(255) > 500


def test_no_beam_is_no_peak() -> None:
    pixels = bytearray(noise(320 * 240, gaussian_table(8.0, 1.6)))
    assert all(map(math.isnan, moments(projections(pixels, 320)[0])))
    assert all(map(math.isnan, moments(bell(0, 0.0, 1.0))))


@given(
    x=st.floats(-100, 200, allow_nan=False),
    y=st.floats(-100, 200, allow_nan=False),
    height=st.floats(0, 1e4),
    width=st.integers(1, 60),
    rows=st.integers(1, 60),
)
@settings(max_examples=60)
def test_a_spot_anywhere_leaves_the_image_its_size(x: float, y: float, height: float, width: int, rows: int) -> None:
    image = bytearray(width * rows)
    add_spot(image, width, centre=(x, y), sigma=(5.0, 3.0), height=height)
    assert len(image) == width * rows


def test_noise_has_the_mean_and_spread_of_its_table() -> None:
    values = noise(50_000, gaussian_table(100.0, 10.0))
    assert fmean(values) == pytest.approx(100.0, abs=0.5)
    assert pstdev(values) == pytest.approx(10.0, abs=0.5)


@pytest.mark.parametrize("step", [0.1, 1.0, 30.0])
def test_a_drift_keeps_its_mean_and_spread_however_often_it_is_asked(step: float) -> None:
    drift = Drift(5.0, 2.0, 3.0)
    values = [drift.advance(step) for _ in range(int(6000 / min(step, 3.0)))]
    assert fmean(values) == pytest.approx(5.0, abs=0.6)
    assert pstdev(values) == pytest.approx(2.0, rel=0.2)
