"""What a read-only session cannot do is greyed out, wherever it is bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.widget import Widget

from tangoterm.tui.actions import CHANGING

if TYPE_CHECKING:
    from tangoterm.tui.app import TangoTerm


class Guarded(Widget):
    """Something with actions of the table; `BINDING_GROUP_TITLE` says which."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What changes the control system is greyed out where nothing may be changed."""
        if (self.BINDING_GROUP_TITLE or "", action) in CHANGING:
            changes = cast("TangoTerm", self.app).store.port.session.changes
            return None if changes.read_only else True
        return super().check_action(action, parameters)
