"""A motor driver: properties of the device and of its class, typed, defaulted, mandatory, written back."""

from server_core import Device, DevState, attribute, class_property, command, device_property


class Driver(Device):
    host = device_property(dtype=str, mandatory=True, doc="Where the controller is")
    port = device_property(dtype=int, default_value=5025)
    axes = device_property(dtype=(int,), default_value=[1, 2])
    gain = device_property(dtype=float)
    simulated = device_property(dtype=bool, default_value=False)
    names = device_property(dtype=(str,))
    wanted = device_property(dtype=int, default_value=1, update_db=True)
    vendor = class_property(dtype=str, default_value="ACME")
    limits = class_property(dtype=(float,), default_value=[0.0, 1.0])

    def init_device(self):
        super().init_device()
        self.opened = f"{self.host}:{self.port}"
        self.set_state(DevState.OFF if self.simulated else DevState.ON)

    @attribute(dtype=str)
    def address(self):
        return self.opened

    @attribute(dtype=(int,), max_dim_x=8)
    def axis_numbers(self):
        return self.axes

    @attribute(dtype=float)
    def gain_used(self):
        return -1.0 if self.gain is None else self.gain

    @command(dtype_out=(str,))
    def Describe(self):
        names = self.names or []
        return [self.vendor, str(list(self.limits)), str(list(names)), str(self.wanted), str(self.simulated)]

    @command(dtype_in=int)
    def Want(self, number):
        self.wanted = number

    @command(dtype_out=str)
    def Reload(self):
        self.get_device_properties(self.get_device_class())
        return f"{self.host}:{self.wanted}"


DEVICES = (Driver,)
