"""The admin device's commands about classes and devices, and the end of the process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from server_core.device.command import command
from server_core.device.members import declared
from server_core.device.properties import class_property, device_property
from server_core.model.errors import DevFailed, Reason
from server_core.server.admin.part import STRING, STRINGS, AdminPart

if TYPE_CHECKING:
    from server_core.device.device import Device


def _wizard_doc(kind: str) -> str:
    return f"{kind} property list (name - description and default value)"


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

    @command(dtype_out=STRINGS, doc_out="Device server sub device(s) list")
    def QuerySubDevice(self) -> list[str]:
        """The devices that those of the server use (ADM-25)."""
        return self.process.sub_devices.pairs()

    @command(dtype_in=STRING, doc_in="Class name", dtype_out=STRINGS, doc_out=_wizard_doc("Class"))
    def QueryWizardClassProperty(self, name: str) -> list[str]:
        """Name, description and default of each class property (ADM-26)."""
        return _triples(declared(self._class(name), class_property))

    @command(dtype_in=STRING, doc_in="Class name", dtype_out=STRINGS, doc_out=_wizard_doc("Device"))
    def QueryWizardDevProperty(self, name: str) -> list[str]:
        """Name, description and default of each device property (ADM-27)."""
        return _triples(declared(self._class(name), device_property))

    def _class(self, name: str) -> type[Device]:
        for device_type in self.process.classes:
            if device_type.__name__.lower() == name.lower():
                return device_type
        raise DevFailed.of(
            Reason.API_ClassNotFound, f"Class {name.lower()} not found in device server", "DServer.QueryWizard"
        )

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


def _triples(properties: Iterable[class_property | device_property]) -> list[str]:
    return [text for each in properties for text in (each.name, each.doc, each.default_text)]
