"""The SQLite schema: DB-210's tables for what is served, with the unique indexes of DB-212; and how a file of an older
one becomes one of this.

Names compare without case (NOCASE) and keep their spelling. `count` numbers the elements of a property from 1; the
rows of one change share one history `id`, and a deletion is one row with count 0 (DB-211).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from server_core.database.contents import fill
from server_core.database.families import FAMILIES, Family

APPLICATION_ID = 0x54414E47
"""Marks the file as ours (`TANG`), so that another program's SQLite file is refused instead of spoilt."""

SCHEMA_VERSION = 2
"""Kept in `PRAGMA user_version`. Version 1 had no pipes, event channels and access control, and no dates of values."""

_NAME = "TEXT NOT NULL COLLATE NOCASE"
_NOW = "DEFAULT (datetime('now', 'localtime'))"
_DATES = f"updated TEXT NOT NULL {_NOW}, accessed TEXT NOT NULL {_NOW}"

_TABLES = (
    f"""CREATE TABLE device (
        name {_NAME}, alias TEXT COLLATE NOCASE,
        domain {_NAME}, family {_NAME}, member {_NAME},
        exported INTEGER NOT NULL DEFAULT 0, ior TEXT NOT NULL DEFAULT 'nada', host {_NAME} DEFAULT 'nada',
        server {_NAME}, pid INTEGER NOT NULL DEFAULT 0, class {_NAME}, version TEXT NOT NULL DEFAULT '0',
        started TEXT, stopped TEXT, comment TEXT)""",
    "CREATE UNIQUE INDEX device_name ON device (name)",
    "CREATE UNIQUE INDEX device_alias ON device (alias)",
    "CREATE INDEX device_server ON device (server, class)",
    "CREATE INDEX device_class ON device (class)",
    f"CREATE TABLE server (name {_NAME}, host {_NAME}, mode INTEGER NOT NULL, level INTEGER NOT NULL)",
    "CREATE UNIQUE INDEX server_name ON server (name)",
    f"""CREATE TABLE event (
        name {_NAME}, exported INTEGER NOT NULL, ior TEXT NOT NULL, host {_NAME}, server {_NAME},
        pid INTEGER NOT NULL, version TEXT NOT NULL, started TEXT, stopped TEXT)""",
    "CREATE UNIQUE INDEX event_name ON event (name)",
    f"CREATE TABLE attribute_alias (alias {_NAME}, name {_NAME}, device {_NAME}, attribute {_NAME}, {_DATES}, "
    "comment TEXT)",
    "CREATE UNIQUE INDEX attribute_alias_alias ON attribute_alias (alias)",
    "CREATE UNIQUE INDEX attribute_alias_name ON attribute_alias (name)",
    "CREATE INDEX attribute_alias_device ON attribute_alias (device)",
    f"CREATE TABLE access_address (user {_NAME}, address {_NAME}, netmask {_NAME}, {_DATES})",
    f"CREATE TABLE access_device (user {_NAME}, device {_NAME}, rights TEXT NOT NULL, {_DATES})",
)


def create(connection: sqlite3.Connection) -> None:
    """Make a new database in an empty file, inside the caller's transaction."""
    for statement in _statements():
        connection.execute(statement)
    fill(connection)


def upgrade(connection: sqlite3.Connection) -> None:
    """Give a database of an older version the present schema, inside the caller's transaction; no row is lost.

    Each table is made anew and takes over the columns that both versions have.
    """
    for (index,) in _names(connection, "index"):
        connection.execute(f"DROP INDEX {index}")
    tables = [table for (table,) in _names(connection, "table")]
    for table in tables:
        connection.execute(f"ALTER TABLE {table} RENAME TO former_{table}")
    for statement in _statements():
        connection.execute(statement)
    for table in tables:
        columns = ", ".join(_columns(connection, f"former_{table}") & _columns(connection, table))
        connection.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM former_{table} ORDER BY rowid")
        connection.execute(f"DROP TABLE former_{table}")
    fill(connection)


def _names(connection: sqlite3.Connection, kind: str) -> list[tuple[str]]:
    return connection.execute("SELECT name FROM sqlite_master WHERE type = ? AND sql NOT NULL", (kind,)).fetchall()


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


def _statements() -> Iterator[str]:
    """The statements that make an empty database, in order."""
    yield from _TABLES
    for family in FAMILIES:
        yield from _property_tables(family)
    yield f"PRAGMA application_id = {APPLICATION_ID}"
    yield f"PRAGMA user_version = {SCHEMA_VERSION}"


def _property_tables(family: Family) -> Iterator[str]:
    key = ", ".join(family.key)
    columns = ", ".join(f"{column} {_NAME}" for column in (*family.key, "name"))
    yield (
        f"CREATE TABLE {family.table} ({columns}, count INTEGER NOT NULL, value TEXT NOT NULL, {_DATES}, comment TEXT)"
    )
    yield f"CREATE UNIQUE INDEX {family.table}_key ON {family.table} ({key}, name, count)"
    yield (
        f"CREATE TABLE {family.history} (id INTEGER NOT NULL, date TEXT NOT NULL, {columns}, "
        "count INTEGER NOT NULL, value TEXT NOT NULL)"
    )
    yield f"CREATE INDEX {family.history}_key ON {family.history} ({key}, name, id)"
    yield f"CREATE INDEX {family.history}_id ON {family.history} (id)"
