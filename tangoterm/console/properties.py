"""Whose properties: devices, classes, their attributes, and free objects, as people name them.

lab/ps/1   alias   lab/ps/1/current   class:PowerSupply   class:PowerSupply/current   free:CtrlSystem
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from server_core.database.store import HistoryEntry, Properties, Store
from server_core.model.names import wildcard
from tangoterm.console.session import Session


class Kind(Enum):
    """What owns a property; the value stands before its name, with a colon."""

    DEVICE = "device"
    CLASS = "class"
    FREE = "free"


class Owner(NamedTuple):
    """What owns properties: a device, class or object, or an attribute of a device or class."""

    kind: Kind
    name: str
    attribute: str = ""

    def __str__(self) -> str:
        text = self.name if self.kind is Kind.DEVICE else f"{self.kind.value}:{self.name}"
        return f"{text}/{self.attribute}" if self.attribute else text

    def names(self, store: Store, pattern: str = "*") -> list[str]:
        """The names of the properties that match."""
        if self.attribute:
            matches = wildcard(pattern).match
            return [name for name in self._of_attribute(store) if matches(name)]
        if self.kind is Kind.DEVICE:
            return store.device_properties(self.name, pattern)
        return (store.class_properties if self.kind is Kind.CLASS else store.properties)(self.name, pattern)

    def values(self, store: Store, names: Sequence[str]) -> Properties:
        """The values of the named properties that exist, keyed as asked."""
        if self.attribute:
            found = {name.lower(): values for name, values in self._of_attribute(store).items()}
            return {name: found[name.lower()] for name in names if name.lower() in found}
        if self.kind is Kind.DEVICE:
            return store.get_device_property(self.name, names)
        return (store.get_class_property if self.kind is Kind.CLASS else store.get_property)(self.name, names)

    def put(self, store: Store, name: str, values: Sequence[str]) -> None:
        """Replace the values of a property."""
        change: Mapping[str, Sequence[str]] = {name: values}
        if self.kind is Kind.FREE:
            store.put_property(self.name, change)
        elif self.kind is Kind.DEVICE and self.attribute:
            store.put_device_attribute_property(self.name, {self.attribute: change})
        elif self.kind is Kind.DEVICE:
            store.put_device_property(self.name, change)
        elif self.attribute:
            store.put_class_attribute_property(self.name, {self.attribute: change})
        else:
            store.put_class_property(self.name, change)

    def delete(self, store: Store, names: Sequence[str]) -> None:
        """Delete properties by name."""
        if self.kind is Kind.FREE:
            store.delete_property(self.name, names)
        elif self.kind is Kind.DEVICE and self.attribute:
            store.delete_device_attribute_property(self.name, self.attribute, names)
        elif self.kind is Kind.DEVICE:
            store.delete_device_property(self.name, names)
        elif self.attribute:
            store.delete_class_attribute_property(self.name, self.attribute, names)
        else:
            store.delete_class_property(self.name, names)

    def history(self, store: Store, pattern: str) -> list[HistoryEntry]:
        """The last changes of the properties that match, oldest first."""
        if self.kind is Kind.FREE:
            return store.property_history(self.name, pattern)
        if self.kind is Kind.DEVICE and self.attribute:
            return store.device_attribute_property_history(self.name, self.attribute, pattern)
        if self.kind is Kind.DEVICE:
            return store.device_property_history(self.name, pattern)
        if self.attribute:
            return store.class_attribute_property_history(self.name, self.attribute, pattern)
        return store.class_property_history(self.name, pattern)

    def _of_attribute(self, store: Store) -> Properties:
        get = store.get_device_attribute_property if self.kind is Kind.DEVICE else store.get_class_attribute_property
        return get(self.name, [self.attribute])[self.attribute]


def owner_of(session: Session, text: str) -> Owner:
    """The owner that `text` names. Raises DevFailed for a device that is not defined and for what is no name."""
    word, colon, name = text.partition(":")
    if colon and word.lower() == Kind.FREE.value:
        return Owner(Kind.FREE, name)
    if colon and word.lower() == Kind.CLASS.value:
        dev_class, _, attribute = name.partition("/")
        return Owner(Kind.CLASS, dev_class, attribute)
    if text in ("", ".") or session.is_device(text):
        return Owner(Kind.DEVICE, session.store.device(session.device_name(text)).name)
    attribute_name = session.attribute(text)
    return Owner(Kind.DEVICE, session.store.device(attribute_name.device).name, attribute_name.name)


def owners_of(session: Session, text: str) -> list[Owner]:
    """The owners whose name matches `text`, where it has `*` for any characters; devices, classes and objects."""
    if "*" not in text:
        return [owner_of(session, text)]
    word, colon, pattern = text.partition(":")
    if colon and word.lower() == Kind.FREE.value:
        return [Owner(Kind.FREE, name) for name in session.store.property_objects(pattern)]
    if colon and word.lower() == Kind.CLASS.value:
        return [Owner(Kind.CLASS, name) for name in session.store.distinct("class", dev_class=pattern)]
    return [Owner(Kind.DEVICE, name) for name in session.store.distinct("name", name=text)]


class Change(NamedTuple):
    """A change of a property: what it was before (None: unknown or nothing), and how its elements differ from that."""

    entry: HistoryEntry
    added: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def text(self) -> str:
        """The change in a few words."""
        if self.entry.deleted:
            return "deleted"
        signs = [f"-{value}" for value in self.removed] + [f"+{value}" for value in self.added]
        return ", ".join(signs) or "same elements"


def changes(entries: Iterable[HistoryEntry]) -> list[Change]:
    """Each change beside the one before it of the same property."""
    before: dict[str, tuple[str, ...]] = {}
    found = []
    for entry in entries:
        old = before.get(entry.name.lower(), ())
        found.append(Change(entry, _more(entry.values, old), _more(old, entry.values)))
        before[entry.name.lower()] = entry.values
    return found


def _more(elements: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """The elements that are not among the others, in their order."""
    left = Counter(others)
    more = []
    for element in elements:
        if left[element]:
            left[element] -= 1
        else:
            more.append(element)
    return tuple(more)
