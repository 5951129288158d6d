"""Tango values as text for people: scalars with format and unit, abridged arrays, summarised images.

Takes values as the client hands them out and in canonical form alike (lists, `array`, memoryview, numpy, flat or in
rows). Text that comes from the control system is made safe for a terminal: control characters show as escapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from math import floor, isfinite, log10
from typing import Any, NamedTuple, Protocol

from server_core.model.config import (
    NO_DISPLAY_UNIT,
    NO_STANDARD_UNIT,
    NOT_SPECIFIED,
    default_format,
)
from server_core.model.enums import AttrDataFormat, AttrQuality, DevState
from server_core.model.errors import DevError
from server_core.model.types import TYPES, CmdArgType, Kind
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.ior import native_endpoints, parse_ior

NO_VALUE = "-"
"""What stands where there is no value."""

ABRIDGED = 60
"""Characters of an abridged array unless the caller says otherwise."""

_SMALL, _LARGE = 1e-3, 1e9
"""Numbers beyond are written with exponents."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LINE_BREAKS = re.compile(r"[\t\n]")
_PRINTF = re.compile(r"([^%]*)%([-+ #0]*\d*(?:\.\d+)?)(?:hh|h|ll|l|L|q|j|z|t)?([diouxXeEfFgGs])([^%]*)\Z")
_MANIPULATORS = {
    "scientific": "e", "fixed": "f", "hex": "x", "oct": "o", "dec": "d", "uppercase": "",
}  # fmt: skip
_NO_UNITS = frozenset({"", "No unit", NO_STANDARD_UNIT, NO_DISPLAY_UNIT, NOT_SPECIFIED})


class Display(NamedTuple):
    """How the values of one attribute are to look: display format, unit, enumeration labels."""

    format: str = ""
    unit: str = ""
    labels: tuple[str, ...] = ()

    @classmethod
    def of(cls, config: DescribesDisplay) -> Display:
        """The display properties of an attribute configuration; library defaults count as none (ATT-3)."""
        chosen = config.format
        if chosen in (NOT_SPECIFIED, default_format(config.data_type)):
            chosen = ""
        return cls(chosen, unit_of(config), tuple(config.enum_labels))


class DescribesDisplay(Protocol):
    """The part of an attribute configuration that `Display` needs."""

    data_type: CmdArgType
    unit: str
    display_unit: str
    format: str
    enum_labels: list[str]


PLAIN = Display()
"""No format, no unit, no labels."""


def unit_of(config: DescribesDisplay) -> str:
    """The unit to show: the unit property, empty when it is not set."""
    return "" if config.unit in _NO_UNITS else printable(config.unit)


def printable(text: str, *, one_line: bool = True) -> str:
    """`text` without anything a terminal would obey: control characters become escapes such as `\\x1b`.

    Line breaks and tabs are escaped too unless `one_line` is false.
    """
    text = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    return _LINE_BREAKS.sub(lambda found: {"\t": "\\t", "\n": "\\n"}[found[0]], text) if one_line else text


# ---- scalars


def scalar_text(code: CmdArgType, value: Any, display: Display = PLAIN) -> str:
    """One element of type `code`, with the display format but without the unit."""
    if value is None:
        return NO_VALUE
    kind = TYPES[code].kind
    if kind is Kind.ENUM:
        return enum_text(int(value), display.labels)
    if kind is Kind.STATE:
        return DevState(value).name
    if kind is Kind.BOOLEAN:
        return "true" if value else "false"
    if kind is Kind.ENCODED:
        return f"{printable(value[0])}, {plural(len(value[1]), 'byte')}"
    if kind in (Kind.INTEGER, Kind.FLOAT):
        return _number(kind, value, display.format)
    return printable(str(value))


def enum_text(value: int, labels: Sequence[str]) -> str:
    """The label of an enumeration value, or the number when it has none."""
    return printable(labels[value]) if 0 <= value < len(labels) else str(value)


def _number(kind: Kind, value: Any, wanted: str) -> str:
    if wanted:
        text = _apply_format(wanted, value)
        if text is not None:
            return text
    if kind is Kind.INTEGER:
        return str(int(value))
    return float_text(value)


def float_text(value: float) -> str:
    """A float with two decimals, as the library default `%6.2f` has it, where that shows the value; else with six
    significant digits."""
    value = float(value)
    if value == 0.0 or 0.01 <= abs(value) < 1e9:
        text = f"{value:.2f}"
        return text if float(text) == value or abs(value) >= 1000 else f"{value:.6g}"
    return f"{value:.6g}"


def _apply_format(wanted: str, value: Any) -> str | None:
    """`value` under a display format, printf or C++ manipulators (`scientific;setprecision(4)`); None when the format
    makes no sense for it, so that a wrong configuration never hides a value."""
    found = _PRINTF.match(wanted)
    if found is not None:
        before, flags, conversion, after = found.groups()
        if conversion in "diouxX":
            conversion = "d" if conversion in "iu" else conversion
            value = int(value) if value == value and abs(value) != float("inf") else None
        if value is None:
            return None
        text: str = ("%" + flags + conversion) % value
        return (before + text + after).strip()
    return _apply_manipulators(wanted, value)


