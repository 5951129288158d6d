"""What was changed in a control system, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tangoterm.console.changes.change import Entry

if TYPE_CHECKING:
    from tangoterm.console.line import Call
    from tangoterm.console.session import Session


class NothingToUndo(ValueError):
    """There is no such change, or nothing takes it back; the text says which."""


def entries_of(session: Session, *, everywhere: bool = False, since: float = 0.0) -> list[Entry]:
    """The journal's changes of the session's control system, or of all, latest first."""
    journal = session.changes.journal
    found = [] if journal is None else journal.entries()
    host = session.changes.host.lower()
    return [entry for entry in reversed(found) if entry.time >= since and (everywhere or entry.host.lower() == host)]


def undoable(entry: Entry) -> bool:
    """Whether a change can be taken back."""
    return not entry.error and bool(entry.change.undo)


def entry_to_undo(session: Session, number: int) -> Entry:
    """The change that `number` says, 1 for the latest; raises NothingToUndo."""
    entries = entries_of(session)
    if not 1 <= number <= len(entries):
        raise NothingToUndo(f"there is no change {number}: the journal of {session.changes.host} has {len(entries)}")
    entry = entries[number - 1]
    if entry.error:
        raise NothingToUndo(f"{entry.change.line}: it failed, so there is nothing to take back")
    if not entry.change.undo:
        raise NothingToUndo(f"{entry.change.line}: nothing takes it back")
    return entry


def undo(session: Session, entry: Entry) -> Sequence[str]:
    """Take a change back by the lines that are kept with it, telling each before it is done; gives the lines.

    That is a change of its own in the journal, so it can be taken back too. Raises as `Changes.make` does, and Refused
    when a line fails; those before it have been done then.
    """
    from tangoterm.console.engine import run

    lines = entry.change.undo
    calls = [_call(line) for line in lines]
    with session.changes.as_one(entry.change.subject):
        for line, call in zip(lines, calls, strict=True):
            session.tell(line)
            run(call.command, session, call.arguments)
    return lines


def _call(line: str) -> Call:
    from tangoterm.console.commands import COMMANDS
    from tangoterm.console.line import parse_line

    call = parse_line(line, COMMANDS)
    if call is None:
        raise NothingToUndo(f"{line}: nothing can be done with this line")
    return call
