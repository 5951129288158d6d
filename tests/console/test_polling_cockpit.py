"""Polling of a real server: its rows, and changing it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core.database.sqlite import SqliteStore
from server_core.devices.tango_test import TangoTest
from server_core.server.process import DeviceServer
from tangoterm.console import engine
from tangoterm.console.changes import Change, Entry
from tangoterm.console.line import parse_line
from tangoterm.console.polling.cockpit import Cockpit
from tangoterm.console.session import Session
from tests.waiting import until

ONE, TWO, DEAD = "sys/tg_test/1", "sys/tg_test/2", "sys/tg_test/9"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Path]:
    """A server with two devices and two polling threads, and a device that is not served."""
    store = SqliteStore(tmp_path / "database")
    store.add_server("TangoTest/cockpit", [(ONE, "TangoTest"), (TWO, "TangoTest")])
    store.add_server("TangoTest/dead", [(DEAD, "TangoTest")])
    store.put_device_property("dserver/TangoTest/cockpit", {"polling_threads_pool_size": ["2"]})
    with DeviceServer((TangoTest,), "TangoTest", "cockpit", store=store, unix_path=str(tmp_path / "s")):
        yield tmp_path / "database"
    store.close()


@pytest.fixture
def session(served: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("TANGOTERM_DATABASE", str(served))
    monkeypatch.delenv("TANGO_HOST", raising=False)
    session = Session(lasting=True)
    yield session
    session.close()


def run(session: Session, line: str) -> list[dict[str, Any]]:
    call = parse_line(line)
    assert call is not None
    result = engine.run(call.command, session, call.arguments)
    rows = [dict(row) for row in result.rows]
    assert all(failure.name == DEAD for failure in result.failures)
    return rows


def test_rows_of_several_devices_with_their_threads(session: Session) -> None:
    run(session, f"poll {ONE} double_scalar --period 50")
    run(session, f"poll {ONE} State --period 50")
    run(session, f"poll {TWO} long_scalar --period 0")
    cockpit = Cockpit(session, [ONE, TWO, DEAD])

    def looked() -> bool:
        list(cockpit.look())
        return any(row.status is not None and row.status.deltas for row in cockpit.rows())

    until(looked)
    cockpit.refresh_pools()
    list(cockpit.look())
    first, second, third, dead = cockpit.rows()
    assert [(row.device, row.name) for row in (first, second, third)] == [
        (ONE, "double_scalar"),
        (ONE, "State"),
        (TWO, "long_scalar"),
    ]
    assert first.thread
    assert third.thread
    assert {first.thread.number, third.thread.number} == {1, 2}
    assert 0 < (first.thread.load or 0) < 1
    assert first.status
    assert first.status.duty
    assert third.problem == "triggered externally, and nobody has done it yet"
    assert dead.failure
    assert dead.problem
    assert cockpit.asked == 3


def test_changes_leave_lines_that_take_them_back(session: Session) -> None:
    made: list[Change] = []

    def record(entry: Entry) -> None:
        made.append(entry.change)

    session.changes.record = record
    run(session, f"poll {ONE} ampli --period 500")
    run(session, f"poll {ONE} AMPLI --period 700")
    run(session, f"poll {ONE} ampli --stop")
    assert [(change.line, change.undo) for change in made] == [
        (f"poll {ONE} ampli --period 500", (f"poll {ONE} ampli --stop",)),
        (f"poll {ONE} ampli --period 700", (f"poll {ONE} ampli --period 500",)),
        (f"poll {ONE} ampli --stop", (f"poll {ONE} ampli --period 700",)),
    ]
    made.clear()
    run(session, f"poll {ONE} --depth 20")
    run(session, f"poll {ONE} ampli --depth 30")
    run(session, f"poll {ONE} --old-factor 6")
    run(session, "poll server:TangoTest/cockpit --threads 3")
    [settings] = run(session, f"poll {ONE} --settings")
    assert (settings["ring_depth"], settings["depths"], settings["old_factor"]) == ("20", "ampli 30", "6")
    assert settings["threads"] == 3
    for change in reversed(made):
        for undo in change.undo:
            run(session, undo)
    [settings] = run(session, f"poll {ONE} --settings")
    assert (settings["ring_depth"], settings["depths"], settings["threads"]) == ("10", None, 2)


def test_many_objects_at_once(session: Session) -> None:
    assert len(run(session, "poll server:TangoTest/cockpit 'double_scalar*' --period 900")) == 4 + 2
    assert {row["device"] for row in run(session, "poll 'sys/tg_test/*'") if row["name"]} == {ONE, TWO}
    assert not run(session, f"poll {ONE} --problems")
    assert len(run(session, f"poll {ONE} '*' --stop")) == 3
    assert not run(session, f"poll {ONE}")


def test_blackboxes_of_several_devices(session: Session) -> None:
    for name in (ONE, TWO):
        session.device(name).ping()
        session.device(name).command_inout("DevDouble", 1.5)
    rows = run(session, "blackbox 'sys/tg_test/*' --own --operation command_inout --count 2")
    assert {(row["device"], row["objects"]) for row in rows} == {(ONE, "DevDouble"), (TWO, "DevDouble")}
    assert all(row["process"] == str(os.getpid()) for row in rows)
    assert not [row for row in run(session, f"blackbox {ONE} {TWO}") if row["process"] == str(os.getpid())]
    counts = run(session, f"blackbox {ONE} {TWO} --own --top device")
    assert {row["device"] for row in counts} == {ONE, TWO}
