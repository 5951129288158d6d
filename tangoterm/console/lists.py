"""What a person looks at often: bookmarks, and lists of devices and attributes by name, in a file of the user's.

The file is `lists.toml` beside the settings (`TANGOTERM_LISTS` names another), made to be written by hand as well:

    bookmarks = [
        "sys/tg_test/1",
        "sys/tg_test/1/ampli",
    ]

    [lists]
    cryo = [
        "lab/cryo/*",           # devices, by name, alias or pattern
        "lab/ps/1/current",     # attributes
    ]
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tangoterm.console import toml_text
from tangoterm.console.commands.table import UsageError
from tangoterm.console.names import did_you_mean
from tangoterm.console.settings import config_path

_LISTS = "lists"
_BOOKMARKS: toml_text.Key = ("", "bookmarks")
_NAME = re.compile(r"[A-Za-z0-9_-]+")


class ListsError(UsageError):
    """The file of lists, or what shall be written into it, is not right; the text names the place and the rule."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Bookmarks, and the entries of each list by name: devices, patterns of devices, attributes."""

    bookmarks: tuple[str, ...] = ()
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def named(self, name: str) -> tuple[str, ...]:
        """The entries of a list; ListsError, with a guess at a slip, when there is none of that name."""
        name = name.removeprefix("@")
        if name not in self.lists:
            guess = did_you_mean(name, self.lists)
            raise ListsError(f"there is no list {name}" + (f"; {guess}" if guess else ""))
        return self.lists[name]

    def watch(self, name: str) -> list[str]:
        """The attributes that a list names, as they stand in it."""
        return [entry for entry in self.named(name) if is_attribute(entry)]


class ListsFile:
    """The file of one user. Reading never fails because there is none; every change is read, made and written at once,
    so that several programs can share it."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or lists_path()

    def read(self) -> Lists:
        """What the file holds. Raises ListsError for a file that cannot be read or breaks a rule."""
        return self._parsed(self._text())

    def add_bookmark(self, target: str) -> bool:
        """Put a bookmark behind the others; false when it is one already."""
        return bool(self._add(_BOOKMARKS, (target,)))

    def remove_bookmark(self, target: str) -> bool:
        """Take a bookmark away; false when it is none."""
        return bool(self._remove(_BOOKMARKS, (target,)))

    def add(self, name: str, entries: Iterable[str]) -> list[str]:
        """Put entries into a list, which is made when it is new; those that were not in it before."""
        if not _NAME.fullmatch(name):
            raise ListsError(f"{name!r} is no name of a list: letters, digits, - and _")
        return self._add((_LISTS, name), entries)

    def remove(self, name: str, entries: Iterable[str] = ()) -> list[str]:
        """Take entries out of a list, or without entries the whole list away; what was taken."""
        known = self.read().named(name)
        entries = list(entries)
        if entries:
            return self._remove((_LISTS, name), entries)
        self._write(toml_text.without_key(self._text(), (_LISTS, name)))
        return list(known)

    # ---- the text

    def _text(self) -> str:
        try:
            return self.path.read_text("utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise ListsError(f"{self.path} cannot be read: {error}") from None

    def _parsed(self, text: str) -> Lists:
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ListsError(f"{self.path}: {error}") from None
        for name in content:
            if name not in ("bookmarks", _LISTS):
                raise self._wrong(text, ("", name), f"{name} is not known here; there are bookmarks and [lists]")
        bookmarks = self._entries(text, _BOOKMARKS, content.get("bookmarks", []))
        lists = content.get(_LISTS, {})
        if not isinstance(lists, dict):
            raise self._wrong(text, ("", _LISTS), "[lists] is a table: name = [entries]")
        for name in lists:
            if not _NAME.fullmatch(name):
                raise self._wrong(text, (_LISTS, name), f"{name!r} is no name of a list: letters, digits, - and _")
        return Lists(bookmarks, {name: self._entries(text, (_LISTS, name), given) for name, given in lists.items()})

    def _entries(self, text: str, key: toml_text.Key, given: Any) -> tuple[str, ...]:
        if not isinstance(given, list):
            raise self._wrong(text, key, f"{key[1]} is a list of texts: [...]")
        for entry in given:
            if not isinstance(entry, str) or not entry.strip():
                raise self._wrong(text, key, f"{key[1]}: {entry!r} is no name; entries are texts in quotes")
        return tuple(given)

    def _wrong(self, text: str, key: toml_text.Key, rule: str) -> ListsError:
        return ListsError(f"{self.path}, line {toml_text.line_of(text, key)}: {rule}")

    def _add(self, key: toml_text.Key, entries: Iterable[str]) -> list[str]:
        known = {entry.lower() for entry in self._of(key)}
        added = []
        text = self._text()
        for entry in entries:
            if not entry.strip():
                raise ListsError("an empty text is no name")
            if entry.lower() not in known:
                text = toml_text.with_item(text, key, entry)
                known.add(entry.lower())
                added.append(entry)
        if added:
            self._write(text)
        return added

    def _remove(self, key: toml_text.Key, entries: Iterable[str]) -> list[str]:
        unwanted = {entry.lower() for entry in entries}
        present = self._of(key)
        text = self._text()
        for number in reversed(range(len(present))):
            if present[number].lower() in unwanted:
                text = toml_text.without_item(text, key, number)
        removed = [entry for entry in present if entry.lower() in unwanted]
        if removed:
            self._write(text)
        return removed

    def _of(self, key: toml_text.Key) -> tuple[str, ...]:
        known = self.read()
        return known.bookmarks if key == _BOOKMARKS else known.lists.get(key[1], ())

    def _write(self, text: str) -> None:
        """Replace the file in one step, what a link points to rather than the link."""
        self._parsed(text)
        path = self.path.resolve()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_name(f".{path.name}.{os.getpid()}")
            new.write_text(text, "utf-8")
            os.replace(new, path)
        except OSError as error:
            raise ListsError(f"{path} cannot be written: {error}") from None


def lists_path(environ: Mapping[str, str] = os.environ) -> Path:
    """The file of lists, whether it exists or not."""
    chosen = environ.get("TANGOTERM_LISTS")
    return Path(chosen).expanduser() if chosen else config_path(environ).with_name("lists.toml")


def kind_of(entry: str) -> str:
    """What an entry names: a page of the screen (`:name subject`), a list (`@name`), an attribute or a device."""
    signs = {":": "page", "@": "list"}
    return signs.get(entry[:1]) or ("attribute" if is_attribute(entry) else "device")


def is_attribute(entry: str) -> bool:
    """Whether an entry has the form of an attribute's name: DOMAIN/FAMILY/MEMBER/ATTRIBUTE, or ALIAS/ATTRIBUTE."""
    return entry.partition("//")[2].count("/") == 4 if "//" in entry else entry.count("/") in (1, 3)
