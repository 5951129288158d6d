"""The question before a change: what is there now, what will be, what else happens."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from tangoterm.console.asking import MOST, word_to_type
from tangoterm.console.changes import Change, Danger, preview
from tangoterm.tui.modals.base import Dialog
from tangoterm.tui.text import plain, toned

_TONES = {"-": "muted", "+": "strong"}


class ChangeQuestion(Dialog[bool]):
    """Asks for changes that are made together; True for yes.

    `place` is the control system where it is tagged, else empty. Enter alone says no; a dangerous change is agreed to
    by typing what is changed.
    """

    AUTO_FOCUS = "#no, Input"

    def __init__(self, changes: Sequence[Change], danger: Danger, place: str = "") -> None:
        super().__init__()
        self.changes, self.place = changes, place
        self.wanted = word_to_type(changes) if danger is Danger.TYPE else ""

    def compose(self) -> ComposeResult:
        """Where, what, the warnings, and the answers."""
        with Vertical(classes="dialog -danger"):
            if self.place:
                yield Static(toned((f" {plain(self.place)} ", "bad bold reverse")))
            yield Static(toned(("Do this?", "strong bold")))
            with VerticalScroll(classes="gap", can_focus=False):
                yield Static(self._body())
            if self.wanted:
                yield Static(
                    toned(("Type ", ""), (plain(self.wanted), "accent bold"), (" to do it", "")), classes="gap"
                )
                yield Input(compact=True)
                yield Static("⏎ do it   esc cancel", classes="hint")
            else:
                with Horizontal(classes="buttons"):
                    yield Button("Cancel", id="no", compact=True)
                    yield Button("Do it", id="yes", variant="error", compact=True)

    def _body(self) -> Content:
        lines = []
        for change in self.changes[:MOST]:
            subject, *rest = preview(change)
            lines.append(toned((plain(subject), "accent bold")))
            lines += [toned((plain(line), _TONES.get(line.strip()[:1], ""))) for line in rest]
        if len(self.changes) > MOST:
            lines.append(toned((f"… and {len(self.changes) - MOST} more", "muted")))
        for warning in dict.fromkeys(change.warning for change in self.changes if change.warning):
            lines.append(toned((f"! {plain(warning)}", "warn")))
        return Content("\n").join(lines)

    @on(Button.Pressed)
    def _answer(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        if event.value.strip() == self.wanted:
            self.dismiss(True)
        else:
            self.app.bell()
