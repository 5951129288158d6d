"""What any device tells of itself, as the reference answered."""

from __future__ import annotations

import re
from typing import Any

import pytest

from server_core import DevFailed, DevState
from tangoterm.client import DeviceProxy
from tests.captured import Case, replayed, replayed_cases

from .answers import answer, expected
from .conftest import AttrTest

CALLS: dict[str, Any] = {
    "BB-0": lambda device: device.black_box(0),
    "BB-1000": lambda device: [device.read_attribute("ro") for _ in range(60)] and len(device.black_box(1000)),
    "MISC-3": lambda device: [device.description(), device.adm_name(), device.dev_name(), device.name()],
}
CASES = {case.id: case for case in replayed_cases("model", "device_misc")}


@pytest.mark.parametrize("case", [each for each in replayed("model", "device_misc") if each.id in CALLS])
def test_answers_are_those_of_the_reference(device: DeviceProxy, case: Case) -> None:
    """CMD-18, CMD-19."""
    assert answer(case, {case.id: lambda: CALLS[case.id](device)}) == expected(case)


def test_every_captured_case_is_replayed_here() -> None:
    assert set(CASES) == {*CALLS, "BB", "MISC-4"}


def test_info_names_class_server_and_where_to_read_more(device: DeviceProxy) -> None:
    """CMD-19: the level of the interface is that of Tango 10; without an alias the database's error."""
    info = device.info()
    assert [info.dev_class, info.server_id, info.server_version, info.doc_url, info.dev_type] == [
        "AttrTest",
        "AttrTestDS/a",
        6,
        "Doc URL = http://www.tango-controls.org",
        "AttrTest",
    ]
    told = CASES["MISC-4"].data["errors"][0]
    with pytest.raises(DevFailed) as raised:
        device.alias()
    assert raised.value.errors[0][:2] == (told["reason"], told["desc"])


def test_the_blackbox_words_requests_as_the_reference(device: DeviceProxy, until: Any) -> None:
    """CMD-18: newest first, with the client's process where the client told it."""
    device.poll_command("Expert", 30)
    until(lambda: any("from polling" in line for line in device.black_box(50)))
    device.stop_poll_command("Expert")
    config = device.get_attribute_config("ro")
    device.read_attribute("ro")
    device.set_attribute_config(config)
    ours = [worded(line) for line in device.black_box(50)]
    wanted = [worded(line).replace("stuck", "ro") for line in CASES["BB"].data["out"]]
    assert [line for line in wanted if line not in ours] == []
    assert ours.index(wanted[0]) < ours.index(wanted[2]) < ours.index(wanted[3])


def worded(line: str) -> str:
    """A blackbox line without time, host and number of the process."""
    time, _, text = line.partition(" : ")
    assert re.fullmatch(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d:\d\d", time)
    return re.sub(r"PID \d+", "PID", re.sub(r"from (?!polling|device|cache)\S+", "from host", text))


def test_state_and_status_commands_evaluate_the_alarms(device: DeviceProxy, own: AttrTest) -> None:
    """CMD-11: and can be polled like any command."""
    config = device.get_attribute_config("ro")
    config.alarms.max_alarm = "1"
    device.set_attribute_config(config)
    assert device.command_inout("State") is DevState.ALARM
    assert device.command_inout("Status") == "The device is in ALARM state.\nAlarm : Value too high for ro"
    device.poll_command("Status", 100)
    assert device.is_command_polled("Status")
