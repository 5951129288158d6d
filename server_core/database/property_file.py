"""The property file: the devices and properties of one server as text, read and written.

    Server/instance/DEVICE/Class: "domain/family/member",\\
                                  "domain/family/other"
    domain/family/member->property: value, "another value"
    domain/family/member/attribute->property: value
    CLASS/Class->property: value
    CLASS/Class/attribute->property: value
    FREE/object->property: value

A value needs quotes when it has blanks, commas or quotes in it; `\\` before the end of a line continues it, and inside
quotes it stands before a quote. So a value can have neither a backslash nor a line feed, and none can be empty:
writing such a value is refused. Source: PROP-21..PROP-23, LIFE-10.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from server_core.database.families import CLASS, CLASS_ATTRIBUTE, DEVICE, DEVICE_ATTRIBUTE, FREE, Family
from server_core.model.errors import DevFailed, Reason
from server_core.model.names import check_device_name

log = logging.getLogger(__name__)

_ORIGIN: Final = "server_core.database.property_file"
_SPACE: Final = re.compile(r"(?:[^\S\n]|\\[^\S\n]*\n)*")
_BETWEEN: Final = re.compile(r"(?:\s|#[^\n]*)*")
_NAME: Final = re.compile(r"(?:(?!->|#)[^\s/:,\"\\])(?:(?!->)[^\s/:,\"\\])*")
_VALUE: Final = re.compile(r"[^\s,\\#\"][^\s,\\]*")
_QUOTED: Final = re.compile(r'"((?:\\.|[^"\\\n])*)"')
_IMPOSSIBLE: Final = re.compile(r"[\\\n\ud800-\udfff]")
_NOTHING: Final = "NULL"
"""What an empty text in quotes is read as."""

_KEYS: Final = {("class", 2): CLASS, ("class", 3): CLASS_ATTRIBUTE, ("free", 2): FREE}
_WORDS: Final = {CLASS: ("CLASS",), CLASS_ATTRIBUTE: ("CLASS",), FREE: ("FREE",)}
_RULE: Final = "#" * 45


class Property(NamedTuple):
    """A property; `key` names its owner as the columns of its family do: `("d/f/m", "attribute")`."""

    family: Family
    key: tuple[str, ...]
    name: str
    values: tuple[str, ...]

    @property
    def id(self) -> tuple[str, ...]:
        """What makes it one property, whatever the case of the names."""
        return (self.family.table, *(part.lower() for part in (*self.key, self.name)))


@dataclass
class Contents:
    """What a property file says. `devices` are the names by class, both in the order of the file."""

    server: str = ""
    devices: dict[str, list[str]] = field(default_factory=dict)
    properties: dict[tuple[str, ...], Property] = field(default_factory=dict)

    def copy(self) -> Contents:
        """The same, to be changed."""
        return Contents(self.server, {name: list(names) for name, names in self.devices.items()}, dict(self.properties))

    def device_names(self) -> list[str]:
        """The devices, class by class."""
        return [name for names in self.devices.values() for name in names]

    def put(self, entry: Property) -> None:
        """Set a property, in its former place if there is one; without values it is deleted."""
        if entry.values:
            self.properties[entry.id] = entry
        else:
            self.properties.pop(entry.id, None)

    def of(self, family: Family, owner: str) -> list[Property]:
        """The properties of one owner, those of its attributes when the family is theirs."""
        return [each for each in self.properties.values() if each.family is family and _same(each.key[0], owner)]


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


# ---- reading


def parse(text: str, file: str) -> Contents:
    """What the text of `file` says. DevFailed `API_DatabaseFileError` names the line that is wrong."""
    reader = _Reader(text, file)
    contents = Contents()
    while reader.find_statement():
        _read_statement(reader, contents)
    if not contents.server and not contents.properties:
        raise reader.error("nothing is defined")
    return contents


class _Word(NamedTuple):
    text: str
    quoted: bool = False

    def means(self, keyword: str) -> bool:
        return not self.quoted and _same(self.text, keyword)


class _Reader:
    """A text that is read from the left."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._place = 0

    @property
    def line(self) -> int:
        """The number of the line that is being read."""
        return self._text.count("\n", 0, self._place) + 1

    def find_statement(self) -> bool:
        """Go to the next statement, over blank lines and comments; false at the end."""
        self._skip(_BETWEEN)
        return self._place < len(self._text)

    def accept(self, mark: str) -> bool:
        """Whether `mark` comes next, after blanks; it is read then."""
        self._skip(_SPACE)
        found = self._text.startswith(mark, self._place)
        self._place += len(mark) * found
        return found

    def expect(self, mark: str) -> None:
        """Read `mark`."""
        if not self.accept(mark):
            raise self.error(f"{mark!r} is missing")

    def end_statement(self) -> None:
        """The rest of the line must be empty or a comment."""
        self._skip(_SPACE)
        if self._text[self._place : self._place + 1] not in ("", "\n", "#"):
            raise self.error("',' or the end of the line is missing; a value with blanks stands in quotes")

    def name(self) -> _Word:
        """A part of a name."""
        return self._word(_NAME, "a name")

    def value(self) -> str:
        """An element of a property or list."""
        return self._word(_VALUE, "a value").text

    def _word(self, pattern: re.Pattern[str], what: str) -> _Word:
        self._skip(_SPACE)
        if self._text.startswith('"', self._place):
            return _Word(self._quoted(), quoted=True)
        found = pattern.match(self._text, self._place)
        if found is None:
            raise self.error(f"{what} is missing")
        self._place = found.end()
        return _Word(found[0])

    def _quoted(self) -> str:
        found = _QUOTED.match(self._text, self._place)
        if found is None:
            raise self._failure("String too long", "the closing quote is missing")
        if "\\\\" in found[1]:
            log.warning(
                "%s, line %d: a property file cannot hold the backslashes of %s", self._file, self.line, found[0]
            )
        text = re.sub(r"\\(.)", lambda escape: escape[1].replace("\\", ""), found[1])
        if not text:
            log.warning("%s, line %d: an empty value is read as the text %s", self._file, self.line, _NOTHING)
        self._place = found.end()
        return text or _NOTHING

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self._text, self._place)
        assert found is not None
        self._place = found.end()

    def error(self, hint: str) -> DevFailed:
        """The error of the line that is being read."""
        return self._failure("Error in file", hint)

    def _failure(self, what: str, hint: str) -> DevFailed:
        return DevFailed.of(
            Reason.API_DatabaseFileError,
            f"File database: {what} at line {self.line} in file {self._file}.\n{hint}",
            _ORIGIN,
        )


