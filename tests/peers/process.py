"""Processes of servers: started, awaited, killed, started again on the same port."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
READY = "Ready to accept request"
LOOPBACK = "127.0.0.1"
PORTS = range(20000, 32000)
"""Below the ports that the kernel hands out, so that a server that is started again finds its port free."""
TIMEOUT = 20.0


class DidNotStart(AssertionError):
    """A server ended instead of serving, or never said that it serves."""


def free_port() -> int:
    """A TCP port of the loopback address where nobody listens."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port


def environment(home: Path, **variables: str) -> dict[str, str]:
    """The environment of a peer: nothing of the user's control system, a home of its own, this source tree."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TANGO", "PYTANGO", "XDG_"))}
    kept.pop("SUPER_TANGO", None)
    known = {
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "",
        "TANGOTERM_DATABASE": str(home / "database.sqlite3"),
        "TANGO_LOG_PATH": str(home / "logs"),
    }
    return kept | known | variables


def spawn(command: Sequence[str], **options: object) -> subprocess.Popen[str]:
    """Start a process that ends with this one, whatever ends this one."""
    guard = shutil.which("setpriv")
    if guard is not None:
        command = [guard, "--pdeathsig", "KILL", *command]
    return subprocess.Popen(command, text=True, **options)  # type: ignore[call-overload, no-any-return]


class Server:
    """A server process. `command(port)` is its command line; its output goes to a file.

    It is ready when it has said `Ready to accept request`. A port that somebody else took meanwhile is replaced by
    another one at the first start; later starts keep the port.
    """

    def __init__(
        self, command: Callable[[int], Sequence[str]], directory: Path, variables: Mapping[str, str], attempts: int = 3
    ) -> None:
        self.directory = directory
        self._command = command
        self._environment = dict(variables)
        self._log = directory / "output.txt"
        for attempt in range(attempts):
            self.port = free_port()
            try:
                self.start()
            except DidNotStart:
                if attempt == attempts - 1:
                    raise
            else:
                break

    @property
    def host(self) -> str:
        """`host:port` of its requests."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process.poll() is None

    @property
    def output(self) -> str:
        """What it has written since its last start, to both of its outputs."""
        return self._log.read_text(errors="replace")

    def device(self, name: str) -> str:
        """The name of a device of this server for clients that do without a database."""
        return f"tango://{self.host}/{name}#dbase=no"

    def start(self) -> None:
        """Start it and wait until it serves. Raises `DidNotStart` with its output."""
        with self._log.open("w") as log:
            self._process = spawn(
                self._command(self.port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
                env=self._environment,
            )
        deadline = time.monotonic() + TIMEOUT
        while READY not in self.output:
            if not self.running or time.monotonic() > deadline:
                self.kill()
                raise DidNotStart(f"{self._command(self.port)} ended with {self._process.returncode}:\n{self.output}")
            time.sleep(0.01)

    def start_another(self, command: Callable[[int], Sequence[str]] | None = None) -> Server:
        """Start the same program once more, or another, on a port of its own. Raises `DidNotStart` with its output."""
        directory = self.directory / "another"
        directory.mkdir(exist_ok=True)
        return Server(command or self._command, directory, self._environment, attempts=1)

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        self._process.wait(TIMEOUT)

    def stop(self) -> int:
        """Ask it to end in good order, and wait for it: the exit code."""
        self._process.terminate()
        try:
            return self._process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def restart(self) -> None:
        """A new process on the same port; the old one, if it lives, ends in good order before."""
        if self.running:
            self.stop()
        self.start()

    def freeze(self) -> None:
        """Let it stand still, as a machine that hangs does, until `thaw`."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)
