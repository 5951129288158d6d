"""What failed, in plain words: the cause, what it means, what helps and can be done at once; the stack on demand."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from server_core.model.errors import DevFailed
from tangoterm.console.changes import Declined
from tangoterm.console.engine import run_line
from tangoterm.console.explaining import Explanation, explain
from tangoterm.console.format import error_line, error_lines
from tangoterm.console.result import Failure, Refused
from tangoterm.tui.modals.base import Dialog
from tangoterm.tui.port import SystemPort
from tangoterm.tui.text import plain, toned


class FailureDialog(Dialog[None]):
    """A failure with its explanation, which is asked for in the background."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "leave", "Close"),
        Binding("f", "fix", "Fix"),
        Binding("s", "stack", "Whole stack"),
        Binding("y", "copy", "Copy"),
    ]

    def __init__(self, title: str, failure: Failure, port: SystemPort) -> None:
        super().__init__()
        self.heading, self.failure, self.port = title, failure, port
        self.explanation: Explanation | None = None
        self.whole = False

    def compose(self) -> ComposeResult:
        """Title, what failed, and the keys."""
        with Vertical(classes="dialog -wide -danger"):
            yield Static(toned((plain(self.heading), "bad bold")))
            with VerticalScroll(classes="gap"):
                yield Static(id="failure")
            yield Static(id="failure-keys", classes="hint")

    def on_mount(self) -> None:
        """Show what is known at once, and ask for the rest."""
        self._show()
        self._explain()

    @work(group="failure")
    async def _explain(self) -> None:
        self.explanation = await self.port.perform(lambda session: explain(session, self.failure))
        self._show()

    def _show(self) -> None:
        found = self.explanation
        stack = "\n".join(error_lines(self.failure.error.errors))
        cause = error_line(self.failure.error.errors) if found is None else found.cause
        parts = [toned((stack if self.whole else cause, "bad"))]
        if found is not None and found.meaning:
            parts += [Content(""), toned((found.meaning, ""))]
        if found is not None and found.advice.text:
            parts += [Content(""), toned((found.advice.text, "accent"))]
        self.query_one("#failure", Static).update(Content("\n").join(parts))
        fix = "f do it   " if found is not None and found.advice.line and not self._read_only else ""
        stacked = "s cause only" if self.whole else "s whole stack"
        self.query_one("#failure-keys", Static).update(f"{fix}{stacked}   y copy   esc close")

    @property
    def _read_only(self) -> bool:
        return self.port.session.changes.read_only

    def action_stack(self) -> None:
        """The whole stack, or the cause alone."""
        self.whole = not self.whole
        self._show()

    def action_copy(self) -> None:
        """Copy the whole stack."""
        self.app.copy_to_clipboard("\n".join(error_lines(self.failure.error.errors)))
        self.app.notify("Copied", timeout=2)

    @work(group="failure")
    async def action_fix(self) -> None:
        """Do what is advised."""
        line = self.explanation.advice.line if self.explanation is not None else ""
        if not line or self._read_only:
            return
        try:
            told = await self.port.perform(lambda session: run_line(session, line))
        except (Refused, DevFailed, Declined, ValueError) as problem:
            self.app.notify(str(problem), severity="error", markup=False)
        else:
            self.app.notify(told or line, markup=False)
            self.dismiss(None)
