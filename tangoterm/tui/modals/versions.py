"""The history of a property: its versions, what each changed, and the way back to one of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from server_core.model.errors import DevError
from tangoterm.console.property_history import Version, side_by_side
from tangoterm.tui.modals.base import Doing
from tangoterm.tui.text import plain, toned
from tangoterm.tui.widgets.grid import Column, Grid
from tangoterm.tui.widgets.line_list import LineList

Restore = Callable[[Version], Awaitable[Sequence[DevError]]]
"""Takes up a version again; answers with the errors, none when it worked."""

COLUMNS: tuple[Column[Version], ...] = (
    Column("", 3, lambda version: (str(version.back), "muted"), right=True),
    Column("Date", 19, lambda version: version.entry.date),
    Column("Change", 20, lambda version: (version.text, "warn" if version.entry.deleted else ""), grow=1),
)


class Versions(Doing):
    """The versions, newest first, with the difference between the one under the cursor and the latest, or the one that
    is marked; True when one was taken up again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "restore", "Take up again", key_display="⏎"),
        Binding("space", "mark", "Compare with", key_display="space"),
        Binding("escape,q", "leave", "Close"),
    ]

    def __init__(self, title: str, versions: Sequence[Version], restore: Restore) -> None:
        super().__init__()
        self.heading, self.restore = title, restore
        self.versions = list(reversed(versions))
        self.marked = self.versions[0]

    def compose(self) -> ComposeResult:
        """The list, the difference, the keys."""
        with Vertical(classes="dialog -wide"):
            yield Static(toned((plain(self.heading), "strong bold")))
            self.grid = Grid(COLUMNS, lambda version: str(version.back), id="versions")
            yield self.grid
            yield Static(id="versions-title", markup=False)
            with VerticalScroll(id="versions-text"):
                yield Static(id="difference")
            yield Static("", id="message", markup=False)
            yield Static("⏎ take up again   space compare with this one   esc close", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Fill the list."""
        self.grid.styles.height = min(len(self.versions), 8) + 1
        self.grid.set_rows(self.versions)
        self.grid.focus()
        self._compare()

    @on(LineList.Moved)
    def _compare(self) -> None:
        version = self.grid.current
        if version is None:
            return
        if version is self.marked:
            title, lines = f"version {version.back}", [(" ", each) for each in version.entry.values]
        else:
            old, new = sorted((version, self.marked), key=lambda each: -each.back)
            title = f"- version {old.back}   + version {new.back}"
            lines = side_by_side(old.entry.values, new.entry.values)
        self.query_one("#versions-title", Static).update(toned((f"\n{title}", "muted")))
        tones = {"-": "bad", "+": "good", " ": ""}
        text = [toned((f"{sign} {plain(element)}", tones[sign])) for sign, element in lines]
        self.query_one("#difference", Static).update(Content("\n").join(text) if text else toned(("deleted", "warn")))

    def action_mark(self) -> None:
        """Compare the others with this one."""
        if self.grid.current is not None:
            self.marked = self.grid.current
            self._compare()

    @on(LineList.Chosen)
    def action_restore(self) -> None:
        """Take up the version under the cursor again."""
        version = self.grid.current
        if version is not None:
            self.do("restoring", lambda: self.restore(version))
