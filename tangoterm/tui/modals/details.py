"""A text at full length: a whole value, an error stack, a configuration. It can be scrolled and copied."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tangoterm.tui.modals.base import Dialog
from tangoterm.tui.text import plain, toned


class Details(Dialog[None]):
    """Shows `body` under `title`; `copied` is what `y` puts on the clipboard."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,d,enter", "leave", "Close"),
        Binding("y", "copy", "Copy"),
    ]
    HINT: ClassVar[str] = "esc close   ↑↓ scroll   y copy"

    def __init__(self, title: str, body: Content, *, copied: str | None = None, failed: bool = False) -> None:
        super().__init__()
        self.heading, self.body, self.failed = title, body, failed
        self.copied = body.plain if copied is None else copied

    def compose(self) -> ComposeResult:
        """Title, text and the keys."""
        with Vertical(classes="dialog -wide" + (" -danger" if self.failed else "")):
            yield Static(self._title(), id="heading")
            with VerticalScroll(classes="gap"):
                yield Static(self.body, id="body-text")
            yield Static(self.HINT, classes="hint")

    def _title(self) -> Content:
        return toned((plain(self.heading), "bad bold" if self.failed else "strong bold"))

    def replace(self, title: str, body: Content) -> None:
        """Show another text, from its top."""
        self.heading, self.body, self.copied = title, body, body.plain
        self.query_one("#heading", Static).update(self._title())
        self.query_one("#body-text", Static).update(body)
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def action_copy(self) -> None:
        """Copy the text."""
        self.app.copy_to_clipboard(self.copied)
        self.app.notify("Copied", timeout=2)
