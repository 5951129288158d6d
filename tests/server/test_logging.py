"""Logging through the admin device: the captured exchanges, patterns, errors, levels from everywhere (LOG, ADM)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from server_core.model.enums import LogLevel
from server_core.model.errors import DevFailed
from server_core.model.identity import ClientIdent
from server_core.protocol import operations as op
from server_core.transport.contract import Peer
from tests.captured import CPP_9, PYTANGO_10, Case, reasons, replayed_cases, sections
from tests.server.talkers import MakeNamed, Talker, class_named, served, store_of

if TYPE_CHECKING:
    from tests.server.conftest import Client, Connect


def outcome(client: Client, name: str, argin: Any = None) -> dict[str, Any]:
    """What an admin command gives, in the form of the captured cases: lists, and reasons with descriptions."""
    try:
        answer = client.admin(name, argin)
    except DevFailed as failure:
        return {"err": [(error.reason, error.desc) for error in failure.errors]}
    return {"ok": [answer[0].tolist(), list(answer[1])] if isinstance(answer, tuple) else answer}


def levels(client: Client, *patterns: str) -> list[int]:
    return list(outcome(client, "GetLoggingLevel", patterns or ("*",))["ok"][0])


def reason(client: Client, name: str, argin: Any) -> list[str]:
    return [reason for reason, _ in outcome(client, name, argin)["err"]]


# ---- the captured exchanges


class Replay:
    """Replays the cases of one reference server in order, with the steps that were made between them."""

    def __init__(self, client: Client, reference: str, between: dict[str, list[tuple[str, Any]]], directory: Path):
        self.client = client
        self.between = between
        self.directory = directory
        self.reference = reference

    def run(self) -> int:
        replayed = {case.id for case in replayed_cases("server", "logging", self.reference)}
        compared = 0
        for case in sections("server")["logging"]:
            if case.reference != self.reference or not _is_call(case):
                continue
            for name, argin in self.between.get(case.id, ()):
                assert "ok" in outcome(self.client, name, self._here(argin)), (case.id, name)
            answer = outcome(self.client, *_call(case, self._here))
            if case.id in replayed:
                self._compare(case, answer)
                compared += 1
        return compared

    def _compare(self, case: Case, answer: dict[str, Any]) -> None:
        expected = self._here(case.data["output"])
        if "err" in expected:
            captured = expected["err"][:-1]  # the last one is the client's
            assert [reason for reason, _ in answer["err"]] == reasons(captured), case.id
            for (_, text), error in zip(answer["err"], captured, strict=True):
                wording = " ".join(error["desc"].split()).replace("Imcompatible", "Incompatible")
                assert " ".join(text.split()).startswith(wording), case.id
        elif case.name.startswith("Targets"):
            # Names of files keep their case, which the reference lowers (LOG-3).
            assert sorted(map(str.lower, answer["ok"])) == sorted(map(str.lower, expected["ok"])), case.id
        else:
            assert answer == expected, case.id

    def _here(self, value: Any) -> Any:
        """A captured value with its directories moved into that of the test."""
        if isinstance(value, str):
            return value.replace("/tmp/tango-root", f"{self.directory}/logs").replace("/tmp/x", str(self.directory))
        if isinstance(value, list):
            return [self._here(item) for item in value]
        return {key: self._here(item) for key, item in value.items()} if isinstance(value, dict) else value


def _is_call(case: Case) -> bool:
    given = case.data["input"]
    return isinstance(given, list) or (isinstance(given, dict) and "command" in given)


def _call(case: Case, here: Callable[[Any], Any]) -> tuple[str, Any]:
    given = case.data["input"]
    return ("GetLoggingLevel", given) if isinstance(given, list) else (given["command"], here(given["argin"]))


PROBES = [("adm/probe/1", "Probe"), ("adm/probe/2", "Probe"), ("adm/probe2/1", "Probe2"), ("adm/log/1", "LogConsumer")]

BETWEEN_10: dict[str, list[tuple[str, Any]]] = {
    "logging-25": [("AddLoggingTarget", ["adm/probe/1", "FILE::/tmp/x/Path.log"])],
    "logging-37": [("RemoveLoggingTarget", ["adm/probe/1", "device::*"])],
    "logging-39": [("StopLogging", None)],
    "logging-41": [("StartLogging", None)],
    "logging-42": [("SetLoggingLevel", [[4], ["*"]])],
    "logging-43": [("StartLogging", None)],
    "logging-44": [("StartLogging", None)],
}
"""What was done before some of the cases, and is no case itself because it answered nothing."""

BETWEEN_9: dict[str, list[tuple[str, Any]]] = {
    "logging-71": [("AddLoggingTarget", ["adm/tt/1", "file"])],
    "logging-74": [("AddLoggingTarget", ["adm/tt/1", "console", "dserver/TangoTest/t", "file"])],
    "logging-84": [("RemoveLoggingTarget", ["adm/tt/1", "device::adm/log/1"])],
    "logging-86": [("StopLogging", None)],
    "logging-88": [("StartLogging", None)],
    "logging-89": [("StopLogging", None), ("StartLogging", None)],
}


def test_the_captured_exchanges_of_a_pytango_server(make_named: MakeNamed, log_root: Path, connect: Connect) -> None:
    """ADM-10, ADM-17, ADM-18, ADM-30, ADM-32, ADM-33, ADM-37: the captured calls answer as captured."""
    client = connect(served(make_named, "Probe/a", PROBES))
    assert Replay(client, PYTANGO_10, BETWEEN_10, log_root).run() > 30


def test_the_captured_exchanges_of_tango_test(make_named: MakeNamed, log_root: Path, connect: Connect) -> None:
    """ADM-10, ADM-17, ADM-18, ADM-30, ADM-32, ADM-33, ADM-37: with a consumer in another server of the system."""
    store = store_of("TangoTest/t", ("adm/tt/1", "TangoTest"))
    store.add_server("Logs/a", [("dserver/Logs/a", "DServer"), ("adm/log/1", "LogConsumer")])
    client = connect(make_named([class_named("TangoTest")], store, server="TangoTest/t"))
    make_named([class_named("LogConsumer")], store, server="Logs/a")
    assert Replay(client, CPP_9, BETWEEN_9, log_root).run() > 35


def test_the_types_and_descriptions_of_the_commands(client: Client) -> None:
    """ADM-10, ADM-17, ADM-18, ADM-30, ADM-32, ADM-33, ADM-37: as captured."""
    (case,) = [
        case for case in sections("server")["admin"] if case.name == "command_list_query" and case.reference == CPP_9
    ]
    captured = [row for row in case.data["output"] if "Logging" in row[0]]
    assert len(captured) == 7
    for name, in_type, out_type, in_desc, out_desc, level, _ in captured:
        info = client.call(op.CommandQuery(client.server.admin_name, name))
        assert (info.in_type.name, info.out_type.name) == (in_type, out_type)
        assert (info.in_type_desc, info.out_type_desc, info.disp_level.name) == (in_desc, out_desc, level)


@pytest.mark.parametrize(
    "case", [case for case in sections("server")["logging"] if "levels" in str(case.data["output"])]
)
def test_levels_and_targets_by_the_command_line(
    case: Case, make_named: MakeNamed, log_root: Path, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    """LOG-20: levels and targets by the number behind `-v`; LOG-26: lines as those of 10.x, and
    with the level, logger and message of those of 9.x."""
    (device, admin) = case.data["output"]["levels"]["ok"][1]
    of_tango_test = case.reference == CPP_9
    verbosity = int(case.data["input"].removeprefix("-v") or 0)
    devices = [(device, "TangoTest" if of_tango_test else "Talker")]
    client = connect(served(make_named, admin.removeprefix("dserver/"), devices, verbosity=verbosity))
    assert outcome(client, "GetLoggingLevel", ["*"]) == case.data["output"]["levels"]
    if targets := case.data["output"].get("targets"):
        assert [outcome(client, "GetLoggingTarget", name)["ok"] for name in (device, admin)] == targets["ok"]
    client.device(device).info_stream("I")
    client.device(device).debug_stream("D")
    printed = [re.fullmatch(r"\S+ (\w+) \(\S+:\d+\) (.*)", line) for line in capsys.readouterr().out.splitlines()]
    lines = [(found[1], found[2]) for found in printed if found is not None]
    for expected in case.data["output"].get("sample_lines", ()):
        (level, text) = re.fullmatch(r"\S+ (\w+) \(\(unknown\):0\) (.*)", expected).groups()  # type: ignore[union-attr]
        assert (level, text) in lines
    for expected in case.data["output"].get("first_lines", ()):
        if found := re.fullmatch(r"\d+ \[\d+\] (INFO) (.*)", expected):
            assert (found[1], found[2]) in lines


def test_levels_from_properties(make_named: MakeNamed, log_root: Path, connect: Connect) -> None:
    """LOG-8: the captured properties give the captured levels; LOG-10: read when a device is made."""
    (case,) = [case for case in sections("server")["logging"] if case.name == "levels from properties"]
    expected, names = case.data["output"]["ok"]
    store = store_of("Probe/b", *((name, "Talker") for name in names[:-1]))
    for key, word in case.data["input"].items():
        store.put_device_property(key.removesuffix(" logging_level"), {"logging_level": [word]})
    client = connect(make_named([Talker], store, server="Probe/b"))
    assert outcome(client, "GetLoggingLevel", ["*"]) == {"ok": [expected, names]}
    store.put_device_property(names[0], {"logging_level": ["error"]})
    store.put_device_property(names[-1], {"logging_level": ["FATAL"]})
    assert levels(client) == expected
    client.admin("DevRestart", names[0])
    assert levels(client, names[0], names[-1]) == [LogLevel.LOG_ERROR, expected[-1]]
    client.server.restart_devices()
    assert levels(client, names[0], names[-1]) == [LogLevel.LOG_ERROR, LogLevel.LOG_FATAL]


# ---- levels


@pytest.fixture
def client(make_named: MakeNamed, log_root: Path, connect: Connect) -> Client:
    return connect(
        served(make_named, "Probe/a", [("adm/Talk/1", "Talker"), ("adm/talk/2", "Talker"), ("lab/other/1", "Talker2")])
    )


@pytest.mark.parametrize("level", list(LogLevel))
def test_a_message_passes_when_its_level_is_not_above_the_devices(
    client: Client, level: LogLevel, capsys: pytest.CaptureFixture[str]
) -> None:
    """LOG-1: levels 0 to 5 are OFF, FATAL, ERROR, WARN, INFO, DEBUG."""
    client.admin("AddLoggingTarget", ["adm/talk/1", "console"])
    client.admin("SetLoggingLevel", [[int(level)], ["adm/talk/1"]])
    client.command("adm/talk/1", "SayAll")
    words = ["fatal", "error", "warn", "info", "debug"][: int(level)]
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines] == words
    assert [line.split()[1] for line in lines] == [word.upper() for word in words]


def test_loggers_are_named_in_lower_case_and_the_core_logger_as_typed(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    """LOG-2: one logger for each device; that of the admin device is the process's own."""
    client.admin("AddLoggingTarget", ["*", "console"])
    client.admin("SetLoggingLevel", [[4], ["*"]])
    client.device("adm/talk/1").info_stream("of a device")
    client.device("dserver/probe/a").info_stream("of the admin device")
    client.server.loggers.core.info("of the process")
    out = capsys.readouterr().out.splitlines()
    assert [line.partition(") ")[2] for line in out] == [
        "adm/talk/1 of a device",
        "dserver/Probe/a of the admin device",
        "dserver/Probe/a of the process",
    ]
    client.admin("RemoveLoggingTarget", ["adm/talk/1", "console"])
    client.admin("SetLoggingLevel", [[1], ["adm/talk/1"]])
    assert levels(client) == [1, 4, 4, 4]
    assert outcome(client, "GetLoggingTarget", "adm/talk/2") == {"ok": ["console::cout"]}


