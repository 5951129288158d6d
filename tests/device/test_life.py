"""Properties, commands, memorised values, Init and state of a device, from start to end."""

from __future__ import annotations

from typing import Any

import pytest

from server_core import (
    AttrWriteType,
    CmdArgType,
    DebugIt,
    DevFailed,
    Device,
    DevState,
    ErrSeverity,
    Except,
    attribute,
    command,
)
from server_core.model.errors import MultiDevFailed
from server_core.model.values import VOID, AttributeWrite, TypedValue

RW = AttrWriteType.READ_WRITE

# ---- commands


class Commanded(Device):
    def init_device(self) -> None:
        self.hooked = 0

    def always_executed_hook(self) -> None:
        self.hooked += 1

    @command(dtype_in=str, doc_in="in doc", dtype_out=str, doc_out="out doc")
    def Echo(self, text: str) -> str:
        return text

    @command
    def Mean(self, values: list[float]) -> float:
        return sum(values) / len(values)

    @command(dtype_in="DevVarLongStringArray", dtype_out="DevVarDoubleStringArray")
    def Pair(self, pair: Any) -> Any:
        return [number / 2 for number in pair[0]], pair[1]

    @command
    def Nothing(self) -> None: ...

    @command(dtype_out=int)
    def BadReturn(self) -> Any:
        return "text"

    @command
    def Raise(self) -> None:
        Except.throw_exception("S_Reason", "sev", "o", ErrSeverity.PANIC)

    @command
    @DebugIt(show_args=True)
    def Divide(self, value: int) -> float:
        return 1 / value


def test_command_list_is_sorted_and_carries_types_and_descriptions(start: Any) -> None:
    """CMD-1, CMD-2."""
    infos = start(Commanded).command_list()
    assert [info.cmd_name for info in infos] == [
        "BadReturn", "Divide", "Echo", "Init", "Mean", "Nothing", "Pair", "Raise", "State", "Status",
    ]  # fmt: skip
    by_name = {info.cmd_name: info for info in infos}
    echo, state = by_name["Echo"], by_name["State"]
    assert (echo.in_type.name, echo.out_type.name, echo.in_type_desc) == ("DevString", "DevString", "in doc")
    assert (state.in_type_desc, state.out_type.name, state.out_type_desc) == (
        "Uninitialised",
        "DevState",
        "Device state",
    )
    assert (by_name["Mean"].in_type.name, by_name["Mean"].out_type.name) == ("DevVarDoubleArray", "DevDouble")


def test_commands_take_and_give_their_types(start: Any) -> None:
    kernel = start(Commanded)
    assert kernel.command_inout("ECHO", TypedValue(CmdArgType.DevString, "x")) == (CmdArgType.DevString, "x")
    numbers = memoryview(__import__("array").array("i", [2, 4]))
    _, (halves, words) = kernel.command_inout("Pair", TypedValue(CmdArgType.DevVarLongStringArray, (numbers, ["a"])))
    assert (halves.tolist(), words) == ([1.0, 2.0], ["a"])
    assert kernel.command_inout("Nothing", TypedValue(CmdArgType.DevLong, 5)) == VOID
    assert kernel.command_inout("State", TypedValue(CmdArgType.DevLong, 5)).value is DevState.UNKNOWN
    assert kernel.device.hooked == 4


@pytest.mark.parametrize(
    ("name", "argin", "reason", "desc"),
    [
        ("Nope", VOID, "API_CommandNotFound", "Command Nope not found"),
        ("Echo", VOID, "API_IncompatibleCmdArgumentType", "expected type is : Tango::DevString"),
        ("Echo", TypedValue(CmdArgType.DevLong, 1), "API_IncompatibleCmdArgumentType", "Incompatible argument type"),
        ("BadReturn", VOID, "API_IncompatibleCmdArgumentType", "Result of command BadReturn"),
        ("Divide", TypedValue(CmdArgType.DevLong64, 0), "PyDs_PythonError", "ZeroDivisionError: division by zero\n"),
        ("Raise", VOID, "S_Reason", "sev"),
    ],
)
def test_what_a_command_can_fail_with(start: Any, name: str, argin: TypedValue, reason: str, desc: str) -> None:
    """CMD-4, CMD-7, CMD-8, CMD-9, CMD-10, ERR-1."""
    with pytest.raises(DevFailed) as raised:
        start(Commanded).command_inout(name, argin)
    assert raised.value.reason == reason
    assert desc in raised.value.desc
    if reason == "PyDs_PythonError":
        assert "Traceback" in raised.value.errors[0].origin
    if reason == "S_Reason":
        assert raised.value.errors[0].severity is ErrSeverity.PANIC


