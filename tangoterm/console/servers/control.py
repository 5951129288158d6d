"""The servers of a control system for its user: those of this machine as processes, the others through their Starter.

The output of a server started here, and the program that it was started with, are kept in the user's state directory.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from server_core.database.store import DeviceRecord, ServerInfo
from server_core.devices import MODULES
from server_core.model.errors import DevFailed, Reason
from server_core.model.names import check_server_name
from server_core.server.supervision.output import Output
from server_core.server.supervision.programs import CANNOT_RUN_FILE, runner
from server_core.server.supervision.supervisor import SERVER_NOT_RUNNING, ServerState, Supervisor, is_here
from server_core.transport.tls import client_tls_of
from tangoterm.console.catalogue import is_admin
from tangoterm.console.session import Session
from tangoterm.console.settings import state_path

STARTER = "tango/admin"
"""Domain and family of the Starter devices; the member is the host."""


class ServerRecord(NamedTuple):
    """What the database knows of a server: its admin device, its devices, and how it is to be started."""

    name: str
    admin: DeviceRecord | None
    devices: tuple[DeviceRecord, ...]
    info: ServerInfo | None

    @property
    def level(self) -> int:
        """The level at which a Starter starts it; 0 when none does."""
        return self.info.level if self.info is not None and self.info.mode else 0

    @property
    def host(self) -> str:
        """Where it runs, or is to run; empty when nobody said."""
        if self.admin is not None and self.admin.host != "nada":
            return self.admin.host
        return self.info.host if self.info else ""


def record_of(records: Iterable[DeviceRecord], info: ServerInfo | None) -> ServerRecord:
    """A server made of the records of its devices, at least one, and how it is to be started."""
    known = tuple(records)
    admin = next((record for record in known if is_admin(record)), None)
    return ServerRecord(known[0].server, admin, tuple(each for each in known if not is_admin(each)), info)


class Servers:
    """Looks at, starts and stops the servers of a session's control system."""

    def __init__(self, session: Session) -> None:
        self._session = session
        place = state_path("servers") / re.sub(r"[^\w.-]+", "_", session.address)
        self.supervisor = Supervisor(
            session.store,
            Output(place),
            shipped=MODULES,
            environment={"TANGO_HOST": session.host} if session.host else {},
            tls=client_tls_of(),
        )

    # ---- looking

    def record(self, server: str) -> ServerRecord:
        """What is known of a server; DevFailed `DB_DeviceNotDefined` when it has no device."""
        check_server_name(server)
        records = self._session.store.devices(server=server)
        if not records:
            raise DevFailed.of(
                Reason.DB_DeviceNotDefined,
                f"server {server} is not defined in the database (define it: server create {server} CLASS::DEVICE)",
                "server",
            )
        return record_of(records, self._session.store.server_info(server))

    def state(self, server: ServerRecord) -> ServerState:
        """Whether it serves now."""
        return self.supervisor.state(server.name) if server.admin is not None else ServerState.STOPPED

    def output(self, server: ServerRecord) -> str:
        """What a server printed since its last start. DevFailed when it was not started here and has no Starter."""
        starter = self._starter_of(server)
        if starter is not None:
            try:
                text: str = starter.command_inout("DevReadLog", server.name)
            except DevFailed:
                if not self.keeps_output(server):
                    raise
            else:
                return text
        if self.keeps_output(server):
            return self.supervisor.output.read(server.name)
        raise DevFailed.of(
            "CANNOT_OPEN_FILE",
            f"the output of {server.name} is not kept: it was not started by `server start` on this machine",
            "server log",
        )

    def keeps_output(self, server: ServerRecord) -> bool:
        """Whether the output of a server is a file of this machine, which `server start` began."""
        return self.supervisor.output.file(server.name).exists()

    def starter(self, host: str) -> Any | None:
        """The Starter of a host that the database believes to run; None when there is none."""
        if not host:
            return None
        name = starter_name(host)
        try:
            exported = self._session.store.device(name).exported
        except DevFailed as failure:
            if failure.reason == Reason.DB_DeviceNotDefined:
                return None
            raise
        return self._session.device(name) if exported else None

    def _starter_of(self, server: ServerRecord) -> Any | None:
        """The Starter that starts and stops a server: none for one that was started on this machine by `server`."""
        if is_here(server.host) and self._kept_program(server.name):
            return None
        return self.starter(server.host)

    # ---- starting and stopping

    def launch(self, server: ServerRecord, program: str | None = None) -> Callable[[float], None]:
        """Start a server and return how to wait until it answers.

        Raises DevFailed `ALREADY_RUNNING`, `CANNOT_RUN_FILE`, or what its Starter says.
        """
        starter = self._starter_of(server) if program is None else None
        if starter is None:
            return self._launch_here(server, program)
        starter.command_inout("DevStart", server.name)

        def wait(seconds: float) -> None:
            if not self.supervisor.wait(server.name, ServerState.RUNNING, seconds):
                raise DevFailed.of(
                    Reason.API_DeviceTimedOut,
                    f"{server.name} does not answer {seconds:g} s after the Starter of {server.host} started it",
                    "server start",
                )

        return wait

    def check_program(self, server: ServerRecord, program: str | None) -> None:
        """Whether a server can be started again before it is stopped: DevFailed `CANNOT_RUN_FILE` when it is one of
        this machine and its program is not found."""
        if not self._words(server, program) and self._starter_of(server) is None:
            self.supervisor.program(server.name)

    def _words(self, server: ServerRecord, program: str | None) -> Sequence[str]:
        """The words that start a server but for its instance: of the program that is named, or as the last time."""
        return self._kept_program(server.name) if program is None else _program(program)

    def _launch_here(self, server: ServerRecord, program: str | None) -> Callable[[float], None]:
        words = self._words(server, program)
        instance = server.name.partition("/")[2]
        self.supervisor.launch(server.name, [*words, instance] if words else ())
        if program is not None:
            self._keep_program(server.name, words)
        return lambda seconds: self.supervisor.await_start(server.name, seconds)

    def stop(self, server: ServerRecord, seconds: float, *, kill: bool = False) -> None:
        """Tell a server to end and wait until it has; with `kill` one that does not is killed.

        Raises DevFailed `SERVER_NOT_RUNNING`, and `API_DeviceTimedOut` for one that goes on.
        """
        if server.admin is None:
            raise _not_running(server)
        try:
            self._tell_to_end(server)
            ended = self.supervisor.await_end(server.name, seconds)
        except DevFailed as failure:
            if failure.reason != Reason.API_DeviceTimedOut or not kill:
                raise
            ended = False
        if ended:
            return
        if not kill:
            raise DevFailed.of(
                Reason.API_DeviceTimedOut,
                f"{server.name} has not ended after {seconds:g} s (server kill {server.name} ends it)",
                "server",
            )
        self.kill(server)

    def _tell_to_end(self, server: ServerRecord) -> None:
        """By its Starter, which otherwise might start it again; else by the command Kill of its admin device."""
        starter = self._starter_of(server)
        if starter is not None:
            with suppress(DevFailed):  # it may know nothing of a server that others started
                starter.command_inout("DevStop", server.name)
                return
        self.supervisor.stop(server.name)

    def kill(self, server: ServerRecord) -> None:
        """End the process of a server without asking it, and take it out of the database.

        Raises DevFailed `SERVER_NOT_RUNNING` when there is no such process on this machine, or what its Starter says.
        """
        if server.admin is None:
            raise _not_running(server)
        starter = self._starter_of(server)
        if starter is None or is_here(server.host):
            self.supervisor.kill(server.name)
            return
        starter.command_inout("HardKillServer", server.name)
        self._session.changing_store.unexport_server(server.name)

    # ---- the program of a server

    def _program_file(self, server: str) -> Path:
        return self.supervisor.output.file(server).with_suffix(".json")

    def _keep_program(self, server: str, words: Sequence[str]) -> None:
        self._program_file(server).write_text(json.dumps(words), encoding="utf-8")

    def _kept_program(self, server: str) -> Sequence[str]:
        """The words that started the server the last time but for its instance; none when there are none."""
        try:
            words: list[str] = json.loads(self._program_file(server).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return ()
        return words

    def program_renamed(self, server: str, new: str) -> None:
        """A server has another name: it is started with the same program as before."""
        file = self._program_file(server)
        if file.exists():
            file.rename(self._program_file(new))

    def program_forgotten(self, server: str) -> None:
        """A server is no more."""
        self._program_file(server).unlink(missing_ok=True)


def starter_name(host: str) -> str:
    """The name of the Starter device of a host."""
    return f"{STARTER}/{host.partition('.')[0]}"


def _not_running(server: ServerRecord) -> DevFailed:
    return DevFailed.of(SERVER_NOT_RUNNING, f"Server {server.name} is not running !", "server")


def _program(text: str) -> list[str]:
    """The words that start the program or Python file that the user named, but for the instance."""
    file = Path(text).expanduser().resolve()
    if not file.is_file():
        raise DevFailed.of(CANNOT_RUN_FILE, f"{text} is not a file", "server start")
    if file.suffix == ".py" and file.is_file():
        return [sys.executable, "-m", "tangoterm", "serve", str(file)]
    return runner(file)
