"""What properties were before: their versions, how they differ, and which one somebody means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from server_core.database.store import HistoryEntry
from tangoterm.console.commands.table import UsageError


class Version(NamedTuple):
    """One version of a property: the change that brought it, how many came after it (`back`: 0 is the latest), and how
    its elements differ from those of the version before."""

    entry: HistoryEntry
    back: int
    added: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def text(self) -> str:
        """The change in a few words."""
        if self.entry.deleted:
            return "deleted"
        signs = [f"-{value}" for value in self.removed] + [f"+{value}" for value in self.added]
        return ", ".join(signs) or "same elements"


def versions(entries: Iterable[HistoryEntry]) -> list[Version]:
    """Each change, oldest first, beside the one before it of the same property."""
    entries = list(entries)
    after = Counter(entry.name.lower() for entry in entries)
    before: dict[str, tuple[str, ...]] = {}
    found = []
    for entry in entries:
        key = entry.name.lower()
        after[key] -= 1
        old = before.get(key, ())
        found.append(Version(entry, after[key], more(entry.values, old), more(old, entry.values)))
        before[key] = entry.values
    return found


def version_of(found: Sequence[Version], word: str) -> Version:
    """The version that a word names: how many changes ago it was made, or the beginning of its date.

    Raises UsageError when there is none.
    """
    if word.isdecimal() and len(word) < 4:
        chosen = [each for each in found if each.back == int(word)]
    else:
        chosen = [each for each in found if each.entry.date.startswith(word)]
    if not chosen:
        raise UsageError(f"there is no version {word}; prop history shows them")
    return chosen[-1]


def more(elements: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """The elements that are not among the others, in their order."""
    left = Counter(others)
    found = []
    for element in elements:
        if left[element]:
            left[element] -= 1
        else:
            found.append(element)
    return tuple(found)


def side_by_side(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str]]:
    """The elements of two versions in the order of a reader: each with `-` (only in the old), `+` (only in the new) or
    a blank."""
    from difflib import SequenceMatcher

    lines: list[tuple[str, str]] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            lines += [(" ", element) for element in old[a:b]]
        else:
            lines += [("-", element) for element in old[a:b]]
            lines += [("+", element) for element in new[c:d]]
    return lines
