"""TangoTest: the device on which every Tango tool is tried, with the interface and behaviour of the C++ one.

Readings are made when they are asked for, at most once a period, so an unread device costs nothing.

Source: SIM-1..SIM-10.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any

from server_core import DevFailed, Device, DevState, DispLevel, attribute, command, device_property, pipe
from server_core.devices.tango_test_data import IMAGE_SIDE, ROWS, Moment, Row, dark
from server_core.model.config import UNINITIALISED
from server_core.model.errors import Reason
from server_core.model.types import CmdArgType as T

_ECHO = "Echo of the argin value"

_ECHO_COMMANDS: tuple[tuple[T, str, str], ...] = (
    (T.DevBoolean, "Any boolean value", _ECHO),
    (T.DevDouble, "Any DevDouble value", _ECHO),
    (T.DevFloat, "Any DevFloat value", _ECHO),
    (T.DevLong, "Any DevLong value", _ECHO),
    (T.DevLong64, "Any DevLong64 value", _ECHO),
    (T.DevShort, "Any DevShort value", _ECHO),
    (T.DevString, "-", "-"),
    (T.DevULong, "Any DevULong", _ECHO),
    (T.DevULong64, "Any DevULong64 value", _ECHO),
    (T.DevUShort, "Any DevUShort value", _ECHO),
    (T.DevVarCharArray, "-", "-"),
    (T.DevVarDoubleArray, "-", "-"),
    (T.DevVarDoubleStringArray, "-", "-"),
    (T.DevVarFloatArray, "-", "-"),
    (T.DevVarLong64Array, UNINITIALISED, UNINITIALISED),
    (T.DevVarLongArray, "-", "-"),
    (T.DevVarLongStringArray, "-", "-"),
    (T.DevVarShortArray, "-", "-"),
    (T.DevVarStringArray, "-", "-"),
    (T.DevVarULong64Array, UNINITIALISED, UNINITIALISED),
    (T.DevVarULongArray, "-", "-"),
    (T.DevVarUShortArray, "-", "-"),
)
"""Commands that return their argument and are named after its type, with their descriptions."""

_CRASHES = ("CrashFromDevelopperThread", "CrashFromOmniThread")


def _declared(row: Row) -> Any:
    """The attribute of a table row."""
    dtype: Any = row.dtype
    for _ in row.shape:
        dtype = (dtype,)
    options = dict(zip(("max_dim_x", "max_dim_y"), row.shape, strict=False)) | row.config
    if row.associate:
        options["writable_attr_name"] = row.associate
    reads = {"fget": _reader(row)} if row.access.readable else {}
    writes = {"fset": _writer(row)} if row.access.writable else {}
    return attribute(name=row.name, dtype=dtype, access=row.access, **reads, **writes, **options)


def _reader(row: Row) -> Callable[[TangoTest], Any]:
    def read(self: TangoTest) -> Any:
        return self.reading(row)

    return read


def _writer(row: Row) -> Callable[[TangoTest, Any], None]:
    def write(self: TangoTest, value: Any) -> None:
        self.set_point_written(row, value)

    return write


def _echo(dtype: T, doc_in: str, doc_out: str) -> Any:
    def echo(self: TangoTest, argin: Any) -> Any:
        self.debug_stream("TangoTest::%s()  - %s", dtype.name, self.get_name())
        return argin

    echo.__name__ = dtype.name
    return command(echo, dtype_in=dtype, dtype_out=dtype, doc_in=doc_in, doc_out=doc_out)


def _refused(name: str) -> Any:
    def refuse(self: TangoTest) -> None:
        raise DevFailed.of(
            Reason.API_NotSupportedFeature,
            f"{name} would end the whole server process; this TangoTest refuses to",
            f"TangoTest.{name}",
        )

    refuse.__name__ = name
    return command(refuse, display_level=DispLevel.EXPERT, doc_in=UNINITIALISED, doc_out=UNINITIALISED)


class TangoTest(Device):
    """One attribute of every type, format and access, an echo command for every type, and errors on request."""

    Mthreaded_impl = device_property(
        dtype=int, default_value=1, doc="1: new data once a period; 0: new data at every reading"
    )
    Sleep_period = device_property(dtype=int, default_value=2000, doc="The period of new data in ms")
    UShort_image_ro_size = device_property(
        dtype=int, default_value=IMAGE_SIDE, doc="The side of the image ushort_image_ro in pixels"
    )

    vars().update({row.name: _declared(row) for row in ROWS.values()})
    vars().update({row[0].name: _echo(*row) for row in _ECHO_COMMANDS})
    vars().update({name: _refused(name) for name in _CRASHES})

    def init_device(self) -> None:
        """Forget what was written; the periods are counted on."""
        super().init_device()
        if not hasattr(self, "_born"):
            self._born = monotonic()
            self._reads = 0
        self._set_points: dict[str, Any] = {row.name: row.start for row in ROWS.values() if row.start is not None}
        self._readings: dict[str, tuple[int, Any]] = {}
        self.set_state(DevState.RUNNING)
        self.info_stream("TangoTest::init_device::init device %s", self.get_name())

    def read_attr_hardware(self, attr_list: Any) -> None:
        """Without a thread of its own the device makes new data at every reading (SIM-2)."""
        self._reads += 1

    def _tick(self) -> int:
        """The number of the current period."""
        if not self.Mthreaded_impl:
            return self._reads
        return int((monotonic() - self._born) * 1000 / max(1, self.Sleep_period))

    def reading(self, row: Row) -> Any:
        """The present reading of an attribute."""
        if row.name == "throw_exception":
            raise DevFailed.of(
                "exception test", "here is the exception you requested", "TangoTest::read_throw_exception"
            )
        if row.make is not None:
            return self._made(row)
        if row.shape and row.name not in self._set_points:
            self._set_points[row.name] = dark(row.dtype, row.shape)
        return self._set_points.get(row.name)

    def _made(self, row: Row) -> Any:
        tick = self._tick()
        made, value = self._readings.get(row.name, (-1, None))
        if made != tick and row.make is not None:
            side = self.UShort_image_ro_size if row.name == "ushort_image_ro" else IMAGE_SIDE
            value = row.make(Moment(row.dtype, self._set_points.get(row.source), tick, side))
            self._readings[row.name] = tick, value
        return value

    def set_point_written(self, row: Row, value: Any) -> None:
        """Take a new set point; what follows it changes with the next period, so this period's readings are made."""
        for follower in ROWS.values():
            if follower.source == row.name:
                self._made(follower)
        self._set_points[row.name] = value

    @command(doc_in="N/A", doc_out="N/A")
    def DevVoid(self) -> None:
        """Do nothing."""

    @command(display_level=DispLevel.EXPERT, doc_in=UNINITIALISED, doc_out=UNINITIALISED)
    def DumpExecutionState(self) -> None:
        """Log that crash reports are not part of this device."""
        self.error_stream("Crash report disabled")

    @command(doc_in=UNINITIALISED, doc_out=UNINITIALISED)
    def SwitchStates(self) -> None:
        """From RUNNING to FAULT and back."""
        self.set_state(DevState.FAULT if self.get_state() == DevState.RUNNING else DevState.RUNNING)

    @pipe(label="string_long_short_ro", doc="Pipe example")
    def string_long_short_ro(self) -> tuple[str, list[dict[str, Any]]]:
        """A string, a long and a short (SIM-9)."""
        return "", [
            {"name": "FirstDE", "dtype": T.DevString, "value": "The string"},
            {"name": "SecondDE", "dtype": T.DevLong, "value": 666},
            {"name": "ThirdDE", "dtype": T.DevShort, "value": 12},
        ]
