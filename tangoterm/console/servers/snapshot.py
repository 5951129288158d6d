"""Devices with all that the database keeps of them: to copy them, to move them to another control system, and to write
down the commands that define them anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from server_core.database.families import DEVICE, DEVICE_ATTRIBUTE, DEVICE_PIPE, PropertyFamilies
from server_core.database.store import DeviceRecord, Properties, Store
from server_core.model.errors import DevFailed
from tangoterm.console.line import joined
from tangoterm.console.properties import Owner
from tangoterm.console.property_changes import set_line


class DeviceSnapshot(NamedTuple):
    """A device as it is defined: its record, its properties, those of its attributes and pipes by member, and the
    aliases of its attributes by attribute."""

    record: DeviceRecord
    properties: Properties
    attributes: Mapping[str, Properties]
    pipes: Mapping[str, Properties]
    attribute_aliases: Mapping[str, str]

    def lines(self) -> tuple[str, ...]:
        """The commands that define the device as it was; properties of pipes and aliases of attributes have none."""
        one = self.record
        lines = [joined("device", "add", one.name, one.dev_class, one.server, alias=one.alias)]
        owners = {Owner(DEVICE, one.name): self.properties} | {
            Owner(DEVICE, one.name, attribute): values for attribute, values in self.attributes.items()
        }
        lines += [
            set_line(owner, name, values)
            for owner, properties in owners.items()
            for name, values in properties.items()
            if values
        ]
        return tuple(lines)


def take(store: Store, record: DeviceRecord) -> DeviceSnapshot:
    """What the database keeps of a device now."""
    families = _families(store)
    name = record.name
    return DeviceSnapshot(
        record,
        families.get_values(DEVICE, name, families.value_names(DEVICE, name, "*")),
        families.get_member_values(DEVICE_ATTRIBUTE, name, families.member_names(DEVICE_ATTRIBUTE, name, "*")),
        _pipes(families, name),
        _attribute_aliases(store, name),
    )


def define(store: Store, snapshot: DeviceSnapshot, name: str, server: str, *, alias: str = "") -> None:
    """Define a device as the snapshot says, under a name and in a server; without the aliases of attributes."""
    families = _families(store)
    store.add_device(server, name, snapshot.record.dev_class, alias)
    if snapshot.properties:
        families.put_values(DEVICE, name, snapshot.properties)
    if snapshot.attributes:
        families.put_member_values(DEVICE_ATTRIBUTE, name, snapshot.attributes)
    if snapshot.pipes:
        families.put_member_values(DEVICE_PIPE, name, snapshot.pipes)


def rename(store: Store, snapshot: DeviceSnapshot, name: str) -> None:
    """Give a device another name, and take the former away; everything that is kept of it goes along."""
    define(store, snapshot, name, snapshot.record.server)
    store.delete_device(snapshot.record.name)
    if snapshot.record.alias:
        store.put_device_alias(name, snapshot.record.alias)
    for attribute, alias in snapshot.attribute_aliases.items():
        store.put_attribute_alias(f"{name}/{attribute}", alias)


def _families(store: Store) -> PropertyFamilies:
    assert isinstance(store, PropertyFamilies), f"{store!r} has no properties by family"
    return store


def _pipes(families: PropertyFamilies, name: str) -> Mapping[str, Properties]:
    """The properties of pipes; none from a database that keeps none."""
    try:
        members = families.member_names(DEVICE_PIPE, name, "*")
        return families.get_member_values(DEVICE_PIPE, name, members) if members else {}
    except DevFailed as failure:
        if failure.reason != "API_CommandNotFound":
            raise
        return {}


def _attribute_aliases(store: Store, name: str) -> dict[str, str]:
    found = {}
    for alias in store.attribute_aliases():
        device, _, attribute = store.alias_attribute(alias).rpartition("/")
        if device.lower() == name.lower():
            found[attribute] = alias
    return found
