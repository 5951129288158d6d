"""A data logger with pipes, as PyTango had them until 10.0."""

from server_core import Device, DevState, PipeWriteType, attribute, command, pipe


class Recorder(Device):
    settings = pipe(access=PipeWriteType.PIPE_READ_WRITE, label="All settings")

    def init_device(self):
        super().init_device()
        self._settings = {"rate": 10.0, "channels": ["a", "b"]}
        self.set_state(DevState.ON)

    def read_settings(self):
        return "settings", self._settings

    def write_settings(self, blob):
        _, elements = blob
        self._settings = {element["name"]: element["value"] for element in elements}

    def is_settings_allowed(self, request):
        return self.get_state() == DevState.ON

    @pipe
    def summary(self):
        """A few numbers"""
        return "summary", {"count": 3, "mean": 1.5, "inner": ("deep", {"flag": True})}

    @attribute(dtype=float)
    def rate(self):
        return self._settings["rate"]

    @command
    def Announce(self):
        self.push_pipe_event("summary", ("news", {"count": 4}))

    @command
    def Off(self):
        self.set_state(DevState.OFF)


DEVICES = (Recorder,)