def _apply_manipulators(wanted: str, value: Any) -> str | None:
    precision, conversion, upper = "", "", False
    for word in filter(None, (part.strip() for part in wanted.split(";"))):
        number = re.fullmatch(r"setprecision\((\d+)\)", word)
        if number is not None:
            precision = "." + number[1]
        elif word in _MANIPULATORS:
            conversion, upper = _MANIPULATORS[word] or conversion, upper or word == "uppercase"
        elif not re.fullmatch(r"setw\(\d+\)|showpoint|left|right|internal|showbase", word):
            return None
    if conversion in ("x", "o", "d"):
        if not isinstance(value, int):
            return None
        text = format(value, conversion)
    else:
        text = format(float(value), (precision + conversion) if conversion else (precision + "g") if precision else "g")
    return text.upper() if upper else text


# ---- values of any shape


def value_text(
    code: CmdArgType,
    data_format: AttrDataFormat,
    value: Any,
    display: Display = PLAIN,
    *,
    width: int | None = ABRIDGED,
) -> str:
    """An attribute value on one line: scalar and unit, an array abridged to about `width` characters, an image as its
    size and range. With `width` None an array is shown whole."""
    if value is None:
        return NO_VALUE
    if data_format is AttrDataFormat.IMAGE and width is not None:
        text = image_summary(code, value, display)
    elif data_format in (AttrDataFormat.SPECTRUM, AttrDataFormat.IMAGE):
        text = array_text(code, value, display, width=width)
    else:
        text = scalar_text(code, value, display)
    return with_unit(text, display.unit)


def with_unit(text: str, unit: str) -> str:
    """`text` followed by the unit, if there is one."""
    return f"{text} {unit}" if unit and text != NO_VALUE else text


