"""Configuration changes replayed as they were captured from a real server (model examples SAC, SACC, CLD, SUP)."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from server_core.model.config import AttributeConfig
from server_core.model.enums import AttrDataFormat, DispLevel
from server_core.model.enums import AttrWriteType as Access
from server_core.model.errors import DevFailed
from server_core.model.types import CmdArgType
from tests.captured import Case, replayed_cases
from tests.device.sample import Sample

PATHS = {
    "ch_rel": "events.ch_event.rel_change",
    "ch_abs": "events.ch_event.abs_change",
    "per": "events.per_event.period",
    "ar_rel": "events.arch_event.archive_rel_change",
    "ar_abs": "events.arch_event.archive_abs_change",
    "ar_per": "events.arch_event.archive_period",
    "level": "disp_level",
} | {
    name: f"alarms.{name}" for name in ("min_alarm", "max_alarm", "min_warning", "max_warning", "delta_t", "delta_val")
}
COLUMNS = {
    "ch_rel": "rel_change", "ch_abs": "abs_change", "per": "event_period", "ar_rel": "archive_rel_change",
    "ar_abs": "archive_abs_change", "ar_per": "archive_period",
}  # fmt: skip
ENUMS = {"data_type": CmdArgType, "data_format": AttrDataFormat, "writable": Access, "level": DispLevel}


def get(config: AttributeConfig, field: str) -> Any:
    value: Any = config
    for name in PATHS.get(field, field).split("."):
        value = getattr(value, name)
    return value


def put(config: AttributeConfig, field: str, value: Any) -> None:
    *way, last = PATHS.get(field, field).split(".")
    owner: Any = config
    for name in way:
        owner = getattr(owner, name)
    if field == "memorized":
        value = value > 1
    setattr(owner, last, ENUMS[field](value) if field in ENUMS else value)


def replay(kernel: Any, host: Any, cases: list[Case]) -> None:
    """Each case: what changes for clients, what the database holds of the properties touched, or the error."""
    for identity, case in cases:
        if not isinstance(case["what"], dict):
            continue
        name, given = case["what"]["attr"], case["what"]["set"]
        before = kernel.attribute_configs([name])[0]
        wanted = copy.deepcopy(before)
        for field, value in given.items():
            put(wanted, field, value)
        if "errors" in case:
            with pytest.raises(DevFailed) as raised:
                kernel.set_attribute_configs([wanted])
            root = raised.value.errors[0]
            expected = case["errors"][0]
            assert (root.reason, root.desc) == (expected["reason"], expected["desc"]), identity
            assert kernel.attribute_configs([before.name])[0] == before, identity
            continue
        kernel.set_attribute_configs([wanted])
        after = kernel.attribute_configs([name])[0]
        stored = host.properties.attributes[kernel.name, name.lower()]
        for field, value in given.items():
            # The captured session had more steps than were kept, so an unchanged value may be the given one.
            expected = (
                [case["out"]["changed"][field]] if field in case["out"]["changed"] else [get(before, field), value]
            )
            if field not in ("enum_labels", "root_attr_name"):
                assert get(after, field) in expected, (identity, field)
            column = COLUMNS.get(field, field)
            assert stored.get(column) == case["out"]["db"].get(column), (identity, field)


def test_changes_give_the_same_configuration_database_and_errors_as_the_reference(start: Any, host: Any) -> None:
    """ATT-6, ATT-7, ATT-8, ATT-9, ATT-10, ATT-11, ATT-12, ATT-13, ATT-14, ATT-16, ATT-17, ATT-18, ATT-60, ATT-61."""
    kernel = start(Sample, "test/attr/1")
    replay(kernel, host, replayed_cases("model", "attribute_config_write"))


def test_configurations_as_clients_read_them(start: Any) -> None:
    """ATT-1, ATT-2, ATT-3, ATT-5, ATT-6"""
    kernel = start(Sample, "test/attr/1")
    for identity, case in replayed_cases("model", "attribute_config_read"):
        name = case["what"].split()[-1]
        if "errors" in case:
            with pytest.raises(DevFailed) as raised:
                kernel.attribute_configs(["plain", "nope"] if "list" in case["what"] else ["nope"])
            assert [raised.value.errors[0][:2]] == [(error["reason"], error["desc"]) for error in case["errors"]]
            continue
        (config,) = kernel.attribute_configs([name])
        expected = dict(case["out"])
        shown = {field: get(config, field) for field in (*expected["alarms"], *expected["events"])}
        assert shown == expected.pop("alarms") | expected.pop("events"), identity
        assert int(config.memorization) == expected.pop("memorized"), identity
        assert {field: get(config, field) for field in expected} == expected, identity


def test_the_name_of_the_associate_may_be_spelled_otherwise(start: Any) -> None:
    """ATT-8: any other is a change that is refused."""
    kernel = start(Sample, "test/attr/1")
    (config,) = kernel.attribute_configs(["plain"])
    kernel.set_attribute_configs([replace(config, writable_attr_name="PLAIN", unit="A")])
    assert kernel.attribute_configs(["plain"])[0].unit == "A"
    with pytest.raises(DevFailed) as raised:
        kernel.set_attribute_configs([replace(config, writable_attr_name="full")])
    assert raised.value.desc == "Attribute property writable_attr_name is not changeable at run time"


@pytest.mark.parametrize("text", ["0", "-1"])
def test_periods_that_are_none_count_at_run_time_alone(start: Any, host: Any, text: str) -> None:
    """ATT-18: at start the library's are taken."""
    kernel = start(Sample, "test/attr/1")
    (config,) = kernel.attribute_configs(["plain"])
    config.events.per_event.period = config.events.arch_event.archive_period = text
    kernel.set_attribute_configs([config])
    shown = kernel.attribute_configs(["plain"])[0].events
    assert (shown.per_event.period, shown.arch_event.archive_period) == (text, text)
    assert host.properties.attributes["test/attr/1", "plain"]["event_period"] == [text]
    shown = start(Sample, "test/attr/1").attribute_configs(["plain"])[0].events
    assert (shown.per_event.period, shown.arch_event.archive_period) == ("1000", "Not specified")


