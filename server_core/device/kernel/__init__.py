"""The kernel of a device: everything a request can do with it, without transport, monitor or blackbox.

One `DeviceKernel` per device, reachable as `device.kernel`. The dispatcher calls it with the device's monitor taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server_core.device import properties
from server_core.device.attributes import Attribute
from server_core.device.author import call
from server_core.device.declaration import attribute
from server_core.device.kernel.base import STATE, STATUS
from server_core.device.kernel.dynamic import DynamicPart
from server_core.device.kernel.pipes import PipePart
from server_core.device.members import declared
from server_core.device.multi_attribute import MultiAttribute
from server_core.device.pipe import pipe
from server_core.device.properties import device_property
from server_core.model.config import NO_DESCRIPTION
from server_core.model.enums import DevState
from server_core.model.errors import DevFailed, Reason

if TYPE_CHECKING:
    from server_core.device.device import Device
    from server_core.device.device_class import DeviceClass

__all__ = ["DeviceKernel"]


class DeviceKernel(DynamicPart, PipePart):
    """A device as the server sees it."""

    def __init__(self, device: Device, device_class: DeviceClass, name: str) -> None:
        super().__init__(device, device_class, name)
        self.device_properties = declared(type(device), device_property)
        self.in_fault = False

    def start(self) -> None:
        """Bring the device to life: interface, properties, attribute configurations, then the author's `init_device`.

        Wrong or missing properties put the device into FAULT, with the reason as its status, in place of `init_device`
        (PROP-6, PROP-9). Raises DevFailed for a wrong definition and for what `init_device` raises.
        """
        self.prepare()
        self._build_interface()
        try:
            self.load_properties()
        except DevFailed as failure:
            self._fault(failure)
        else:
            call(self.method("init_device"))
        call(self.method("initialize_dynamic_attributes"))
        self.started = True

    def _build_interface(self) -> None:
        device = self.device
        self.reserved = (
            Attribute(device, attribute(name=STATE, dtype=DevState, fget=self.state, doc=NO_DESCRIPTION)),
            Attribute(device, attribute(name=STATUS, dtype=str, fget=self.status, doc=NO_DESCRIPTION)),
        )
        reserved_names = {member.name.lower() for member in self.reserved}
        declarations = declared(type(device), attribute)
        self.declare_forwarded(declarations)
        own = [
            Attribute(device, declaration)
            for declaration in declarations
            if declaration.name.lower() not in reserved_names and not declaration.forwarded
        ]
        self.attributes = MultiAttribute(own, last=self.reserved)
        self.load_configurations(list(self.attributes.values()))
        for member in self.attributes.values():
            self.associate(member)
        self.survey()
        self.arrange_commands()
        self.add_pipes(declared(type(device), pipe))

    def load_properties(self) -> None:
        """Read the device properties from the database; raises DevFailed as `properties.load` does, and for a wrong
        class property."""
        if self.device_class.property_failure is not None:
            raise self.device_class.property_failure
        names = [declared_property.name for declared_property in self.device_properties]
        found = self.host.properties.get_device_property(self.name, names) if names else {}
        if self.device.class_properties_are_defaults and names:
            found = self.host.properties.get_class_property(self.class_name, names) | found
        self.device.property_values.update(self.device_class.property_values)
        self.device.property_values.update(properties.load(self.device_properties, found, self.name))

    def _fault(self, failure: DevFailed) -> None:
        """The device cannot work with its properties."""
        self.in_fault = True
        self.set_state(DevState.FAULT)
        self.stored_status = failure.desc
        self.logger.error(failure.desc)

    def _recover(self) -> None:
        """Take back what `_fault` said, now that the properties are right."""
        if self.in_fault:
            self.in_fault = False
            self.set_state(DevState.UNKNOWN)
            self.stored_status = None

    def init(self) -> None:
        """The command Init: `delete_device`, properties, `init_device`, memorised values (CMD-12, LIFE-30).

        A failure carries `API_InitThrowsException` (LIFE-31); wrong properties also put the device into FAULT.
        """
        try:
            self.delete()
            try:
                self.load_properties()
            except DevFailed as failure:
                self._fault(failure)
                raise
            self._recover()
            call(self.method("init_device"))
        except DevFailed as failure:
            raise failure.stacked(
                Reason.API_InitThrowsException,
                "Init command failed!!\n"
                "HINT: RESTART device with the Restart command of the device server adm. device\n"
                f"Device server adm. device name = dserver/{self.host.server_name}",
                "DeviceKernel.init",
            ) from failure
        self.write_memorised()

    def delete(self) -> None:
        """Let the author release what the device holds; before it goes, and before every Init."""
        call(self.method("delete_device"))

    def server_init_hook(self) -> None:
        """Call the author's `server_init_hook`; the server does so once all its devices are exported."""
        call(self.method("server_init_hook"))

    def class_default_polling(self) -> dict[tuple[str, bool], int]:
        """Declared polling periods in ms by (lower-case name, is a command) (POLL-54)."""
        periods = {(member.name.lower(), False): member.polling_period for member in self.attributes.values()}
        periods |= {(member.name.lower(), True): member.polling_period for member in self.commands.values()}
        return {key: period for key, period in periods.items() if period > 0}
