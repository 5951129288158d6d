"""The field above the tree: what is typed filters the tree, Enter opens the device that is meant."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tangoterm.tui.widgets.field import SearchField


class Finder(SearchField):
    """Begins empty whenever it gets the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Open", key_display="⏎"),
        Binding("escape", "leave", "Back", key_display="esc"),
        Binding("down", "move(1)", "Next", key_display="↓"),
        Binding("up", "move(-1)", "Last", show=False),
        Binding("tab", "to_tree", "To the tree", key_display="tab"),
    ]

    class Begun(Message):
        """The field has got the focus."""

    class Left(Message):
        """Escape: back to where one was."""

    class Kept(Message):
        """Go to the tree with what is filtered."""

    class Moved(Message):
        """Mark the next device found, or the one before."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def on_focus(self, event: events.Focus) -> None:
        """Begin anew, unless the whole terminal was away."""
        if not event.from_app_focus:
            self.value = ""
            self.post_message(self.Begun())

    def action_leave(self) -> None:
        """Give up."""
        self.post_message(self.Left())

    def action_move(self, by: int) -> None:
        """Mark another device."""
        self.post_message(self.Moved(by))

    def action_to_tree(self) -> None:
        """Go on in the tree."""
        self.post_message(self.Kept())
