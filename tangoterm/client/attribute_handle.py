"""One attribute as a client holds it: its device and its name."""

from __future__ import annotations

from server_core.model.errors import CommunicationFailed, ConnectionFailed, DevFailed, Reason, WrongNameSyntax
from server_core.model.names import parse_attribute, parse_device
from tangoterm.client.handle import Handle
from tangoterm.client.plans.configuration import attribute_query
from tangoterm.client.steps import Perform, Plan

_ORIGIN = "AttributeProxy"


class AttributeHandle:
    """An attribute by name, or by alias until `find` has looked it up. Raises WrongNameSyntax."""

    def __init__(self, text: str) -> None:
        address = parse_attribute(text)
        self.device = Handle(address.device)
        self.name = address.attribute or ""
        self._found = False

    def find(self) -> Plan[None]:
        """Look up the alias and the device, and ask a device that runs whether it has the attribute (NAME-8).

        Raises what the database says of an unknown device, DevFailed `API_AliasNotDefined` for an unknown alias, and
        WrongNameSyntax `API_UnsupportedAttribute` for an unknown attribute.
        """
        if self._found:
            return
        if not self.name:
            yield from self._resolve()
        yield from self.device.find()
        yield from self._check()
        self._found = True

    def _resolve(self) -> Plan[None]:
        device, alias = self.device, self.device.target.name
        try:
            found = yield Perform(lambda: device.system.store.alias_attribute(alias))
        except DevFailed as failure:
            if failure.reason != Reason.DB_SQLError:
                raise
            desc = f"Can't connect to attribute with alias {alias}"
            raise failure.stacked(Reason.API_AliasNotDefined, desc, _ORIGIN) from failure
        name, _, self.name = found.rpartition("/")
        device.rename(parse_device(name)._replace(host=device.target.host))

    def _check(self) -> Plan[None]:
        try:
            yield from attribute_query(self.device, self.name)
        except (ConnectionFailed, CommunicationFailed) as failure:
            if failure.errors[-1].reason == Reason.API_DeviceNotDefined:
                raise
        except DevFailed as failure:
            if failure.reason != Reason.API_AttrNotFound:
                raise
            desc = f"Attribute {self.name} is not supported by device {self.device.name}"
            raise WrongNameSyntax.of(Reason.API_UnsupportedAttribute, desc, _ORIGIN) from failure


class AttributeSettings:
    """What both attribute proxies know without asking anybody."""

    _handle: AttributeHandle

    def name(self) -> str:
        """The attribute's name without its device, as it was given."""
        return self._handle.name

    def get_transparency_reconnection(self) -> bool:
        """Whether a broken connection is repaired without the caller's notice (CLI-3)."""
        return self._handle.device.transparent

    def set_transparency_reconnection(self, yesno: bool) -> None:
        """Repair broken connections without the caller's notice, or let the call fail that finds one (CLI-3)."""
        self._handle.device.transparent = yesno

    def __repr__(self) -> str:
        device = self._handle.device.target
        return f"{type(self).__name__}('{device._replace(name=f'{device.name}/{self._handle.name}')}')"