@pytest.mark.parametrize(
    ("word", "device", "admin"),
    [(None, 0, 3), ("OFF", 0, 0), ("FATAL", 1, 1), ("Info", 4, 3), ("debug", 5, 3), ("WARNING", 3, 3), ("", 3, 3)],
)
def test_a_level_is_a_word(make_named: MakeNamed, connect: Connect, word: str | None, device: int, admin: int) -> None:
    """LOG-8: any case for devices and upper case for the admin device; an unknown word is WARN; absent OFF and WARN."""
    store = store_of("Probe/a", ("adm/talk/1", "Talker"))
    if word is not None:
        for name in ("dserver/Probe/a", "adm/talk/1"):
            store.put_device_property(name, {"logging_level": [word]})
    assert levels(connect(make_named([Talker], store))) == [device, admin]


def test_without_a_database_the_core_logger_starts_at_error(make_named: MakeNamed, connect: Connect) -> None:
    """LOG-8: and devices are silent."""
    server = make_named([Talker], None, devices={"Talker": ["adm/talk/1"]})
    assert levels(connect(server)) == [LogLevel.LOG_OFF, LogLevel.LOG_ERROR]


def test_the_command_line_wins_over_the_level_and_adds_to_the_targets(
    make_named: MakeNamed, log_root: Path, connect: Connect
) -> None:
    """LOG-20: `-v` over logging_level, and the console beside the configured targets."""
    store = store_of("Probe/a", ("adm/talk/1", "Talker"))
    store.put_device_property("adm/talk/1", {"logging_level": ["FATAL"], "logging_target": ["file::own.log"]})
    client = connect(make_named([Talker], store, verbosity=1))
    assert levels(client) == [4, 3]
    expected = ["console::cout", f"file::{log_root}/logs/Probe/a/own.log"]
    assert outcome(client, "GetLoggingTarget", "adm/talk/1") == {"ok": expected}


