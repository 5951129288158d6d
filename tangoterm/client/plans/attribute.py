"""What an attribute proxy does: the device's plans for one name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from server_core.model.config import AttributeConfig
from server_core.model.enums import DevState
from tangoterm.client.attribute_handle import AttributeHandle
from tangoterm.client.plans import attributes, configuration, device, polling
from tangoterm.client.plans.properties import store_of
from tangoterm.client.property_values import names_of, values_of
from tangoterm.client.readings import DeviceAttribute, DeviceAttributeHistory
from tangoterm.client.steps import Perform, Plan


def read(attribute: AttributeHandle) -> Plan[DeviceAttribute]:
    """Read the attribute; as `DeviceProxy.read_attribute`."""
    yield from attribute.find()
    return (yield from attributes.read_attribute(attribute.device, attribute.name))


def write(attribute: AttributeHandle, value: Any) -> Plan[None]:
    """Write the attribute; as `DeviceProxy.write_attribute`."""
    yield from attribute.find()
    yield from attributes.write_attribute(attribute.device, attribute.name, value)


def write_read(attribute: AttributeHandle, value: Any) -> Plan[DeviceAttribute]:
    """Write the attribute and read it back; as `DeviceProxy.write_read_attribute`."""
    yield from attribute.find()
    return (yield from attributes.write_read_attribute(attribute.device, attribute.name, value))


def history(attribute: AttributeHandle, depth: int) -> Plan[list[DeviceAttributeHistory]]:
    """The last `depth` polled readings, oldest first."""
    yield from attribute.find()
    return (yield from attributes.attribute_history(attribute.device, attribute.name, depth))


def get_config(attribute: AttributeHandle) -> Plan[AttributeConfig]:
    """The attribute's configuration."""
    yield from attribute.find()
    return (yield from configuration.attribute_query(attribute.device, attribute.name))


def set_config(attribute: AttributeHandle, config: AttributeConfig) -> Plan[None]:
    """Change the attribute's properties (ATT-7)."""
    yield from attribute.find()
    yield from configuration.set_attribute_config(attribute.device, config)


def poll(attribute: AttributeHandle, period: int) -> Plan[None]:
    """Poll the attribute every `period` ms, or change its period."""
    yield from attribute.find()
    yield from polling.poll_attribute(attribute.device, attribute.name, period)


def stop_poll(attribute: AttributeHandle) -> Plan[None]:
    """End the attribute's polling."""
    yield from attribute.find()
    yield from polling.stop_poll_attribute(attribute.device, attribute.name)


def is_polled(attribute: AttributeHandle) -> Plan[bool]:
    """Whether the attribute is polled."""
    yield from attribute.find()
    return (yield from polling.is_attribute_polled(attribute.device, attribute.name))


def get_poll_period(attribute: AttributeHandle) -> Plan[int]:
    """The attribute's polling period in ms, 0 when it is not polled."""
    yield from attribute.find()
    return (yield from polling.get_attribute_poll_period(attribute.device, attribute.name))


def get_property(attribute: AttributeHandle, propname: str | Iterable[str]) -> Plan[dict[str, list[str]]]:
    """The values of properties of the attribute in the database; one that does not exist has none."""
    yield from attribute.find()
    store, device_name = (yield from store_of(attribute.device)), attribute.device.name
    found = yield Perform(lambda: store.get_device_attribute_property(device_name, [attribute.name]))
    stored = {name.lower(): values for name, values in found.get(attribute.name, {}).items()}
    return {name: list(stored.get(name.lower(), ())) for name in names_of(propname)}


def put_property(attribute: AttributeHandle, value: Mapping[str, Any]) -> Plan[None]:
    """Set properties of the attribute in the database."""
    yield from attribute.find()
    store, device_name = (yield from store_of(attribute.device)), attribute.device.name
    yield Perform(lambda: store.put_device_attribute_property(device_name, {attribute.name: values_of(value)}))


def delete_property(attribute: AttributeHandle, value: str | Iterable[str]) -> Plan[None]:
    """Delete properties of the attribute in the database."""
    yield from attribute.find()
    store, device_name = (yield from store_of(attribute.device)), attribute.device.name
    yield Perform(lambda: store.delete_device_attribute_property(device_name, attribute.name, names_of(value)))


def ping(attribute: AttributeHandle) -> Plan[int]:
    """The time of one round trip to the device in microseconds."""
    yield from attribute.find()
    return (yield from device.ping(attribute.device))


def state(attribute: AttributeHandle) -> Plan[DevState]:
    """The state of the device."""
    yield from attribute.find()
    return (yield from device.state(attribute.device))


def status(attribute: AttributeHandle) -> Plan[str]:
    """The status text of the device."""
    yield from attribute.find()
    return (yield from device.status(attribute.device))
