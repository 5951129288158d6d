"""What all parts of a device's kernel share: the device, its interface, and looking members up by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from server_core.device.attributes import Attribute
from server_core.device.author import bound, call, runs_for
from server_core.device.command import Command
from server_core.device.host import Host
from server_core.device.kernel.links import Forwarding
from server_core.device.members import Members
from server_core.device.multi_attribute import MultiAttribute
from server_core.device.pipe import Pipe
from server_core.model.enums import DevSource
from server_core.model.errors import DevFailed, Reason

if TYPE_CHECKING:
    from server_core.device.device import Device
    from server_core.device.device_class import DeviceClass

STATE, STATUS = "State", "Status"


class KernelBase:
    """The state of a device's kernel; the subjects of its work are in the sibling modules.

    `attributes`, `commands` and `pipes` are the interface of the device: ordered mappings from names in any case to
    `Attribute`, `Command` and `Pipe`. `own_commands` are the commands that this device alone was given (DYN-11).
    `forwarded` are the forwarded attributes as declared, with or without their root; `call_source` says where the roots
    of the reading that is being served take their values from.
    """

    forwarded: tuple[Forwarding, ...] = ()
    call_source: DevSource = DevSource.DEV

    def __init__(self, device: Device, device_class: DeviceClass, name: str) -> None:
        self.device = device
        self.device_class = device_class
        self.name = name
        self.class_name = device_class.name
        self.host: Host = device_class.host
        self.logger = self.host.logger(name)
        self.attributes = MultiAttribute()
        self.commands: Members[Command] = Members()
        self.own_commands: Members[Command] = Members()
        self.pipes: Members[Pipe] = Members()
        self.started = False

    def prepare(self) -> None:
        """Bind the hooks that the author overrides; the others cost nothing."""
        self._always_executed = self._hook("always_executed_hook")
        self._read_hardware = self._hook("read_attr_hardware")
        self._write_hardware = self._hook("write_attr_hardware")
        self._dev_state = self.method("dev_state")
        self._dev_status = self.method("dev_status")

    def method(self, name: str) -> Callable[..., Any]:
        """A method of the device, callable without `self` whether or not it is `async def`."""
        return bound(self.device, getattr(self.device, name))

    def _hook(self, name: str) -> Callable[..., Any] | None:
        from server_core.device.device import Device

        overridden = getattr(type(self.device), name) is not getattr(Device, name)
        return self.method(name) if overridden or name in vars(self.device) else None

    def always_executed(self) -> None:
        """The author's hook before every read, write, command and pipe access."""
        if self._always_executed is not None:
            call(self._always_executed)

    def hardware(self, hook: Callable[..., Any] | None, attributes: Sequence[Attribute]) -> None:
        """Call a hardware hook with the indices of the attributes it is about."""
        if hook is not None and attributes:
            order = list(self.attributes.values())
            call(hook, [order.index(attribute) for attribute in attributes])

    def monitor(self) -> AbstractContextManager[None]:
        """The device's monitor, unless nobody else can reach the device yet or a request that holds it waits for us."""
        free = not self.started or runs_for(self.device)
        return nullcontext() if free else self.host.monitor(self.device)

    def attribute(self, name: str) -> Attribute:
        """The attribute called `name`; DevFailed `API_AttrNotFound`."""
        found = self.attributes.find(name)
        if found is None:
            raise DevFailed.of(Reason.API_AttrNotFound, f"{name} attribute not found", "DeviceKernel.attribute")
        return found

    def command(self, name: str) -> Command:
        """The command called `name`; DevFailed `API_CommandNotFound`."""
        found = self.commands.find(name)
        if found is None:
            raise DevFailed.of(Reason.API_CommandNotFound, f"Command {name} not found", "DeviceKernel.command")
        return found

    def pipe(self, name: str) -> Pipe:
        """The pipe called `name`; DevFailed `API_PipeNotFound`."""
        found = self.pipes.find(name)
        if found is None:
            raise DevFailed.of(Reason.API_PipeNotFound, f"{name} pipe not found", "DeviceKernel.pipe")
        return found


def with_progress(failure: DevFailed, noun: str, index: int, count: int) -> DevFailed:
    """The failure of one configuration record of several, saying what happened to the others (ATT-19)."""
    sentences = []
    if index > 0:
        sentences.append(f"All previous {noun}(s) have been successfully updated")
    if index < count - 1:
        sentences.append(f"All remaining {noun}(s) have not been updated")
    root, *above = failure.errors
    return DevFailed(root._replace(desc="\n".join([root.desc, *sentences])), *above)
