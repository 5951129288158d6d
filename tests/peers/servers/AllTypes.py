"""A device of everything: all data types in all formats, all types of commands, failures, slowness, events, polling."""

from __future__ import annotations

import json
import time
from typing import Any

from server_core import (
    AttrQuality,
    AttrWriteType,
    CmdArgType,
    DevFailed,
    Device,
    DevState,
    DispLevel,
    Except,
    attribute,
    command,
)

LABELS = ["LOW", "MIDDLE", "HIGH"]
SCALARS: dict[str, Any] = {
    "boolean": True,
    "uchar": 200,
    "short": -32000,
    "ushort": 65000,
    "long": -2_000_000_000,
    "ulong": 4_000_000_000,
    "long64": -9_000_000_000_000_000_000,
    "ulong64": 18_000_000_000_000_000_000,
    "float": 1.5,
    "double": 2.25,
    "string": "a text",
    "state": DevState.ALARM,
    "enum": 1,
}
"""Names and first values of the data types; `TYPES` has their Tango names."""
TYPES = {name: "Dev" + name.capitalize() for name in SCALARS} | {
    "uchar": "DevUChar",
    "ushort": "DevUShort",
    "ulong": "DevULong",
    "ulong64": "DevULong64",
}
FORMATS = {
    "scalar": lambda dtype: {"dtype": dtype},
    "spectrum": lambda dtype: {"dtype": (dtype,), "max_dim_x": 1024},
    "image": lambda dtype: {"dtype": ((dtype,),), "max_dim_x": 256, "max_dim_y": 256},
}
COMMANDS = [
    "DevBoolean", "DevShort", "DevUShort", "DevLong", "DevULong", "DevLong64", "DevULong64", "DevFloat", "DevDouble",
    "DevString", "DevState", "DevEncoded", "DevVarCharArray", "DevVarBooleanArray", "DevVarShortArray",
    "DevVarUShortArray", "DevVarLongArray", "DevVarULongArray", "DevVarLong64Array", "DevVarULong64Array",
    "DevVarFloatArray", "DevVarDoubleArray", "DevVarStringArray", "DevVarLongStringArray", "DevVarDoubleStringArray",
]  # fmt: skip


def _first(name: str, form: str) -> Any:
    value = SCALARS[name]
    return {"scalar": value, "spectrum": [value] * 3, "image": [[value] * 3] * 2}[form]


def _read_write(name: str) -> dict[str, Any]:
    """What an attribute that keeps its set point declares."""

    def read(self: AllTypes) -> Any:
        return self.values[name]

    def write(self: AllTypes, value: Any) -> None:
        self.values[name] = value

    return {"access": AttrWriteType.READ_WRITE, "fget": read, "fset": write}


def _echo(data_type: str) -> Any:
    def echo(self: AllTypes, argin: Any) -> Any:
        return argin

    echo.__name__ = data_type
    echo.__qualname__ = f"AllTypes.{data_type}"
    cmd_type = getattr(CmdArgType, data_type)
    return command(echo, dtype_in=cmd_type, doc_in="anything", dtype_out=cmd_type, doc_out="the argument")


