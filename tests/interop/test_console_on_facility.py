"""Every command of the console on a facility of others: PyDatabaseds, a C++ TangoTest, a PyTango server."""

from __future__ import annotations

import json
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tangoterm.__main__ import main
from tangoterm.client import DeviceProxy, close_connections
from tests.peers.fixtures import Facility, Peers, need_program

CPP = "sys/tg_test/1"
PY = "test/pytango/1"

Words = Callable[..., tuple[int, str, str]]
Records = Callable[..., Any]


@pytest.fixture
def host(facility: Facility) -> str:
    """Its TANGO_HOST."""
    return facility.database.host


@pytest.fixture
def run(host: str, capsys: pytest.CaptureFixture[str]) -> Iterator[Words]:
    """Runs the command line in this process: exit code, stdout, stderr."""

    def words(*argv: str) -> tuple[int, str, str]:
        code = main(["--host", host, *argv])
        output, errors = capsys.readouterr()
        return code, output, errors

    yield words
    close_connections()


@pytest.fixture
def records(run: Words) -> Records:
    """The same with --json, for commands that succeed: what they give."""

    def given(*argv: str) -> Any:
        code, output, errors = run(*argv, "--json")
        assert code == 0, errors
        return json.loads(output)

    return given


@pytest.fixture(params=[CPP, PY])
def device(request: pytest.FixtureRequest) -> str:
    """A C++ device of interface level 5, and a PyTango device of level 6."""
    name: str = request.param
    return name


# ---- looking


def test_ls_shows_devices_servers_classes_and_members(run: Words, records: Records) -> None:
    devices = {record["device"]: record for record in records("ls")}
    assert (devices[CPP]["class"], devices[CPP]["server"], devices[CPP]["running"]) == (
        "TangoTest", "TangoTest/cpp", True,
    )  # fmt: skip
    assert {"TangoTest/cpp", "AllTypes/pytango"} <= {record["name"] for record in records("ls", "--by", "server")}
    assert {"TangoTest", "AllTypes", "DataBase"} <= {record["name"] for record in records("ls", "--by", "class")}
    assert "dserver/TangoTest/cpp" in run("ls", "--all")[1]
    assert "double_scalar\tattribute\tDevDouble\tREAD_WRITE\t" in run("ls", CPP)[1]
    assert "limited\tattribute\tDevDouble\tREAD_WRITE\tmm\t" in run("ls", PY)[1]


def test_info_says_who_a_device_is(records: Records, facility: Facility) -> None:
    record = records("info", CPP)
    assert (record["class"], record["interface"], record["state"], record["pid"]) == (
        "TangoTest", 5, "RUNNING", facility.tango_test.pid,
    )  # fmt: skip
    assert record["address"] == f"giop:tcp:{facility.tango_test.host}"
    record = records("info", PY)
    assert (record["interface"], record["state"]) == (6, "ON")
    assert "PyTango " in record["versions"]
    record = records("info", f"{PY}/limited")
    assert (record["unit"], record["max_value"], record["abs_change"], record["level"]) == ("mm", "100", "1", "EXPERT")


def test_ping_and_what_cannot_be_reached(run: Words, device: str) -> None:
    assert re.fullmatch(rf"{device}\t\d+(\.\d+)? [µm]?s\n", run("ping", device)[1])
    code, _, errors = run("ping", "sys/access_control/1")
    assert (code, "API_DeviceNotExported" in errors) == (1, True)
    code, _, errors = run("ping", "sys/tg_test/11")
    assert (code, "DB_DeviceNotDefined" in errors, "did you mean sys/tg_test/1" in errors) == (1, True, True)


# ---- values


@pytest.mark.parametrize(
    ("attribute", "words", "value"),
    [
        ("double_scalar", ["-2.5"], -2.5),
        ("boolean_scalar", ["no"], False),
        ("string_scalar", ['say "ä"'], 'say "ä"'),
        ("ulong64_scalar", ["18446744073709551615"], 18446744073709551615),
        ("long_spectrum", ["1", "-2", "3"], [1, -2, 3]),
        ("string_spectrum", ["one", "two words"], ["one", "two words"]),
        ("short_image", ["[[1, 2], [3, 4]]"], [[1, 2], [3, 4]]),
    ],
)
def test_write_and_read_back(
    run: Words, records: Records, device: str, attribute: str, words: list[str], value: Any
) -> None:
    assert run("write", f"{device}/{attribute}", *words)[0] == 0
    record = records("read", f"{device}/{attribute}")
    assert record.get("w_value", record["set_point"]) == value
    assert (record["quality"], record["errors"]) == ("VALID", None)


