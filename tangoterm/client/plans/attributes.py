"""Attributes: reading, writing, the history of polled ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from server_core.model.config import AttributeConfig
from server_core.model.conversion import to_attribute_data
from server_core.model.enums import AttrDataFormat
from server_core.model.errors import (
    CommunicationFailed,
    ConnectionFailed,
    DevError,
    DevFailed,
    MultiDevFailed,
    Reason,
    WrongData,
)
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue, AttributeWrite
from server_core.protocol.operations import (
    ReadAttributeHistory,
    ReadAttributes,
    WriteAttributes,
    WriteReadAttributes,
)
from tangoterm.client.handle import Handle
from tangoterm.client.plans.configuration import config_of
from tangoterm.client.readings import DeviceAttribute, DeviceAttributeHistory
from tangoterm.client.steps import Plan

Values = Iterable[tuple[str, Any]]
"""Pairs of attribute name and value."""


def read_attribute(device: Handle, attr_name: str) -> Plan[DeviceAttribute]:
    """Read one attribute; DevFailed with `API_AttributeFailed` on top when the reading failed."""
    doing = _sentence(device, "read_attribute", attr_name)
    values = yield from device.call(ReadAttributes(device.name, (attr_name,), device.source), doing)
    return reading(device, values[0], "read_attribute")


def read_attributes(device: Handle, attr_names: Sequence[str]) -> Plan[list[DeviceAttribute]]:
    """Read several attributes in one request. Each answer carries its own errors: see `has_failed`; none are asked for
    no names. Raises ConnectionFailed `API_AttributeFailed` for a name that stands twice in the list (ATT-21)."""
    names = (attr_names,) if isinstance(attr_names, str) else tuple(attr_names)
    if not names:
        return []
    _check_no_duplicate(names)
    request = ReadAttributes(device.name, names, device.source)
    values = yield from device.call(request, _sentence(device, "read_attributes", *names))
    return readings(device, values, "read_attributes")


def write_attribute(device: Handle, attr_name: str, value: Any) -> Plan[None]:
    """Write one attribute.

    `value` is converted to the attribute's type first (an enumeration's label is taken for its number): WrongData
    `API_IncompatibleAttrArgumentType` names the value and the rule it breaks. DevFailed of the device get
    `API_AttributeFailed` on top.
    """
    doing = _sentence(device, "write_attribute", attr_name)
    pairs = ((attr_name, value),)
    try:
        yield from _converted(
            device, pairs, lambda writes: device.call(WriteAttributes(device.name, writes), doing), doing
        )
    except MultiDevFailed as failure:
        raise single_failure(failure, doing) from failure


def write_attributes(device: Handle, name_val: Values) -> Plan[None]:
    """Write several attributes in one request. When some cannot be written the others are, and MultiDevFailed lists
    the failures (ATT-40), with `API_AttributeFailed` naming those attributes as its one error (ATT-48)."""
    try:
        yield from _converted(device, tuple(name_val), lambda writes: device.call(WriteAttributes(device.name, writes)))
    except MultiDevFailed as failure:
        raise several_failures(failure, device.name, "write_attributes") from failure


def write_read_attribute(device: Handle, attr_name: str, value: Any) -> Plan[DeviceAttribute]:
    """Write one attribute and read it back, with no other client in between (ATT-49)."""
    doing = _sentence(device, "write_read_attribute", attr_name)
    pairs, names = ((attr_name, value),), (attr_name,)
    try:
        values = yield from _converted(
            device, pairs, lambda writes: device.call(WriteReadAttributes(device.name, writes, names), doing), doing
        )
    except MultiDevFailed as failure:
        raise single_failure(failure, doing) from failure
    return reading(device, values[0], "write_read_attribute")


def write_read_attributes(device: Handle, name_val: Values, attr_names: Sequence[str]) -> Plan[list[DeviceAttribute]]:
    """Write several attributes, then read `attr_names`, with no other client in between (ATT-49).

    When a write fails nothing is read, and DevFailed has the errors of the first that failed.
    """
    names = tuple(attr_names)
    try:
        values = yield from _converted(
            device, tuple(name_val), lambda writes: device.call(WriteReadAttributes(device.name, writes, names))
        )
    except MultiDevFailed as failure:
        culprits = [failed.name for failed in failure.failed[:1]]
        raise single_failure(failure, _sentence(device, "write_read_attributes", *culprits)) from failure
    return readings(device, values, "write_read_attributes")


def attribute_history(device: Handle, attr_name: str, depth: int) -> Plan[list[DeviceAttributeHistory]]:
    """The last `depth` polled readings of an attribute, oldest first (POLL-77)."""
    values = yield from device.call(ReadAttributeHistory(device.name, attr_name, depth))
    return [DeviceAttributeHistory(value) for value in values]


def _check_no_duplicate(names: Sequence[str]) -> None:
    if len({name.lower() for name in names}) == len(names):
        return
    keys = [name.lower() for name in names]
    twice = [key for place, key in enumerate(keys) if keys.index(key) < place]
    raise ConnectionFailed.of(
        Reason.API_AttributeFailed,
        f"Several times the same attribute in required attributes list: {', '.join(twice)}",
        "DeviceProxy.read_attributes",
    )


# ---- errors


def _sentence(device: Handle, doing: str, *names: str) -> str:
    word = "attribute" if len(names) == 1 else "attributes"
    return f"Failed to {doing} on device {device.name}, {word} {', '.join(names)}"


def reading(device: Handle, value: AttributeValue, doing: str = "read_attribute") -> DeviceAttribute:
    """A reading as its user gets it; DevFailed with `API_AttributeFailed` on top when it failed."""
    return readings(device, [value], doing)[0].raise_for_error()


def readings(device: Handle, values: Sequence[AttributeValue], doing: str = "read_attribute") -> list[DeviceAttribute]:
    """Readings as their user gets them; each that failed has `API_AttributeFailed` on top of its errors (CLI-8)."""
    return [DeviceAttribute(_failed(device, value, doing) if value.errors else value) for value in values]


def _failed(device: Handle, value: AttributeValue, doing: str) -> AttributeValue:
    top = DevError(Reason.API_AttributeFailed, _sentence(device, doing, value.name), f"DeviceProxy.{doing}")
    return replace(value, errors=(*value.errors, top))


def single_failure(failure: MultiDevFailed, doing: str) -> DevFailed:
    """The failure of a write of one attribute: its own errors (CLI-8)."""
    errors = failure.failed[0].errors if failure.failed else failure.errors
    return DevFailed(*errors).stacked(Reason.API_AttributeFailed, doing, "DeviceProxy.write_attribute")


def several_failures(failure: MultiDevFailed, device: str, doing: str) -> MultiDevFailed:
    """The failure of a write of several attributes: one error that names those that failed (ATT-48)."""
    names = ", ".join(failed.name for failed in failure.failed)
    text = f"Failed to execute DeviceProxy::{doing} on device {device}, object(s) {names}"
    return failure.stacked(Reason.API_AttributeFailed, text, f"DeviceProxy.{doing}")


# ---- values to write


def _converted(
    device: Handle,
    pairs: tuple[tuple[str, Any], ...],
    send: Callable[[tuple[AttributeWrite, ...]], Plan[Any]],
    doing: str = "",
) -> Plan[Any]:
    """Convert the values and send them; when the device has changed a type meanwhile, once more."""
    writes = yield from writes_of(device, pairs, doing)
    try:
        return (yield from send(writes))
    except DevFailed as failure:
        if not _says_wrong_type(failure):
            raise
        for name, _ in pairs:
            device.attributes.pop(name.lower(), None)
        again = yield from writes_of(device, pairs, doing)
        if [write.data_type for write in again] == [write.data_type for write in writes]:
            raise
        return (yield from send(again))


def _says_wrong_type(failure: DevFailed) -> bool:
    errors = list(failure.errors)
    if isinstance(failure, MultiDevFailed):
        errors += [error for failed in failure.failed for error in failed.errors]
    return any(error.reason == Reason.API_IncompatibleAttrDataType for error in errors)


def writes_of(device: Handle, pairs: tuple[tuple[str, Any], ...], doing: str = "") -> Plan[tuple[AttributeWrite, ...]]:
    """The values to write, each converted to its attribute's type; `doing` goes on top of a refusal's stack."""
    writes = []
    for name, value in pairs:
        try:
            config = yield from config_of(device, name)
        except DevFailed as failure:
            if not doing or isinstance(failure, CommunicationFailed):
                raise
            raise failure.stacked(Reason.API_AttributeFailed, doing, "DeviceProxy.write_attribute") from failure
        writes.append(attribute_write(device, config, name, value))
    return tuple(writes)


def attribute_write(device: Handle, config: AttributeConfig, name: str, value: Any) -> AttributeWrite:
    """`value` as what is sent to write the attribute."""
    try:
        data, dim_x, dim_y = to_attribute_data(config.data_type, config.data_format, _without_labels(config, value))
    except (TypeError, ValueError, OverflowError) as error:
        raise WrongData.of(
            Reason.API_IncompatibleAttrArgumentType,
            f"Attribute {name} of device {device.name}: {error}",
            "DeviceProxy.write_attribute",
        ) from error
    return AttributeWrite(name, config.data_type, data, dim_x, dim_y)


def _without_labels(config: AttributeConfig, value: Any) -> Any:
    """The number of an enumeration's label; other values unchanged."""
    if config.data_type is not CmdArgType.DevEnum or config.data_format is not AttrDataFormat.SCALAR:
        return value
    if not isinstance(value, str):
        return value
    if value not in config.enum_labels:
        raise ValueError(f"{value!r} is not a label of the enumeration ({', '.join(config.enum_labels)})")
    return config.enum_labels.index(value)
