"""The SQLite file: its tables, what a new one holds, and an older one that is opened."""

from __future__ import annotations

import multiprocessing
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from server_core.database.contents import ALLOWED_COMMANDS
from server_core.database.engine import Engine
from server_core.database.schema import SCHEMA_VERSION
from server_core.database.sqlite import SqliteStore
from server_core.database.store import DeviceExport, ServerInfo, Store

FIRST_VERSION = Path(__file__).parent / "data" / "version_1.sql"


@pytest.fixture
def connection(sqlite: SqliteStore) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(sqlite.address)) as connection:
        yield connection


def columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


PROPERTY = {"name", "count", "value", "updated", "accessed", "comment"}
HISTORY = {"id", "date", "name", "count", "value"}
OWNERS = {
    "property": {"object"},
    "property_class": {"class"},
    "property_device": {"device"},
    "property_attribute_class": {"class", "attribute"},
    "property_attribute_device": {"device", "attribute"},
    "property_pipe_class": {"class", "pipe"},
    "property_pipe_device": {"device", "pipe"},
}
TABLES = {
    "device": {
        *("name", "alias", "domain", "family", "member", "exported", "ior", "host", "server", "pid", "class"),
        *("version", "started", "stopped", "comment"),
    },
    "server": {"name", "host", "mode", "level"},
    "event": {"name", "exported", "ior", "host", "server", "pid", "version", "started", "stopped"},
    "attribute_alias": {"alias", "name", "device", "attribute", "updated", "accessed", "comment"},
    "access_address": {"user", "address", "netmask", "updated", "accessed"},
    "access_device": {"user", "device", "rights", "updated", "accessed"},
    **{table: PROPERTY | owner for table, owner in OWNERS.items()},
    **{f"{table}_hist": HISTORY | owner for table, owner in OWNERS.items()},
}


