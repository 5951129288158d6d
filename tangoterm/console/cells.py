"""The cells of a result: one thing, shown three ways.

`text` is for people (formatted, abridged), `exact` for scripts that split lines (whole, as the argument parser reads it
back), `data` for JSON.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from itertools import zip_longest
from typing import Any

from server_core.model.enums import AttrDataFormat, DevState
from server_core.model.errors import DevError
from server_core.model.types import TYPES, CmdArgType, Kind
from tangoterm.console.format import (
    NO_VALUE,
    PLAIN,
    Display,
    clock_text,
    command_text,
    elements_text,
    enum_text,
    error_line,
    plain,
    printable,
    quoted,
    time_text,
    value_text,
    without_today,
)


class Cell(ABC):
    """One thing in a row of a result."""

    @abstractmethod
    def text(self) -> str:
        """For people, on one line."""

    def lines(self) -> list[str]:
        """For people, on as many lines as it needs."""
        return [self.text()]

    @abstractmethod
    def exact(self) -> str:
        """The whole of it on one line, for scripts."""

    @abstractmethod
    def data(self) -> Any:
        """For JSON."""

    def raw(self) -> Any:
        """For format specifications: a number, a text, a local time, a list."""
        return self.data()


class PlainCell(Cell):
    """A word, a number, a truth value, or nothing."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def text(self) -> str:
        """Words as they are, `yes` and `no`, `-` for nothing."""
        if self.value is None or self.value == "":
            return NO_VALUE
        return {True: "yes", False: "no"}[self.value] if isinstance(self.value, bool) else printable(str(self.value))

    def exact(self) -> str:
        """The same, but empty for nothing."""
        if self.value is None:
            return ""
        return str(self.value).lower() if isinstance(self.value, bool) else printable(str(self.value))

    def data(self) -> Any:
        """The value itself, enumerations by name."""
        return json_value(self.value)

    def raw(self) -> Any:
        """The value itself."""
        return self.value


class WordsCell(Cell):
    """Several words, such as the labels of an enumeration."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words

    def text(self) -> str:
        """Separated by commas, `-` for none."""
        return self.exact() or NO_VALUE

    def exact(self) -> str:
        """Separated by commas."""
        return printable(", ".join(self.words))

    def data(self) -> list[str]:
        """A list."""
        return list(self.words)


class TimeCell(Cell):
    """A moment in seconds since 1970, None for never."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds

    def text(self) -> str:
        """Local time with milliseconds."""
        return time_text(self.seconds)

    def exact(self) -> str:
        """ISO 8601 in UTC with microseconds, empty for never."""
        return self.data() or ""

    def data(self) -> str | None:
        """ISO 8601 in UTC with microseconds."""
        if not self.seconds:
            return None
        return datetime.fromtimestamp(self.seconds, UTC).isoformat(timespec="microseconds")

    def raw(self) -> datetime | None:
        """Local time."""
        return datetime.fromtimestamp(self.seconds) if self.seconds else None


class RecentCell(TimeCell):
    """A moment that is mostly of today: people see the date only when it is another."""

    def text(self) -> str:
        """Local time with milliseconds."""
        return without_today(time_text(self.seconds))


class LocalTimeCell(PlainCell):
    """A server's local date and time as text; people see the date only when it is not today's."""

    def text(self) -> str:
        """The text, or the time of day."""
        return without_today(super().text())

    def raw(self) -> datetime | None:
        """The time."""
        return datetime.fromisoformat(self.value) if self.value else None


class ClockCell(TimeCell):
    """A moment in a list of them: people see the time of day alone."""

    def text(self) -> str:
        """Local time of day with milliseconds."""
        return clock_text(self.seconds)


class ValueCell(Cell):
    """An attribute value."""

    def __init__(self, code: CmdArgType, data_format: AttrDataFormat, value: Any, display: Display = PLAIN) -> None:
        self.code = code
        self.data_format = data_format
        self.value = value
        self.display = display

    def text(self) -> str:
        """Formatted and abridged, with the unit."""
        return value_text(self.code, self.data_format, self.value, self.display)

    def exact(self) -> str:
        """Every digit and element, without the unit; enumerations by label."""
        return exact_text(self.code, self.value, self.display.labels)

    def data(self) -> Any:
        """Numbers, strings, lists; states by name, enumerations by label."""
        return json_typed(self.code, self.value, self.display.labels)

    def raw(self) -> Any:
        """The same, but numbers that JSON does not know too."""
        return raw_typed(self.code, self.value, self.display.labels)


class ResultCell(Cell):
    """The result of a command."""

    def __init__(self, code: CmdArgType, value: Any) -> None:
        self.code = code
        self.value = value

    def text(self) -> str:
        """On one line, whole."""
        return command_text(self.code, self.value, width=None)

    def lines(self) -> list[str]:
        """As many lines as it needs: text as it was written, a string or a pair's number and string a line."""
        kind = TYPES[self.code].kind
        if kind is Kind.STRING:
            return [printable(str(self.value), one_line=False)]
        if kind is Kind.PAIR:
            numbers, strings = elements_text(self.code, self.value[0]), self.value[1]
            return [f"{a:>12}  {printable(b)}".rstrip() for a, b in zip_longest(numbers, strings, fillvalue="")]
        if self.code is CmdArgType.DevVarStringArray:
            return [printable(line, one_line=False) for line in self.value]
        return [self.text()]

    def exact(self) -> str:
        """Every digit and element; a pair as two bracketed groups."""
        return exact_text(self.code, self.value)

    def data(self) -> Any:
        """Numbers, strings, lists."""
        return json_typed(self.code, self.value)

    def raw(self) -> Any:
        """The same, but numbers that JSON does not know too."""
        return raw_typed(self.code, self.value)


