"""The events of any attributes of the control system."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from tangoterm.tui.boards.events import EventBoard
from tangoterm.tui.pages.base import Page
from tangoterm.tui.text import plain, toned


class EventsPage(EventBoard, Page):
    """Subscriptions to what is typed behind `:events`; they go on while the page is out of sight."""

    def compose(self) -> ComposeResult:
        """A title, and the board."""
        yield Static(id="events-title", classes="page-title")
        yield from EventBoard.compose(self)

    def enter(self, subject: str) -> None:
        """Subscribe, unless these subscriptions stand already."""
        before = self.subject
        super().enter(subject)
        title = f" Events of {plain(subject)}" if subject else " Events   :events ATTRIBUTE… @list SCOPE/ATTRIBUTE"
        self.query_one("#events-title", Static).update(toned((title, "strong bold")))
        if self.monitor is None or subject != before:
            self.monitor_events(self.store.port, subject.split())