def test_tables_and_columns_are_those_of_other_databases(connection: sqlite3.Connection) -> None:
    """DB-210, for queries of clients: each table that has contents."""
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert found == TABLES.keys()
    for table, expected in TABLES.items():
        assert columns(connection, table) == expected, table


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("device", {"name": "A/b/c", "domain": "a", "family": "b", "member": "c", "server": "S/1", "class": "C"}),
        ("server", {"name": "S/1", "host": "h", "mode": 0, "level": 0}),
        ("attribute_alias", {"name": "a/b/c/d", "alias": "A", "device": "a/b/c", "attribute": "d"}),
        ("property", {"object": "O", "name": "N", "count": 1, "value": "v"}),
        ("property_class", {"class": "O", "name": "N", "count": 1, "value": "v"}),
        ("property_attribute_device", {"device": "O", "attribute": "A", "name": "N", "count": 1, "value": "v"}),
        ("property_pipe_class", {"class": "O", "pipe": "A", "name": "N", "count": 1, "value": "v"}),
    ],
)
def test_names_are_unique_in_any_case(connection: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    """DB-212."""
    insert = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
    connection.execute(insert, tuple(row.values()))
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(
            insert, tuple(value.swapcase() if isinstance(value, str) else value for value in row.values())
        )


def test_aliases_are_unique(sqlite: SqliteStore, connection: sqlite3.Connection) -> None:
    """DB-212: an index of ours, so that no alias can belong to two devices."""
    sqlite.add_server("S/1", [("a/b/1", "C"), ("a/b/2", "C")])
    connection.execute("UPDATE device SET alias = 'One' WHERE name = 'a/b/1'")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE device SET alias = 'one' WHERE name = 'a/b/2'")


def test_elements_and_changes_are_rows(sqlite: SqliteStore, connection: sqlite3.Connection) -> None:
    """DB-211, DB-214: elements are counted from 1, rows of a change share an id, a deletion is one row with count 0;
    dates are local and to the second."""
    sqlite.put_device_property("a/b/c", {"P": ["x", "y"], "Q": ["z"]})
    sqlite.delete_device_property("a/b/c", ["P"])
    values = connection.execute("SELECT name, count, value FROM property_device ORDER BY name, count").fetchall()
    assert values == [("Q", 1, "z")]
    changes = connection.execute("SELECT id, name, count, value, date FROM property_device_hist ORDER BY id, count")
    rows = changes.fetchall()
    first, second, third = rows[0][0], rows[2][0], rows[3][0]
    assert first < second < third
    assert [row[:4] for row in rows] == [
        (first, "P", 1, "x"),
        (first, "P", 2, "y"),
        (second, "Q", 1, "z"),
        (third, "P", 0, "DELETED"),
    ]
    (updated,) = connection.execute("SELECT updated FROM property_device").fetchone()
    for date in (updated, *(row[4] for row in rows)):
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", date)
    (now,) = connection.execute("SELECT datetime('now', 'localtime')").fetchone()
    assert updated[:13] == now[:13] or abs(int(updated[11:13]) - int(now[11:13])) in (1, 23)


def test_first_contents(sqlite: SqliteStore, connection: sqlite3.Connection) -> None:
    """DB-14, DB-234: everybody may do everything, and no device is there but those that somebody defines."""
    assert connection.execute("SELECT user, address, netmask FROM access_address").fetchall() == [
        ("*", "*.*.*.*", "FF.FF.FF.FF")
    ]
    assert connection.execute("SELECT user, device, rights FROM access_device").fetchall() == [("*", "*/*/*", "write")]
    for dev_class in ("Database", "DServer", "Starter", "TangoAccessControl"):
        commands = sqlite.get_class_property(dev_class, ["AllowedAccessCmd"])["AllowedAccessCmd"]
        assert tuple(commands) == ALLOWED_COMMANDS[dev_class]
    assert sqlite.devices() == []
    assert sqlite.property_objects() == []


# ---- history depth


def depth_after(store: Store, changes: int) -> int:
    for number in range(changes):
        store.put_property("obj", {"p": [str(number)]})
    return len(store.property_history("obj", "p"))


def test_the_history_is_as_deep_as_a_free_property_says(store: Store) -> None:
    """DB-213: `Default/historyDepth`; 0 and what is no number count as the usual 10."""
    assert depth_after(store, 13) == 10
    store.put_property("Default", {"historyDepth": ["3"]})
    assert depth_after(store, 1) == 3
    for nonsense in ("0", "many", "-4"):
        store.put_property("Default", {"historyDepth": [nonsense]})
        assert depth_after(store, 12) == 10
    store.put_property("default", {"HISTORYDEPTH": ["20"]})
    assert depth_after(store, 20) == 20


# ---- older files


def first_version(path: Path) -> None:
    """A file as version 1 of the schema left it, with something in every table."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIRST_VERSION.read_text(encoding="utf-8"))


def test_a_file_of_the_first_version_is_upgraded_in_place(tmp_path: Path) -> None:
    """DB-212: no row is lost, and what is new is there."""
    path = tmp_path / "names.sqlite"
    first_version(path)
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        before = {table: set(connection.execute(f"SELECT * FROM {table}")) for table in tables}
        names = {table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")] for table in tables}
        assert all(before.values())
    store = SqliteStore(path)
    with closing(sqlite3.connect(path)) as connection:
        for table in tables:
            kept = set(connection.execute(f"SELECT {', '.join(names[table])} FROM {table}"))
            assert before[table] <= kept
            assert table == "property_class" or before[table] == kept
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert not connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'former%'").fetchall()
    assert store.device("one").name == "lab/ps/1"
    assert store.device("lab/ps/1").exported
    assert store.server_info("PS/one") == ServerInfo("PS/one", "hosta", 1, 3)
    assert store.get_device_property("lab/ps/1", ["Limits"]) == {"Limits": ["1", "2"]}
    assert [entry.values for entry in store.device_property_history("lab/ps/1", "Limits")] == [("0",), ("1", "2")]
    assert store.get_class_property("DServer", ["AllowedAccessCmd"]) == {"AllowedAccessCmd": ["Mine"]}
    store.put_device_property("lab/ps/1", {"Limits": ["3"]})
    store.put_device_pipe_property("lab/ps/1", {"p": {"label": ["P"]}})
    store.export_event(DeviceExport("channel", "ior", "h", 1, "5"))
    assert [entry.values for entry in store.device_property_history("lab/ps/1", "Limits")][-1] == ("3",)
    store.close()
    SqliteStore(path).close()


def _open(path: str) -> list[str]:
    store = SqliteStore(path)
    try:
        return store.servers()
    finally:
        store.close()


def test_several_processes_upgrade_one_file(tmp_path: Path) -> None:
    path = tmp_path / "names.sqlite"
    first_version(path)
    with multiprocessing.get_context("spawn").Pool(3) as processes:
        assert processes.map(_open, [str(path)] * 6, chunksize=1) == [["PS/one"]] * 6


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "names.sqlite"
    first_version(path)

    def fail(connection: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("no space left")

    monkeypatch.setattr("server_core.database.schema.fill", fail)
    with pytest.raises(Exception, match="no space left"):
        Engine(str(path))
    monkeypatch.undo()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    store = SqliteStore(path)
    assert store.device("one").name == "lab/ps/1"
    store.close()
