"""A control system as its clients see it: the database that knows where the devices are."""

from __future__ import annotations

import os
import threading

from server_core.database.locate import open_store
from server_core.database.store import Store
from server_core.model.errors import DevError, DevFailed, Reason
from server_core.model.names import HostPort, parse_host_port
from tangoterm.client.links import tls_settings
from tangoterm.client.read_only import changes_refused


class ControlSystem:
    """One database, opened when first asked. `host` None is TANGO_HOST, or else the embedded store.

    What its access control is, is asked once: `access_service` is its device (empty: none, None: not asked yet),
    `access_errors` say why it could not be asked.
    """

    def __init__(self, host: str | None = None) -> None:
        self._host = host
        self._lock = threading.Lock()
        self._store: Store | None = None
        self._allowed = False
        self.access_service: str | None = None
        self.access_errors: tuple[DevError, ...] = ()

    @property
    def guarded(self) -> bool:
        """Whether it is to be found out before a change of the database that this client may make it: because that is
        not known yet, or because this process refuses changes."""
        return not self._allowed or changes_refused()

    @guarded.setter
    def guarded(self, guarded: bool) -> None:
        self._allowed = not guarded

    @property
    def host(self) -> HostPort | None:
        """The database by its address, the first of several; None for the one that the environment names."""
        return parse_host_port(self._host.partition(",")[0]) if self._host else None

    @property
    def store(self) -> Store:
        """The database; DevFailed when its address is malformed or its file cannot be used."""
        with self._lock:
            if self._store is None:
                self._store = open_store(self._host, tls=tls_settings())
            return self._store

    @property
    def database_host(self) -> HostPort:
        """Where the database listens, the first of several; DevFailed `API_TangoHostNotSet` for the embedded one."""
        hosts = self.store.hosts
        if not hosts:
            raise DevFailed.of(
                Reason.API_TangoHostNotSet, f"The database is the file {self.store.address}: it has no host", "Database"
            )
        return hosts[0]

    def close(self) -> None:
        """Close the database; the next use opens it again."""
        with self._lock:
            store, self._store = self._store, None
        if store is not None:
            store.close()


_systems: dict[object, ControlSystem] = {}
_lock = threading.Lock()


def control_system(host: HostPort | str | None = None) -> ControlSystem:
    """The system at `host`, or the one that the environment names at this moment; the same object each time."""
    key: object = str(host) if host else tuple(os.environ.get(name) for name in ("TANGO_HOST", "TANGOTERM_DATABASE"))
    with _lock:
        return _systems.setdefault(key, ControlSystem(str(host) if host else None))


def close_systems() -> None:
    """Close the databases of all systems."""
    with _lock:
        systems = list(_systems.values())
        _systems.clear()
    for system in systems:
        system.close()


def _forget_systems() -> None:
    global _lock
    _lock = threading.Lock()
    _systems.clear()


os.register_at_fork(after_in_child=_forget_systems)
