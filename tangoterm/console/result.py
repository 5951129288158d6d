"""What a command answers: rows of cells and the layout that suits them. Renderers turn it into text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from server_core.model.errors import DevFailed
from tangoterm.console.format import error_line

Row = Mapping[str, Any]
"""Key to cell or plain value. Keys that no column names are in JSON only."""


class Layout(Enum):
    """How a result is laid out for people; in JSON a TABLE is an array, LIVE one object a line, all else an object."""

    TABLE = "table"
    FIELDS = "fields"  # one row, a line per field
    VALUE = "value"  # one row of which the `value` alone is shown
    NOTE = "note"  # nothing but the note
    LIVE = "live"  # rows that go on arriving


class Column(NamedTuple):
    """One column or field: its key in the rows, its heading, and whether it is aligned to the right."""

    key: str
    title: str
    right: bool = False


class Failure(NamedTuple):
    """A part of the work that failed: what it was about, and the error."""

    name: str
    error: DevFailed

    @property
    def line(self) -> str:
        """The failure on one line: what it was about, where that is known, and the root cause."""
        cause = error_line(self.error.errors)
        return f"{self.name}: {cause}" if self.name else cause


class Frame(NamedTuple):
    """One run of a command that is repeated every so many seconds: when it was, and what came of it."""

    time: float
    every: float
    result: Result


@dataclass(slots=True)
class Result:
    """The answer of a command.

    `rows` may be read once only when the layout is LIVE; `stop` then ends it from any thread. `failures` collects what
    could not be done while the rest was (it may grow until the rows are read). `note` is a remark for people, shown
    beside the data and never part of it. With `single` a TABLE of one row is about one thing: an object in JSON.
    `frames` gives the runs of a command that is repeated, instead of `rows`: a screen shows one in place of the other.
    `planned`: this is what a dry run would change, in the command's own words.
    """

    columns: tuple[Column, ...]
    rows: Iterable[Row]
    layout: Layout = Layout.TABLE
    note: str = ""
    failures: list[Failure] = field(default_factory=list)
    stop: Callable[[], None] | None = None
    single: bool = False
    frames: Callable[[], Iterator[Frame]] | None = None
    planned: bool = False


class UsageError(ValueError):
    """A command was called in a way it does not understand; the text names the word and the rule."""


class Refused(Exception):
    """A command could not be done; `failure` says what it was about, and the error."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.name}: {failure.error}")
        self.failure = failure


@contextmanager
def about(name: str) -> Iterator[None]:
    """What is done to one of several things: its DevFailed becomes a Refused that names it."""
    try:
        yield
    except DevFailed as error:
        raise Refused(Failure(name, error)) from error


def columns(*titles: str) -> tuple[Column, ...]:
    """Columns whose key is the title in lower case with `_` for blanks; a title that begins with `>` is aligned to the
    right."""
    return tuple(
        Column(title.lstrip(">").lower().replace(" ", "_"), title.lstrip(">"), title.startswith(">"))
        for title in titles
    )


def note(text: str, **data: Any) -> Result:
    """A result that is done and leaves only a remark; `data` goes into JSON."""
    return Result((), [data] if data else [], Layout.NOTE, note=text)