def test_what_the_database_says_of_the_device_goes_before_what_it_says_of_the_class(start: Any, host: Any) -> None:
    """ATT-4: property by property; then comes the code, then the library."""
    host.properties.class_attributes["sample", "full"] = {"unit": ["of class"], "max_alarm": ["7.5"]}
    host.properties.attributes["test/attr/1", "full"] = {"unit": ["of device"], "abs_change": ["-1", "2"]}
    config = start(Sample, "test/attr/1").attribute_configs(["full"])[0]
    assert (config.unit, config.alarms.max_alarm) == ("of device", "7.5")
    assert config.events.ch_event.abs_change == "1,2"
    assert (config.label, config.standard_unit) == (Sample.full.texts["label"], Sample.full.texts["standard_unit"])
    assert start(Sample, "test/attr/3").attribute_configs(["full"])[0].unit == "of class"


def test_changes_over_class_defaults(start: Any, host: Any) -> None:
    """ATT-4, ATT-9 with defaults of the class in the database."""
    host.properties.class_attributes["sample", "plain"] = {
        "unit": ["cu"], "min_value": ["-100"], "abs_change": ["3"], "event_period": ["4000"],
        "delta_t": ["50"], "delta_val": ["5"],
    }  # fmt: skip
    host.properties.class_attributes["sample", "full"] = {
        "unit": ["cu"],
        "label": ["ClassLabel"],
        "max_alarm": ["7.5"],
    }
    kernel = start(Sample, "test/attr/2")
    cases = replayed_cases("model", "attribute_config_write_class_defaults")
    (expected,) = [case.data["out"] for case in cases if case.id == "CLD-0"]
    for name, fields in zip(("plain", "full"), expected, strict=True):
        config = kernel.attribute_configs([name])[0]
        assert {field: get(config, field) for field in fields} == fields
    replay(kernel, host, [case for case in cases if case.id > "SACC-1006"])


@pytest.fixture
def broken(start: Any, host: Any) -> Any:
    stored = host.properties.attributes
    stored["test/attr/2", "ro"] = {"min_alarm": ["abc"], "max_alarm": ["5"]}
    stored["test/attr/2", "al1"] = {"min_value": ["5"], "max_value": ["1"]}
    stored["test/attr/2", "sc_short"] = {"min_value": ["1.7"], "event_period": ["x"]}
    stored["test/attr/2", "spec"] = {"rel_change": ["q"]}
    stored["test/attr/2", "sc_string"] = {"min_value": ["3"]}
    stored["test/attr/2", "stuck"] = {"delta_val": ["1"]}
    stored["test/attr/2", "sc_long"] = {"min_alarm": [""]}
    stored["test/attr/2", "plain"] = {"unit": [""]}
    kernel = start(Sample, "test/attr/2")
    kernel.remove_attribute("enunolab")
    return kernel


def test_wrong_properties_in_the_database_are_told_by_state_status_reads_and_configuration(broken: Any) -> None:
    """ATT-56, ATT-57, ATT-75."""
    cases = {case.id: case.data for case in replayed_cases("model", "attribute_startup_errors")}
    state, status = cases["SUP-0"]["out"]
    assert broken.state().name == state
    assert sorted(_names(broken.status())) == sorted(_names(status))
    for name in ("ro", "al1", "sc_short", "spec", "sc_string", "stuck", "sc_long"):
        (value,) = broken.read_attributes([name])
        expected = cases[f"SUP-1-{name}"]["errors"][0]
        assert value.errors[0][:2] == (expected["reason"], expected["desc"])
        config = broken.attribute_configs([name])[0]
        shown = cases[f"SUP-2-{name}"]["out"]
        assert {field: get(config, field) for field in shown} == shown
    assert not broken.read_attributes(["plain"])[0].has_failed


