"""The command attr: configurations of attributes shown and changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from server_core.database.memory import MemoryStore
from server_core.database.store import DeviceExport
from server_core.model.errors import DevFailed
from tangoterm.console.changes import Entry
from tangoterm.console.commands import UsageError
from tangoterm.console.line import parse_line
from tangoterm.console.render import Output, render
from tangoterm.console.result import Result
from tangoterm.console.session import Session
from tests.console.conftest import FakeDevice


def run(session: Session, line: str) -> Result:
    call = parse_line(line)
    assert call is not None
    return call.command.run(session, **call.arguments)


def lines(session: Session, line: str, output: Output = Output.TABLE) -> list[str]:
    return list(render(run(session, line), output))


def test_an_attribute_is_shown_with_the_names_of_its_properties(session: Session) -> None:
    shown = "\n".join(lines(session, "attr sys/fake/1/ampli"))
    assert "max_value" in shown
    record = json.loads(lines(session, "attr sys/fake/1/ampli", Output.JSON)[0])
    assert (record["max_value"], record["unit"], record["event_period"]) == ("10", "V", "1000")
    assert (record["name"], record["root"], record["enum_labels"]) == ("sys/fake/1/ampli", None, [])


def test_a_device_is_shown_with_a_row_for_each_attribute(session: Session) -> None:
    heading, row, *others = lines(session, "attr fakey")
    assert heading.split()[:3] == ["ATTRIBUTE", "TYPE", "ACCESS"]
    assert (".. 10" in row, len(others)) == (True, 3)
    records = json.loads(lines(session, "attr fakey", Output.JSON)[0])
    assert [record["enum_labels"] for record in records][1] == ["Slow", "Very fast"]


def test_properties_are_set_together(session: Session, device: Any) -> None:
    result = run(session, "attr sys/fake/1/ampli min_value=0 unit=mA 'label=Main current'")
    assert result.note == "sys/fake/1/ampli: min_value = 0, unit = mA, label = Main current"
    config = device.configs["ampli"]
    assert (config.min_value, config.unit, config.label, config.max_value) == ("0", "mA", "Main current", "10")
    lines(session, "attr sys/fake/1/ampli MIN_ALARM=-2 abs_change=-1,2 event_period=500")
    config = device.configs["ampli"]
    assert (config.alarms.min_alarm, config.events.ch_event.abs_change, config.events.per_event.period) == (
        "-2",
        "-1,2",
        "500",
    )
    lines(session, "attr sys/fake/1/mode enum_labels=a,b")
    assert device.configs["mode"].enum_labels == ["a", "b"]
    session.current = "sys/fake/1"
    record = json.loads(lines(session, "attr ampli unit=", Output.JSON)[0])
    assert (record["attribute"], record["unit"]) == ("ampli", "")


def test_refusals_say_what_is_wrong(session: Session, device: Any) -> None:
    with pytest.raises(DevFailed, match="API_AttrOptProp: The property min_value is defined in an unsupported format"):
        lines(session, "attr sys/fake/1/ampli min_value=abc unit=x")
    assert device.configs["ampli"].unit == "V"
    with pytest.raises(UsageError, match="attribute property 'minimum' is none of"):
        lines(session, "attr sys/fake/1/ampli minimum=1")
    with pytest.raises(UsageError, match="'unit' is not PROPERTY=VALUE"):
        lines(session, "attr sys/fake/1/ampli unit")
    with pytest.raises(UsageError, match="fakey is a device"):
        lines(session, "attr fakey unit=A")


@pytest.fixture
def two(device: FakeDevice, tmp_path: Path) -> Any:
    """Two devices of one class that are served, of which one refuses the unit `X`."""
    other = FakeDevice("sys/fake/2")
    store = MemoryStore()
    store.add_server("Fake/one", [("sys/fake/1", "Fake"), ("sys/fake/2", "Fake")])
    for name in ("sys/fake/1", "sys/fake/2"):
        store.export_devices([DeviceExport(name, "tcp://127.0.0.1:1", "here", 42, "5")])
    devices = {"sys/fake/1": device, "sys/fake/2": other}

    def connect(name: str) -> FakeDevice:
        if name.lower() not in devices:
            raise DevFailed.of("DB_DeviceNotDefined", f"{name} is not defined", "connect")
        return devices[name.lower()]

    yield Session(connect=connect, store=store), devices
    store.close()


def test_a_pattern_shows_the_attributes_of_every_device(two: Any) -> None:
    session, devices = two
    devices["sys/fake/2"].configs["ampli"].unit = "kV"
    heading, *rows = lines(session, "attr sys/fake/*/ampli")
    assert heading.split()[:2] == ["DEVICE", "ATTRIBUTE"]
    assert [(row.split()[0], row.split()[5]) for row in rows] == [("sys/fake/1", "V"), ("sys/fake/2", "kV")]


def test_properties_of_a_pattern_are_set_with_one_question_and_one_entry(two: Any) -> None:
    session, devices = two
    asked: list[int] = []
    recorded: list[Entry] = []

    def agree(changes: Any, danger: Any) -> bool:
        asked.append(len(changes))
        return True

    session.changes.confirm = agree
    session.changes.record = recorded.append
    rows = lines(session, "attr sys/fake/*/ampli unit=mA")[1:]
    assert [row.split()[0] for row in rows] == ["sys/fake/1/ampli", "sys/fake/2/ampli"]
    assert {device.configs["ampli"].unit for device in devices.values()} == {"mA"}
    assert asked == [2]
    assert [len(entry.change.undo) for entry in recorded] == [2]


def test_the_refusal_of_one_keeps_no_other_attribute_from_its_properties(two: Any) -> None:
    session, devices = two

    def refuse(config: Any) -> None:
        raise DevFailed.of("API_AttrOptProp", "not here", "FakeDevice")

    devices["sys/fake/1"].set_attribute_config = refuse
    result = run(session, "attr class:Fake/ampli unit=mA")
    assert [row["result"] for row in result.rows] == ["failed", "unit = mA"]
    assert [failure.name for failure in result.failures] == ["sys/fake/1/ampli"]
    assert devices["sys/fake/2"].configs["ampli"].unit == "mA"


def test_several_have_a_card_each(two: Any) -> None:
    session, _ = two
    assert [row["device"] for row in run(session, "info 'sys/fake/*'").rows] == ["sys/fake/1", "sys/fake/2"]
    records = run(session, "info sys/fake/1/ampli sys/fake/2/mode")
    assert [row["name"] for row in records.rows] == ["sys/fake/1/ampli", "sys/fake/2/mode"]
    assert list(render(records, Output.TABLE)).count("") == 1, "between two cards"
    with pytest.raises(UsageError, match="either devices or attributes"):
        run(session, "info sys/fake/1 sys/fake/2/mode")
