"""The devices as a tree: groupings as data, and the rows that are visible for what is expanded and filtered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tangoterm.console.catalogue import UNKNOWN_HOST
from tangoterm.console.matching import distance, matcher
from tangoterm.tui.port import DeviceEntry

Path = tuple[str, ...]

FEW = 40
"""A system of so few devices is shown expanded from the start."""


BOOKMARKS: Path = ("★ Bookmarks",)
"""The group of the bookmarks, above all others."""
NOWHERE = "never run"
"""The group of devices whose host nobody knows."""


class Grouping(NamedTuple):
    """One way to arrange devices: its title, and the path of a device in it (empty: not shown).

    With `sums` a closed group tells the states of its devices.
    """

    title: str
    path: Callable[[DeviceEntry], Path]
    sums: bool = False


GROUPINGS: tuple[Grouping, ...] = (
    Grouping("by name", lambda entry: tuple(entry.name.split("/"))),
    Grouping("by server", lambda entry: (*entry.server.split("/", 1), entry.name), sums=True),
    Grouping("by class", lambda entry: (entry.dev_class, entry.name), sums=True),
    Grouping("by host", lambda entry: (_host(entry), entry.name), sums=True),
    Grouping("by alias", lambda entry: (entry.alias,) if entry.alias else ()),
)


class TreeRow(NamedTuple):
    """One visible line: a group, a device (`entry`), or a bookmark: `target` is what it leads to."""

    path: Path
    label: str
    depth: int
    entry: DeviceEntry | None = None
    expanded: bool = False
    size: int = 0
    target: str = ""

    @property
    def is_group(self) -> bool:
        """Whether the row can be opened and closed."""
        return self.entry is None and not self.target


@dataclass(slots=True)
class Node:
    """A group: its children in order of name, the rows of its devices, and how many devices are below."""

    label: str
    path: Path
    children: dict[str, Node] = field(default_factory=dict)
    leaves: list[tuple[TreeRow, DeviceEntry]] = field(default_factory=list)
    size: int = 0


class TreeModel:
    """Devices under a grouping and a filter.

    All devices are arranged once; a filter only chooses among the rows, so that each key typed into it costs little.
    """

    def __init__(self) -> None:
        self.grouping = GROUPINGS[0]
        self.filter = ""
        self.bookmarks: Sequence[tuple[str, DeviceEntry | None]] = ()
        self.entries: Sequence[DeviceEntry] = ()
        self.expanded: set[Path] = set()
        self.found: Mapping[str, DeviceEntry] = {}
        """The devices that pass the filter, by name."""
        self._texts: Sequence[str] = ()
        self._near: Sequence[DeviceEntry] = ()
        self._root = Node("", ())

    def set_entries(self, entries: Iterable[DeviceEntry]) -> None:
        """Take the devices of the system; admin devices come last."""
        first = not self.entries
        self.entries = sorted(entries, key=lambda entry: (entry.name.startswith("dserver/"), entry.name.lower()))
        self._texts = [searched(entry).lower() for entry in self.entries]
        self._arrange()
        self._choose()
        if first and len(self.entries) <= FEW:
            self.expand_all(but="dserver")

    def set_bookmarks(self, bookmarks: Sequence[tuple[str, DeviceEntry | None]]) -> None:
        """Take the bookmarks, each with its device where it has one."""
        if bookmarks and not self.bookmarks:
            self.expanded.add(_folded(BOOKMARKS))
        self.bookmarks = bookmarks

    def next_grouping(self) -> Grouping:
        """Arrange the devices in the next way."""
        return self.group_by(GROUPINGS[(GROUPINGS.index(self.grouping) + 1) % len(GROUPINGS)])

    def group_by(self, grouping: Grouping) -> Grouping:
        """Arrange the devices in a certain way."""
        self.grouping = grouping
        self.expanded &= {_folded(BOOKMARKS)}
        self._arrange()
        if len(self.entries) <= FEW:
            self.expand_all(but="DServer" if grouping.title == "by class" else "dserver")
        return self.grouping

    def set_filter(self, text: str, near: Sequence[DeviceEntry] = ()) -> None:
        """Show only devices that pass the filter with name, alias, class, server or host; when none does, those that
        are `near`, found in another way."""
        self.filter = text.strip().lower()
        self._near = near if self.filter else ()
        self._choose()

    def best(self, names: Iterable[str]) -> DeviceEntry | None:
        """Of the devices in sight that the filter has found, the first that `names` have; else any."""
        path = self.grouping.path
        for name in names:
            if (entry := self.found.get(name)) is not None and path(entry):
                return entry
        shown = (entry for entry in self.found.values() if path(entry))
        return min(shown, key=lambda entry: _distance(entry, self.filter), default=None)

    def within(self, path: Path) -> Iterator[DeviceEntry]:
        """The devices in a group."""
        node = self._root
        for label in path:
            if label.lower() not in node.children:
                return
            node = node.children[label.lower()]
        yield from _all_in(node)

    def expand_all(self, but: str = "") -> None:
        """Expand every group, except the top-level group `but`."""
        pending = [node for node in self._root.children.values() if node.label != but]
        while pending:
            node = pending.pop()
            self.expanded.add(_folded(node.path))
            pending.extend(node.children.values())

    def toggle(self, path: Path) -> None:
        """Expand or collapse a group."""
        self.expanded ^= {_folded(path)}

    def reveal(self, entry: DeviceEntry) -> None:
        """Expand the groups that a device is in."""
        path = self.grouping.path(entry)
        self.expanded |= {_folded(path[:depth]) for depth in range(1, len(path))}

    def rows(self) -> list[TreeRow]:
        """The visible lines from top to bottom."""
        rows: list[TreeRow] = []
        if self.bookmarks and not self.filter:
            expanded = _folded(BOOKMARKS) in self.expanded
            rows.append(TreeRow(BOOKMARKS, BOOKMARKS[0], 0, None, expanded, len(self.bookmarks)))
            if expanded:
                rows += [
                    TreeRow((*BOOKMARKS, target), target, 1, entry, target=target) for target, entry in self.bookmarks
                ]
        if self.filter:
            self._add_found(self._root, 0, rows)
        else:
            self._add_rows(self._root, 0, rows)
        return rows

    def _add_rows(self, node: Node, depth: int, rows: list[TreeRow]) -> None:
        for child in node.children.values():
            expanded = _folded(child.path) in self.expanded
            rows.append(TreeRow(child.path, child.label, depth, None, expanded, child.size))
            if expanded:
                self._add_rows(child, depth + 1, rows)
        rows.extend([row for row, _ in node.leaves])

    def _add_found(self, node: Node, depth: int, rows: list[TreeRow]) -> None:
        """The devices that were found, below their groups; all of these are open."""
        for child in node.children.values():
            rows.append(TreeRow(child.path, child.label, depth, None, True, child.size))
            before = len(rows)
            self._add_found(child, depth + 1, rows)
            if len(rows) == before:
                rows.pop()
        found = self.found
        rows.extend([row for row, entry in node.leaves if entry.name in found])

    def _choose(self) -> None:
        chosen = self.entries
        if self.filter:
            passes = matcher(self.filter)
            chosen = [
                entry for entry, text in zip(self.entries, self._texts, strict=True) if passes(text)
            ] or self._near
        self.found = {entry.name: entry for entry in chosen}

    def _arrange(self) -> None:
        self._root = Node("", ())
        for entry in self.entries:
            path = self.grouping.path(entry)
            if path:
                self._insert(path, entry)

    def _insert(self, path: Path, entry: DeviceEntry) -> None:
        node = self._root
        for label in path[:-1]:
            key = label.lower()
            if key not in node.children:
                node.children[key] = Node(label, (*node.path, label))
            node = node.children[key]
            node.size += 1
        row = TreeRow((*node.path, path[-1]), path[-1], len(path) - 1, entry)
        node.leaves.append((row, entry))


def searched(entry: DeviceEntry) -> str:
    """The text of a device that filters look at."""
    return f"{entry.name} {entry.alias} {entry.dev_class} {entry.server} {entry.host}"


def _distance(entry: DeviceEntry, words: str) -> tuple[int, bool]:
    """How far a device is from what a filter asks for; of equals one that runs is the nearest."""
    return distance((entry.name, entry.alias, *entry.name.split("/")), words), not entry.exported


def _all_in(node: Node) -> Iterator[DeviceEntry]:
    for child in node.children.values():
        yield from _all_in(child)
    yield from (entry for _, entry in node.leaves)


def _host(entry: DeviceEntry) -> str:
    return NOWHERE if entry.host in ("", UNKNOWN_HOST) else entry.host


def _folded(path: Path) -> Path:
    return tuple(part.lower() for part in path)
