"""Words, quoted strings and brackets of a typed line, each with its place, and the error that names a place."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}
_BLANKS = re.compile(r"\s+")
_WORD = re.compile(r"[^\s,\[\]]+")
_CODES = {"x": re.compile(r"[0-9a-fA-F]{2}"), "u": re.compile(r"[0-9a-fA-F]{4}")}


class ArgumentError(ValueError):
    """A text that is not the value wanted: the rule it breaks, and the place from `start` to `end` in it.

    `incomplete` says that more text could make it right (an open bracket or quote), so that a prompt can go on asking.
    """

    def __init__(self, rule: str, start: int, end: int, *, incomplete: bool = False) -> None:
        super().__init__(rule)
        self.rule = rule
        self.start = start
        self.end = end
        self.incomplete = incomplete

    def __str__(self) -> str:
        return f"{self.rule} (at column {self.start + 1})" if self.start else self.rule


class TokenKind(Enum):
    """What a token is."""

    WORD = "word"
    STRING = "string"
    OPEN = "["
    CLOSE = "]"
    COMMA = ","


_PUNCTUATION = {kind.value: kind for kind in (TokenKind.OPEN, TokenKind.CLOSE, TokenKind.COMMA)}


class Token(NamedTuple):
    """One piece of a line: its kind, its text without quotes, and where it stands."""

    kind: TokenKind
    text: str
    start: int
    end: int

    def error(self, rule: str, *, incomplete: bool = False) -> ArgumentError:
        """The error that points at this token."""
        return ArgumentError(rule, self.start, self.end, incomplete=incomplete)


def tokenize(text: str) -> list[Token]:
    """The tokens of `text`; ArgumentError for a quote that is not closed or an unknown escape."""
    tokens = []
    place = 0
    while place < len(text):
        blanks = _BLANKS.match(text, place)
        if blanks is not None:
            place = blanks.end()
            continue
        token = _token(text, place)
        tokens.append(token)
        place = token.end
    return tokens


def _token(text: str, place: int) -> Token:
    first = text[place]
    if first in "\"'":
        return _quoted(text, place)
    if first in _PUNCTUATION:
        return Token(_PUNCTUATION[first], first, place, place + 1)
    word = _WORD.match(text, place)
    assert word is not None
    return Token(TokenKind.WORD, word[0], place, word.end())


def _quoted(text: str, start: int) -> Token:
    """A string in double quotes with escapes, or in single quotes without."""
    quote, place = text[start], start + 1
    pieces: list[str] = []
    while place < len(text):
        character = text[place]
        if character == quote:
            return Token(TokenKind.STRING, "".join(pieces), start, place + 1)
        if character == "\\" and quote == '"':
            piece, place = _escape(text, place)
            pieces.append(piece)
        else:
            pieces.append(character)
            place += 1
    raise ArgumentError("the quote is not closed", start, len(text), incomplete=True)


def _escape(text: str, place: int) -> tuple[str, int]:
    r"""The character that an escape (\n \t \r \0 \xhh \uhhhh \" \\) stands for, and where the text goes on."""
    letter = text[place + 1 : place + 2]
    if letter in _CODES and (digits := _CODES[letter].match(text, place + 2)) is not None:
        return chr(int(digits[0], 16)), digits.end()
    if letter in _ESCAPES:
        return _ESCAPES[letter], place + 2
    if letter and not letter.isalnum():
        return letter, place + 2
    raise ArgumentError(f"\\{letter} is not an escape", place, min(place + 2, len(text)), incomplete=not letter)