def array_text(code: CmdArgType, value: Any, display: Display = PLAIN, *, width: int | None = ABRIDGED) -> str:
    """The elements in brackets; beyond `width` the first ones, the last one and the number of all:
    `[0.1, 0.2, … 0.9] (256)`. Rows of an image are bracketed themselves."""
    element = TYPES[code].element
    total = len(value)
    if width is None:
        return f"[{', '.join(_element(element, item, display) for item in plain(value))}]"
    shown: list[str] = []
    used = 2
    first, end = plain(value[: width // 2 + 1]), plain(value[total - 1 :])
    if not display.format and TYPES[element].kind is Kind.FLOAT:
        display = display._replace(format=_common_format([*first, *end]))
    for item in first:
        text = clipped(_element(element, item, display), width)
        used += len(text) + 2
        if shown and used > width:
            break
        shown.append(text)
    if len(shown) == total:
        return f"[{', '.join(shown)}]"
    last = clipped(_element(element, end[0], display), width)
    while len(shown) > 1 and sum(map(len, shown)) + 2 * len(shown) + len(last) + len(str(total)) + 7 > width:
        shown.pop()
    return f"[{', '.join(shown)}, … {last}] ({total})"


def _common_format(items: Sequence[Any]) -> str:
    """The format in which numbers that stand side by side have their digits in the same places: two decimals where they
    show all of them, else about four significant digits of the largest; empty for what are no numbers."""
    if any(isinstance(item, list) for item in items):
        return ""
    sizes = [abs(float(item)) for item in items if isfinite(item)]
    largest = max(sizes, default=0.0)
    if all(float(f"{size:.2f}") == size for size in sizes):
        return "%.2f" if largest < _LARGE else "%.3e"
    if not _SMALL <= largest < _LARGE:
        return "%.3e"
    return f"%.{max(2, 3 - floor(log10(largest)))}f"


def clipped(text: str, width: int) -> str:
    """`text`, cut to `width` characters and ended with `…` when it is longer."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def _element(code: CmdArgType, item: Any, display: Display) -> str:
    if isinstance(item, list):
        return array_text(code, item, display, width=None)
    return quoted(str(item)) if TYPES[code].kind is Kind.STRING else scalar_text(code, item, display)


def quoted(text: str) -> str:
    """`text` in double quotes and on one line, as the argument parser reads it back."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{printable(escaped)}"'


def image_summary(code: CmdArgType, value: Any, display: Display = PLAIN) -> str:
    """An image as `columns x rows type, lowest … highest, mean m` (the range for numbers only)."""
    columns, rows = image_size(value)
    text = f"{columns} x {rows} {TYPES[code].element}"
    if not columns or not TYPES[TYPES[code].element].numeric:
        return text
    low, high, mean = _range(value)
    low_text, high_text = (scalar_text(code, number, display) for number in (low, high))
    return f"{text}, {low_text} … {high_text}, mean {float_text(mean)}"


def image_size(value: Any) -> tuple[int, int]:
    """(columns, rows) of an image given as rows or as a two-dimensional array."""
    rows = len(value)
    return (len(value[0]) if rows else 0), rows


def _range(rows: Any) -> tuple[Any, Any, float]:
    if hasattr(rows, "mean"):
        return rows.min().item(), rows.max().item(), float(rows.mean())
    count = len(rows) * len(rows[0])
    return min(map(min, rows)), max(map(max, rows)), sum(map(sum, rows)) / count


def plain(value: Any) -> list[Any]:
    """The elements of any sequence or buffer as a list of Python values (rows as lists)."""
    if hasattr(value, "tolist"):
        listed: list[Any] = value.tolist()
        return listed
    return [plain(item) if hasattr(item, "tolist") or isinstance(item, (list, tuple)) else item for item in value]


def command_text(code: CmdArgType, value: Any, *, width: int | None = ABRIDGED) -> str:
    """A command argument or result of type `code` on one line; a pair as `[numbers] [strings]`."""
    row = TYPES[code]
    if value is None or row.kind is Kind.VOID:
        return NO_VALUE
    if row.kind is Kind.PAIR:
        each = None if width is None else width // 2
        numbers = array_text(row.element, value[0], width=each)
        return f"{numbers} {array_text(CmdArgType.DevString, value[1], width=each)}"
    if row.kind is Kind.ARRAY:
        return array_text(code, value, width=width)
    return scalar_text(code, value)


def elements_text(code: CmdArgType, value: Any, display: Display = PLAIN) -> list[str]:
    """Every element of an array as its own text (for tables with one row per element)."""
    return [scalar_text(TYPES[code].element, item, display) for item in plain(value)]


# ---- around the value


def quality_text(quality: AttrQuality) -> str:
    """`VALID`, `ALARM`, ..."""
    return AttrQuality(quality).label


def time_text(seconds: float | None) -> str:
    """A time as local date and time with milliseconds; `-` for none."""
    if not seconds:
        return NO_VALUE
    return datetime.fromtimestamp(seconds).isoformat(" ", "milliseconds")


def clock_text(seconds: float | None) -> str:
    """The time of day alone, with milliseconds, for lines that follow one another."""
    return time_text(seconds).rpartition(" ")[2]


def without_today(text: str) -> str:
    """A local date and time without the date when it is today's."""
    return text.removeprefix(f"{datetime.now():%Y-%m-%d} ")


def duration_text(seconds: float) -> str:
    """A duration in the unit that suits it: `340 µs`, `12.3 ms`, `4.21 s`."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds:.2f} s"


def period_text(milliseconds: int | None) -> str:
    """A polling period: `500 ms`, `externally triggered` for 0, `-` for none."""
    if milliseconds is None:
        return NO_VALUE
    return f"{milliseconds} ms" if milliseconds else "externally triggered"


def plural(count: int, noun: str) -> str:
    """`1 device`, `3 devices`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


# ---- errors


def address_text(record: str) -> str:
    """Where a server is, of what its record says: its native endpoints, or else the address of its object reference."""
    try:
        places = [place for profile in parse_ior(record).profiles for place in profile.addresses]
    except ProtocolError:
        return record
    return native_endpoints(record) or ",".join(f"giop:tcp:{host}:{port}" for host, port in places)


def error_line(errors: Sequence[DevError]) -> str:
    """The root cause on one line: `API_AttrNotFound: text`; `-` for no error."""
    if not errors:
        return NO_VALUE
    return f"{printable(errors[0].reason)}: {printable(errors[0].desc.strip())}"


def error_lines(errors: Iterable[DevError]) -> list[str]:
    """An error stack for people, root cause first; each further line of a description and the origin are indented."""
    return list(chain.from_iterable(_error_block(number, error) for number, error in enumerate(errors)))


def _error_block(number: int, error: DevError) -> Iterable[str]:
    lead = "" if number == 0 else "  then "
    first, *more = printable(error.desc.strip(), one_line=False).split("\n")
    yield f"{lead}{printable(error.reason)}: {first.strip()}"
    yield from (f"    {line.rstrip()}" for line in more)
    if error.origin:
        origin = printable(_short_origin(error.origin.strip()), one_line=False).replace("\n", "\n    ")
        yield from f"    origin: {origin}".split("\n")


def _short_origin(origin: str) -> str:
    """An origin for people: of a C++ function, `void Class::function(arguments) at (/path/File.cpp:123)`, its name,
    file and line."""
    signature, _, place = origin.rpartition(" at (")
    function = signature.partition("(")[0].rpartition(" ")[2]
    file, _, line = place.removesuffix(")").rpartition("/")[2].rpartition(":")
    return f"{function} at {file}:{line}" if function and file and line.isdecimal() else origin
