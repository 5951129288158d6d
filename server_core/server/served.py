"""One device of the process with what the server keeps beside it: monitor, blackbox, polled objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server_core.model.errors import DevFailed, Reason
from server_core.server.blackbox import BlackBox
from server_core.server.locks import DeviceLock
from server_core.server.monitor import Gate
from server_core.server.polling.ring import PolledObject, polled_kind
from server_core.server.polling.settings import PollSettings

if TYPE_CHECKING:
    from server_core.device.kernel import DeviceKernel


class Served:
    """A device as the server sees it. `DevRestart` replaces kernel and blackbox and keeps the rest (LIFE-32)."""

    def __init__(
        self, kernel: DeviceKernel, monitor: Gate, blackbox: BlackBox, settings: PollSettings, lock: DeviceLock
    ) -> None:
        self.kernel = kernel
        self.monitor = monitor
        self.blackbox = blackbox
        self.settings = settings
        self.lock = lock
        self.polled: list[PolledObject] = []
        self.description = ""

    @property
    def name(self) -> str:
        """The device's name as defined."""
        return self.kernel.name

    @property
    def key(self) -> str:
        """The device's name in lower case."""
        return self.kernel.name.lower()

    def find_polled(self, name: str, *, command: bool) -> PolledObject | None:
        """The polled object of that name, if it is polled; State and Status under either kind (POLL-3)."""
        key, kind = name.lower(), polled_kind(name, command=command)
        for polled in self.polled:
            if polled.key == key and polled.command is kind:
                return polled
        return None

    def need_polled(self, name: str, *, command: bool) -> PolledObject:
        """The polled object; DevFailed `API_DeviceNotPolled` when the device has none, else `API_PollObjNotFound`."""
        if not self.polled:
            raise DevFailed.of(Reason.API_DeviceNotPolled, f"Device {self.name} is not polled", "Served.need_polled")
        polled = self.find_polled(name, command=command)
        if polled is None:
            raise DevFailed.of(
                Reason.API_PollObjNotFound,
                f"{name.lower()} not found in list of polled object",
                "Served.need_polled",
            )
        return polled
