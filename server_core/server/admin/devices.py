"""The admin device's commands about classes and devices, and the end of the process."""

from __future__ import annotations

from server_core.device.command import command
from server_core.server.admin.part import STRING, STRINGS, AdminPart


class DeviceCommands(AdminPart):
    """Which classes and devices the server has; restart and end."""

    @command(dtype_out=STRINGS, doc_out="Device server class(es) list")
    def QueryClass(self) -> list[str]:
        """The classes in order of registration (ADM-23)."""
        return list(self.process.registry.classes)

    @command(dtype_out=STRINGS, doc_out="Device server device(s) list")
    def QueryDevice(self) -> list[str]:
        """`Class::device` of all devices, class by class in order of creation (ADM-24)."""
        classes = self.process.registry.classes
        return [f"{name}::{served.name}" for name, devices in classes.items() for served in devices]

    @command(dtype_in=STRING, doc_in="Device name")
    def DevRestart(self, name: str) -> None:
        """Destroy one device and make it anew (LIFE-32)."""
        self.check_lock(self.process.restartable(name))
        self.process.restart_device(name)

    @command
    def RestartServer(self) -> None:
        """Do so for all devices, in the background (LIFE-34)."""
        self.process.restart_soon()

    @command
    def Kill(self) -> None:
        """End the process; the answer goes out first (LIFE-41)."""
        self.process.stop_soon()