def test_targets_from_properties_and_faulty_ones_left_out(
    make_named: MakeNamed, log_root: Path, connect: Connect
) -> None:
    """LOG-8: `logging_target` is a list; what cannot be is skipped and the device starts."""
    store = store_of("Probe/a", ("adm/talk/1", "Talker"))
    targets = ["pigeon::x", "file::/no/such/dir/x.log", "device::no/such/device", "device", "console"]
    for name in ("adm/talk/1", "dserver/Probe/a"):
        store.put_device_property(name, {"logging_target": targets})
    client = connect(make_named([Talker], store))
    for name in ("adm/talk/1", "dserver/Probe/a"):
        assert outcome(client, "GetLoggingTarget", name) == {"ok": ["console::cout"]}


def test_get_logging_level(client: Client) -> None:
    """LOG-40, ADM-17: names and patterns; unknown names give nothing, and no names empty lists."""
    assert outcome(client, "GetLoggingLevel", ["ADM/TALK/1", "x/y/z", "lab*"]) == {
        "ok": [[0, 0], ["adm/Talk/1", "lab/other/1"]]
    }
    assert outcome(client, "GetLoggingLevel", []) == {"ok": [[], []]}


def test_set_logging_level(client: Client) -> None:
    """LOG-41, ADM-32: by name and pattern; unknown names do not matter."""
    client.admin("SetLoggingLevel", [[1, 2, 5], ["x/y/z", "adm/*", "Adm/talk/2"]])
    assert levels(client) == [2, 5, 0, 3]


