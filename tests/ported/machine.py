"""A vacuum valve: what is allowed depends on the state; state and status are computed."""

from server_core import AttReqType, AttrQuality, AttrWriteType, DevFailed, Device, DevState, attribute, command


class Valve(Device):
    opening = attribute(dtype=int, access=AttrWriteType.READ_WRITE, unit="%", min_value=0, max_value=100)
    pressure = attribute(dtype=float, min_alarm=1, max_alarm=5, max_warning=4, label="Pressure")

    def init_device(self):
        Device.init_device(self)
        self.hooks = []
        self._opening = 0
        self._pressure = 2.0
        self._broken = False
        self.set_state(DevState.CLOSE)
        self.set_status("Closed by init")

    def always_executed_hook(self):
        self.hooks.append("always")

    def read_attr_hardware(self, attr_list):
        names = [self.get_device_attr().get_attr_by_ind(index).get_name() for index in attr_list]
        self.hooks.append("read " + ",".join(names))

    def dev_state(self):
        return DevState.FAULT if self._broken else super().dev_state()

    def read_opening(self):
        return self._opening

    def write_opening(self, value):
        self._opening = value

    def is_opening_allowed(self, request):
        return request == AttReqType.READ_REQ or self.get_state() == DevState.OPEN

    def read_pressure(self):
        return self._pressure

    @command
    def Open(self):
        self.set_state(DevState.OPEN)
        self.set_status("Open")
        self.append_status("and ready", new_line=True)

    def is_Open_allowed(self):
        return self.get_state() == DevState.CLOSE

    @command(fisallowed="may_close")
    def Close(self):
        self.set_state(DevState.CLOSE)

    def may_close(self):
        return self.get_state() != DevState.CLOSE

    @command(fisallowed=lambda self: False)
    def Never(self):
        pass

    @command(dtype_in=float)
    def Pressurise(self, pressure):
        self._pressure = pressure
        self.set_state(DevState.ON)
        self.set_status("On")

    @command
    def Break(self):
        self._broken = True

    @command(dtype_out=(str,))
    def Hooks(self):
        hooks, self.hooks = self.hooks, []
        return hooks

    @command(dtype_out=(str,))
    def Limits(self):
        attr = self.get_device_attr().get_attr_by_name("pressure")
        wattr = self.get_device_attr().get_w_attr_by_name("opening")
        wattr.set_max_value(90)
        attr.set_max_warning(4.5)
        return [
            str(attr.get_max_alarm()), str(attr.get_min_alarm()), str(attr.get_max_warning()),
            str(wattr.get_max_value()), str(attr.get_quality() == AttrQuality.ATTR_VALID), attr.get_label(),
        ]  # fmt: skip

    @command(dtype_out=str)
    def Missing(self):
        try:
            self.get_device_attr().get_attr_by_name("nope")
        except DevFailed as failure:
            return failure.args[0].reason
        return "found"


DEVICES = (Valve,)
