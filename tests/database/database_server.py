"""A database server on a loopback port, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from server_core.database.sqlite import SqliteStore
from server_core.devices.data_base import DataBase
from server_core.model.conversion import to_command_data
from server_core.model.enums import SerialModel
from server_core.model.identity import ClientIdent
from server_core.model.names import DATABASE_DEVICE
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, TypedValue
from server_core.protocol.operations import CommandInout, CommandListQuery, ReadAttributes
from server_core.server.process import DeviceServer
from server_core.transport.blocking import Connection
from server_core.transport.endpoint import UNIX, parse_endpoints
from server_core.transport.tls import ServerTls

TIMEOUT = 20.0


class Database:
    """A database server; it can be stopped and started again on the same port."""

    def __init__(self, directory: Path, tls: ServerTls | None = None) -> None:
        self.tls = tls
        self.store = SqliteStore(directory / "names.sqlite")
        self.store.add_device("DataBaseds/2", DATABASE_DEVICE, "DataBase")
        self.socket = str(directory / "database.sock")
        self.port = 0
        self.start()

    def start(self) -> None:
        """Serve."""
        self.server = DeviceServer(
            [DataBase],
            "DataBaseds",
            "2",
            store=self.store,
            port=self.port,
            unix_path=self.socket,
            serial_model=SerialModel.NO_SYNC,
            tls=self.tls,
        )
        self.server.start()
        (self.endpoint,) = (end for end in parse_endpoints(self.server.endpoints) if end.scheme != UNIX)
        self.port = self.endpoint.port

    @property
    def host(self) -> str:
        """`host:port`."""
        return f"127.0.0.1:{self.port}"

    def close(self) -> None:
        """Serve no more."""
        self.server.stop()
        self.store.close()


class Client:
    """Executes commands of the database device by name, over a connection of its own."""

    def __init__(self, database: Database) -> None:
        self._connection = Connection.open(database.endpoint, ident=ClientIdent())
        self.commands = {
            info.cmd_name.lower(): info for info in self._connection.call(CommandListQuery(DATABASE_DEVICE), TIMEOUT)
        }

    def __call__(self, command: str, argin: Any = None) -> Any:
        """The result; DevFailed of the device."""
        info = self.commands.get(command.lower())
        data = VOID
        if info is not None and info.in_type is not CmdArgType.DevVoid:
            data = TypedValue(info.in_type, to_command_data(info.in_type, argin))
        return self._connection.call(CommandInout(DATABASE_DEVICE, command, data), TIMEOUT).value

    def read(self, attribute: str) -> Any:
        """The value of an attribute."""
        (value,) = self._connection.call(ReadAttributes(DATABASE_DEVICE, (attribute,)), TIMEOUT)
        return value

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
