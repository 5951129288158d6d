"""What several devices log."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from tangoterm.tui.boards.logs import LogBoard
from tangoterm.tui.pages.base import Page
from tangoterm.tui.text import plain, toned


class LogsPage(LogBoard, Page):
    """The messages of what is typed behind `:logs`; they go on arriving while the page is out of sight."""

    def compose(self) -> ComposeResult:
        """A title, and the board."""
        yield Static(id="logs-title", classes="page-title")
        yield from LogBoard.compose(self)

    def enter(self, subject: str) -> None:
        """Receive, unless these messages are received already."""
        before = self.subject
        super().enter(subject)
        title = f" Logs of {plain(subject)}" if subject else " Logs   :logs DEVICE… @list SCOPE"
        self.query_one("#logs-title", Static).update(toned((title, "strong bold")))
        if self.watch_ is None or subject != before:
            self.receive(self.store.port, subject.split())
