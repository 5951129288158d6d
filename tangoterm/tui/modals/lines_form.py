"""The form for a list of strings: a text, one element on each line, and a name where that is wanted too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static, TextArea

from server_core.model.errors import DevError
from tangoterm.tui.modals.base import Doing
from tangoterm.tui.text import facts_text, plain, toned

Perform = Callable[[str, list[str]], Awaitable[Sequence[DevError]]]
"""Does what the form is for, with the name and the elements; answers with the errors, none when it worked."""


class LinesForm(Doing):
    """Asks for elements (and with `named` for a name) and performs; True when it was done."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "save", "Save", key_display="^s", priority=True)]

    def __init__(
        self,
        title: str,
        perform: Perform,
        elements: Sequence[str] = (),
        *,
        named: bool = False,
        facts: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__()
        self.heading, self.perform, self.named, self.facts = title, perform, named, facts
        self.escaped = any("\n" in element for element in elements)
        self.initial = "\n".join(map(self._shown, elements))

    def _shown(self, element: str) -> str:
        return element.replace("\\", "\\\\").replace("\n", "\\n") if self.escaped else element

    def _read(self, line: str) -> str:
        if not self.escaped:
            return line
        pieces = (piece.replace("\\n", "\n") for piece in line.split("\\\\"))
        return "\\".join(pieces)

    def compose(self) -> ComposeResult:
        """Title, facts, the name, the text, a line for errors, and the keys."""
        with Vertical(classes="dialog -wide"):
            yield Static(toned((plain(self.heading), "strong bold")))
            if self.facts:
                yield Static(facts_text(self.facts), classes="gap")
            if self.named:
                yield Input(placeholder="name", compact=True, id="lines-name")
            yield TextArea(self.initial, id="lines", show_line_numbers=True, compact=True, tab_behavior="focus")
            yield Static("", id="message", markup=False)
            escapes = "   \\n a line feed in an element" if self.escaped else ""
            yield Static(f"one element on each line{escapes}   ^s save   esc cancel", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Give the focus to what is to be written first."""
        area = self.query_one(TextArea)
        area.move_cursor(area.document.end)
        self.query_one(Input if self.named else TextArea).focus()

    @on(Input.Submitted)
    def _on(self) -> None:
        self.query_one(TextArea).focus()

    def action_save(self) -> None:
        """Do it."""
        text = self.query_one(TextArea).text
        elements = [self._read(line) for line in text.split("\n")] if text else []
        while elements and not elements[-1].strip():
            elements.pop()
        name = self.query_one(Input).value.strip() if self.named else ""
        if self.named and not name:
            self.say("a name is missing", "warn")
        elif not elements:
            self.say("an element is missing; to take a property away, delete it", "warn")
        else:
            self.do("saving", lambda: self.perform(name, elements))