class Strict(Device):
    """Notes what is called, and allows what `allows` says."""

    def init_device(self) -> None:
        self.order: list[str] = []
        self.allows = True

    def always_executed_hook(self) -> None:
        self.order.append("hook")

    @command
    def Work(self, amount: int) -> str:
        self.order.append("body")
        return "done"

    @command(dtype_in="DevShort", dtype_out="DevShort")
    def Choose(self, label: int) -> int:
        return label

    def is_Work_allowed(self) -> bool:
        self.order.append("allowed?")
        return self.allows


def test_the_order_of_work_on_a_command(start: Any) -> None:
    """CMD-4: found, hook, permission, argument, body; each only when what is before it went well."""
    kernel = start(Strict)
    device, right = kernel.device, TypedValue(CmdArgType.DevLong64, 1)

    def order(name: str, argin: TypedValue) -> tuple[str, list[str]]:
        device.order.clear()
        try:
            kernel.command_inout(name, argin)
        except DevFailed as failure:
            return failure.reason, device.order
        return "", device.order

    assert order("Word", right) == ("API_CommandNotFound", [])
    assert order("WORK", VOID) == ("API_IncompatibleCmdArgumentType", ["hook", "allowed?"])
    assert order("work", right) == ("", ["hook", "allowed?", "body"])
    device.allows = False
    assert order("Work", VOID) == ("API_CommandNotAllowed", ["hook", "allowed?"])


def test_an_enumerated_argument_is_a_short(start: Any) -> None:
    """CMD-9"""
    kernel = start(Strict)
    assert kernel.command_inout("Choose", TypedValue(CmdArgType.DevEnum, 2)).value == 2
    with pytest.raises(DevFailed, match="expected type is : Tango::DevShort"):
        kernel.command_inout("Choose", TypedValue(CmdArgType.DevLong, 2))


def test_a_traced_method_logs_its_calls(start: Any, host: Any) -> None:
    kernel = start(Commanded)
    kernel.command_inout("Divide", TypedValue(CmdArgType.DevLong64, 2))
    assert [message for _, message in host.messages] == ["-> Commanded.Divide(2)", "<- Commanded.Divide()"]


@pytest.mark.parametrize("dtype", ["DevUChar", "DevVarStateArray", "DevVarEncodedArray", "DevPipeBlob"])
def test_types_that_commands_cannot_carry_are_refused(start: Any, dtype: str) -> None:
    """TYP-12."""

    class Wrong(Device):
        @command(dtype_in=dtype)
        def Take(self, value: Any) -> None: ...

    with pytest.raises(DevFailed, match="command argument") as caught:
        start(Wrong)
    assert caught.value.reason == "API_CmdArgumentTypeNotSupported"


class Guarded(Device):
    allowed = False

    def is_State_allowed(self) -> bool:
        return False

    is_Status_allowed = is_State_allowed

    def is_Init_allowed(self) -> bool:
        return self.allowed


def test_state_and_status_are_always_allowed_and_init_unless_forbidden(start: Any) -> None:
    """CMD-13."""
    kernel = start(Guarded)
    assert kernel.command_inout("State").value is DevState.UNKNOWN
    assert kernel.command_inout("Status").value == "The device is in UNKNOWN state."
    with pytest.raises(DevFailed, match="Command Init not allowed when the device is in UNKNOWN state"):
        kernel.command_inout("Init")
    kernel.device.allowed = True
    kernel.command_inout("Init")
    start(Device).command_inout("Init")


