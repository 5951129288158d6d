"""Filters as people type them, the same in every list: words that must occur, `!word` that must not, `~word` whose
letters must occur in this order; and which match is meant most likely."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

FILTER_HELP = "words that must occur, !word that must not, ~word letters in order"


def matches(text: str, words: str) -> bool:
    """Whether `text` passes the filter `words`, in any case."""
    return matcher(words)(text)


@lru_cache(maxsize=64)
def matcher(words: str) -> Callable[[str], bool]:
    """What says of a text whether it passes the filter `words`."""
    tests = [_test(word) for word in words.lower().split() if word not in ("!", "~", "!~")]

    def passes(text: str) -> bool:
        text = text.lower()
        return all(test(text) for test in tests)

    return passes


def _test(word: str) -> Callable[[str], bool]:
    if word.startswith("!"):
        inner = _test(word[1:])
        return lambda text: not inner(text)
    if word.startswith("~"):
        search = in_order(word[1:]).search
        return lambda text: search(text) is not None
    return lambda text: word in text


@lru_cache(maxsize=256)
def in_order(letters: str) -> re.Pattern[str]:
    """Finds the letters in their order, whatever stands between them."""
    escaped = [re.escape(letter) for letter in letters]
    return re.compile("".join(escaped[:1] + [f"[^{letter}]*{letter}" for letter in escaped[1:]]))


def distance(names: Iterable[str], words: str) -> int:
    """How far something with these names is from what `words` ask for; the least is meant most likely.

    A name that is the word comes before one that begins with it, that before one that holds it.
    """
    lower = [name.lower() for name in names if name]
    return sum(min((_distance(name, word) for name in lower), default=3) for word in wanted(words))


@lru_cache(maxsize=64)
def wanted(words: str) -> Sequence[str]:
    """The words of a filter that must occur, in lower case."""
    found = (word.removeprefix("~") for word in words.lower().split() if not word.startswith("!"))
    return tuple(word for word in found if word)


def _distance(name: str, word: str) -> int:
    if name == word:
        return 0
    return 1 if name.startswith(word) else 2 if word in name else 3
