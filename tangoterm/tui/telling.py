"""Showing texts and errors at full length, copying, and doing what may fail: for panes and pages alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar, cast

from textual.content import Content
from textual.widget import Widget

from server_core.model.errors import DevError, DevFailed
from tangoterm.console.changes import Declined
from tangoterm.console.commands.table import UsageError
from tangoterm.console.exports import FORMS, export
from tangoterm.console.result import Failure, Refused, Result
from tangoterm.console.session import Session
from tangoterm.console.tokens import ArgumentError
from tangoterm.tui.modals.details import Details
from tangoterm.tui.modals.failure import FailureDialog
from tangoterm.tui.modals.form import text_form
from tangoterm.tui.observed import DECLINED
from tangoterm.tui.port import SystemPort
from tangoterm.tui.text import toned

if TYPE_CHECKING:
    from tangoterm.tui.app import TangoTerm

T = TypeVar("T")

_LONGEST = 50_000
"""Characters that are laid out for reading."""


class Telling(Widget):
    """What tells people something."""

    def tell(self, title: str, body: Content | str, *, failed: bool = False) -> None:
        """Show a text at full length."""
        content = body if isinstance(body, Content) else Content(body)
        copied, hidden = content.plain, len(content.plain) - _LONGEST
        if hidden > 0:
            content = content[:_LONGEST] + toned((f"\n… {hidden} characters more; y copies all", "warn"))
        self.app.push_screen(Details(title, content, copied=copied, failed=failed))

    def tell_errors(self, title: str, errors: Sequence[DevError], about: str = "") -> None:
        """Show an error with its explanation; nothing when the person has not wanted it.

        `about` is what failed: a device, `device/attribute` or `device/command`.
        """
        if errors and errors[0].reason == DECLINED:
            return
        port = cast("TangoTerm", self.app).store.port
        self.app.push_screen(FailureDialog(title, Failure(about, DevFailed(*errors)), port))

    def copy(self, text: str) -> None:
        """Put a text on the clipboard."""
        self.app.copy_to_clipboard(text)
        self.app.notify(f"Copied {text[:60]}", timeout=2, markup=False)

    def export(self, suggested: str, result: Result) -> None:
        """Ask for a file, and write a result into it."""

        async def perform(file: str) -> Sequence[DevError]:
            try:
                path = export(result, file)
            except UsageError as error:
                return DevFailed.of("Refused", str(error), "").errors
            self.app.notify(f"Written to {path}", markup=False)
            return ()

        facts = (("file", f"a new one, ending with {' or '.join(FORMS)}"),)
        self.app.push_screen(text_form("Export", "Write", perform, facts=facts, initial=suggested))


async def errors_of(port: SystemPort, do: Callable[[Session], object]) -> Sequence[DevError]:
    """Do something with the toolkit's session: the errors that came of it, none when it worked, and the reason DECLINED
    when the person did not want it."""
    try:
        await port.perform(do)
    except DevFailed as failure:
        return failure.errors
    except Refused as refusal:
        return refusal.failure.error.errors
    except (UsageError, ArgumentError) as error:
        return DevFailed.of("Refused", str(error), "").errors
    except Declined as refusal:
        return DevFailed.of(DECLINED, str(refusal), "").errors
    return ()
