"""Pipes: PipeConfig, and DevPipeData with its nested blobs (wire 7.5).

Every element is a sequence in a case of AttrValUnion; whether it is a scalar or an array stands where the name of a
nested blob would.
"""

from __future__ import annotations

import time
from typing import Any

from server_core.model.config import PipeConfig
from server_core.model.pipe import PipeBlob, PipeElement
from server_core.model.types import TYPES, CmdArgType, Kind
from server_core.protocol.giop.mapping.attributes import (
    DEVICE_STATE,
    NO_DATA,
    array_type,
    sample_of,
    union_of,
)
from server_core.protocol.giop.mapping.common import NO_TIME, wire_time

_ARRAY, _SCALAR = "Array", "Scalar"


def wire_config(config: PipeConfig) -> tuple[Any, ...]:
    """The description of a pipe as PipeConfig of the IDL."""
    return config.name, config.description, config.label, config.disp_level, config.writable, ()


def config_of(wire: Any) -> PipeConfig:
    """The description that a PipeConfig of the IDL holds."""
    name, description, label, level, writable, _ = wire
    return PipeConfig(name, label, description, level, writable)


def wire_reading(name: str, blob: PipeBlob) -> tuple[Any, ...]:
    """The blob that was read from a pipe now, as DevPipeData."""
    return name, wire_time(time.time()), _wire_blob(blob)


def wire_write(name: str, blob: PipeBlob) -> tuple[Any, ...]:
    """The blob to write to a pipe as DevPipeData."""
    return name, NO_TIME, _wire_blob(blob)


def pipe_and_blob(wire: Any) -> tuple[str, PipeBlob]:
    """The pipe's name and the blob in a DevPipeData."""
    name, _, (root, elements) = wire
    return name, PipeBlob(root, [_element(*element) for element in elements])


def _wire_blob(blob: PipeBlob) -> tuple[Any, ...]:
    return blob.name, [_wire_element(element) for element in blob.elements]


def _wire_element(element: PipeElement) -> tuple[Any, ...]:
    name, code, value = element
    if code is CmdArgType.DevPipeBlob:
        return name, NO_DATA, [_wire_element(inner) for inner in value.elements], value.name
    row = TYPES[code]
    if row.kind is Kind.ARRAY:
        return name, union_of(row.element, value), (), _ARRAY
    return name, union_of(code, (value,)), (), _SCALAR


def _element(name: str, union: Any, inner: Any, inner_name: str) -> PipeElement:
    code, data = sample_of(union)
    if data is None:
        return PipeElement(
            name, CmdArgType.DevPipeBlob, PipeBlob(inner_name, [_element(*element) for element in inner])
        )
    if union[0] == DEVICE_STATE:
        return PipeElement(name, code, data)
    if len(data) == 1 and inner_name != _ARRAY:
        value = data[0]
        return PipeElement(name, code, bool(value) if code is CmdArgType.DevBoolean else value)
    return PipeElement(name, array_type(code), data)
