"""Camera: a beam-profile camera with live images, a measured beam position, and acquisitions that take a while.

The picture is always live. Acquire takes a series of frames, keeps the state RUNNING meanwhile, announces each frame by
a data-ready event and leaves the measured positions behind.
"""

from __future__ import annotations

import math
import threading
import time
from array import array
from typing import Any, NamedTuple

from server_core import (
    AttrQuality,
    AttrWriteType,
    DevFailed,
    Device,
    DevState,
    attribute,
    command,
    device_property,
)
from server_core.devices.beam import SENSOR, WHOLE, Beam, Region, frame
from server_core.devices.signals import moments, projections
from server_core.model.enums import AttReqType
from server_core.model.errors import Reason

_MOST_FRAMES = 1000
_SMALLEST_SIDE = 16
_WHITE = 255


class Picture(NamedTuple):
    """One frame and what is measured in it; positions and sizes in pixels of the sensor, NaN without a beam."""

    pixels: bytes
    region: Region
    profile_x: array[float]
    profile_y: array[float]
    intensity: float
    centre_x: float
    centre_y: float
    size_x: float
    size_y: float


def measured(pixels: bytearray, region: Region) -> Picture:
    """The picture that a frame is."""
    profile_x, profile_y = projections(pixels, region.width)
    intensity, x, size_x = moments(profile_x)
    _, y, size_y = moments(profile_y)
    return Picture(bytes(pixels), region, profile_x, profile_y, intensity, region.x + x, region.y + y, size_x, size_y)


Reading = tuple[float, float, AttrQuality]
"""A value with its time and quality."""


def _reading(value: float) -> Reading:
    quality = AttrQuality.ATTR_INVALID if math.isnan(value) else AttrQuality.ATTR_VALID
    return value, time.time(), quality


