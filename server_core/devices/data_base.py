"""The database as a device: class DataBase, which serves a store to every client that knows its host and port.

Its commands are generated from the table of Db commands; they work on the store that the server process itself uses.
Source: DB-1..DB-4.
"""

from __future__ import annotations

from typing import Any

from server_core import Device, DevState, command
from server_core.database.command import VOID, DbCommand
from server_core.database.commands import COMMANDS
from server_core.database.sqlite import SqlStore
from server_core.model.errors import DevFailed, Reason


def _method(declared: DbCommand) -> Any:
    """A device method that executes a Db command."""

    def execute(self: DataBase, argin: Any) -> Any:
        return declared.run(self.store, argin)

    execute.__name__ = execute.__qualname__ = declared.name
    execute.__doc__ = f"{declared.name}: {declared.in_desc} -> {declared.out_desc or 'nothing'}."
    return command(
        execute,
        dtype_in=declared.in_type,
        doc_in=declared.in_desc,
        dtype_out=declared.out_type,
        doc_out=declared.out_desc if declared.out_type is not VOID else "",
        name=declared.name,
    )


class DataBase(Device):
    """Names and properties of a control system (DB-1). It needs a server whose store is an SQLite one."""

    vars().update({name: _method(declared) for name, declared in COMMANDS.items()})

    store: SqlStore

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
        self.set_state(DevState.ON)
        self.set_status("Device is OK")
