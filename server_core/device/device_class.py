"""A class of devices in one server process: its class properties, its commands, its devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from server_core.device.command import Declaration, declaration_of
from server_core.device.host import Host
from server_core.device.members import Members, declared, declared_commands
from server_core.device.properties import class_property
from server_core.model.errors import DevFailed, Reason

if TYPE_CHECKING:
    from server_core.device.device import Device
    from server_core.device.kernel import DeviceKernel

DOC_URL: Final = "doc_url"
"""The class property that says where the documentation of the class is (ADM-45)."""

_DOCUMENTATION: Final = "http://www.tango-controls.org"


class DeviceClass:
    """What the devices of one class of one server share; PyTango's first argument of `Device.__init__`.

    `kernels` are the living devices in the order of their creation.
    """

    doc_url: str

    def __init__(self, device_type: type[Device], host: Host) -> None:
        self.device_type = device_type
        self.host = host
        self.name = device_type.__name__
        self.kernels: list[DeviceKernel] = []
        self.commands: Members[Declaration] = Members(declared_commands(device_type))
        self.default_command: Declaration | None = None
        self.property_failure: DevFailed | None = None
        self.property_values: dict[str, Any] = {}
        try:
            self.property_values = self._load_properties()
        except DevFailed as failure:
            if failure.reason != Reason.API_WrongFormat:
                raise
            self.property_failure = failure

    def _load_properties(self) -> dict[str, Any]:
        """Values of the class properties; they are read once (PROP-8). A wrong one puts the devices into FAULT, which
        is why it is kept (PROP-6)."""
        properties = declared(self.device_type, class_property)
        names = [DOC_URL, *(declared_property.name for declared_property in properties)]
        found = self.host.properties.get_class_property(self.name, names)
        self.doc_url = f"Doc URL = {''.join(found.get(DOC_URL, ())) or _DOCUMENTATION}"
        return {member.name: member.value_of(found.get(member.name, ()), self.name) for member in properties}

    def create(self, name: str) -> DeviceKernel:
        """A new device, not started yet (see `DeviceKernel.start`); it replaces one of its name and is the last."""
        kernel = self.device_type(self, name).kernel
        self.kernels = [other for other in self.kernels if other.name.lower() != name.lower()]
        self.kernels.append(kernel)
        return kernel

    def remove(self, kernel: DeviceKernel) -> None:
        """Forget a device that is no longer served."""
        self.kernels.remove(kernel)

    def get_name(self) -> str:
        """The name of the class."""
        return self.name

    def register_signal(self, signo: int, own_handler: bool = False) -> None:
        """Call `signal_handler` when the signal comes, before the devices that are registered; raises as the method of
        devices does."""
        self.host.register_signal(self, self._handle_signal, signo, of_class=True, own_handler=own_handler)

    def unregister_signal(self, signo: int) -> None:
        """Do so no longer."""
        self.host.unregister_signal(self, signo)

    def signal_handler(self, signo: int) -> Any:
        """Called for the signals that the class is registered for; put a function of your own in its place."""

    def _handle_signal(self, signo: int) -> Any:
        return self.signal_handler(signo)

    def add_command(self, declaration: Declaration) -> None:
        """Give a command to all devices of the class (DYN-11)."""
        self.commands.add(declaration)
        self._changed()
        if declaration.polling_period > 0:
            for kernel in self.kernels:
                if kernel.started:
                    self.host.poll_object(
                        kernel.device, declaration.name, command=True, period=declaration.polling_period
                    )

    def set_default_command(self, cmd: Any) -> None:
        """Execute a command made by `command(f=...)` for every name that the devices have no command of (CMD-4)."""
        self.default_command = declaration_of(cmd)

    def remove_command(self, name: str) -> None:
        """Take a command from all devices of the class, with its polling (DYN-12)."""
        for kernel in self.kernels:
            if kernel.started:
                self.host.forget_polling(kernel.device, name, command=True)
        self.commands.remove(name)
        self._changed()

    def _changed(self) -> None:
        for kernel in self.kernels:
            kernel.arrange_commands()
            if kernel.started:
                self.host.interface_changed(kernel.device)
