"""One word of typed text as one element of a Tango type: a number, a truth value, a state, a label, a string."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from server_core.model.enums import DevState
from server_core.model.types import TYPES, Kind
from tangoterm.console.tokens import Token, TokenKind

if TYPE_CHECKING:
    from tangoterm.console.arguments import Argument

BOOLEANS = {
    "true": True, "false": False, "yes": True, "no": False, "on": True, "off": False, "1": True, "0": False,
}  # fmt: skip
"""The words for a boolean, in any case."""


def parse_element(argument: Argument, token: Token) -> Any:
    """One word as one element of the argument's type."""
    kind = TYPES[argument.element].kind
    if token.kind not in (TokenKind.WORD, TokenKind.STRING):
        raise token.error(f"a {argument.element} is expected here")
    read = _ELEMENTS.get(kind)
    if read is None:
        raise token.error(f"a value of type {argument.element} cannot be written as text")
    return read(argument, token)


def _integer(argument: Argument, token: Token) -> int:
    row = TYPES[argument.element]
    try:
        value = int(token.text, 0)
    except ValueError:
        value = _decimal(row.name, token)
    if not row.low <= value <= row.high:
        raise token.error(f"{token.text} is outside {row.low} … {row.high}, the range of {row.name}")
    return value


def _decimal(name: str, token: Token) -> int:
    """`007` and the like, which Python's own notation refuses."""
    try:
        return int(token.text, 10)
    except ValueError:
        raise token.error(f"{token.text!r} is not an integer, as {name} needs") from None


def _float(argument: Argument, token: Token) -> float:
    try:
        return float(token.text)
    except ValueError:
        pass
    try:
        return float(int(token.text, 0))
    except ValueError:
        raise token.error(f"{token.text!r} is not a number, as {argument.element} needs") from None


def _boolean(argument: Argument, token: Token) -> bool:
    value = BOOLEANS.get(token.text.lower())
    if value is None:
        raise token.error(f"{token.text!r} is not a boolean ({', '.join(BOOLEANS)})")
    return value


def _state(argument: Argument, token: Token) -> DevState:
    """By name, also as programs write it: `DevState.ON`."""
    try:
        return DevState[token.text.rpartition(".")[2].upper()]
    except KeyError:
        raise token.error(f"{token.text!r} is not a state ({', '.join(DevState.__members__)})") from None


def _enum(argument: Argument, token: Token) -> int:
    labels = argument.labels
    if token.text in labels:
        return labels.index(token.text)
    lowered = [label.lower() for label in labels]
    if lowered.count(token.text.lower()) == 1:
        return lowered.index(token.text.lower())
    if token.text.isdecimal() and (not labels or int(token.text) < len(labels)):
        return int(token.text)
    known = f"0 … {len(labels) - 1}, {', '.join(labels)}" if labels else "a number"
    raise token.error(f"{token.text!r} is not a label of the enumeration ({known})")


def _string(argument: Argument, token: Token) -> str:
    return token.text


_ELEMENTS: dict[Kind, Callable[[Argument, Token], Any]] = {
    Kind.INTEGER: _integer,
    Kind.FLOAT: _float,
    Kind.BOOLEAN: _boolean,
    Kind.STATE: _state,
    Kind.ENUM: _enum,
    Kind.STRING: _string,
}
