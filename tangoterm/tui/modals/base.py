"""What all dialogs share: a framed box in the middle, Escape to leave."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

Result = TypeVar("Result")


class Dialog(ModalScreen[Result | None]):
    """A dialog whose result is None when it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Cancel")]

    def action_leave(self) -> None:
        """Close without a result."""
        self.dismiss(None)
