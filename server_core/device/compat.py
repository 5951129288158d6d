"""Names of PyTango that its device files mention, and that need nothing here."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server_core.device.device import Device

DeviceMeta = type
"""The metaclass of devices, which is the usual one: `class Pump(Device, metaclass=DeviceMeta)` works."""


def AutoTangoMonitor(dev: Device) -> AbstractContextManager[None]:
    """The device's serialisation monitor, for code in threads of the device's own: `with AutoTangoMonitor(self): ...`.

    DevFailed `API_CommandTimedOut` when others hold it for 3.2 s.
    """
    return dev.kernel.monitor()


def EnsureOmniThread() -> AbstractContextManager[None]:
    """What PyTango needs around Tango calls in threads of its own; nothing here."""
    return nullcontext()
