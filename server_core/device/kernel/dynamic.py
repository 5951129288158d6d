"""Attributes and commands that come and go while the device runs (DYN-1..DYN-14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server_core.device.attributes import Attribute
from server_core.device.command import Command, Declaration
from server_core.device.declaration import attribute
from server_core.device.kernel.commands import CommandPart
from server_core.device.kernel.forwarding import ForwardingPart
from server_core.model.errors import DevFailed, Reason

_ORIGIN = "Device"


class DynamicPart(ForwardingPart, CommandPart):
    """Adds and removes attributes and commands."""

    def add_attribute(self, declaration: attribute) -> Attribute:
        """Add an attribute to this device; the same definition again changes nothing (DYN-1..DYN-4).

        Raises DevFailed `API_AttrNotFound` (sic) for a name that exists with another definition,
        `API_AttrWrongDefined`, `API_IncompatibleAttrDataType` or `API_IncoherentValues` for a wrong one; nothing is
        left behind.
        """
        with self.monitor():
            new = Attribute(self.device, declaration, dynamic=True)
            old = self.attributes.find(new.name)
            if old is not None:
                self._check_same(old, new)
                return old
            self.load_configurations([new])
            self.associate(new)
            self.attributes.add(new)
            self.survey()
            if self.started:
                self.write_memorised_attribute(new)
                self.host.interface_changed(self.device)
                if declaration.polling_period > 0:
                    self.host.poll_object(self.device, new.name, command=False, period=declaration.polling_period)
            return new

    def _check_same(self, old: Attribute, new: Attribute) -> None:
        if (old.data_type, old.data_format, old.writable) != (new.data_type, new.data_format, new.writable):
            raise DevFailed.of(
                Reason.API_AttrNotFound,
                f"Device {self.name} -> Attribute {new.name} already exists for your device but with other definition\n"
                "(data type, data format or data write type)",
                _ORIGIN,
            )

    def remove_attribute(self, name: str, *, clean_db: bool = True) -> None:
        """Remove an attribute from this device, its polling, and with `clean_db` its properties (DYN-6..DYN-10)."""
        with self.monitor():
            found = self.attributes.find(name)
            if self.forget_forwarded(name) and found is None:
                self.survey()
                return
            if found is None or found in self.reserved:
                raise DevFailed.of(
                    Reason.API_AttrOptProp, f"Attribute {name} not found in class attribute(s)", _ORIGIN
                ).stacked(
                    Reason.API_AttrNotFound,
                    f"Attribute {name} is not defined as attribute for your device.\nCan't remove it",
                    _ORIGIN,
                )
            self.host.forget_polling(self.device, found.name, command=False)
            self.attributes.remove(name)
            self.survey()
            if clean_db:
                self.forget_properties(found.name)
            if self.started:
                self.host.attribute_removed(self.device, found.name)
                self.host.interface_changed(self.device)

    def forget_properties(self, name: str) -> None:
        """Delete the properties of an attribute from the database."""
        store = self.host.properties
        properties = store.get_device_attribute_property(self.name, [name])[name]
        if properties:
            store.delete_device_attribute_property(self.name, name, list(properties))

    def add_command(self, declaration: Declaration, *, device_level: bool = True) -> None:
        """Add a command to this device, or to all devices of the class (DYN-11).

        Raises DevFailed `API_CommandNotFound` (sic) for a name that exists with other types.
        """
        with self.monitor():
            old = self.commands.find(declaration.name)
            if old is not None:
                self._check_same_types(old, declaration)
            elif device_level:
                self.own_commands.add(Command(self.device, declaration, class_level=False))
                self._commands_changed()
                if self.started and declaration.polling_period > 0:
                    self.host.poll_object(
                        self.device, declaration.name, command=True, period=declaration.polling_period
                    )
            else:
                self.device_class.add_command(declaration)

    def _commands_changed(self) -> None:
        self.arrange_commands()
        if self.started:
            self.host.interface_changed(self.device)

    def _check_same_types(self, old: Command, declaration: Declaration) -> None:
        info = declaration.info()
        if (info.in_type, info.out_type) != (old.in_type, old.out_type):
            raise DevFailed.of(
                Reason.API_CommandNotFound,
                f"Device {self.name} -> Command {declaration.name} already exists for your device but with other "
                "definition\n(command input data type or command output data type)",
                _ORIGIN,
            )

    def remove_command(self, name: str) -> None:
        """Remove a command of this device with its polling; one of the class goes from all its devices (DYN-12)."""
        with self.monitor():
            found = self.commands.find(name)
            if found is None:
                raise DevFailed.of(Reason.API_CommandNotFound, f"{name} command not found", _ORIGIN).stacked(
                    Reason.API_CommandNotFound,
                    f"Command {name} is not defined as a command for your device.\nCan't remove it",
                    _ORIGIN,
                )
            if found.class_level:
                self.device_class.remove_command(found.name)
                return
            self.host.forget_polling(self.device, found.name, command=True)
            self.own_commands.remove(name)
            self._commands_changed()


def with_methods(
    declaration: attribute,
    read: Callable[..., Any] | None,
    write: Callable[..., Any] | None,
    is_allowed: Callable[..., Any] | None,
) -> attribute:
    """The declaration with the methods given to `Device.add_attribute`."""
    declaration.fget = read or declaration.fget
    declaration.fset = write or declaration.fset
    declaration.fisallowed = is_allowed or declaration.fisallowed
    return declaration
