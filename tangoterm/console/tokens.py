"""Words, quoted strings and brackets of a typed line, each with its place, and the error that names a place."""

from __future__ import annotations

import re
import sys
from ast import literal_eval
from enum import Enum
from typing import NamedTuple

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f"}
_BLANKS = re.compile(r"\s+")
_WORD = re.compile(r"[^\s,\[\]]+")
_WORD_WITHIN_ROUND = re.compile(r"[^\s,\[\]()]+")
_BYTES = re.compile(r"""[bB](?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", re.DOTALL)
_CODES = {"x": re.compile(r"[0-9a-fA-F]{2}"), "u": re.compile(r"[0-9a-fA-F]{4}"), "U": re.compile(r"000[0-9a-fA-F]{5}")}
_SURROGATES = re.compile(r"[\ud800-\udfff]")


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
    BYTES = "bytes"  # as Python writes them; the text has a character for each byte
    OPEN = "["
    CLOSE = "]"
    COMMA = ","


_PUNCTUATION = {kind.value: kind for kind in (TokenKind.OPEN, TokenKind.CLOSE, TokenKind.COMMA)}
_ROUND = _PUNCTUATION | {"(": TokenKind.OPEN, ")": TokenKind.CLOSE}


class Token(NamedTuple):
    """One piece of a line: its kind, its text without quotes, and where it stands."""

    kind: TokenKind
    text: str
    start: int
    end: int

    def error(self, rule: str, *, incomplete: bool = False) -> ArgumentError:
        """The error that points at this token."""
        return ArgumentError(rule, self.start, self.end, incomplete=incomplete)


def tokenize(text: str, *, round_brackets: bool = False) -> list[Token]:
    """The tokens of `text`; ArgumentError for a quote that is not closed or an unknown escape.

    With `round_brackets` parentheses are brackets too, as in the tuples of Python; else they are part of words.
    """
    tokens = []
    place = 0
    while place < len(text):
        blanks = _BLANKS.match(text, place)
        if blanks is not None:
            place = blanks.end()
            continue
        token = _token(text, place, round_brackets)
        tokens.append(token)
        place = token.end
    return tokens


def _token(text: str, place: int, round_brackets: bool) -> Token:
    first = text[place]
    if first in "\"'":
        return _quoted(text, place)
    punctuation = _ROUND if round_brackets else _PUNCTUATION
    if first in punctuation:
        return Token(punctuation[first], first, place, place + 1)
    if (found := _BYTES.match(text, place)) is not None and (token := _bytes(found)) is not None:
        return token
    word = (_WORD_WITHIN_ROUND if round_brackets else _WORD).match(text, place)
    assert word is not None
    return Token(TokenKind.WORD, word[0], place, word.end())


def _bytes(found: re.Match[str]) -> Token | None:
    """Bytes as Python writes them; None for what only begins like them."""
    try:
        value: bytes = literal_eval(found[0])
    except (SyntaxError, ValueError):
        return None
    return Token(TokenKind.BYTES, value.decode("latin-1"), found.start(), found.end())


def _quoted(text: str, start: int) -> Token:
    """A string in double quotes with escapes, or in single quotes without."""
    quote, place = text[start], start + 1
    pieces: list[str] = []
    while place < len(text):
        character = text[place]
        if character == quote:
            return Token(TokenKind.STRING, _joined("".join(pieces)), start, place + 1)
        if character == "\\" and quote == '"':
            piece, place = _escape(text, place)
            pieces.append(piece)
        else:
            pieces.append(character)
            place += 1
    raise ArgumentError("the quote is not closed", start, len(text), incomplete=True)


def _joined(text: str) -> str:
    """Characters that JSON wrote as two halves (`\\ud83d\\ude00`) as one."""
    if not _SURROGATES.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _escape(text: str, place: int) -> tuple[str, int]:
    r"""What an escape (\n \t \r \b \f \0 \xhh \uhhhh \Uhhhhhhhh \" \\) stands for, and where the text goes on."""
    letter = text[place + 1 : place + 2]
    if letter in _CODES and (digits := _CODES[letter].match(text, place + 2)) is not None:
        return chr(min(int(digits[0], 16), sys.maxunicode)), digits.end()
    if letter in _ESCAPES:
        return _ESCAPES[letter], place + 2
    if letter and not letter.isalnum():
        return letter, place + 2
    raise ArgumentError(f"\\{letter} is not an escape", place, min(place + 2, len(text)), incomplete=not letter)
