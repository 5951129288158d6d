"""What a message is written to: large arrays are sent from where they are, not copied into it.

The pages of new memory are what costs most about a copy (8 MB: 1 ms in memory that was used before, 10 ms and more in
new one).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from server_core.protocol.exchange import Piece, Pieces

LARGE: Final = 32768
"""Arrays of so many bytes are not copied."""


class Message(bytearray):
    """A message from its start on, but for the large arrays in it."""

    apart = 0
    """How many bytes its large arrays have."""
    arrays: Sequence[tuple[int, memoryview]] = ()
    """The arrays that are not in it, each with the place before which it belongs. Their lengths are multiples of eight,
    so that alignment can be counted without them."""

    def put(self, array: memoryview) -> None:
        """Append a large array, which must keep its values until the message is sent."""
        octets = array.cast("B")
        whole = len(octets) & -8
        self.apart += whole
        self.arrays = [*self.arrays, (len(self), octets[:whole])]
        self += octets[whole:]

    def cut(self, start: int) -> None:
        """Take back what was appended at `start` and behind, where no array stands before it."""
        del self[start:]
        self.apart, self.arrays = 0, ()

    def pieces(self) -> Pieces:
        """All of it, in order."""
        whole = memoryview(self)
        if not self.arrays:
            return [whole]
        pieces: list[Piece] = []
        done = 0
        for place, array in self.arrays:
            pieces += (whole[done:place], array)
            done = place
        return [*pieces, whole[done:]] if done < len(whole) else pieces


class Chain:
    """Arrays of numbers that make one sequence."""

    __slots__ = ("parts",)

    def __init__(self, *parts: memoryview) -> None:
        self.parts = parts

    def __len__(self) -> int:
        return sum([len(part) for part in self.parts])
