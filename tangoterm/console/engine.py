"""Running a command of the table: its result, and who failed with what when it could not be had."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server_core.model.errors import DevFailed, Reason
from tangoterm.console.commands.table import Command, Want
from tangoterm.console.format import error_lines
from tangoterm.console.names import did_you_mean
from tangoterm.console.result import Failure
from tangoterm.console.session import Session

READ_ONLY = (
    "the access control of this control system (free property CtrlSystem/Services) lets you read only; "
    "SUPER_TANGO=true in the environment goes without asking it"
)

_SUBJECTS = (Want.ATTRIBUTE, Want.TARGET, Want.DEVICE)


def subject(command: Command, arguments: Mapping[str, Any]) -> str:
    """What a call of the command is about: the first device (with the command to execute) or attribute among its
    arguments, else its own name."""
    for parameter in command.parameters:
        value = arguments.get(parameter.name)
        if parameter.wants in _SUBJECTS and value:
            name = value if isinstance(value, str) else value[0]
            executed = next(
                (arguments.get(each.name) for each in command.parameters if each.wants is Want.COMMAND), None
            )
            return f"{name}/{executed}" if executed else str(name)
    return command.name


def failure_lines(session: Session, failure: Failure) -> list[str]:
    """A failure for people: what it was about, the error stack with the root cause first, and a guess at a slip of the
    keyboard."""
    first, *more = error_lines(failure.error.errors) or [str(failure.error)]
    lines = [f"{failure.name}: {first}", *more]
    guess = hint(session, failure)
    return [*lines, f"  {guess}"] if guess else lines


def hint(session: Session, failure: Failure) -> str:
    """`did you mean …?` for a name that does not exist but resembles one that does; the way out for a client that may
    only read; else nothing."""
    reasons = {error.reason for error in failure.error.errors}
    if Reason.API_ReadOnlyMode in reasons:
        return READ_ONLY
    try:
        if reasons & {Reason.DB_DeviceNotDefined, Reason.API_DeviceNotDefined}:
            return _device_hint(session, failure.name)
        if Reason.API_AttrNotFound in reasons:
            name = session.attribute(failure.name)
            attributes = session.members(name.device).attributes.values()
            return did_you_mean(name.name, (config.name for config in attributes))
        if Reason.API_CommandNotFound in reasons:
            device, _, wrong = failure.name.rpartition("/")
            commands = session.members(session.device_name(device)).commands.values()
            return did_you_mean(wrong, (info.cmd_name for info in commands))
    except DevFailed:
        return ""
    return ""


def _device_hint(session: Session, name: str) -> str:
    fields = name.split("/")
    device = "/".join(fields[:3])
    catalogue = session.catalogue
    return did_you_mean(device, [*catalogue.names.all(), *catalogue.aliases.all()])
