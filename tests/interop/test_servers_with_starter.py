"""The command `server` in a control system of others: PyDatabaseds, the C++ Starter, servers in C++ and PyTango."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tangoterm.__main__ import main
from tangoterm.client import close_connections
from tests.interop.test_database_starters import HERE, STARTER, programs
from tests.peers.fixtures import Database, Peers

RUN = f"y{os.getpid()}"
CPP, PYTANGO = f"TangoTest/{RUN}_cpp", f"AllTypes/{RUN}_pytango"
DEVICES = {CPP: ("board/cpp/1", "TangoTest"), PYTANGO: ("board/py/1", "AllTypes")}

Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """PyDatabaseds with two servers of this host, and a C++ Starter that knows their programs."""
    peers, directory = Peers(tmp_path_factory), tmp_path_factory.mktemp("programs")
    found = peers.database()
    programs(directory)
    for server, device in DEVICES.items():
        found.add_server(server, [device])
    peers.starter(found, directory)
    found.client.proxy(f"tango://{found.host}/{STARTER}")
    yield found
    for server in DEVICES:
        found.client(
            f"""
            try:
                d.HardKillServer({server!r})
            except tango.DevFailed:
                pass
            """
        )
    peers.close()


@pytest.fixture
def rows(database: Database, capsys: pytest.CaptureFixture[str]) -> Iterator[Rows]:
    """Runs a command that succeeds: its rows."""

    def given(*argv: str) -> list[dict[str, Any]]:
        code = main(["--host", database.host, "--yes", *argv, "--json"])
        output, errors = capsys.readouterr()
        assert code == 0, errors
        found = json.loads(output) if output.startswith("[") else [json.loads(line) for line in output.splitlines()]
        return found if isinstance(found, list) else [found]

    yield given
    close_connections()


def until(holds: Callable[[], Any], seconds: float = 20.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


def test_servers_are_started_by_level_and_killed_through_the_starter(rows: Rows, database: Database) -> None:
    rows("server", "level", CPP, "--level", "1")
    rows("server", "level", PYTANGO, "--level", "2")
    started = rows("server", "start", "--all", "--on", HERE, "--wait", "30")
    assert [(row["server"], row["result"]) for row in started] == [(CPP, "started"), (PYTANGO, "started")]
    until(lambda: {CPP, PYTANGO} <= set(database.client("d.DevGetRunningServers(True)")))
    listed = {row["server"]: row for row in rows("server", "list", f"host:{HERE}")}
    assert {listed[server]["state"] for server in DEVICES} == {"running"}
    assert [listed[server]["level"] for server in DEVICES] == [1, 2]
    assert all(listed[server]["starter"] for server in DEVICES)
    assert "Tango" in listed[PYTANGO]["version"]
    printed = until(lambda: rows("server", "log", CPP))
    assert printed[0]["line"].endswith(f"TangoTest_{RUN}_cpp.log"), "the Starter read it"
    assert rows("server", "kill", PYTANGO)[0]["result"] == "killed"
    assert {row["server"]: row["state"] for row in rows("server", "list")}[PYTANGO] == "stopped"
    stopped = rows("server", "stop", "--all", "--wait", "30")
    assert [(row["server"], row["result"]) for row in stopped] == [(PYTANGO, "did not run"), (CPP, "stopped")]
    until(lambda: CPP not in database.client("d.DevGetRunningServers(True)"))


def test_without_a_starter_the_admin_device_ends_them(rows: Rows, own_peers: Peers) -> None:
    facility = own_peers.database()
    own_peers.tango_test(facility, instance="alone", devices=[("alone/cpp/1", "TangoTest")])
    own_peers.pytango_server(devices=[("alone/py/1", "AllTypes")], database=facility, instance="alone")
    answer = rows("--host", facility.host, "server", "stop", "TangoTest/alone", "AllTypes/alone")
    assert sorted((row["server"], row["result"]) for row in answer) == [
        ("AllTypes/alone", "stopped"), ("TangoTest/alone", "stopped"),
    ]  # fmt: skip


def test_definitions_in_a_database_of_others(rows: Rows, database: Database) -> None:
    """Renaming keeps properties, those of attributes, and aliases; and a name that is taken is refused."""
    rows("server", "create", "TangoTest/def", "TangoTest::def/tt/1", "TangoTest::def/tt/2")
    rows("device", "alias", "def/tt/1", "deftt")
    database.put_property("def/tt/1", Sleep_period=["500"], polled_attr=["ampli", "1000"])
    database.put_attribute_property("def/tt/1", "ampli", unit="A", __value="2.5")
    rows("device", "rename", "def/tt/1", "def/tt/one")
    rows("device", "move", "deftt", "TangoTest/other")
    rows("server", "rename", "TangoTest/other", "TangoTest/third")
    (info,) = rows("server", "info", "TangoTest/third")
    assert info["devices"] == "def/tt/one"
    assert database.client("db.get_alias_from_device('def/tt/one')") == "deftt"
    assert database.client("dict(db.get_device_property('def/tt/one', 'Sleep_period'))['Sleep_period'][0]") == "500"
    kept = "dict(db.get_device_attribute_property('def/tt/one', 'ampli')['ampli'])"
    assert database.client(f"{{name: values[0] for name, values in {kept}.items()}}") == {"unit": "A", "__value": "2.5"}
    with pytest.raises(AssertionError, match="DB_DeviceDefined"):
        rows("device", "add", "def/tt/2", "TangoTest", "TangoTest/third")
    rows("server", "delete", "TangoTest/third", "TangoTest/def")
    assert rows("server", "list", "TangoTest/def", "TangoTest/third") == []
