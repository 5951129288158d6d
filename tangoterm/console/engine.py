"""Running a command of the table: its result, and who failed with what when it could not be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tangoterm.console.changes import Change
from tangoterm.console.commands.table import Command, Want
from tangoterm.console.explaining import failure_lines as failure_lines
from tangoterm.console.explaining import hint as hint
from tangoterm.console.line import parse_line
from tangoterm.console.result import Failure, Layout, Refused, Result, about, columns
from tangoterm.console.session import Session

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


def run_line(session: Session, line: str) -> str:
    """Do a line of the prompt to its end, and give what it tells.

    Raises as `run` does, Refused also with its first failure; UsageError for a line that is none.
    """
    call = parse_line(line)
    if call is None:
        return ""
    result = run(call.command, session, call.arguments)
    for _ in result.rows:
        pass
    if result.failures:
        raise Refused(result.failures[0])
    return result.note


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