def _names(status: str) -> list[str]:
    return status.split("Attributes ")[1].split(" have")[0].split(", ")


def test_valid_changes_repair_a_wrong_configuration(broken: Any, host: Any) -> None:
    """ATT-76: the others of the event kind stay in the database."""
    cases = replayed_cases("model", "attribute_config_write_class_defaults")
    replay(broken, host, [case for case in cases if "SACC-" < case.id <= "SACC-1006"])
    wrong = [attribute.name for attribute in broken.attributes.values() if attribute.wrongly_configured]
    assert wrong == ["sc_long"]
    assert host.properties.attributes["test/attr/2", "sc_short"]["event_period"] == ["x"]
    assert broken.status() == (
        "The device is in ALARM state.\nAttribute sc_long has wrong configuration\n"
        "Try accessing the faulty attribute(s) to get more information"
    )


def change(kernel: Any, name: str, **fields: Any) -> None:
    config = copy.deepcopy(kernel.attribute_configs([name])[0])
    for field, value in fields.items():
        put(config, field, value)
    kernel.set_attribute_configs([config])


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("sc_short", "min_value", "70000"),
        ("sc_uchar", "min_value", "-5"),
        ("sc_ulong64", "max_value", "18446744073709551616"),
    ],
)
def test_a_limit_out_of_the_range_of_the_type_is_refused(start: Any, name: str, field: str, value: str) -> None:
    """ATT-12: never wrapped."""
    kernel = start(Sample)
    with pytest.raises(DevFailed, match=f"The property {field} is defined in an unsupported format"):
        change(kernel, name, **{field: value})


def test_the_limits_of_64_bit_integers_stay_exact(start: Any, host: Any) -> None:
    kernel = start(Sample)
    change(kernel, "sc_ulong64", max_value="18446744073709551615")
    assert kernel.attribute("sc_ulong64").configuration["max_value"] == 2**64 - 1
    assert host.properties.attributes["test/device/1", "sc_ulong64"] == {"max_value": ["18446744073709551615"]}


def test_limits_of_encoded_attributes_are_stored_as_texts(start: Any, host: Any) -> None:
    kernel = start(Sample)
    change(kernel, "sc_encoded", min_value="1", max_alarm="200")
    assert host.properties.attributes["test/device/1", "sc_encoded"] == {"min_value": ["1"], "max_alarm": ["200"]}


def test_a_comma_in_a_label_is_refused(start: Any) -> None:
    """ATT-58."""
    kernel = start(Sample)
    with pytest.raises(DevFailed, match="must not contain a comma"):
        change(kernel, "enu", enum_labels=["x,y", "z", "w"])


def test_of_several_records_those_before_a_wrong_one_stay_changed(start: Any) -> None:
    """ATT-19: the reason stays plain, the description says what was done."""
    kernel = start(Sample)
    configs = [copy.deepcopy(config) for config in kernel.attribute_configs(["plain", "ro", "sc_long"])]
    configs[0].label, configs[1].alarms.min_alarm, configs[2].label = "first", "x", "third"
    with pytest.raises(DevFailed) as raised:
        kernel.set_attribute_configs(configs)
    assert raised.value.reason == "API_AttrOptProp"
    assert raised.value.desc.endswith(
        "\nAll previous attribute(s) have been successfully updated\nAll remaining attribute(s) have not been updated"
    )
    labels = [config.label for config in kernel.attribute_configs(["plain", "ro", "sc_long"])]
    assert labels == ["first", "ro", "sc_long"]


def test_every_successful_change_sends_one_configuration_event(start: Any, host: Any) -> None:
    """ATT-20, EVT-51: even when nothing changed."""
    kernel = start(Sample)
    change(kernel, "plain", unit="kg")
    change(kernel, "plain")
    assert [(name, kind.name, payload.unit) for name, kind, payload, *_ in host.events] == [
        ("plain", "ATTR_CONF_EVENT", "kg"),
        ("plain", "ATTR_CONF_EVENT", "kg"),
    ]


def test_one_unknown_name_fails_the_whole_query(start: Any) -> None:
    """ATT-5."""
    with pytest.raises(DevFailed, match="API_AttrNotFound: nope attribute not found"):
        start(Sample).attribute_configs(["plain", "nope"])


def test_changes_are_found_again_by_the_next_device(start: Any) -> None:
    first = start(Sample)
    change(first, "full", ch_abs="Not specified,2", min_value="Not specified", per="500", unit="cm")
    again = start(Sample).attribute_configs(["full"])[0]
    assert again == first.attribute_configs(["full"])[0]
    assert (again.events.ch_event.abs_change, again.min_value, again.unit) == ("Not specified,2", "Not specified", "cm")
