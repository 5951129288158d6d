"""How properties travel in the string lists of the Db commands: counted groups, all numbers as decimal text (DB-4).

    properties   owner, n, {name, k, value x k} x n
    attributes   owner, n, {attribute, m, {name, k, value x k} x m} x n
    old form     owner, n, {attribute, m, {name, value} x m} x n
    history      {[attribute,] name, date, k, value x k} x entries

The database packs what a client unpacks and the other way round, so both directions stand here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from server_core.database.families import strings
from server_core.database.store import HistoryEntry, Properties, Values
from server_core.model.errors import DevFailed, Reason

FILLER = " "
"""Stands behind a count of 0 in the answers of some commands (DB-66)."""


class Fields:
    """Reads a list from left to right; DevFailed `DB_IncorrectArguments` when it is shorter than its counts say."""

    def __init__(self, items: Sequence[str]) -> None:
        self._items = items
        self._next = 0

    def __bool__(self) -> bool:
        return self._next < len(self._items)

    def texts(self, number: int) -> list[str]:
        """The next `number` items."""
        start, self._next = self._next, self._next + number
        if self._next > len(self._items):
            raise _malformed(f"{self._next} items are needed and the list has {len(self._items)}")
        return list(self._items[start : self._next])

    def text(self) -> str:
        """The next item."""
        return self.texts(1)[0]

    def count(self) -> int:
        """The next item as a count."""
        text = self.text()
        if not (text.isascii() and text.isdecimal()):
            raise _malformed(f"item {self._next} should be a count, not {text!r}")
        return int(text)


def _malformed(text: str) -> DevFailed:
    return DevFailed.of(Reason.DB_IncorrectArguments, f"malformed list: {text}", "server_core.database.layout")


def _counted(values: Sequence[str]) -> Iterator[str]:
    yield str(len(strings(values)))
    yield from values


def pack_properties(owner: str, values: Iterable[tuple[str, Sequence[str]]], *, filler: bool = False) -> list[str]:
    """Named values of an owner; with `filler` a blank stands behind a count of 0."""
    named = list(values)
    items = [owner, str(len(named))]
    for name, elements in named:
        items += (name, *_counted(elements))
        if filler and not elements:
            items.append(FILLER)
    return items


def unpack_properties(items: Sequence[str], *, filler: bool = False) -> tuple[str, Properties]:
    """The owner and its named values, absent ones with an empty list."""
    fields = Fields(items)
    owner, values = fields.text(), {}
    for _ in range(fields.count()):
        name = fields.text()
        values[name] = fields.texts(fields.count())
        if filler and not values[name]:
            fields.text()
    return owner, values


def pack_attributes(owner: str, attributes: Iterable[tuple[str, Values]]) -> list[str]:
    """The named values of each attribute of an owner."""
    named = list(attributes)
    items = [owner, str(len(named))]
    for attribute, values in named:
        items += (attribute, str(len(values)))
        for name, elements in values.items():
            items += (name, *_counted(elements))
    return items


def pack_single_values(owner: str, attributes: Iterable[tuple[str, Values]]) -> list[str]:
    """The old form: a property of k elements stands there k times (DB-83)."""
    named = list(attributes)
    items = [owner, str(len(named))]
    for attribute, values in named:
        pairs = [(name, element) for name, elements in values.items() for element in elements]
        items += (attribute, str(len(pairs)), *(text for pair in pairs for text in pair))
    return items


def unpack_attributes(items: Sequence[str], *, single: bool = False) -> tuple[str, dict[str, Properties]]:
    """The owner and the named values of each of its attributes; with `single` from the old form."""
    fields = Fields(items)
    owner = fields.text()
    attributes: dict[str, Properties] = {}
    for _ in range(fields.count()):
        values = attributes.setdefault(fields.text(), {})
        for _ in range(fields.count()):
            name = fields.text()
            values[name] = fields.texts(1 if single else fields.count())
    return owner, attributes


def pack_history(entries: Iterable[HistoryEntry], *, attributes: bool = False) -> list[str]:
    """Changes of properties, a deletion with no values; with `attributes` each begins with its attribute."""
    items: list[str] = []
    for entry in entries:
        if attributes:
            items.append(entry.attribute)
        items += (entry.name, entry.date, *_counted(entry.values))
    return items


def unpack_history(items: Sequence[str], *, attributes: bool = False) -> list[HistoryEntry]:
    """The changes in an answer."""
    fields, entries = Fields(items), []
    while fields:
        attribute = fields.text() if attributes else ""
        name, date = fields.texts(2)
        values = tuple(fields.texts(fields.count()))
        entries.append(HistoryEntry(name, date, values, not values, attribute))
    return entries
