"""Commands: queries, calls, histories, asynchronous calls, as the reference answered them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server_core.model.errors import AsynCall, CommunicationFailed, WrongData
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, TypedValue
from server_core.protocol.operations import CommandInout
from tangoterm.client import DeviceProxy
from tangoterm.client.threads import thread_runner
from tests.captured import Case, replayed, replayed_cases

from .answers import answer, expected, reason_and_text
from .conftest import AttrTest, Wait

DEVICE = "test/attr/2"


def raw(proxy: DeviceProxy, name: str, argin: TypedValue) -> Any:
    """Execute a command with an argument of any type, as PyTango does with a DeviceData."""
    doing = f"Failed to execute command_inout on device {proxy.name()}, command {name}"
    return thread_runner().run(proxy._handle.call(CommandInout(proxy.name(), name, argin), doing)).value


def signature(info: Any) -> list[Any]:
    return [
        info.cmd_name, info.cmd_tag, info.in_type.name, info.out_type.name, info.in_type_desc, info.out_type_desc,
        info.disp_level.name,
    ]  # fmt: skip


CALLS: dict[str, Any] = {
    "CM-1": lambda device: device.command_inout("Nope"),
    "CM-2": lambda device: device.command_inout("eCHO", "x"),
    "CM-3": lambda device: raw(device, "Echo", VOID),
    "CM-5": lambda device: raw(device, "Echo", TypedValue(CmdArgType.DevLong, 1)),
    "CM-6": lambda device: raw(device, "Nothing", TypedValue(CmdArgType.DevString, "x")),
    "CM-7": lambda device: raw(device, "Echo", VOID),
    "CM-8": lambda device: device.command_inout("Raises"),
    "CM-10": lambda device: device.command_inout("NonErrSeverity", "PANIC"),
    "CQ-3": lambda device: device.command_query("ECHO").cmd_name,
    "CQ-4": lambda device: [info.cmd_name for info in device.command_list_query()][:8],
    "AQ-4": lambda device: device.get_attribute_list()[-4:],
    "CH-1": lambda device: device.command_history("Nothing", 5),
    "CH-2": lambda device: device.command_history("Nope", 5),
    "CH-5": lambda device: device.attribute_history("ro", 5),
    "CH-7": lambda device: device.attribute_history("Nope", 5),
    "TO-3": lambda device: device.set_timeout_millis(-1),
    "AS-2": lambda device: device.command_inout_reply(device.command_inout_asynch("Nope"), 3000),
}


@pytest.mark.parametrize("case", [each for each in replayed("model", "commands") if each.id in CALLS])
def test_calls_and_queries_are_answered_as_by_the_reference(device: DeviceProxy, case: Case) -> None:
    """CMD-2, CMD-3, CMD-5, CMD-6, CMD-7, CMD-9, CMD-14."""
    assert answer(case, {case.id: lambda: CALLS[case.id](device)}) == expected(case)


@pytest.mark.parametrize("case", replayed("model", "commands"))
def test_every_captured_case_of_commands_is_replayed_here(case: Case) -> None:
    assert case.id in {*CALLS, *ELSEWHERE}


ELSEWHERE = {"CM-4", "CQ-1", "TO-1", "CH-4", "CH-6", "AS-1", "AS-3", "AS-4", "AS-5", "AS-8"}
"""Cases with a test of their own below."""


def captured(case: str) -> Any:
    (found,) = (each for each in replayed_cases("model", "commands") if each.id == case)
    return found.data.get("out", found.data)


def test_metadata_is_what_was_declared(device: DeviceProxy) -> None:
    """CMD-1, CMD-10: State, Status and Init as in the reference; a description never given is
    `Uninitialised`."""
    rows = {row[0]: row for row in captured("CQ-1")}
    for name in ("Echo", "State", "Status", "Init"):
        assert signature(device.command_query(name)) == rows[name]
    for name in ("Expert", "Nothing"):
        unset = "Uninitialised"
        assert signature(device.command_query(name)) == [*rows[name][:4], unset, unset, rows[name][6]]
    with pytest.raises(Exception, match="Command Nope not found"):
        device.command_query("Nope")


def test_signatures_of_named_commands(device: DeviceProxy) -> None:
    """CMD-3: as PyTango, in the order of the names, without those that are unknown"""
    configs = device.get_command_config(["nothing", "Nada", "ECHO", "Nothing"])
    assert [config.cmd_name for config in configs] == ["Nothing", "Echo", "Nothing"]
    assert device.get_command_config("echo") == configs[1]
    assert device.get_command_config() == device.command_list_query()


def test_an_argument_for_a_void_command_is_refused_before_it_is_sent(device: DeviceProxy) -> None:
    """CMD-5: the client refuses what PyTango's refuses with a TypeError (CM-4); the raw call is CM-6."""
    assert "cannot be converted" in captured("CM-4")["client_error"]
    with pytest.raises(WrongData, match="5 given, but the command takes no argument"):
        device.command_inout("Nothing", 5)
    assert not [line for line in device.black_box(50) if "Nothing" in line]
    assert raw(device, "State", TypedValue(CmdArgType.DevLong, 1)).name == "ON"


