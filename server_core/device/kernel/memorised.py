"""Memorised attributes: set points that survive a restart (ATT-64..ATT-72)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from server_core.device.attribute_parts import SetPoint
from server_core.device.attributes import Attribute
from server_core.model.conversion import to_scalar
from server_core.model.types import TYPES, Kind

VALUE = "__value"
NOT_USED = "Not used yet"
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def to_text(attribute: Attribute, data: Any) -> str:
    """A set point as the database keeps it: floats with 15 significant digits (ATT-65)."""
    kind = TYPES[attribute.data_type].kind
    if kind is Kind.FLOAT:
        return f"{data:.15g}"
    return str(data).lower() if kind is Kind.BOOLEAN else str(data)


def from_text(attribute: Attribute, text: str) -> Any:
    """The set point that a text means. Raises ValueError or OverflowError for a text of another type (ATT-68)."""
    parsers: dict[Kind, Callable[[str], Any]] = {
        Kind.FLOAT: float,
        Kind.INTEGER: int,
        Kind.ENUM: int,
        Kind.BOOLEAN: _boolean,
        Kind.STRING: str,
    }
    return to_scalar(attribute.data_type, parsers[TYPES[attribute.data_type].kind](text))


def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.strip().lower()]
    except KeyError:
        raise ValueError(f"{text!r} is not a boolean") from None


def stored_text(attribute: Attribute, properties: Mapping[str, Sequence[str]]) -> str | None:
    """The memorised text among an attribute's properties, None when nothing was memorised."""
    if not attribute.declaration.memorized:
        return None
    values = next((values for name, values in properties.items() if name.lower() == VALUE), ())
    return None if not values or values[0] == NOT_USED else ",".join(values)


def restore(attribute: Attribute, text: str) -> None:
    """Make a memorised text the set point. Raises ValueError or OverflowError."""
    attribute.set_point = attribute.memorised = SetPoint(from_text(attribute, text))
