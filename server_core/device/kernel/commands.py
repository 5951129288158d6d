"""Commands of a device: queries and execution (CMD-1..CMD-13)."""

from __future__ import annotations

from server_core.device.command import Command
from server_core.device.kernel.state import StatePart
from server_core.device.members import Members
from server_core.model.config import CommandInfo
from server_core.model.errors import DevFailed, Reason
from server_core.model.values import VOID, TypedValue


class CommandPart(StatePart):
    """Finds and executes commands."""

    def arrange_commands(self) -> None:
        """Take up the commands of the class, sorted by name, and behind them those of the device alone (CMD-2); one of
        the class goes before one of the device of the same name (DYN-13)."""
        known = {command.declaration: command for command in self.commands.values() if command.class_level}
        shared = [
            known.get(declaration) or Command(self.device, declaration)
            for declaration in self.device_class.commands.values()
        ]
        shared.sort(key=lambda command: command.name.lower())
        of_class = self.device_class.commands
        own = [command for command in self.own_commands.values() if command.name not in of_class]
        self.commands = Members([*shared, *own])

    def command_list(self) -> list[CommandInfo]:
        """All commands."""
        return [command.info for command in self.commands.values()]

    def command_info(self, name: str) -> CommandInfo:
        """One command; DevFailed `API_CommandNotFound` (CMD-10)."""
        return self.command(name).info

    def _default_command(self, name: str) -> Command:
        """What the class does for names that it has no command of; DevFailed `API_CommandNotFound` for nothing."""
        declaration = self.device_class.default_command
        return self.command(name) if declaration is None else Command(self.device, declaration, class_level=False)

    def command_inout(self, name: str, argin: TypedValue = VOID) -> TypedValue:
        """Execute a command: hook, permission, argument, body, result (CMD-4).

        Raises DevFailed `API_CommandNotFound`, `API_CommandNotAllowed`, `API_IncompatibleCmdArgumentType`, and what the
        author raises.
        """
        command = self.commands.find(name) or self._default_command(name)
        self.always_executed()
        if not command.allowed():
            raise DevFailed.of(
                Reason.API_CommandNotAllowed,
                f"Command {name} not allowed when the device is in {self.state()} state",
                "DeviceKernel.command_inout",
            )
        return command.execute(argin)
