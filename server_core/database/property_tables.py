"""Properties in SQLite: reading, writing and the history of changes, the same for every family.

A key is the owner's column values: `(device,)`, `(class, attribute)`, ... Source: PROP-1..PROP-13, DB-65..DB-110.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence

from server_core.database.families import FAMILIES, WILD, Family, strings
from server_core.database.filters import Condition, like, matches, where
from server_core.database.store import HistoryEntry
from server_core.model.errors import DevFailed, Reason
from server_core.model.names import MAX_NAME

HISTORY_DEPTH = 10
"""Changes remembered of each property when the free property `Default/historyDepth` does not say (DB-213)."""

MEMORISED = "__value"
"""The attribute property that holds a memorised set point; its changes are no history."""

DELETED = "DELETED"
"""The value column of a deletion in the history (DB-211)."""

Key = tuple[str, ...]


def timestamp() -> str:
    """The present as the database writes it: local time in seconds (DB-214)."""
    return time.strftime("%Y-%m-%d %H:%M:%S")


def history_depth(connection: sqlite3.Connection) -> int:
    """How many changes are remembered of each property; what is not a number above 0 counts as unset (DB-213)."""
    row = connection.execute(
        "SELECT value FROM property WHERE object = 'Default' AND name = 'historyDepth' ORDER BY count"
    ).fetchone()
    depth = row[0].strip() if row is not None else ""
    return int(depth) if depth.isascii() and depth.isdecimal() and len(depth) < 10 and int(depth) else HISTORY_DEPTH


class PropertyTable:
    """The tables of one family: its values and their history. Every method works inside the caller's connection."""

    def __init__(self, family: Family) -> None:
        self.family = family
        table, history, name = family.table, family.history, "name"
        columns = ", ".join((*family.key, name))
        key = " AND ".join(f"{column} = ?" for column in (*family.key, name))
        marks = ", ".join("?" * (len(family.key) + 1))
        self._select = f"SELECT value FROM {table} WHERE {key} ORDER BY count"
        self._select_like = self._select.replace("name = ?", "name LIKE ? ESCAPE '\\'") + ", name"
        self._remove = f"DELETE FROM {table} WHERE {key}"
        self._insert = f"INSERT INTO {table} ({columns}, count, value) VALUES ({marks}, ?, ?)"
        self._next_id = f"SELECT coalesce(max(id), 0) + 1 FROM {history}"
        self._record = f"INSERT INTO {history} (id, date, {columns}, count, value) VALUES (?, ?, {marks}, ?, ?)"
        self._forget = (
            f"DELETE FROM {history} WHERE {key} AND id < (SELECT min(id) FROM (SELECT DISTINCT id FROM {history} "
            f"WHERE {key} ORDER BY id DESC LIMIT ?))"
        )

    def get(self, connection: sqlite3.Connection, key: Key, name: str) -> list[str]:
        """The values of a property, empty when it does not exist; in some families `*` is a wildcard (PROP-10)."""
        if "*" in name and self.family in WILD:
            rows = connection.execute(self._select_like, (*key, like(name)))
        else:
            rows = connection.execute(self._select, (*key, name))
        return [value for (value,) in rows]

    def put(self, connection: sqlite3.Connection, key: Key, name: str, values: Sequence[str]) -> None:
        """Replace the values of a property; none delete it (PROP-2)."""
        if not name or len(name) > MAX_NAME or "\0" in name:
            raise DevFailed.of(
                Reason.DB_SQLError,
                f"Property name {name!r} is empty, contains a null or has more than {MAX_NAME} characters",
                "PropertyTable.put",
            )
        existed = connection.execute(self._remove, (*key, name)).rowcount
        rows = list(enumerate(strings(values), start=1))
        connection.executemany(self._insert, ((*key, name, count, value) for count, value in rows))
        if rows or existed:
            self._remember(connection, key, name, rows)

    def delete(self, connection: sqlite3.Connection, key: Key, pattern: str, *, remember: bool = True) -> None:
        """Delete the properties that match; each is an entry of the history if `remember`."""
        for full in self._matching(connection, key, pattern):
            connection.execute(self._remove, full)
            if remember:
                self._remember(connection, full[:-1], full[-1], [])

    def delete_owner(self, connection: sqlite3.Connection, owner: str) -> None:
        """Delete all properties of a device, class or object, without entries in the history (DB-22)."""
        connection.execute(f"DELETE FROM {self.family.table} WHERE {self.family.owner} = ?", (owner,))

    def rename_owner(self, connection: sqlite3.Connection, old: str, new: str) -> None:
        """Give the properties of one owner to another name (DB-24)."""
        owner = self.family.owner
        connection.execute(f"UPDATE {self.family.table} SET {owner} = ? WHERE {owner} = ?", (new, old))

    def distinct(self, connection: sqlite3.Connection, column: str, owner: str | None, pattern: str) -> list[str]:
        """The values of a name column that match, of one owner or of all, sorted."""
        clause = where((self._owned(owner), matches(column, pattern)))
        return [
            value
            for (value,) in connection.execute(
                f"SELECT DISTINCT {column} FROM {self.family.table}{clause.sql} ORDER BY {column}", clause.parameters
            )
        ]

    def all_of(self, connection: sqlite3.Connection, owner: str) -> dict[str, list[str]]:
        """All properties of an owner, sorted by name."""
        found: dict[str, list[str]] = {}
        for name, value in connection.execute(
            f"SELECT name, value FROM {self.family.table} WHERE {self.family.owner} = ? ORDER BY name, count", (owner,)
        ):
            found.setdefault(name, []).append(value)
        return found

    def of_members(
        self, connection: sqlite3.Connection, owner: str, members: Sequence[str] | None = None
    ) -> dict[str, dict[str, list[str]]]:
        """All properties of each attribute or pipe, keyed as asked, or of all that have any, keyed as stored; one
        statement whatever their number."""
        found: dict[str, tuple[str, dict[str, list[str]]]] = {}
        column = self.family.member
        only = [Condition(f"{column} = ?", tuple(members))] if members is not None and len(members) == 1 else []
        clause = where((self._owned(owner), *only))
        for member, name, value in connection.execute(
            f"SELECT {column}, name, value FROM {self.family.table}{clause.sql} ORDER BY {column}, name, count",
            clause.parameters,
        ):
            found.setdefault(member.lower(), (member, {}))[1].setdefault(name, []).append(value)
        if members is None:
            return dict(found.values())
        return {member: found[member.lower()][1] if member.lower() in found else {} for member in members}

    def history(self, connection: sqlite3.Connection, key: Key, pattern: str) -> list[HistoryEntry]:
        """The changes of the properties that match, oldest first; a member in the key may be a filter too."""
        clause = where((self._owned(key[0]), *map(matches, self.family.key[1:], key[1:]), matches("name", pattern)))
        changes: dict[int, tuple[HistoryEntry, list[str]]] = {}
        column = self.family.member or "''"
        for change, date, member, name, count, value in connection.execute(
            f"SELECT id, date, {column}, name, count, value FROM {self.family.history}{clause.sql} ORDER BY id, count",
            clause.parameters,
        ):
            _, values = changes.setdefault(change, (HistoryEntry(name, date, (), count == 0, member), []))
            if count:
                values.append(value)
        return [entry._replace(values=tuple(values)) for entry, values in changes.values()]

    def _owned(self, owner: str | None) -> Condition:
        return Condition("") if owner is None else Condition(f"{self.family.owner} = ?", (owner,))

    def _matching(self, connection: sqlite3.Connection, key: Key, pattern: str) -> Iterable[Key]:
        owned = [Condition(f"{column} = ?", (value,)) for column, value in zip(self.family.key, key, strict=True)]
        clause = where((*owned, matches("name", pattern)))
        columns = ", ".join((*self.family.key, "name"))
        return connection.execute(
            f"SELECT DISTINCT {columns} FROM {self.family.table}{clause.sql}", clause.parameters
        ).fetchall()

    def _remember(self, connection: sqlite3.Connection, key: Key, name: str, rows: Sequence[tuple[int, str]]) -> None:
        if name == MEMORISED:
            return
        (change,) = connection.execute(self._next_id).fetchone()
        date = timestamp()
        connection.executemany(
            self._record, ((change, date, *key, name, count, value) for count, value in rows or [(0, DELETED)])
        )
        connection.execute(self._forget, (*key, name, *key, name, history_depth(connection)))


TABLES = {family: PropertyTable(family) for family in FAMILIES}
"""The table of each family."""