def test_an_override_without_decorator_stays_the_command(start: Any) -> None:
    class Louder(Commanded):
        def Echo(self, text: str) -> str:
            return super().Echo(text).upper()

        Nothing = None  # type: ignore[assignment]

    kernel = start(Louder)
    assert kernel.command_inout("Echo", TypedValue(CmdArgType.DevString, "x")).value == "X"
    with pytest.raises(DevFailed, match="API_CommandNotFound"):
        kernel.command_inout("Nothing")


# ---- memorised attributes


class Remembering(Device):
    mem = attribute(dtype=float, access=RW, memorized=True)
    memhw = attribute(dtype=float, access=RW, memorized=True, hw_memorized=True)
    memstr = attribute(dtype=str, access=RW, memorized=True, hw_memorized=True)
    membool = attribute(dtype=bool, access=RW, memorized=True)
    refuse = False

    def init_device(self) -> None:
        self.values = {"mem": -1.0, "memhw": -1.0, "memstr": "", "membool": False}
        self.set_state(DevState.ON)

    def read_mem(self) -> float:
        return self.values["mem"]

    read_memhw = lambda self: self.values["memhw"]  # noqa: E731
    read_memstr = lambda self: self.values["memstr"]  # noqa: E731
    read_membool = lambda self: self.values["membool"]  # noqa: E731

    def write_mem(self, value: float) -> None:
        if value > 99:
            raise DevFailed.of("W", "too much")
        self.values["mem"] = value

    def write_memhw(self, value: float) -> None:
        if self.refuse:
            raise DevFailed.of("Mem_Reason", "mem fails", "mem.origin")
        self.values["memhw"] = value

    def write_memstr(self, value: str) -> None:
        self.values["memstr"] = value

    def write_membool(self, value: bool) -> None:
        self.values["membool"] = value


def written(kernel: Any, name: str, value: Any) -> None:
    kernel.write_attributes([AttributeWrite(name, kernel.attribute(name).data_type, value)])


def pairs(kernel: Any, *names: str) -> list[tuple[Any, Any]]:
    return [(value.value, value.w_value) for value in kernel.read_attributes(names)]


def memorised_text(host: Any, name: str) -> Any:
    return host.properties.attributes["test/device/1", name].get("__value")


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("mem", 12.5, "12.5"),
        ("memhw", 7.0, "7"),
        ("mem", 1 / 3, "0.333333333333333"),
        ("mem", 1e-300, "1e-300"),
        ("memstr", 'a,b "c"\nd', 'a,b "c"\nd'),
        ("membool", True, "true"),
    ],
)
def test_a_successful_write_is_memorised(start: Any, host: Any, name: str, value: Any, text: str) -> None:
    """ATT-65."""
    written(start(Remembering), name, value)
    assert memorised_text(host, name) == [text]


def test_a_failed_write_is_not_memorised(start: Any, host: Any) -> None:
    """ATT-65, ATT-47."""
    kernel = start(Remembering)
    written(kernel, "mem", 2.0)
    with pytest.raises(MultiDevFailed):
        written(kernel, "mem", 100.0)
    assert (memorised_text(host, "mem"), pairs(kernel, "mem")) == (["2"], [(2.0, 2.0)])


def test_memorised_values_come_back_at_start_and_after_init(start: Any) -> None:
    """ATT-67, ATT-69, CMD-12."""
    kernel = start(Remembering)
    for name, value in (("mem", 12.5), ("memhw", 7.25), ("memstr", 'a,b "c"\nd')):
        written(kernel, name, value)
    expected = [(-1.0, 12.5), (7.25, 7.25), ('a,b "c"\nd', 'a,b "c"\nd')]
    kernel.init()
    assert pairs(kernel, "mem", "memhw", "memstr") == expected
    assert pairs(start(Remembering), "mem", "memhw", "memstr") == expected


class Showing(Remembering):
    def init_device(self) -> None:
        super().init_device()
        attributes = self.get_device_attr()
        for name in ("mem", "memhw"):
            attributes.get_w_attr_by_name(name).set_write_value(self.values[name])


