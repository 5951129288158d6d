"""The command attr: configurations of attributes shown and changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server_core.model.errors import DevFailed
from tangoterm.console.commands import UsageError
from tangoterm.console.line import parse_line
from tangoterm.console.render import Output, render
from tangoterm.console.result import Result
from tangoterm.console.session import Session


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
