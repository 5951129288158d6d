"""Blackbox lines and polling statuses of real servers, taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_core.model.errors import DevError
from tangoterm.console.blackbox import parse_blackbox_line
from tangoterm.console.polling import parse_poll_status


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        (
            "21/11/2026 08:26:25:74 : Operation read_attributes_5 (double_scalar, State) from cache_device "
            "requested from vm (CPP/Python client with PID 21044)",
            ("Operation", "read_attributes_5", "double_scalar, State", "cache_device", "vm", "CPP/Python", "21044"),
        ),
        (
            "21/11/2026 08:26:25:81 : Operation command_inout_4 (cmd = Init) from device requested from vm "
            "(Java client with main class fr.esrf.Jive)",
            ("Operation", "command_inout_4", "Init", "device", "vm", "Java", "fr.esrf.Jive"),
        ),
        ("21/11/2026 08:26:25:62 : Attribute state requested from vm", ("Attribute", "state", "", "", "vm", "", "")),
        (
            "21/11/2026 08:26:27:22 : Operation command_inout (cmd = devvoid) from device requested from polling",
            ("Operation", "command_inout", "devvoid", "device", "polling", "", ""),
        ),
        (
            "21/11/2026 08:26:27:22 : Attribute name requested during device server process init sequence",
            ("Attribute", "name", "", "", "device server process init sequence", "", ""),
        ),
    ],
)
def test_a_blackbox_line_in_columns(line: str, columns: tuple[str, ...]) -> None:
    """BBX-10, BBX-13"""
    entry = parse_blackbox_line(line)
    assert entry.time is not None
    assert entry.time.microsecond == int(line[20:22]) * 10_000
    found = (entry.kind, entry.operation, entry.objects, entry.source, entry.client, entry.language, entry.process)
    assert found == columns


@given(st.text())
def test_any_other_line_keeps_its_text(line: str) -> None:
    entry = parse_blackbox_line(line)
    assert entry.line == line
    assert entry.time is None


def test_an_impossible_date_is_no_entry() -> None:
    assert parse_blackbox_line("32/11/2026 08:26:25:62 : Attribute state requested from vm").time is None


def test_a_polling_status_in_fields() -> None:
    """POLL-61, POLL-62"""
    [status] = parse_poll_status(
        [
            "Polled attribute name = Lng\nPolling period (mS) = 500\nPolling ring buffer depth = 10\n"
            "Time needed for the last attributes (AutoPolled + Lng) reading (mS) = 0.355\n"
            "Data not updated since 4 S and 270 mS\nDelta between last records (in mS) = 383, 385"
        ]
    )
    assert (status.name, status.kind, status.period, status.depth) == ("Lng", "attribute", 500, 10)
    assert (status.needed, status.group, status.age) == (0.355, ("AutoPolled", "Lng"), 4.27)
    assert (status.deltas, status.interval, status.error) == ((383, 385), 384, None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("172 mS", 0.172), ("4 S and 270 mS", 4.27), ("2 MN ,5 S and 10 mS", 125.01), ("2 MN", 120.0)],
)
def test_the_age_of_the_data(text: str, seconds: float) -> None:
    """POLL-62"""
    [status] = parse_poll_status([f"Polled command name = X\nData not updated since {text}"])
    assert status.age == seconds


def test_empty_filled_and_failed_buffers() -> None:
    """POLL-61 lines B, C1, E"""
    empty, filled, failed = parse_poll_status(
        [
            "Polled attribute name = Val\nPolling externally triggered\nPolling ring buffer depth = 10\n"
            "No data recorded yet",
            "Polled attribute name = Val\nPolling period (mS) = 100000\nPolling ring buffer depth = 10\n"
            "The polling buffer is externally filled in\nDelta between last records (in mS) = -1115",
            "Polled command name = Fail\nPolling period (mS) = 500\nPolling ring buffer depth = 10\n"
            "Time needed for the last command execution (mS) = 0.406\nData not updated since 227 mS\n"
            "Last command execution FAILED :\n\tReason = Probe_CmdFail\n\tDesc = command\nfailure\n\tOrigin = Probe",
        ]
    )
    assert (empty.period, empty.empty) == (0, True)
    assert (filled.filled, filled.deltas, filled.needed) == (True, (-1115,), None)
    assert failed.is_command
    assert failed.needed == 0.406
    assert failed.error == DevError("Probe_CmdFail", "command\nfailure", "Probe")


def test_a_text_of_another_form_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'hello' does not begin a polling status"):
        parse_poll_status(["hello"])
