"""Members that come and go, pipes, pushed events, asynchronous methods."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from server_core import (
    AttrQuality,
    AttrWriteType,
    CmdArgType,
    DevFailed,
    Device,
    DevState,
    EventType,
    PipeWriteType,
    attribute,
    command,
    pipe,
)
from server_core.device.host import Host
from server_core.model.config import PipeConfig
from server_core.model.pipe import PipeBlob
from server_core.model.values import AttributeWrite, DataReady, TypedValue

RW = AttrWriteType.READ_WRITE


class Growing(Device):
    ro = attribute(dtype=float, fget=lambda self: 1.25)

    def init_device(self) -> None:
        self.values: dict[str, Any] = {}
        self.set_state(DevState.ON)

    def read_any(self, attr: Any) -> Any:
        return self.values.get(attr.get_name(), 0)

    def write_any(self, attr: Any) -> None:
        self.values[attr.get_name()] = attr.get_write_value()

    @command
    def Nothing(self) -> None: ...


def dyn(name: str, dtype: Any = float, **kwargs: Any) -> attribute:
    return attribute(name=name, dtype=dtype, access=RW, **kwargs)


def add(kernel: Any, name: str, dtype: Any = float, **kwargs: Any) -> Any:
    return kernel.device.add_attribute(dyn(name, dtype, **kwargs), Growing.read_any, kernel.device.write_any)


def test_an_added_attribute_stands_before_state_and_belongs_to_its_device_only(start: Any, host: Any) -> None:
    """DYN-1, DYN-5."""
    kernel, other = start(Growing, "test/attr/1"), start(Growing, "test/attr/2")
    add(kernel, "dyn1", unit="mm", max_value=10)
    assert list(kernel.attributes) == ["ro", "dyn1", "State", "Status"]
    kernel.write_attributes([AttributeWrite("DYN1", CmdArgType.DevDouble, 2.5)])
    assert kernel.read_attributes(["dyn1"])[0].value == 2.5
    assert kernel.attribute_configs(["dyn1"])[0].unit == "mm"
    assert other.read_attributes(["dyn1"])[0].errors[0].reason == "API_AttrNotFound"
    assert host.interface_changes == 1


def test_adding_the_same_definition_again_changes_nothing(start: Any, host: Any) -> None:
    """DYN-2."""
    kernel = start(Growing)
    first = add(kernel, "dyn1")
    assert add(kernel, "DYN1") is first
    kernel.device.add_attribute(attribute(name="ro", dtype=float), Growing.read_any)
    assert host.interface_changes == 1
    with pytest.raises(DevFailed) as raised:
        add(kernel, "dyn1", int)
    assert raised.value.errors[0][:2] == (
        "API_AttrNotFound",
        "Device test/device/1 -> Attribute dyn1 already exists for your device but with other definition\n"
        "(data type, data format or data write type)",
    )


def test_a_wrong_definition_leaves_nothing_behind(start: Any, host: Any) -> None:
    """DYN-3."""
    kernel = start(Growing)
    with pytest.raises(DevFailed, match="API_IncoherentValues"):
        add(kernel, "dynbad", min_value=5, max_value=1)
    assert ("dynbad" in kernel.attributes, host.interface_changes) == (False, 0)


def test_an_enum_without_labels_cannot_be_read_but_does_not_alarm_the_device(start: Any) -> None:
    """ATT-59, DYN-4."""
    kernel = start(Growing, "test/attr/2")
    add(kernel, "dynen0", "DevEnum")
    assert kernel.read_attributes(["dynen0"])[0].errors[0][:2] == (
        "API_AttrConfig",
        "\nDevice test/attr/2-> Attribute : dynen0\nThe attribute dynen0 has the DEV_ENUM data type but there is no "
        "enumeration label(s) defined",
    )
    assert kernel.state() is DevState.ON


def test_polling_and_configuration_of_a_removed_attribute_go_unless_kept(start: Any, host: Any) -> None:
    """DYN-3, DYN-6."""
    kernel = start(Growing)
    add(kernel, "dynpo", polling_period=500)
    assert (host.polled, kernel.device.is_attribute_polled("dynpo")) == ({("dynpo", False): 500}, True)
    config = kernel.attribute_configs(["dynpo"])[0]
    config.label = "kept"
    kernel.set_attribute_configs([config])
    kernel.device.remove_attribute("dynpo", clean_db=False)
    assert (host.polled, "dynpo" in kernel.attributes) == ({}, False)
    add(kernel, "dynpo")
    assert kernel.attribute_configs(["dynpo"])[0].label == "kept"
    kernel.device.remove_attribute("DYNPO")
    assert host.properties.attributes["test/device/1", "dynpo"] == {}


@pytest.mark.parametrize("name", ["nope", "State"])
def test_unknown_and_reserved_attributes_cannot_be_removed(start: Any, name: str) -> None:
    """DYN-8, DYN-10."""
    with pytest.raises(DevFailed) as raised:
        start(Growing).device.remove_attribute(name)
    assert [error[:2] for error in raised.value.errors] == [
        ("API_AttrOptProp", f"Attribute {name} not found in class attribute(s)"),
        (
            "API_AttrNotFound",
            f"Attribute {name} is not defined as attribute for your device.\nCan't remove it",
        ),
    ]


def test_devices_of_a_class_have_their_own_definitions(start: Any) -> None:
    """DYN-2: one name, two types; neither knows of the other's."""
    kernel, other = start(Growing, "test/attr/1"), start(Growing, "test/attr/2")
    add(kernel, "dyn1", float)
    add(other, "dyn1", int)
    assert [each.attribute("dyn1").data_type for each in (kernel, other)] == [
        CmdArgType.DevDouble,
        CmdArgType.DevLong64,
    ]


