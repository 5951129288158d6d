"""The properties of an attribute: one table, and how the text of each is read, shown and stored.

Whatever handles attribute properties (start-up, changes by clients, defaults of the author) goes through `RULES`.
Source: ATT-3, ATT-9..ATT-18, ATT-58; property names are those of the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto
from operator import attrgetter
from typing import Any, NamedTuple

from server_core.model.config import (
    NO_DESCRIPTION,
    NO_DISPLAY_UNIT,
    NO_STANDARD_UNIT,
    NOT_SPECIFIED,
    PROPERTY_PATHS,
    AttributeConfig,
)
from server_core.model.types import TYPES, CmdArgType, Kind, TangoType

LABELS = "enum_labels"
NO_LABEL = "No label"
SEPARATOR = ","
_UNSET_HALF = "2147483647"
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z", re.ASCII)
_INTEGER = re.compile(r"\s*[+-]?\d+\Z", re.ASCII)

Band = tuple[float | None, float | None]
"""How far a value may go down (negative or None) and up before an event is sent (EVT-32)."""


class Group(Enum):
    """What sort of text a property holds."""

    TEXT = auto()
    LIMIT = auto()
    DELTA_T = auto()
    CHANGE = auto()
    PERIOD = auto()
    LABELS = auto()


class Rule(NamedTuple):
    """One property: its name in the database, its place in the configuration record, its library default, and the
    kinds of data type that refuse it or silently ignore it (ATT-13)."""

    name: str
    group: Group
    get: Callable[[AttributeConfig], Any]
    library: str = NOT_SPECIFIED
    refused: frozenset[Kind] = frozenset()
    ignored: frozenset[Kind] = frozenset()

    @property
    def is_event(self) -> bool:
        """Whether the property is about events: a bad one falls back to its default (ATT-75)."""
        return self.group in (Group.CHANGE, Group.PERIOD)


_WORDS = frozenset({Kind.STRING, Kind.BOOLEAN, Kind.STATE})
_ENUM = frozenset({Kind.ENUM})


def _rule(
    name: str,
    group: Group,
    library: str = NOT_SPECIFIED,
    refused: frozenset[Kind] = frozenset(),
    ignored: frozenset[Kind] = frozenset(),
) -> Rule:
    return Rule(name, group, attrgetter(PROPERTY_PATHS[name]), library, refused, ignored)


_TABLE = (
    _rule("label", Group.TEXT),
    _rule("description", Group.TEXT, library=NO_DESCRIPTION),
    _rule("unit", Group.TEXT, library=""),
    _rule("standard_unit", Group.TEXT, library=NO_STANDARD_UNIT),
    _rule("display_unit", Group.TEXT, library=NO_DISPLAY_UNIT),
    _rule("format", Group.TEXT),
    _rule("min_value", Group.LIMIT, refused=_WORDS | _ENUM),
    _rule("max_value", Group.LIMIT, refused=_WORDS | _ENUM),
    _rule("min_alarm", Group.LIMIT, refused=_WORDS | _ENUM),
    _rule("max_alarm", Group.LIMIT, refused=_WORDS | _ENUM),
    _rule("min_warning", Group.LIMIT, refused=_ENUM, ignored=_WORDS),
    _rule("max_warning", Group.LIMIT, refused=_ENUM, ignored=_WORDS),
    _rule("delta_val", Group.LIMIT, refused=_ENUM, ignored=_WORDS),
    _rule("delta_t", Group.DELTA_T, refused=_ENUM, ignored=_WORDS),
    _rule("rel_change", Group.CHANGE, ignored=_WORDS),
    _rule("abs_change", Group.CHANGE, ignored=_WORDS),
    _rule("archive_rel_change", Group.CHANGE, ignored=_WORDS),
    _rule("archive_abs_change", Group.CHANGE, ignored=_WORDS),
    _rule("event_period", Group.PERIOD, library="1000"),
    _rule("archive_period", Group.PERIOD),
    _rule(LABELS, Group.LABELS, library=""),
)

RULES: dict[str, Rule] = {rule.name: rule for rule in _TABLE}
"""The properties in the order in which a change applies them (ATT-7)."""

DELTAS = ("delta_val", "delta_t")
PAIRS = (("min_value", "max_value"), ("min_alarm", "max_alarm"), ("min_warning", "max_warning"))


class Parsed(NamedTuple):
    """A property's text as it is shown, and what it means (None for not set)."""

    shown: str
    value: Any = None


