"""What a proxy does with a device that works."""

from __future__ import annotations

from typing import Any

import pytest

from server_core.model.errors import DevError
from server_core.model.values import CommandRecord
from tangoterm.client import (
    AttributeProxy,
    AttrQuality,
    CmdArgType,
    DevFailed,
    DeviceDataHistory,
    DeviceProxy,
    DevSource,
    DevState,
    MultiDevFailed,
    NonDbDevice,
    WrongData,
)


def test_the_device_tells_who_it_is(device: DeviceProxy) -> None:
    assert device.name() == device.dev_name() == "lab/bench/1"
    assert device.info().dev_class == "Bench"
    assert device.adm_name() == "dserver/bench/test"
    assert device.state() is DevState.ON
    assert device.State() is DevState.ON
    assert device.status() == "The device is in ON state."
    assert 0 < device.ping() < 3_000_000
    assert "Operation ping" in device.black_box(1)[0]


def test_an_alias_names_the_device(server: Any, store: Any) -> None:
    store.put_device_alias("lab/bench/1", "bench")
    device = DeviceProxy("bench")
    assert device.name() == "lab/bench/1"
    assert device.alias() == "bench"
    assert device.state() is DevState.ON


def test_a_reading_has_value_set_point_quality_time_and_dimensions(device: DeviceProxy) -> None:
    reading = device.read_attribute("Level")
    assert (reading.name, reading.value, reading.w_value) == ("level", 1.5, 0.0)
    assert reading.quality is AttrQuality.ATTR_VALID
    assert reading.type is CmdArgType.DevDouble
    assert (reading.dim_x, reading.dim_y, reading.nb_read) == (1, 0, 1)
    assert reading.time.totime() == pytest.approx(reading.time.tv_sec + reading.time.tv_usec / 1e6, abs=1e-5)
    assert not reading.has_failed
    assert not reading.is_empty


def test_arrays_come_with_their_shape(device: DeviceProxy) -> None:
    assert list(device.read_attribute("row").value) == [1, 2, 3]
    picture = device.read_attribute("picture")
    assert [list(row) for row in picture.value] == [[1, 2, 3], [4, 5, 6]]
    assert (picture.r_dimension.dim_x, picture.r_dimension.dim_y, picture.nb_read) == (3, 2, 6)


def test_what_is_written_is_read_back(device: DeviceProxy) -> None:
    device.write_attribute("level", 7)
    assert device.read_attribute("level").value == 7.0
    device.write_attributes([("level", 8.5), ("row", [4, 5])])
    level, row = device.read_attributes(["level", "row"])
    assert (level.value, level.w_value, list(row.value)) == (8.5, 8.5, [4, 5])
    assert device.write_read_attribute("level", 9).value == 9.0
    (row,) = device.write_read_attributes([("row", (7,))], ["row"])
    assert list(row.w_value) == [7]


def test_attributes_and_commands_are_python_attributes(device: DeviceProxy) -> None:
    device.level = 12.5
    assert device.level == 12.5
    assert device.LEVEL == 12.5
    assert device.Add(2) == device.add(0)
    assert device["level"].value == 12.5
    device["level"] = 13
    assert device.level == 13.0
    assert "LEVEL" in device
    assert {"level", "Add", "parts", "read_attribute"} <= set(dir(device))
    with pytest.raises(AttributeError, match="no command, attribute or pipe 'nothing'"):
        _ = device.nothing
    with pytest.raises(AttributeError, match="no attribute or pipe 'Add'"):
        device.Add = 3


def test_an_enumeration_is_read_as_its_label_and_written_by_it(device: DeviceProxy) -> None:
    assert device.mode.name == "slow"
    device.mode = "fast"
    assert device.mode == 2
    assert device.mode.name == "fast"
    device.mode = 0
    assert device.mode.name == "off"
    with pytest.raises(WrongData, match=r"'warp' is not a label of the enumeration \(off, slow, fast\)"):
        device.mode = "warp"


def test_a_device_that_grows_offers_what_is_new(device: DeviceProxy) -> None:
    """DYN: attributes added at run time"""
    assert not hasattr(device, "extra")
    device.Grow()
    assert device.extra == "more"