def test_set_logging_level_refuses(client: Client) -> None:
    """LOG-42: lists of different lengths, and levels that are none; what came before stays done."""
    assert reason(client, "SetLoggingLevel", [[3, 3], ["*"]]) == ["API_IncompatibleCmdArgumentType"]
    assert reason(client, "SetLoggingLevel", [[-1], ["*"]]) == ["API_MethodArgument"]
    assert reason(client, "SetLoggingLevel", [[4, 6, 4], ["adm/talk/1", "*", "lab/*"]]) == ["API_MethodArgument"]
    assert levels(client) == [4, 0, 0, 3]


def test_stop_and_start_logging(client: Client) -> None:
    """LOG-43, ADM-33, ADM-37: a second stop and a start without stop change nothing."""
    client.admin("SetLoggingLevel", [[5], ["adm/talk/1"]])
    client.admin("StopLogging")
    client.admin("StopLogging")
    assert levels(client) == [0, 0, 0, 0]
    client.admin("StartLogging")
    assert levels(client) == [5, 0, 0, 3]
    client.admin("SetLoggingLevel", [[2], ["*"]])
    client.admin("StartLogging")
    assert levels(client) == [2, 2, 2, 2]


def test_a_level_set_while_stopped_counts_at_once_and_after_the_start(client: Client) -> None:
    """LOG-43."""
    client.admin("StopLogging")
    client.admin("SetLoggingLevel", [[4], ["adm/talk/1"]])
    assert levels(client) == [4, 0, 0, 0]
    client.admin("StartLogging")
    assert levels(client) == [4, 0, 0, 3]


