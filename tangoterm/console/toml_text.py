"""Lists of texts in a TOML file, changed in place: comments, order and layout of everything else stay as they are."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field

Key = tuple[str, str]
"""The table (empty for the top of the file) and the key in it."""

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<string>\"{3}(?:\\.|[^\\])*?\"{3}|'{3}.*?'{3}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')
    |(?P<end>\n)
    |(?P<open>[\[{])
    |(?P<close>[\]}])
    |(?P<sign>[=,.])
    |(?P<word>[^\s\[\]{}=,."'#]+)""",
    re.DOTALL | re.VERBOSE,
)


@dataclass(slots=True)
class Place:
    """Where an array of texts stands: the whole statement, its value from `[` to behind `]`, and its items."""

    begin: int
    start: int = -1
    end: int = -1
    items: list[tuple[int, int]] = field(default_factory=list)


def places(text: str) -> dict[Key, Place]:
    """Where the arrays stand in a text that is right TOML."""
    return dict(_statements(text))


def line_of(text: str, key: Key) -> int:
    """The number of the line on which a key stands; 1 when it is not found."""
    place = places(text).get(key)
    return 1 if place is None else text.count("\n", 0, place.begin) + 1


def with_item(text: str, key: Key, item: str) -> str:
    """The text with one more item at the end of an array, which is made when there is none."""
    place = places(text).get(key)
    if place is None:
        return _with_statement(text, key, f"{key[1]} = [\n    {_quoted(item)},\n]\n")
    body = text[place.start + 1 : place.end - 1]
    if not place.items and not body.strip():
        return f"{text[: place.start]}[\n    {_quoted(item)},\n]{text[place.end :]}"
    closing = place.end - 1
    if place.items and not _followed_by_comma(text, place.items[-1][1], closing):
        last = place.items[-1][1]
        text, closing = f"{text[:last]},{text[last:]}", closing + 1
    line = text.rfind("\n", 0, closing) + 1
    if line > place.start and not text[line:closing].strip():
        return f"{text[:line]}{_indent(text, place)}{_quoted(item)},\n{text[line:]}"
    return f"{text[:closing].rstrip()} {_quoted(item)}{text[closing:]}"


def without_item(text: str, key: Key, number: int) -> str:
    """The text without an item of an array; with a line that held nothing else its comment goes too."""
    place = places(text)[key]
    begin, end = place.items[number]
    comma = re.compile(r"\s*,").match(text, end, place.end)
    if comma is not None:
        end = comma.end()
    elif number:
        begin = place.items[number - 1][1]
    line, next_line = text.rfind("\n", 0, begin) + 1, text.find("\n", end) + 1
    rest = text[end : next_line - 1] if next_line else "x"
    if not text[line:begin].strip() and (not rest.strip() or rest.lstrip().startswith("#")):
        return text[:line] + text[next_line:]
    return text[:begin] + text[end:].removeprefix(" ")


def without_key(text: str, key: Key) -> str:
    """The text without a whole statement."""
    place = places(text)[key]
    next_line = text.find("\n", place.end) + 1
    return text[: place.begin] + (text[next_line:] if next_line else "")


def _statements(text: str) -> Iterator[tuple[Key, Place]]:
    table, names, place, depth = "", [""], Place(0), 0
    in_value = in_header = False
    for token in _TOKEN.finditer(text):
        kind, word = str(token.lastgroup), token[0]
        if not in_value:
            if kind == "open" and not in_header:
                in_header, names = True, [""]
            elif kind in ("word", "string"):
                if not in_header and names == [""]:
                    place = Place(token.start())
                names[-1] += tomllib.loads(f"x = {word}")["x"] if kind == "string" else word
            elif word == ".":
                names.append("")
            elif word == "=":
                in_value = True
            elif kind == "end":
                if in_header:
                    table = ".".join(names)
                in_header, names = False, [""]
            continue
        if kind == "open":
            depth += 1
            if place.start < 0 and depth == 1 and word == "[":
                place.start = token.start()
        elif kind == "close":
            depth -= 1
        elif kind == "string" and depth == 1 and place.start >= 0:
            place.items.append(token.span())
        if kind not in ("comment", "end"):
            place.end = token.end()
        if kind == "end" and depth == 0:
            yield (table, ".".join(names)), place
            in_value, names = False, [""]
    if in_value:
        yield (table, ".".join(names)), place


def _with_statement(text: str, key: Key, statement: str) -> str:
    table = key[0]
    text = text if not text or text.endswith("\n") else text + "\n"
    if not table:
        header = re.search(r"^\s*\[", text, re.MULTILINE)
        last = max((place.end for (of, _), place in places(text).items() if not of), default=-1)
        at = text.find("\n", last) + 1 if last >= 0 else header.start() if header else len(text)
        gap = "\n" if last < 0 and header else ""
        return text[:at] + statement + gap + text[at:]
    inside = [place.end for (of, _), place in places(text).items() if of == table]
    header = re.search(rf"^\s*\[\s*{re.escape(table)}\s*\][^\n]*\n", text, re.MULTILINE)
    if header is None:
        return f"{text}{chr(10) if text else ''}[{table}]\n{statement}"
    at = text.find("\n", max(inside)) + 1 if inside else header.end()
    return text[:at] + statement + text[at:]


def _followed_by_comma(text: str, place: int, end: int) -> bool:
    return any(token[0] == "," for token in _TOKEN.finditer(text, place, end))


def _indent(text: str, place: Place) -> str:
    first = place.items[0][0] if place.items else place.start
    line = text.rfind("\n", 0, first) + 1
    return text[line:first] if place.items and not text[line:first].strip() else "    "


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
