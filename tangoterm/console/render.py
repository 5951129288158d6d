"""Results as lines of text: tables for a terminal, tab-separated lines for scripts, JSON and CSV for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from itertools import chain
from textwrap import wrap
from unicodedata import east_asian_width

from tangoterm.console.cells import cell, json_line
from tangoterm.console.format import printable
from tangoterm.console.result import Column, Layout, Result
from tangoterm.console.template import Template

GAP = "  "


class Output(Enum):
    """The forms a result can be written in."""

    TABLE = "table"
    PLAIN = "plain"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"

    @property
    def for_programs(self) -> bool:
        """Whether what is beside the results, errors above all, is JSON too."""
        return self in (Output.JSON, Output.NDJSON)


Form = Output | Template
"""How results are written."""


def form_of(text: str) -> Form:
    """The form of a name, or of a template, which has a field in braces; ValueError for neither."""
    if "{" in text:
        return Template(text)
    try:
        return Output(text)
    except ValueError:
        forms = ", ".join(form.value for form in Output)
        raise ValueError(f"{text!r} is none of {forms}, and no template such as '{{name}} {{value}}'") from None


NARROW, NARROWEST = 12, 8
"""Columns are clipped to the first, and where that is not enough for the terminal, to the second."""


class Paint:
    """What a terminal can show: emphasis, and lines of a width. Without colour every method gives its text back.

    `width` tells the columns there are now, None for any number; `headers` whether columns are headed.
    """

    def __init__(self, *, colour: bool, width: Callable[[], int | None] = lambda: None, headers: bool = True) -> None:
        self._colour = colour
        self.width = width
        self.headers = headers

    def heading(self, text: str) -> str:
        """Bold."""
        return self._wrapped("1", text)

    def error(self, text: str) -> str:
        """Red."""
        return self._wrapped("31", text)

    def faint(self, text: str) -> str:
        """Dimmed."""
        return self._wrapped("2", text)

    def _wrapped(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour and text else text


PLAIN_PAINT = Paint(colour=False)


def render(result: Result, output: Form, paint: Paint = PLAIN_PAINT) -> Iterator[str]:
    """The lines of a result, as they come. Raises UsageError for what a template names and the result lacks."""
    if isinstance(output, Template):
        return output.lines(result)
    return _RENDERERS[output](result, paint)


def display_width(text: str) -> int:
    """The columns that `text` takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _pad(text: str, width: int, column: Column) -> str:
    blanks = " " * (width - display_width(text))
    return blanks + text if column.right else text + blanks


# ---- table


def _table(result: Result, paint: Paint) -> Iterator[str]:
    return _TABLE_LAYOUTS[result.layout](result, paint)


def _grid(result: Result, paint: Paint) -> Iterator[str]:
    rows = [[cell(row.get(column.key)).text() for column in result.columns] for row in result.rows]
    if not rows:
        return
    widths = [
        max(map(display_width, chain((column.title,), texts)))
        for column, texts in zip(result.columns, zip(*rows, strict=True), strict=True)
    ]
    widths = _fitting(widths, result.columns, paint.width())
    if paint.headers:
        yield paint.heading(_line([column.title.upper() for column in result.columns], widths, result.columns))
    for row in rows:
        yield _line(row, widths, result.columns)


def _fitting(widths: list[int], columns: Sequence[Column], available: int | None) -> list[int]:
    """The widths with the widest columns made narrower until the line fits; the first one, which names the row, after
    the others, and numbers never."""
    if available is None:
        return widths
    widths = [min(width, available) for width in widths]
    clippable = [place for place, column in enumerate(columns) if not column.right]
    others = clippable[1:] if clippable[:1] == [0] else clippable
    for places, narrowest in ((others, NARROW), (others, NARROWEST), (clippable, NARROWEST)):
        while sum(widths) + len(GAP) * (len(widths) - 1) > available and places:
            widest = max(places, key=widths.__getitem__)
            if widths[widest] <= narrowest:
                break
            widths[widest] -= 1
    return widths


def clipped_to(text: str, width: int | None) -> str:
    """`text` in at most `width` columns, ended with `…` when some of it is missing; None for any number."""
    if width is None or display_width(text) <= width:
        return text
    kept = text[: width - 1]
    while display_width(kept) > width - 1:
        kept = kept[:-1]
    return kept + "…"


