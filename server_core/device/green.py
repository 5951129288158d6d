"""Green modes of PyTango, accepted so that its devices run unchanged."""

from __future__ import annotations

from enum import IntEnum


class GreenMode(IntEnum):
    """How PyTango runs the methods of a device. Here `async def` decides: such methods run on the process's loop."""

    Synchronous = 0
    Futures = 1
    Gevent = 2
    Asyncio = 3
