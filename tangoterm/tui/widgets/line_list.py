"""A list of any length with a cursor, drawn line by line: it costs nothing per row but the data.

`Grid` and `DeviceTree` are such lists. Rows are drawn as plain segments, so no text in them can act as markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tangoterm.tui.widgets.toned import Toned


class LineList(Toned, ScrollView, can_focus=True):
    """Base of lists: scrolling, cursor, keyboard and mouse. Subclasses give `count` and `draw_row`."""

    DEFAULT_CSS = """
    LineList {
        background: $surface;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        .line-list--header { color: $tone-muted; text-style: bold; background: $panel; }
        .line-list--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
        .line-list--cursor-blurred { background: $panel; }
        .line-list--empty { color: $tone-muted; }
    }
    LineList:ansi .line-list--cursor { text-style: reverse; }
    LineList:ansi .line-list--cursor-blurred { text-style: underline; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line-list--header",
        "line-list--cursor",
        "line-list--cursor-blurred",
        "line-list--empty",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("home,g", "first", "First", show=False),
        Binding("end,G", "last", "Last", show=False),
    ]

    cursor: reactive[int] = reactive(0, init=False)
    header_height: ClassVar[int] = 0

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, sender: LineList) -> None:
            super().__init__()
            self.sender = sender

        @property
        def control(self) -> LineList:
            """The list."""
            return self.sender

    class Chosen(Moved):
        """Enter, or a click on the row under the cursor."""

    def __init__(self, *, empty: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self.empty = empty
        self._styles: dict[str, Style] = {}

    # ---- for subclasses

    def count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def draw_row(self, index: int, width: int) -> list[tuple[str, str]]:
        """Row `index` as (text, tone) pairs; an empty tone is the normal one."""
        raise NotImplementedError

    def draw_header(self, width: int) -> str:
        """The line above the rows, when `header_height` is 1."""
        return ""

    def without_rows(self) -> str:
        """What is said where there are no rows."""
        return self.empty

    def rows_changed(self) -> None:
        """Take a new number of rows into account, and repaint."""
        size = Size(self.size.width, self.count() + self.header_height)
        if size != self.virtual_size:
            self.virtual_size = size
        last = max(0, self.count() - 1)
        if self.cursor > last:
            self.cursor = last
        self.refresh()

    # ---- drawing

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width = self.size.width
        base = self.rich_style
        if y < self.header_height:
            style = base + self.tone("line-list--header")
            return Strip([Segment(self.draw_header(width), style)]).adjust_cell_length(width, style)
        index = y - self.header_height + self.scroll_offset.y
        count = self.count()
        if index >= count:
            text = f"  {self.without_rows()}" if count == 0 and y == self.header_height + 1 else ""
            return Strip([Segment(text, base + self.tone("line-list--empty"))]).adjust_cell_length(width, base)
        cursor = None
        if index == self.cursor:
            cursor = self.tone("line-list--cursor" if self.has_focus else "line-list--cursor-blurred")
            base = base + cursor
        segments = [
            Segment(text, base + self.tone(tone) + Style(bgcolor=base.bgcolor) if tone else base)
            for text, tone in self.draw_row(index, width)
        ]
        return Strip(segments).adjust_cell_length(width, base)

    # ---- cursor

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(cursor, self.count() - 1))

    def watch_cursor(self) -> None:
        """Show the row, and tell."""
        self.show_cursor()
        self.refresh()
        self.post_message(self.Moved(self))

    def show_cursor(self) -> None:
        """Scroll so that the cursor's row can be seen."""
        visible = max(1, self.size.height - self.header_height)
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True)
        elif self.cursor >= top + visible:
            self.scroll_to(y=self.cursor - visible + 1, animate=False, force=True)

    def on_resize(self) -> None:
        """Lay out for the new width and keep the cursor in view."""
        self.rows_changed()
        self.show_cursor()

    def action_move(self, by: int) -> None:
        """Move the cursor by rows."""
        self.cursor += by

    def action_page(self, by: int) -> None:
        """Move the cursor by pages."""
        self.cursor += by * max(1, self.size.height - self.header_height - 1)

    def action_first(self) -> None:
        """Go to the first row."""
        self.cursor = 0

    def action_last(self) -> None:
        """Go to the last row."""
        self.cursor = self.count() - 1

    def action_choose(self) -> None:
        """Do what Enter does on the row."""
        if self.count():
            self.post_message(self.Chosen(self))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row; a second click chooses it."""
        row = event.y - self.header_height
        index = row + self.scroll_offset.y
        if row < 0 or index >= self.count():
            return
        if index == self.cursor and event.chain >= 2:
            self.action_choose()
        else:
            self.cursor = index
            self.clicked(index, event.x)

    def jump_targets(self) -> Iterator[tuple[Offset, Callable[[], object]]]:
        """The rows in sight, while the list has the focus."""
        if not self.has_focus:
            return
        top = self.scroll_offset.y
        visible = range(top, min(self.count(), top + self.size.height - self.header_height))
        for index in visible:
            row = self.region.offset + Offset(0, index - top + self.header_height)
            yield row, partial(setattr, self, "cursor", index)

    def clicked(self, index: int, x: int) -> None:
        """For subclasses: a row was clicked at column `x`."""
