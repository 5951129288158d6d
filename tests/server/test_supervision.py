"""Servers as processes: finding their programs, keeping what they print, starting, stopping and killing them."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server_core.database.locate import open_store
from server_core.database.store import Store
from server_core.devices import MODULES
from server_core.model.errors import DevFailed
from server_core.server.supervision.output import Output
from server_core.server.supervision.processes import Process
from server_core.server.supervision.programs import find_program
from server_core.server.supervision.supervisor import ServerState, Supervisor

PATIENCE = 30.0

STUBBORN = """
import signal
from server_core import Device, run


class Stubborn(Device):
    def delete_device(self):
        signal.pause()


run((Stubborn,))
"""

BROKEN = "print('no hardware found')\nraise SystemExit(3)\n"


@pytest.fixture
def shared(private_home: Path) -> Iterator[Store]:
    """The database file that the started processes use too."""
    store = open_store()
    store.add_server("TangoTest/a", [("sys/tg_test/1", "TangoTest")])
    yield store
    store.close()


@pytest.fixture
def supervisor(shared: Store, tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(shared, Output(tmp_path / "log"), directories=[str(tmp_path)], shipped=MODULES)
    yield supervisor
    for server in shared.servers():
        with contextlib.suppress(DevFailed):  # it does not run any more
            supervisor.kill(server)


def reason(caught: pytest.ExceptionInfo[DevFailed]) -> str:
    return caught.value.reason


# ---- programs


def test_a_program_is_a_file_of_the_servers_name_then_a_class_that_ships(tmp_path: Path) -> None:
    script = tmp_path / "TangoTest.py"
    script.write_text("")
    assert find_program("TangoTest/x", [str(tmp_path)], MODULES) == [sys.executable, str(script), "x"]
    executable = tmp_path / "TangoTest"
    executable.write_text("#!/bin/sh\n")
    executable.chmod(0o755)
    assert find_program("TangoTest/x", [str(tmp_path)], MODULES) == [str(executable), "x"]
    assert find_program("tangotest/x", [], MODULES) == [sys.executable, "-m", "server_core.devices", "tangotest", "x"]


def test_a_program_on_the_path_comes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executable = tmp_path / "Vacuum"
    executable.write_text("#!/bin/sh\n")
    executable.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert find_program("Vacuum/x") == [str(executable), "x"]


def test_what_is_no_program_is_refused_with_the_places_that_were_searched(tmp_path: Path) -> None:
    with pytest.raises(DevFailed, match=f"nor in\n - {tmp_path}") as caught:
        find_program("Nope/x", [str(tmp_path)], MODULES)
    assert reason(caught) == "CANNOT_RUN_FILE"
    (tmp_path / "Nope").write_text("no program")
    with pytest.raises(DevFailed, match="may not be executed") as caught:
        find_program("Nope/x", [str(tmp_path)], MODULES)
    assert reason(caught) == "CANNOT_RUN_FILE"


# ---- output


def test_each_start_has_a_file_of_its_own_and_as_many_former_ones_as_wanted_are_kept(tmp_path: Path) -> None:
    output = Output(tmp_path / "log", kept=2)
    for text in (b"one\n", b"two\n", b"three\n", b"four\n"):
        with output.begin("TangoTest/a") as file:
            file.write(text)
    assert [output.tail("TangoTest/a", 1), output.read("TangoTest/a").splitlines()[1]] == [["four"], "four"]
    kept = sorted(path.name for path in (tmp_path / "log").iterdir())
    assert kept == ["TangoTest_a.log", "TangoTest_a.log.1", "TangoTest_a.log.2"]
    assert (tmp_path / "log" / "TangoTest_a.log.2").read_text().endswith("two\n")
    assert output.tail("Never/started", 5) == []


# ---- processes


def test_a_server_is_started_watched_and_stopped(supervisor: Supervisor) -> None:
    server = "TangoTest/a"
    assert supervisor.state(server) is ServerState.STOPPED
    pid = supervisor.launch(server)
    supervisor.await_start(server, PATIENCE)
    assert (supervisor.state(server), supervisor.record(server).pid) == (ServerState.RUNNING, pid)
    with pytest.raises(DevFailed, match="already running") as caught:
        supervisor.launch(server)
    assert reason(caught) == "ALREADY_RUNNING"
    supervisor.stop(server)
    assert supervisor.await_end(server, PATIENCE)
    assert "Ready to accept request" in supervisor.output.read(server)
    with pytest.raises(DevFailed) as caught:
        supervisor.stop(server)
    assert reason(caught) == "SERVER_NOT_RUNNING"


def test_a_server_that_does_not_start_shows_what_it_said(supervisor: Supervisor, shared: Store, tmp_path: Path) -> None:
    (tmp_path / "Broken.py").write_text(BROKEN)
    shared.add_server("Broken/a", [("test/broken/1", "Broken")])
    supervisor.launch("Broken/a")
    with pytest.raises(DevFailed, match=r"ended with exit code 3(.|\n)*no hardware found") as caught:
        supervisor.await_start("Broken/a", PATIENCE)
    assert reason(caught) == "CANNOT_RUN_FILE"


def test_a_server_that_does_not_end_can_be_killed(supervisor: Supervisor, shared: Store, tmp_path: Path) -> None:
    (tmp_path / "Stubborn.py").write_text(STUBBORN)
    shared.add_server("Stubborn/a", [("test/stubborn/1", "Stubborn")])
    pid = supervisor.launch("Stubborn/a")
    supervisor.await_start("Stubborn/a", PATIENCE)
    supervisor.kill("Stubborn/a")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not shared.device("dserver/Stubborn/a").exported
    with pytest.raises(DevFailed) as caught:
        supervisor.kill("Stubborn/a")
    assert reason(caught) == "SERVER_NOT_RUNNING"


def test_a_server_that_is_not_ready_yet_can_be_killed(supervisor: Supervisor) -> None:
    pid = supervisor.launch("TangoTest/a")
    supervisor.kill("TangoTest/a")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_server_inherits_no_open_file(supervisor: Supervisor, shared: Store, tmp_path: Path) -> None:
    (tmp_path / "Lister.py").write_text("import os\nprint('open:', *sorted(os.listdir('/dev/fd')))\n")
    shared.add_server("Lister/a", [("test/lister/1", "Lister")])
    with (tmp_path / "lock").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        supervisor.launch("Lister/a")
        with pytest.raises(DevFailed, match="ended with exit code 0"):
            supervisor.await_start("Lister/a", PATIENCE)
    assert supervisor.output.tail("Lister/a", 1) == ["open: 0 1 2 3"], "3 is the listed directory itself"


def test_a_pid_that_belongs_to_another_program_now_is_not_killed(supervisor: Supervisor, shared: Store) -> None:
    from server_core.database.store import DeviceExport
    from server_core.server.factory import host_name

    shared.export_devices([DeviceExport("dserver/TangoTest/a", "nada", host_name(), os.getpid(), "5")])
    with pytest.raises(DevFailed) as caught:
        supervisor.kill("TangoTest/a")
    assert reason(caught) == "SERVER_NOT_RUNNING"


def test_an_unknown_server_is_refused(supervisor: Supervisor) -> None:
    with pytest.raises(DevFailed) as caught:
        supervisor.launch("Nope/x")
    assert reason(caught) == "DB_DeviceNotDefined"


def test_ends_are_noticed_while_others_are_started(
    supervisor: Supervisor, shared: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Starter looks at its servers while it is told to start more."""
    (tmp_path / "Short.py").write_text("print('done')\n")
    for instance in ("a", "b"):
        shared.add_server(f"Short/{instance}", [(f"test/short/{instance}", "Short")])
    supervisor.launch("Short/a")
    poll = Process.poll

    def poll_and_start(process: Process) -> int | None:
        monkeypatch.setattr(Process, "poll", poll)
        supervisor.launch("Short/b")
        return poll(process)

    monkeypatch.setattr(Process, "poll", poll_and_start)
    supervisor.reap()
    with pytest.raises(DevFailed, match="ended with exit code 0"):
        supervisor.await_start("Short/b", PATIENCE)


def test_the_end_of_a_process_is_told_to_all_who_ask(tmp_path: Path) -> None:
    """The system tells it once."""
    with (tmp_path / "log").open("wb") as log:
        for _ in range(20):
            process = Process.spawn([sys.executable, "-S", "-c", "raise SystemExit(3)"], log.fileno(), {})
            with ThreadPoolExecutor(4) as pool:
                assert set(pool.map(lambda _: until_it_ended(process), range(4))) == {3}  # noqa: B023


def until_it_ended(process: Process) -> int:
    while (code := process.poll()) is None:
        pass
    return code