def test_a_static_attribute_can_be_removed_from_one_device(start: Any) -> None:
    """DYN-9."""
    kernel, other = start(Growing, "test/attr/1"), start(Growing, "test/attr/2")
    kernel.device.remove_attribute("ro")
    assert ("ro" in kernel.attributes, "ro" in other.attributes) == (False, True)


def test_a_memorised_dynamic_attribute_comes_back_with_its_value(start: Any, host: Any) -> None:
    """DYN-3, ATT-67."""
    host.properties.attributes["test/device/1", "dynmem"] = {"__value": ["3"]}
    kernel = start(Growing)
    add(kernel, "dynmem", int, memorized=True, hw_memorized=True)
    assert kernel.device.values == {"dynmem": 3}


def test_attributes_may_be_added_before_the_device_is_served(start: Any, host: Any) -> None:
    class Early(Growing):
        def initialize_dynamic_attributes(self) -> None:
            self.add_attribute(attribute(name="early", dtype=int, fget=self.read_any, polling_period=200))

    kernel = start(Early)
    assert kernel.read_attributes(["early"])[0].value == 0
    assert (host.interface_changes, kernel.class_default_polling()) == (0, {("early", False): 200})


def test_dynamic_attributes_survive_init(start: Any) -> None:
    """DYN-14."""
    kernel = start(Growing)
    add(kernel, "dyn1")
    kernel.init()
    assert "dyn1" in kernel.attributes


def five(dtype: Any = int) -> Any:
    def DynCmd() -> int:
        return 5

    return command(f=DynCmd, dtype_out=dtype)


def test_a_command_can_be_added_to_one_device(start: Any, host: Any) -> None:
    """DYN-11."""
    kernel, other = start(Growing, "test/attr/2"), start(Growing, "test/attr/1")
    kernel.device.add_command(five())
    assert kernel.command_inout("dyncmd").value == 5
    assert [info.cmd_name for info in kernel.command_list()][-1] == "DynCmd"
    with pytest.raises(DevFailed, match="Command DynCmd not found"):
        other.command_inout("DynCmd")
    kernel.device.add_command(five())
    assert host.interface_changes == 1
    with pytest.raises(DevFailed) as raised:
        kernel.device.add_command(five(float))
    assert raised.value.errors[0][:2] == (
        "API_CommandNotFound",
        "Device test/attr/2 -> Command DynCmd already exists for your device but with other definition\n"
        "(command input data type or command output data type)",
    )
    kernel.device.remove_command("DynCmd")
    with pytest.raises(DevFailed, match="Command DynCmd not found"):
        kernel.command_inout("DynCmd")


def test_a_command_can_be_added_to_the_class_and_static_ones_removed_from_it(start: Any, host: Any) -> None:
    """DYN-11, DYN-12."""
    kernel, other = start(Growing, "test/attr/2"), start(Growing, "test/attr/1")
    kernel.device.add_command(five(), device_level=False)
    assert other.command_inout("DynCmd").value == 5
    assert [info.cmd_name for info in other.command_list()] == ["DynCmd", "Init", "Nothing", "State", "Status"]
    assert host.interface_changes == 2
    kernel.device.remove_command("nothing")
    for device in (kernel, other):
        with pytest.raises(DevFailed, match="Command Nothing not found"):
            device.command_inout("Nothing")