def parse(rule: Rule, text: str, data_type: CmdArgType, *, strict: bool = False) -> Parsed:
    """What `text` means as a value of the property for an attribute of `data_type`; not a reset word.

    `strict` refuses fractions for integer attributes, as at start-up; a change by a client truncates them (ATT-12).
    Raises ValueError for text that breaks the property's format.
    """
    return _PARSERS[rule.group](text, TYPES[data_type], strict)


def _text(text: str, row: TangoType, strict: bool) -> Parsed:
    return Parsed(text, text)


def _limit(text: str, row: TangoType, strict: bool) -> Parsed:
    if text.lower() == NOT_SPECIFIED.lower():
        return Parsed(NOT_SPECIFIED)
    if row.kind is Kind.FLOAT:
        return Parsed(text, _number(text))
    if row.kind is Kind.ENCODED:
        row = TYPES[CmdArgType.DevUChar]
    if strict and not _INTEGER.match(text):
        raise ValueError(text)
    value = _whole(text)
    if not row.low <= value <= row.high:
        raise ValueError(text)
    return Parsed(str(value), value)


def _delta_t(text: str, row: TangoType, strict: bool) -> Parsed:
    value = 0 if text.lower() == NOT_SPECIFIED.lower() else _whole(text)
    return Parsed(str(value), value) if value else Parsed(NOT_SPECIFIED)


def _period(text: str, row: TangoType, strict: bool) -> Parsed:
    if text.lower() == NOT_SPECIFIED.lower():
        return Parsed(NOT_SPECIFIED)
    value = _whole(text)
    return Parsed(str(value), value)


def _change(text: str, row: TangoType, strict: bool) -> Parsed:
    halves = text.split(SEPARATOR)
    if len(halves) > 2 or not text:
        raise ValueError(text)
    sizes = [_half(half) for half in halves]
    down, up = sizes[0], sizes[-1]
    if down is None and up is None:
        return Parsed(NOT_SPECIFIED)
    shown = _half_text(down) if down == up else f"{_half_text(down)},{_half_text(up)}"
    return Parsed(shown, (None if down is None else -down, up))


def _half(text: str) -> float | None:
    if text.strip().lower() in ("", NOT_SPECIFIED.lower(), _UNSET_HALF):
        return None
    return abs(_number(text)) or None


def _half_text(size: float | None) -> str:
    return NOT_SPECIFIED if size is None else f"{size:.15g}"


def _number(text: str) -> float:
    if not _NUMBER.match(text):
        raise ValueError(text)
    return float(text)


def _whole(text: str) -> int:
    """A number without its fraction; large integers stay exact."""
    if _INTEGER.match(text):
        return int(text)
    number = _number(text)
    if abs(number) == float("inf"):
        raise ValueError(text)
    return int(number)


_PARSERS: dict[Group, Callable[[str, TangoType, bool], Parsed]] = {
    Group.TEXT: _text,
    Group.LIMIT: _limit,
    Group.DELTA_T: _delta_t,
    Group.CHANGE: _change,
    Group.PERIOD: _period,
    Group.LABELS: _text,
}


def stored(rule: Rule, parsed: Parsed) -> list[str]:
    """The database form of a property (ATT-10, ATT-17)."""
    if rule.group is Group.CHANGE:
        down, up = parsed.value or (None, None)
        if down is None and up is None:
            return [_UNSET_HALF]
        return [_UNSET_HALF if half is None else f"{half:.15g}" for half in (down, up)]
    if rule.group is Group.DELTA_T and parsed.value is None:
        return ["0"]
    if rule.group is Group.LABELS:
        return parsed.shown.split(SEPARATOR)
    return [parsed.shown]
