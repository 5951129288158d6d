"""The device's properties in the database (PROP-1 to PROP-11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from server_core.database.store import Store
from tangoterm.client.handle import Handle
from tangoterm.client.property_values import names_of, values_of
from tangoterm.client.steps import Perform, Plan


def get_property(device: Handle, propname: str | Iterable[str] | Mapping[str, Any]) -> Plan[dict[str, list[str]]]:
    """The values of one or several properties by name; a property that does not exist has no values."""
    store = yield from store_of(device)
    names = names_of(propname)
    found = yield Perform(lambda: store.get_device_property(device.name, names))
    return {name: list(found.get(name, ())) for name in names}


def put_property(device: Handle, value: Mapping[str, Any]) -> Plan[None]:
    """Set properties: each name to one value or to a sequence of values; an empty sequence deletes (PROP-2)."""
    store = yield from store_of(device)
    yield Perform(lambda: store.put_device_property(device.name, values_of(value)))


def delete_property(device: Handle, value: str | Iterable[str] | Mapping[str, Any]) -> Plan[None]:
    """Delete properties by name; `*` in a name is a wildcard (PROP-10)."""
    store = yield from store_of(device)
    yield Perform(lambda: store.delete_device_property(device.name, names_of(value)))


def get_property_list(device: Handle, filter: str = "*") -> Plan[list[str]]:
    """The names of the properties that match."""
    store = yield from store_of(device)
    names: list[str] = yield Perform(lambda: store.device_properties(device.name, filter))
    return names


def store_of(device: Handle) -> Plan[Store]:
    """The database of a device, whose name is then known; NonDbDevice when it has none."""
    device.check_database()
    yield from device.find()
    store: Store = yield Perform(lambda: device.system.store)
    return store
