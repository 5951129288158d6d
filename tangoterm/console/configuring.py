"""Attribute properties for editing: in which groups they belong together, what is wrong with a value, what resets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from server_core.model.config import NOT_SPECIFIED, AttributeConfig, property_of
from server_core.model.types import TYPES, Kind


class Field(NamedTuple):
    """One property: its name in the database, its group, and what it is."""

    name: str
    group: str
    help: str


FIELDS = (
    Field("label", "Display", "the name for people"),
    Field("description", "Display", "what it is"),
    Field("unit", "Display", "the unit of values"),
    Field("standard_unit", "Display", "factor to the SI unit"),
    Field("display_unit", "Display", "factor to the unit for display"),
    Field("format", "Display", "printf format, such as %6.2f"),
    Field("enum_labels", "Display", "labels with commas between them"),
    Field("min_value", "Range", "the lowest value that may be written"),
    Field("max_value", "Range", "the highest value that may be written"),
    Field("min_alarm", "Alarm", "quality ALARM below"),
    Field("max_alarm", "Alarm", "quality ALARM above"),
    Field("min_warning", "Alarm", "quality WARNING below"),
    Field("max_warning", "Alarm", "quality WARNING above"),
    Field("delta_val", "Alarm", "quality ALARM when value and set point differ by more"),
    Field("delta_t", "Alarm", "ms after writing until delta_val counts"),
    Field("abs_change", "Change event", "when the value changes by so much; or DECREASE,INCREASE"),
    Field("rel_change", "Change event", "when it changes by so many percent; or DECREASE,INCREASE"),
    Field("archive_abs_change", "Archive event", "when the value changes by so much; or DECREASE,INCREASE"),
    Field("archive_rel_change", "Archive event", "when it changes by so many percent; or DECREASE,INCREASE"),
    Field("archive_period", "Archive event", "ms after which it is sent anyway"),
    Field("event_period", "Periodic event", "ms between two events"),
)
"""All properties of an attribute, in the order in which they are edited."""

_NUMBERS = frozenset({"min_value", "max_value", "min_alarm", "max_alarm", "min_warning", "max_warning", "delta_val"})
_PERIODS = frozenset({"delta_t", "archive_period", "event_period"})
_CHANGES = frozenset({"abs_change", "rel_change", "archive_abs_change", "archive_rel_change"})
_PAIRS = (("min_value", "max_value"), ("min_alarm", "max_alarm"), ("min_warning", "max_warning"))
_RESETS = frozenset({NOT_SPECIFIED.lower(), "", "nan"})


def fields_of(config: AttributeConfig) -> tuple[Field, ...]:
    """The properties that mean something for an attribute's type; labels are those of enumerations alone."""
    row = TYPES[config.data_type]
    left_out = set() if row.kind is Kind.ENUM else {"enum_labels"}
    if not row.numeric:
        left_out |= _NUMBERS | _CHANGES | {"delta_t"}
    return tuple(field for field in FIELDS if field.name not in left_out)


def text_of(config: AttributeConfig, name: str) -> str:
    """The value of a property as it is typed."""
    value = property_of(config, name)
    return ",".join(value) if isinstance(value, list) else str(value)


def problem(config: AttributeConfig, wanted: Mapping[str, str]) -> tuple[str, str] | None:
    """The first property among the `wanted` ones whose value cannot be right, and the rule; None when all may be.

    The device has the last word.
    """
    for name, text in wanted.items():
        if text.strip().lower() not in _RESETS and (rule := _broken_rule(config, name, text.strip())):
            return name, rule
    for low, high in _PAIRS:
        least, most = (_number(wanted.get(name, text_of(config, name))) for name in (low, high))
        if least is not None and most is not None and least >= most and (low in wanted or high in wanted):
            return (low if low in wanted else high), f"{low} must be below {high}"
    return None


def _broken_rule(config: AttributeConfig, name: str, text: str) -> str:
    if name in _NUMBERS:
        if _number(text) is None:
            return f"{text!r} is no number"
        whole = TYPES[config.data_type].kind is Kind.INTEGER and name != "delta_val"
        return f"{text!r} is not whole, as {config.data_type} needs" if whole and not _whole(text) else ""
    if name in _PERIODS:
        return "" if text.isdecimal() and int(text) > 0 else f"{text!r} is no number of ms above 0"
    if name in _CHANGES:
        parts = text.split(",")
        fine = len(parts) <= 2 and all(_number(part) is not None for part in parts)
        return "" if fine else f"{text!r} is neither a number nor DECREASE,INCREASE"
    if name == "enum_labels":
        labels = [label.strip() for label in text.split(",")]
        if len(set(labels)) < len(labels) or not all(labels):
            return "labels differ from one another, and none is empty"
        count = len(config.enum_labels)
        return f"there must be {count} labels, as there are now" if count and len(labels) != count else ""
    return ""


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number == number else None


def _whole(text: str) -> bool:
    try:
        int(text)
    except ValueError:
        return False
    return True
