"""Properties of any owner: a device, a class, an attribute, an object; or those in which words are found."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from tangoterm.tui.boards.properties import SEARCH, PropertyBoard
from tangoterm.tui.pages.base import Page
from tangoterm.tui.text import plain, toned


class PropertiesPage(PropertyBoard, Page):
    """The properties of what is typed behind `:properties`; without a word those of CtrlSystem."""

    def compose(self) -> ComposeResult:
        """A title, and the board."""
        yield Static(id="properties-title", classes="page-title")
        yield from PropertyBoard.compose(self)

    def enter(self, subject: str) -> None:
        """Show the properties of an owner."""
        super().enter(subject)
        subject = subject or "free:CtrlSystem"
        what = f"with {plain(subject.removeprefix(SEARCH))}" if subject.startswith(SEARCH) else f"of {plain(subject)}"
        self.query_one("#properties-title", Static).update(toned((f" Properties {what}", "strong bold")))
        self.show_properties(self.store.port, subject)
