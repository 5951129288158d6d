"""What a typed text will be sent as, on one line: `3 doubles: 1.5, -2, 1000`. Shown while one types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server_core.model.enums import AttrDataFormat, DevState
from server_core.model.types import TYPES, CmdArgType, Kind
from tangoterm.console.arguments import Argument
from tangoterm.console.format import clipped, enum_text, plural, quoted, with_unit

LONGEST = 60
"""Characters that the elements of a preview take at most."""


def preview(argument: Argument, value: Any, *, width: int = LONGEST) -> str:
    """The parsed `value` for people: how many of what, and the first of them exactly."""
    kind = TYPES[argument.type].kind
    if kind is Kind.VOID:
        return "nothing"
    if kind is Kind.PAIR:
        numbers, strings = value
        half = width // 2
        return f"{_counted(argument, numbers, half)}; {_counted(Argument(CmdArgType.DevVarStringArray), strings, half)}"
    if kind is Kind.ENCODED:
        return f"{quoted(value[0])}, {plural(len(value[1]), 'byte')}"
    if argument.data_format is AttrDataFormat.IMAGE:
        columns = len(value[0]) if value else 0
        return f"{columns} x {len(value)} {_noun(argument.element)}s"
    if argument.many:
        return _counted(argument, value, width)
    return with_unit(_element(argument, value, width), argument.unit)


def _counted(argument: Argument, values: Sequence[Any], width: int) -> str:
    text = plural(len(values), _noun(argument.element))
    shown: list[str] = []
    used = 0
    for value in values[:width]:
        element = _element(argument, value, width)
        used += len(element) + 2
        if shown and used > width:
            break
        shown.append(element)
    rest = ", …" if len(shown) < len(values) else ""
    return f"{text}: {', '.join(shown)}{rest}" if shown else text


def _element(argument: Argument, value: Any, width: int) -> str:
    """One element, every digit of it."""
    kind = TYPES[argument.element].kind
    if kind is Kind.STRING:
        return clipped(quoted(value), width)
    if kind is Kind.ENUM:
        return f"{value} ({enum_text(value, argument.labels)})" if argument.labels else str(value)
    if kind is Kind.STATE:
        return DevState(value).name
    if kind is Kind.BOOLEAN:
        return "true" if value else "false"
    return repr(value).removesuffix(".0")


def _noun(code: CmdArgType) -> str:
    """`double`, `long64`, `string`."""
    return str(code).removeprefix("Dev").lower()
