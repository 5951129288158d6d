"""Several processes and threads on one SQLite file: nothing is lost, a killed writer leaves no damage."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from server_core.database.memory import MemoryStore
from server_core.database.sqlite import SqliteStore, SqlStore
from server_core.model.errors import ConnectionFailed, DevFailed

WRITES = 60

WRITER = """
import sys
from server_core.database.sqlite import SqliteStore
path, who, number = sys.argv[1:]
store = SqliteStore(path)
store.add_device(f"W/{who}", f"w/{who}/1", "Writer")
for count in range(int(number)):
    store.put_device_property("shared/device/1", {f"p{who}_{count}": [who, str(count)]})
    print(count, flush=True)
store.close()
"""


@contextmanager
def writer(path: Path, who: str, number: int) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), who, str(number)], stdout=subprocess.PIPE, text=True
    )
    with process:
        yield process
        if process.poll() is None:
            process.kill()


def test_four_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    """All begin with a file that is not there yet."""
    path = tmp_path / "names.sqlite"
    with (
        writer(path, "a", WRITES) as one,
        writer(path, "b", WRITES) as two,
        writer(path, "c", WRITES) as three,
        writer(path, "d", WRITES) as four,
    ):
        for process in (one, two, three, four):
            output, _ = process.communicate(timeout=50)
            assert process.returncode == 0
            assert output.split() == [str(count) for count in range(WRITES)]
    store = SqliteStore(path)
    names = [f"p{who}_{count}" for who in "abcd" for count in range(WRITES)]
    expected = {name: [name[1], name.partition("_")[2]] for name in names}
    assert store.get_device_property("shared/device/1", names) == expected
    assert store.servers() == ["W/a", "W/b", "W/c", "W/d"]
    assert len(store.device_property_history("shared/device/1", "*")) == len(names)
    store.close()


def test_what_a_killed_writer_has_confirmed_is_there(tmp_path: Path) -> None:
    path = tmp_path / "names.sqlite"
    with writer(path, "k", 1_000_000) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= 20:
                break
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
    confirmed = int((rest.rpartition("\n")[0].split() or ["20"])[-1])
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    store = SqliteStore(path)
    stored = store.device_properties("shared/device/1")
    assert len(stored) in (confirmed + 1, confirmed + 2)
    assert {f"pk_{count}" for count in range(confirmed + 1)} <= set(stored)
    store.put_device_property("shared/device/1", {"after": ["1"]})
    store.close()


@pytest.mark.parametrize("kind", [SqliteStore, MemoryStore])
def test_threads_share_a_store(kind: type[SqlStore], tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "names.sqlite") if kind is SqliteStore else MemoryStore()
    together = threading.Barrier(4)

    def work(who: int) -> None:
        together.wait(10)
        for count in range(30):
            store.put_property("obj", {f"p{who}_{count}": [str(count)]})
            assert store.get_property("obj", [f"p{who}_{count}"]) == {f"p{who}_{count}": [str(count)]}

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(work, range(4))) == [None] * 4
    assert len(store.properties("obj")) == 120
    store.close()


def test_a_reader_sees_a_change_as_a_whole(sqlite: SqliteStore) -> None:
    """DB-11."""
    sqlite.put_property("obj", {"one": ["0"], "two": ["0"]})
    done = threading.Event()

    def write() -> None:
        for count in range(1, 80):
            sqlite.put_property("obj", {"one": [str(count)], "two": [str(count)]})
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    torn = []
    while not done.is_set():
        values = sqlite.get_property("obj", ["one", "two"])
        if values["one"] != values["two"]:
            torn.append(values)
    thread.join()
    assert torn == []


def test_a_failed_write_changes_nothing_and_the_next_one_works(sqlite: SqliteStore) -> None:
    with pytest.raises(TypeError):
        sqlite.put_property("obj", {"good": ["1"], "bad": [2]})  # type: ignore[list-item]
    assert sqlite.properties("obj") == []
    sqlite.put_property("obj", {"good": ["1"]})
    assert sqlite.properties("obj") == ["good"]


def test_a_closed_store_refuses_work(sqlite: SqliteStore) -> None:
    sqlite.close()
    with pytest.raises(DevFailed, match="is closed"):
        sqlite.servers()
    sqlite.close()


def test_text_that_cannot_be_stored_is_refused(sqlite: SqliteStore) -> None:
    with pytest.raises(DevFailed, match="cannot be stored") as caught:
        sqlite.put_property("obj", {"p": ["\udcff"]})
    assert caught.value.reason == "DB_IncorrectArguments"


def foreign_database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE device (name TEXT)")
    connection.close()


def later_version(path: Path) -> None:
    SqliteStore(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def no_database(path: Path) -> None:
    path.write_text("This is a text. " * 100)


def directory(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (foreign_database, "another program"),
        (later_version, "schema version is 99"),
        (no_database, "not a database"),
        (directory, "unable to open"),
    ],
)
def test_a_file_that_is_not_ours_is_refused_and_left_alone(make: object, text: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    make(path)  # type: ignore[operator]
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(ConnectionFailed, match=text) as caught:
        SqliteStore(path)
    assert caught.value.reason == "API_CantConnectToDatabase"
    assert str(path) in caught.value.desc
    assert not before or path.read_bytes()[100:] == before[100:]


def test_ten_thousand_devices_are_listed_quickly(sqlite: SqliteStore) -> None:
    started = time.perf_counter()
    sqlite.add_server("Big/1", [(f"d{number % 100:03}/f/{number}", "Many") for number in range(10_000)])
    assert len(sqlite.devices(dev_class="Many")) == 10_000
    assert len(sqlite.distinct("domain")) == 101
    assert [record.name for record in sqlite.devices(name="d007/*")][:2] == ["d007/f/1007", "d007/f/107"]
    assert time.perf_counter() - started < 3.0  # takes 0.15 s on a quiet machine