class Camera(Device):
    """A camera of 320 x 240 pixels that looks at a fluorescent screen in the beam."""

    FrameRate = device_property(dtype=float, default_value=10.0, doc="Frames per second at short exposures")
    PixelSize = device_property(dtype=float, default_value=0.045, doc="Millimetres on the screen per pixel")

    def init_device(self) -> None:
        """Start with a live picture of the whole sensor."""
        super().init_device()
        self._beam = Beam()
        self._exposure = 8.0
        self._gain = 0.0
        self._region = WHOLE
        self._frames = 0
        self._taken_at = time.monotonic()
        self._positions: list[tuple[float, float]] = []
        self._wanted = 0
        self._stop = threading.Event()
        self.set_data_ready_event("image", True)
        self.set_change_event("acquired_frames", True, False)
        self._take_frame()
        self._show_settings()
        self._idle("Live.")

    def _show_settings(self) -> None:
        """Let the set points be what is in use; memorised ones are written afterwards."""
        attributes = self.get_device_attr()
        attributes.get_w_attr_by_name("exposure").set_write_value(self._exposure)
        attributes.get_w_attr_by_name("gain").set_write_value(self._gain)
        attributes.get_w_attr_by_name("roi").set_write_value(self._region)

    def delete_device(self) -> None:
        """Give up a running acquisition."""
        self._stop.set()
        super().delete_device()

    def always_executed_hook(self) -> None:
        """Take the frame that is due."""
        if self.get_state() != DevState.RUNNING and time.monotonic() - self._taken_at >= self._frame_time:
            self._take_frame()

    def _idle(self, status: str) -> None:
        self.set_state(DevState.ON)
        self.set_status(status)

    @property
    def _frame_time(self) -> float:
        """Seconds from frame to frame."""
        return max(1.0 / float(self.FrameRate), self._exposure / 1000.0)

    def _take_frame(self) -> None:
        now = time.monotonic()
        elapsed, self._taken_at = now - self._taken_at, now
        self._frames += max(1, int(elapsed / self._frame_time))
        self._beam.advance(elapsed)
        pixels = frame(self._beam, self._region, exposure=self._exposure, gain=self._gain)
        self._picture = measured(pixels, self._region)

    # ---- acquisition

    @command(doc_in="Number of frames (1 to 1000)")
    def Acquire(self, frames: int) -> None:
        """Take a series of frames; returns at once, the state is RUNNING until all are taken."""
        if not 1 <= frames <= _MOST_FRAMES:
            raise DevFailed.of(
                Reason.API_InvalidArgs, f"{frames} frames asked for; 1 to {_MOST_FRAMES} can be taken", "Camera.Acquire"
            )
        self._positions = []
        self._wanted = frames
        self._stop = threading.Event()
        self.set_state(DevState.RUNNING)
        self._tell_progress()
        threading.Thread(
            target=self._acquire, args=(self._stop,), name=f"acquire {self.get_name()}", daemon=True
        ).start()

    def _acquire(self, stop: threading.Event) -> None:
        while not stop.wait(self._frame_time):
            try:
                with self.host.monitor(self):
                    if not stop.is_set() and self._acquire_frame():
                        return
            except DevFailed as failure:
                self.warn_stream(f"Frame lost: {failure.desc}")

    def _acquire_frame(self) -> bool:
        """Take one frame of the series; whether it was the last."""
        self._take_frame()
        self._positions.append((self._picture.centre_x, self._picture.centre_y))
        taken = len(self._positions)
        self._tell_progress()
        if taken >= self._wanted:
            self._idle(f"Live. Acquisition of {taken} frames done.")
        self.push_data_ready_event("image", taken)
        self.push_change_event("acquired_frames", taken)
        return taken >= self._wanted

    def _tell_progress(self) -> None:
        self.set_status(f"Acquiring, {len(self._positions)} of {self._wanted} frames taken.")

    @command
    def Abort(self) -> None:
        """End a running acquisition; what was measured so far is kept."""
        self._stop.set()
        self._idle(f"Live. Acquisition aborted after {len(self._positions)} frames.")

    def is_Acquire_allowed(self) -> bool:
        """One acquisition at a time."""
        return self.get_state() != DevState.RUNNING

    def is_Abort_allowed(self) -> bool:
        """Something must be running."""
        return self.get_state() == DevState.RUNNING

    # ---- settings

    exposure = attribute(
        dtype=float,
        label="Exposure",
        unit="ms",
        format="%6.2f",
        access=AttrWriteType.READ_WRITE,
        min_value=0.05,
        max_value=1000,
        memorized=True,
        hw_memorized=True,
        doc="Time for which light is collected; long exposures slow the frames down",
    )

    def read_exposure(self) -> float:
        """The exposure in use."""
        return self._exposure

    def write_exposure(self, value: float) -> None:
        """Use a new exposure from the next frame on."""
        self._exposure = value

    gain = attribute(
        dtype=float,
        label="Gain",
        unit="dB",
        format="%4.1f",
        access=AttrWriteType.READ_WRITE,
        min_value=0,
        max_value=24,
        memorized=True,
        hw_memorized=True,
        doc="Amplification of signal and noise",
    )

    def read_gain(self) -> float:
        """The gain in use."""
        return self._gain

    def write_gain(self, value: float) -> None:
        """Use a new gain from the next frame on."""
        self._gain = value

    roi = attribute(
        dtype=(int,),
        label="Region of interest",
        unit="px",
        access=AttrWriteType.READ_WRITE,
        max_dim_x=4,
        min_value=0,
        max_value=max(SENSOR),
        doc="The part of the sensor that is read out: x, y, width, height",
    )

    def read_roi(self) -> list[int]:
        """The region in use."""
        return list(self._region)

    def write_roi(self, value: Any) -> None:
        """Read out another region from the next frame on; an empty one means the whole sensor."""
        self._region = _region([int(number) for number in value]) if len(value) else WHOLE

    def _is_setting_allowed(self, request: Any) -> bool:
        """Settings stay as they are during an acquisition."""
        return int(request) == AttReqType.READ_REQ or self.get_state() != DevState.RUNNING

    is_exposure_allowed = is_gain_allowed = is_roi_allowed = _is_setting_allowed

    # ---- readings

    @attribute(dtype=(("DevUChar",),), label="Image", max_dim_x=SENSOR[0], max_dim_y=SENSOR[1])
    def image(self) -> Any:
        """The latest frame, 8 bits a pixel, row by row from the top."""
        return memoryview(self._picture.pixels).cast("B", (self._picture.region.height, self._picture.region.width))

    @attribute(dtype=(float,), label="Profile, horizontal", unit="counts", format="%6.0f", max_dim_x=SENSOR[0])
    def profile_x(self) -> Any:
        """The sum of each column of the image."""
        return self._picture.profile_x

    @attribute(dtype=(float,), label="Profile, vertical", unit="counts", format="%6.0f", max_dim_x=SENSOR[1])
    def profile_y(self) -> Any:
        """The sum of each row of the image."""
        return self._picture.profile_y

    @attribute(
        dtype=float,
        label="Beam position, horizontal",
        unit="mm",
        format="%6.3f",
        abs_change=0.05,
        polling_period=500,
    )
    def beam_x(self) -> Reading:
        """The centre of the beam, from the middle of the sensor to the right; invalid without a beam."""
        return _reading(self._millimetres(self._picture.centre_x - SENSOR[0] / 2))

    @attribute(
        dtype=float, label="Beam position, vertical", unit="mm", format="%6.3f", abs_change=0.05, polling_period=500
    )
    def beam_y(self) -> Reading:
        """The centre of the beam, upwards from the middle of the sensor; invalid without a beam."""
        return _reading(self._millimetres(SENSOR[1] / 2 - self._picture.centre_y))

    @attribute(
        dtype=float, label="Beam size, horizontal", unit="mm", format="%5.3f", abs_change=0.02, polling_period=1000
    )
    def beam_size_x(self) -> Reading:
        """The rms width of the beam; invalid without a beam."""
        return _reading(self._millimetres(self._picture.size_x))

    @attribute(
        dtype=float, label="Beam size, vertical", unit="mm", format="%5.3f", abs_change=0.02, polling_period=1000
    )
    def beam_size_y(self) -> Reading:
        """The rms height of the beam; invalid without a beam."""
        return _reading(self._millimetres(self._picture.size_y))

    @attribute(dtype=float, label="Light", unit="counts", format="%8.0f", rel_change=2, polling_period=1000)
    def intensity(self) -> Reading:
        """The sum of the pixels of the beam, background removed; invalid without a beam."""
        return _reading(self._picture.intensity)

    def _millimetres(self, pixels: float) -> float:
        return pixels * float(self.PixelSize)

    @attribute(label="Saturated pixels", max_warning=1, max_alarm=200, abs_change=1, polling_period=1000)
    def saturated_pixels(self) -> int:
        """Pixels at full scale; their light is not measured."""
        return self._picture.pixels.count(_WHITE)

    @attribute(label="Frames", abs_change=10)
    def frame_counter(self) -> int:
        """Frames since the device was initialised."""
        return self._frames

    @attribute(label="Acquired frames")
    def acquired_frames(self) -> int:
        """Frames of the present or last acquisition."""
        return len(self._positions)

    @attribute(dtype=(float,), label="Positions, horizontal", unit="mm", format="%6.3f", max_dim_x=_MOST_FRAMES)
    def positions_x(self) -> list[float]:
        """The horizontal beam position in each acquired frame."""
        return [self._millimetres(x - SENSOR[0] / 2) for x, _ in self._positions]

    @attribute(dtype=(float,), label="Positions, vertical", unit="mm", format="%6.3f", max_dim_x=_MOST_FRAMES)
    def positions_y(self) -> list[float]:
        """The vertical beam position in each acquired frame."""
        return [self._millimetres(SENSOR[1] / 2 - y) for _, y in self._positions]


def _region(numbers: list[int]) -> Region:
    """The region that four numbers mean; DevFailed `API_WAttrOutsideLimit` when it is none of the sensor's."""
    if len(numbers) == 4:
        x, y, width, height = numbers
        if min(width, height) >= _SMALLEST_SIDE and x + width <= SENSOR[0] and y + height <= SENSOR[1]:
            return Region(x, y, width, height)
    raise DevFailed.of(
        Reason.API_WAttrOutsideLimit,
        f"{numbers} is not a region: x, y, width, height (at least {_SMALLEST_SIDE}) within {SENSOR[0]} x {SENSOR[1]}",
        "Camera.write_roi",
    )