def test_a_device_stops_and_starts_its_own_logging(client: Client) -> None:
    """LOG-43: with the methods that PyTango's devices have."""
    device = client.device("adm/talk/1")
    device.get_logger().set_level(LogLevel.LOG_DEBUG)
    device.stop_logging()
    assert not device.get_logger().is_fatal_enabled()
    device.start_logging()
    assert levels(client) == [5, 0, 0, 3]


# ---- patterns


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("adm/talk/1", ["adm/Talk/1"]),
        ("ADM/TALK/2", ["adm/talk/2"]),
        ("*", ["adm/Talk/1", "adm/talk/2", "lab/other/1", "dserver/Probe/a"]),
        ("*1", ["adm/Talk/1", "lab/other/1"]),
        ("alk*", ["adm/Talk/1", "adm/talk/2"]),
        ("a*o*/", ["lab/other/1"]),
        ("o*a*/1", []),
        ("dserver/*", ["dserver/Probe/a"]),
        ("adm/talk", []),
        ("chatter", ["adm/talk/2"]),
    ],
)
def test_patterns(client: Client, pattern: str, names: list[str]) -> None:
    """LOG-32: a name or alias; `*` for all, the admin device last; pieces in this order anywhere in the name."""
    client.server._store.put_device_alias("adm/talk/2", "chatter")  # type: ignore[union-attr]
    assert outcome(client, "GetLoggingLevel", [pattern])["ok"][1] == names


def test_the_pieces_of_a_pattern_stand_anywhere_in_the_name(make_named: MakeNamed, connect: Connect) -> None:
    """LOG-32: not anchored at either end, so `*1` also matches `adm/probe12/x`."""
    client = connect(served(make_named, "Probe/a", [("adm/probe12/x", "Talker"), ("adm/probe2/x", "Talker")]))
    assert outcome(client, "GetLoggingLevel", ["*1"])["ok"][1] == ["adm/probe12/x"]


# ---- targets


def test_add_logging_target(client: Client, log_root: Path) -> None:
    """LOG-30, LOG-33, ADM-10, ADM-18: all pairs in order, by pattern too; listed in alphabetical order."""
    client.admin("AddLoggingTarget", ["adm/*", "file::b.log", "adm/talk/1", "file::A.log", "adm/talk/1", "console"])
    directory = log_root / "logs" / "Probe" / "a"
    expected = ["console::cout", f"file::{directory}/A.log", f"file::{directory}/b.log"]
    assert outcome(client, "GetLoggingTarget", "ADM/talk/1") == {"ok": expected}
    assert outcome(client, "GetLoggingTarget", "adm/talk/2") == {"ok": expected[2:]}
    assert outcome(client, "GetLoggingTarget", "lab/other/1") == {"ok": []}
    assert reason(client, "GetLoggingTarget", "adm/*") == ["API_DeviceNotFound", "API_DeviceNotFound"]


def test_an_error_stops_adding_and_what_came_before_stays(client: Client) -> None:
    """LOG-30."""
    pairs = ["adm/talk/1", "console", "adm/talk/1", "pigeon::post", "adm/talk/2", "console"]
    assert reason(client, "AddLoggingTarget", pairs) == ["API_MethodArgument"]
    assert outcome(client, "GetLoggingTarget", "adm/talk/1") == {"ok": ["console::cout"]}
    assert outcome(client, "GetLoggingTarget", "adm/talk/2") == {"ok": []}


@pytest.mark.parametrize(
    ("argin", "expected"),
    [
        (["adm/talk/1"], "API_MethodArgument"),
        (["x/y/z", "console"], "API_DeviceNotFound"),
        (["q*q", "console"], "API_DeviceNotFound"),
        (["adm/talk/1", "foo::bar"], "API_MethodArgument"),
        (["adm/talk/1", ""], "API_MethodArgument"),
        (["adm/talk/1", "::x"], "API_MethodArgument"),
        (["adm/talk/1", "device"], "API_MethodArgument"),
        (["adm/talk/1", "device::"], "API_MethodArgument"),
        (["adm/talk/1", "device::no/such/device"], "API_ConnectionFailed"),
        (["adm/talk/1", "device::not a name"], "API_ConnectionFailed"),
        (["adm/talk/1", "device::tango://127.0.0.1:9/log/consumer/1#dbase=no"], "API_ConnectionFailed"),
        (["adm/talk/1", "file::/no/such/directory/x.log"], "API_CannotOpenFile"),
        (["adm/talk/1", "file::a\0b"], "API_CannotOpenFile"),
    ],
)
def test_add_logging_target_refuses(client: Client, argin: list[str], expected: str) -> None:
    """LOG-31."""
    assert reason(client, "AddLoggingTarget", argin) == [expected]
    assert outcome(client, "GetLoggingTarget", "adm/talk/1") == {"ok": []}


