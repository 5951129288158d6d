"""A chopper in asyncio green mode: every method may wait, a task of its own counts and pushes events."""

import asyncio

from server_core import AttrWriteType, Device, DevState, GreenMode, attribute, command


class Chopper(Device):
    green_mode = GreenMode.Asyncio

    async def init_device(self):
        await super().init_device()
        await asyncio.sleep(0)
        self._speed = 10.0
        self._turns = 0
        self._task = None
        self.set_change_event("turns", True, False)
        self.set_state(DevState.ON)

    async def delete_device(self):
        if self._task is not None:
            self._task.cancel()
        await super().delete_device()

    @attribute(dtype=float, access=AttrWriteType.READ_WRITE)
    async def speed(self):
        await asyncio.sleep(0)
        return self._speed

    @speed.write
    async def set_speed(self, value):
        await asyncio.sleep(0)
        self._speed = value

    @attribute(dtype=int)
    async def turns(self):
        return self._turns

    @attribute(dtype=int)
    async def failing(self):
        await asyncio.sleep(0)
        raise RuntimeError("stuck")

    @command(dtype_in=float, dtype_out=float)
    async def Double(self, value):
        await asyncio.sleep(0.01)
        return 2 * value

    @command(dtype_in=(float,), dtype_out=float)
    async def Longest(self, times):
        await asyncio.gather(*(asyncio.sleep(time) for time in times))
        return max(times)

    @command(dtype_in=int)
    async def Turn(self, number):
        self._task = asyncio.get_running_loop().create_task(self._turn(number))

    async def _turn(self, number):
        self.set_state(DevState.MOVING)
        for _ in range(number):
            await asyncio.sleep(0.02)
            self._turns += 1
            self.push_change_event("turns", self._turns)
        self.set_state(DevState.ON)


if __name__ == "__main__":
    Chopper.run_server()
