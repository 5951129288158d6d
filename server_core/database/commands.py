"""All Db commands by name: the one table that the `DataBase` device serves and `RemoteStore` calls (DB-2)."""

from __future__ import annotations

from server_core.database.command import DbCommand
from server_core.database.device_commands import DEVICE_COMMANDS
from server_core.database.property_commands import property_commands
from server_core.database.service_commands import SERVICE_COMMANDS
from server_core.model.errors import DevFailed, Reason

COMMANDS: dict[str, DbCommand] = {
    command.name: command for command in (*DEVICE_COMMANDS, *SERVICE_COMMANDS, *property_commands())
}

_BY_KEY = {name.lower(): command for name, command in COMMANDS.items()}


def declared(name: str) -> DbCommand:
    """The Db command of that name in any case; DevFailed `API_CommandNotFound`."""
    found = _BY_KEY.get(name.lower())
    if found is None:
        raise DevFailed.of(Reason.API_CommandNotFound, f"Command {name} not found", "DataBase")
    return found
