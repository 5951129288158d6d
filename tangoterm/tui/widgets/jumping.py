"""What a widget offers to go to, besides itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

from textual.geometry import Offset


@runtime_checkable
class CanJump(Protocol):
    """A widget with places of its own: rows, tabs."""

    def jump_targets(self) -> Iterator[tuple[Offset, Callable[[], object]]]:
        """Each place on the screen with what going there does."""
        ...