def test_values_of_types_that_tango_test_lacks(run: Words, records: Records) -> None:
    assert run("write", f"{PY}/enum_scalar", "HIGH")[:1] == (0,)
    assert records("read", f"{PY}/enum_scalar")["value"] == "HIGH"
    assert run("write", f"{PY}/state_scalar", "FAULT")[0] == 0
    assert records("read", f"{PY}/state_scalar")["value"] == "FAULT"
    assert run("write", f"{PY}/encoded_scalar", "mine", "abc")[0] == 0
    assert run("read", "--value", f"{PY}/encoded_scalar") == (0, 'mine "abc"\n', "")


def test_a_whole_device_is_read_with_the_failures_of_some_attributes(run: Words) -> None:
    code, output, errors = run("read", PY)
    assert (code, len(output.splitlines()) > 40) == (1, True)
    assert f"{PY}/failing: AllTypes_Read: failing cannot be read" in errors
    assert "API_AttrNotAllowed" in errors
    code, output, errors = run("read", CPP)
    assert (code, len(output.splitlines()) > 60) == (1, True)
    assert f"{CPP}/throw_exception: exception test: here is the exception you requested" in errors


def test_refused_writes_say_what_is_allowed(run: Words) -> None:
    code, _, errors = run("write", f"{PY}/limited", "500")
    assert (code, "API_WAttrOutsideLimit" in errors, "allowed: DevDouble, mm, -100 … 100" in errors) == (1, True, True)
    assert run("write", f"{PY}/limited", "12x")[0] == 2
    code, _, errors = run("read", f"{CPP}/amplii")
    assert (code, "API_AttrNotFound" in errors, "did you mean ampli?" in errors) == (1, True, True)


# ---- commands


def test_commands_of_every_shape(run: Words, device: str) -> None:
    assert run("call", device, "DevDouble", "3.5") == (0, "3.5\n", "")
    assert run("call", device, "DevVarLongArray", "1", "2", "3") == (0, "[1, 2, 3]\n", "")
    assert run("call", device, "DevVarLongStringArray", "[1, 2]", "a", "b c") == (0, '[1, 2] ["a", "b c"]\n', "")
    assert run("call", device, "DevString", "grüße") == (0, "grüße\n", "")
    assert run("call", device, "State")[:2] in ((0, "RUNNING\n"), (0, "ON\n"))


def test_failures_of_commands_come_with_the_whole_stack(run: Words) -> None:
    code, _, errors = run("call", PY, "FailInDepth")
    assert code == 1
    words = ["AllTypes_First: the cause", "then AllTypes_Second", "then AllTypes_Third", "then API_CommandFailed"]
    assert sorted(words, key=errors.index) == words
    code, _, errors = run("call", PY, "Forbidden")
    assert (code, "API_CommandNotAllowed" in errors) == (1, True)
    code, _, errors = run("call", CPP, "DevVod")
    assert (code, "API_CommandNotFound" in errors, "did you mean DevVoid" in errors) == (1, True, True)


def test_a_slow_command_times_out_and_can_be_given_more_time(run: Words) -> None:
    code, _, errors = run("--timeout", "0.3", "call", PY, "Sleep", "0.6")
    assert (code, "API_DeviceTimedOut" in errors) == (4, True)
    assert run("--timeout", "3", "call", PY, "Sleep", "0.6") == (0, "0.6\n", "")


# ---- configuration, polling, blackbox, properties


def test_the_configuration_of_an_attribute(run: Words, records: Records, device: str) -> None:
    name = f"{device}/float_scalar"
    assert run("attr", name, "unit=mm", "label=Float", "min_value=-5")[0] == 0
    record = records("attr", name)
    assert (record["unit"], record["label"], record["min_value"]) == ("mm", "Float", "-5")
    code, _, errors = run("write", name, "-6")
    assert (code, "API_WAttrOutsideLimit" in errors) == (1, True)
    assert run("attr", name, "unit=", "label=", "min_value=Not specified")[0] == 0
    assert records("attr", name)["label"] == "float_scalar"


