"""What was changed in this control system, from whichever face; changes can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from tangoterm.console.changes import Entry
from tangoterm.console.changes.history import entries_of, undo, undoable
from tangoterm.console.changes.journal import script_of
from tangoterm.console.format import clock_text, duration_text, plural, time_text, without_today
from tangoterm.console.session import Session
from tangoterm.console.settings import state_path
from tangoterm.tui.actions import bindings
from tangoterm.tui.pages.base import Page
from tangoterm.tui.telling import errors_of
from tangoterm.tui.text import facts_text, toned
from tangoterm.tui.widgets.grid import Column, Grid
from tangoterm.tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from textual.widget import Widget


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _outcome(entry: Entry) -> tuple[str, str]:
    return (f"✖ {_one_line(entry.error)}", "bad") if entry.error else ("✓ done", "good")


COLUMNS: tuple[Column[Entry], ...] = (
    Column("Time", 12, lambda entry: (without_today(time_text(entry.time)), "muted"), most=23),
    Column("What", 20, lambda entry: _one_line(entry.change.subject), grow=2, most=40),
    Column("Before", 10, lambda entry: (_one_line(entry.change.before), "muted"), grow=1, rank=1),
    Column("After", 12, lambda entry: _one_line(entry.change.after or entry.change.line), grow=2),
    Column("Outcome", 8, _outcome, grow=1),
    Column("Undo", 4, lambda entry: ("u" if undoable(entry) else "", "accent"), rank=2),
    Column("From", 4, lambda entry: (entry.face, "muted"), rank=3),
)


class JournalPage(Page):
    """The changes, latest first."""

    BINDING_GROUP_TITLE = "Journal"
    BINDINGS: ClassVar[list[BindingType]] = bindings("journal")

    def compose(self) -> ComposeResult:
        """A title and the list."""
        self.grid = Grid(
            COLUMNS,
            lambda entry: f"{entry.time} {entry.change.line}",
            names=lambda entry: (entry.change.subject, entry.change.line, entry.outcome),
            empty="nothing was changed yet",
            id="journal-grid",
        )
        yield Static(id="journal-title", classes="page-title")
        yield self.grid

    def main(self) -> Widget:
        """The list."""
        return self.grid

    def enter(self, subject: str) -> None:
        """Read the journal."""
        super().enter(subject)
        self.read()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be taken back is."""
        if self.is_mounted and action in ("details", "undo", "export"):
            entry = self.grid.current
            if entry is None or (action == "undo" and not undoable(entry)):
                return None
        return super().check_action(action, parameters)

    @work(group="journal", exclusive=True)
    async def read(self, *, follow: bool = False) -> None:
        """Read the journal anew; with `follow` the cursor stays on its change."""
        entries = await self.store.port.perform(entries_of)
        self.grid.set_rows(entries, follow=follow)
        where = self.store.port.session.changes.host
        self.query_one("#journal-title", Static).update(
            toned((" Journal ", "strong bold"), (f" {plural(len(entries), 'change')} in {where}", "muted"))
        )
        self.refresh_bindings()

    @on(LineList.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(LineList.Chosen)
    def action_details(self) -> None:
        """All that is known of the change."""
        entry = self.grid.current
        if entry is None:
            return
        change = entry.change
        rows = [
            ("time", time_text(entry.time)),
            ("host", entry.host),
            ("what", change.subject),
            ("before", change.before),
            ("after", change.after),
            ("command", change.line),
            ("undo", "\n".join(change.undo) or "nothing takes it back"),
            ("outcome", entry.outcome),
            ("took", duration_text(entry.seconds)),
            ("from", entry.face),
        ]
        body = facts_text([(name, _one_line(value)) for name, value in rows if value])
        self.tell("A change", body, failed=bool(entry.error))

    @work(group="undo")
    async def action_undo(self) -> None:
        """Take the change under the cursor back."""
        entry = self.grid.current
        if entry is None or not undoable(entry):
            return
        errors = await errors_of(self.store.port, lambda session: undo(session, entry))
        if errors:
            self.tell_errors("It could not be taken back", errors, entry.change.subject)
        else:
            self.app.notify(f"{entry.change.subject}: taken back", markup=False)
        self.read(follow=True)

    @work(group="journal")
    async def action_export(self) -> None:
        """Write the changes that are shown as a script for `tangoterm repl`."""
        entries = list(self.grid.rows)

        def write(session: Session) -> str:
            file = state_path(f"changes-{clock_text(entries[0].time).replace(':', '')}.tango")
            file.write_text("\n".join(script_of(entries[::-1])) + "\n", encoding="utf-8")
            return str(file)

        try:
            file = await self.store.port.perform(write)
        except OSError as error:
            self.app.notify(f"The script cannot be written: {error.strerror}", severity="error", markup=False)
        else:
            self.app.notify(f"{file}: tangoterm repl makes the changes again", markup=False)
