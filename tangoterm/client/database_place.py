"""What both faces of the database know without asking anybody: where it is."""

from __future__ import annotations

from server_core.model.errors import DevFailed, Reason
from server_core.model.names import DATABASE_DEVICE
from tangoterm.client.system import ControlSystem, control_system


class DatabasePlace:
    """The database at `host:port`, given as one text or as two arguments, or the one that TANGO_HOST names, or else the
    embedded one."""

    def __init__(self, host: str | None = None, port: int | str | None = None) -> None:
        self._handle: ControlSystem = control_system(host if port is None else f"{host}:{port}")

    @property
    def address(self) -> str:
        """Where the database is, for people: `host:port` or a file."""
        return self._handle.store.address

    def dev_name(self) -> str:
        """The name of the device that serves a database."""
        return DATABASE_DEVICE

    def is_dbase_used(self) -> bool:
        """Whether names are looked up here; always."""
        return True

    def is_multi_tango_host(self) -> bool:
        """Whether there are several databases of which one answers."""
        return len(self._handle.store.hosts) > 1

    def get_db_host(self) -> str:
        """The database's host; DevFailed `API_TangoHostNotSet` for the embedded one."""
        return self._handle.database_host.host

    def get_db_port(self) -> str:
        """The database's port as text; raises as `get_db_host`."""
        return str(self._handle.database_host.port)

    def get_db_port_num(self) -> int:
        """The database's port; raises as `get_db_host`."""
        return self._handle.database_host.port

    def get_file_name(self) -> str:
        """The file of the embedded database; DevFailed `API_NotSupported` for one that is reached by host and port."""
        if self._handle.store.hosts:
            raise DevFailed.of(Reason.API_NotSupported, f"The database {self.address} is no file", "Database")
        return self.address

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address})"
