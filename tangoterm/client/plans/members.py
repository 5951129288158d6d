"""Attributes, commands and pipes under their names, for proxies that offer them as Python attributes."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from server_core.model.config import AttributeConfig, CommandInfo
from server_core.model.enums import AttrDataFormat
from server_core.model.errors import NonSupportedFeature
from server_core.model.types import CmdArgType
from tangoterm.client.handle import Handle
from tangoterm.client.plans.attributes import read_attribute
from tangoterm.client.plans.commands import command_list_query
from tangoterm.client.plans.configuration import attribute_list_query, config_of
from tangoterm.client.plans.pipes import get_pipe_list
from tangoterm.client.readings import DeviceAttribute
from tangoterm.client.steps import Plan


def member(device: Handle, name: str) -> Plan[CommandInfo | AttributeConfig | str | None]:
    """The command, the attribute or (by name alone) the pipe called `name`, None when there is none; a command goes
    before an attribute. What is not known from before is asked."""
    key = name.lower()
    known = device.commands.get(key) or device.attributes.get(key)
    if known is not None:
        return known
    yield from command_list_query(device)
    configs = yield from attribute_list_query(device)
    known = device.commands.get(key) or next((config for config in configs if config.name.lower() == key), None)
    if known is not None:
        return known
    pipes = yield from _pipes(device)
    return next((pipe for pipe in pipes if pipe.lower() == key), None)


def member_names(device: Handle) -> Plan[list[str]]:
    """The names of all commands, attributes and pipes."""
    commands = yield from command_list_query(device)
    attributes = yield from attribute_list_query(device)
    pipes = yield from _pipes(device)
    return [info.cmd_name for info in commands] + [config.name for config in attributes] + pipes


def _pipes(device: Handle) -> Plan[list[str]]:
    """The names of all pipes; none where the device is too old to have any."""
    try:
        return (yield from get_pipe_list(device))
    except NonSupportedFeature:
        return []


def read_value(device: Handle, name: str) -> Plan[Any]:
    """The value of an attribute alone; a scalar of an enumeration as a member of an `IntEnum` made of its labels."""
    reading: DeviceAttribute = yield from read_attribute(device, name)
    if reading.type is not CmdArgType.DevEnum or reading.data_format is not AttrDataFormat.SCALAR or reading.is_empty:
        return reading.value
    config = yield from config_of(device, name)
    return enumeration(config)(reading.value) if 0 <= reading.value < len(config.enum_labels) else reading.value


def enumeration(config: AttributeConfig) -> Any:
    """The labels of an enumeration attribute as an `IntEnum`."""
    return IntEnum(config.name, {label: number for number, label in enumerate(config.enum_labels)})
