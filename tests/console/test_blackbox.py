"""Blackboxes merged, followed, chosen from and counted; who a client is."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest

from server_core.database.store import DeviceExport
from server_core.model.errors import DevFailed, Reason
from tangoterm.console.blackbox.client import client_of
from tangoterm.console.blackbox.entry import BlackBoxEntry, parse_blackbox, parse_blackbox_line
from tangoterm.console.blackbox.follow import BlackBoxFollow
from tangoterm.console.blackbox.selection import Selection
from tangoterm.console.blackbox.top import top
from tangoterm.console.blackbox.trace import SHORTEST, BlackBoxTrace, span, unseen
from tangoterm.console.commands.blackbox import entry_row
from tangoterm.console.hosts import is_this_host, same_host


def line(second: float, what: str = "Operation ping", client: str = "vm") -> str:
    return f"21/11/2026 08:53:{int(second):02d}:{round(second % 1 * 100):02d} : {what} requested from {client}"


def read(names: str, pid: int | str = 7, host: str = "vm") -> str:
    return line(1, f"Operation read_attributes_5 ({names}) from device", f"{host} (CPP/Python client with PID {pid})")


@pytest.mark.parametrize(
    ("lines", "known", "fresh"),
    [
        ("", "", ""),
        ("abc", "", "abc"),
        ("xabc", "abcd", "x"),
        ("xyab", "abcd", "xy"),
        ("abcd", "abcd", ""),
        ("aaab", "aab", "a"),
        ("xyz", "abc", "xyz"),
        ("xabcdef", "abc", "x"),
    ],
)
def test_only_lines_that_came_since_the_last_look_are_new(lines: str, known: str, fresh: str) -> None:
    assert unseen(list(lines), list(known)) == list(fresh)


def test_several_devices_are_merged_by_time_and_each_keeps_its_order() -> None:
    trace = BlackBoxTrace(["a/b/c", "d/e/f"])
    trace.take("a/b/c", [line(30, "Operation third"), line(10, "Operation first")])
    trace.take("D/E/F", [line(20, "Operation second"), "something else", line(5, "Operation zeroth")])
    shown = [entry.operation or entry.line for entry in trace.entries()]
    assert shown == ["third", "second", "something else", "first", "zeroth"]
    assert [entry.device for entry in trace.entries()][:2] == ["a/b/c", "d/e/f"]
    covered = span(trace.entries())
    assert covered is not None
    assert covered.total_seconds() == 25


def test_a_look_that_finds_nothing_of_the_one_before_leaves_a_gap_and_a_shorter_period() -> None:
    trace = BlackBoxTrace(["a/b/c"], period=0.3)
    trace.take("a/b/c", [line(second) for second in (3, 2, 1)])
    assert trace.take("a/b/c", [line(second) for second in (5, 4, 3)])[-1].time is not None
    assert trace.gaps == 0
    fresh = trace.take("a/b/c", [line(second) for second in (13, 12, 11)])
    assert fresh[-1].is_gap
    assert fresh[-1].line == "requests were lost here since 08:53:05.00"
    assert (trace.gaps, trace.period) == (1, 0.15)
    trace.take("a/b/c", [line(second) for second in (23, 22, 21)])
    assert trace.period == SHORTEST
    assert [entry.is_gap for entry in trace.entries()] == [False] * 3 + [True] + [False] * 3 + [True] + [False] * 5


def test_a_server_that_was_restarted_has_lost_nothing() -> None:
    """BBX-4"""
    trace = BlackBoxTrace(["a/b/c"])
    trace.take("a/b/c", [line(second) for second in (3, 2, 1)])
    assert [entry.is_gap for entry in trace.take("a/b/c", [line(9)])] == [False]


def test_the_period_grows_again_when_looks_overlap() -> None:
    trace = BlackBoxTrace(["a/b/c"], period=0.4)
    memory = [line(second) for second in (3, 2, 1)]
    trace.take("a/b/c", memory)
    trace.take("a/b/c", [line(second) for second in (9, 8, 7)])
    assert trace.period == 0.2
    for _ in range(20):
        trace.take("a/b/c", [line(second) for second in (9, 8, 7)])
    assert trace.period == 0.4


def test_an_empty_blackbox_is_no_failure() -> None:
    """BBX-3"""
    trace = BlackBoxTrace(["a/b/c"])
    trace.fail("a/b/c", DevFailed.of(Reason.API_BlackBoxEmpty, "nothing stored in blackbox", "x"))
    assert not trace.failures
    trace.fail("a/b/c", DevFailed.of(Reason.API_CantConnectToDevice, "gone", "x"))
    assert list(trace.failures) == ["a/b/c"]


@pytest.mark.parametrize(
    ("selection", "operations"),
    [
        (Selection(), ["ping", "read_attributes_5", "read_attributes_5", "write_attributes_4", "blackbox"]),
        (Selection(polling=False), ["ping", "read_attributes_5", "write_attributes_4", "blackbox"]),
        (Selection(routine=False), ["ping", "read_attributes_5", "write_attributes_4"]),
        (Selection(own=False), ["ping", "read_attributes_5", "read_attributes_5"]),
        (Selection(client="lab"), ["ping"]),
        (Selection(client="7"), ["read_attributes_5"]),
        (Selection(client="vm 7"), ["read_attributes_5"]),
        (Selection(operation="READ"), ["read_attributes_5", "read_attributes_5"]),
        (Selection(operation="*_4"), ["write_attributes_4"]),
    ],
)
def test_what_one_wants_to_see(selection: Selection, operations: list[str]) -> None:
    here = socket.gethostname()
    entries = parse_blackbox(
        [
            line(9, client="lab-host"),
            read("a, b"),
            line(7, "Operation read_attributes_5 (a) from device", "polling"),
            line(6, "Operation write_attributes_4 (a)", f"{here} (CPP/Python client with PID {os.getpid()})"),
            line(5, "Operation blackbox", here),
        ]
    )
    assert [entry.operation for entry in selection.of(entries)] == operations


def test_requests_are_counted_by_client_operation_member_and_device() -> None:
    entries = [
        *parse_blackbox([line(9), read("a, B"), read("a", 8)], "a/b/c"),
        *parse_blackbox([line(5, "Operation write_read_attributes_5 (a/c)")], "d/e/f"),
    ]
    assert [(each.name, each.number) for each in top(entries, "member")] == [("a", 3), ("b", 1), ("c", 1)]
    assert top(entries, "operation")[0][:2] == ("read_attributes_5", 2)
    assert {each.name: each.number for each in top(entries, "client")} == {"vm": 2, "vm 7": 1, "vm 8": 1}
    device = top(entries, "device")[0]
    assert (device.name, device.share, device.hertz) == ("a/b/c", 0.75, 3 / 8)
    assert not top([BlackBoxEntry("lost", kind="gap")], "client")


def test_a_client_is_found_behind_host_and_pid(session: Any) -> None:
    here = socket.gethostname()
    session.store.export_devices([DeviceExport("sys/fake/2", "tcp://127.0.0.1:1", here, os.getpid(), "5")])
    client = client_of(session, parse_blackbox_line(read("a", os.getpid(), here)))
    assert client is not None
    assert (client.server, client.devices) == ("Fake/one", ("sys/fake/2",))
    assert "python" in client.command or "pytest" in client.command
    stranger = client_of(session, parse_blackbox_line(read("a", 42, "elsewhere")))
    assert stranger is not None
    assert (stranger.server, stranger.command) == ("", "")
    assert client_of(session, parse_blackbox_line(line(1, client="polling"))) is None
    assert client_of(session, parse_blackbox_line(line(1, client="user thread"))) is None


def test_hosts_are_the_same_with_and_without_domain() -> None:
    assert same_host("LAB", "lab.example.org")
    assert not same_host("lab.a.org", "lab.b.org")
    assert not same_host("", "lab")
    assert is_this_host("127.0.0.1")
    assert not is_this_host("192.0.2.99")


def test_new_requests_come_as_rows(session: Any, device: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = [line(1)]
    monkeypatch.setattr(device, "black_box", lambda count: list(memory))
    follow = BlackBoxFollow(session, ["sys/fake/1"], 0.01, Selection(), entry_row)
    memory[:0] = [line(3, "Operation info_6"), line(2, "Operation ping")]
    rows = list(follow.rows(limit=2, seconds=5))
    assert [row["operation"] for row in rows] == ["ping", "info_6"]
    assert rows[0]["period_s"] == 0.01


def test_a_device_that_does_not_answer_is_a_failure_once(session: Any) -> None:
    follow = BlackBoxFollow(session, ["sys/fake/1", "sys/fake/2"], 0.01, Selection(), entry_row)
    list(follow.rows(seconds=0.1))
    assert [failure.name for failure in follow.failures] == ["sys/fake/2"]
