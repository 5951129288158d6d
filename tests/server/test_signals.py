"""Signals to a server in a process of its own: those that end it, and those that devices ask for (LIFE-40)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from server_core.database.sqlite import SqliteStore
from server_core.device.device import Device
from server_core.model.errors import DevFailed
from server_core.model.identity import ClientIdent
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, TypedValue
from server_core.protocol import operations as op
from server_core.server.process import DeviceServer
from server_core.transport.blocking import Connection
from server_core.transport.endpoint import parse_endpoints
from tests.captured import Case, replayed

if TYPE_CHECKING:
    from tests.server.conftest import Connect

NAMES = [f"adm/b/{number}" for number in range(1, 7)]
PROGRAM = """
from server_core import Device, DevFailed, DevState, command

def say(*words):
    print(*words, flush=True)

class Probe(Device):
    def init_device(self):
        say("INIT_DEVICE", self.get_name())

    def delete_device(self):
        say("DELETE_DEVICE", self.get_name())

    def signal_handler(self, signo):
        say("signal", signo, self.get_name())
        if self.get_name().endswith("2"):
            raise ValueError("not handled")

    @command(dtype_in=("DevLong",))
    def Register(self, argin):
        signo, own = argin
        self.register_signal(int(signo), bool(own))

    @command(dtype_in="DevLong")
    def Unregister(self, signo):
        self.unregister_signal(signo)

    @command(dtype_in="DevLong")
    def RegisterClass(self, signo):
        cls = self.get_device_class()
        cls.signal_handler = lambda signo: say("signal", signo, cls.get_name())
        cls.register_signal(signo)

if __name__ == "__main__":
    Probe.run_server()
"""
ASYNC_PROGRAM = """
from server_core import Device

class Probe(Device):
    async def init_device(self):
        self.register_signal(10)

    async def signal_handler(self, signo):
        print("signal", signo, self.get_name(), flush=True)

if __name__ == "__main__":
    Probe.run_server()