def test_a_class_may_have_a_command_for_all_other_names(start: Any) -> None:
    """CMD-4: behind those of the class and of the device; queries do not find it."""
    kernel = start(Growing)
    kernel.device.add_command(five())
    kernel.device_class.set_default_command(command(f=lambda: 7, dtype_out=int, name="any"))
    assert [kernel.command_inout(name).value for name in ("Nothing", "DynCmd", "Whatever")] == [None, 5, 7]
    with pytest.raises(DevFailed, match="Command Whatever not found"):
        kernel.command_info("Whatever")
    with pytest.raises(TypeError, match="is not a command"):
        kernel.device_class.set_default_command(print)


def test_an_unknown_command_cannot_be_removed(start: Any) -> None:
    """DYN-12."""
    with pytest.raises(DevFailed) as raised:
        start(Growing).device.remove_command("Nope")
    assert [error.desc for error in raised.value.errors] == [
        "Nope command not found",
        "Command Nope is not defined as a command for your device.\nCan't remove it",
    ]


def test_polling_settings_go_with_a_removed_command(start: Any, host: Any) -> None:
    kernel = start(Growing)
    kernel.device.poll_command("nothing", 100)
    assert kernel.device.get_command_poll_period("Nothing") == 100
    kernel.device.remove_command("Nothing")
    assert host.polled == {}


# ---- pipes


class Piped(Device):
    @pipe(label="Ro label", doc="ro doc")
    def ro(self) -> Any:
        return "rootblob", {"i": 1, "f": 2.5, "s": "x", "l": [1, 2], "b": True}

    @pipe
    def rw(self) -> Any:
        return self.blob

    @rw.write
    def rw(self, blob: Any) -> None:
        self.blob = blob

    @pipe
    def bad(self) -> Any:
        raise DevFailed.of("P_Reason", "pdesc", "porig")

    unset = pipe(fget=lambda self: None)
    guard = pipe(fget=lambda self: ("g", {}))

    def is_guard_allowed(self, request: Any) -> bool:
        return False


def test_pipes_are_listed_by_name_with_their_configuration(start: Any) -> None:
    """PIPE-1."""
    kernel = start(Piped)
    assert [config.name for config in kernel.pipe_configs()] == ["bad", "guard", "ro", "rw", "unset"]
    ro, rw = kernel.pipe_configs(["RO", "rw"])
    assert (ro.label, ro.description, ro.writable) == ("Ro label", "ro doc", PipeWriteType.PIPE_READ)
    assert (rw.label, rw.writable) == ("rw", PipeWriteType.PIPE_READ_WRITE)


def test_a_blob_is_read_and_written(start: Any) -> None:
    """PIPE-2, PIPE-3, PIPE-6."""
    kernel = start(Piped)
    blob = kernel.read_pipe("RO")
    assert (blob.name, [element.type.name for element in blob.elements]) == (
        "rootblob",
        ["DevLong64", "DevDouble", "DevString", "DevVarLong64Array", "DevBoolean"],
    )
    kernel.write_pipe("rw", PipeBlob.from_user(("bl", {"i": 1, "in": ("inner", {"q": True})})))
    assert kernel.read_pipe("rw").to_user()[1][1]["value"] == (
        "inner",
        [{"name": "q", "dtype": CmdArgType.DevBoolean, "value": True}],
    )


@pytest.mark.parametrize(
    ("name", "reason", "desc"),
    [
        ("nope", "API_PipeNotFound", "nope pipe not found"),
        ("guard", "API_PipeNotAllowed", "It is currently not allowed to read pipe guard"),
        ("unset", "API_PipeValueNotSet", "Value for pipe unset has not been updated"),
        ("bad", "P_Reason", "pdesc"),
    ],
)
def test_what_reading_a_pipe_can_fail_with(start: Any, name: str, reason: str, desc: str) -> None:
    """PIPE-5."""
    with pytest.raises(DevFailed) as raised:
        start(Piped).read_pipe(name)
    assert raised.value.errors[0][:2] == (reason, desc)


def test_a_read_only_pipe_is_not_written(start: Any) -> None:
    """PIPE-6."""
    with pytest.raises(DevFailed, match="API_PipeNotWritable: Pipe ro is not writable"):
        start(Piped).write_pipe("ro", PipeBlob())