class ErrorCell(Cell):
    """What stands where a value could not be had: the root cause; all of the stack in JSON."""

    def __init__(self, errors: Sequence[DevError]) -> None:
        self.errors = tuple(errors)

    def text(self) -> str:
        """The root cause."""
        return error_line(self.errors)

    def exact(self) -> str:
        """Nothing: a script reads the error on stderr or in the JSON."""
        return ""

    def data(self) -> Any:
        """Nothing: the errors are a field of their own."""
        return None


def json_errors(errors: Sequence[DevError]) -> list[dict[str, str]]:
    """An error stack for JSON, root cause first."""
    return [
        {"reason": error.reason, "desc": error.desc, "origin": error.origin, "severity": error.severity.name}
        for error in errors
    ]


def json_value(value: Any) -> Any:
    """Any plain value as JSON can hold it: enumerations by name, NaN and infinities by their words."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, (list, tuple)):
        return [json_value(item) for item in value]
    return value


def json_line(content: Any) -> str:
    """`content` as JSON on one line."""
    import json

    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def raw_typed(code: CmdArgType, value: Any, labels: Sequence[str] = ()) -> Any:
    """A Tango value for format specifications: numbers as they are, all else as JSON holds it."""
    kind = TYPES[TYPES[code].element].kind
    if value is not None and kind in (Kind.INTEGER, Kind.FLOAT):
        return plain(value) if _is_sequence(value) else value
    return json_typed(code, value, labels)


def json_typed(code: CmdArgType, value: Any, labels: Sequence[str] = ()) -> Any:
    """A Tango value as JSON holds it; an encoded one is an object with its bytes in base64."""
    if value is None:
        return None
    row = TYPES[code]
    if row.kind is Kind.PAIR:
        return [json_value(plain(value[0])), list(value[1])]
    if row.kind is Kind.ENCODED:
        return {"format": value[0], "data": json_value(bytes(value[1]))}
    return _json_element(TYPES[row.element].kind, value, labels)


def _json_element(kind: Kind, value: Any, labels: Sequence[str]) -> Any:
    if _is_sequence(value):
        return [_json_element(kind, item, labels) for item in plain(value)]
    if kind is Kind.ENUM:
        return enum_text(int(value), labels) if labels else int(value)
    if kind is Kind.STATE:
        return DevState(value).name
    return json_value(value.item() if hasattr(value, "item") else value)


def exact_text(code: CmdArgType, value: Any, labels: Sequence[str] = ()) -> str:
    """A Tango value so that `Argument.parse` reads the same value back; empty for none."""
    if value is None:
        return ""
    row = TYPES[code]
    if row.kind is Kind.PAIR:
        return f"{exact_text(row.element, value[0])} {exact_text(CmdArgType.DevString, value[1])}"
    if row.kind is Kind.ENCODED:
        encoding = value[0] if value[0].isidentifier() else quoted(value[0])
        return f"{encoding} {_exact_bytes(bytes(value[1]))}"
    kind = TYPES[row.element].kind
    if _is_sequence(value):
        return _exact_array(kind, value, labels)
    return _exact_element(kind, value, labels)


def _exact_bytes(data: bytes) -> str:
    """Bytes of ASCII as a string, others as Python writes them."""
    return quoted(data.decode()) if data.isascii() else repr(data)


def _exact_array(kind: Kind, value: Any, labels: Sequence[str]) -> str:
    texts = []
    for item in plain(value):
        if isinstance(item, list):
            texts.append(_exact_array(kind, item, labels))
        else:
            texts.append(quoted(item) if kind is Kind.STRING else _exact_element(kind, item, labels, in_array=True))
    return f"[{', '.join(texts)}]"


def _exact_element(kind: Kind, value: Any, labels: Sequence[str], *, in_array: bool = False) -> str:
    if kind is Kind.ENUM:
        label = enum_text(int(value), labels)
        return quoted(label) if in_array else label
    if kind is Kind.STATE:
        return DevState(value).name
    if kind is Kind.BOOLEAN:
        return "true" if value else "false"
    if kind in (Kind.INTEGER, Kind.FLOAT):
        return repr(value.item() if hasattr(value, "item") else value)
    return printable(str(value))


def _is_sequence(value: Any) -> bool:
    return isinstance(value, (list, tuple, memoryview)) or (hasattr(value, "tolist") and getattr(value, "ndim", 1) > 0)


def cell(value: Any) -> Cell:
    """`value` as a cell; a cell stays what it is."""
    return value if isinstance(value, Cell) else PlainCell(value)