def test_polling_from_nothing_to_data_and_back(run: Words, records: Records, device: str) -> None:
    assert run("poll", device, "short_scalar", "--period", "100")[0] == 0
    [record] = [record for record in records("poll", device) if record["name"] == "short_scalar"]
    assert record["period_ms"] == 100
    time.sleep(0.15)
    assert records("read", f"{device}/short_scalar", "--source", "cache")["quality"] == "VALID"
    assert run("poll", device, "short_scalar", "--stop")[0] == 0
    code, _, errors = run("poll", device, "short_scalar", "--stop")
    assert (code, "API_PollObjNotFound" in errors or "API_DeviceNotPolled" in errors) == (1, True)


def test_the_blackbox_tells_clients_apart(run: Words, records: Records, device: str, facility: Facility) -> None:
    facility.database.client.proxy(facility.database.device(device))
    facility.database.client("d.long_scalar = 3")
    run("read", f"{device}/ushort_scalar")
    found = records("blackbox", device, "--count", "50", "--no-polling", "--own")
    entries = [entry for entry in found if entry["process"]]
    made = {(entry["operation"], entry["objects"]): entry["process"] for entry in entries}
    assert made["write_attributes_4", "long_scalar"] == str(facility.database.client.pid)
    assert made["read_attributes_5", "ushort_scalar"].isdecimal()


def test_properties_of_devices_classes_attributes_and_free_ones(run: Words, records: Records) -> None:
    for owner in (PY, "class:AllTypes", f"{PY}/limited", "free:somewhere"):
        assert run("prop", "set", owner, "colour", "blue", "red")[0] == 0, owner
        assert run("prop", "get", owner, "colour")[:2] == (0, '["blue", "red"]\n'), owner
        assert run("prop", "add", owner, "colour", "green")[0] == 0, owner
        changes = records("prop", "history", owner, "colour")
        assert [change["value"] for change in changes][-2:] == [["blue", "red"], ["blue", "red", "green"]], owner
        assert run("prop", "delete", owner, "colour", "--yes")[0] == 0, owner
        assert "colour" not in run("prop", "list", owner)[1], owner


# ---- events, logs, locks


def test_monitor_shows_events_and_reads_what_sends_none(run: Words) -> None:
    code, output, errors = run("monitor", f"{PY}/polled", f"{CPP}/string_scalar", "--interval", "0.1", "--count", "4")
    assert code == 0
    assert f"{CPP}/string_scalar sends no change events; it is read every 0.1 s" in errors
    assert f"\t{PY}/polled\t" in output


@pytest.mark.parametrize("kind", ["periodic", "archive", "change"])
def test_events_of_each_kind_by_polling(records: Records, run: Words, kind: str) -> None:
    code, output, _ = run("monitor", f"{PY}/polled", "--event", kind, "--count", "3", "--json")
    values = [json.loads(line)["value"] for line in output.splitlines()]
    assert (code, values) == (0, sorted(values))
    assert values[-1] > values[0]


@pytest.mark.parametrize("kind", ["user", "alarm", "ready", "config"])
def test_events_of_each_kind_by_code(run: Words, host: str, kind: str) -> None:
    proxy = DeviceProxy(f"tango://{host}/{PY}")
    count = "2" if kind in ("user", "alarm") else "1"  # the first of them is the value as it is
    ended = threading.Event()

    def push() -> None:
        while not ended.wait(0.1):
            if kind == "ready":
                proxy.PushDataReady([[7], ["uchar_scalar"]])
            elif kind != "config":
                proxy.Push([kind, "uchar_scalar", "7"])

    pusher = threading.Thread(target=push)
    pusher.start()
    try:
        code, output, _ = run("monitor", f"{PY}/uchar_scalar", "--event", kind, "--count", count, "--duration", "5")
    finally:
        ended.set()
        pusher.join()
    words = {"ready": "data ready, counter 7", "config": "label 'uchar_scalar'"}.get(kind, "\t7\t")
    assert (code, words in output) == (0, True)


def test_a_refused_event_says_why(run: Words) -> None:
    code, _, errors = run("monitor", f"{CPP}/short_scalar_ro", "--event", "periodic", "--count", "1")
    assert (code, "API_AttributePollingNotStarted" in errors) == (1, True)


def test_log_shows_what_a_server_of_others_logs(
    tangoterm: Callable[..., Any], host: str, run: Words, records: Records
) -> None:
    watch = tangoterm("--host", host, "log", PY, "--level", "debug", "--count", "2", "--json")
    deadline = time.monotonic() + 30
    while not any("device::" in target for target in records("log", PY, "--settings")["targets"] or ()):
        assert time.monotonic() < deadline
    assert run("call", PY, "Log", "debug", "hello from far away")[0] == 0
    assert run("call", PY, "Log", "error", "and good bye")[0] == 0
    code, output, errors = watch.finish()
    shown = [json.loads(line) for line in output.splitlines()]
    assert (code, [(line["level"], line["message"]) for line in shown]) == (
        0, [("DEBUG", "hello from far away"), ("ERROR", "and good bye")],
    ), errors  # fmt: skip
    assert {line["device"].lower() for line in shown} == {PY}
    assert not any("device::" in target for target in records("log", PY, "--settings")["targets"] or ())


