"""`run`: a program that is a device server, in a process of its own (LIFE-6..LIFE-18, LIFE-40, LOG-20)."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server_core.database.sqlite import SqliteStore
from server_core.model.enums import DevState
from server_core.model.identity import ClientIdent
from server_core.model.values import VOID
from server_core.protocol import operations as op
from server_core.transport.blocking import Connection
from server_core.transport.endpoint import parse_endpoints

PROGRAM = """
from server_core.device.command import command
from server_core.device.device import Device
from server_core.model.enums import DevState

class Probe(Device):
    def init_device(self):
        self.set_state(DevState.ON)
        self.info_stream("hello %d", 42)
        if self.get_name().endswith("bad"):
            raise RuntimeError("no hardware")

    def delete_device(self):
        print("deleted", self.get_name(), flush=True)

    @command
    def Talk(self):
        self.debug_stream("talking")

if __name__ == "__main__":
    Probe.run_server()
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the program with arguments; all processes end with the test."""
    script = tmp_path / "Probe.py"
    script.write_text(PROGRAM)
    root = Path(__file__).parents[2]
    running = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(script), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(root)},
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


@pytest.fixture
def database(private_home: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(Path(os.environ["TANGOTERM_DATABASE"]))
    store.add_server("Probe/a", [("dserver/Probe/a", "DServer"), ("a/b/1", "Probe")])
    yield store
    store.close()


def ready(process: subprocess.Popen[str]) -> list[str]:
    """The lines printed up to the one that says that requests are served."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        if line == "Ready to accept request\n":
            return lines
        lines.append(line)
    raise AssertionError(f"{lines} {process.communicate()[1]}")


def connection_to(store: SqliteStore, device: str) -> Connection:
    return Connection.open(parse_endpoints(store.device(device).ior)[0], ident=ClientIdent(pid=os.getpid()))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_ends_the_server_in_good_order(start: Start, database: SqliteStore, number: signal.Signals) -> None:
    """LIFE-40, LIFE-42: SIGHUP is ignored."""
    process = start("a")
    ready(process)
    assert database.device("a/b/1").exported
    process.send_signal(signal.SIGHUP)
    process.send_signal(number)
    output, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (0, "")
    assert "deleted a/b/1" in output
    assert not database.device("a/b/1").exported


def test_kill_and_a_second_instance(start: Start, database: SqliteStore) -> None:
    """LIFE-16, LIFE-41"""
    process = start("a")
    ready(process)
    second = start("a")
    _, errors = second.communicate(timeout=10)
    assert second.returncode == 255
    assert "already running" in errors
    connection = connection_to(database, "dserver/Probe/a")
    try:
        connection.call(op.CommandInout("dserver/Probe/a", "Kill", VOID), 3.0)
    finally:
        connection.close()
    process.communicate(timeout=10)
    assert process.returncode == 0


def test_restart_after_a_crash(start: Start, database: SqliteStore) -> None:
    """LIFE-16: at once, although the database says exported."""
    process = start("a")
    ready(process)
    process.kill()
    process.communicate(timeout=10)
    assert database.device("a/b/1").exported
    again = start("a")
    ready(again)
    connection = connection_to(database, "a/b/1")
    try:
        assert connection.call(op.GetState("a/b/1"), 3.0) is DevState.ON
    finally:
        connection.close()
    again.terminate()
    again.communicate(timeout=10)


def test_a_blocked_instance_is_not_replaced(start: Start, database: SqliteStore) -> None:
    """LIFE-17"""
    process = start("a")
    ready(process)
    process.send_signal(signal.SIGSTOP)
    try:
        second = start("a")
        _, errors = second.communicate(timeout=20)
    finally:
        process.send_signal(signal.SIGCONT)
    assert second.returncode == 255
    assert "blocked" in errors
    process.terminate()
    process.communicate(timeout=10)


def test_a_device_that_does_not_start(start: Start, database: SqliteStore) -> None:
    """LIFE-18: exit code 1"""
    database.add_device("Probe/a", "a/b/bad", "Probe")
    process = start("a")
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 1
    assert "PyDs_PythonError" in errors
    assert "no hardware" in errors
    assert not database.device("a/b/1").exported


def test_a_class_on_the_command_line_that_the_program_has_not(start: Start) -> None:
    """LIFE-8: the start fails, exit code 255."""
    process = start("a", "-nodb", "-port", "1", "-dlist", "Nope::a/b/c")
    output, errors = process.communicate(timeout=10)
    assert (process.returncode, output) == (255, "")
    assert errors.startswith("API_WrongCmdLineArgs: Class name Nope")


def test_without_database_and_with_messages(start: Start) -> None:
    """LIFE-9, LOG-20, LOG-26"""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = start("n", "-nodb", "-dlist", "x/y/z", "-port", str(port), "-v4")
    (line,) = ready(process)
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{6}[+-]\d{4}"
    assert re.fullmatch(stamp + r" INFO \(Probe\.py:9\) x/y/z hello 42\n", line)
    endpoint = parse_endpoints(f"tcp://127.0.0.1:{port}")[0]
    connection = Connection.open(endpoint, ident=ClientIdent(pid=os.getpid()))
    try:
        connection.call(op.CommandInout("x/y/z", "Talk", VOID), 3.0)
    finally:
        connection.close()
    process.terminate()
    output, _ = process.communicate(timeout=10)
    assert re.search(stamp + r" DEBUG \(Probe\.py:\d+\) x/y/z talking\n", output)