def _line(texts: Iterable[str], widths: Iterable[int], columns: Iterable[Column]) -> str:
    padded = (
        _pad(clipped_to(text, width), width, column) for text, width, column in zip(texts, widths, columns, strict=True)
    )
    return GAP.join(padded).rstrip()


def _fields(result: Result, paint: Paint) -> Iterator[str]:
    """A line per field; blank ones are left out, further lines of a text are indented under the first, and lines that
    are too long for the terminal are broken between words."""
    width = max(len(column.title) for column in result.columns)
    available = paint.width()
    room = None if available is None else max(available - width - len(GAP), NARROW)
    for number, row in enumerate(result.rows):
        if number:
            yield ""
        for column in result.columns:
            value = row.get(column.key)
            if not cell(value).exact():
                continue
            lines = _filled(value, room)
            yield f"{paint.faint(column.title.ljust(width))}{GAP}{lines[0]}"
            yield from (" " * (width + len(GAP)) + line for line in lines[1:])


def _filled(value: object, room: int | None) -> list[str]:
    """The lines of a field in at most `room` columns; words are kept whole."""
    text = printable(value, one_line=False).strip() if isinstance(value, str) else cell(value).text()
    lines = text.split("\n")
    if room is None or all(len(line) <= room for line in lines):
        return lines
    return [part for line in lines for part in wrap(line, room, break_long_words=False) or [""]]


def _value(result: Result, paint: Paint) -> Iterator[str]:
    for row in result.rows:
        value = cell(row["value"])
        yield from value.lines()


def _live(result: Result, paint: Paint) -> Iterator[str]:
    for row in result.rows:
        yield GAP.join(cell(row[column.key]).text() for column in result.columns if row.get(column.key) is not None)


def _nothing(result: Result, paint: Paint) -> Iterator[str]:
    return iter(())


_TABLE_LAYOUTS: dict[Layout, Callable[[Result, Paint], Iterator[str]]] = {
    Layout.TABLE: _grid,
    Layout.FIELDS: _fields,
    Layout.VALUE: _value,
    Layout.NOTE: _nothing,
    Layout.LIVE: _live,
}


# ---- plain


def _plain(result: Result, paint: Paint) -> Iterator[str]:
    if result.layout is Layout.NOTE:
        return
    for row in result.rows:
        if result.layout is Layout.VALUE:
            yield cell(row["value"]).exact()
        elif result.layout is Layout.FIELDS:
            yield from (f"{column.key}\t{cell(row.get(column.key)).exact()}" for column in result.columns)
        else:
            yield "\t".join(cell(row.get(column.key)).exact() for column in result.columns)


# ---- CSV


def _csv(result: Result, paint: Paint) -> Iterator[str]:
    """The columns of the plain form (RFC 4180), headed by their keys."""
    if result.layout is Layout.NOTE:
        return
    keys = ["value"] if result.layout is Layout.VALUE else [column.key for column in result.columns]
    if paint.headers:
        yield _csv_line(keys)
    for row in result.rows:
        yield _csv_line(cell(row.get(key)).exact() for key in keys)


def _csv_line(fields: Iterable[str]) -> str:
    return ",".join(map(_csv_field, fields))


def _csv_field(text: str) -> str:
    if not any(character in text for character in ',"\r\n'):
        return text
    return '"' + text.replace('"', '""') + '"'


# ---- JSON


def _json(result: Result, paint: Paint) -> Iterator[str]:
    if result.layout is Layout.TABLE and not result.single:
        yield "[" + ",\n ".join(_ndjson(result, paint)) + "]"
    else:
        yield from _ndjson(result, paint)


def _ndjson(result: Result, paint: Paint) -> Iterator[str]:
    return (json_line({key: cell(value).data() for key, value in row.items()}) for row in result.rows)


_RENDERERS: dict[Output, Callable[[Result, Paint], Iterator[str]]] = {
    Output.TABLE: _table,
    Output.PLAIN: _plain,
    Output.CSV: _csv,
    Output.JSON: _json,
    Output.NDJSON: _ndjson,
}
