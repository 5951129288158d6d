"""A device class for the client's tests, and a server of it in a process of its own: `python bench.py INSTANCE ...`."""

from __future__ import annotations

import threading
import time
from enum import IntEnum
from typing import Any

from server_core import AttrWriteType, DevFailed, Device, DevState, attribute, command, pipe

Mode = IntEnum("Mode", {"off": 0, "slow": 1, "fast": 2})


class Bench(Device):
    def init_device(self) -> None:
        self.level_value, self.mode_value, self.row_value = 1.5, Mode.slow, [1, 2, 3]
        self.counted = 0
        self.pipe_value: Any = ("blob", {"x": 1, "text": "hello"})
        self.set_state(DevState.ON)
        self.set_change_event("pushed", True, False)
        self.set_data_ready_event("row")

    @attribute(dtype=float, access=AttrWriteType.READ_WRITE, unit="mm", max_value=100)
    def level(self) -> float:
        return self.level_value

    @level.write
    def level(self, value: float) -> None:
        self.level_value = value

    @attribute(dtype=Mode, access=AttrWriteType.READ_WRITE)
    def mode(self) -> Mode:
        return self.mode_value

    @mode.write
    def mode(self, value: int) -> None:
        self.mode_value = Mode(value)

    @attribute(dtype=(int,), max_dim_x=8, access=AttrWriteType.READ_WRITE)
    def row(self) -> list[int]:
        return self.row_value

    @row.write
    def row(self, value: Any) -> None:
        self.row_value = [int(element) for element in value]

    @attribute(dtype=((float,),), max_dim_x=4, max_dim_y=4)
    def picture(self) -> list[list[float]]:
        return [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]

    @attribute(dtype=int)
    def broken(self) -> int:
        raise RuntimeError("no value today")

    @attribute(dtype=int, polling_period=50, abs_change="1")
    def count(self) -> int:
        self.counted += 1
        return self.counted

    @attribute(dtype=int)
    def pushed(self) -> int:
        return self.counted

    @pipe
    def parts(self) -> Any:
        return self.pipe_value

    @parts.write
    def parts(self, blob: Any) -> None:
        self.pipe_value = blob

    @command(dtype_in=int, dtype_out=int)
    def Add(self, value: int) -> int:
        self.counted += value
        return self.counted

    @command(dtype_in=float)
    def Sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    @command(dtype_in="DevVarDoubleStringArray", dtype_out="DevVarDoubleStringArray")
    def Swap(self, pair: Any) -> Any:
        return [list(reversed(pair[0])), list(reversed(pair[1]))]

    @command(dtype_in=int)
    def Push(self, value: int) -> None:
        self.push_change_event("pushed", value)

    @command(dtype_in=int)
    def Ready(self, counter: int) -> None:
        self.push_data_ready_event("row", counter)

    @command
    def Grow(self) -> None:
        self.add_attribute(attribute(name="extra", dtype=str), r_meth=lambda *_: "more")

    @command
    def Retype(self) -> None:
        self.remove_attribute("extra")
        self.add_attribute(
            attribute(name="extra", dtype=int, access=AttrWriteType.READ_WRITE),
            r_meth=lambda *_: self.counted,
            w_meth=self._keep,
        )

    def _keep(self, attr: Any) -> None:
        self.counted = attr.get_write_value()

    @command(dtype_in=str)
    def Refuse(self, text: str) -> None:
        raise ValueError(text)

    @command(dtype_in=str)
    def Fail(self, reason: str) -> None:
        raise DevFailed.of(reason, "because", "here")


if __name__ == "__main__":
    threading.current_thread().name = "bench"
    Bench.run_server()
