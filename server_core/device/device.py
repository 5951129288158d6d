"""`Device`: the base class of every device, with PyTango's names and meanings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, overload

from server_core.device.attributes import Attribute
from server_core.device.author import DONE
from server_core.device.command import command, declaration_of
from server_core.device.declaration import attribute
from server_core.device.host import Host
from server_core.device.kernel import DeviceKernel
from server_core.device.kernel.dynamic import with_methods
from server_core.device.logs import LoggingMixin
from server_core.device.multi_attribute import MultiAttribute
from server_core.device.polling import PollingMixin
from server_core.device.pushing import PushingMixin
from server_core.device.signals import SignalsMixin
from server_core.model.config import AttributeConfig
from server_core.model.enums import DevState

if TYPE_CHECKING:
    from server_core.device.device_class import DeviceClass


class HostOfDevice:
    """`device.host`: the process as the device's `Host`. Authors may use the name for something else."""

    @overload
    def __get__(self, device: None, owner: type[Device]) -> HostOfDevice: ...

    @overload
    def __get__(self, device: Device, owner: type[Device]) -> Host: ...

    def __get__(self, device: Device | None, owner: type[Device]) -> HostOfDevice | Host:
        return self if device is None else device.kernel.host


class Device(PushingMixin, PollingMixin, LoggingMixin, SignalsMixin):
    """A device. Subclasses declare `attribute`, `command`, `pipe`, `device_property` and `class_property` members and
    override the hooks; any method called by a client may be `async def`.

    Hooks return nothing; the ones defined here return something awaitable, so that `await super().init_device()` works
    in asynchronous devices.
    """

    green_mode: Any = None
    description = "A TANGO device"
    host = HostOfDevice()

    class_properties_are_defaults = False
    """Whether a class property of the same name is the default of a device property, as in servers that Pogo has
    generated: declaration, class property, device property, of which the last found wins (PROP-7)."""

    def __init__(self, cl: DeviceClass, name: str) -> None:
        self.property_values: dict[str, Any] = dict(cl.property_values)
        self.kernel = DeviceKernel(self, cl, name)

    @classmethod
    def run_server(cls, args: Sequence[str] | None = None, **kwargs: Any) -> None:
        """Run a server of this class alone, named after it, until it is killed; `args` start with the instance (default
        the command line)."""
        arguments = sys.argv[1:] if args is None else args
        import_module("server_core.server.run").run((cls,), [cls.__name__, *arguments], **kwargs)

    @classmethod
    def device_name_factory(cls, dev_name_list: list[str]) -> None:
        """Called for a class that the command line gives no device, in a server without database: append the names of
        those to make (LIFE-8)."""

    # ---- hooks

    def init_device(self) -> Any:
        """Called at start-up and by the command Init. Properties are loaded before it."""
        return DONE

    def delete_device(self) -> Any:
        """Called before the device goes, and by the command Init before `init_device`."""
        return DONE

    def initialize_dynamic_attributes(self) -> Any:
        """Called once after `init_device` at start-up, to add attributes."""
        return DONE

    def server_init_hook(self) -> Any:
        """Called once the whole server is up."""
        return DONE

    def always_executed_hook(self) -> Any:
        """Called before every read, write and command."""
        return DONE

    def read_attr_hardware(self, attr_list: Sequence[int]) -> Any:
        """Called before the read methods of a request with the indices of its attributes."""
        return DONE

    def write_attr_hardware(self, attr_list: Sequence[int]) -> Any:
        """Called after the write methods of a request with the indices of its attributes."""
        return DONE

    def dev_state(self) -> Any:
        """The state that clients see; alarms of attributes are taken into account (ATT-55)."""
        return self.kernel.evaluated_state()

    def dev_status(self) -> Any:
        """The status that clients see, with a line per alarm (ATT-57)."""
        return self.kernel.status_text()

    # ---- standard commands

    @command(dtype_out=DevState, doc_out="Device state")
    def State(self) -> DevState:
        """The device's state."""
        return self.kernel.state()

    @command(dtype_out=str, doc_out="Device status")
    def Status(self) -> str:
        """The device's status."""
        return self.kernel.status()

    @command
    def Init(self) -> None:
        """Delete and initialise the device again."""
        self.kernel.init()

    # ---- state, status, name

    def set_state(self, state: DevState) -> None:
        """Set the state."""
        self.kernel.set_state(DevState(state))

    def get_state(self) -> DevState:
        """The state as it was set last."""
        return self.kernel.stored_state

    def set_status(self, status: str) -> None:
        """Set the status text."""
        self.kernel.stored_status = str(status)

    def get_status(self) -> str:
        """The status text as it was set last."""
        text = self.kernel.stored_status
        return "Not initialised" if text is None else text

    def append_status(self, status: str, new_line: bool = False) -> None:
        """Add to the status text, on a line of its own if wanted."""
        self.set_status(self.get_status() + ("\n" if new_line else "") + status)

    def get_prev_state(self) -> DevState:
        """The state before the present one."""
        return self.kernel.previous_state

    def get_name(self) -> str:
        """The device's name."""
        return self.kernel.name

    def get_device_class(self) -> DeviceClass:
        """What the devices of this class share."""
        return self.kernel.device_class

    def get_device_properties(self, ds_class: Any = None) -> None:
        """Read the device properties from the database again."""
        self.kernel.load_properties()

    def get_device_attr(self) -> MultiAttribute:
        """The attributes of the device, found by name in any case."""
        return self.kernel.attributes

    def set_attribute_config(self, new_conf: AttributeConfig | Sequence[AttributeConfig]) -> None:
        """Change configurations of attributes, as a client may (ATT-7)."""
        self.kernel.set_attribute_configs((new_conf,) if isinstance(new_conf, AttributeConfig) else new_conf)

    def get_attribute_config(self, attr_names: str | Sequence[str]) -> list[AttributeConfig]:
        """Configurations of the named attributes."""
        return self.kernel.attribute_configs((attr_names,) if isinstance(attr_names, str) else attr_names)

    # ---- dynamic members

    def add_attribute(
        self,
        attr: attribute,
        r_meth: Callable[..., Any] | None = None,
        w_meth: Callable[..., Any] | None = None,
        is_allo_meth: Callable[..., Any] | None = None,
    ) -> Attribute | None:
        """Add an attribute to this device (DYN-1..DYN-4); None for a forwarded one whose root is not found yet.

        The read method may take the runtime attribute and returns a value as any read method; the write method takes
        it and asks `get_write_value()`.
        """
        if attr.forwarded:
            return self.kernel.add_forwarded(attr)
        return self.kernel.add_attribute(with_methods(attr, r_meth, w_meth, is_allo_meth))

    def remove_attribute(self, attr_name: str, free_it: bool = False, clean_db: bool = True) -> None:
        """Remove an attribute from this device; with `clean_db` its properties go too (DYN-6..DYN-10)."""
        self.kernel.remove_attribute(attr_name, clean_db=clean_db)

    async def async_add_attribute(
        self,
        attr: attribute,
        r_meth: Callable[..., Any] | None = None,
        w_meth: Callable[..., Any] | None = None,
        is_allo_meth: Callable[..., Any] | None = None,
    ) -> Attribute | None:
        """`add_attribute` for `async def` methods."""
        return self.add_attribute(attr, r_meth, w_meth, is_allo_meth)

    async def async_remove_attribute(self, attr_name: str, free_it: bool = False, clean_db: bool = True) -> None:
        """`remove_attribute` for `async def` methods."""
        self.remove_attribute(attr_name, free_it, clean_db)

    def check_command_exists(self, cmd_name: str) -> None:
        """DevFailed `API_CommandNotFound` unless the device has the command."""
        self.kernel.command(cmd_name)

    def add_command(self, cmd: Any, device_level: bool = True) -> None:
        """Add a command made by `command(f=...)` to this device, or to all of its class (DYN-11)."""
        self.kernel.add_command(declaration_of(cmd), device_level=device_level)

    def remove_command(self, cmd_name: str, free_it: bool = False, clean_db: bool = True) -> None:
        """Remove a command and end its polling; one of the class goes from all its devices (DYN-12)."""
        self.kernel.remove_command(cmd_name)


LatestDeviceImpl = Device
