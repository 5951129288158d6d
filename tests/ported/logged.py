"""A shutter whose methods are traced, with documented and typed commands of every kind."""

from server_core import (
    DebugIt,
    Device,
    DevState,
    DispLevel,
    ErrorIt,
    FatalIt,
    InfoIt,
    WarnIt,
    attribute,
    command,
)


class Shutter(Device):
    @DebugIt()
    def init_device(self):
        super().init_device()
        self.debug_stream("starting")
        self.info_stream("%s is %d", "one", 1)
        self.set_state(DevState.CLOSE)

    @attribute(dtype=int)
    @DebugIt(show_ret=True)
    def cycles(self):
        """How often it moved"""
        return 5

    @command(dtype_in=float, doc_in="seconds", dtype_out=str, doc_out="what was done", display_level=DispLevel.EXPERT)
    @InfoIt(show_args=True, show_ret=True)
    def Expose(self, seconds):
        """Open for some time."""
        self.warn_stream("exposing for %.1f s", seconds)
        return f"exposed {seconds:.1f}"

    @command
    @WarnIt()
    def Open(self):
        self.set_state(DevState.OPEN)

    @command(dtype_in=int, dtype_out=int)
    @ErrorIt(show_kwargs=True)
    def Twice(self, number):
        return 2 * number

    @command(dtype_in="DevBoolean", dtype_out="DevBoolean")
    @FatalIt()
    def Invert(self, flag):
        self.fatal_stream("100 % inverted")
        return not flag

    @command(dtype_in="DevState", dtype_out="DevState")
    def Same(self, state):
        return state

    @command
    def Fail(self):
        self.error_stream("failing")
        raise KeyError("nothing")

    @command(dtype_out=int)
    def Wrong(self):
        return "not a number"

    @command(dtype_in=str, dtype_out=str)
    def Annotated(self, text: str) -> str:
        return text.strip()

    @command
    def Hinted(self, numbers: list[int]) -> float:
        return sum(numbers) / len(numbers)


DEVICES = (Shutter,)
