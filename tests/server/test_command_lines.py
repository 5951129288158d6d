"""Command lines of real servers, replayed: those that end at once (LIFE-6..LIFE-11)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from server_core.database.locate import open_store
from server_core.database.store import Store
from server_core.device.device import Device
from server_core.devices import find_class
from server_core.server.process import DeviceServer
from server_core.server.run import run
from tests.captured import Case, replayed

TANGO_HOSTS = {"TANGO_HOST wrong syntax": "localhost:port", "db not running": "127.0.0.1:1"}
INSTANCES = {"TangoTest": ("t", "t2", "test"), "Probe": ("a", "b")}


class Probe(Device):
    """What the programs serve."""


@contextmanager
def instances(*servers: str) -> Iterator[Store]:
    """The user's database, with the admin devices of servers."""
    store = open_store()
    for server in servers:
        store.add_server(server, [(f"dserver/{server}", "DServer")])
    try:
        yield store
    finally:
        store.close()


@pytest.mark.parametrize("case", replayed("server", "command_line"))
def test_captured_command_lines(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """LIFE-6, LIFE-7, LIFE-9, LIFE-11, PROP-30, PROP-32: PyTango's exit codes, and Tango's messages word by word."""
    program = case.reference.partition("/")[0].replace("PyTango 10.3.1", "Probe")
    expected = case.data["output"]
    with ExitStack() as stack:
        store = stack.enter_context(instances(*(f"{program}/{instance}" for instance in INSTANCES[program])))
        if case.name == "already running":
            stack.enter_context(DeviceServer((Probe,), program, case.data["input"][0], store=store))
        elif case.name in TANGO_HOSTS:
            monkeypatch.setenv("TANGO_HOST", TANGO_HOSTS[case.name])
        with pytest.raises(SystemExit) as end:
            run(Probe, [f"/usr/lib/tango/{program}", *case.data["input"]])
    output, errors = capsys.readouterr()
    assert end.value.code == expected["exit"]
    if expected["exit"] in (1, 255) and case.name != "TANGO_HOST wrong syntax":
        assert errors.startswith(expected["stderr"].splitlines()[0])
    assert bool(output) == (expected["exit"] == 0)


@pytest.mark.parametrize("word", ["-?", "-h", "-help", "--help"])
def test_help_lists_the_instances(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """LIFE-6, LIFE-7: tab-indented, one a line."""
    with instances("Probe/b", "Probe/a", "Other/c"), pytest.raises(SystemExit) as end:
        run(Probe, ["Probe", word])
    assert end.value.code == 0
    output = capsys.readouterr().out
    assert output.startswith("usage: Probe INSTANCE [")
    assert output.endswith("Instances defined in database for server Probe:\n\ta\n\tb\n")


def test_an_instance_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    """PROP-32: usage and instances, or a warning that there are none."""
    with pytest.raises(SystemExit) as end:
        run(Probe, ["Probe"])
    assert end.value.code == 2
    assert capsys.readouterr().err.endswith("Warning! No defined instance in database for server Probe found!\n")
    with instances("Probe/a"), pytest.raises(SystemExit):
        run(Probe, ["Probe"])
    assert capsys.readouterr().err.endswith(":\n\ta\n")


def test_the_program_of_a_file_is_the_server_without_its_ending(capsys: pytest.CaptureFixture[str]) -> None:
    """LIFE-1, PROP-32."""
    with instances("Probe/b"), pytest.raises(SystemExit):
        run(Probe, ["/somewhere/Probe.py"])
    errors = capsys.readouterr().err
    assert "usage: Probe INSTANCE [" in errors
    assert errors.endswith("Instances defined in database for server Probe:\n\tb\n")


def test_the_name_of_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    """LIFE-1: the file's name without directory and `.py`, and the instance; both name the process."""
    with pytest.raises(SystemExit) as end:
        run(Probe, ["/opt/servers/Some.Probe.py", "inst-1"])
    assert end.value.code == 255
    assert capsys.readouterr().err == "The device server Some.Probe/inst-1 is not defined in database. Exiting!\n"


def test_several_database_hosts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """LIFE-11: the next one is asked when the first does not answer."""
    with instances("Probe/a") as store:
        store.add_server("DataBaseds/2", [("sys/database/2", "DataBase")])
        with DeviceServer((find_class("DataBase"),), "DataBaseds", "2", store=store) as database:
            port = database.endpoints.partition(",")[0].rpartition(":")[2]
            monkeypatch.setenv("TANGO_HOST", f"127.0.0.1:1,127.0.0.1:{port}")
            with pytest.raises(SystemExit):
                run(Probe, ["Probe", "--help"])
            assert capsys.readouterr().out.endswith("server Probe:\n\ta\n")
            with pytest.raises(SystemExit):
                run(Probe, ["Probe", "zz"])
            assert "Probe/zz is not defined in database" in capsys.readouterr().err


def test_the_settings_file_names_the_database(
    private_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """LIFE-11: the environment is asked first, then ~/.tangorc."""
    monkeypatch.delenv("TANGOTERM_DATABASE")
    (private_home / ".tangorc").write_text("TANGO_HOST=127.0.0.1:2\n")
    with pytest.raises(SystemExit) as end:
        run(Probe, ["Probe", "zz"])
    assert end.value.code == 255
    assert "127.0.0.1:2" in capsys.readouterr().err
    monkeypatch.setenv("TANGO_HOST", "127.0.0.1:1")
    with pytest.raises(SystemExit):
        run(Probe, ["Probe", "zz"])
    assert "127.0.0.1:1" in capsys.readouterr().err
