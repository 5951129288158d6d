"""Running a command of the table: its result, and who failed with what when it could not be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from server_core.model.errors import DevFailed, Reason
from tangoterm.console.changes import Change
from tangoterm.console.commands.table import Command, Want
from tangoterm.console.format import error_lines
from tangoterm.console.locker import locker_text
from tangoterm.console.names import did_you_mean
from tangoterm.console.result import Failure, Layout, Result, about, columns
from tangoterm.console.session import Session

READ_ONLY = (
    "the access control of this control system (free property CtrlSystem/Services) lets you read only; "
    "SUPER_TANGO=true in the environment goes without asking it"
)

LONGER = "to wait longer: --timeout SECONDS, or `timeout SECONDS` at the prompt"

DRY = "dry run: nothing was changed"

_SUBJECTS = (Want.PIPE, Want.ATTRIBUTE, Want.TARGET, Want.DEVICE, Want.OWNER, Want.SERVER)


def run(command: Command, session: Session, arguments: Mapping[str, Any]) -> Result:
    """The result of a command; in a dry run what it would change, if it would.

    Raises Refused with the error and what it is about; ArgumentError for a value that does not fit, UsageError for
    words that do not, Declined when the person does not want the change.
    """
    changes = session.changes
    planned = len(changes.planned)
    with about(subject(command, arguments)):
        result = command.run(session, **arguments)
        if changes.dry_run and command.changes and result.layout is Layout.LIVE:
            result.rows = list(result.rows)  # each is planned when its turn comes
    if len(changes.planned) == planned:
        return result
    if result.planned:
        result.note = DRY
        return result
    return _plan(changes.planned[planned:], result.failures)


def _plan(planned: Sequence[Change], failures: list[Failure]) -> Result:
    """What a dry run would change."""
    rows = [
        {
            "subject": change.subject,
            "before": change.before or None,
            "after": change.after or None,
            "command": change.line,
            "undo": list(change.undo),
        }
        for change in planned
    ]
    shown = columns("Subject", "Before", "After", "Command")
    return Result(shown, rows, note=DRY, failures=failures)


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
    way = hint(session, failure)
    return [*lines, f"  {way}"] if way else lines


def hint(session: Session, failure: Failure) -> str:
    """The way out of a failure, where one is known: what may have been meant, what is allowed, what to do first."""
    reasons = {error.reason for error in failure.error.errors}
    try:
        return next((way(session, failure.name) for reason, way in _WAYS.items() if reason in reasons), "")
    except DevFailed:
        return ""


def _other_database(session: Session, name: str) -> str:
    from server_core.database.locate import SETTINGS_FILES, tango_host, tango_host_place

    serving = "a database is served by `tangoterm database`"
    place = tango_host_place() if session.host in (None, tango_host()) else ""
    if not place:
        return serving
    instead = f"; TANGOTERM_DATABASE=FILE goes before {place}" if place in SETTINGS_FILES else ""
    return f"the address is TANGO_HOST of {place}; {serving}{instead}"


def _similar_device(session: Session, name: str) -> str:
    catalogue = session.catalogue
    known = [*catalogue.names.all(), *catalogue.aliases.all()]
    fields = name.split("/")
    if len(fields) == 2:
        return _similar_server(session, name) or did_you_mean(fields[0], known)
    return did_you_mean("/".join(fields[:3]), known)


def _similar_server(session: Session, name: str) -> str:
    known = [group.name for group in session.catalogue.servers()]
    instances = [server for server in known if server.lower().startswith(f"{name.lower()}/")]
    return f"did you mean {' or '.join(instances[:3])}?" if instances else did_you_mean(name, known)


def _similar_attribute(session: Session, name: str) -> str:
    wanted = session.attribute(name)
    attributes = session.members(wanted.device).attributes.values()
    return did_you_mean(wanted.name, (config.name for config in attributes))


def _similar_command(session: Session, name: str) -> str:
    device, _, wrong = name.rpartition("/")
    commands = session.members(session.device_name(device)).commands.values()
    return did_you_mean(wrong, (info.cmd_name for info in commands))


def _similar_member(session: Session, name: str) -> str:
    wanted = session.attribute(name)
    members = session.members(wanted.device)
    if wanted.name.lower() in members.attributes.keys() | members.commands.keys():
        return ""
    known = [config.name for config in members.attributes.values()]
    return did_you_mean(wanted.name, [*known, *(info.cmd_name for info in members.commands.values())])


def _poll_it(session: Session, name: str) -> str:
    wanted = session.attribute(name)
    return f"have it polled: poll {wanted.device} {wanted.name} --period 1000"


def _its_server(session: Session, name: str) -> str:
    """How to start the server of a device."""
    record = session.catalogue.find("/".join(name.split("/")[:3])) or session.catalogue.find(name.split("/")[0])
    return f"its server is {record.server}: server start {record.server}" if record else ""


def _lock_holder(session: Session, name: str) -> str:
    device = name if session.is_device(name) else session.attribute(name).device
    holder = locker_text(session.device(device))
    return f"the lock is held by {holder}; it can be broken: unlock {device} --force" if holder else ""


def _allowed_values(session: Session, name: str) -> str:
    wanted = session.attribute(name)
    config = session.members(wanted.device).attributes[wanted.name.lower()]
    from tangoterm.console.arguments import Argument

    return f"allowed: {Argument.of_attribute(config).hint}"


_WAYS: dict[str, Callable[[Session, str], str]] = {
    Reason.API_ReadOnlyMode: lambda session, name: READ_ONLY,
    Reason.API_CantConnectToDatabase: _other_database,
    Reason.DB_DeviceNotDefined: _similar_device,
    Reason.API_DeviceNotDefined: _similar_device,
    Reason.API_AliasNotDefined: _similar_device,
    Reason.DB_IncorrectServerName: _similar_server,
    Reason.API_AttrNotFound: _similar_attribute,
    Reason.API_CommandNotFound: _similar_command,
    Reason.API_PollObjNotFound: _similar_member,
    Reason.API_DeviceNotExported: _its_server,
    Reason.API_CantConnectToDevice: _its_server,
    "CANNOT_RUN_FILE": lambda session, name: "the program is named with --program FILE",
    Reason.API_DeviceTimedOut: lambda session, name: LONGER,
    Reason.API_DeviceLocked: _lock_holder,
    Reason.API_AttrNotPolled: _poll_it,
    Reason.API_AttributePollingNotStarted: _poll_it,
    Reason.API_WAttrOutsideLimit: _allowed_values,
}
"""What helps against a reason; called with the name of the failure. DevFailed when nothing can be said."""
