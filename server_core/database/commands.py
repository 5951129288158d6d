"""All Db commands by name: the one table that the `DataBase` device serves and `RemoteStore` calls (DB-2)."""

from __future__ import annotations

from server_core.database.command import DbCommand
from server_core.database.device_commands import DEVICE_COMMANDS
from server_core.database.property_commands import property_commands
from server_core.database.service_commands import SERVICE_COMMANDS

COMMANDS: dict[str, DbCommand] = {
    command.name: command for command in (*DEVICE_COMMANDS, *SERVICE_COMMANDS, *property_commands())
}
