"""The commands `server` and `device` on a control system of the user's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tangoterm.__main__ import main
from tangoterm.client import close_connections
from tangoterm.console.settings import state_path

Run = Callable[..., tuple[int, str, str]]

FILE = """
from server_core import Device, command


class Lamp(Device):
    @command
    def Blink(self) -> str:
        return "blink"
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs the command line in this process: exit code, stdout, stderr. At the end all servers are stopped."""

    def words(*argv: str) -> tuple[int, str, str]:
        code = main(argv)
        output, errors = capsys.readouterr()
        return code, output, errors

    yield words
    for server in rows(words, "server", "list"):
        if server["state"] != "stopped":
            words("server", "kill", server["server"], "--yes")
    close_connections()


def rows(run: Run, *argv: str) -> list[dict[str, Any]]:
    """The rows of a command's answer, as JSON."""
    output = run(*argv, "--json")[1]
    found = json.loads(output) if output.startswith("[") else [json.loads(line) for line in output.splitlines()]
    return found if isinstance(found, list) else [found]


def test_a_server_from_its_definition_to_its_end(run: Run) -> None:
    assert run("device", "add", "lab/tt/1", "TangoTest", "TangoTest/a", "--alias", "tt")[0] == 0
    assert rows(run, "server", "list")[0] | {"host": None} == {
        "server": "TangoTest/a", "state": "stopped", "devices": 1, "host": None, "pid": None, "level": None,
        "uptime": None, "starter": False, "version": None,
    }  # fmt: skip
    (started,) = rows(run, "server", "start", "TangoTest/a")
    assert started["result"] == "started"
    (listed,) = rows(run, "server", "list", "tango")
    assert (listed["state"], listed["pid"]) == ("running", started["pid"])
    info = rows(run, "server", "info", "TangoTest/a")[0]
    assert (info["classes"], info["devices"], info["pid"]) == ("TangoTest", "lab/tt/1", started["pid"])
    assert run("call", "tt", "DevLong", "3")[0] == 0
    code, _, errors = run("server", "start", "TangoTest/a")
    assert code == 1
    assert "ALREADY_RUNNING" in errors
    assert [line["line"] for line in rows(run, "server", "log", "TangoTest/a")][1:] == ["Ready to accept request"]
    for action in (("delete", "TangoTest/a"), ("rename", "TangoTest/a", "TangoTest/b")):
        code, _, errors = run("server", *action)
        assert (code, "stop it first" in errors) == (1, True), action
    (restarted,) = rows(run, "server", "restart", "TangoTest/a")
    assert restarted["result"] == "restarted"
    assert restarted["pid"] != started["pid"]
    assert rows(run, "server", "stop", "TangoTest/*")[0]["result"] == "stopped"
    assert rows(run, "server", "start", "TangoTest/a")[0]["result"] == "started"
    assert rows(run, "server", "kill", "TangoTest/a")[0]["result"] == "killed"
    assert rows(run, "server", "list")[0]["state"] == "stopped"
    assert run("server", "delete", "TangoTest/a", "--yes")[0] == 0
    assert rows(run, "server", "list") == []


def test_a_python_file_is_started_again_as_before_also_under_a_new_name(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lamp.py").write_text(FILE)
    run("device", "add", "lab/lamp/1", "Lamp", "lamp/desk")
    code, _, errors = run("server", "start", "lamp/desk")
    assert (code, "CANNOT_RUN_FILE" in errors) == (1, True)
    assert run("server", "start", "lamp/desk", "--program", str(tmp_path / "lamp.py"))[0] == 0
    assert rows(run, "call", "lab/lamp/1", "Blink")[0]["value"] == "blink"
    assert run("server", "stop", "lamp/desk")[0] == 0
    assert run("server", "rename", "lamp/desk", "lamp/wall")[0] == 0
    assert run("server", "start", "lamp/wall")[0] == 0
    assert rows(run, "call", "lab/lamp/1", "Blink")[0]["value"] == "blink"


def test_a_server_that_could_not_be_started_again_is_not_stopped(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lamp.py").write_text(FILE)
    run("device", "add", "lab/lamp/1", "Lamp", "lamp/desk")
    assert run("server", "start", "lamp/desk", "--program", str(tmp_path / "lamp.py"))[0] == 0
    code, _, errors = run("server", "restart", "lamp/desk", "--program", str(tmp_path / "nothing.py"))
    assert (code, "nothing.py is not a file" in errors) == (1, True)
    for kept in state_path("servers").rglob("*.json"):
        kept.unlink()
    code, _, errors = run("server", "restart", "lamp/desk")
    assert (code, "--program FILE" in errors) == (1, True)
    assert rows(run, "call", "lab/lamp/1", "Blink")[0]["value"] == "blink"


def test_controlled_servers_start_level_by_level_and_stop_the_other_way(run: Run) -> None:
    for number, level in (("1", "2"), ("2", "1")):
        run("device", "add", f"lab/tt/{number}", "TangoTest", f"TangoTest/{number}")
        assert rows(run, "server", "level", f"TangoTest/{number}", "--level", level)[0]["level"] == int(level)
    assert [row["server"] for row in rows(run, "server", "start", "--all")] == ["TangoTest/2", "TangoTest/1"]
    assert [row["server"] for row in rows(run, "server", "stop", "--all")] == ["TangoTest/1", "TangoTest/2"]
    run("server", "level", "TangoTest/*", "--level", "0")
    code, _, errors = run("server", "start", "--all")
    assert (code, "controlled" in errors) == (2, True)


def test_devices_are_defined_renamed_restarted_and_deleted(run: Run) -> None:
    run("device", "add", "lab/tt/1", "TangoTest", "TangoTest/a")
    code, _, errors = run("device", "add", "LAB/tt/1", "TangoTest", "TangoTest/b")
    assert (code, "defined already" in errors) == (1, True)
    assert run("device", "add", "lab/tt", "TangoTest", "TangoTest/b")[0] == 1
    assert run("device", "alias", "lab/tt/1", "one")[0] == 0
    assert run("device", "alias", "one")[1] + run("device", "alias", "one")[2] == "lab/tt/1 is called one\n"
    run("server", "start", "TangoTest/a")
    run("write", "lab/tt/1/double_scalar_w", "2.5")
    assert run("device", "init", "one")[0] == 0
    assert run("device", "restart", "one")[0] == 0
    code, _, errors = run("device", "delete", "one", "lab/tt/9")
    assert code == 1
    assert "API_DeviceInUse" in errors
    assert "DB_DeviceNotDefined" in errors
    run("server", "stop", "TangoTest/a")
    assert run("device", "alias", "lab/tt/1", "--remove")[0] == 0
    assert run("device", "delete", "lab/tt/1", "--yes")[0] == 0
    assert rows(run, "ls") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("server", "start"), "which server"),
        (("server", "start", "Nope/x"), "not defined"),
        (("server", "start", "Nope*"), "no server has such a name"),
        (("server", "start", "nope"), "syntax error"),
        (("server", "rename", "a/b"), "usage: server rename"),
        (("device", "add", "lab/tt/1"), "usage: device add"),
        (("device", "init", "lab/tt/1", "--alias", "x"), "--alias goes with add"),
        (("device", "restart", "lab/tt/1", "--remove"), "--remove goes with alias"),
    ],
)
def test_what_makes_no_sense_is_said(run: Run, words: tuple[str, ...], said: str) -> None:
    code, _, errors = run(*words)
    assert code != 0
    assert said in errors
