"""The command `log` against a server in this process: live messages, and levels and targets."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core.device.command import command
from server_core.device.device import Device
from server_core.model.enums import LogLevel
from server_core.server.process import DeviceServer
from tangoterm.client import DeviceProxy, close_connections
from tangoterm.console import logs
from tangoterm.console.commands import UsageError
from tangoterm.console.line import parse_line
from tangoterm.console.render import Output, render
from tangoterm.console.result import Layout, Refused, Result
from tangoterm.console.session import Session


class Talker(Device):
    """Logs what it is told to."""

    @command
    def Say(self, text: str) -> None:
        self.info_stream(text)
        self.debug_stream(f"debug of {text}")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DeviceServer]:
    names = ["lab/talk/1", "lab/talk/2"]
    path = str(tmp_path / "talk.sock")
    with DeviceServer([Talker], "Talk", "a", store=None, devices={"Talker": names}, unix_path=path) as server:
        yield server
        close_connections()


@pytest.fixture
def name(server: DeviceServer) -> Callable[[int], str]:
    """`name(1)`: the full name of a device, as users of a server without database type it."""
    port = server.endpoints.partition(",")[0].rpartition(":")[2]
    return lambda number: f"tango://127.0.0.1:{port}/lab/talk/{number}#dbase=no"


@pytest.fixture
def session() -> Session:
    return Session()


def run(session: Session, line: str) -> Result:
    call = parse_line(line)
    assert call is not None
    return call.command.run(session, **call.arguments)


def settings(session: Session, *names: str, changes: str = "--settings") -> list[tuple[str, list[str]]]:
    """Level and targets of devices, as the command shows them."""
    rows = run(session, f"log {' '.join(names)} {changes}").rows
    return [(row["level"], row["targets"].data()) for row in rows]


def say(name: str, *texts: str) -> None:
    for text in texts:
        DeviceProxy(name).Say(text)


def test_messages_of_several_devices_as_they_happen(session: Session, name: Callable[[int], str]) -> None:
    result = run(session, f"log {name(1)} {name(2)} --count 3")
    assert result.layout is Layout.LIVE
    say(name(1), "one")
    say(name(2), "two", "three words")
    lines = list(render(result, Output.TABLE))
    assert [line.split(maxsplit=1)[1] for line in lines] == [
        "INFO   lab/talk/1  one",
        "INFO   lab/talk/2  two",
        "INFO   lab/talk/2  three words",
    ]


def test_a_message_as_json(session: Session, name: Callable[[int], str]) -> None:
    result = run(session, f"log {name(1)} --level debug --count 2")
    before = time.time()
    say(name(1), "a\nb")
    first, second = (json.loads(line) for line in render(result, Output.JSON))
    assert (first["level"], first["device"], first["message"]) == ("INFO", "lab/talk/1", "a\nb")
    assert (second["level"], second["message"], second["context"]) == ("DEBUG", "debug of a\nb", None)
    assert first["thread"].startswith("@")
    assert time.strftime("%Y-%m-%dT", time.gmtime(before)) in first["time"]


def test_levels_and_targets_are_put_back(session: Session, name: Callable[[int], str]) -> None:
    settings(session, name(2), changes="--set-level debug --add console")
    before = settings(session, name(1), name(2))
    result = run(session, f"log {name(1)} {name(2)} --duration 0.05")
    watched = settings(session, name(1), name(2))
    assert [level for level, _ in watched] == ["INFO", "DEBUG"]
    assert all(any("tangoterm/log-" in target for target in targets) for _, targets in watched)
    assert list(result.rows) == []
    assert settings(session, name(1), name(2)) == before == [("OFF", []), ("DEBUG", ["console::cout"])]


def test_a_level_that_somebody_else_has_changed_meanwhile_stays(session: Session, name: Callable[[int], str]) -> None:
    result = run(session, f"log {name(1)} --level error --duration 0.05")
    settings(session, name(1), changes="--set-level warn")
    assert list(result.rows) == []
    assert settings(session, name(1)) == [("WARN", [])]


@pytest.mark.parametrize("first_goes", [True, False])
def test_several_watch_one_device(session: Session, name: Callable[[int], str], first_goes: bool) -> None:
    """Whoever goes first, the other goes on to hear what it wants and no more; the last one puts back what the first
    found."""
    settings(session, name(1), changes="--set-level error")
    watches = [run(session, f"log {name(1)} --level {level} --count 1") for level in ("info", "debug")]
    watches.append(run(session, f"log {name(1)} --count 2"))
    assert settings(session, name(1))[0][0] == "DEBUG"
    goes, stays = watches[:2] if first_goes else watches[1::-1]
    say(name(1), "one")
    assert [row["message"] for row in goes.rows] == ["one"]
    assert settings(session, name(1))[0][0] == ("DEBUG" if first_goes else "INFO")
    say(name(1), "two")
    assert [row["message"] for row in stays.rows] == ["one"]
    assert settings(session, name(1))[0][0] == "INFO"
    assert [row["message"] for row in watches[2].rows] == ["one", "debug of one"]
    assert settings(session, name(1)) == [("ERROR", [])]


def test_it_ends_when_it_is_stopped(session: Session, name: Callable[[int], str]) -> None:
    result = run(session, f"log {name(1)}")
    assert result.stop is not None
    threading.Timer(0.05, result.stop).start()
    assert list(result.rows) == []
    assert settings(session, name(1)) == [("OFF", [])]


def test_an_interrupt_puts_everything_back(session: Session, name: Callable[[int], str]) -> None:
    result = run(session, f"log {name(1)} --level debug")
    rows: Any = iter(result.rows)
    say(name(1), "seen")
    assert next(rows)["message"] == "seen"
    with pytest.raises(KeyboardInterrupt):
        rows.throw(KeyboardInterrupt)
    assert settings(session, name(1)) == [("OFF", [])]


def test_nothing_is_left_behind_when_one_device_cannot_be_watched(session: Session, name: Callable[[int], str]) -> None:
    nowhere = "tango://127.0.0.1:9/lab/talk/9#dbase=no"
    with pytest.raises(Refused, match="#dbase=no: API_CorbaException"):
        run(session, f"log {name(1)} {nowhere}")
    assert settings(session, name(1)) == [("OFF", [])]


def test_a_device_that_is_made_anew_is_watched_again(
    session: Session, name: Callable[[int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restart of a device takes its level and targets away."""
    monkeypatch.setattr(logs, "LOOK", 0.05)
    result = run(session, f"log {name(1)} --level debug")
    rows: Any = iter(result.rows)
    say(name(1), "before")
    assert [next(rows)["message"] for _ in range(2)] == ["before", "debug of before"]
    device = DeviceProxy(name(1))
    DeviceProxy(device.adm_name()).command_inout("DevRestart", "lab/talk/1")
    while not device.get_logging_target() or device.get_logging_level() != LogLevel.LOG_DEBUG:
        time.sleep(0.01)
    say(name(1), "after")
    assert [next(rows)["message"] for _ in range(2)] == ["after", "debug of after"]
    rows.close()
    assert (settings(session, name(1)), result.failures) == ([("OFF", [])], [])


