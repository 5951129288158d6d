"""A beam position monitor: events pushed by code, and polling that the code declares."""

from server_core import AttrQuality, DevFailed, Device, DevState, Except, attribute, command


class Monitor(Device):
    polled = attribute(dtype=int, polling_period=100, abs_change=1)

    def init_device(self):
        super().init_device()
        self._position = 0.0
        self._polls = 0
        self._ticks = 0
        self.set_change_event("position", True, False)
        self.set_archive_event("position", True, False)
        self.set_change_event("checked", True, True)
        self.set_change_event("State", True, False)
        self.set_data_ready_event("position", True)
        self.set_state(DevState.ON)

    @attribute(dtype=float, unit="mm")
    def position(self):
        return self._position

    @attribute(dtype=float, abs_change=2)
    def checked(self):
        return self._position

    def read_polled(self):
        self._polls += 1
        return self._polls

    @command(dtype_in=float)
    def Move(self, where):
        self._position = where
        self.push_change_event("position", where)
        self.push_archive_event("position", where)
        self.push_change_event("checked", where)

    @command(dtype_in=float)
    def Suspect(self, where):
        self.push_change_event("position", where, 1234.5, AttrQuality.ATTR_WARNING)

    @command
    def Lose(self):
        try:
            Except.throw_exception("Monitor_Lost", "no beam", "Monitor.Lose")
        except DevFailed as failure:
            self.push_change_event("position", failure)

    @command
    def Fault(self):
        self.set_state(DevState.FAULT)
        self.push_change_event("State")

    @command(dtype_in=int)
    def Ready(self, number):
        self.push_data_ready_event("position", number)

    @command(dtype_out=int, polling_period=100)
    def Tick(self):
        self._ticks += 1
        return self._ticks

    @command(dtype_out=(int,))
    def Periods(self):
        self.poll_attribute("position", 1000)
        found = [self.get_attribute_poll_period("position"), self.get_command_poll_period("Tick")]
        self.stop_poll_attribute("position")
        return [*found, int(self.is_attribute_polled("position"))]


DEVICES = (Monitor,)
