"""The tabs of a device on one line, each with its number key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from textual import events
from textual.content import Content
from textual.geometry import Offset
from textual.message import Message
from textual.widget import Widget

from tangoterm.tui.text import toned

_SHORT = {
    "overview": "View",
    "attributes": "Attr",
    "commands": "Cmd",
    "polling": "Poll",
    "blackbox": "BBox",
    "properties": "Prop",
    "events": "Evt",
    "pipes": "Pipe",
}
"""Names for a line that is too short for all of them."""

_BRIEF = {
    "overview": "Dev",
    "attributes": "Att",
    "commands": "Cmd",
    "polling": "Pol",
    "blackbox": "Box",
    "properties": "Prp",
    "events": "Evt",
    "logs": "Log",
    "pipes": "Pip",
}
"""Names for a line that is too short for those too."""


LAST = 9
"""The key of the last tab, which not every device has."""


class TabBar(Widget):
    """Names side by side; the active one stands out. A click chooses."""

    DEFAULT_CSS = "TabBar { height: 1; background: $panel; color: $foreground; }"

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, names: Sequence[str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._all = self.names = tuple(names)
        self.active = self.names[0]
        self.notes: dict[str, str] = {}

    def set_active(self, name: str) -> None:
        """Make a tab the active one."""
        self.active = name
        self.refresh()

    def hide(self, name: str, hidden: bool) -> None:
        """Leave a name out, or show it again."""
        kept = {*self.names} - {name} if hidden else {*self.names, name}
        names = tuple(each for each in self._all if each in kept)
        if names != self.names:
            self.names = names
            self.refresh()

    def set_note(self, name: str, note: str) -> None:
        """Put a short note (a number) beside a name."""
        if self.notes.get(name, "") != note:
            self.notes[name] = note
            self.refresh()

    def render(self) -> Content:
        """The line."""
        parts: list[str | tuple[str, str]] = []
        for place, name in enumerate(self.names):
            parts += self._tab(place, name)
        return toned(*parts)

    def _tab(self, place: int, name: str) -> list[str | tuple[str, str]]:
        title, note = self._titles()[place]
        number = LAST if name == self._all[-1] else self._all.index(name) + 1
        if name == self.active:
            return [(f" {number}", "accent bold"), " ", (title, "strong bold underline"), (note, "muted")]
        return [(f" {number}", "accent"), f" {title}", (note, "muted")]

    def _titles(self) -> list[tuple[str, str]]:
        """Each name with its note, as long as the line has room for: with notes, whole, short but for the active one,
        short, or of three letters."""
        whole = [(name.capitalize(), "") for name in self.names]
        noted = [(name.capitalize(), f" {self.notes[name]}  " if self.notes.get(name) else " ") for name in self.names]
        short = [(name.capitalize() if name == self.active else _SHORT.get(name, name.capitalize()), "")
                 for name in self.names]  # fmt: skip
        terse = [(_SHORT.get(name, name.capitalize()), "") for name in self.names]
        brief = [(_BRIEF[name], "") for name in self.names]
        for titles in (noted, whole, short, terse):
            if sum(len(title) + len(note) + 3 for title, note in titles) <= self.size.width:
                return titles
        return brief

    def jump_targets(self) -> Iterator[tuple[Offset, Callable[[], object]]]:
        """The tabs."""
        x = 0
        for place, name in enumerate(self.names):
            yield self.region.offset + Offset(x, 0), partial(self.post_message, self.Chosen(name))
            x += toned(*self._tab(place, name)).cell_length

    def on_click(self, event: events.Click) -> None:
        """Choose the tab at the place of the click."""
        x = 0
        for place, name in enumerate(self.names):
            x += toned(*self._tab(place, name)).cell_length
            if event.x < x:
                self.post_message(self.Chosen(name))
                return
