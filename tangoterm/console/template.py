"""Templates: the lines of a result as their user words them.

    {time:%H:%M:%S} {name} {value:.3f} {quality}

A field is the key of a column or of the JSON form. Alone it is the text of the plain form; behind `:` stands a format
specification of Python, for the elements of arrays each; `!t` takes the text of a table instead (unit, display format,
abridged), `!j` that of JSON. `\\t` and `\\n` are a tab and a line end, `{{` and `}}` braces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from string import Formatter
from typing import Any, NamedTuple

from tangoterm.console.cells import Cell, cell, json_line
from tangoterm.console.result import Layout, Result, Row, UsageError

_ESCAPES = {"\\t": "\t", "\\n": "\n", "\\\\": "\\"}
_ESCAPE = re.compile(r"\\[tn\\]")
_TEXT_SPEC = re.compile(r"(?:.?[<>^=])?[-+ ]?#?0?(\d*)")
_CONVERSIONS = (None, "t", "j")


class _Part(NamedTuple):
    """Text, and the field that follows it; an empty field for none."""

    text: str
    field: str
    spec: str
    conversion: str | None


class Template:
    """A template, ready to be filled; ValueError for a text that is none."""

    def __init__(self, text: str) -> None:
        self.text = text
        plain = _ESCAPE.sub(lambda found: _ESCAPES[found[0]], text)
        try:
            found = [_Part(text, name or "", spec or "", how) for text, name, spec, how in Formatter().parse(plain)]
        except ValueError as error:
            raise ValueError(f"{text!r} is not a template: {error}") from None
        self._parts = found
        self.fields = tuple(part.field for part in found if part.field)
        self._check()

    @property
    def value(self) -> str:
        """What this form of output is called."""
        return "template"

    def _check(self) -> None:
        if not self.fields:
            raise ValueError(f"{self.text!r} is not a template: it names no field, such as {{name}}")
        for part in self._parts:
            if part.conversion not in _CONVERSIONS:
                raise ValueError(f"{self.text!r}: !{part.conversion} is none of !t, !j")
            if not (part.conversion or "%" in part.spec or _fits_something(part.spec)):
                raise ValueError(f"{self.text!r}: {part.spec!r} is not a format specification")

    def lines(self, result: Result) -> Iterator[str]:
        """A text for each row, as they come. Raises UsageError for a field that the result lacks."""
        if result.layout is not Layout.LIVE:
            rows = list(result.rows)
            self._check_fields(result, {key for row in rows for key in row} if rows else set(self.fields))
            yield from map(self.filled, rows)
            return
        known: set[str] = set()
        for row in result.rows:
            if not known:
                known |= row.keys()
                self._check_fields(result, known)
            yield self.filled(row)

    def filled(self, row: Row) -> str:
        """The text for one row; fields that it lacks are empty."""
        return "".join(
            part.text + (_filled(cell(row.get(part.field)), part) if part.field else "") for part in self._parts
        )

    def _check_fields(self, result: Result, known: set[str]) -> None:
        unknown = next((name for name in self.fields if name not in known), None)
        shown = [column.key for column in result.columns]
        if unknown is not None and unknown not in shown:
            fields = ", ".join([*shown, *sorted(known.difference(shown))])
            raise UsageError(f"{{{unknown}}} is no field of this result; it has {fields}")


def _fits_something(spec: str) -> bool:
    return any(_formatted(sample, spec) is not None for sample in ("", 1, 1.0))


def _filled(content: Cell, part: _Part) -> str:
    if part.conversion is not None:
        return _as_text(content.text() if part.conversion == "t" else json_line(content.data()), part.spec)
    if not part.spec:
        return content.exact()
    return _specified(content.raw(), part.spec) or _as_text(content.exact(), part.spec)


def _specified(value: Any, spec: str) -> str | None:
    """`value` under a format specification, the elements of arrays each; None where it makes no sense."""
    if isinstance(value, (list, tuple)):
        texts = [_specified(item, spec) for item in value]
        return None if None in texts else f"[{', '.join(text for text in texts if text is not None)}]"
    if isinstance(value, bool) or not isinstance(value, (int, float, str, datetime)):
        return None
    if isinstance(value, datetime) != ("%" in spec and spec[-1] != "%"):
        return None
    return _formatted(value, spec)


def _formatted(value: Any, spec: str) -> str | None:
    try:
        return format(value, spec)
    except ValueError:
        return None


def _as_text(text: str, spec: str) -> str:
    """A text in the width that the specification gives numbers, so that columns stay in line."""
    plain = _formatted(text, spec)
    if plain is not None:
        return plain
    width = _TEXT_SPEC.match(spec)
    return text.rjust(int(width[1] or 0)) if width else text
