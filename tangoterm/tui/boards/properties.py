"""Properties of an owner, to be looked at and changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from server_core.database.families import DEVICE
from server_core.model.errors import DevError, DevFailed
from tangoterm.console.cells import WordsCell
from tangoterm.console.changes import Danger
from tangoterm.console.commands.table import UsageError
from tangoterm.console.engine import run_line
from tangoterm.console.format import error_line, plural
from tangoterm.console.properties import Owner, owner_of
from tangoterm.console.property_changes import copy, delete, put, rename
from tangoterm.console.property_differences import differences
from tangoterm.console.property_history import Version, versions
from tangoterm.console.property_search import everywhere, search
from tangoterm.console.property_view import Row, rows_of
from tangoterm.console.quoting import joined
from tangoterm.console.session import Session
from tangoterm.tui.actions import bindings
from tangoterm.tui.listing import Listing
from tangoterm.tui.modals.form import Perform, text_form
from tangoterm.tui.modals.lines_form import LinesForm
from tangoterm.tui.modals.versions import Versions
from tangoterm.tui.port import SystemPort
from tangoterm.tui.telling import Telling, errors_of
from tangoterm.tui.text import plain, toned
from tangoterm.tui.widgets.grid import Column, Grid
from tangoterm.tui.widgets.line_list import LineList

_SOURCE_TONES = {"device": "strong", "default": "muted", "class": "link", "attribute": "accent"}
SEARCH = "search "
"""What a subject begins with that is words to look for, not an owner."""

_NAME: Column[Row] = Column("Property", 18, lambda row: (row.label, "strong"), grow=2, most=44)
_VALUE: Column[Row] = Column("Value", 18, lambda row: _value_cell(row), grow=6)
COLUMNS: tuple[Column[Row], ...] = (
    _NAME,
    _VALUE,
    Column("Lines", 5, lambda row: (str(len(row.values)), "muted"), right=True, rank=2),
    Column("From", 9, lambda row: (row.source, _SOURCE_TONES.get(row.source, ""))),
)
FOUND_COLUMNS: tuple[Column[Row], ...] = (
    Column("Owner", 18, lambda row: str(row.owner), grow=2, most=44),
    Column("Property", 16, lambda row: (row.name, "strong"), grow=1, most=32),
    _VALUE,
)


def _value_cell(row: Row) -> tuple[str, str]:
    return WordsCell(row.values).text(), "muted" if row.source == "default" else ""


class _Copied(NamedTuple):
    """Properties that were copied, to be pasted elsewhere."""

    owner: Owner
    names: tuple[str, ...]


class PropertyBoard(Listing, Telling):
    """The properties of one owner, or those that were found."""

    BINDING_GROUP_TITLE = "Properties"
    BINDINGS: ClassVar[list[BindingType]] = bindings("properties")
    copied: ClassVar[_Copied | None] = None

    port: SystemPort
    owner_text = ""
    owner: Owner | None = None
    _failure = ""
    _news = ""
    _changed = False

    def compose(self) -> ComposeResult:
        """The list, the whole of the property under the cursor, and a line on what happened."""
        self.grid = Grid(
            COLUMNS,
            lambda row: row.key,
            names=lambda row: (row.label, str(row.owner), " ".join(row.values), row.source),
            id="property-grid",
        )
        yield self.filter_line
        yield self.grid
        with VerticalScroll(id="property-whole", can_focus=False):
            yield Static(id="property-text")
        yield Static(id="property-note")

    # ---- what is shown

    def show_properties(self, port: SystemPort, owner_text: str) -> None:
        """Show the properties of what a text names, or those in which words are found behind `search `."""
        self.port, self.owner_text = port, owner_text
        self.owner, self._failure, self._news, self._changed = None, "", "", False
        self.empty_list()
        self.grid.set_columns(FOUND_COLUMNS if owner_text.startswith(SEARCH) else COLUMNS)
        self.grid.empty = "asking the database …"
        self.reload()

    @work(exclusive=True, group="properties")
    async def reload(self) -> None:
        """Ask the database again."""
        text = self.owner_text
        found_words = text.removeprefix(SEARCH) if text.startswith(SEARCH) else ""

        def look(session: Session) -> tuple[Owner | None, list[Row]]:
            if not found_words:
                owner = owner_of(session, text)
                return owner, rows_of(session, owner)
            found = search(session, found_words, everywhere(session))
            rows = [Row(each.owner, each.name, each.values, "") for each in found]
            return None, sorted(rows, key=lambda row: row.key)

        try:
            self.owner, rows = await self.port.perform(look)
            self._failure = ""
        except (DevFailed, UsageError) as failure:
            self._failure = error_line(failure.errors) if isinstance(failure, DevFailed) else str(failure)
            rows = []
        self.grid.empty = "nothing found" if found_words else "no properties; a adds one"
        if not self._failure or not self.grid.rows:
            self.fill(rows)
        self._show_whole()
        self._tell_note()
        self.screen.refresh_bindings()

    @on(LineList.Moved)
    def _moved(self) -> None:
        self._show_whole()

    def _show_whole(self) -> None:
        row = self.grid.current
        text = self.query_one("#property-text", Static)
        if row is None:
            text.update("")
            return
        head: list[str | tuple[str, str]] = [(f"{plain(row.label)}", "strong bold"), (f"  {_origin(row)}", "muted")]
        lines = [toned(*head)]
        if row.description:
            lines.append(toned((plain(row.description), "muted")))
        width = len(str(len(row.values)))
        for number, value in enumerate(row.values[:500], 1):
            lead = f"{number:>{width}}  " if len(row.values) > 1 else ""
            lines.append(toned((lead, "faint"), plain(value)))
        text.update(Content("\n").join(lines))

    def _tell_note(self) -> None:
        note = self.query_one("#property-note", Static)
        if self._failure:
            note.update(toned((f" ✖ {plain(self._failure)}", "bad")), layout=False)
            return
        parts: list[str | tuple[str, str]] = []
        if self._news:
            parts.append((f" {plain(self._news)}", "good"))
        else:
            defaults = sum(row.source == "default" for row in self.grid.rows)
            stored = len(self.grid.rows) - defaults
            parts.append((f" {stored} {'property' if stored == 1 else 'properties'}", "muted"))
            if defaults:
                parts.append((f", {plural(defaults, 'default')} of the class's code", "muted"))
        if self._changed and self._is_device:
            parts += [
                ("   R", "accent"),
                (" restarts the device to take it up, ", "muted"),
                ("I", "accent"),
                (" Init", "muted"),
            ]
        note.update(toned(*parts), layout=False)

    @property
    def _is_device(self) -> bool:
        return self.owner is not None and self.owner.family is DEVICE

    # ---- actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is under the cursor decides."""
        if not self.is_mounted:
            return super().check_action(action, parameters)
        row = self.grid.current
        if action in ("edit", "history", "copy") and row is None:
            return None
        if action in ("rename", "delete") and (row is None or row.source == "default"):
            return None
        if action in ("add", "compare") and self.owner is None:
            return None
        if action == "paste" and (self.owner is None or PropertyBoard.copied is None):
            return None
        if action in ("restart", "init") and not self._is_device:
            return None
        return super().check_action(action, parameters)

    @on(LineList.Chosen)
    async def _chosen(self) -> None:
        await self.run_action("edit")

    def action_edit(self) -> None:
        """The form for the values; what a class or its code says is overridden for the device."""
        row = self.grid.current
        if row is None:
            return
        owner = row.owner
        if row.source in ("class", "default") and self.owner is not None and self._is_device and not owner.attribute:
            owner = self.owner
        facts = [("of", str(owner)), ("now", _origin(row))]
        if row.description:
            facts.append(("what", row.description))

        async def perform(name: str, values: list[str]) -> Sequence[DevError]:
            return await self._put(owner, row.name, values)

        self.app.push_screen(LinesForm(f"Property {row.name}", perform, row.values, facts=facts))

    def action_add(self) -> None:
        """The form for a new property."""
        owner = self.owner
        if owner is None:
            return

        async def perform(name: str, values: list[str]) -> Sequence[DevError]:
            return await self._put(owner, name, values)

        facts = [("of", str(owner))]
        self.app.push_screen(LinesForm("A new property", perform, named=True, facts=facts))

    async def _put(self, owner: Owner, name: str, values: Sequence[str]) -> Sequence[DevError]:
        return await self._change(
            lambda session: put(session, owner, name, values), f"{owner}: {name} = {WordsCell(values).text()}"
        )

    async def _change(self, do: Callable[[Session], object], news: str) -> Sequence[DevError]:
        errors = await errors_of(self.port, do)
        if not errors:
            self._news, self._changed = news, True
            self.reload()
        return errors

    @work(group="property change")
    async def action_delete(self) -> None:
        """Delete the property, after a question."""
        row = self.grid.current
        if row is None:
            return
        errors = await self._change(
            lambda session: delete(session, row.owner, [row.name], Danger.ASK), f"{row.label} deleted"
        )
        if errors:
            self.tell_errors(f"{row.label} could not be deleted", errors)

    def action_rename(self) -> None:
        """The form for another name."""
        row = self.grid.current
        if row is None:
            return

        async def perform(new: str) -> Sequence[DevError]:
            return await self._change(
                lambda session: rename(session, row.owner, row.name, new), f"{row.label} is called {new}"
            )

        self._ask(f"Rename {row.name}", "Rename", row.name, perform)

    def _ask(self, title: str, verb: str, initial: str, perform: Perform, example: str = "") -> None:
        self.app.push_screen(text_form(title, verb, perform, initial=initial, example=example))

    def action_copy(self) -> None:
        """Remember the property, and put it on the clipboard."""
        row = self.grid.current
        if row is not None:
            PropertyBoard.copied = _Copied(row.owner, (row.name,))
            self.copy("\n".join(row.values))
            self._news = f"{row.owner} {row.name} copied; p pastes it at another owner"
            self._tell_note()
            self.screen.refresh_bindings()

    @work(group="property change")
    async def action_paste(self) -> None:
        """Give what was copied to the owner that is shown."""
        copied, owner = PropertyBoard.copied, self.owner
        if copied is None or owner is None:
            return
        names = ", ".join(copied.names)
        errors = await self._change(
            lambda session: copy(session, copied.owner, copied.names, owner), f"{names} pasted from {copied.owner}"
        )
        if errors:
            self.tell_errors(f"{names} could not be pasted", errors)

    @work(group="property change")
    async def action_history(self) -> None:
        """The versions of the property."""
        row = self.grid.current
        if row is None:
            return
        try:
            known = await self.port.perform(lambda session: versions(row.owner.history(session.store, row.name)))
        except DevFailed as failure:
            self.tell_errors(f"No history of {row.label}", failure.errors)
            return
        if not known:
            self.app.notify(f"The database remembers no change of {row.label}", markup=False)
            return

        async def restore(version: Version) -> Sequence[DevError]:
            if version.entry.deleted:
                return await self._change(
                    lambda session: delete(session, row.owner, [row.name]), f"{row.label} is deleted, as it was"
                )
            return await self._put(row.owner, row.name, version.entry.values)

        self.app.push_screen(Versions(f"{row.owner} {row.name}", known, restore))

    def action_compare(self) -> None:
        """What another owner has instead."""
        owner = self.owner
        if owner is None:
            return

        async def perform(text: str) -> Sequence[DevError]:
            found: list[tuple[str, Content]] = []
            errors = await errors_of(self.port, lambda session: found.append(_compared(session, owner, text)))
            for title, body in found:
                self.call_later(self.tell, title, body)  # when the form is gone
            return errors

        self._ask(f"Compare {owner} with", "Compare", "", perform, "sys/tg_test/2 or class:TangoTest")

    def action_restart(self) -> None:
        """Make the device anew in its server."""
        self._have_device("restart")

    def action_init(self) -> None:
        """Execute its Init."""
        self._have_device("init")

    @work(group="property change")
    async def _have_device(self, action: str) -> None:
        owner = self.owner
        if owner is None:
            return
        errors = await errors_of(self.port, lambda session: run_line(session, joined("device", action, owner.name)))
        if errors:
            self.tell_errors(f"{owner.name}: {action} failed", errors)
        else:
            self._news, self._changed = f"{owner.name}: {action} done", False
            self.reload()


def _origin(row: Row) -> str:
    if row.source == "default":
        return "the default of the class's code"
    return f"of {row.owner}"


def _compared(session: Session, owner: Owner, text: str) -> tuple[str, Content]:
    other = owner_of(session, text)
    lines: list[Content] = []
    for each in differences(session, owner, other):
        lines.append(toned((plain(each.name), "strong")))
        lines += [toned((f"  - {plain(value)}", "bad")) for value in each.first]
        lines += [toned((f"  + {plain(value)}", "good")) for value in each.second]
    title = f"- {owner}   + {other}"
    return title, Content("\n").join(lines) if lines else toned(("the same properties", "muted"))
