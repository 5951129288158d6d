"""One of several words, chosen from a list."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static

from tangoterm.tui.modals.base import Dialog
from tangoterm.tui.text import plain, toned


class Choose(Dialog[str]):
    """Asks for one of `words`; the word that was chosen."""

    def __init__(self, title: str, words: Sequence[str], present: str = "") -> None:
        super().__init__()
        self.heading, self.words, self.present = title, tuple(words), present

    def compose(self) -> ComposeResult:
        """Title, list, keys."""
        with Vertical(classes="dialog -small"):
            yield Static(toned((plain(self.heading), "strong bold")))
            yield OptionList(*(Content(plain(word)) for word in self.words), compact=True)
            yield Static("↑↓ choose   ⏎ take   esc cancel", classes="hint", markup=False)

    def on_mount(self) -> None:
        """The present word is chosen."""
        options = self.query_one(OptionList)
        options.highlighted = self.words.index(self.present) if self.present in self.words else 0
        options.focus()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self.words[event.option_index])