def test_a_lock_keeps_others_out_until_its_program_ends(
    run: Words, records: Records, tangoterm: Callable[..., Any], host: str, device: str
) -> None:
    holder = tangoterm("--host", host, "lock", device)
    assert holder.process.stdout.readline().split("\t")[1:] == [device, "locked\n"]
    assert records("info", device)["locked_by"].startswith(f"process {holder.process.pid} on ")
    code, _, errors = run("write", f"{device}/double_scalar", "1")
    assert (code, "API_DeviceLocked" in errors, "unlock" in errors) == (1, True, True)
    assert run("unlock", device)[0] == 1
    holder.process.send_signal(signal.SIGINT)
    assert holder.finish()[0] == 130
    assert records("info", device)["locked_by"] is None
    assert run("unlock", device) == (0, "", f"{device} is not locked\n")


# ---- servers and devices


def test_a_server_is_defined_started_stopped_and_deleted(run: Words, records: Records) -> None:
    program = need_program("TangoTest", "tango-test")
    server, name = "TangoTest/console", "test/console/1"
    assert run("device", "add", name, "TangoTest", server, "--alias", "consoled")[0] == 0
    try:
        assert run("server", "start", server, "--program", program)[0] == 0
        assert records("server", "info", server)["state"] == "running"
        assert run("call", "consoled", "DevLong", "5") == (0, "5\n", "")
        assert run("device", "init", name)[0] == 0
        assert run("device", "restart", name)[0] == 0
        assert run("call", name, "DevLong", "6") == (0, "6\n", "")
        assert "Ready to accept request" in run("server", "log", server)[1]
        assert {record["server"]: record["state"] for record in records("server", "list")}[server] == "running"
    finally:
        assert run("server", "stop", server)[0] == 0
    assert records("server", "info", server)["state"] == "stopped"
    assert run("server", "rename", server, "TangoTest/renamed")[0] == 0
    assert run("server", "delete", "TangoTest/renamed", "--yes")[0] == 0
    assert name not in run("ls")[1]


def test_a_twin_of_a_device_of_others(
    tangoterm: Callable[..., Any], host: str, run: Words, facility: Facility, device: str
) -> None:
    name = device.replace("1", "twin")
    twin = tangoterm("--host", host, "clone", device, "--as", name).wait_ready()
    assert run("read", f"{name}/double_scalar")[0] == 0
    original = run("ls", device)[1].splitlines()
    assert sorted(run("ls", name)[1].splitlines()) == sorted(original)
    facility.database.client.proxy(facility.database.device(name))
    facility.database.client("d.long_scalar = 77")
    assert run("read", f"{name}/long_scalar")[1].split("\t")[2] == "77"
    assert twin.stop() == 0


# ---- the prompt


def test_the_prompt_does_the_same(tangoterm: Callable[..., Any], host: str) -> None:
    lines = [f"read {PY}/long64_scalar", f"call {CPP} DevDouble 2", f"lock {PY}", f"write {PY}/double_scalar 4"]
    words = [word for line in (*lines, f"unlock {PY}") for word in ("-c", line)]
    code, output, errors = tangoterm("--host", host, "repl", *words).finish()
    assert code == 0, errors
    assert output.splitlines()[1] == "2.0"
    assert f"{PY}/double_scalar = 4.00" in errors
    assert f"{PY} is not locked" in errors


def test_tango_host_names_the_facility(tangoterm: Callable[..., Any], host: str) -> None:
    code, output, _ = tangoterm("read", f"{CPP}/State", "--value", env={"TANGO_HOST": host}).finish()
    assert (code, output) == (0, "RUNNING\n")
    name = f"tango://{host}/{PY}/State"
    assert tangoterm("read", name, "--value").finish()[:2] == (0, "ON\n")


def test_a_facility_without_its_database_says_so(own_peers: Peers, tangoterm: Callable[..., Any]) -> None:
    database = own_peers.database()
    database.kill()
    code, _, errors = tangoterm("--host", database.host, "ls").finish()
    assert (code, "API_CantConnectToDatabase" in errors) == (1, True)
