"""The command line without any control system: what is understood, what is refused, and where it is said."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from server_core.database.memory import MemoryStore
from server_core.model.errors import DevFailed
from tangoterm.cli.app import Faces, main
from tangoterm.cli.classes import load_classes
from tangoterm.cli.processes import free_name, register
from tangoterm.console.commands.table import UsageError
from tangoterm.console.render import Output
from tangoterm.console.result import Layout, Result, columns
from tangoterm.console.session import Session
from tangoterm.console.settings import Settings
from tangoterm.console.terminal import Terminal


class Opened:
    """Faces that only remember that they were opened."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.faces = Faces(self.tui, self.repl, self.demo)

    def tui(self, settings: Settings, device: str | None) -> int:
        self.calls.append(("tui", settings.host, settings.timeout, device))
        return 0

    def repl(self, settings: Settings, lines: Sequence[str], script: str | None) -> int:
        self.calls.append(("repl", list(lines), script))
        return 5

    def demo(self, settings: Settings, on_screen: bool) -> int:
        self.calls.append(("demo", on_screen))
        return 0


@pytest.fixture
def opened() -> Opened:
    return Opened()


def test_without_a_command_the_tui_opens_with_the_settings(opened: Opened) -> None:
    assert main([], opened.faces) == 0
    assert main(["--host", "HERE:1", "--timeout", "1.5"], opened.faces) == 0
    assert main(["tui", "sys/tg_test/1", "--host", "b:2"], opened.faces) == 0
    assert opened.calls == [
        ("tui", None, 3.0, None),
        ("tui", "here:1", 1.5, None),
        ("tui", "b:2", 3.0, "sys/tg_test/1"),
    ]


def test_the_prompt_takes_lines_and_a_script_and_gives_its_exit_code(opened: Opened) -> None:
    assert main(["repl", "-c", "ls", "-c", "read a/b/c/d", "-"], opened.faces) == 5
    assert main(["demo"], opened.faces) == 0
    assert main(["demo", "--no-tui"], opened.faces) == 0
    assert opened.calls == [("repl", ["ls", "read a/b/c/d"], "-"), ("demo", True), ("demo", False)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["raed"], "did you mean read?"),
        (["read"], "tangoterm read: TARGET missing"),
        (["read", "a/b/c/d", "--source", "moon"], "read: --source: 'moon' is none of device, cache, cache_device"),
        (["blackbox", "a/b/c", "--count", "0"], "'0' is not a whole number above 0"),
        (["ls", "--json", "--plain"], "not allowed with argument"),
        (["serve", "TangoTest"], "INSTANCE missing"),
        (["serve", "TangoTest", "x", "--port", "70000"], "'70000' is not a port"),
        (["serve", "TangoTest", "x", "--port", "-1"], "--port: '-1' is not a port"),
        (["serve", "TangoTest", "x", "-file=y"], "-file is not an option of tangoterm serve"),
        (["device"], "tangoterm device: ACTION, DEVICE missing"),
        (["prop", "lst", "a/b/c"], "ACTION: 'lst' is none of list, get, set, add"),
        (["log", "a/b/c", "--lvel", "info"], "--lvel is not an option of tangoterm log; did you mean --level"),
        (["log", "a/b/c", "--level"], "--level: a value is missing"),
        (["lock", "a/b/c", "x"], "'x' is too much"),
        (["monitor", "a/b/c/d", "--interval", "1e99"], "1e99 is more than 2147483 seconds"),
    ],
)
def test_what_is_not_understood_ends_with_2_and_is_said_on_stderr(
    opened: Opened, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words, opened.faces)
    assert ended.value.code == 2
    output, errors = capsys.readouterr()
    assert (output, message in errors, opened.calls) == ("", True, [])


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["ls", "--timeout", "soon"], 2, "--timeout: 'soon' is not a number of seconds"),
        (["ls", "--timeout", "-1"], 2, "--timeout: -1 is not a number of seconds above 0"),
        (["ls", "--timeout", "1e99"], 2, "--timeout: 1e99 is more than 2147483 seconds"),
        (["ls", "--host", "a:b"], 2, "--host: 'a:b' is not a control system address"),
        (["serve", "nowhere.py", "x"], 2, "nowhere.py is not a file"),
        (["serve", "TangoTest", "x", "--device", "Foo::a/b/c"], 2, "Foo is none of the classes TangoTest"),
        (["serve", "Nope", "x"], 1, "API_ClassNotFound: 'Nope'"),
        (["serve", "TangoTest", "x", "--device", "a/b"], 1, "DB_IncorrectDeviceName"),
        (["info", "no/such/device"], 1, "no/such/device: DB_DeviceNotDefined"),
        (["read", "a/b/c/d/e"], 1, "API_WrongAttributeNameSyntax"),
    ],
)
def test_a_refusal_has_its_exit_code_and_names_its_subject(
    opened: Opened, words: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words, opened.faces) == code
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("tangoterm: ")
    assert message in errors