class AllTypes(Device):
    for _name, _type in TYPES.items():
        for _form, _keywords in FORMATS.items():
            _labels = {"enum_labels": LABELS} if _name == "enum" else {}
            _member = f"{_name}_{_form}"
            locals()[_member] = attribute(**_keywords(_type), **_labels, **_read_write(_member))
    for _type in COMMANDS:
        locals()[_type] = _echo(_type)
    del _name, _type, _form, _keywords, _labels, _member

    encoded_scalar = attribute(dtype="DevEncoded", **_read_write("encoded_scalar"))
    memorised = attribute(dtype=float, memorized=True, hw_memorized=True, **_read_write("memorised"))
    write_only = attribute(
        dtype=float, access=AttrWriteType.WRITE, fset=lambda self, value: self.values.update(write_only=value)
    )
    limited = attribute(
        dtype=float,
        label="A limited one",
        doc="What has limits and alarms",
        unit="mm",
        standard_unit="m",
        display_unit="mm",
        format="%7.3f",
        min_value=-100,
        max_value=100,
        min_alarm=-90,
        max_alarm=90,
        min_warning=-80,
        max_warning=80,
        delta_val=5,
        delta_t=1000,
        rel_change=10,
        abs_change=1,
        archive_abs_change=2,
        archive_period=2000,
        period=500,
        display_level=DispLevel.EXPERT,
        **_read_write("limited"),
    )

    def init_device(self) -> None:
        """First values; everything can be pushed."""
        super().init_device()
        self.values: dict[str, Any] = {f"{name}_{form}": _first(name, form) for name in SCALARS for form in FORMATS} | {
            "encoded_scalar": ("bytes", b"\x00\x01\xfe\xff"),
            "memorised": 0.0,
            "limited": 0.0,
        }
        self.quality = AttrQuality.ATTR_VALID
        self.delay = 0.5
        self.polls = 0
        for name in [*self.values, "qualified"]:
            self.set_change_event(name, True, False)
            self.set_archive_event(name, True, False)
            self.set_alarm_event(name, True, False)
            self.set_data_ready_event(name, True)
        self.set_state(DevState.ON)
        self.set_status("All types")

    # ---- qualities and times

    @attribute(dtype=float)
    def qualified(self) -> Any:
        """A value of the quality that `SetQuality` has set, at a fixed time."""
        return 3.5, 1_700_000_000.25, self.quality

    @command(dtype_in=str)
    def SetQuality(self, name: str) -> None:
        """Choose a quality: `ATTR_INVALID`, ..."""
        self.quality = getattr(AttrQuality, name)

    @command(dtype_in=str)
    def SetState(self, name: str) -> None:
        """Change the state, without an event."""
        self.set_state(getattr(DevState, name))

    @command(dtype_in=(str,))
    def Log(self, argin: list[str]) -> None:
        """Log a message: level (`debug`, `info`, `warn`, `error`, `fatal`), text."""
        level, text = argin
        getattr(self, f"{level}_stream")(text)

    # ---- failures

    @attribute(dtype=float)
    def failing(self) -> float:
        """An attribute that fails, read and written."""
        Except.throw_exception("AllTypes_Read", "failing cannot be read", "AllTypes.failing")

    @failing.write
    def failing(self, value: float) -> None:
        Except.throw_exception("AllTypes_Write", f"failing cannot be {value}", "AllTypes.failing")

    @attribute(dtype=float, fisallowed=lambda self, request: False)
    def forbidden(self) -> float:
        """An attribute that is never allowed."""
        return 0.0

    @command(fisallowed=lambda self: False)
    def Forbidden(self) -> None:
        """A command that is never allowed."""

    @command
    def Fail(self) -> None:
        """Fail in the usual way."""
        Except.throw_exception("AllTypes_Command", "the command fails", "AllTypes.Fail")

    @command
    def FailInDepth(self) -> None:
        """Fail with three errors, the first cause first."""
        try:
            try:
                Except.throw_exception("AllTypes_First", "the cause", "one")
            except DevFailed as failure:
                Except.re_throw_exception(failure, "AllTypes_Second", "what came of it", "two")
        except DevFailed as failure:
            Except.re_throw_exception(failure, "AllTypes_Third", "and of that", "three")

    @command
    def Break(self) -> None:
        """Fail with an error that is not Tango's."""
        raise ValueError("not a DevFailed")

    # ---- slowness

    @attribute(dtype=float)
    def slow(self) -> float:
        """Its reading takes as many seconds as `SetDelay` said."""
        time.sleep(self.delay)
        return self.delay

    @slow.write
    def slow(self, value: float) -> None:
        time.sleep(self.delay)

    @command(dtype_in=float)
    def SetDelay(self, seconds: float) -> None:
        """How long `slow` takes."""
        self.delay = seconds

    @command(dtype_in=float, dtype_out=float)
    def Sleep(self, seconds: float) -> float:
        """Take a while."""
        time.sleep(seconds)
        return seconds

    # ---- polling

    @attribute(dtype=int, polling_period=100, abs_change=1, archive_abs_change=1, period=200)
    def polled(self) -> int:
        """Counts its readings."""
        self.polls += 1
        return self.polls

    @command(dtype_out=int, polling_period=100)
    def Polled(self) -> int:
        """How often `polled` was read."""
        return self.polls

    # ---- events

    @command(dtype_in=(str,))
    def Push(self, argin: list[str]) -> None:
        """Push an event: kind (`change`, `archive`, `alarm`, `user`), attribute, its new value in JSON if any."""
        kind, name, *value = argin
        if value:
            self.values[name] = json.loads(value[0])
        self._push(kind, name, self.values[name])

    @command(dtype_in=(str,))
    def PushWith(self, argin: list[str]) -> None:
        """Push a value with its time and quality: kind, attribute, value in JSON, seconds, quality."""
        kind, name, value, seconds, quality = argin
        self._push(kind, name, json.loads(value), float(seconds), getattr(AttrQuality, quality))

    @command(dtype_in=(str,))
    def PushFailure(self, argin: list[str]) -> None:
        """Push an error: kind, attribute."""
        kind, name = argin
        try:
            Except.throw_exception("AllTypes_Event", "the event is an error", "AllTypes.PushFailure")
        except DevFailed as failure:
            self._push(kind, name, failure)

    @command(dtype_in="DevVarLongStringArray")
    def PushDataReady(self, argin: Any) -> None:
        """Push data-ready events: counters, attributes."""
        for counter, name in zip(*argin, strict=True):
            self.push_data_ready_event(name, int(counter))

    @command(dtype_in=int)
    def PushMany(self, count: int) -> None:
        """Push `count` change events of `double_scalar`, numbered."""
        for number in range(count):
            self.push_change_event("double_scalar", float(number))

    def _push(self, kind: str, name: str, *data: Any) -> None:
        if name == "encoded_scalar" and isinstance(data[0], (tuple, list)):
            data = (*data[0], *data[1:])
        if kind == "user":
            self.push_event(name, [], [], *data)
        else:
            getattr(self, f"push_{kind}_event")(name, *data)

    # ---- members that come and go

    @command(dtype_in=str)
    def AddAttribute(self, name: str) -> None:
        """Add a floating point attribute."""
        self.values[name] = 0.0
        self.add_attribute(
            attribute(name=name, dtype=float, access=AttrWriteType.READ_WRITE), self.read_any, self.write_any
        )

    @command(dtype_in=str)
    def RemoveAttribute(self, name: str) -> None:
        """Remove an attribute that was added."""
        self.remove_attribute(name)

    def read_any(self, attr: Any) -> Any:
        """Read an attribute that was added."""
        return self.values[attr.get_name()]

    def write_any(self, attr: Any) -> None:
        """Write an attribute that was added."""
        self.values[attr.get_name()] = attr.get_write_value()


if __name__ == "__main__":
    AllTypes.run_server()