def test_a_value_is_converted_again_when_the_device_has_changed_the_type(device: DeviceProxy) -> None:
    device.Grow()
    assert device.get_attribute_config("extra").data_type is CmdArgType.DevString
    device.Retype()
    with pytest.raises(DevFailed):
        device.write_attribute("extra", "text")
    device.write_attribute("extra", 5)
    assert device.read_attribute("extra").value == 5


def test_commands_take_and_give_converted_values(device: DeviceProxy) -> None:
    assert device.command_inout("Sleep", 0) is None
    numbers, texts = device.Swap(([1, 2.5], ["a", "b"]))
    assert (list(numbers), texts) == ([2.5, 1.0], ["b", "a"])
    assert device.command_query("add").in_type is CmdArgType.DevLong64
    assert {"Add", "Init", "State"} <= set(device.get_command_list())
    assert [info.cmd_name for info in device.get_command_config(["Add"])] == ["Add"]


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda device: device.Add("five"), "'five' is not an integer, as DevLong64 needs"),
        (lambda device: device.Add(2.5), "2.5 is not an integer, as DevLong64 needs"),
        (lambda device: device.Add(2**63), "is outside"),
        (lambda device: device.Add(), "no argument given, but the command takes a DevLong64"),
        (lambda device: device.Init(3), "3 given, but the command takes no argument"),
        (lambda device: device.Swap([1]), r"\[1\] is not a pair"),
    ],
)
def test_an_argument_that_does_not_fit_is_refused_before_it_is_sent(device: DeviceProxy, call: Any, rule: str) -> None:
    """TYP-2, TYP-4"""
    device.command_list_query()
    with pytest.raises(WrongData, match=rule) as caught:
        call(device)
    assert caught.value.reason == "API_IncompatibleCmdArgumentType"
    assert "command_list_query" in device.black_box(1)[0]


def test_a_value_that_does_not_fit_is_refused_before_it_is_sent(device: DeviceProxy) -> None:
    with pytest.raises(WrongData, match="Attribute level of device lab/bench/1: 'x' is not a number") as caught:
        device.write_attribute("level", "x")
    assert caught.value.reason == "API_IncompatibleAttrArgumentType"


def test_configuration_is_read_and_changed(device: DeviceProxy) -> None:
    config = device.get_attribute_config("level")
    assert (config.unit, config.max_value) == ("mm", "100")
    config.unit = "cm"
    device.set_attribute_config(config)
    assert device.attribute_query("level").unit == "cm"
    assert {each.name for each in device.attribute_list_query()} >= {"level", "row", "State"}
    assert [each.name for each in device.get_attribute_config(["row", "level"])] == ["row", "level"]


def test_pipes(device: DeviceProxy) -> None:
    assert device.get_pipe_list() == ["parts"]
    name, elements = device.read_pipe("parts")
    assert (name, [(each["name"], each["value"]) for each in elements]) == ("blob", [("x", 1), ("text", "hello")])
    device.write_pipe("parts", ("other", {"numbers": [1.0, 2.0]}))
    assert list(device.parts[1][0]["value"]) == [1.0, 2.0]
    with pytest.raises(WrongData, match="is not a pipe blob"):
        device.write_pipe("parts", 3)


def test_polling_through_the_admin_device(device: DeviceProxy) -> None:
    """POLL-80, POLL-61: polling what is polled changes its period; periods are told by the status."""
    assert device.is_attribute_polled("count")
    assert not device.is_attribute_polled("level")
    assert device.get_attribute_poll_period("level") == 0
    device.poll_attribute("Level", 200)
    assert device.get_attribute_poll_period("level") == 200
    device.poll_attribute("level", 300)
    assert device.get_attribute_poll_period("level") == 300
    device.stop_poll_attribute("level")
    assert not device.is_attribute_polled("level")
    with pytest.raises(DevFailed) as caught:
        device.stop_poll_attribute("level")
    assert caught.value.reason == "API_PollObjNotFound"
    device.poll_command("State", 500)
    assert device.get_command_poll_period("state") == 500
    device.stop_poll_command("State")
    assert any("Polled attribute name = count" in text for text in device.polling_status())


