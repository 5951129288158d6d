"""How properties travel in the string lists of the Db commands: counted groups, all numbers as decimal text (DB-4).

    properties   owner, n, {name, k, value x k} x n
    members      owner, n, {member, m, {name, k, value x k} x m} x n
    old form     owner, n, {member, m, {name, value} x m} x n
    history      {[member,] name, date, k, value x k} x entries
    export       name, ior, host, pid, version

A member is an attribute or a pipe. The database packs what a client unpacks and the other way round, so both directions
stand here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from server_core.database.families import strings
from server_core.database.store import DeviceExport, HistoryEntry, Properties, Values
from server_core.model.errors import DevFailed, Reason

_DIGITS = 9
"""Digits of the largest counts."""

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
        if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
            raise _malformed(f"item {self._next} should be a count, not {text!r}")
        return int(text)

    def properties(self, *, filler: bool = False) -> tuple[str, Properties]:
        """An owner and its named values, absent ones with an empty list."""
        owner, values = self.text(), {}
        for _ in range(self.count()):
            name = self.text()
            values[name] = self.texts(self.count())
            if filler and not values[name]:
                self.text()
        return owner, values

    def members(self, *, single: bool = False) -> tuple[str, dict[str, Properties]]:
        """An owner and the named values of each of its attributes or pipes; with `single` in the old form."""
        owner = self.text()
        members: dict[str, Properties] = {}
        for _ in range(self.count()):
            values = members.setdefault(self.text(), {})
            for _ in range(self.count()):
                name = self.text()
                values[name] = self.texts(1 if single else self.count())
        return owner, members


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
    return Fields(items).properties(filler=filler)


def pack_members(owner: str, members: Iterable[tuple[str, Values]]) -> list[str]:
    """The named values of each attribute or pipe of an owner."""
    named = list(members)
    items = [owner, str(len(named))]
    for member, values in named:
        items += (member, str(len(values)))
        for name, elements in values.items():
            items += (name, *_counted(elements))
    return items


def pack_single_values(owner: str, members: Iterable[tuple[str, Values]]) -> list[str]:
    """The old form: a property of k elements stands there k times (DB-83)."""
    named = list(members)
    items = [owner, str(len(named))]
    for member, values in named:
        pairs = [(name, element) for name, elements in values.items() for element in elements]
        items += (member, str(len(pairs)), *(text for pair in pairs for text in pair))
    return items


def unpack_members(items: Sequence[str], *, single: bool = False) -> tuple[str, dict[str, Properties]]:
    """The owner and the named values of each of its attributes or pipes; with `single` from the old form."""
    return Fields(items).members(single=single)


def pack_history(entries: Iterable[HistoryEntry], *, members: bool = False) -> list[str]:
    """Changes of properties, a deletion with no values; with `members` each begins with its attribute or pipe."""
    items: list[str] = []
    for entry in entries:
        if members:
            items.append(entry.member)
        items += (entry.name, entry.date, *_counted(entry.values))
    return items


def unpack_history(items: Sequence[str], *, members: bool = False) -> list[HistoryEntry]:
    """The changes in an answer."""
    fields, entries = Fields(items), []
    while fields:
        member = fields.text() if members else ""
        name, date = fields.texts(2)
        values = tuple(fields.texts(fields.count()))
        entries.append(HistoryEntry(name, date, values, not values, member))
    return entries


def pack_export(export: DeviceExport) -> list[str]:
    """What is said of a device or event channel that is there from now on."""
    return [export.name, export.ior, export.host, str(export.pid), export.version]


def unpack_export(items: Sequence[str]) -> DeviceExport:
    """The same; the pid may be the word `null` for none."""
    name, ior, host, pid, version = items[:5]
    return DeviceExport(name, ior, host, 0 if pid == "null" else number(pid, "pid"), version)


def number(text: str, what: str) -> int:
    """An integer of 32 bits in a list; DevFailed `DB_IncorrectArguments` naming `what` it should have been."""
    try:
        found = int(text)
    except ValueError as error:
        raise DevFailed.of(Reason.DB_IncorrectArguments, f"{what} {text!r} is not a number", "DataBase") from error
    if not -(2**31) <= found < 2**31:
        raise DevFailed.of(Reason.DB_IncorrectArguments, f"{what} {text} is beyond the numbers of 32 bits", "DataBase")
    return found
