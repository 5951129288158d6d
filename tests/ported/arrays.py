"""A spectrometer: spectra and images, read and written, of all kinds of elements; encoded values."""

import numpy as np

from server_core import AttrWriteType, CmdArgType, Device, DevState, attribute, command


class Spectrometer(Device):
    counts = attribute(dtype=(int,), max_dim_x=8)
    scale = attribute(dtype=(float,), max_dim_x=4, access=AttrWriteType.READ_WRITE, min_value=0, max_value=10)
    names = attribute(dtype=(str,), max_dim_x=4, access=AttrWriteType.READ_WRITE)
    flags = attribute(dtype=(bool,), max_dim_x=4, access=AttrWriteType.READ_WRITE)
    picture = attribute(dtype=(("uint16",),), max_dim_x=16, max_dim_y=16)
    mask = attribute(dtype=((bool,),), max_dim_x=4, max_dim_y=4, access=AttrWriteType.READ_WRITE)
    words = attribute(dtype=((str,),), max_dim_x=3, max_dim_y=3)
    raw = attribute(dtype="DevEncoded", access=AttrWriteType.READ_WRITE)
    empty = attribute(dtype=(float,), max_dim_x=3)
    toolong = attribute(dtype=(float,), max_dim_x=2)
    states = attribute(dtype=("DevState",), max_dim_x=3)
    bytes_ = attribute(name="bytes", dtype=("byte",), max_dim_x=16)

    def init_device(self):
        super().init_device()
        self._scale = [1.0, 2.0, 3.0]
        self._names = ["a", "b"]
        self._flags = [True, False]
        self._mask = [[True, False], [False, True]]
        self._raw = ("json", b'{"a": 1}')
        self.set_state(DevState.STANDBY)

    def read_counts(self):
        return [1, 2, 3]

    def read_scale(self):
        return self._scale

    def write_scale(self, value):
        self._scale = np.sort(value)

    def read_names(self):
        return self._names

    def write_names(self, value):
        self._names = [name.upper() for name in value]

    def read_flags(self):
        return self._flags

    def write_flags(self, value):
        self._flags = [not flag for flag in value]

    def read_picture(self):
        return np.arange(12, dtype=np.uint16).reshape(3, 4)

    def read_mask(self):
        return self._mask

    def write_mask(self, value):
        self._mask = np.logical_not(value)

    def read_words(self):
        return [["a", "b", "c"], ["d", "e", "f"]]

    def read_raw(self):
        return self._raw

    def write_raw(self, value):
        form, data = value
        self._raw = (form, bytes(reversed(bytes(data))))

    def read_empty(self):
        return []

    def read_toolong(self):
        return [1.0, 2.0, 3.0]

    def read_states(self):
        return [DevState.ON, DevState.FAULT]

    def read_bytes(self):
        return np.array([1, 2, 255], dtype=np.uint8)

    @command(dtype_in=(float,), dtype_out=float)
    def Mean(self, values):
        return float(np.mean(values))

    @command(dtype_in=(str,), dtype_out=(str,))
    def Reverse(self, words):
        return list(reversed(words))

    @command(dtype_in=CmdArgType.DevVarLongStringArray, dtype_out=CmdArgType.DevVarLongStringArray)
    def Pair(self, argin):
        numbers, words = argin
        return [[int(number) * 2 for number in numbers], [word * 2 for word in words]]

    @command(dtype_in="DevVarDoubleStringArray", dtype_out="DevVarDoubleStringArray")
    def Swap(self, argin):
        return [list(argin[0])[::-1], list(argin[1])[::-1]]

    @command(dtype_out="DevEncoded")
    def Packed(self):
        return "raw", b"\x00\xff"

    @command(dtype_in=("int16",), dtype_out=("int32",))
    def Cumulate(self, values):
        return np.cumsum(values)


DEVICES = (Spectrometer,)
