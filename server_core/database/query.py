"""SQL queries from outside: they can read, nothing else, and not for long (DB-113)."""

from __future__ import annotations

import re
import sqlite3
import time

from server_core.model.errors import DevFailed, Reason

TIME_LIMIT = 3.0
"""Seconds a query may take; its client waits no longer."""

_INSTRUCTIONS = 10_000  # between two looks at the clock
_SELECT = re.compile(r"\s*select\b", re.IGNORECASE)


def query(connection: sqlite3.Connection, sql: str) -> tuple[int, list[tuple[object, ...]]]:
    """The number of columns and the rows of one SELECT; the word itself may be left out.

    What begins with SELECT cannot change anything in SQLite. DevFailed `DB_IncorrectArguments` for more than one
    statement.
    """
    statement, _, rest = sql.partition(";")
    if rest.strip():
        raise DevFailed.of(
            Reason.DB_IncorrectArguments, f"SQL command not valid: '{sql}'", "server_core.database.query"
        )
    if not _SELECT.match(statement):
        statement = f"SELECT {statement}"
    deadline = time.monotonic() + TIME_LIMIT
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _INSTRUCTIONS)
    try:
        cursor = connection.execute(statement)
        return len(cursor.description), cursor.fetchall()
    finally:
        connection.set_progress_handler(None, 0)
