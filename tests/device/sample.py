"""The device that was captured, as far as its answers tell."""

from __future__ import annotations

from typing import Any

from server_core import AttrQuality, AttrWriteType, DevFailed, Device, DevState, DispLevel, attribute, command

RW = AttrWriteType.READ_WRITE


FAILING = 99.0
"""What the memorised attributes refuse."""


def kept(dtype: Any, initial: Any, **kwargs: Any) -> attribute:
    """An attribute whose reading is what was written last."""

    def read(self: Any, attr: Any) -> Any:
        return self.values.get(attr.get_name(), initial)

    return attribute(dtype=dtype, access=RW, fget=read, fset="keep", **kwargs)


def failing(reason: str, desc: str, origin: str) -> DevFailed:
    return DevFailed.of(reason, desc, origin)


class Sample(Device):
    """Its attributes have the captured names; what is written is read back, unless the write fails."""

    full = kept(
        float, 0.0, label="Lab", unit="mm", description="Descr", standard_unit="1e-3", display_unit="2", format="%5.1f",
        min_value=-10, max_value=10, min_alarm=-8, max_alarm=8, min_warning=-6, max_warning=6, delta_t=100, delta_val=1,
        rel_change=1, abs_change=0.5, period=2000, archive_rel_change=2, archive_abs_change=0.7, archive_period=5000,
        display_level=DispLevel.EXPERT,
    )  # fmt: skip
    plain = kept(float, 0.0)
    stuck = kept(float, 0.0)
    spec = kept([int], [1, 2], max_dim_x=4, min_value=0, max_value=100)
    img = kept([[int]], [[1, 2, 3], [4, 5, 6]], max_dim_x=3, max_dim_y=2)
    enu = kept("DevEnum", 0, enum_labels=["ONE", "TWO", "THREE"])
    enuspec = kept(["DevEnum"], [0], enum_labels=["A", "B"], max_dim_x=3)
    enunolab = attribute(dtype="DevEnum", fget="one")
    color = kept("DevEnum", 0, enum_labels=["RED", "GREEN", "BLUE"])
    mem = kept(float, -1.0, memorized=True)
    memhw = kept(float, -1.0, memorized=True, hw_memorized=True)
    memstr = kept(str, "", memorized=True, hw_memorized=True)
    sc_boolean = kept(bool, False)
    sc_short = kept("int16", 0)
    sc_long = kept("int32", 0)
    sc_long64 = kept("int64", 0)
    sc_float = kept("float32", 0.0)
    sc_double = kept("float64", 0.0)
    sc_uchar = kept("uchar", 0)
    sc_ushort = kept("uint16", 0)
    sc_ulong = kept("uint32", 0)
    sc_ulong64 = kept("uint64", 0)
    sc_string = kept(str, "")
    sc_state = kept("DevState", DevState.ON)
    sc_encoded = kept("DevEncoded", ("", b""))
    enc = kept("DevEncoded", ("", b""))
    sp_short = kept(["int16"], [0], max_dim_x=5)
    sp_string = kept([str], [""], max_dim_x=5)
    sp_double = kept(["float64"], [0.0], max_dim_x=5)
    sp_boolean = kept([bool], [False], max_dim_x=5)
    sp_state = kept(["DevState"], [DevState.ON], max_dim_x=5)
    im_short = kept([["int16"]], [[0]], max_dim_x=3, max_dim_y=3)
    im_string = kept([[str]], [[""]], max_dim_x=3, max_dim_y=3)
    im_double = kept([["float64"]], [[0.0]], max_dim_x=3, max_dim_y=3)
    lim = kept([float], [0.0], max_dim_x=3)
    uni = kept(str, "é")
    al1 = kept(float, 0.0, label="AlLab")
    specal = kept([int], [1, 2], max_dim_x=4, min_alarm=0, max_alarm=10)

    def init_device(self) -> None:
        self.values: dict[str, Any] = {}
        self.quality = AttrQuality.ATTR_VALID
        self.set_state(DevState.ON)

    def write_attr_hardware(self, attr_list: Any) -> None:
        self.written = list(attr_list)

    def keep(self, value: Any) -> None:
        name = next(a.name for a in self.get_device_attr().values() if a.pending is not None)
        if name in ("mem", "memhw") and value == FAILING:
            raise failing("Mem_Reason", "mem fails", "mem.origin")
        self.values[name] = value

    def one(self) -> int:
        return 1

    ro = attribute(dtype=float, fget=lambda self: 1.25)
    wo = attribute(dtype=int, access=AttrWriteType.WRITE, fset="keep")
    polled = attribute(dtype=float, fget=lambda self: 2.5)
    emptyspec = attribute(dtype=[float], max_dim_x=3, fget=lambda self: [])
    emptystr = attribute(dtype=[str], max_dim_x=3, fget=lambda self: [])
    invalid = attribute(dtype=float, fget=lambda self: (0.0, 12345.0, AttrQuality.ATTR_INVALID))
    changing = attribute(dtype=float, fget=lambda self: (3.3, 12345.678901, AttrQuality.ATTR_CHANGING))
    none = attribute(dtype=float, fget=lambda self: None)
    invalid_none = attribute(dtype=float, fget=lambda self: (None, 12345.0, AttrQuality.ATTR_INVALID))
    wrongtype = attribute(dtype=float, fget=lambda self: "a string")
    toobig = attribute(dtype="int16", fget=lambda self: 70000)
    toolong = attribute(dtype=[int], max_dim_x=3, fget=lambda self: [1, 2, 3, 4])
    badcolor = attribute(dtype="DevEnum", enum_labels=["RED", "GREEN", "BLUE"], fget=lambda self: 4805)
    q_alarm = attribute(dtype=float, fget=lambda self: (3.3, self.quality))

    @attribute(dtype=float)
    def raises(self) -> None:
        raise failing("My_Reason", "my description", "my.origin")

    @attribute(dtype=float)
    def pyraises(self) -> None:
        raise ValueError("python boom")

    @attribute(dtype=float)
    def wraises(self) -> float:
        return 0.0

    @wraises.write
    def wraises(self, value: float) -> None:
        raise failing("W_Reason", "w description", "w.origin")

    @attribute(dtype=float)
    def guarded(self) -> float:
        return 1.0

    @guarded.write
    def guarded(self, value: float) -> None: ...

    @guarded.is_allowed
    def guarded(self, request: Any) -> bool:
        return self.get_state() is not DevState.OFF

    @command(dtype_out=int)
    def Guarded(self) -> int:
        return 3

    def is_Guarded_allowed(self) -> bool:
        return self.get_state() is not DevState.OFF