def test_init_may_set_the_set_points_and_memorised_values_are_still_written_again(start: Any) -> None:
    """ATT-47, ATT-67, ATT-69: without `hw_memorized` the set point of the code stays, as in the reference."""
    kernel = start(Showing)
    assert pairs(kernel, "mem", "memhw") == [(-1.0, -1.0), (-1.0, -1.0)]
    written(kernel, "mem", 12.5)
    written(kernel, "memhw", 7.25)
    kernel.init()
    expected = [(-1.0, -1.0), (7.25, 7.25)]
    assert pairs(kernel, "mem", "memhw") == expected
    assert pairs(start(Showing), "mem", "memhw") == expected


def test_attributes_are_found_under_the_names_of_the_reference(start: Any) -> None:
    attributes = start(Remembering).device.get_device_attr()
    assert attributes.get_attr_by_name("MEM") is attributes.get_w_attr_by_name("mem") is attributes.get_attr_by_ind(0)
    assert attributes.get_attr_nb() == 6
    assert [found.get_name() for found in attributes.get_attribute_list()][-2:] == ["State", "Status"]
    with pytest.raises(DevFailed, match="State writable attribute not found") as caught:
        attributes.get_w_attr_by_name("State")
    assert caught.value.reason == "API_AttrNotFound"
    with pytest.raises(DevFailed, match="nope attribute not found"):
        attributes.get_attr_by_name("nope")


def test_a_memorised_text_of_another_type_is_ignored(start: Any, host: Any) -> None:
    """ATT-67, ATT-68: and so is `Not used yet`, without a word."""
    texts = {"mem": "abc", "memhw": "Not used yet", "memstr": "Not used yet", "membool": "maybe"}
    for name, text in texts.items():
        host.properties.attributes["test/device/1", name] = {"__value": [text]}
    kernel = start(Remembering)
    assert pairs(kernel, *texts) == [(-1.0, 0.0), (-1.0, 0.0), ("", "Not initialised"), (False, True)]
    assert kernel.state() is DevState.ON
    assert [message for _, message in host.messages] == [
        f"Memorised value {text!r} of attribute {name} ignored: {why}"
        for name, text, why in (
            ("mem", "abc", "could not convert string to float: 'abc'"),
            ("membool", "maybe", "'maybe' is not a boolean"),
        )
    ]


