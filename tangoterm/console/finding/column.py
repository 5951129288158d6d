"""One sort of names, and how well each suits a word: looked through in full for every word, so every step is cheap."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from tangoterm.console.matching import in_order

WHOLE, BEGINS, WHOLE_PART, PART_BEGINS, WORD_BEGINS, INSIDE, BESIDE, LETTERS, SLIP = (
    100.0, 80.0, 75.0, 68.0, 55.0, 35.0, 22.0, 34.0, 10.0
)  # fmt: skip
"""What a match is worth: the whole name, its beginning, a whole part between slashes, the beginning of one, of a word
in it, somewhere in it, in what is said beside it; letters in order at best; and after a slip of the keyboard."""

ENOUGH = 200
"""With so many plain matches letters in order are not looked for: they would stand behind all of these."""
SHORTEST_SLIP = 4
_MOST_GUESSED = 3000
_LEAST_QUALITY = 0.45
_PART_ENDS = "/_-.: "
_KEPT = 24


class Column:
    """Names of things; `beside` is what else is said of each (class, server), in which plain words are found too."""

    def __init__(self, names: Sequence[str], beside: Sequence[str] = ()) -> None:
        self.names = names
        self.keys = [name.lower() for name in names]
        self.beside = [text.lower() for text in beside]
        self._letters: list[int] = []
        self._known: dict[str, dict[int, float]] = {}

    def __len__(self) -> int:
        return len(self.names)

    def scores(self, word: str, used: Iterable[int] = ()) -> dict[int, float]:
        """How well each name that suits a lower-case word does, by its number.

        Letters in order count when few names hold the word itself, and for the `used` ones always.
        """
        found = self._known.get(word)
        if found is None:
            found = self._plain(word)
            if len(word) > 1:
                self._add_letters(word, found, used)
            self._keep(word, found)
        return found

    def slips(self, word: str) -> dict[int, float]:
        """The names that hold the word but for one letter: missing, too much, another one, or two exchanged."""
        if len(word) < SHORTEST_SLIP:
            return {}
        # whatever the slip is, it leaves the first or the last letters as they are
        first, last = word[: len(word) // 2 - 1], word[len(word) // 2 + 1 :]
        guessed = [number for number, key in enumerate(self.keys) if first in key or last in key][:_MOST_GUESSED]
        search = _with_slip(word).search
        return {
            number: SLIP - _excess(self.keys[number], word)
            for number in guessed
            if search(self.keys[number]) is not None
        }

    def _keep(self, word: str, found: dict[int, float]) -> None:
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[word] = found

    def _plain(self, word: str) -> dict[int, float]:
        part, whole = "/" + word, f"/{word}/"
        low, dash, dot = "_" + word, "-" + word, "." + word
        keys, length = self.keys, len(word)
        found: dict[int, float] = {}
        for number in [number for number, key in enumerate(keys) if word in key]:
            key = keys[number]
            if key.startswith(word):
                worth = WHOLE if len(key) == length else WHOLE_PART if key[length] == "/" else BEGINS
            elif part in key:
                worth = WHOLE_PART if key.endswith(part) or whole in key else PART_BEGINS
            else:
                worth = WORD_BEGINS if low in key or dash in key or dot in key else INSIDE
            excess = len(key) - length
            found[number] = worth - (excess * 0.1 if excess < 60 else 6.0)
        for number in [number for number, text in enumerate(self.beside) if word in text]:
            if number not in found:
                found[number] = BESIDE
        return found

    def _add_letters(self, word: str, found: dict[int, float], used: Iterable[int]) -> None:
        search = in_order(word).search
        numbers: Iterable[int] = used
        if len(found) < ENOUGH:
            if not self._letters:
                self._letters = [_letters(key) for key in self.keys]
            wanted = _letters(word)
            numbers = [number for number, letters in enumerate(self._letters) if letters & wanted == wanted]
        for number in numbers:
            if found.get(number, 0.0) <= BESIDE and search(self.keys[number]) is not None:
                worth = _quality(self.names[number], self.keys[number], word) * LETTERS
                if worth >= _LEAST_QUALITY * LETTERS:
                    found[number] = max(worth - _excess(self.keys[number], word), found.get(number, 0.0))


def _letters(text: str) -> int:
    """The letters of a text as bits of a number."""
    bits = 0
    for letter in set(text):
        bits |= 1 << (ord(letter) % 61)
    return bits


def _excess(key: str, word: str) -> float:
    return min(6.0, (len(key) - len(word)) * 0.1)


def _quality(name: str, key: str, word: str) -> float:
    """How well the letters of `word` sit in a name, from 0 to 1: where its parts begin, or one beside another."""
    place = -1
    for letter in word:  # the first place where all letters have occurred …
        place = key.find(letter, place + 1)
    places = [place]
    for letter in word[-2::-1]:  # … and from there the nearest before
        place = key.rfind(letter, 0, place)
        places.append(place)
    worth, before = 0, -2
    for place in reversed(places):
        worth += 1
        if place == before + 1 or _begins_part(name, place):
            worth += 4
        before = place
    return worth / (5 * len(word))


def _begins_part(name: str, place: int) -> bool:
    if place == 0 or name[place - 1] in _PART_ENDS:
        return True
    now, last = name[place], name[place - 1]
    return (now.isupper() and last.islower()) or (now.isdigit() and not last.isdigit())


@lru_cache(maxsize=32)
def _with_slip(word: str) -> re.Pattern[str]:
    forms: dict[str, None] = {}
    for place in range(len(word)):
        before, letter, after = (re.escape(each) for each in (word[:place], word[place], word[place + 1 :]))
        forms[f"{before}.?{after}"] = None  # another letter, or one too much in the word
        forms[f"{before}.{letter}{after}"] = None  # one missing in it
        if after:
            forms[f"{before}{re.escape(word[place + 1])}{letter}{re.escape(word[place + 2 :])}"] = None
    return re.compile("|".join(forms))
