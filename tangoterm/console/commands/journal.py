"""The commands for what was changed: the journal, and taking changes back."""

from __future__ import annotations

from typing import Any

from tangoterm.console.cells import TimeCell
from tangoterm.console.changes import Entry
from tangoterm.console.changes.history import NothingToUndo, entries_of, entry_to_undo, undo, undoable
from tangoterm.console.changes.journal import script_of
from tangoterm.console.commands.table import Parameter, UsageError, Want, command, count
from tangoterm.console.format import plural
from tangoterm.console.moments import moment
from tangoterm.console.result import Result, columns, note
from tangoterm.console.session import Session


@command(
    "journal",
    Parameter("count", "how many of the latest", Want.NUMBER, option=True, default=20, convert=count, metavar="N"),
    Parameter(
        "since", "changes since then, all of them: 10m, 2h, 1d, today, 10:00, 2026-11-24", option=True,
        convert=moment, metavar="WHEN",
    ),
    Parameter("all", "of all control systems", option=True, flag=True),
    Parameter("export", "write them as a script for `tangoterm repl`", Want.FILE, option=True, metavar="FILE"),
    examples=("journal", "journal --since 1h", "journal --since today --export changes.txt"),
)  # fmt: skip
def journal(session: Session, count: int, since: float | None, all: bool, export: str | None) -> Result:
    """Show what was changed, the latest first, from whichever face of tangoterm; or write it as a script.

    The number of a change is what `undo` takes. The script has the lines that made the changes, oldest first.
    """
    entries = entries_of(session, everywhere=all, since=since or 0.0)
    shown = entries if since is not None else entries[:count]
    if export is not None:
        return _export(shown, export)
    rows = [_row(number, entry) for number, entry in enumerate(shown, 1)]
    titles = columns(">No", "Time", *(("Host",) if all else ()), "Subject", "Before", "After", "Outcome", "Undo")
    result = Result(titles, rows)
    problem = session.changes.journal.problem if session.changes.journal is not None else ""
    if problem or not rows:
        result.note = problem or f"nothing was changed in {session.address}" + (" since then" if since else "")
    return result


def _row(number: int, entry: Entry) -> dict[str, Any]:
    change = entry.change
    return {
        "no": number,
        "time": TimeCell(entry.time),
        "host": entry.host,
        "subject": change.subject,
        "before": change.before or None,
        "after": change.after or change.line,
        "outcome": entry.outcome,
        "undo": "yes" if undoable(entry) else None,
        "face": entry.face or None,
        "command": change.line,
        "undo_lines": list(change.undo),
        "seconds": entry.seconds,
    }


def _export(entries: list[Entry], file: str) -> Result:
    try:
        with open(file, "w", encoding="utf-8") as stream:
            for line in script_of(entries[::-1]):
                stream.write(line + "\n")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    return note(f"{file}: {plural(len(entries), 'change')}; tangoterm repl {file} makes them again", file=file)


@command(
    "undo",
    Parameter(
        "number",
        "which change, as the journal numbers them; 1 is the latest",
        Want.NUMBER,
        required=False,
        default=1,
        convert=count,
    ),
    examples=("undo", "undo 3", "undo --dry-run"),
    changes=("",),
)
def undo_change(session: Session, number: int) -> Result:
    """Take a change back.

    That is a change too: it is in the journal, and undoing it makes the change again.
    """
    try:
        entry = entry_to_undo(session, number)
        lines = undo(session, entry)
    except NothingToUndo as problem:
        raise UsageError(str(problem)) from None
    return note(f"{entry.change.subject}: taken back", subject=entry.change.subject, lines=list(lines))
