"""The left side: the field in which one finds devices, the tree, and the line that says what the tree shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from tangoterm.console.finding import Hit, Kind
from tangoterm.tui.port import DeviceEntry
from tangoterm.tui.store import SystemStore
from tangoterm.tui.text import plain, toned
from tangoterm.tui.theme import Mark
from tangoterm.tui.tree_model import Path
from tangoterm.tui.widgets.device_tree import DeviceTree
from tangoterm.tui.widgets.finder import Finder
from tangoterm.tui.widgets.line_list import LineList

BROWSE_DELAY = 0.2
"""The cursor rests so long on a device before it is opened."""
_DEVICES = (Kind.DEVICE, Kind.ALIAS)
_NEAR = (*_DEVICES, Kind.ATTRIBUTE, Kind.COMMAND)


class Side(Vertical):
    """Finding and browsing; what is chosen is told by `Opened` and `Found`."""

    class Opened(Message):
        """A device to open; with `enter` to go into it."""

        def __init__(self, device: str, *, enter: bool) -> None:
            super().__init__()
            self.device = device
            self.enter = enter

    class Found(Message):
        """A member of a device that was found by what was typed."""

        def __init__(self, hit: Hit) -> None:
            super().__init__()
            self.hit = hit

    class Followed(Message):
        """A bookmark was chosen."""

        def __init__(self, target: str) -> None:
            super().__init__()
            self.target = target

    def __init__(self, store: SystemStore, mark_of: Callable[[DeviceEntry], Mark], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.store = store
        self.devices = DeviceTree(mark_of, id="tree")
        self.finder = Finder(placeholder="/ find", id="finder", compact=True)
        self.focused_before: Widget | None = None
        self._note = Static(id="side-note")
        self._browsing: Timer | None = None
        self._found_from: Path | None = None
        self._near: Sequence[Hit] = ()

    def compose(self) -> ComposeResult:
        """Field, tree, note."""
        yield self.finder
        yield self.devices
        yield self._note

    # ---- from the store

    def catalogue_changed(self) -> None:
        """Show the devices that there are now."""
        first = not self.devices.model.entries
        self.devices.model.set_entries(self.store.devices.values())
        self._take_bookmarks()
        if self.finder.has_focus and first:
            self._filter(self.finder.value)
        self.devices.rebuild()
        self._tell()

    def lists_changed(self) -> None:
        """Show the bookmarks that there are now."""
        self._take_bookmarks()
        self.devices.rebuild()

    def _take_bookmarks(self) -> None:
        bookmarks = self.store.finding.lists.bookmarks
        self.devices.model.set_bookmarks([(target, self.store.entry_of(target)) for target in bookmarks])

    def _tell(self) -> None:
        model = self.devices.model
        text = f" {model.grouping.title}"
        if model.filter:
            text = f" {len(model.found)} of {len(model.entries)} found"
            hit = self._near_hit()
            text += f"  ⏎ {plain(hit.member)}" if hit is not None and hit.member else ""
        self._note.update(toned((text, "muted")), layout=False)

    # ---- the tree

    def hold(self) -> None:
        """Open nothing for the cursor's sake any more."""
        if self._browsing is not None:
            self._browsing.stop()

    @on(LineList.Moved, "#tree")
    def _browse(self) -> None:
        """Open the device on which the cursor rests."""
        self.hold()
        self._tell()
        row = self.devices.current
        if row is not None and row.entry is not None and not self.finder.has_focus:
            name = row.entry.name
            self._browsing = self.set_timer(BROWSE_DELAY, lambda: self.post_message(self.Opened(name, enter=False)))

    @on(LineList.Chosen, "#tree")
    def _enter(self) -> None:
        row = self.devices.current
        if row is None:
            return
        if row.target:
            self.post_message(self.Followed(row.target))
        elif row.entry is not None:
            self.post_message(self.Opened(row.entry.name, enter=True))

    # ---- finding

    @on(Finder.Begun)
    def _begin(self) -> None:
        """Note where one is, with all devices in sight."""
        self.devices.show_all()
        row = self.devices.current
        self._found_from = row.path if row is not None else None
        self._tell()

    @on(Input.Changed, "#finder")
    def _typed(self, event: Input.Changed) -> None:
        if self.finder.has_focus:
            self._filter(event.value)
            self._tell()

    def _filter(self, words: str) -> None:
        find = self.store.finding.find
        self._near = ()

        def near() -> Sequence[DeviceEntry]:
            self._near = find(words, _NEAR)
            found = {hit.device: self.store.entry(hit.device) for hit in self._near if hit.device}
            return [entry for entry in found.values() if entry is not None]

        self.devices.filter_by(words, near, lambda: [hit.device for hit in self._near or find(words, _DEVICES)])

    @on(Finder.Moved)
    def _mark_another(self, event: Finder.Moved) -> None:
        self.devices.move_among_devices(event.by)

    @on(Input.Submitted, "#finder")
    def _open_found(self) -> None:
        row = self.devices.current
        if not self.devices.model.filter:
            self._give_up()
        elif row is None or row.entry is None:
            self.app.bell()
        else:
            hit = self._near_hit()
            self.post_message(self.Found(hit) if hit is not None else self.Opened(row.entry.name, enter=True))

    def _near_hit(self) -> Hit | None:
        """What was found by letters in the device under the cursor."""
        row = self.devices.current
        if row is None or row.entry is None:
            return None
        return next((hit for hit in self._near if hit.device == row.entry.name), None)

    @on(Finder.Kept)
    def _search_on(self) -> None:
        self.devices.focus()

    @on(Finder.Left)
    def _give_up(self) -> None:
        """Back to where one was."""
        self.end_search(self._found_from)
        before = self.focused_before
        (before if before is not None and before.focusable and before.is_attached else self.devices).focus()

    def end_search(self, path: Path | None = None) -> None:
        """Show everything again; the cursor goes to `path`, else it stays on its row."""
        self._near = ()
        self.devices.show_all(path)
        self.finder.value = ""
        self._tell()