def _read_statement(reader: _Reader, contents: Contents) -> None:
    parts = [reader.name()]
    while reader.accept("/"):
        parts.append(reader.name())
    if not reader.accept("->"):
        if len(parts) != 4 or not parts[2].means("DEVICE"):
            raise reader.error("neither OWNER->PROPERTY: VALUES nor SERVER/INSTANCE/DEVICE/CLASS: NAMES")
        _read_devices(reader, contents, [part.text for part in parts])
        return
    family, key = _owner(reader, parts)
    name = reader.name().text
    entry = Property(family, key, name, tuple(_read_values(reader)))
    if entry.id in contents.properties:
        raise reader.error(f"{'/'.join(key)}->{name} is defined twice")
    contents.put(entry)


def _owner(reader: _Reader, parts: list[_Word]) -> tuple[Family, tuple[str, ...]]:
    names = tuple(part.text for part in parts)
    for (keyword, number), family in _KEYS.items():
        if len(parts) == number and parts[0].means(keyword):
            return family, names[1:]
    if len(parts) not in (3, 4):
        raise reader.error(f"{'/'.join(names)} is neither a device, an attribute, CLASS/... nor FREE/...")
    return (DEVICE, DEVICE_ATTRIBUTE)[len(parts) - 3], ("/".join(names[:3]), *names[3:])


def _read_devices(reader: _Reader, contents: Contents, parts: list[str]) -> None:
    server = "/".join(parts[:2])
    if contents.server and not _same(contents.server, server):
        raise reader.error(f"the devices of {contents.server} and of {server} in one file")
    contents.server = contents.server or server
    dev_class = next((name for name in contents.devices if _same(name, parts[3])), parts[3])
    for name in _read_values(reader):
        try:
            check_device_name(name)
        except DevFailed as failure:
            raise reader.error(failure.desc) from failure
        if any(_same(name, other) for other in contents.device_names()):
            raise reader.error(f"the device {name} is defined twice")
        contents.devices.setdefault(dev_class, []).append(name)