"""


class Program:
    """The running program and a connection to it."""

    def __init__(self, script: Path, until: str = "Ready to accept request") -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(script), "b"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        self.lines: list[str] = []
        self.wait_for(until)

    def wait_for(self, line: str) -> None:
        """Read up to a line."""
        assert self.process.stdout is not None
        for text in self.process.stdout:
            self.lines.append(text.rstrip("\n"))
            if self.lines[-1] == line:
                return
        raise AssertionError(f"no line {line!r}: {self.lines} {self.process.communicate()[1]}")

    def end(self) -> tuple[int, str]:
        """Exit code and what was printed as errors; further lines go to `lines`."""
        output, errors = self.process.communicate(timeout=20)
        self.lines += output.splitlines()
        return self.process.returncode, errors


@pytest.fixture
def database(private_home: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(Path(os.environ["TANGOTERM_DATABASE"]))
    store.add_server("Probe/b", [(name, "Probe") for name in NAMES])
    yield store
    store.close()


@pytest.fixture
def program(tmp_path: Path, database: SqliteStore) -> Iterator[Program]:
    script = tmp_path / "Probe.py"
    script.write_text(PROGRAM)
    program = Program(script)
    yield program
    if program.process.poll() is None:
        program.process.kill()
    program.process.communicate(timeout=20)


@pytest.mark.parametrize(
    "case", [each for each in replayed("server", "lifecycle") if each.values[0].name.startswith("signal ")]
)
def test_captured_signals(case: Case, program: Program, database: SqliteStore) -> None:
    """LIFE-40, LIFE-42: exit code, what the database says after it, and which devices are deleted in which order."""
    program.process.send_signal(signal.Signals[case.data["input"]])
    expected = case.data["output"]["result [rc,seconds,[exported,pid,has stop date]]"]
    if expected[0] == "still alive":
        assert database.device(NAMES[0]).exported == expected[1][0]
        program.process.terminate()
        assert program.end()[0] == 0
        return
    assert program.end() == (expected[0], "")
    assert int(database.device(NAMES[0]).exported) == expected[2][0]
    captured = case.data["output"]["log_tail"].splitlines()
    tail = captured[captured.index("Ready to accept request") + 1 :]
    ours = program.lines[program.lines.index("Ready to accept request") + 1 :]
    assert ours == [line for line in tail if line.startswith("DELETE_DEVICE")][-len(ours) :] if ours else not tail


@pytest.fixture
def call(program: Program, database: SqliteStore) -> Iterator[Callable[..., None]]:
    """Executes a command of a device."""
    record = database.device(NAMES[0])
    connection = Connection.open(parse_endpoints(record.ior)[0], ident=ClientIdent(pid=os.getpid()))

    def execute(device: str, name: str, *argin: int) -> None:
        value = VOID
        if len(argin) == 1:
            value = TypedValue(CmdArgType.DevLong, argin[0])
        elif argin:
            value = TypedValue(CmdArgType.DevVarLongArray, memoryview(array("i", argin)))
        connection.call(op.CommandInout(device, name, value), 10.0)

    yield execute
    connection.close()


def test_devices_and_classes_hear_of_signals(program: Program, call: Callable[..., None]) -> None:
    """LIFE-40: classes first, each device once; a handler that fails is told; unregistered, the signal kills again."""
    number = int(signal.SIGUSR1)
    call("adm/b/1", "Register", number, 0)
    call("adm/b/2", "Register", number, 0)
    call("adm/b/1", "RegisterClass", number)
    call("adm/b/3", "Register", number, 1)
    call("adm/b/3", "Unregister", number)
    program.process.send_signal(number)
    program.wait_for(f"signal {number} adm/b/2")
    ready = program.lines.index("Ready to accept request")
    assert program.lines[ready + 1 :] == [f"signal {number} Probe", f"signal {number} adm/b/1", program.lines[-1]]
    call("adm/b/4", "Register", int(signal.SIGHUP), 1)
    program.process.send_signal(signal.SIGHUP)
    program.wait_for(f"signal {int(signal.SIGHUP)} adm/b/4")
    call("adm/b/5", "Register", int(signal.SIGUSR2), 0)
    call("adm/b/5", "Unregister", int(signal.SIGUSR2))
    program.process.send_signal(signal.SIGUSR2)
    code, errors = program.end()
    assert code == -signal.SIGUSR2
    assert "the handler of signal 10 failed" in errors
    assert "ValueError: not handled" in errors


def test_handlers_run_before_the_end(program: Program, call: Callable[..., None]) -> None:
    """LIFE-40: a device that was made anew has to register again."""
    number = int(signal.SIGTERM)
    call("adm/b/1", "Register", number, 0)
    call("adm/b/3", "Register", number, 0)
    call("dserver/Probe/b", "Init")
    call("adm/b/1", "Register", number, 0)
    program.process.terminate()
    assert program.end() == (0, "")
    assert [line for line in program.lines if line.startswith("signal")] == [f"signal {number} adm/b/1"]
    assert program.lines.index(f"signal {number} adm/b/1") < len(program.lines) - len(NAMES)


def test_signals_that_cannot_be_had(program: Program, call: Callable[..., None]) -> None:
    """LIFE-40"""
    for argin, reason in (
        ((int(signal.SIGINT), 1), "API_SignalOutOfRange"),
        ((0, 0), "API_SignalOutOfRange"),
        ((1000, 0), "API_SignalOutOfRange"),
        ((int(signal.SIGKILL), 0), "API_CantInstallSignal"),
    ):
        with pytest.raises(DevFailed, match=reason):
            call("adm/b/1", "Register", *argin)
    with pytest.raises(DevFailed, match="API_SignalOutOfRange"):
        call("adm/b/1", "Unregister", -1)


def test_an_asynchronous_device_registers_at_its_start(tmp_path: Path, database: SqliteStore) -> None:
    """LIFE-40: the main thread, which waits for it meanwhile, installs the handler afterwards."""
    script = tmp_path / "Probe.py"
    script.write_text(ASYNC_PROGRAM)
    program = Program(script)
    try:
        program.process.send_signal(signal.SIGUSR1)
        program.wait_for("signal 10 adm/b/6")
        program.process.terminate()
        assert program.end()[0] == 0
    finally:
        if program.process.poll() is None:
            program.process.kill()
            program.process.communicate(timeout=20)


STUCK_PROGRAM = """
import time
from server_core import Device

class Probe(Device):
    def init_device(self):
        print("starting", self.get_name(), flush=True)
        time.sleep(60)

if __name__ == "__main__":
    Probe.run_server()
"""


def test_a_start_that_hangs_can_be_ended(tmp_path: Path, database: SqliteStore) -> None:
    """LIFE-40: not by signals that follow one another at once, but by one that comes when patience is over."""
    script = tmp_path / "Probe.py"
    script.write_text(STUCK_PROGRAM)
    program = Program(script, "starting adm/b/1")
    try:
        begin = time.monotonic()
        while program.process.poll() is None and time.monotonic() < begin + 20:
            program.process.send_signal(signal.SIGINT)
            time.sleep(0.1)
        assert time.monotonic() > begin + 3.0
        code, errors = program.end()
        assert code == 128 + signal.SIGINT
        assert "the server does not come to its end; SIGINT ends it now" in errors
    finally:
        program.process.kill()
        program.process.communicate(timeout=20)


class Quiet(Device):
    """Registers in a server that is not the program."""

    def init_device(self) -> None:
        self.register_signal(signal.SIGUSR1)


def test_a_server_inside_a_program_leaves_its_signals_alone(connect: Connect) -> None:
    """LIFE-40"""
    before = signal.getsignal(signal.SIGUSR1)
    with DeviceServer((Quiet,), "Quiet", "1", store=None, devices={"Quiet": ["a/b/c"]}) as server:
        assert signal.getsignal(signal.SIGUSR1) is before
        connect(server).device("a/b/c").unregister_signal(signal.SIGUSR1)
