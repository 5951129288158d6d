"""Finding the roots of forwarded attributes, and following them (ATT-80..ATT-84)."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from server_core.device.declaration import attribute
from server_core.device.forwarded import ForwardedAttribute, Root, full_name, root_of
from server_core.device.host import Properties
from server_core.device.kernel.configs import ConfigurationPart
from server_core.device.kernel.links import NOT_DEFINED, ROOT_PROPERTY, Forwarding, Problem, Unlinked
from server_core.device.kernel.reading import ReadingPart
from server_core.device.kernel.writing import WritingPart
from server_core.model.config import AttributeConfig, DeviceInfo
from server_core.model.enums import EventType
from server_core.model.errors import DevFailed, MultiDevFailed, NamedDevFailed, Reason
from server_core.model.names import DeviceAddress, parse_device
from server_core.model.values import AttributeValue, AttributeWrite, Event
from server_core.protocol.operations import GetAttributeConfig, GetInfo

if TYPE_CHECKING:
    from server_core.device.device import Device
    from server_core.device.device_class import DeviceClass

_LEVEL = 5
"""The level of Tango's device interface that roots must have."""

_NO_SUCH_DEVICE = (Reason.DB_DeviceNotDefined, Reason.API_NonDatabaseDevice)


class ForwardingPart(ConfigurationPart, ReadingPart, WritingPart):
    """Links the forwarded attributes of the device to their roots.

    A forwarded attribute is absent from the interface until its root is found. It is tried again until then, since
    servers come up and administrators correct what is wrong; the interface-change event tells when the attribute has
    come (ATT-83).
    """

    def __init__(self, device: Device, device_class: DeviceClass, name: str) -> None:
        super().__init__(device, device_class, name)
        self._linking = threading.Lock()
        self._retry_due = False
        self._unlinked = False
        self._places: dict[str, int] = {}

    def declare_forwarded(self, declarations: Sequence[attribute]) -> None:
        """Take up the forwarded attributes among those that the class declares."""
        self.forwarded = tuple(Forwarding(declaration) for declaration in declarations if declaration.forwarded)
        self._places = {declaration.name.lower(): place for place, declaration in enumerate(declarations)}

    def link_forwarded(self) -> None:
        """Find the roots that have not been found yet, and follow them; called when the devices of the process are
        there, and again while something is in the way."""
        if not self.forwarded or self._unlinked:
            return
        if not self._linking.acquire(blocking=False):
            self._relink_later()
            return
        try:
            for forwarding in self.forwarded:
                if not forwarding.settled:
                    self._link(forwarding)
            self.survey()
        finally:
            self._linking.release()
        if not all(forwarding.settled for forwarding in self.forwarded):
            self._relink_later()

    def unlink_forwarded(self) -> None:
        """The device goes: follow no root any more, and leave the roots to others."""
        self._unlinked = True
        for forwarding in self.forwarded:
            self._unlink(forwarding)

    def root_devices(self) -> list[str]:
        """The devices that the forwarded attributes reach, sorted; they are locked with this device (LOCK-15)."""
        return sorted({linked.root.device for forwarding in self.forwarded if (linked := forwarding.attribute)})

    def add_forwarded(self, declaration: attribute) -> ForwardedAttribute | None:
        """Add a forwarded attribute to this device; None while its root is not found."""
        known = next((each for each in self.forwarded if each.name.lower() == declaration.name.lower()), None)
        if known is None:
            known = Forwarding(declaration)
            self.forwarded = (*self.forwarded, known)
            if self.started:
                self.link_forwarded()
        return known.attribute

    def forget_forwarded(self, name: str) -> bool:
        """Follow the root of a forwarded attribute that is removed no longer; whether `name` is one."""
        found = [each for each in self.forwarded if each.name.lower() == name.lower()]
        for forwarding in found:
            self._unlink(forwarding)
        self.forwarded = tuple(each for each in self.forwarded if each not in found)
        return bool(found)

    @staticmethod
    def _unfollow(forwarding: Forwarding) -> None:
        stop, forwarding.stop = forwarding.stop, None
        if stop is not None:
            stop()

    def _unlink(self, forwarding: Forwarding) -> None:
        self._unfollow(forwarding)
        self._claim(forwarding, "")

    def _claim(self, forwarding: Forwarding, key: str) -> str:
        """Have a root for one attribute alone, and no other for it any more; the attribute that has it."""
        own = f"{self.name}/{forwarding.name}"
        if forwarding.claimed not in ("", key):
            self.host.release_root(forwarding.claimed)
        user = self.host.claim_root(key, own) if key else own
        forwarding.claimed = key if user == own else ""
        return user

    def _relink_later(self) -> None:
        if not self._retry_due:
            self._retry_due = True
            self.host.retry(self.device, self._relink)

    def _relink(self) -> None:
        self._retry_due = False
        self.link_forwarded()

    # ---- one attribute

    def _link(self, forwarding: Forwarding) -> None:
        try:
            self._try_to_link(forwarding)
        except Unlinked as unlinked:
            if forwarding.attribute is None:
                forwarding.problem, forwarding.user = unlinked.problem, unlinked.user
        except DevFailed as failure:  # the database is away, or the device is busy for too long
            self._unfollow(forwarding)
            if forwarding.attribute is None:
                forwarding.problem = Problem.NOT_STARTED
            self.logger.error("Forwarded attribute %s: %s", forwarding.name, failure.desc)

    def _try_to_link(self, forwarding: Forwarding) -> None:
        linked = forwarding.attribute
        root = self._root(forwarding) if linked is None else linked.root
        config = self._follow(forwarding, root)
        if linked is not None and linked.fits(config):
            linked.root_configured(config)
        else:
            self._show(forwarding, root, config)

    def _properties_of(self, name: str) -> Properties:
        return self.host.properties.get_device_attribute_property(self.name, [name])[name]

    def _root(self, forwarding: Forwarding) -> Root:
        """The root that the database names; raises Unlinked for one that cannot be (ATT-82)."""
        text = _root_text(self._properties_of(forwarding.name))
        if text is None:
            text = NOT_DEFINED
            self.host.properties.put_device_attribute_property(self.name, {forwarding.name: {ROOT_PROPERTY: [text]}})
        forwarding.root_name = text
        if text.lower() == NOT_DEFINED.lower():
            raise Unlinked(Problem.MISSING)
        try:
            root = root_of(text, self.host.control_system)
        except ValueError as wrong:
            raise Unlinked(Problem.SYNTAX) from wrong
        forwarding.root_name = str(root)
        own = Root(full_name(DeviceAddress(self.name), self.host.control_system), forwarding.name)
        if root.device.lower() == own.device.lower():
            raise Unlinked(Problem.LOCAL)
        user = self._claim(forwarding, root.key)
        if user != f"{self.name}/{forwarding.name}":
            raise Unlinked(Problem.USED, user)
        if self._leads_back(root, own):
            raise Unlinked(Problem.LOOP)
        return root

    def _leads_back(self, root: Root, own: Root) -> bool:
        """Whether a root is a forwarded attribute whose root is ... this one; as far as this control system knows."""
        seen = {own.key}
        while root.key not in seen:
            seen.add(root.key)
            address = parse_device(root.device)
            if address.host != self.host.control_system:
                return False
            found = self.host.properties.get_device_attribute_property(address.name, [root.attribute])
            try:
                root = root_of(_root_text(found[root.attribute]) or NOT_DEFINED, self.host.control_system)
            except ValueError:
                return False
        return True

    def _follow(self, forwarding: Forwarding, root: Root) -> AttributeConfig:
        """Subscribe to the root's configuration and give the present one; raises Unlinked."""
        host, lost = self.host, threading.Event()

        def on_event(event: Event | None) -> None:
            if event is not None and forwarding.told(event):
                return
            lost.set()
            stop, forwarding.stop = forwarding.stop, None
            if event is not None and stop is not None:
                stop()
            self._relink_later()

        try:
            info: DeviceInfo = host.call_device(root.device, GetInfo)
            if info.server_version < _LEVEL:
                raise Unlinked(Problem.OLD_ROOT)
            forwarding.stop = host.subscribe_device(root.device, root.attribute, EventType.ATTR_CONF_EVENT, on_event)
            configs: list[AttributeConfig] = host.call_device(
                root.device, lambda device: GetAttributeConfig(device, (root.attribute,))
            )
        except DevFailed as failure:
            self._unfollow(forwarding)
            raise Unlinked(_problem(failure)) from failure
        if lost.is_set() or self._unlinked:
            self._unfollow(forwarding)
        return configs[0]

    def _show(self, forwarding: Forwarding, root: Root, config: AttributeConfig) -> None:
        """Bring the attribute into the interface."""
        new = ForwardedAttribute(self.device, forwarding.declaration, root, config)
        of_class = self.host.properties.get_class_attribute_property(self.class_name, [new.name])[new.name]
        new.load_label(of_class, self._properties_of(new.name))
        with self.monitor():
            self.attributes.add(new)
            self.attributes.sort(lambda member: self._places.get(member.name.lower(), len(self._places)))
        forwarding.linked(new)
        self.host.interface_changed(self.device)

    # ---- write and read in one call

    def write_read_attributes(self, values: Sequence[AttributeWrite], names: Sequence[str]) -> list[AttributeValue]:
        """Write, then read. One forwarded attribute is written and read in one call to its root (ATT-49)."""
        if self.forwarded and len(values) == len(names) == 1 and values[0].name.lower() == names[0].lower():
            attribute = self.attributes.find(names[0])
            if isinstance(attribute, ForwardedAttribute) and attribute.writable.writable:
                return [self._write_read_root(attribute, values[0])]
        self.write_attributes(values)
        return self.read_attributes(names)

    def _write_read_root(self, attribute: ForwardedAttribute, value: AttributeWrite) -> AttributeValue:
        self.always_executed()
        try:
            return attribute.write_read(value)
        except DevFailed as failure:
            raise MultiDevFailed(failed=[NamedDevFailed(value.name, 0, failure.errors)]) from failure


def _root_text(properties: Properties) -> str | None:
    """What the database says of a root; None when it says nothing."""
    return next((values[0] for name, values in properties.items() if name.lower() == ROOT_PROPERTY and values), None)


def _problem(failure: DevFailed) -> Problem:
    if failure.reason == Reason.API_AttrNotFound:
        return Problem.NO_ATTRIBUTE
    return Problem.NO_DEVICE if failure.reason in _NO_SUCH_DEVICE else Problem.NOT_STARTED
