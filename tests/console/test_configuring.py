"""Attribute properties as they are edited: what cannot be right is said before the device is asked."""

from __future__ import annotations

import pytest

from server_core.model.config import PROPERTY_PATHS, AttributeConfig
from server_core.model.types import CmdArgType
from tangoterm.console.configuring import FIELDS, fields_of, problem, text_of

LONG = AttributeConfig("steps", CmdArgType.DevLong, max_value="100")
CHOICE = AttributeConfig("mode", CmdArgType.DevEnum, enum_labels=["OFF", "ON"])


def test_every_property_can_be_edited() -> None:
    assert {field.name for field in FIELDS} == set(PROPERTY_PATHS)
    assert "enum_labels" not in {field.name for field in fields_of(LONG)}
    assert "min_alarm" not in {field.name for field in fields_of(CHOICE)}
    assert text_of(CHOICE, "enum_labels") == "OFF,ON"


@pytest.mark.parametrize(
    ("config", "name", "text", "rule"),
    [
        (LONG, "min_value", "abc", "'abc' is no number"),
        (LONG, "min_value", "1.5", "'1.5' is not whole, as DevLong needs"),
        (LONG, "min_value", "100", "min_value must be below max_value"),
        (LONG, "event_period", "-5", "'-5' is no number of ms above 0"),
        (LONG, "rel_change", "1,2,3", "'1,2,3' is neither a number nor DECREASE,INCREASE"),
        (CHOICE, "enum_labels", "A", "there must be 2 labels, as there are now"),
        (CHOICE, "enum_labels", "A,A", "labels differ from one another, and none is empty"),
    ],
)
def test_what_cannot_be_right_is_said(config: AttributeConfig, name: str, text: str, rule: str) -> None:
    assert problem(config, {name: text}) == (name, rule)


@pytest.mark.parametrize("text", ["Not specified", "", "NaN"])
def test_each_depth_of_reset_is_a_value(text: str) -> None:
    assert problem(LONG, {field.name: text for field in fields_of(LONG)}) is None


def test_what_may_be_right_is_left_to_the_device() -> None:
    assert problem(LONG, {"min_value": "-3", "rel_change": "-1,2", "delta_t": "100", "unit": "mA"}) is None
