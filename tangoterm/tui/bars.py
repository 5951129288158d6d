"""Numbers as small bars in the cells of a list."""

from __future__ import annotations

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(part: float, width: int) -> str:
    """A bar of `part` (0 to 1) of `width` cells, filled up with blanks; more than all of it is all."""
    eighths = round(max(0.0, min(part, 1.0)) * width * 8)
    if part > 0 and not eighths:
        eighths = 1  # something is never nothing
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)
