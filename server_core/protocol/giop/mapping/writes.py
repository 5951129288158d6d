"""Values to write: AttributeValue_4, before level 4 AttributeValue with an Any (wire 7.3).

The wire does not say whether an attribute is a scalar, nor that it is a DevEnum: a value arrives as a sequence
with its dimensions, as short for DevEnum. The device, which knows its attributes, takes the first element for a scalar.
"""

from __future__ import annotations

from typing import Any

from server_core.model.enums import AttrDataFormat, AttrQuality
from server_core.model.values import AttributeWrite, TypedValue
from server_core.protocol.giop.mapping.attributes import array_type, sample_of, sample_of_any, union_of
from server_core.protocol.giop.mapping.common import NO_TIME

_VALID, _FORMAT = AttrQuality.ATTR_VALID, AttrDataFormat.FMT_UNKNOWN
_NO_DIM = (0, 0)


def wire_write_4(write: AttributeWrite) -> tuple[Any, ...]:
    """A value to write as AttributeValue_4."""
    return (
        union_of(write.data_type, _sequence(write)),
        _VALID,
        _FORMAT,
        NO_TIME,
        write.name,
        _NO_DIM,
        (write.dim_x, write.dim_y),
        (),
    )


def wire_write(write: AttributeWrite) -> tuple[Any, ...]:
    """A value to write as AttributeValue, of levels 1 to 3."""
    value = TypedValue(array_type(write.data_type), _sequence(write))
    return value, _VALID, NO_TIME, write.name, write.dim_x, write.dim_y


def _sequence(write: AttributeWrite) -> Any:
    value = write.value
    return value if isinstance(value, (memoryview, list)) else (value,)


def write_of_4(wire: Any) -> AttributeWrite:
    """The value to write in an AttributeValue_4."""
    dim_x, dim_y = wire[6]
    return AttributeWrite(wire[4], *sample_of(wire[0]), dim_x, dim_y)


def write_of(wire: Any) -> AttributeWrite:
    """The value to write in an AttributeValue."""
    value, _, _, name, dim_x, dim_y = wire
    return AttributeWrite(name, *sample_of_any(value), dim_x, dim_y)
