"""Device text as data: nothing that comes from the control system may act as markup or as terminal control."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from tangoterm.console.format import printable


def plain(text: object) -> str:
    """`text` on one line, control characters as visible escapes."""
    return printable(str(text))


def fit(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells: cut with an ellipsis, or padded."""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    padding = " " * (width - length)
    return padding + text if right else text + padding


def fit_end(text: str, width: int) -> str:
    """`text` in at most `width` cells: of a longer name the end, which tells more than the beginning."""
    while width > 1 and cell_len(text) > width:
        text = "…" + text[2:]
    return text


def toned(*parts: str | tuple[str, str]) -> Content:
    """Content of plain strings and `(string, tone)` pairs; a tone may be followed by a text style such as `bold`."""
    return Content.assemble(*(part if isinstance(part, str) else (part[0], _style(part[1])) for part in parts))


def _style(tone: str) -> str:
    name, _, extra = tone.partition(" ")
    return f"{extra} $tone-{name}".strip() if name else extra


def facts_text(rows: Sequence[tuple[str, str]]) -> Content:
    """Names and values below one another."""
    width = max((len(name) for name, _ in rows), default=0)
    return Content("\n").join(toned((f"{name:<{width}}  ", "muted"), plain(value)) for name, value in rows)
