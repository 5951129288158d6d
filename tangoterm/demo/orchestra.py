"""The demo's processes: a database and two device servers, started, watched over and cleared away.

Each child holds the reading end of a pipe whose writing end only this process has: when it ends, in whatever way, the
children see the end of the file and leave. The last of them removes the private directory.
"""

from __future__ import annotations

import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

from server_core.database.sqlite import SqliteStore
from server_core.transport.endpoint import TCP, Endpoint, parse_endpoints
from tangoterm.client import DevFailed, DeviceProxy
from tangoterm.demo.places import DATABASE, database_file, log_file
from tangoterm.demo.system import SERVERS, devices, populate

_START_TIMEOUT = 20.0
_STOP_TIMEOUT = 5.0


class DemoFailed(Exception):
    """The demo could not be started; the text says why."""


class Demo:
    """A running demo system: `with Demo() as demo:` and `demo.host` is its `TANGO_HOST`."""

    def __init__(self) -> None:
        self.host = ""
        self.directory = Path()
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Demo:
        self.directory = Path(tempfile.mkdtemp(prefix="tangoterm-demo-"))
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> None:
        store = SqliteStore(database_file(self.directory))
        populate(store)
        store.close()
        self._spawn(DATABASE)
        (where,) = (endpoint for endpoint in self._await(DATABASE) if endpoint.scheme == TCP)
        self.host = f"{where.host}:{where.port}"
        for server in SERVERS:
            self._spawn(server)
        for server in SERVERS:
            self._await(server)
        self._set_in_motion()

    def _spawn(self, role: str) -> None:
        environment = os.environ | {
            "TANGO_HOST": self.host,
            "TANGO_LOG_PATH": str(self.directory),
            "PYTHONUNBUFFERED": "1",
        }
        with log_file(self.directory, role).open("w") as log:
            self._children[role] = subprocess.Popen(
                [sys.executable, "-m", "tangoterm.demo.child", role, str(self.directory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                start_new_session=True,
            )

    def _await(self, role: str) -> list[Endpoint]:
        """Where a child listens, once it is ready. Raises DemoFailed with what it said when it did not start."""
        endpoints = [endpoint for line in _lines(self._children[role], 2) for endpoint in parse_endpoints(line)]
        if not endpoints:
            log = log_file(self.directory, role).read_text(errors="replace").strip()
            raise DemoFailed(f"the process {role} did not start\n{log or 'it said nothing'}")
        return endpoints

    def _set_in_motion(self) -> None:
        """Give every device its first values and switch it on."""
        for device in devices():
            proxy = DeviceProxy(f"tango://{self.host}/{device.name}")
            for name, value in device.start:
                try:
                    if value is None:
                        proxy.command_inout(name)
                    else:
                        proxy.write_attribute(name, value)
                except DevFailed as failure:
                    raise DemoFailed(f"{device.name}/{name}: {failure.desc}") from failure

    @property
    def pids(self) -> dict[str, int]:
        """The processes of the demo by role: `database` and the names of the servers."""
        return {role: child.pid for role, child in self._children.items()}

    def close(self) -> None:
        """Stop all processes, the servers before the database, and remove the private directory."""
        servers = [child for role, child in self._children.items() if role != DATABASE]
        database = [child for role, child in self._children.items() if role == DATABASE]
        for group in (servers, database):
            for child in group:
                _hang_up(child)
            deadline = time.monotonic() + _STOP_TIMEOUT
            for child in group:
                _end(child, deadline)
        self._children.clear()
        shutil.rmtree(self.directory, ignore_errors=True)


def _lines(child: subprocess.Popen[bytes], count: int) -> list[str]:
    """The first lines that a child prints; less of them when it ends or takes too long."""
    assert child.stdout is not None
    said = b""
    deadline = time.monotonic() + _START_TIMEOUT
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while said.count(b"\n") < count and selector.select(max(0.0, deadline - time.monotonic())):
            piece = os.read(child.stdout.fileno(), 4096)
            if not piece:
                break
            said += piece
    return said.decode().splitlines()


def _hang_up(child: subprocess.Popen[bytes]) -> None:
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()


def _end(child: subprocess.Popen[bytes], deadline: float) -> None:
    try:
        child.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
