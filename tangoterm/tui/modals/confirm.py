"""A question before something that cannot be undone; the safe answer has the focus."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from tangoterm.tui.modals.base import Dialog
from tangoterm.tui.text import plain, toned


class Confirm(Dialog[bool]):
    """Asks; True for yes. Tab and Enter, or a click, say yes; Enter alone says no."""

    AUTO_FOCUS = "#no"

    def __init__(self, title: str, text: str, yes: str) -> None:
        super().__init__()
        self.heading, self.text, self.yes = title, text, yes

    def compose(self) -> ComposeResult:
        """The question and its two answers."""
        with Vertical(classes="dialog -small -danger"):
            yield Static(toned((plain(self.heading), "strong bold")))
            yield Static(plain(self.text), markup=False, classes="gap")
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="no", compact=True)
                yield Button(self.yes, id="yes", variant="error", compact=True)

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")
