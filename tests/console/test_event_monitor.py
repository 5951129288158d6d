"""What events are counted as: rates and differences with a clock of the test's, kinds of event from a real server."""

from __future__ import annotations

import _thread
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core.database.sqlite import SqliteStore
from server_core.devices.tango_test import TangoTest
from server_core.model.errors import DevFailed, Reason
from server_core.server.process import DeviceServer
from tangoterm.console.commands import UsageError
from tangoterm.console.event_monitor import INTERFACE, EventMonitor, Mode, Tally, explained
from tangoterm.console.line import parse_line
from tangoterm.console.log_settings import LogSettings, log_settings, setting_lines
from tangoterm.console.logs import LogWatch
from tangoterm.console.result import Result
from tangoterm.console.session import AttributeName, Session

DEVICE = "sys/tg_test/1"


def test_differences_are_to_the_arrival_before() -> None:
    tally = Tally()
    tally.take(10.0, 1.0)
    assert (tally.received, tally.delta_time, tally.delta_value) == (1, None, None)
    tally.take(10.5, 4.0)
    assert (tally.delta_time, tally.delta_value) == (0.5, 3.0)
    tally.take(11.0, failed=True)
    tally.take(12.0, 2.0)
    assert (tally.received, tally.errors, tally.delta_time, tally.delta_value) == (4, 1, 1.0, -2.0)
    tally.take(13.0, None)
    assert tally.delta_value is None


@pytest.mark.parametrize("per_second", [1, 10, 1000])
def test_the_rate_is_that_of_the_last_seconds(per_second: int) -> None:
    tally = Tally()
    for number in range(20 * per_second):
        tally.take(100 + number / per_second)
    assert tally.rate(120) == pytest.approx(per_second, rel=0.15)
    assert tally.rate(130) == 0


@pytest.mark.parametrize(
    ("reason", "kind", "fix"),
    [
        (Reason.API_AttributePollingNotStarted, "change", "poll a/b/c x --period 1000"),
        (Reason.API_EventPropertiesNotSet, "archive", "attr a/b/c/x archive_abs_change=1"),
        (Reason.API_EventPropertiesNotSet, "change", "attr a/b/c/x abs_change=1"),
        (Reason.API_AttributeNotDataReadyEnabled, "ready", ""),
        ("Other", "change", ""),
    ],
)
def test_a_refusal_says_why_and_what_helps(reason: Any, kind: str, fix: str) -> None:
    refusal = explained(DevFailed.of(reason, "text", ""), AttributeName("a/b/c", "x"), kind)
    assert refusal.fix == fix
    assert refusal.why


@pytest.fixture
def session(private_home: Path) -> Iterator[Session]:
    store = SqliteStore(private_home / "database.sqlite3")
    store.add_server("TangoTest/events", [(DEVICE, "TangoTest")])
    with DeviceServer([TangoTest], "TangoTest", "events", store=store):
        yield Session()
    store.close()


