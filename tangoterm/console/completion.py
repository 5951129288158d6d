"""What can stand at the cursor: names from the catalogue and the devices, labels, options, files.

`Completer.suggest(text, cursor)` never raises and returns at most two hundred suggestions, best first. It may ask a
device for its attributes and commands once, so a prompt calls it from a thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from server_core.model.config import NO_DESCRIPTION, PROPERTY_PATHS, AttributeConfig, CommandInfo
from server_core.model.errors import DevFailed
from tangoterm.console.argument_history import ArgumentHistory
from tangoterm.console.arguments import Argument
from tangoterm.console.commands.attributes import RESETS
from tangoterm.console.commands.system import attribute_type, command_type
from tangoterm.console.commands.table import COMMANDS, ON_LINES, Command, UsageError, Want
from tangoterm.console.finding import Kind
from tangoterm.console.format import printable, unit_of
from tangoterm.console.line import Place, place_at
from tangoterm.console.lists import ListsFile
from tangoterm.console.names import LIMIT, NameStore
from tangoterm.console.pipes import pipes_of
from tangoterm.console.properties import PREFIXES, owner_of, owners_of
from tangoterm.console.scope import devices_in, is_scope
from tangoterm.console.session import Members, Session


class Suggestion(NamedTuple):
    """A text that can replace the line from `start` to the cursor; `meta` says what it is.

    With `final` false more has to follow at once (a `/`), so no blank is put behind it.
    """

    text: str
    start: int
    meta: str = ""
    final: bool = True


class Completer:
    """Suggestions for the lines of one session, out of `commands`."""

    def __init__(self, session: Session, commands: Mapping[str, Command] = COMMANDS) -> None:
        self._session = session
        self._commands_by_name = commands

    def suggest(self, text: str, cursor: int | None = None) -> list[Suggestion]:
        """What can stand at `cursor` (default: the end of the text)."""
        place = place_at(text, len(text) if cursor is None else cursor, self._commands_by_name)
        try:
            return list(islice(self._suggestions(place), LIMIT))
        except (DevFailed, UsageError):
            return []

    def argument_at(self, text: str, cursor: int | None = None) -> tuple[Argument, int] | None:
        """The typed value that belongs at `cursor` and where it begins; None when no typed value does, or when its
        device cannot say.

        A prompt hints with it (`argument.hint`) and checks with it (`argument.parse(text[start:])`).
        """
        place = place_at(text, len(text) if cursor is None else cursor, self._commands_by_name)
        if place.want not in (Want.ATTRIBUTE_VALUE, Want.COMMAND_ARGUMENT):
            return None
        try:
            argument = self._argument(place)
        except (DevFailed, UsageError):
            return None
        return None if argument is None else (argument, place.start)

    def _suggestions(self, place: Place) -> Iterator[Suggestion]:
        if place.want is not None:
            yield from _SOURCES[place.want](self, place)
        if place.command is not None and (place.text.startswith("-") or place.want is None):
            helps = {each.option_name: each.help for each in (*place.command.options, *ON_LINES)}
            for name in place.options:
                if name.startswith(place.text):
                    yield Suggestion(name, place.start, helps[name])

    # ---- by what is wanted

    def _command_names(self, place: Place) -> Iterator[Suggestion]:
        for name, command in self._commands_by_name.items():
            if name.startswith(place.text.lower()):
                yield Suggestion(name, place.start, command.help)

    def _choices(self, place: Place) -> Iterator[Suggestion]:
        assert place.parameter is not None
        for word in place.parameter.choices:
            if word.startswith(place.text.lower()):
                yield Suggestion(word, place.start)

    def _servers(self, place: Place) -> Iterator[Suggestion]:
        for group in self._session.catalogue.servers():
            if group.name.lower().startswith(place.text.lower()):
                yield Suggestion(group.name, place.start, "running" if group.running else "")

    def _devices(self, place: Place, *, whole: bool = True) -> Iterator[Suggestion]:
        """Device names level by level, and aliases; behind `@` the user's lists.

        Without `whole` a name goes on with `/` and an attribute.
        """
        if place.text.startswith("@"):
            for name, entries in ListsFile().read().lists.items():
                if name.lower().startswith(place.text[1:].lower()):
                    yield Suggestion(f"@{name}", place.start, ", ".join(entries[:3]))
            return
        catalogue = self._session.catalogue
        end = "" if whole else "/"
        aliases = catalogue.aliases.starting(place.text)
        found = catalogue.names.next_level(place.text)
        if not found and not aliases:
            yield from self._found(place, (Kind.DEVICE, Kind.ALIAS), end)
        for name in found:
            if name.endswith("/"):
                yield Suggestion(name, place.start, final=False)
            else:
                record = catalogue.find(name)
                yield Suggestion(name + end, place.start, record.dev_class if record else "", whole)
        for alias in aliases:
            record = catalogue.find(alias)
            yield Suggestion(alias + end, place.start, f"alias of {record.name}" if record else "alias", whole)

    def _attributes(self, place: Place, *, whole: bool = False) -> Iterator[Suggestion]:
        """Attributes of the current device, of the device that stands before the last `/`, or devices to go on with."""
        device, slash, prefix = place.text.rpartition("/")
        if not slash and self._session.current is not None:
            yield from self._attributes_of(self._session.current, "", place.text, place.start)
        if slash and self._session.is_device(device) and self._session.catalogue.find(device) is not None:
            yield from self._attributes_of(device, f"{device}/", prefix, place.start)
            return
        nothing = True
        for suggestion in self._devices(place, whole=whole):
            nothing = False
            yield suggestion
        if nothing:
            yield from self._found(place, (Kind.ATTRIBUTE,), "")

    def _found(self, place: Place, kinds: Sequence[Kind], end: str) -> Iterator[Suggestion]:
        """What the finder makes of a word that nothing begins with."""
        finder = self._session.finder
        finder.follow(self._session.catalogue)
        for hit in finder.find(place.text, kinds=kinds):
            yield Suggestion(hit.name + end, place.start, hit.about, not end)

    def _pipes(self, place: Place) -> Iterator[Suggestion]:
        """Devices to go on with, and the pipes of the device before the last `/`."""
        device, slash, prefix = place.text.rpartition("/")
        if slash and self._session.is_device(device):
            for name in _matching(prefix, (config.name for config in pipes_of(self._session, device))):
                yield Suggestion(f"{device}/{name}", place.start, "pipe")
            return
        yield from self._devices(place)

    def _targets(self, place: Place) -> Iterator[Suggestion]:
        return self._attributes(place, whole=True)

    def _attributes_of(self, device: str, lead: str, prefix: str, start: int) -> Iterator[Suggestion]:
        attributes = self._session.members(device).attributes
        for name in _matching(prefix, (config.name for config in attributes.values())):
            yield Suggestion(lead + name, start, _attribute_meta(attributes[name.lower()]))

    def _commands(self, place: Place) -> Iterator[Suggestion]:
        members = self._members(place)
        for name in _matching(place.text, (info.cmd_name for info in members.commands.values())):
            yield Suggestion(name, place.start, _command_meta(members.commands[name.lower()]))

    def _members_of(self, place: Place) -> Iterator[Suggestion]:
        members = self._members(place)
        for name in _matching(place.text, (config.name for config in members.attributes.values())):
            yield Suggestion(name, place.start, _attribute_meta(members.attributes[name.lower()]))
        yield from self._commands(place)

    def _properties(self, place: Place) -> Iterator[Suggestion]:
        """Names of attribute properties, and behind `=` what resets one."""
        name, sign, value = place.text.partition("=")
        if not sign:
            for each in PROPERTY_PATHS:
                if each.startswith(name.lower()):
                    yield Suggestion(f"{each}=", place.start, final=False)
        elif not value and name in PROPERTY_PATHS:
            for word, meaning in RESETS.items():
                text = f"{name}={word}"
                yield Suggestion(f"'{text}'" if " " in text else text, place.start, meaning)

    def _members(self, place: Place) -> Members:
        """The members of the device that stands before, of the first one of several."""
        word = place.given.get("device", "")
        device = devices_in(self._session, [word])[0] if is_scope(word) else self._session.device_name(word)
        return self._session.members(device)

    def _values(self, place: Place) -> Iterator[Suggestion]:
        """The words for the element under the cursor, and files behind `@`."""
        argument = self._argument(place)
        if argument is None:
            return
        for earlier in self._earlier(place):
            if earlier.startswith(place.text):
                yield Suggestion(earlier, place.start, "used before")
        word = place.text.replace("[", " ").replace(",", " ").rpartition(" ")[2] if argument.many else place.text
        start = place.start + len(place.text) - len(word)
        if word.startswith("@") and argument.many:
            yield from _files(word, start)
            return
        for choice in argument.choices:
            if choice.lower().startswith(word.lower()):
                yield Suggestion(choice, start)

    def _earlier(self, place: Place) -> list[str]:
        """What the command was executed with before."""
        if place.want is not Want.COMMAND_ARGUMENT:
            return []
        info = self._members(place).commands.get(place.given.get("command", "").lower())
        return ArgumentHistory().of(info) if info is not None else []

    def _argument(self, place: Place) -> Argument | None:
        if place.want is Want.ATTRIBUTE_VALUE:
            name = self._session.attribute(place.given.get("attribute", ""))
            config = self._session.members(name.device).attributes.get(name.name.lower())
            return None if config is None else Argument.of_attribute(config)
        info = self._members(place).commands.get(place.given.get("command", "").lower())
        return None if info is None else Argument.of_command(info)

    def _owners(self, place: Place) -> Iterator[Suggestion]:
        """Devices and attributes; classes behind `class:`, objects behind `free:`."""
        if place.text.lower().startswith(tuple(PREFIXES)):
            for owner in owners_of(self._session, place.text + "*"):
                yield Suggestion(str(owner), place.start)
            return
        for prefix, meaning in PREFIXES.items():
            if prefix.startswith(place.text.lower()):
                yield Suggestion(prefix, place.start, meaning, final=False)
        yield from self._targets(place)

    def _owned(self, place: Place) -> Iterator[Suggestion]:
        """Properties of the owner; behind the name of one that is set come values."""
        if place.given.get("action") in ("set", "add") and "words" in place.given:
            return
        owner = owner_of(self._session, place.given.get("owner", ""))
        for name in _matching(place.text, owner.names(self._session.store, "*")):
            yield Suggestion(name, place.start)

    def _paths(self, place: Place) -> Iterator[Suggestion]:
        for found in _files("@" + place.text, place.start):
            yield found._replace(text=found.text[1:])

    def _nothing(self, place: Place) -> Iterator[Suggestion]:
        return iter(())


_SOURCES: dict[Want, Callable[[Completer, Place], Iterator[Suggestion]]] = {
    Want.COMMAND_NAME: Completer._command_names,
    Want.CHOICE: Completer._choices,
    Want.DEVICE: Completer._devices,
    Want.PATTERN: Completer._devices,
    Want.ATTRIBUTE: Completer._attributes,
    Want.TARGET: Completer._targets,
    Want.CONDITION: Completer._targets,
    Want.COMMAND: Completer._commands,
    Want.MEMBER: Completer._members_of,
    Want.ATTRIBUTE_VALUE: Completer._values,
    Want.COMMAND_ARGUMENT: Completer._values,
    Want.PROPERTY: Completer._properties,
    Want.SERVER: Completer._servers,
    Want.OWNER: Completer._owners,
    Want.OWNED: Completer._owned,
    Want.PIPE: Completer._pipes,
    Want.PIPE_VALUE: Completer._nothing,
    Want.FILE: Completer._paths,
    Want.TEXT: Completer._nothing,
    Want.NUMBER: Completer._nothing,
}


def _matching(prefix: str, names: Iterable[str]) -> list[str]:
    return NameStore(names).matching(prefix)


def _attribute_meta(config: AttributeConfig) -> str:
    return ", ".join(part for part in (attribute_type(config), config.writable.name, unit_of(config)) if part)


def _command_meta(info: CommandInfo) -> str:
    description = info.in_type_desc if info.in_type_desc not in ("", "Uninitialised", NO_DESCRIPTION) else ""
    return ", ".join(part for part in (command_type(info), printable(description)) if part)


def _files(word: str, start: int) -> Iterator[Suggestion]:
    """Paths that begin as the text behind `@` does."""
    directory, _, prefix = word[1:].rpartition("/")
    lead = f"@{directory}/" if "/" in word else "@"
    try:
        entries = sorted(os.scandir(os.path.expanduser(directory) or "."), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(prefix) and (prefix or not entry.name.startswith(".")):
            folder = entry.is_dir()
            yield Suggestion(f"{lead}{entry.name}{'/' if folder else ''}", start, final=not folder)