def test_an_empty_system_lists_nothing_and_says_so(opened: Opened, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ls"], opened.faces) == 0
    assert capsys.readouterr() == ("", "no device in local\n")
    assert main(["ls", "--json"], opened.faces) == 0
    assert capsys.readouterr() == ("[]\n", "")


def test_help_is_data_and_names_every_command(opened: Opened, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help"], ["read", "--help"], ["serve", "--help"], ["--version"]):
        with pytest.raises(SystemExit) as ended:
            main(words, opened.faces)
        assert ended.value.code == 0
        output, errors = capsys.readouterr()
        assert (bool(output), errors) == (True, "")


# ---- the two streams


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(settings: Settings, out: io.StringIO, result: Result) -> tuple[str, str, bool]:
    err = io.StringIO()
    good = Terminal(settings, out, err).show(Session(), result)
    return out.getvalue(), err.getvalue(), good


def test_a_terminal_gets_a_table_in_colour_and_a_pipe_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    result = Result(columns("Name"), [{"name": "a"}], note="said")
    assert shown(Settings(), Screen(), result) == ("\x1b[1mNAME\x1b[0m\na\n", "said\n", True)
    assert shown(Settings(color=False), Screen(), result)[0] == "NAME\na\n"
    assert shown(Settings(), io.StringIO(), result)[0] == "a\n"
    assert shown(Settings(output=Output.JSON), io.StringIO(), result)[:2] == ('[{"name": "a"}]\n', "")
    monkeypatch.setenv("TERM", "dumb")
    assert shown(Settings(), Screen(), result)[0] == "NAME\na\n"


def test_a_live_result_is_written_row_by_row() -> None:
    out = io.StringIO()

    def rows() -> Any:
        yield {"name": "a"}
        assert out.getvalue() == "a\n"
        yield {"name": "b"}

    assert shown(Settings(), out, Result(columns("Name"), rows(), Layout.LIVE))[0] == "a\nb\n"


def test_a_reader_that_stops_reading_is_no_error(tmp_path: Path) -> None:
    program = "from tangoterm.__main__ import main; import sys; sys.exit(main(['--help']))"
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-c", program], stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_is_said_in_one_line() -> None:
    program = [sys.executable, "-m", "tangoterm", "ls", "--json"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "tangoterm: the result cannot be written: No space left on device\n",
    )


def test_closed_standard_streams_are_no_error() -> None:
    program = [sys.executable, "-m", "tangoterm"]
    for command, redirection in (("ls", ">&-"), ("ls", "<&-"), ("ls", "2>&-"), ("repl", "<&- >&-")):
        shell = ["sh", "-c", f'exec "$@" {redirection}', "sh", *program, command]
        done = subprocess.run(shell, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "")
        assert "Traceback" not in done.stderr


def test_a_program_gets_failures_as_json(opened: Opened, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "no/such/device", "--json"], opened.faces) == 1
    output, errors = capsys.readouterr()
    failure = json.loads(errors)
    assert (output, failure["name"]) == ("", "no/such/device")
    assert [error["reason"] for error in failure["errors"]] == ["DB_DeviceNotDefined"]


# ---- serve


def test_a_server_without_devices_gets_one_of_a_customary_or_made_up_name() -> None:
    assert free_name("TangoTest", "demo", set()) == "sys/tg_test/1"
    assert free_name("TangoTest", "demo", {"sys/tg_test/1"}) == "test/tangotest/demo"
    assert free_name("Magnet", "x", {"test/magnet/x", "test/magnet/x-2"}) == "test/magnet/x-3"


def test_registration_defines_what_is_missing_and_respects_other_servers() -> None:
    class Magnet:
        pass

    classes: Any = [Magnet]
    store = MemoryStore()
    register(store, "Magnet/a", classes, {})
    register(store, "Magnet/a", classes, {})
    assert [record.name for record in store.devices(dev_class="Magnet")] == ["test/magnet/a"]
    register(store, "Magnet/a", classes, {"Magnet": ["lab/m/1", "lab/m/2"]})
    assert len(store.devices(server="Magnet/a", dev_class="Magnet")) == 3
    with pytest.raises(DevFailed, match="lab/m/1 belongs to the server Magnet/a"):
        register(store, "Magnet/b", classes, {"Magnet": ["LAB/m/1"]})
    store.close()


@pytest.mark.parametrize(
    ("server", "device", "reason"),
    [
        ("Magnet/-x", "lab/m/1", "DB_IncorrectServerName"),
        ("Magnet/a.b", "lab/m/1", "DB_IncorrectServerName"),
        (f"Magnet/{'i' * 86}", "lab/m/1", "DB_IncorrectServerName"),
        ("Magnet/a", "DServer/m/1", "DB_IncorrectDeviceName"),
    ],
)
def test_names_that_no_new_server_may_have(server: str, device: str, reason: str) -> None:
    """LIFE-2, LIFE-4: and a server of such a name that is defined already may start (LIFE-3)."""

    class Magnet:
        pass

    classes: Any = [Magnet]
    store = MemoryStore()
    with pytest.raises(DevFailed) as failure:
        register(store, server, classes, {"Magnet": [device]})
    assert failure.value.reason == reason
    assert store.devices() == []
    store.add_server("Magnet/a.b", [("lab/m/2", "Magnet")])
    register(store, "Magnet/a.b", classes, {"Magnet": ["lab/m/2"]})
    store.close()


def test_classes_come_from_a_file_that_defines_them(tmp_path: Path) -> None:
    source = tmp_path / "lab_devices.py"
    source.write_text(
        "from server_core import Device\nclass Base(Device): pass\nclass Magnet(Base): pass\nclass Pump(Base): pass\n"
    )
    name, classes = load_classes(str(source))
    assert (name, [cls.__name__ for cls in classes]) == ("lab_devices", ["Magnet", "Pump"])
    assert [cls.__name__ for cls in load_classes(f"{source}:pump")[1]] == ["Pump"]
    with pytest.raises(UsageError, match="defines no device class Gun"):
        load_classes(f"{source}:Gun")
    assert load_classes("tangotest")[0] == "TangoTest"


def test_a_file_that_runs_its_server_while_it_is_loaded_is_told_where_that_belongs(tmp_path: Path) -> None:
    source = tmp_path / "eager.py"
    source.write_text("raise SystemExit(2)\n")
    with pytest.raises(UsageError, match=r"eager\.py ends the program while it is loaded .* if __name__"):
        load_classes(str(source))


def test_a_class_file_that_fails_is_shown_with_its_own_traceback(tmp_path: Path) -> None:
    source = tmp_path / "broken.py"
    source.write_text("def make():\n    return 1 / 0\nmake()\n")
    with pytest.raises(UsageError, match=r"broken\.py cannot be loaded") as caught:
        load_classes(str(source))
    lines = str(caught.value).splitlines()
    assert lines[2].strip() == f'File "{source}", line 3, in <module>'
    assert lines[-1] == "ZeroDivisionError: division by zero"
    source.write_text("x = (\n")
    with pytest.raises(UsageError, match=r"SyntaxError: .* was never closed"):
        load_classes(str(source))


# ---- names on standard input


@pytest.mark.parametrize(
    ("typed", "code", "asked"),
    [
        ("no/such/1\n\n  # a comment\n no/such/2\n", 1, ["no/such/0", "no/such/1", "no/such/2"]),
        ("\n# nothing\n", 1, ["no/such/0"]),
    ],
)
def test_a_dash_stands_for_the_names_on_standard_input(
    opened: Opened, typed: str, code: int, asked: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert main(["ping", "no/such/0", "-", "--ndjson"], opened.faces) == code
    assert [json.loads(line)["device"] for line in capsys.readouterr().out.splitlines()] == asked


def test_no_names_at_all_are_a_usage_error(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert main(["read", "-"], opened.faces) == 2
    assert "no names on standard input" in capsys.readouterr().err


def test_an_option_may_go_without_its_value_before_a_name(opened: Opened, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ping", "--watch", "no/such/0", "--count", "1"], opened.faces) == 0
    assert main(["ping", "--watch", "0.5", "no/such/0", "--count", "1"], opened.faces) == 0
    assert main(["ping", "no/such/0", "--count", "1", "--watch"], opened.faces) == 0
    assert capsys.readouterr().out.count("no/such/0") == 3
