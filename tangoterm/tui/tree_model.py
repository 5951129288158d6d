"""The devices as a tree: groupings as data, and the rows that are visible for what is expanded and filtered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tangoterm.console.matching import distance, matches
from tangoterm.tui.port import DeviceEntry

Path = tuple[str, ...]

FEW = 40
"""A system of so few devices is shown expanded from the start."""


class Grouping(NamedTuple):
    """One way to arrange devices: its title, and the path of a device in it (empty: not shown)."""

    title: str
    path: Callable[[DeviceEntry], Path]


GROUPINGS: tuple[Grouping, ...] = (
    Grouping("by name", lambda entry: tuple(entry.name.split("/"))),
    Grouping("by server", lambda entry: (*entry.server.split("/", 1), entry.name)),
    Grouping("by class", lambda entry: (entry.dev_class, entry.name)),
    Grouping("by alias", lambda entry: (entry.alias,) if entry.alias else ()),
)


class TreeRow(NamedTuple):
    """One visible line: a group (without `entry`) or a device."""

    path: Path
    label: str
    depth: int
    entry: DeviceEntry | None = None
    expanded: bool = False
    size: int = 0


@dataclass(slots=True)
class Node:
    """A group: its children in order of name, and how many devices are below."""

    label: str
    path: Path
    children: dict[str, Node] = field(default_factory=dict)
    leaves: list[tuple[str, DeviceEntry]] = field(default_factory=list)
    size: int = 0


class TreeModel:
    """Devices under a grouping and a filter."""

    def __init__(self) -> None:
        self.grouping = GROUPINGS[0]
        self.filter = ""
        self.entries: Sequence[DeviceEntry] = ()
        self.expanded: set[Path] = set()
        self.found: Sequence[DeviceEntry] = ()
        self._root = Node("", ())

    def set_entries(self, entries: Iterable[DeviceEntry]) -> None:
        """Take the devices of the system; admin devices come last."""
        first = not self.entries
        self.entries = sorted(entries, key=lambda entry: (entry.name.startswith("dserver/"), entry.name.lower()))
        self._build()
        if first and len(self.entries) <= FEW:
            self.expand_all(but="dserver")

    def next_grouping(self) -> Grouping:
        """Arrange the devices in the next way."""
        self.grouping = GROUPINGS[(GROUPINGS.index(self.grouping) + 1) % len(GROUPINGS)]
        self.expanded.clear()
        self._build()
        if len(self.entries) <= FEW:
            self.expand_all(but="DServer")
        return self.grouping

    def set_filter(self, text: str) -> None:
        """Show only devices in whose name, alias, class or server all words of `text` occur; `!word` must not."""
        self.filter = text.strip().lower()
        self._build()

    def best(self) -> DeviceEntry | None:
        """The device that the filter means most likely; None when it finds nothing."""
        shown = [entry for entry in self.found if self.grouping.path(entry)]
        return min(shown, key=lambda entry: _distance(entry, self.filter), default=None)

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
        self._add_rows(self._root, 0, rows)
        return rows

    def _add_rows(self, node: Node, depth: int, rows: list[TreeRow]) -> None:
        for child in node.children.values():
            expanded = bool(self.filter) or _folded(child.path) in self.expanded
            rows.append(TreeRow(child.path, child.label, depth, None, expanded, child.size))
            if expanded:
                self._add_rows(child, depth + 1, rows)
        rows.extend(TreeRow((*node.path, label), label, depth, entry) for label, entry in node.leaves)

    def _build(self) -> None:
        chosen = [entry for entry in self.entries if not self.filter or matches(searched(entry), self.filter)]
        self.found = chosen
        self._root = Node("", ())
        for entry in chosen:
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
        node.leaves.append((path[-1], entry))


def searched(entry: DeviceEntry) -> str:
    """The text of a device that filters look at."""
    return f"{entry.name} {entry.alias} {entry.dev_class} {entry.server}"


def _distance(entry: DeviceEntry, words: str) -> tuple[int, bool]:
    """How far a device is from what a filter asks for; of equals one that runs is the nearest."""
    return distance((entry.name, entry.alias, *entry.name.split("/")), words), not entry.exported


def _folded(path: Path) -> Path:
    return tuple(part.lower() for part in path)
