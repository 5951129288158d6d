"""A thermostat: set points that are remembered, and written again by Init."""

from server_core import AttrWriteType, Device, DevState, attribute, command


class Thermostat(Device):
    target = attribute(
        dtype=float, access=AttrWriteType.READ_WRITE, memorized=True, hw_memorized=True, min_value=5, max_value=30
    )
    night = attribute(dtype=int, access=AttrWriteType.READ_WRITE, memorized=True)
    label = attribute(dtype=str, access=AttrWriteType.WRITE, memorized=True, hw_memorized=True)
    reached = attribute(dtype=float)

    def init_device(self):
        super().init_device()
        self._writes = []
        self._target = 20.0
        self._night = 16
        self.set_state(DevState.ON)

    def read_target(self):
        return self._target

    def write_target(self, value):
        self._writes.append(f"target={value:g}")
        self._target = value

    def read_night(self):
        return self._night

    def write_night(self, value):
        self._writes.append(f"night={value}")
        self._night = value

    def write_label(self, value):
        self._writes.append(f"label={value}")

    def read_reached(self):
        return self._target - 0.5

    @command(dtype_out=(str,))
    def Writes(self):
        return self._writes


DEVICES = (Thermostat,)
