"""The polling of several devices: of a pattern, a server, a class, a host, or all that run."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from tangoterm.tui.boards.polling import PollingBoard
from tangoterm.tui.pages.base import Page
from tangoterm.tui.text import plain, toned


class PollingPage(PollingBoard, Page):
    """The polled objects of the devices that are typed behind `:polling`; without a word those of all."""

    def compose(self) -> ComposeResult:
        """A title, and the board."""
        yield Static(id="polling-title", classes="page-title")
        yield from PollingBoard.compose(self)

    def enter(self, subject: str) -> None:
        """Show the polling of devices."""
        super().enter(subject)
        words = subject.split() or ["*"]
        of = "all devices" if words == ["*"] else plain(" ".join(words))
        self.query_one("#polling-title", Static).update(toned((f" Polling of {of}", "strong bold")))
        self.watch_polling(self.store.port, words, several=True)

    def leave(self) -> None:
        """Ask no more."""
        self.stop_watching()