def until(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 8
    while not holds():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def test_events_are_counted_and_what_sends_none_is_read_until_it_is_mended(session: Session) -> None:
    session.device(DEVICE).poll_attribute("State", 50)
    monitor = EventMonitor(session, interval=0.05)
    state, ampli = AttributeName(DEVICE, "State"), AttributeName(DEVICE, "ampli")
    try:
        monitor.add([state], ["change", "periodic", "config", INTERFACE])
        monitor.add([ampli], ["change", "ready"])
        lines = {line.key: line for line in monitor.lines.values()}
        assert lines[f"{DEVICE}/state change"].mode is Mode.NATIVE
        assert "unit" in lines[f"{DEVICE}/state config"].value
        assert "attributes" in lines[f"{DEVICE}/ interface"].value
        read = lines[f"{DEVICE}/ampli change"]
        assert (read.mode, read.refusal and read.refusal.fix) == (Mode.READING, f"poll {DEVICE} ampli --period 1000")
        assert lines[f"{DEVICE}/ampli ready"].mode is Mode.REFUSED
        until(lambda: read.tally.received > 2 and read.tally.delta_value == 0)
        before = lines[f"{DEVICE}/state change"].tally.received
        session.device(DEVICE).command_inout("SwitchStates")
        until(lambda: lines[f"{DEVICE}/state change"].tally.received > before)
        assert monitor.happenings[-1].number == monitor.count
        monitor.end(lines[f"{DEVICE}/state change"])
        assert lines[f"{DEVICE}/state change"].mode is Mode.STOPPED
        monitor.begin([lines[f"{DEVICE}/state change"]])
        assert lines[f"{DEVICE}/state change"].mode is Mode.NATIVE
    finally:
        monitor.close()


def test_levels_and_targets_are_put_back_and_what_cannot_be_watched_is_named(session: Session) -> None:
    before = log_settings(session, DEVICE)
    watch = LogWatch(session, [DEVICE, "no/such/device"], strict=False)
    try:
        assert [failure.name for failure in watch.failures] == ["no/such/device"]
        assert log_settings(session, DEVICE).targets != before.targets
    finally:
        watch.close()
    assert log_settings(session, DEVICE) == before


@pytest.mark.parametrize(
    ("setting", "wanted", "lines"),
    [
        ("level now", "debug", ["log a/b/c --set-level debug"]),
        ("targets now", "file, console", ["log a/b/c --add file", "log a/b/c --remove device::x/y/z"]),
        ("stored level", "info", ["prop set a/b/c logging_level info"]),
        ("stored targets", "file, console", ["prop set a/b/c logging_target file console"]),
        ("stored targets", "", ["prop delete a/b/c logging_target"]),
        ("file size (KB)", "500", ["prop set a/b/c logging_rft 500"]),
    ],
)
def test_log_settings_change_by_command_lines(setting: str, wanted: str, lines: list[str]) -> None:
    now = LogSettings("warn", ("console", "device::x/y/z"))
    assert setting_lines("a/b/c", setting, now, wanted) == lines


def result_of(session: Session, line: str) -> Result:
    call = parse_line(line)
    assert call is not None
    return call.command.run(session, **call.arguments)


def test_monitor_counts_instead_of_showing_rows(session: Session) -> None:
    session.device(DEVICE).poll_attribute("State", 50)
    line = f"monitor {DEVICE}/State {DEVICE}/ampli --event periodic --stats --count 2"
    result = result_of(session, line)
    state, ampli = result.rows
    assert (state["how"], state["missed"], ampli["how"], ampli["received"]) == ("native", 0, "refused", 0)
    assert state["received"] >= 2
    assert 0 <= state["shortest"].data() <= state["longest"].data()
    assert [failure.name for failure in result.failures] == [f"{DEVICE}/ampli"]
    frames = result_of(session, line).frames
    assert frames is not None
    assert [row["name"] for row in list(frames())[-1].result.rows] == [f"{DEVICE}/State", f"{DEVICE}/ampli"]
    with pytest.raises(UsageError):
        result_of(session, f"monitor {DEVICE}/State --stats --delta")


def test_an_interrupt_ends_the_counting_and_leaves_the_table(session: Session) -> None:
    frames = result_of(session, f"monitor {DEVICE}/ampli --stats").frames
    assert frames is not None
    tables = frames()
    next(tables)
    threading.Timer(0.05, _thread.interrupt_main).start()
    assert [row["how"] for row in list(tables)[-1].result.rows] == ["reading"]


def test_rows_tell_their_differences(session: Session) -> None:
    result = result_of(session, f"monitor {DEVICE}/ampli --interval 0.02 --count 2 --delta")
    assert [column.key for column in result.columns[:3]] == ["time", "delta_time", "delta_value"]
    rows = iter(result.rows)
    first = next(rows)
    session.device(DEVICE).write_attribute("ampli", first["value"].data() + 2.5)
    (second,) = rows
    assert (first["delta_time"].data(), first["delta_value"].data()) == (None, None)
    assert (second["delta_time"].data() > 0, second["delta_value"].data()) == (True, 2.5)