def test_label_and_description_of_a_pipe_change_and_reset(start: Any) -> None:
    """PIPE-8."""
    kernel = start(Piped)

    def change(label: str, description: str) -> tuple[str, str]:
        kernel.set_pipe_configs([PipeConfig("ro", label, description)])
        config = kernel.pipe_configs(["ro"])[0]
        return config.label, config.description

    assert change("new", "nd") == ("new", "nd")
    assert change("", "") == ("Ro label", "ro doc")
    assert change("Not specified", "Not specified") == ("ro", "No description")
    assert change("NaN", "NaN") == ("Ro label", "ro doc")
    with pytest.raises(DevFailed, match="Pipe writable property is not changeable at run time"):
        kernel.set_pipe_configs([PipeConfig("ro", writable=PipeWriteType.PIPE_READ_WRITE)])
    with pytest.raises(DevFailed, match="API_PipeNotFound: nope pipe not found"):
        kernel.set_pipe_configs([PipeConfig("nope")])


def test_texts_of_a_pipe_are_kept_unless_they_hold_without(start: Any, host: Any) -> None:
    """PIPE-8, ATT-9: device, class and declaration in this order; a reset word that must override one is written."""
    host.properties.class_pipes["piped", "ro"] = {"label": ["of the class"]}
    kernel = start(Piped)
    stored = host.properties.pipes["test/device/1", "ro"]

    def change(label: str) -> tuple[str, Any]:
        config = kernel.pipe_configs(["ro"])[0]
        config.label = label
        kernel.set_pipe_configs([config])
        assert start(Piped).pipe_configs(["ro"])[0].label == kernel.pipe_configs(["ro"])[0].label
        return kernel.pipe_configs(["ro"])[0].label, stored.get("label")

    assert kernel.pipe_configs(["ro"])[0].label == "of the class"
    assert change("mine") == ("mine", ["mine"])
    assert change("NaN") == ("of the class", None)
    assert change("") == ("Ro label", ["Ro label"])
    assert change("Not specified") == ("ro", ["ro"])
    assert change("of the class") == ("of the class", None)
    assert "description" not in stored


