"""What pages share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical

from tangoterm.tui.guarded import Guarded
from tangoterm.tui.store import SystemStore
from tangoterm.tui.telling import Telling

if TYPE_CHECKING:
    from textual.widget import Widget


class Page(Guarded, Telling, Vertical):
    """One page; mounted when it is first opened, and kept. `subject` is what was typed behind its name."""

    subject = ""

    def __init__(self, store: SystemStore, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.store = store

    def enter(self, subject: str) -> None:
        """The page comes into sight, with what it is to show."""
        self.subject = subject

    def leave(self) -> None:
        """The page goes out of sight: nothing is asked for it any more."""

    def flush(self) -> None:
        """Show what is new; called several times a second while the page is in sight."""

    def main(self) -> Widget:
        """The widget that takes the focus."""
        raise NotImplementedError
