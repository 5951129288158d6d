"""Connections to one SQLite database and transactions on them, for many threads and processes at once.

A thread borrows a connection for one operation, so there are never more connections than operations at the same time,
and each keeps its prepared statements. A file is in WAL mode: readers never wait for writers. Writers queue, those of
one process on a lock and processes on SQLite's own (`BEGIN IMMEDIATE` with a long busy time-out); what they wrote is
on the disk when they return. A database in memory has one connection that all threads share in turn.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from server_core.database.schema import APPLICATION_ID, SCHEMA_VERSION, create, upgrade
from server_core.model.errors import ConnectionFailed, DevFailed, Reason

BUSY_TIMEOUT = 30.0
"""Seconds a writer waits for others before it fails."""

_ORIGIN = "server_core.database"
_RETRY_PAUSE = 0.01
_CACHED_STATEMENTS = 256


class Engine:
    """One SQLite database: the file `path`, or memory when it is None.

    The file is created with its schema when it does not exist, and upgraded in place when it has an older one. Raises
    ConnectionFailed `API_CantConnectToDatabase` for a file that cannot be opened, is no database of ours, or is one of
    a later version of this program.
    """

    def __init__(self, path: str | None) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._turn: AbstractContextManager[object] = threading.Lock() if path is None else nullcontext()
        self._closed = False
        self._free = [self._first()]

    def close(self) -> None:
        """Close all connections; one in use is closed when its operation ends. Later operations fail."""
        with self._lock:
            self._closed = True
            free, self._free = self._free, []
        for connection in free:
            connection.close()

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """A connection of one's own for single statements. SQLite's errors become DevFailed `DB_SQLError`."""
        with self._turn:
            connection = self._take()
            try:
                yield connection
            except sqlite3.Error as error:
                raise DevFailed.of(
                    Reason.DB_SQLError, f"Failed to query TANGO database (error={error})", _ORIGIN
                ) from error
            except UnicodeEncodeError as error:
                raise DevFailed.of(
                    Reason.DB_IncorrectArguments, f"{error.object!r} cannot be stored: {error.reason}", _ORIGIN
                ) from error
            finally:
                self._give_back(connection)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection that may write, inside a transaction that ends with the block, undone by an exception."""
        with self._writing, self.connection() as connection, _transaction(connection, "BEGIN IMMEDIATE"):
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A connection whose statements all see the same state of the database."""
        with self.connection() as connection, _transaction(connection, "BEGIN"):
            yield connection

    def _take(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise DevFailed.of(
                    Reason.API_DatabaseAccess, f"The database {self.path or 'in memory'} is closed", _ORIGIN
                )
            if self._free:
                return self._free.pop()
        return self._open()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed:
                self._free.append(connection)
                return
        connection.close()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path or ":memory:",
            timeout=BUSY_TIMEOUT,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_CACHED_STATEMENTS,
        )
        if self.path is not None:
            connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _first(self) -> sqlite3.Connection:
        connection = None
        try:
            connection = self._open()
            if self.path is not None:
                _write_ahead(connection)
            _check_schema(connection)
        except (sqlite3.Error, _WrongFile) as error:
            if connection is not None:
                connection.close()
            raise ConnectionFailed.of(
                Reason.API_CantConnectToDatabase, f"Failed to open the database {self.path}: {error}", _ORIGIN
            ) from error
        return connection


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


class _WrongFile(Exception):
    """The file is an SQLite database, but none that this program may use."""


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to WAL; SQLite does not wait by itself when another process is doing the same."""
    deadline = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_PAUSE)


def _check_schema(connection: sqlite3.Connection) -> None:
    """Make the schema in an empty file, upgrade an older one; refuse a file of another program or a newer version."""
    if _is_empty(connection):
        with _transaction(connection, "BEGIN IMMEDIATE"):
            if _is_empty(connection):
                create(connection)
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise _WrongFile("it is an SQLite file of another program")
    if _version(connection) < SCHEMA_VERSION:
        with _transaction(connection, "BEGIN IMMEDIATE"):
            if _version(connection) < SCHEMA_VERSION:
                upgrade(connection)
    if _version(connection) > SCHEMA_VERSION:
        raise _WrongFile(
            f"its schema version is {_version(connection)}, and this program knows versions up to {SCHEMA_VERSION} only"
        )


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _is_empty(connection: sqlite3.Connection) -> bool:
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(objects == 0)
