"""Filters as people type them: words that must occur, `!word` that must not; and which match is meant most likely."""

from __future__ import annotations

from collections.abc import Iterable


def matches(text: str, words: str) -> bool:
    """Whether `text` passes the filter `words`, in any case."""
    text = text.lower()
    return all(
        (word[1:] not in text) if _forbids(word) else word in text for word in words.lower().split() if word != "!"
    )


def distance(names: Iterable[str], words: str) -> int:
    """How far something with these names is from what `words` ask for; the least is meant most likely.

    A name that is the word comes before one that begins with it, that before one that holds it.
    """
    lower = [name.lower() for name in names if name]
    wanted = [word for word in words.lower().split() if not _forbids(word)]
    return sum(min((_distance(name, word) for name in lower), default=3) for word in wanted)


def _distance(name: str, word: str) -> int:
    if name == word:
        return 0
    return 1 if name.startswith(word) else 2 if word in name else 3


def _forbids(word: str) -> bool:
    return word.startswith("!") and len(word) > 1
