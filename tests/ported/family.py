"""Two classes of one server with a common base: axes, and the table that moves them; they find each other."""

from server_core import AttrWriteType, Device, DevState, Util, attribute, command, device_property, run


class Movable(Device):
    """What both have."""

    speed = device_property(dtype=float, default_value=1.0)

    def init_device(self):
        super().init_device()
        self._place = 0.0
        self.set_state(DevState.ON)

    @attribute(dtype=float, access=AttrWriteType.READ_WRITE, unit="mm")
    def place(self):
        return self._place

    @place.write
    def write_place(self, value):
        self.go(value)

    def go(self, value):
        self._place = value

    @command(dtype_out=str)
    def Kind(self):
        return f"{type(self).__name__} {self.get_device_class().get_name()} {self.get_name()} {self.speed:g}"

    @command
    def Home(self):
        self.go(0.0)


class Axis(Movable):
    backlash = attribute(dtype=float)

    def read_backlash(self):
        return 0.01 * self.speed

    @command
    def Home(self):
        self.go(-1.0)


class Table(Movable):
    speed = device_property(dtype=float, default_value=5.0)

    @attribute(dtype=(str,), max_dim_x=8)
    def axes(self):
        return self.axis_names()

    def go(self, value):
        super().go(value)
        for name in self.axis_names():
            Util.instance().get_device_by_name(name).go(value / 2)

    def axis_names(self):
        return [device.get_name() for device in Util.instance().get_device_list_by_class("Axis")]

    @command(dtype_out=(str,))
    def Server(self):
        util = Util.instance()
        return [util.get_ds_name(), util.get_ds_inst_name(), util.get_ds_exec_name()]


if __name__ == "__main__":
    run((Axis, Table))
