"""Several devices or attributes at once, as people name them.

    sys/tg_test/1   a device, or its alias        sys/*           every device that matches
    server:NAME     the devices of servers        class:NAME      of classes
    host:NAME       of all servers on a host      *               all
    @NAME           what a list of the user's names

Names behind `server:`, `class:` and `host:` may contain `*`, and so may each part of an attribute's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from server_core.database.store import DeviceRecord
from server_core.model.names import wildcard
from tangoterm.console.catalogue import is_admin
from tangoterm.console.commands.table import UsageError
from tangoterm.console.session import AttributeName, Session
from tangoterm.console.together import each

KINDS: dict[str, Callable[[DeviceRecord], str]] = {
    "server": lambda record: record.server,
    "class": lambda record: record.dev_class,
    "host": lambda record: record.host,
}
"""What a scope may name besides devices: the word before `:`, and what of a device is compared."""


def devices_in(session: Session, words: Iterable[str], *, running: bool = False) -> list[str]:
    """The devices that `words` name, each once, in their order; with `running` only those that are served.

    A plain name is taken as it is, even one that the catalogue does not know. Of a list the attributes stand for their
    devices. Raises UsageError for a pattern, scope or list in which there is no device.
    """
    found: dict[str, str] = {}
    for word in _unfolded(words):
        text = word.text.rpartition("/")[0] if word.listed == "attribute" else word.text
        for name in _devices_of(session, text, running):
            found.setdefault(name.lower(), name)
    return list(found.values())


def attributes_in(session: Session, words: Iterable[str]) -> list[AttributeName]:
    """The attributes that `words` name, each once, in their order.

    With `*` in the device or the attribute they are those of the devices that match; devices that do not answer are
    left out of a pattern. A device in a list stands for its State. Raises UsageError for what names nothing, and what
    `Session.attribute` raises.
    """
    found: dict[str, AttributeName] = {}
    for word in _unfolded(words):
        for name in _attributes_of(session, word):
            found.setdefault(str(name).lower(), name)
    return list(found.values())


def readable_in(session: Session, word: str) -> list[AttributeName]:
    """The attributes that a word names, and all attributes of the devices that it names.

    A pattern is one of devices when one of them matches it, else one of attributes. Of several devices those that do
    not answer are left out. Raises as `attributes_in` does.
    """
    if word == "." or (not is_scope(word) and _names_device(session, word)):
        return _all_of(session, session.device_name(word))
    if not is_scope(word) or word.startswith("@") or is_of_attributes(session, word):
        return attributes_in(session, [word])
    devices = devices_in(session, [word], running=True)
    return _matching(session, devices, "*") if devices else []


def _names_device(session: Session, word: str) -> bool:
    relative = session.current is not None and "/" not in word
    return not relative and session.is_device(word)


def _all_of(session: Session, device: str) -> list[AttributeName]:
    return [AttributeName(device, config.name) for config in session.members(device).attributes.values()]


def is_of_attributes(session: Session, word: str) -> bool:
    """Whether a word names attributes, not devices; a pattern is one of devices when one of them matches it."""
    if not is_scope(word):
        return word != "." and not _names_device(session, word)
    kind, colon, name = word.partition(":")
    if colon and kind.lower() in KINDS:
        return name.count("/") > (kind.lower() == "server")
    return "/" in word and not session.catalogue.devices(word)


def is_scope(word: str) -> bool:
    """Whether `word` may name several devices."""
    return "*" in word or word.startswith("@") or word.partition(":")[0].lower() in KINDS


class _Word(NamedTuple):
    """A word of a scope; of one that comes from a list, whether it names a device or an attribute."""

    text: str
    listed: str = ""


def _unfolded(words: Iterable[str]) -> Iterator[_Word]:
    """The words, with the entries of a list in its place."""
    for word in words:
        if word.startswith("@"):
            yield from _listed(word)
        else:
            yield _Word(word)


def _listed(word: str) -> Iterator[_Word]:
    from tangoterm.console.lists import ListsFile, is_attribute  # most scopes name no list

    for entry in ListsFile().read().named(word):
        yield _Word(entry, "attribute" if is_attribute(entry) else "device")


def _devices_of(session: Session, word: str, running: bool) -> Sequence[str]:
    if not is_scope(word):
        return [session.device_name(word)]
    kind, colon, name = word.partition(":")
    if colon and kind.lower() in KINDS:
        matches, value = wildcard(name).match, KINDS[kind.lower()]
        records = [one for one in session.catalogue.records if not is_admin(one) and matches(value(one))]
    else:
        records = session.catalogue.devices(word)
    if not records:
        raise UsageError(f"no device in {word}")
    return [record.name for record in records if record.exported or not running]


def _attributes_of(session: Session, word: _Word) -> list[AttributeName]:
    text, listed = word
    if listed == "device":
        return [AttributeName(device, "State") for device in _devices_of(session, text, running=False)]
    if not is_scope(text):
        return [session.attribute(text)]
    device, slash, pattern = text.rpartition("/")
    if not slash:
        raise UsageError(f"{text} names no attributes; usage: DEVICES/ATTRIBUTES")
    devices = _devices_of(session, device, running=True)
    if "*" not in pattern:
        return [AttributeName(device, pattern) for device in devices]
    found = _matching(session, devices, pattern)
    if not found:
        raise UsageError(f"no attribute in {text}")
    return found


def _matching(session: Session, devices: Sequence[str], pattern: str) -> list[AttributeName]:
    matches = wildcard(pattern).match

    def ask(device: str) -> list[AttributeName]:
        configs = session.members(device).attributes.values()
        return [AttributeName(device, config.name) for config in configs if matches(config.name)]

    outcomes = {outcome.item: outcome for outcome in each(devices, ask)}
    failures = [outcome.failure for outcome in outcomes.values() if outcome.failure is not None]
    if len(failures) == len(devices):
        raise failures[0]
    return [name for device in devices for name in outcomes[device].value or ()]
