"""One attribute as a client holds it: its device and its name."""

from __future__ import annotations

from server_core.model.names import parse_attribute, parse_device
from tangoterm.client.handle import Handle
from tangoterm.client.steps import Perform, Plan


class AttributeHandle:
    """An attribute by name, or by alias until `find` has looked it up. Raises WrongNameSyntax."""

    def __init__(self, text: str) -> None:
        address = parse_attribute(text)
        self.device = Handle(address.device)
        self.name = address.attribute or ""

    def find(self) -> Plan[None]:
        """Look up the alias, and the device; what the database says of an unknown one is raised."""
        if not self.name:
            device = self.device
            found = yield Perform(lambda: device.system.store.alias_attribute(device.name))
            name, _, self.name = found.rpartition("/")
            device.rename(parse_device(name)._replace(host=device.target.host))
        yield from self.device.find()


class AttributeSettings:
    """What both attribute proxies know without asking anybody."""

    _handle: AttributeHandle

    def name(self) -> str:
        """The attribute's name without its device."""
        return self._handle.name

    def __repr__(self) -> str:
        return f"{type(self).__name__}('{self._handle.device.target}/{self._handle.name}')"
