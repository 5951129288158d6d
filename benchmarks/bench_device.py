"""The device that `requests.py` and `events.py` measure, on tangoterm and on PyTango (BENCH_API=PyTango)."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

if os.environ.get("BENCH_API") == "PyTango":
    from tango import AttrWriteType
    from tango.server import Device, attribute, command, run
else:
    from server_core import AttrWriteType, Device, attribute, command, run

try:
    from numpy import zeros
except ImportError:
    from array import array

    def zeros(size: int) -> Any:
        """So many doubles."""
        return array("d", bytes(8 * size))


WAVE, MEDIUM, LARGE = 256, 200_000, 1_000_000
MANY = tuple(f"many_{number:03}" for number in range(100))


class Bench(Device):
    """A scalar to read and write, a hundred more, spectra of several sizes, and an echo."""

    for name in MANY:
        locals()[name] = attribute(name=name, dtype=float, fget="read_value")
    del name

    value = attribute(dtype=float, access=AttrWriteType.READ_WRITE)
    pushed = attribute(dtype=float, fget="read_value")
    wave = attribute(dtype=(float,), max_dim_x=WAVE)
    medium = attribute(dtype=(float,), max_dim_x=MEDIUM)
    large = attribute(dtype=(float,), max_dim_x=LARGE, access=AttrWriteType.READ_WRITE)

    def init_device(self) -> None:
        super().init_device()
        self._value = 1.5
        self._wave, self._medium, self._large = zeros(WAVE), zeros(MEDIUM), zeros(LARGE)
        self.set_change_event("pushed", True, False)

    def read_value(self, *_: object) -> float:
        return self._value

    def write_value(self, value: float) -> None:
        self._value = value

    def read_wave(self) -> Any:
        return self._wave

    def read_medium(self) -> Any:
        return self._medium

    def read_large(self) -> Any:
        return self._large

    def write_large(self, value: Any) -> None:
        self._written = value

    @command(dtype_in=float, dtype_out=float)
    def Echo(self, argin: float) -> float:
        return argin

    @command
    def PushTime(self) -> None:
        self.push_change_event("pushed", time.perf_counter())

    @command(dtype_in=int)
    def PushMany(self, count: int) -> None:
        for number in range(count):
            self.push_change_event("pushed", float(number))


if __name__ == "__main__":
    run((Bench,), args=sys.argv)
