"""One typed value as the rows of a form.

A pair has a row of numbers and one of strings, an encoded value its format and its data; all others have a single row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from server_core.model.types import TYPES, CmdArgType, Kind
from tangoterm.console.arguments import Argument
from tangoterm.console.cells import exact_text
from tangoterm.console.format import quoted
from tangoterm.console.tokens import ArgumentError


class Row(NamedTuple):
    """One row: what it is called (empty for a single one), how what belongs there is written, and its reader.

    `many` says that it may take several lines.
    """

    label: str
    example: str
    parse: Callable[[str], Any]
    many: bool = False


def rows_of(argument: Argument, *, check_limits: bool = True) -> tuple[Row, ...]:
    """The rows of a form for a value of the argument; their `parse` raises ArgumentError."""
    kind = TYPES[argument.type].kind
    if kind is Kind.PAIR:
        numbers = Argument(TYPES[argument.element].array or argument.element)
        return _list_row("numbers", numbers), _list_row("strings", Argument(CmdArgType.DevVarStringArray))
    if kind is Kind.ENCODED:
        return (
            Row("format", "utf8", lambda text: text.strip()),
            Row("data", "text, @file or b'\\x00'", _encoded_data, many=True),
        )
    return (
        Row("", argument.example, lambda text: argument.parse(text, check_limits=check_limits), many=argument.many),
    )


def value_of(values: Sequence[Any]) -> Any:
    """The whole value, of the values of its rows."""
    return values[0] if len(values) == 1 else tuple(values)


def line_of(argument: Argument, texts: Sequence[str]) -> str:
    """The rows as one line of text, as it is typed at the prompt and kept."""
    if len(texts) == 1:
        return texts[0].strip()
    values = [row.parse(text) for row, text in zip(rows_of(argument), texts, strict=True)]
    return exact_text(argument.type, value_of(values))


def texts_of(argument: Argument, line: str) -> tuple[str, ...]:
    """What to write into the rows for one line of text; the line in the first row when it is no value."""
    rows = rows_of(argument)
    if len(rows) == 1:
        return (line,)
    try:
        first, second = argument.parse(line)
    except ArgumentError:
        return line, *("" for _ in rows[1:])
    if TYPES[argument.type].kind is Kind.ENCODED:
        return first, exact_text(argument.type, ("x", second)).partition(" ")[2]
    return exact_text(argument.element, first), exact_text(CmdArgType.DevString, second)


def _list_row(label: str, argument: Argument) -> Row:
    """A row for an array, which is empty where nothing is written."""
    return Row(label, argument.example, lambda text: argument.parse(text) if text.strip() else [], many=True)


def _encoded_data(text: str) -> bytes:
    stripped = text.strip()
    data = stripped if stripped.startswith(("@", '"', "'", "b'", 'b"')) else quoted(text)
    lead = "x "
    try:
        parsed: tuple[str, bytes] = Argument(CmdArgType.DevEncoded).parse(lead + data)
    except ArgumentError as error:
        start = max(error.start - len(lead), 0)
        raise ArgumentError(error.rule, start, max(error.end - len(lead), start), incomplete=error.incomplete) from None
    return parsed[1]
