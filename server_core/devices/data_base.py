"""The database as a device: class DataBase, which serves a store to every client that knows its host and port.

Its commands are generated from the table of Db commands; they work on the store that the server process itself uses.
Source: DB-1..DB-4, DB-116, DB-220..DB-225.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from time import perf_counter
from typing import Any

from server_core import Device, DevState, attribute, command
from server_core.database.command import VOID, DbCommand
from server_core.database.commands import COMMANDS
from server_core.database.server_data import RELEASE
from server_core.database.sqlite import SqlStore
from server_core.devices.starters import CONCERNED, Starters
from server_core.devices.timings import Timings
from server_core.model.errors import DevFailed, Reason
from server_core.protocol.operations import CommandInout

_MOST = 128
"""Length of the timing spectra."""


def _method(declared: DbCommand) -> Any:
    """A device method that executes a Db command."""
    name, run, concerned = declared.name, declared.run, CONCERNED.get(declared.name)

    def execute(self: DataBase, argin: Any) -> Any:
        started = perf_counter()
        try:
            return run(self.store, argin)
        finally:
            self.timings.add(name, perf_counter() - started)

    def execute_and_tell(self: DataBase, argin: Any) -> Any:
        hosts = concerned(self.store, argin) if concerned is not None and argin else set()
        result = execute(self, argin)
        if self.starters is not None:
            self.starters.tell(hosts)
        return result

    def execute_without_argument(self: DataBase) -> Any:
        return execute(self, None)

    method: Callable[..., Any] = execute_without_argument if declared.in_type is VOID else execute
    if concerned is not None:
        method = execute_and_tell
    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"{name}: {declared.in_desc or 'nothing'} -> {declared.out_desc or 'nothing'}."
    return command(
        method,
        dtype_in=declared.in_type,
        doc_in=declared.in_desc,
        dtype_out=declared.out_type,
        doc_out=declared.out_desc if declared.out_type is not VOID else "",
        name=name,
    )


class DataBase(Device):
    """Names and properties of a control system (DB-1). It needs a server whose store is an SQLite one."""

    vars().update({name: _method(declared) for name, declared in COMMANDS.items()})

    store: SqlStore
    timings: Timings
    starters: Starters | None = None

    def init_device(self) -> None:
        """Take the store of the server process. Raises DevFailed `API_DatabaseAccess` when it has none to serve."""
        super().init_device()
        store = self.host.properties
        if not isinstance(store, SqlStore):
            raise DevFailed.of(
                Reason.API_DatabaseAccess,
                f"{self.get_name()} serves the store of its own server, which must be an SQLite one, not {store!r}",
                "DataBase.init_device",
            )
        self.store = store
        self.timings = Timings(COMMANDS)
        self.starters = Starters(store, self._send)
        self.set_state(DevState.ON)
        self.set_status("Device is OK")

    def delete_device(self) -> None:
        """Wait for the notices that are under way."""
        if self.starters is not None:
            self.starters.close()

    def _send(self, request: CommandInout) -> object:
        return self.host.call_device(request.device, lambda device: request._replace(device=device))

    @command
    def ResetTimingValues(self) -> None:
        """Begin the timing figures anew."""
        self.timings.reset()

    # ---- attributes

    @attribute(dtype=str)
    def StoredProcedureRelease(self) -> str:
        """Release of the commands' layouts."""
        return RELEASE

    @attribute(dtype=(str,), max_dim_x=_MOST)
    def Timing_index(self) -> list[str]:
        """The command of each element of the other timing spectra."""
        return self.timings.names

    @attribute(dtype=(float,), max_dim_x=_MOST, unit="ms")
    def Timing_average(self) -> list[float]:
        """Mean time of a call."""
        return [timing.average for timing in self.timings.all()]

    @attribute(dtype=(float,), max_dim_x=_MOST, unit="ms")
    def Timing_minimum(self) -> list[float]:
        """Shortest time of a call."""
        return [timing.minimum for timing in self.timings.all()]

    @attribute(dtype=(float,), max_dim_x=_MOST, unit="ms")
    def Timing_maximum(self) -> list[float]:
        """Longest time of a call."""
        return [timing.maximum for timing in self.timings.all()]

    @attribute(dtype=(float,), max_dim_x=_MOST)
    def Timing_calls(self) -> list[float]:
        """Number of calls."""
        return [float(timing.calls) for timing in self.timings.all()]

    @attribute(dtype=(str,), max_dim_x=_MOST)
    def Timing_info(self) -> list[str]:
        """All timing figures as a table."""
        return self.timings.lines(socket.gethostname())
