"""The fields in which one searches."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input


class SearchField(Input):
    """An input from which the field above the tree can be reached."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+f", "screen.find", "Find", show=False)]

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Printable characters are typed; the footer asks for the slash by its name alone."""
        return key == "slash" or super().check_consume_key(key, character)
