"""Where one is on the screen, and the way back."""

from __future__ import annotations

from typing import NamedTuple

KEPT = 100


class Place(NamedTuple):
    """A page with what it is about, or a `tab` of a device: `page` is the view then, `subject` the device."""

    page: str
    subject: str = ""
    tab: bool = False


class Trail:
    """The places one has been at, like the history of a web browser."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._at = -1

    @property
    def here(self) -> Place | None:
        """Where one is; None before the first place."""
        return self._places[self._at] if self._places else None

    def visited(self) -> list[Place]:
        """All places of the trail, each once, the last one was at first."""
        return list(dict.fromkeys(reversed(self._places)))

    def go(self, place: Place) -> None:
        """Be at a place; what one had gone back from is forgotten."""
        if place != self.here:
            del self._places[self._at + 1 :]
            self._places = [*self._places, place][-KEPT:]
            self._at = len(self._places) - 1

    def step(self, by: int) -> Place | None:
        """Go back (-1) or forward (1); None at the end of the trail."""
        if not 0 <= self._at + by < len(self._places):
            return None
        self._at += by
        return self._places[self._at]
