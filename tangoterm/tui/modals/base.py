"""What all dialogs share: a framed box in the middle, Escape to leave; and what those share that do something."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, TypeVar

from textual import work
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from server_core.model.errors import DevError
from tangoterm.console.explaining import meaning_of
from tangoterm.console.format import error_lines
from tangoterm.tui.text import toned

Result = TypeVar("Result")


class Dialog(ModalScreen[Result | None]):
    """A dialog whose result is None when it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Cancel")]

    def action_leave(self) -> None:
        """Close without a result."""
        self.dismiss(None)


class Doing(Dialog[bool]):
    """A dialog that does something and closes with True when it worked; subclasses yield a line `#message`."""

    doing = False

    def do(self, verb: str, perform: Callable[[], Awaitable[Sequence[DevError]]]) -> None:
        """Do it, once at a time; the errors it answers with are said, and the dialog stays open."""
        if not self.doing:
            self.doing = True
            self._do(verb, perform)

    @work(group="doing")
    async def _do(self, verb: str, perform: Callable[[], Awaitable[Sequence[DevError]]]) -> None:
        self.say(f"{verb} …", "muted")
        try:
            errors = await perform()
        finally:
            self.doing = False
        if errors:
            meaning = meaning_of(errors)
            self.say("\n".join([*error_lines(errors), *([meaning] if meaning else [])]), "bad")
        else:
            self.dismiss(True)

    def say(self, text: str, tone: str = "") -> None:
        """Show a text in the line for messages."""
        self.query_one("#message", Static).update(toned((text, tone)) if tone else text)
