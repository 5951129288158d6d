"""What every test gets: a home of its own, no control system of the user's, and a check that it leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest_plugins = ["tests.peers.fixtures"]


def pytest_configure() -> None:
    """Programs under test get interrupted, also in a run in the background, where shells have Ctrl-C ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every file that the programs keep for their user lies in a directory of this test, its child processes' too."""
    home = tmp_path_factory.mktemp("home")
    for variable in ("TANGO_HOST", "SUPER_TANGO", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    for variable in [name for name in os.environ if name.startswith("TANGOTERM_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", str(home))
    for variable in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(home / variable.lower()))
    runtime = home / "run"  # short, for the paths of sockets are
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("TANGOTERM_DATABASE", str(home / "database.sqlite3"))
    monkeypatch.setenv("TANGO_LOG_PATH", str(home / "logs"))
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    return home


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """A test that starts threads ends them; the client's shared connections are closed for it."""
    before = set(threading.enumerate())
    yield
    client = sys.modules.get("tangoterm.client")
    if client is not None:
        client.close_connections()
    left = [thread for thread in threading.enumerate() if thread not in before and not _pooled(thread)]
    for thread in left:
        thread.join(2.0)
    assert not [thread for thread in left if thread.is_alive()]


def _pooled(thread: threading.Thread) -> bool:
    """Threads of an asyncio default executor end with their loop's interpreter, not with a test."""
    return thread.name.startswith("asyncio_")


class Program:
    """A child process of a test that runs `python -m tangoterm ...`."""

    def __init__(self, *arguments: str, env: dict[str, str] | None = None) -> None:
        self.arguments = arguments
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tangoterm", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )

    def wait_ready(self) -> Program:
        """Wait until the server says that it serves."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("Ready to accept request"):
                return self
        _, errors = self.process.communicate()
        raise AssertionError(f"tangoterm {' '.join(self.arguments)} ended with {self.process.returncode}:\n{errors}")

    def finish(self, timeout: float = 20) -> tuple[int, str, str]:
        """Wait for the end: exit code, standard output, standard error."""
        output, errors = self.process.communicate(timeout=timeout)
        return self.process.returncode, output, errors

    def stop(self) -> int:
        """Ask the process to end in good order, and wait for it."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=20)
        return self.process.returncode

    def kill(self) -> None:
        """End the process as a crash would."""
        self.process.kill()
        self.process.communicate(timeout=20)


@pytest.fixture
def tangoterm() -> Iterator[Callable[..., Program]]:
    """Starts `tangoterm` with the given arguments in a child process; all of them end with the test."""
    started: list[Program] = []

    def start(*arguments: str, env: dict[str, str] | None = None) -> Program:
        program = Program(*arguments, env=env)
        started.append(program)
        return program

    yield start
    for program in started:
        if program.process.poll() is None:
            program.kill()
        for stream in (program.process.stdout, program.process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def serve(tangoterm: Callable[..., Program]) -> Callable[..., Program]:
    """Starts `tangoterm serve ...` and waits until it is ready."""

    def start(*arguments: str, env: dict[str, str] | None = None) -> Program:
        return tangoterm("serve", *arguments, env=env).wait_ready()

    return start