def test_a_change_that_cannot_be_stored_is_not_made(start: Any, host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """PIPE-8: records before it stay changed, and the error says so."""

    def refuse(device: str, values: Any) -> None:
        if "rw" in values:
            raise DevFailed.of("API_NotSupported", "no pipes here")

    kernel = start(Piped)
    monkeypatch.setattr(host.properties, "put_device_pipe_property", refuse)
    records = [PipeConfig("ro", "new"), PipeConfig("rw", "new", writable=PipeWriteType.PIPE_READ_WRITE)]
    with pytest.raises(DevFailed, match=r"All previous pipe\(s\) have been successfully updated"):
        kernel.set_pipe_configs(records)
    assert [config.label for config in kernel.pipe_configs(["ro", "rw"])] == ["new", "rw"]


def test_pipe_configurations_are_applied_in_order_until_one_fails(start: Any) -> None:
    """PIPE-8: and the error says what became of the others"""
    kernel = start(Piped)
    wanted = [PipeConfig("rw", "first", writable=PipeWriteType.PIPE_READ_WRITE), PipeConfig("nope"), PipeConfig("ro")]
    with pytest.raises(DevFailed) as raised:
        kernel.set_pipe_configs(wanted)
    assert raised.value.errors[0][:2] == (
        "API_PipeNotFound",
        "nope pipe not found\nAll previous pipe(s) have been successfully updated\n"
        "All remaining pipe(s) have not been updated",
    )
    assert [config.label for config in kernel.pipe_configs(["rw", "ro"])] == ["first", "Ro label"]


def test_a_device_without_pipes(start: Any) -> None:
    """PIPE-8, PIPE-10."""
    kernel = start(Growing)
    assert kernel.pipe_configs() == []
    with pytest.raises(DevFailed, match="The device does not have any pipe"):
        kernel.set_pipe_configs([PipeConfig("x")])


# ---- pushed events


def pushed(host: Any) -> list[tuple[Any, ...]]:
    events, host.events = host.events, []
    return events


def test_pushed_events_carry_value_time_quality_or_errors(start: Any, host: Any) -> None:
    """EVT-40..EVT-43."""
    kernel = start(Growing)
    device = kernel.device
    device.set_change_event("RO", True, False)
    device.push_change_event("ro", 2.5)
    device.push_change_event("ro", 3.5, 100.0, AttrQuality.ATTR_WARNING)
    device.push_change_event("ro", DevFailed.of("Lost", "gone"))
    device.push_archive_event("ro", 1.0)
    device.push_event("ro", [], [], 4.5)
    plain, timed, failed, archive, user = pushed(host)
    assert (plain[0], plain[1], plain[2].value, plain[4]) == ("ro", EventType.CHANGE_EVENT, 2.5, False)
    assert (timed[2].time, timed[2].quality) == (100.0, AttrQuality.ATTR_WARNING)
    assert (failed[2], failed[3][0].reason) == (None, "Lost")
    assert (archive[1], archive[4]) == (EventType.ARCHIVE_EVENT, True)
    assert (user[1], user[2].value, user[4]) == (EventType.USER_EVENT, 4.5, False)


def test_state_and_status_are_pushed_without_value(start: Any, host: Any) -> None:
    device = start(Growing).device
    device.push_change_event("State")
    device.push_change_event("status")
    assert [event[2].value for event in pushed(host)] == [DevState.ON, "The device is in ON state."]


def test_a_push_needs_a_known_attribute_and_a_value(start: Any) -> None:
    """EVT-41."""
    device = start(Growing).device
    with pytest.raises(DevFailed, match="API_AttrNotFound"):
        device.push_change_event("nope", 1)
    with pytest.raises(DevFailed, match="API_AttrValueNotSet"):
        device.push_change_event("ro")


def test_data_ready_and_pipe_events(start: Any, host: Any) -> None:
    """EVT-44, EVT-54."""
    kernel = start(Piped)
    kernel.device.push_pipe_event("ro", ("pushed", {"z": 9}))
    growing = start(Growing)
    growing.device.set_data_ready_event("ro")
    growing.device.push_data_ready_event("RO", 7)
    blob, ready = (event[2] for event in pushed(host))
    assert (blob.name, blob.elements[0].value) == ("pushed", 9)
    assert (ready, growing.attribute("ro").data_ready) == (DataReady("ro", CmdArgType.DevDouble, 7), True)


# ---- asynchronous methods


class Patient(Device):
    async def init_device(self) -> None:
        await super().init_device()
        self.value = 1.0
        await asyncio.sleep(0)
        self.set_state(DevState.ON)

    @attribute(dtype=float)
    async def slow(self) -> float:
        await asyncio.sleep(0)
        return self.value

    @slow.write
    async def slow(self, value: float) -> None:
        self.value = value

    @slow.is_allowed
    async def slow(self, request: Any) -> bool:
        return self.value >= 0

    @command
    async def Twice(self, value: float) -> float:
        return 2 * value

    @command
    async def Grow(self, name: str) -> None:
        self.add_attribute(attribute(name=name, dtype=float, fget=self.slow_one))

    async def slow_one(self, attr: Any) -> float:
        return float(len(attr.get_name()))

    async def dev_state(self) -> DevState:
        return DevState.RUNNING

    @attribute
    async def failing(self) -> float:
        raise ValueError("later")


def test_any_method_may_be_asynchronous(start: Any) -> None:
    kernel = start(Patient)
    kernel.write_attributes([AttributeWrite("slow", CmdArgType.DevDouble, 2.5)])
    assert kernel.read_attributes(["slow"])[0].value == 2.5
    assert kernel.command_inout("Twice", TypedValue(CmdArgType.DevDouble, 2.0)).value == 4.0
    assert (kernel.state(), kernel.device.get_state()) == (DevState.RUNNING, DevState.ON)
    assert kernel.read_attributes(["failing"])[0].errors[0].desc == "ValueError: later\n"
    kernel.write_attributes([AttributeWrite("slow", CmdArgType.DevDouble, -1.0)])
    assert kernel.read_attributes(["slow"])[0].errors[0].reason == "API_AttrNotAllowed"


def test_an_asynchronous_method_adds_attributes_under_the_monitor_of_its_request(
    start: Any, host: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = start(Patient)

    def held_by_the_request(device: Device) -> Any:
        raise DevFailed.of("API_CommandTimedOut", "the request waits for this method")

    monkeypatch.setattr(host, "monitor", held_by_the_request)
    kernel.command_inout("Grow", TypedValue(CmdArgType.DevString, "four"))
    assert kernel.read_attributes(["four"])[0].value == 4.0


def test_log_streams_reach_the_host(start: Any, host: Host) -> None:
    device = start(Growing).device
    device.info_stream("%s of %d", "one", 2)
    device.error_stream("100 %")
    assert [(level.word, text) for level, text in host.messages] == [("INFO", "one of 2"), ("ERROR", "100 %")]  # type: ignore[attr-defined]
