"""Whose properties: devices, classes, their attributes, and free objects, as people name them.

lab/ps/1   alias   lab/ps/1/current   class:PowerSupply   class:PowerSupply/current   free:CtrlSystem
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from server_core.database.families import (
    CLASS,
    CLASS_ATTRIBUTE,
    DEVICE,
    DEVICE_ATTRIBUTE,
    FREE,
    Family,
    PropertyFamilies,
)
from server_core.database.store import HistoryEntry, Properties, Store
from server_core.model.names import wildcard
from tangoterm.console.session import Session

_ATTRIBUTES = {DEVICE: DEVICE_ATTRIBUTE, CLASS: CLASS_ATTRIBUTE}
_PREFIXES = {DEVICE: "", CLASS: "class:", FREE: "free:"}
PREFIXES = {"class:": "properties of a class", "free:": "properties of an object"}
"""What owners that are no devices begin with, and what that means."""


class Owner(NamedTuple):
    """What owns properties: a device, class or object (`family` is DEVICE, CLASS or FREE), or an attribute of one."""

    family: Family
    name: str
    attribute: str = ""

    def __str__(self) -> str:
        text = _PREFIXES[self.family] + self.name
        return f"{text}/{self.attribute}" if self.attribute else text

    def names(self, store: Store, pattern: str = "*") -> list[str]:
        """The names of the properties that match."""
        if not self.attribute:
            return _generic(store).value_names(self.family, self.name, pattern)
        matches = wildcard(pattern).match
        return [name for name in self._of_attribute(store) if matches(name)]

    def values(self, store: Store, names: Sequence[str]) -> Properties:
        """The values of the named properties that exist, keyed as asked."""
        if not self.attribute:
            return _generic(store).get_values(self.family, self.name, names)
        found = {name.lower(): values for name, values in self._of_attribute(store).items()}
        return {name: found[name.lower()] for name in names if name.lower() in found}

    def put(self, store: Store, name: str, values: Sequence[str]) -> None:
        """Replace the values of a property."""
        if self.attribute:
            family = _ATTRIBUTES[self.family]
            _generic(store).put_member_values(family, self.name, {self.attribute: {name: values}})
        else:
            _generic(store).put_values(self.family, self.name, {name: values})

    def members(self, store: Store) -> list[Owner]:
        """The attributes of a device or class that have properties of their own."""
        family = _ATTRIBUTES.get(self.family)
        if family is None or self.attribute:
            return []
        return [self._replace(attribute=name) for name in _generic(store).member_names(family, self.name, "*")]

    def all(self, store: Store, pattern: str = "*") -> Properties:
        """All properties that match, with their values."""
        if self.attribute:
            matches = wildcard(pattern).match
            return {name: values for name, values in self._of_attribute(store).items() if matches(name)}
        return self.values(store, self.names(store, pattern))

    def delete(self, store: Store, names: Sequence[str]) -> None:
        """Delete properties by name."""
        if self.attribute:
            _generic(store).delete_member_values(_ATTRIBUTES[self.family], self.name, self.attribute, names)
        else:
            _generic(store).delete_values(self.family, self.name, names)

    def history(self, store: Store, pattern: str) -> list[HistoryEntry]:
        """The last changes of the properties that match, oldest first."""
        if self.attribute:
            family = _ATTRIBUTES[self.family]
            return _generic(store).member_value_history(family, self.name, self.attribute, pattern)
        return _generic(store).value_history(self.family, self.name, pattern)

    def _of_attribute(self, store: Store) -> Properties:
        family = _ATTRIBUTES[self.family]
        return _generic(store).get_member_values(family, self.name, [self.attribute])[self.attribute]


def _generic(store: Store) -> PropertyFamilies:
    assert isinstance(store, PropertyFamilies), f"{store!r} has no properties by family"
    return store


def owner_of(session: Session, text: str) -> Owner:
    """The owner that `text` names. Raises DevFailed for a device that is not defined and for what is no name."""
    family, name = _split(text)
    if family is FREE:
        return Owner(FREE, name)
    if family is CLASS:
        dev_class, _, attribute = name.partition("/")
        return Owner(CLASS, dev_class, attribute)
    if text in ("", ".") or session.is_device(text):
        return Owner(DEVICE, session.store.device(session.device_name(text)).name)
    attribute_name = session.attribute(text)
    return Owner(DEVICE, session.store.device(attribute_name.device).name, attribute_name.name)


def _split(text: str) -> tuple[Family, str]:
    """Which kind of owner a text names, by its prefix, and the name behind that."""
    for family in (CLASS, FREE):
        prefix = _PREFIXES[family]
        if text.lower().startswith(prefix):
            return family, text[len(prefix) :]
    return DEVICE, text


def owners_of(session: Session, text: str) -> list[Owner]:
    """The owners whose name matches `text`, where it has `*` for any characters; devices, classes and objects."""
    if "*" not in text:
        return [owner_of(session, text)]
    family, pattern = _split(text)
    if family is FREE:
        names = session.store.property_objects(pattern)
    elif family is CLASS:
        names = session.store.distinct("class", dev_class=pattern)
    else:
        names = session.store.distinct("name", name=pattern)
    return [Owner(family, name) for name in names]
