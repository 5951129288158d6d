"""Sorted names that answer "what begins with, what contains" fast enough for every key press.

Names compare case-insensitively (NAME-3). Prefixes are found by bisection; only when nothing begins with the text are
all names looked through.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

LIMIT = 200
"""Answers beyond this are of no use to a person."""

_AFTER_SLASH = chr(ord("/") + 1)
_LAST = "\U0010ffff"


class NameStore:
    """An unchanging set of names; a refresh makes a new one and swaps it in."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = sorted(set(names), key=lambda name: (name.lower(), name))
        self._keys = [name.lower() for name in self._names]

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: str) -> bool:
        place = bisect_left(self._keys, name.lower())
        return place < len(self._keys) and self._keys[place] == name.lower()

    def all(self) -> Sequence[str]:
        """Every name in order."""
        return self._names

    def starting(self, prefix: str, limit: int = LIMIT) -> list[str]:
        """The first names that begin with `prefix`."""
        key = prefix.lower()
        begin = bisect_left(self._keys, key)
        end = bisect_left(self._keys, key + _LAST, lo=begin)
        return self._names[begin : min(end, begin + limit)]

    def next_level(self, prefix: str, limit: int = LIMIT) -> list[str]:
        """The names that begin with `prefix`, each cut behind the first `/` that follows it, once each."""
        key = prefix.lower()
        place = bisect_left(self._keys, key)
        found: list[str] = []
        while place < len(self._keys) and self._keys[place].startswith(key) and len(found) < limit:
            slash = self._keys[place].find("/", len(key))
            if slash < 0:
                found.append(self._names[place])
                place += 1
            else:
                found.append(self._names[place][: slash + 1])
                place = bisect_left(self._keys, self._keys[place][:slash] + _AFTER_SLASH, lo=place)
        return found

    def matching(self, text: str, limit: int = LIMIT) -> list[str]:
        """The names that suit `text`, best first: those that begin with it, else those with a part that begins with it,
        else those that contain it, else those that contain its letters in order."""
        found = self.starting(text, limit)
        if found or not text:
            return found
        key = text.lower()
        for suits in (_begins_a_part, _contains, _has_letters):
            found = [name for name, low in zip(self._names, self._keys, strict=True) if suits(low, key)][:limit]
            if found:
                break
        return found


def similar(word: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """The words among `known` that `word` may be a slip of the keyboard for, best first."""
    from difflib import get_close_matches

    by_key = {name.lower(): name for name in known}
    return [by_key[key] for key in get_close_matches(word.lower(), by_key, limit, 0.7)]


def did_you_mean(word: str, known: Iterable[str], lead: str = "") -> str:
    """`did you mean a or b?` when something known resembles `word`, else nothing; `lead` is shown before each."""
    found = [lead + each for each in similar(word, known)]
    return f"did you mean {' or '.join(found)}?" if found else ""


def none_of(word: str, known: Sequence[str]) -> str:
    """What is wrong with a word that is none of those known, and a guess at what was meant."""
    guess = did_you_mean(word, known)
    return f"{word!r} is none of {', '.join(known)}" + (f"; {guess}" if guess else "")


def _begins_a_part(name: str, text: str) -> bool:
    return f"/{text}" in name or f"_{text}" in name or f"-{text}" in name


def _contains(name: str, text: str) -> bool:
    return text in name


def _has_letters(name: str, text: str) -> bool:
    letters = iter(name)
    return all(letter in letters for letter in text)