def test_the_source_decides_where_a_reading_comes_from(device: DeviceProxy) -> None:
    """POLL-70: and the result of a command"""
    assert device.get_source() is DevSource.CACHE_DEV
    device.set_source(DevSource.CACHE)
    with pytest.raises(DevFailed) as caught:
        device.read_attribute("level")
    assert caught.value.reason == "API_AttrNotPolled"
    with pytest.raises(DevFailed) as caught:
        device.command_inout("State")
    assert caught.value.reason == "API_CmdNotPolled"
    device.set_source(DevSource.DEV)
    assert device.read_attribute("level").value == 1.5
    assert device.get_source() is DevSource.DEV


def test_histories(device: DeviceProxy, until: Any) -> None:
    """POLL-77"""
    device.poll_command("State", 50)
    until(lambda: all(text.count("Delta between") for text in device.polling_status()))
    values = [each.value for each in device.attribute_history("count", 2)]
    assert values == sorted(values)
    assert len(values) == 2
    newest = device.command_history("State", 1)[0]
    assert (newest.extract(), newest.has_failed()) == (DevState.ON, False)
    assert newest.time > 0


def test_a_record_of_a_failed_command() -> None:
    """POLL-77: it has the errors in the result's place, and raises them for who takes the result."""
    record = DeviceDataHistory(CommandRecord(1.5, errors=(DevError("Why", "because", "here"),)))
    assert (record.has_failed(), record.value, record.get_err_stack()[0].reason) == (True, None, "Why")
    with pytest.raises(DevFailed, match="because"):
        record.extract()


def test_properties_of_the_device(device: DeviceProxy) -> None:
    device.put_property({"gain": 3, "names": ["a", "b"]})
    assert device.get_property(["gain", "Names", "none"]) == {"gain": ["3"], "Names": ["a", "b"], "none": []}
    assert {"gain", "names"} <= set(device.get_property_list())
    device.delete_property("gain")
    assert device.get_property("gain") == {"gain": []}


def test_a_device_without_database_has_no_properties(server: Any) -> None:
    endpoint = server.endpoints.partition(",")[0].removeprefix("tcp://")
    device = DeviceProxy(f"tango://{endpoint}/lab/bench/1#dbase=no")
    assert device.state() is DevState.ON
    assert device.adm_name() == f"tango://{endpoint}/dserver/bench/test#dbase=no"
    assert device.is_attribute_polled("count")
    with pytest.raises(NonDbDevice):
        device.get_property("gain")


def test_a_failing_reading_among_others_carries_its_own_errors(device: DeviceProxy) -> None:
    """CLI-8, ATT-24"""
    good, bad, missing = device.read_attributes(["level", "broken", "nope"])
    assert good.value == 1.5
    assert bad.has_failed
    assert bad.is_empty
    assert bad.value is None
    assert [error.reason for error in bad.get_err_stack()] == ["PyDs_PythonError", "API_AttributeFailed"]
    assert [error.reason for error in missing.get_err_stack()] == ["API_AttrNotFound", "API_AttributeFailed"]


def test_a_multiple_write_names_what_failed_and_writes_the_rest(device: DeviceProxy) -> None:
    """ATT-40, CLI-8"""
    with pytest.raises(MultiDevFailed) as caught:
        device.write_attributes([("level", 5), ("picture", [[1.0]])])
    assert [(failed.name, failed.errors[0].reason) for failed in caught.value.failed] == [
        ("picture", "API_AttrNotWritable")
    ]
    assert device.level == 5.0


def test_an_attribute_proxy_is_the_device_for_one_name(server: Any, store: Any) -> None:
    store.put_attribute_alias("lab/bench/1/level", "height")
    for name in ("lab/bench/1/level", "height"):
        attribute = AttributeProxy(name)
        attribute.write(4)
        assert attribute.read().value == 4.0
        assert attribute.get_config().unit == "mm"
        assert attribute.get_poll_period() == 0
        assert attribute.get_device_proxy().state() is DevState.ON
        attribute.put_property({"comment": "tall"})
        assert attribute.get_property("comment") == {"comment": ["tall"]}
        attribute.delete_property("comment")
        assert attribute.get_property("comment") == {"comment": []}


def test_names_of_several_attributes_may_be_one_or_none(device: DeviceProxy) -> None:
    assert [reading.name for reading in device.read_attributes("State")] == ["State"]
    assert device.read_attributes([]) == []


def test_a_device_is_named_by_a_text() -> None:
    with pytest.raises(TypeError, match="a device is named by a text, not by None"):
        DeviceProxy(None)  # type: ignore[arg-type]