def test_a_forbidden_command_is_refused_before_its_argument_is_looked_at(device: DeviceProxy) -> None:
    """CMD-4."""
    wrong = TypedValue(CmdArgType.DevLong, 1)
    for argin in (wrong, TypedValue(CmdArgType.DevString, "right")):
        assert reason_and_text(raw, device, "guarded", argin)[0] == [
            "API_CommandNotAllowed",
            "Command guarded not allowed when the device is in ON state",
        ]


def test_a_result_of_another_type_is_an_error_of_its_own(device: DeviceProxy) -> None:
    """CMD-8."""
    assert [reason for reason, _ in reason_and_text(device.command_inout, "BadReturn")] == [
        "API_IncompatibleCmdArgumentType",
        "API_CommandFailed",
    ]


def test_a_call_that_takes_too_long_is_given_up_and_goes_on_in_the_server(
    device: DeviceProxy, own: AttrTest, until: Wait
) -> None:
    """CMD-15, CMD-18: the blackbox of the device has the call."""
    device.set_timeout_millis(300)
    with pytest.raises(CommunicationFailed) as raised:
        device.command_inout("Sleep", 0.8)
    case = captured("TO-1")
    assert [error.reason for error in raised.value.errors] == [error["reason"] for error in case["errors"]]
    assert raised.value.errors[1].desc == case["errors"][1]["desc"]
    assert case["exception"] == CommunicationFailed.__name__
    until(lambda: own.slept)
    device.set_timeout_millis(3000)
    assert any("Operation command_inout_4 (cmd = Sleep) from" in line for line in device.black_box(50))


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_call_without_time_out_may_take_its_time(device: DeviceProxy, timeout: int) -> None:
    """CMD-15"""
    device.set_timeout_millis(timeout)
    device.command_inout("Sleep", 0.2)
    assert device.command_inout_reply(device.command_inout_asynch("Sleep", 0.2), 0) is None


def test_the_history_of_polled_objects(device: DeviceProxy, own: AttrTest, until: Wait) -> None:
    """CMD-14: oldest first, at most what the ring holds, which is ten."""
    device.poll_command("Expert", 20)
    device.poll_attribute("counted", 20)
    until(lambda: any(status.startswith("Polled command name = Expert") for status in device.polling_status()))
    until(lambda: "No data" not in "".join(device.polling_status()))
    until(lambda: len(device.command_history("expert", 100)) == captured("CH-6"))
    values = [record.value for record in device.command_history("EXPERT", 3)]
    assert values == sorted(values)
    assert len(values) == len(captured("CH-4"))
    until(lambda: len(device.attribute_history("counted", 100)) == captured("CH-6"))
    readings = [record.value for record in device.attribute_history("counted", 3)]
    assert readings == sorted(readings)
    assert len(readings) == 3


def test_the_reply_of_an_asynchronous_call_is_fetched_once(device: DeviceProxy, until: Wait) -> None:
    """CMD-16."""
    number = device.command_inout_asynch("Sleep", 0.3)
    early = reason_and_text(device.command_inout_reply, number)
    result = device.command_inout_reply(number, 10_000)
    late = reason_and_text(device.command_inout_reply, number)
    assert number >= 1
    told = json.loads(json.dumps(captured("AS-1")).replace("id = 1", f"id = {number}"))
    assert [early, result, late] == told
    number = device.command_inout_asynch("Nothing")
    assert reason_and_text(device.read_attribute_reply, number) == captured("AS-5")
    device.command_inout_reply(number, 3000)
    with pytest.raises(AsynCall):
        device.command_inout_reply(number, 3000)


def test_an_asynchronous_write_fails_with_its_reply(device: DeviceProxy) -> None:
    """CMD-16: errors of the call are raised by the reply call (AS-8)."""
    number = device.write_attribute_asynch("ro", 1.0)
    case = captured("AS-8")
    assert [reason for reason, _ in reason_and_text(device.write_attribute_reply, number, 3000)] == [
        error["reason"] for error in case["errors"]
    ]


def test_fire_and_forget_waits_for_nothing(device: DeviceProxy, own: AttrTest, until: Wait) -> None:
    """CMD-17: 0 at once; what the command fails with is lost, but for a command that does not exist."""
    number = device.command_inout_asynch("Sleep", 0.3, True)
    assert [number, not own.slept] == captured("AS-4")
    until(lambda: own.slept)
    assert device.command_inout_asynch("Raises", None, True) == 0
    assert device.pending_asynch_call() == 0
    assert reason_and_text(device.command_inout_asynch, "Nope", None, True) == [
        [error["reason"], error["desc"]] for error in captured("AS-3")["errors"]
    ]
