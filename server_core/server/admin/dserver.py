"""`DServer`: the admin device, put together from its parts."""

from __future__ import annotations

from server_core.device.device import Device
from server_core.model.enums import DevState
from server_core.server.admin.devices import DeviceCommands
from server_core.server.admin.events import EventCommands
from server_core.server.admin.locking import LockingCommands
from server_core.server.admin.logging import LoggingCommands
from server_core.server.admin.polling import PollingCommands


class DServer(
    DeviceCommands,
    EventCommands,
    LockingCommands,
    LoggingCommands,
    PollingCommands,
    Device,
):
    """Administration of a device server: its classes, devices, polling, events, logging, and its end."""

    description = "A device server device !!"

    def init_device(self) -> None:
        """At start nothing but the state; the command Init makes all devices of the server anew (LIFE-36)."""
        self.set_state(DevState.ON)
        self.set_status("The device is ON")
        if self.process.serving:
            self.process.restart_devices()

    def dev_status(self) -> str:
        """Two lines: the device, and the polling of the process (ADM-4)."""
        lines = ["The device is ON"]
        if self.process.polling.started:
            lines.append(f"The polling is {'ON' if self.process.polling.active else 'OFF'}")
        return "\n".join(lines)
