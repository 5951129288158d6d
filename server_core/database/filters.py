"""Database filters as SQL conditions: `*` matches any run of characters, everything else itself (DB-5, DB-6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Condition(NamedTuple):
    """An SQL condition and its parameters; an empty text holds for every row."""

    sql: str
    parameters: tuple[object, ...] = ()


_LIKE = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_", "*": "%"})


def like(pattern: str) -> str:
    """A filter as the right side of SQL's `LIKE ... ESCAPE '\\'`."""
    return pattern.translate(_LIKE)


def matches(column: str, pattern: str) -> Condition:
    """Whether a name column matches a filter; an exact name uses the column's index."""
    if pattern == "*":
        return Condition("")
    if "*" not in pattern:
        return Condition(f"{column} = ?", (pattern,))
    return Condition(f"{column} LIKE ? ESCAPE '\\'", (like(pattern),))


def where(conditions: Iterable[Condition]) -> Condition:
    """All conditions together as a WHERE clause."""
    wanted = [condition for condition in conditions if condition.sql]
    if not wanted:
        return Condition("")
    return Condition(
        " WHERE " + " AND ".join(condition.sql for condition in wanted),
        tuple(parameter for condition in wanted for parameter in condition.parameters),
    )
