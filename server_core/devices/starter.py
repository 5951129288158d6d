"""Starter: the device that starts and stops the servers of its host, with the interface that Astor and others use.

It is `tango/admin/<host>`; the servers are those that the database has seen on that host. A server is controlled when
its start-up information says so (mode 1) and it has a level above 0; levels start in ascending order. Source: the
Starter of Tango; DB-50, DB-225.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from server_core import AttrWriteType, Device, DevState, attribute, command, device_property
from server_core.database.store import Store
from server_core.devices import MODULES
from server_core.model.errors import DevFailed, Reason
from server_core.model.names import ADMIN_DOMAIN, DATABASE_SERVER
from server_core.server.supervision.output import KEPT, Output
from server_core.server.supervision.supervisor import ServerState, Supervisor, is_here

log = logging.getLogger(__name__)

_LOOK_EVERY: Final = 1.0
_MINUTE = 60.0
_STATES: Final = {
    ServerState.RUNNING: DevState.ON,
    ServerState.BLOCKED: DevState.MOVING,
    ServerState.STOPPED: DevState.FAULT,
}


class Registered(NamedTuple):
    """What the database says of one server of this host."""

    name: str
    controlled: bool
    level: int


@dataclass(slots=True)
class Watched:
    """What the Starter saw of one server: its state, since when it runs, and whether it was told to end."""

    state: ServerState = ServerState.STOPPED
    running_since: float | None = None
    starting_until: float = 0.0
    wanted_down: bool = True

    @property
    def shown(self) -> DevState:
        """The state in the list of servers: one that was just started is MOVING until it answers."""
        if self.state is ServerState.STOPPED and time.monotonic() < self.starting_until:
            return DevState.MOVING
        return _STATES[self.state]


class Starter(Device):
    """Starts, watches and stops the servers of this host."""

    StartDsPath = device_property(dtype=(str,), default_value=[], doc="Directories of the servers' programs")
    LogFileHome = device_property(dtype=str, default_value="/var/tmp", doc="Directory of the directory ds.log")
    KeepLogFiles = device_property(dtype=int, default_value=KEPT, doc="Number of former output files kept of a server")
    ServerStartupTimeout = device_property(dtype=float, default_value=5.0, doc="Seconds for one server to start")
    InterStartupLevelWait = device_property(dtype=float, default_value=1.0, doc="Seconds between two start-up levels")
    StartServersAtStartup = device_property(dtype=bool, default_value=True, doc="Whether to start controlled servers")
    AutoRestartDuration = device_property(
        dtype=int, default_value=0, doc="Restart a controlled server that failed after so many minutes; 0: never"
    )

    HostState = attribute(dtype="DevShort", access=AttrWriteType.READ, doc="The number of the state of this host")
    Servers = attribute(
        dtype=(str,), max_dim_x=1024,
        doc="Name, state, whether controlled, level, running processes; separated by tabs",
    )  # fmt: skip
    RunningServers = attribute(dtype=(str,), max_dim_x=1024, doc="The servers that run")
    StoppedServers = attribute(dtype=(str,), max_dim_x=1024, doc="The servers that do not run")

    def init_device(self) -> None:
        """Begin to watch, and start what is controlled. Raises DevFailed `API_NonDatabaseDevice` without a database."""
        super().init_device()
        store = self.host.properties
        if not isinstance(store, Store):
            raise DevFailed.of(
                Reason.API_NonDatabaseDevice, "A Starter needs a database: it starts what is defined there", "Starter"
            )
        self._store = store
        self._supervisor = Supervisor(
            self._store,
            Output(Path(self.LogFileHome) / "ds.log", self.KeepLogFiles),
            directories=self.StartDsPath,
            shipped=MODULES,
        )
        self._lock = threading.Lock()
        self._registered: dict[str, Registered] = {}
        self._watched: dict[str, Watched] = {}
        self._ended = threading.Event()
        self._workers: list[threading.Thread] = []
        self._work(self._watch, "watch")
        if self.StartServersAtStartup:
            self._work(self._start_all_levels, "start")

    def delete_device(self) -> None:
        """Watch no longer; the servers run on."""
        self._ended.set()
        for worker in self._workers:
            worker.join()
        self._workers.clear()

    # ---- watching

    def _work(self, work: Callable[[], None], name: str) -> None:
        self._workers = [worker for worker in self._workers if worker.is_alive()]
        worker = threading.Thread(target=work, name=f"{name} {self.get_name()}")
        self._workers.append(worker)
        worker.start()

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_EVERY if self._registered else 0.0):
            try:
                self._look()
            except DevFailed as failure:
                log.error("%s cannot look at its servers: %s", self.get_name(), failure)
                self._ended.wait(_LOOK_EVERY)

    def _look(self) -> None:
        """One look at all servers; what failed by itself is started again where that is wanted."""
        registered = self._read_registered()
        self._supervisor.reap()
        for key, server in registered.items():
            state = self._supervisor.state(server.name)
            with self._lock:
                failed = self._note(self._watched.setdefault(key, Watched()), state)
            if failed and server.controlled:
                log.warning("%s has failed and is started again", server.name)
                self._start(server.name)
        with self._lock:
            self._registered = registered

    def _read_registered(self) -> dict[str, Registered]:
        """The servers of this host but the Starter's own and the database's, from the database."""
        own = (self.host.server_name.lower(), DATABASE_SERVER.lower())
        found = {}
        for record in self._store.devices(name=f"{ADMIN_DOMAIN}/*"):
            if record.server.lower() not in own and is_here(record.host):
                info = self._store.server_info(record.server)
                level = info.level if info else 0
                found[record.server.lower()] = Registered(record.server, bool(info and info.mode and level), level)
        return found

    def _note(self, watched: Watched, state: ServerState) -> bool:
        """Keep what was seen of a server; true when it has failed after it ran long enough to be started again."""
        now = time.monotonic()
        ran = now - watched.running_since if watched.running_since is not None else 0.0
        failed = state is ServerState.STOPPED and watched.running_since is not None and not watched.wanted_down
        watched.state = state
        if state is ServerState.STOPPED:
            watched.running_since = None
        elif watched.running_since is None:
            watched.running_since, watched.wanted_down = now, False
        return failed and 0 < self.AutoRestartDuration * _MINUTE <= ran

    def _entries(self) -> list[tuple[Registered, Watched]]:
        with self._lock:
            return [(server, self._watched[key]) for key, server in sorted(self._registered.items())]

    def _named(self, *shown: DevState, controlled_only: bool = False) -> list[str]:
        return [
            server.name
            for server, watched in self._entries()
            if watched.shown in shown and (server.controlled or not controlled_only)
        ]

    # ---- what is seen

    def read_Servers(self) -> list[str]:
        """One line a server, as Astor reads them."""
        return [
            f"{server.name}\t{watched.shown.name}\t{int(server.controlled)}\t{server.level}"
            f"\t{int(watched.state is not ServerState.STOPPED)}"
            for server, watched in self._entries()
        ]

    def read_RunningServers(self) -> list[str]:
        """The servers that run, answering or not."""
        return self._named(DevState.ON, DevState.MOVING)

    def read_StoppedServers(self) -> list[str]:
        """The servers that do not run."""
        return self._named(DevState.FAULT)

    def read_HostState(self) -> int:
        """The number of `State`."""
        return int(self.dev_state())

    def dev_state(self) -> DevState:
        """ON when all controlled servers run, MOVING while one starts or hangs, ALARM when one is down, else OFF."""
        shown = [watched.shown for server, watched in self._entries() if server.controlled]
        if DevState.MOVING in shown:
            return DevState.MOVING
        if DevState.FAULT in shown:
            return DevState.ALARM if DevState.ON in shown else DevState.OFF
        return DevState.ON

    def dev_status(self) -> str:
        """The state in words."""
        return {
            DevState.ON: "All controlled servers are running",
            DevState.MOVING: "At least one of the controlled servers is starting or does not answer",
            DevState.ALARM: f"Stopped: {', '.join(self._named(DevState.FAULT, controlled_only=True))}",
            DevState.OFF: "All controlled servers are stopped",
        }[self.dev_state()]

    @command(
        dtype_in=bool, doc_in="True for all servers. False for controlled servers only.",
        dtype_out=(str,), doc_out="List of the processes which are running.",
    )  # fmt: skip
    def DevGetRunningServers(self, everything: bool) -> list[str]:
        """The servers that run."""
        return self._named(DevState.ON, DevState.MOVING, controlled_only=not everything)

    @command(
        dtype_in=bool, doc_in="True for all servers. False for controlled servers only.",
        dtype_out=(str,), doc_out="List of the processes which are not running.",
    )  # fmt: skip
    def DevGetStopServers(self, everything: bool) -> list[str]:
        """The servers that do not run."""
        return self._named(DevState.FAULT, controlled_only=not everything)

    @command(dtype_in=str, doc_in="Server name", dtype_out=str, doc_out="What the server printed.")
    def DevReadLog(self, server: str) -> str:
        """The name of the output file of a server and its text; DevFailed `CANNOT_OPEN_FILE` when there is none."""
        try:
            return f"{self._supervisor.output.file(server)}\n{self._supervisor.output.read(server)}"
        except OSError as error:
            raise DevFailed.of("CANNOT_OPEN_FILE", f"No output of {server}: {error}", "Starter.DevReadLog") from error

    # ---- starting and stopping

    @command(dtype_in=str, doc_in="Server to be started.")
    def DevStart(self, server: str) -> None:
        """Start a server; DevFailed `ALREADY_RUNNING`, `CANNOT_RUN_FILE`, `DB_DeviceNotDefined`."""
        self._start(server)

    @command(dtype_in=str, doc_in="Server to be stopped.")
    def DevStop(self, server: str) -> None:
        """Tell a server to end; DevFailed `SERVER_NOT_RUNNING`, `API_DeviceTimedOut`."""
        self._down(server)
        self._supervisor.stop(server)

    @command(dtype_in=str, doc_in="Server name")
    def HardKillServer(self, server: str) -> None:
        """End the process of a server without asking it; DevFailed `SERVER_NOT_RUNNING`."""
        self._down(server)
        self._supervisor.kill(server)

    @command(dtype_in="DevShort", doc_in="Startup level.")
    def DevStartAll(self, level: int) -> None:
        """Start the controlled servers of a level, in the background."""
        self._work(lambda: self._start_level(self._read_registered(), level), "start level")

    @command(dtype_in="DevShort", doc_in="Startup Level.")
    def DevStopAll(self, level: int) -> None:
        """Stop the controlled servers of a level, in the background."""

        def stop() -> None:
            for server in self._read_registered().values():
                if server.controlled and server.level == level:
                    self._down(server.name)
                    self._try(self._supervisor.stop, server.name)

        self._work(stop, "stop level")

    @command
    def UpdateServersInfo(self) -> None:
        """Read again from the database which servers belong to this host (DB-225)."""
        self._look()

    def _start(self, server: str) -> None:
        self._supervisor.launch(server)
        with self._lock:
            watched = self._watched.setdefault(server.lower(), Watched())
            watched.starting_until = time.monotonic() + self.ServerStartupTimeout

    def _down(self, server: str) -> None:
        with self._lock:
            watched = self._watched.setdefault(server.lower(), Watched())
            watched.wanted_down, watched.starting_until = True, 0.0

    def _start_level(self, registered: dict[str, Registered], level: int) -> None:
        for server in registered.values():
            if server.controlled and server.level == level:
                self._try(self._start, server.name)

    def _start_all_levels(self) -> None:
        """Level by level in ascending order; what runs already is left alone."""
        try:
            registered = self._read_registered()
        except DevFailed as failure:
            log.error("%s cannot read which servers to start: %s", self.get_name(), failure)
            return
        levels = sorted({server.level for server in registered.values() if server.controlled})
        for level in levels:
            self._start_level(registered, level)
            if self._ended.wait(self.InterStartupLevelWait):
                return

    def _try(self, action: Callable[[str], Any], server: str) -> None:
        """Do so for one of several servers: the failure of one does not keep the others from it."""
        try:
            action(server)
        except DevFailed as failure:
            if failure.reason != "ALREADY_RUNNING":
                log.error("%s: %s", server, failure)