def test_what_cannot_be_put_back_is_told(session: Session, name: Callable[[int], str], server: DeviceServer) -> None:
    result = run(session, f"log {name(1)} --duration 0.05")
    server.stop()
    assert list(result.rows) == []
    assert {failure.name for failure in result.failures} == {name(1)}


def test_levels_and_targets_are_changed(session: Session, name: Callable[[int], str], tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    assert settings(session, name(1), changes=f"--set-level warn --add file::{path}") == [("WARN", [f"file::{path}"])]
    assert settings(session, name(1), name(2), changes="--remove file::*") == [("WARN", []), ("OFF", [])]
    heading, row = render(run(session, f"log {name(1)} --settings"), Output.TABLE)
    assert heading.split() == ["DEVICE", "LEVEL", "TARGETS"]
    assert row.split() == [name(1), "WARN", "-"]


def test_a_change_that_is_refused_is_told_for_each_device(session: Session, name: Callable[[int], str]) -> None:
    result = run(session, f"log {name(1)} {name(2)} --add pigeon")
    assert list(result.rows) == []
    assert [failure.error.reason for failure in result.failures] == ["API_MethodArgument"] * 2


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("--level debug --settings", "belong to watching"),
        ("--count 3 --set-level off", "belong to watching"),
        ("--level off", "'off' is none of fatal"),
        ("--set-level loud", "'loud' is none of off"),
    ],
)
def test_what_does_not_go_together(session: Session, words: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        run(session, f"log lab/talk/1 {words}")


def test_messages_are_appended_to_a_file_too(session: Session, name: Callable[[int], str], tmp_path: Path) -> None:
    path = tmp_path / "night.log"
    path.write_text("before\n")
    for text in ("one", "two"):
        result = run(session, f"log {name(1)} --save {path} --count 1")
        say(name(1), text)
        assert [row["message"] for row in result.rows] == [text]
    before, *lines = [line.split("\t") for line in path.read_text().splitlines()]
    assert before == ["before"]
    assert [(line[1], line[2], line[4]) for line in lines] == [
        ("INFO", "lab/talk/1", "one"),
        ("INFO", "lab/talk/1", "two"),
    ]
    assert settings(session, name(1)) == [("OFF", [])]


def test_a_file_that_cannot_be_written_is_told_before_anything_is_changed(
    session: Session, name: Callable[[int], str], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        run(session, f"log {name(1)} --save {tmp_path}")
    assert settings(session, name(1)) == [("OFF", [])]
