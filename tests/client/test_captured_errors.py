"""What a client sees when something goes wrong, as the reference showed it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tangoterm.client import CmdArgType as Type
from tangoterm.client import DevFailed, DeviceData, DeviceProxy, close_connections
from tests.captured import Case, replayed, replayed_cases
from tests.client.systems import database_server

DEVICE = "lab/bench/1"
CASES = {case.id: case for case in replayed_cases("server", "errors")}
NAMES_OF_OURS = {
    "adm/b/1": DEVICE,
    "adm/tt2/1": DEVICE,
    "adm/b/2": "lab/off/1",
    "dserver/probe/b": "dserver/bench/test",
    "Val": "level",
    "Spec": "row",
}


def as_ours(text: str) -> str:
    """A captured text with our names."""
    for theirs, ours in NAMES_OF_OURS.items():
        text = text.replace(theirs, ours)
    return text


def captured(case: str) -> list[tuple[str, str]]:
    """What the reference answered; without the error that PyTango servers alone add (CMD-7)."""
    errors = CASES[case].data["output"]["err"]
    return [(each["reason"], as_ours(each["desc"])) for each in errors if each["reason"] != "PyDs_UnexpectedFailure"]


def stack(call: Callable[[], Any]) -> list[tuple[str, str]]:
    """What a call fails with."""
    with pytest.raises(DevFailed) as caught:
        call()
    return [(error.reason, error.desc) for error in caught.value.errors]


FREE = ("API_CorbaException", "API_IncompatibleCmdArgumentType")
"""Reasons whose sentences tell of the transport or the admin device: ours are others."""


def check(case: str, call: Callable[[], Any]) -> None:
    """A call fails as captured: the same reasons, and the same sentences where they are not about the transport."""
    found, expected = stack(call), captured(case)
    assert [reason for reason, _ in found] == [reason for reason, _ in expected]
    assert [each for each in found if each[0] not in FREE] == [each for each in expected if each[0] not in FREE]


@pytest.fixture
def admin(device: DeviceProxy) -> DeviceProxy:
    return DeviceProxy("dserver/bench/test")


def test_every_captured_case_has_a_test_here() -> None:
    own = {f"errors-{number}" for number in (*range(1, 18), 19, 20, 21, *range(23, 36))}
    assert set(CASES) == own


@pytest.mark.parametrize("case", [case for case in replayed("server", "errors") if case.id in ("errors-1", "errors-2")])
def test_an_argument_of_another_type(admin: DeviceProxy, case: Case) -> None:
    """CLI-8."""
    argument = DeviceData()
    if case.id == "errors-1":
        argument.insert(Type.DevLong, 1)
    check(case.id, lambda: admin.command_inout("DevPollStatus", argument))


NAMES = {
    "errors-4": "abc/def",
    "errors-6": "a/b/c/d",
    "errors-7": "foo://h:1/a/b/c",
    "errors-34": "a/b/c#foo=bar",
    "errors-35": "",
}


@pytest.mark.parametrize("case", NAMES)
def test_names_that_are_none(store: Any, case: str) -> None:
    """NAME-1, NAME-5."""
    check(case, lambda: DeviceProxy(NAMES[case]))


def test_an_alias_that_is_none(tmp_path: Path) -> None:
    """CLI-6, NAME-7, ERR-2: the database's reason at the bottom, the client's on top."""
    with database_server(tmp_path) as host:
        check("errors-5", lambda: DeviceProxy(f"tango://{host}/somealias"))
        close_connections()


def test_time_outs(device: DeviceProxy) -> None:
    """CLI-2, CMD-15: of a command, of one with the time that is the default, and of a reading."""
    other = DeviceProxy(DEVICE)
    device.command_list_query()
    device.set_timeout_millis(500)
    start = time.monotonic()
    check("errors-9", lambda: device.Sleep(1.0))
    assert time.monotonic() - start == pytest.approx(0.5, abs=0.4)
    other.get_attribute_config("level")
    number = other.command_inout_asynch("Sleep", 3.5)
    check("errors-11", lambda: device.read_attribute("level"))
    check("errors-10", lambda: other.command_inout_reply(number, 0))
    assert CASES["errors-33"].data["output"] == other.get_source().name


def test_asynchronous_calls(device: DeviceProxy) -> None:
    """CLI-7, CMD-16: the numbers differ from call to call."""
    number = device.command_inout_asynch("Sleep", 0.1)
    assert {"ok": device.command_inout_reply(number, 10_000)} == CASES["errors-12"].data["output"]
    (reason, desc), *_ = captured("errors-13")
    assert stack(lambda: device.command_inout_reply(number, 10_000)) == [
        (reason, desc.replace("id = 1", f"id = {number}"))
    ]
    number = device.read_attribute_asynch("level")
    check("errors-14", lambda: device.command_inout_reply(number, 10_000))
    number = device.command_inout_asynch("Nope")
    check("errors-15", lambda: device.command_inout_reply(number, 10_000))
    number = device.command_inout_asynch("Sleep", 1.2)
    (reason, desc), *_ = captured("errors-16")
    assert stack(lambda: device.command_inout_reply(number, 200)) == [
        (reason, desc.replace("id = 4", f"id = {number}"))
    ]
    device.command_inout_reply(number, 10_000)
    device.set_timeout_millis(400)
    number = device.command_inout_asynch("Sleep", 1.0)
    check("errors-17", lambda: device.command_inout_reply(number, 5000))


def test_attributes(device: DeviceProxy) -> None:
    """CLI-8: one that is written, several that are read, several that are written."""
    check("errors-19", lambda: device.write_attribute("row", list(range(9))))
    readings = device.read_attributes(["level", "Nope", "mode"])
    assert [[reading.has_failed, [error.reason for error in reading.get_err_stack()]] for reading in readings] == [
        [failed, reasons or []] for _, failed, reasons in CASES["errors-20"].data["output"]["ok"]
    ]
    check("errors-21", lambda: device.write_attributes([("level", 1.0), ("Nope", 1.0), ("broken", 1)]))


@pytest.fixture
def spawned(spawn: Callable[[], subprocess.Popen[str]]) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    yield spawn
    close_connections()


def test_a_server_that_dies_and_comes_back(spawned: Any, store: Any) -> None:
    """CLI-1, CLI-3, CLI-4, CLI-5."""
    server = spawned()
    device = DeviceProxy(DEVICE)

    def read() -> float:
        value: float = device.read_attribute("level").value
        return value

    assert read() == 1.5
    server.kill()
    server.wait()
    check("errors-23", read)
    check("errors-24", read)
    check("errors-26", device.ping)
    check("errors-3", device.ping)
    time.sleep(1.05)
    check("errors-25", read)
    assert repr(DeviceProxy(DEVICE)).startswith(CASES["errors-31"].data["output"]["ok"])
    store.add_device("bench/off", "lab/off/1", "Bench")
    check("errors-32", DeviceProxy("lab/off/1").ping)
    server = spawned()
    time.sleep(1.05)
    assert read() == 1.5  # errors-27
    server = restarted(spawned, server)
    assert read() == 1.5  # errors-28
    device.set_transparency_reconnection(False)
    restarted(spawned, server)
    assert [reason for reason, _ in stack(read)] == [reason for reason, _ in captured("errors-29")]
    assert read() == 1.5  # errors-30
    alone = DeviceProxy("tango://127.0.0.1:1/a/b/c#dbase=no")
    assert [reason for reason, _ in stack(alone.ping)] == ["API_CorbaException", "API_CantConnectToDevice"]
    check("errors-8", alone.ping)


def restarted(spawned: Any, server: subprocess.Popen[str]) -> subprocess.Popen[str]:
    server.terminate()
    server.wait()
    again: subprocess.Popen[str] = spawned()
    time.sleep(0.1)  # a connection that was in use this moment is not looked at before it is used again
    return again


def test_reasons_that_nobody_knows_are_plain_text(device: DeviceProxy) -> None:
    """ERR-3."""
    for reason in ("my own, odd: reason {%s} \u00e9", ""):
        assert stack(lambda reason=reason: device.Fail(reason)) == [  # type: ignore[misc]
            (reason, "because"),
            ("API_CommandFailed", f"Failed to execute command_inout on device {DEVICE}, command Fail"),
        ]
