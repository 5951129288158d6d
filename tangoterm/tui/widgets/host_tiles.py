"""The hosts of a control system as a row of tiles, each with how many of its servers run."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from tangoterm.console.servers.board import HostRow
from tangoterm.tui.text import plain
from tangoterm.tui.theme import Mark
from tangoterm.tui.widgets.toned import Toned

MOST_LINES = 3
NOWHERE = "no host yet"
ALL = "all hosts"


def mark_of(host: HostRow) -> Mark:
    """How a host is: all run, some run, none runs, something fails, nobody lets in."""
    if not host.reachable:
        return Mark("×", "bad")
    if host.failing:
        return Mark("✖", "bad")
    if host.running == host.total:
        return Mark("●", "good")
    return Mark("◐", "warn") if host.running else Mark("○", "muted")


class HostTiles(Toned):
    """The tiles; the first stands for all hosts. `chosen` is the name of a host, None for all."""

    DEFAULT_CSS = """
    HostTiles { height: 1; background: $panel; color: $foreground; }
    """

    class Chosen(Message):
        """A tile was clicked."""

        def __init__(self, host: str | None) -> None:
            super().__init__()
            self.host = host

    def __init__(self) -> None:
        super().__init__()
        self._styles = {}
        self.hosts: Sequence[HostRow] = ()
        self.chosen: str | None = None
        self._lines: list[list[tuple[HostRow | None, str]]] = [[]]

    def show(self, hosts: Sequence[HostRow]) -> None:
        """Take over what is known of the hosts."""
        self.hosts = hosts
        if hosts and self.chosen is not None and all(host.name != self.chosen for host in hosts):
            self.chosen = None
        self._lay_out()

    def choose(self, host: str | None) -> None:
        """Mark another tile as chosen."""
        self.chosen = host
        self._lay_out()

    def beside(self, by: int) -> str | None:
        """The host whose tile is so many beside the chosen one."""
        names: list[str | None] = [None, *(host.name for host in self.hosts)]
        return names[(names.index(self.chosen) + by) % len(names)]

    def on_resize(self) -> None:
        """Lay the tiles out for the new width."""
        self._lay_out()

    def _lay_out(self) -> None:
        lines: list[list[tuple[HostRow | None, str]]] = [[]]
        room = self.size.width
        for host in (None, *self.hosts):
            text = self._text(host)
            width = cell_len(text) + 1
            if width > room and lines[-1]:
                lines.append([])
                room = self.size.width
            lines[-1].append((host, text))
            room -= width
        self._lines = lines
        self.styles.height = min(MOST_LINES, len(lines))
        self.refresh()

    def _text(self, host: HostRow | None) -> str:
        if host is None:
            running, total = sum(each.running for each in self.hosts), sum(each.total for each in self.hosts)
            return f" {ALL} {running} of {total} run "
        starter = " Starter" if host.starter else ""
        away = "" if host.reachable else " unreachable"
        return f" {mark_of(host).glyph} {plain(host.name) or NOWHERE} {host.running}/{host.total}{starter}{away} "

    def _first_line(self) -> int:
        """The first line in sight: the chosen tile is to be seen."""
        line = next(
            (
                number
                for number, tiles in enumerate(self._lines)
                if any((host.name if host else None) == self.chosen for host, _ in tiles)
            ),
            0,
        )
        return max(0, min(line, len(self._lines) - MOST_LINES))

    def render_line(self, y: int) -> Strip:
        """One line of tiles."""
        base = self.rich_style
        number = y + self._first_line()
        tiles = self._lines[number] if number < len(self._lines) else []
        segments = []
        for host, text in tiles:
            style = base + self.tone("strong" if host is None else mark_of(host).tone) + Style(bgcolor=base.bgcolor)
            if (host.name if host is not None else None) == self.chosen:
                style += Style(reverse=True, bold=True)
            segments += [Segment(text, style), Segment(" ", base)]
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def on_click(self, event: events.Click) -> None:
        """Choose the tile that was clicked."""
        number, place = event.y + self._first_line(), 0
        for host, text in self._lines[number] if number < len(self._lines) else []:
            place += cell_len(text) + 1
            if event.x < place:
                self.post_message(self.Chosen(host.name if host is not None else None))
                return
