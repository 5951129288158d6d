"""The servers of this host: whether they run, and starting, stopping and killing them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Final

from server_core.database.store import DeviceRecord, Store
from server_core.model.enums import DevSource
from server_core.model.errors import DevFailed, Reason
from server_core.model.names import admin_name
from server_core.model.values import VOID
from server_core.protocol.operations import CommandInout
from server_core.server.factory import host_name
from server_core.server.neighbours import CALL_TIMEOUT, answers_as, connect
from server_core.server.supervision.output import Output
from server_core.server.supervision.processes import Process
from server_core.server.supervision.programs import CANNOT_RUN_FILE, find_program
from server_core.transport.errors import CallTimeout, CannotConnect, ConnectionLost
from server_core.transport.tls import ClientTls

ALREADY_RUNNING: Final = "ALREADY_RUNNING"
SERVER_NOT_RUNNING: Final = "SERVER_NOT_RUNNING"
"""Reasons that the Starter gives."""

_LOOKS_PER_SECOND: Final = 20
_LAST_LINES: Final = 12


class ServerState(Enum):
    """Whether a server serves."""

    RUNNING = "running"
    BLOCKED = "not answering"
    STOPPED = "stopped"


class Supervisor:
    """Starts and stops servers that `store` defines, on this host.

    `directories` are searched for programs first, then the `shipped` device classes. `environment` is added to this
    process's own for the servers.
    """

    def __init__(
        self,
        store: Store,
        output: Output,
        *,
        directories: Iterable[str] = (),
        shipped: Iterable[str] = (),
        environment: Mapping[str, str] | None = None,
        tls: ClientTls | None = None,
    ) -> None:
        self.output = output
        self.directories = tuple(directories)
        self._shipped = tuple(shipped)
        self._store = store
        self._environment = dict(environment or {})
        self._tls = tls
        self._children: dict[str, Process] = {}

    # ---- looking

    def record(self, server: str) -> DeviceRecord:
        """The record of the server's admin device; DevFailed `DB_DeviceNotDefined` for an unknown server."""
        return self._store.device(admin_name(server))

    def state(self, server: str) -> ServerState:
        """Whether the server answers now; DevFailed `DB_DeviceNotDefined` for an unknown one."""
        return self.state_of(self.record(server))

    def state_of(self, record: DeviceRecord) -> ServerState:
        """Whether the server with this admin device answers now."""
        if not record.exported:
            return ServerState.STOPPED
        try:
            answers = answers_as(record.name, record.ior, record.host, self._tls)
        except CallTimeout:
            return ServerState.BLOCKED
        return ServerState.RUNNING if answers else ServerState.STOPPED

    def wait(self, server: str, state: ServerState, seconds: float, ended: Callable[[], bool] = bool) -> bool:
        """Whether the server comes to `state` within the time; gives up early when `ended` says so."""
        deadline = time.monotonic() + seconds
        while self.state(server) is not state:
            if ended() or time.monotonic() >= deadline:
                return False
            time.sleep(1 / _LOOKS_PER_SECOND)
        return True

    # ---- starting

    def launch(self, server: str, program: Sequence[str] = ()) -> int:
        """Start the process of a server and return its pid at once; `program` are its words, else they are found.

        Raises DevFailed `DB_DeviceNotDefined`, `ALREADY_RUNNING`, or `CANNOT_RUN_FILE`.
        """
        state = self.state(server)
        if state is not ServerState.STOPPED:
            how = "is already running !" if state is ServerState.RUNNING else "is running but does not answer"
            raise DevFailed.of(ALREADY_RUNNING, f"{server} {how}", "Supervisor.launch")
        words = program or self.program(server)
        try:
            with self.output.begin(server) as output:
                child = Process.spawn(words, output.fileno(), {**os.environ, **self._environment})
        except OSError as error:
            raise DevFailed.of(CANNOT_RUN_FILE, f"{server}: {error}", "Supervisor.launch") from error
        self._children[server.lower()] = child
        return child.pid

    def program(self, server: str) -> list[str]:
        """The words that start a server, found by its name; DevFailed `CANNOT_RUN_FILE` when there are none."""
        return find_program(server, self.directories, self._shipped)

    def await_start(self, server: str, seconds: float) -> None:
        """Return when a launched server answers.

        Raises DevFailed `CANNOT_RUN_FILE` with the end of its output when its process ends or takes too long.
        """
        child = self._children[server.lower()]
        if self.wait(server, ServerState.RUNNING, seconds, lambda: child.poll() is not None):
            return
        code = child.poll()
        what = f"does not answer after {seconds:g} s" if code is None else f"ended with exit code {code}"
        said = "\n".join(self.output.tail(server, _LAST_LINES))
        raise DevFailed.of(
            CANNOT_RUN_FILE, f"{server} {what}; the end of {self.output.file(server)}:\n{said}", "Supervisor"
        )

    def is_child(self, server: str) -> bool:
        """Whether a process that was started here goes on, ready or not."""
        child = self._children.get(server.lower())
        return child is not None and child.poll() is None

    def reap(self) -> None:
        """Take notice of started processes that have ended."""
        for child in tuple(self._children.values()):  # others may be started meanwhile
            child.poll()

    # ---- stopping

    def stop(self, server: str) -> None:
        """Tell a server to end (its command Kill) and return at once.

        Raises DevFailed `SERVER_NOT_RUNNING`, and `API_DeviceTimedOut` when it does not answer.
        """
        record = self.record(server)
        if not record.exported:
            raise _not_running(server)
        try:
            connection = connect(record.ior, record.host, self._tls)
        except CannotConnect as failure:
            raise _not_running(server) from failure
        try:
            connection.call(CommandInout(record.name, "Kill", VOID, DevSource.DEV), CALL_TIMEOUT)
        except ConnectionLost:
            return  # it was faster than its answer
        except CallTimeout as failure:
            raise DevFailed.of(Reason.API_DeviceTimedOut, f"{server} does not answer", "Supervisor.stop") from failure
        finally:
            connection.close()

    def await_end(self, server: str, seconds: float) -> bool:
        """Whether a server that was told to end has done so within the time, its process too."""
        pid = self.record(server).pid
        if not self.wait(server, ServerState.STOPPED, seconds):
            return False
        deadline = time.monotonic() + seconds
        while self._is_process_of(server, pid) and time.monotonic() < deadline:
            time.sleep(1 / _LOOKS_PER_SECOND)
        return True

    def kill(self, server: str) -> None:
        """End the process of a server of this host without asking it (SIGKILL), and take it out of the database.

        Raises DevFailed `SERVER_NOT_RUNNING` when there is no such process here.
        """
        pid = self._pid_here(server)
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + CALL_TIMEOUT
        while self._is_process_of(server, pid) and time.monotonic() < deadline:
            time.sleep(1 / _LOOKS_PER_SECOND)
        self._store.unexport_server(server)

    def _pid_here(self, server: str) -> int:
        """The process of a server on this host: one that was started here, ready or not, else the database's."""
        if self.is_child(server):
            return self._children[server.lower()].pid
        record = self.record(server)
        if not is_here(record.host) or not self._is_process_of(server, record.pid):
            raise _not_running(server)
        return record.pid

    def _is_process_of(self, server: str, pid: int) -> bool:
        """Whether `pid` is a living process that was started as this server: pids are given out again."""
        child = self._children.get(server.lower())
        if child is not None and child.pid == pid:
            return child.poll() is None
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return server.partition("/")[2].encode() in words


def is_here(host: str) -> bool:
    """Whether a host of the database is this machine, with its domain or without."""
    return host.lower().partition(".")[0] == host_name().partition(".")[0]


def _not_running(server: str) -> DevFailed:
    return DevFailed.of(SERVER_NOT_RUNNING, f"Server {server} is not running !", "Supervisor")
