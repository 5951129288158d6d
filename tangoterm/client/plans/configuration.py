"""Attribute configuration: reading and changing it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from server_core.model.config import AttributeConfig
from server_core.protocol.operations import ALL, GetAttributeConfig, SetAttributeConfig
from tangoterm.client.handle import Handle
from tangoterm.client.steps import Plan


def _configs(device: Handle, names: tuple[str, ...] | None) -> Plan[list[AttributeConfig]]:
    configs: list[AttributeConfig] = yield from device.call(GetAttributeConfig(device.name, names))
    if device.keeps_configs:
        device.attributes.update((config.name.lower(), config) for config in configs)
    return configs


def config_of(device: Handle, attr_name: str) -> Plan[AttributeConfig]:
    """The configuration of one attribute, remembered from before or asked now."""
    known = device.attributes.get(attr_name.lower())
    if known is not None:
        return known
    return (yield from _configs(device, (attr_name,)))[0]


def attribute_query(device: Handle, attr_name: str) -> Plan[AttributeConfig]:
    """The configuration of one attribute; DevFailed `API_AttrNotFound` when there is none."""
    return (yield from _configs(device, (attr_name,)))[0]


def attribute_list_query(device: Handle) -> Plan[list[AttributeConfig]]:
    """The configurations of all attributes."""
    device.attributes.clear()
    return (yield from _configs(device, ALL))


def get_attribute_list(device: Handle) -> Plan[list[str]]:
    """The names of all attributes."""
    configs = yield from attribute_list_query(device)
    return [config.name for config in configs]


def get_attribute_config(device: Handle, names: str | Sequence[str] | None = None) -> Plan[Any]:
    """The configuration of one attribute for a name, or a list of configurations: of the names, or of all for None."""
    if isinstance(names, str):
        return (yield from attribute_query(device, names))
    if names is None:
        return (yield from attribute_list_query(device))
    return (yield from _configs(device, tuple(names)))


def set_attribute_config(device: Handle, configs: AttributeConfig | Iterable[AttributeConfig]) -> Plan[None]:
    """Change the properties of one or several attributes (ATT-7)."""
    changed = (configs,) if isinstance(configs, AttributeConfig) else tuple(configs)
    for config in changed:
        device.attributes.pop(config.name.lower(), None)
    yield from device.call(SetAttributeConfig(device.name, changed))
