"""A multimeter: scalars of many types in all forms of declaration, limits, alarms, qualities, errors."""

import time
from enum import IntEnum

from server_core import (
    AttReqType,
    AttrQuality,
    AttrWriteType,
    Device,
    DevState,
    DispLevel,
    Except,
    attribute,
    command,
)


class Coupling(IntEnum):
    DC = 0
    AC = 1
    GND = 2


class Multimeter(Device):
    voltage = attribute(
        label="Voltage", dtype=float, unit="V", standard_unit="1", display_unit="1", format="8.4f", min_warning=-50,
        max_warning=50, min_alarm=-100, max_alarm=100, doc="At the inputs", display_level=DispLevel.EXPERT,
    )  # fmt: skip
    range = attribute(dtype="int32", access=AttrWriteType.READ_WRITE, min_value=1, max_value=1000)
    coupling = attribute(dtype=Coupling, access=AttrWriteType.READ_WRITE)
    front = attribute(dtype="DevEnum", enum_labels=["LEFT", "RIGHT"], fget="get_front")
    name = attribute(dtype=str, fget="get_name_text", fset="set_name_text", label="Its name")
    trigger = attribute(dtype=bool, access=AttrWriteType.WRITE)
    serial = attribute(dtype="uint64", fread="get_serial")
    byte = attribute(dtype="byte", access=AttrWriteType.READ_WRITE)
    single = attribute(dtype="float32", access=AttrWriteType.READ_WRITE)

    def init_device(self):
        super().init_device()
        self._voltage = 12.5
        self._range, self._coupling, self._name, self._byte, self._single = 10, Coupling.AC, "meter", 7, 0.5
        self._triggered = False
        self.set_state(DevState.ON)

    def read_voltage(self):
        return self._voltage

    def read_range(self):
        return self._range

    def write_range(self, value):
        if value == 13:
            Except.throw_exception("Meter_Unlucky", "no such range", "Multimeter.write_range")
        self._range = value

    def read_coupling(self):
        return self._coupling

    def write_coupling(self, value):
        self._coupling = Coupling(value)

    def get_front(self):
        return 1

    def get_name_text(self):
        return self._name

    def set_name_text(self, value):
        self._name = value

    def write_trigger(self, value):
        self._triggered = value

    def get_serial(self):
        return 2**64 - 1

    def read_byte(self):
        return self._byte

    def write_byte(self, value):
        self._byte = value

    def read_single(self):
        return self._single

    def write_single(self, value):
        self._single = value

    @attribute
    def temperature(self) -> float:
        """Inside"""
        return 21.5, 1000.25, AttrQuality.ATTR_CHANGING

    @attribute(dtype=int)
    def invalid(self):
        return 0, time.time(), AttrQuality.ATTR_INVALID

    @attribute(dtype=int)
    def broken(self):
        raise ValueError("no reading")

    @attribute(dtype="DevState")
    def relay(self):
        return DevState.OPEN

    @attribute(dtype=int)
    def gain(self):
        """A gain, readable in ON alone."""
        return 3

    @gain.write
    def gain(self, value):
        self._gain = value

    @gain.is_allowed
    def gain_allowed(self, request):
        return self.get_state() == DevState.ON or request == AttReqType.WRITE_REQ

    @command(dtype_in=float)
    def Apply(self, volts):
        self._voltage = volts

    @command(dtype_out=bool)
    def Triggered(self):
        return bool(self._triggered)

    @command
    def Off(self):
        self.set_state(DevState.OFF)


DEVICES = (Multimeter,)