def test_remove_logging_target(client: Client) -> None:
    """LOG-34, ADM-30: default names too; `type::*` means all of a type; what is not there is no error."""
    targets = ["console", "file", "file::x.log", "file::y.log"]
    client.admin("AddLoggingTarget", [text for target in targets for text in ("*", target)])
    client.admin("RemoveLoggingTarget", ["*", "file", "adm/talk/1", "file::nothing.log", "adm/talk/1", "FILE::X.LOG"])
    left = outcome(client, "GetLoggingTarget", "adm/talk/1")["ok"]
    assert [target.rpartition("/")[2] for target in left] == ["console::cout", "y.log"]
    client.admin("RemoveLoggingTarget", ["adm/talk/1", "console::what", "adm/talk/2", "file::*"])
    assert len(outcome(client, "GetLoggingTarget", "adm/talk/1")["ok"]) == 1
    assert outcome(client, "GetLoggingTarget", "adm/talk/2") == {"ok": ["console::cout"]}


@pytest.mark.parametrize(
    ("argin", "expected"),
    [
        (["adm/talk/1"], "API_WrongNumberOfArgs"),
        (["x/y/z", "console"], "API_DeviceNotFound"),
        (["adm/talk/1", "foo::bar"], "API_MethodArgument"),
        (["adm/talk/1", ""], "API_MethodArgument"),
        (["adm/talk/1", "device"], "API_MethodArgument"),
    ],
)
def test_remove_logging_target_refuses(client: Client, argin: list[str], expected: str) -> None:
    """LOG-35: an odd number of strings with another reason than in LOG-31."""
    assert reason(client, "RemoveLoggingTarget", argin) == [expected]


def test_what_locks_refuse(client: Client, connect: Connect) -> None:
    """LOG-31, LOG-35, LOG-42: `API_DeviceLocked` when another client has locked one of the devices of a pattern; what
    comes before stays done, as Tango 10.3 has it (LOG-30); LOCK-12."""
    other = connect(client.server)
    other.peer = Peer("vm", "tcp:127.0.0.1:2", ClientIdent(pid=815), other.sink)
    client.admin("LockDevice", [[10], ["adm/talk/2"]])
    for pattern in ("adm/talk/2", "adm/*"):
        assert reason(other, "AddLoggingTarget", [pattern, "console"]) == ["API_DeviceLocked"]
        assert reason(other, "RemoveLoggingTarget", [pattern, "console"]) == ["API_DeviceLocked"]
        assert reason(other, "SetLoggingLevel", [[5], [pattern]]) == ["API_DeviceLocked"]
    assert levels(client) == [0, 0, 0, 3]
    assert outcome(client, "GetLoggingTarget", "adm/talk/1") == {"ok": []}
    pairs = ["adm/talk/1", "console", "adm/talk/2", "console"]
    assert reason(other, "AddLoggingTarget", pairs) == ["API_DeviceLocked"]
    assert outcome(client, "GetLoggingTarget", "adm/talk/1") == {"ok": ["console::cout"]}
    assert reason(other, "RemoveLoggingTarget", pairs) == ["API_DeviceLocked"]
    assert outcome(client, "GetLoggingTarget", "adm/talk/1") == {"ok": []}
    assert reason(other, "SetLoggingLevel", [[4, 4], ["adm/talk/1", "adm/talk/2"]]) == ["API_DeviceLocked"]
    assert levels(client) == [4, 0, 0, 3]
    other.admin("AddLoggingTarget", ["adm/talk/1", "console"])
    client.admin("AddLoggingTarget", ["adm/*", "console"])
    client.admin("SetLoggingLevel", [[5], ["adm/*"]])
    other.admin("StopLogging")
    other.admin("StartLogging")
    assert levels(client) == [5, 5, 0, 3]