def test_a_write_that_fails_at_start_forces_alarm_until_a_write_succeeds(
    start: Any, host: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ATT-56, ATT-57, ATT-71, ATT-72, LIFE-24."""
    host.properties.attributes["test/device/1", "memhw"] = {"__value": ["3"]}
    monkeypatch.setattr(Remembering, "refuse", True)
    kernel = start(Remembering)
    assert kernel.state() is DevState.ALARM
    assert kernel.status() == (
        "The device is in ALARM state.\nMemorized attribute memhw has failed during device startup sequence"
    )
    (value,) = kernel.read_attributes(["memhw"])
    assert [error.reason for error in value.errors] == ["Mem_Reason", "API_MemAttFailedDuringInit"]
    kernel.device.refuse = False
    written(kernel, "memhw", 1.0)
    assert (kernel.state(), kernel.status()) == (DevState.ON, "The device is in ON state.")
    assert pairs(kernel, "memhw") == [(1.0, 1.0)]


def test_new_limits_must_contain_the_memorised_value(start: Any) -> None:
    """ATT-15."""
    kernel = start(Remembering)
    written(kernel, "mem", 12.5)
    for field, limit, side in (("min_value", "13", "below"), ("max_value", "12", "above")):
        config = kernel.attribute("mem").get_properties()
        setattr(config, field, limit)
        with pytest.raises(DevFailed) as raised:
            kernel.set_attribute_configs([config])
        assert raised.value.errors[0][:2] == (
            "API_AttrOptProp",
            "Device test/device/1-> Attribute : mem\nThis attribute is memorized and the memorized value (12.5) is "
            f"{side} the new limit!!",
        )
    config = kernel.attribute_configs(["mem"])[0]
    assert (config.min_value, config.max_value) == ("Not specified", "Not specified")


# ---- state, status, Init


def test_a_new_device_is_unknown_and_says_so_in_any_state(start: Any) -> None:
    """LIFE-20, LIFE-21."""
    kernel = start(type("Bare", (Device,), {}))
    assert (kernel.state(), kernel.device.get_status()) == (DevState.UNKNOWN, "Not initialised")
    for state in DevState:
        kernel.device.set_state(state)
        assert kernel.status() == f"The device is in {state.name} state."
    kernel.device.set_status("busy")
    kernel.init()
    assert kernel.status() == "busy"


def test_init_deletes_and_initialises(start: Any) -> None:
    """LIFE-30, CMD-12."""
    calls: list[str] = []

    class Cycled(Device):
        def init_device(self) -> None:
            calls.append("init")

        def delete_device(self) -> None:
            calls.append("delete")

        def server_init_hook(self) -> None:
            calls.append("server")

    kernel = start(Cycled)
    kernel.server_init_hook()
    kernel.command_inout("Init")
    kernel.delete()
    assert calls == ["init", "server", "delete", "init", "delete"]


def test_what_init_leaves_as_it_is(start: Any) -> None:
    """CMD-12: the state unless `init_device` sets it, the status, attribute configurations."""

    class Quiet(Device):
        level = attribute(dtype=float, fget=lambda self: 1.0)

    kernel = start(Quiet)
    config = kernel.attribute_configs(["level"])[0]
    config.label = "kept"
    kernel.set_attribute_configs([config])
    kernel.device.set_state(DevState.MOVING)
    kernel.command_inout("Init")
    assert (kernel.state(), kernel.status()) == (DevState.MOVING, "The device is in MOVING state.")
    assert kernel.attribute_configs(["level"])[0].label == "kept"


def test_a_failing_init_names_the_admin_device(start: Any) -> None:
    """LIFE-31."""

    class Fragile(Device):
        broken = False

        def init_device(self) -> None:
            if self.broken:
                raise RuntimeError("no hardware")

    kernel = start(Fragile)
    kernel.device.broken = True
    with pytest.raises(DevFailed) as raised:
        kernel.command_inout("Init")
    first, second = raised.value.errors
    assert (first.reason, first.desc) == ("PyDs_PythonError", "RuntimeError: no hardware\n")
    assert second.reason == "API_InitThrowsException"
    assert "dserver/test/device" in second.desc


def test_state_and_status_may_be_computed_by_the_author(start: Any) -> None:
    class Thinking(Device):
        def dev_state(self) -> DevState:
            return DevState.RUNNING

        def dev_status(self) -> str:
            return super().dev_status() + " Really."

    kernel = start(Thinking)
    assert kernel.command_inout("State").value is DevState.RUNNING
    assert kernel.read_attributes(["Status"])[0].value == "The device is in UNKNOWN state. Really."


def test_hardware_hooks_get_the_attributes_of_the_request(start: Any) -> None:
    """ATT-23, ATT-40."""

    class Bus(Device):
        def init_device(self) -> None:
            self.log: list[Any] = []

        def always_executed_hook(self) -> None:
            self.log.append("hook")

        def read_attr_hardware(self, attr_list: Any) -> None:
            self.log.append([list(self.get_device_attr())[index] for index in attr_list])

        a = attribute(dtype=float, fget=lambda self: 1)
        b = attribute(dtype=float, fget=lambda self: 2)

    kernel = start(Bus)
    kernel.read_attributes(["B", "nope", "State", "a"])
    assert kernel.device.log == ["hook", ["b", "a"]]


def test_a_failing_hook_fails_the_call(start: Any) -> None:
    class Stopped(Device):
        def always_executed_hook(self) -> None:
            raise DevFailed.of("Stop", "not now")

    with pytest.raises(DevFailed, match="Stop: not now"):
        start(Stopped).read_attributes(["State"])