def _read_values(reader: _Reader) -> Iterator[str]:
    reader.expect(":")
    yield reader.value()
    while reader.accept(","):
        yield reader.value()
    reader.end_statement()


# ---- writing


def render(contents: Contents) -> str:
    """The text that says `contents`, laid out as Tango's servers do (PROP-23).

    Raises DevFailed `API_DatabaseFileError` for a name or value that a property file cannot hold.
    """
    lines = [
        line
        for dev_class, names in contents.devices.items()
        for line in _device_lines(f"{_owner_text(contents.server)}/DEVICE/{_name(dev_class)}: ", names)
    ]
    classes = _owners(contents, contents.devices, CLASS, CLASS_ATTRIBUTE)
    for dev_class in classes:
        lines += ["", _RULE, f"# CLASS {_comment(dev_class)}", "", *_property_lines(contents, CLASS, dev_class)]
        lines += ["", f"# CLASS {_comment(dev_class)} attribute properties", ""]
        lines += _property_lines(contents, CLASS_ATTRIBUTE, dev_class)
    lines += ["", ""] if classes else [""]
    for device in _owners(contents, contents.device_names(), DEVICE, DEVICE_ATTRIBUTE):
        lines += [f"# DEVICE {_comment(device)} properties ", "", *_property_lines(contents, DEVICE, device)]
        lines += ["", f"# DEVICE {_comment(device)} attribute properties", ""]
        lines += _property_lines(contents, DEVICE_ATTRIBUTE, device)
    lines += [_RULE, "# FREE OBJECT attributes", ""]
    for owner in _owners(contents, (), FREE):
        lines += _property_lines(contents, FREE, owner)
    return "\n".join(lines) + "\n"


def _owners(contents: Contents, known: Iterable[str], *families: Family) -> list[str]:
    """The known owners in their order, and behind them the others that have properties, as first spelled."""
    found = {name.lower(): name for name in known}
    for each in contents.properties.values():
        if each.family in families:
            found.setdefault(each.key[0].lower(), each.key[0])
    return list(found.values())


def _property_lines(contents: Contents, family: Family, owner: str) -> Iterator[str]:
    for each in contents.of(family, owner):
        words = [*_WORDS.get(family, ()), _owner_text(owner) if family.owner == "device" else _name(owner)]
        start = f"{'/'.join([*words, *map(_name, each.key[1:])])}->{_name(each.name)}: "
        indent = len(start) - (family is DEVICE)
        yield from _list_lines(start, indent, [_value(value, start) for value in each.values])


def _device_lines(start: str, names: Iterable[str]) -> Iterator[str]:
    return _list_lines(start, len(start), [_quoted(_checked(name, start)) for name in names])


def _list_lines(start: str, indent: int, values: list[str]) -> Iterator[str]:
    for place, value in enumerate(values):
        before = start if place == 0 else " " * indent
        yield f"{before}{value}" + (",\\" if place < len(values) - 1 else "")


def _owner_text(name: str) -> str:
    """The parts of a device or server name; quotes keep a domain from being read as the keyword CLASS or FREE."""
    first, *others = name.split("/")
    text = _quoted(first) if first.lower() in ("class", "free") else _name(first)
    return "/".join([text, *map(_name, others)])


def _name(text: str) -> str:
    return _in_quotes(_checked(text, "a name"), unless=_NAME)


def _value(text: str, owner: str) -> str:
    return _in_quotes(_checked(text, owner), unless=_VALUE)


def _in_quotes(text: str, unless: re.Pattern[str]) -> str:
    """`text` as it is when it is a plain word, else in quotes: Tango's servers take what is not ASCII for blanks."""
    plain = text.isascii() and text.isprintable() and '"' not in text
    return text if plain and unless.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def _checked(text: str, owner: str) -> str:
    """`text` if a property file can hold it as what `owner` says."""
    if not text or _IMPOSSIBLE.search(text):
        raise DevFailed.of(
            Reason.API_DatabaseFileError,
            f"{owner.removesuffix(': ')} cannot be {text!r} in a property file: a text there is not empty and has "
            "neither a backslash nor a line feed nor half a character",
            _ORIGIN,
        )
    return text


def _comment(text: str) -> str:
    return text.replace("\n", " ")
