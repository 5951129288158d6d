"""The seven families of properties as data, and the store methods that follow from them.

A family says where its properties are kept (table and owner columns) and how the Db commands call it. The homes of a
store implement the few generic methods of `PropertyFamilies`; the methods of `Store` for each family are the same for
all of them. Source: PROP-1, DB-65..DB-110, DB-210.
"""

# ruff: noqa: D102 (the methods of the interface are documented in `Store`)

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from server_core.database.store import HistoryEntry, Properties, Store, Values


class Family(NamedTuple):
    """One kind of property: the word it has in command names, its table, and the columns that name the owner.

    `version` ends the names of the commands that put and get lists of values, where an older form is without it.
    """

    word: str
    table: str
    key: tuple[str, ...]
    version: str = ""

    @property
    def owner(self) -> str:
        """The column of the owner itself: a device, class or object."""
        return self.key[0]

    @property
    def member(self) -> str:
        """The column of the owner's attribute or pipe, empty when the properties are the owner's own."""
        return self.key[1] if len(self.key) > 1 else ""

    @property
    def history(self) -> str:
        """The table of past values."""
        return f"{self.table}_hist"


DEVICE = Family("Device", "property_device", ("device",))
CLASS = Family("Class", "property_class", ("class",))
FREE = Family("", "property", ("object",))
DEVICE_ATTRIBUTE = Family("DeviceAttribute", "property_attribute_device", ("device", "attribute"), "2")
CLASS_ATTRIBUTE = Family("ClassAttribute", "property_attribute_class", ("class", "attribute"), "2")
DEVICE_PIPE = Family("DevicePipe", "property_pipe_device", ("device", "pipe"))
CLASS_PIPE = Family("ClassPipe", "property_pipe_class", ("class", "pipe"))

FAMILIES = (DEVICE, CLASS, FREE, DEVICE_ATTRIBUTE, CLASS_ATTRIBUTE, DEVICE_PIPE, CLASS_PIPE)
OF_DEVICES = (DEVICE, DEVICE_ATTRIBUTE, DEVICE_PIPE)
"""What goes and moves with a device."""

PIPES = (DEVICE_PIPE, CLASS_PIPE)
"""What databases before release 1.9 do not keep."""

WILD = (DEVICE, FREE)
"""Families of which `*` in a name gets the values of all properties that match, and where a blank stands behind a count
of 0 (DB-66, DB-71, DB-76, PROP-10)."""


def strings(values: Sequence[str]) -> Sequence[str]:
    """`values` when they can be a property's; TypeError for a single string and for elements that are no strings."""
    if isinstance(values, str):
        raise TypeError(f"{values!r} is one string; the values of a property are a sequence of strings")
    for value in values:
        if not isinstance(value, str):
            raise TypeError(f"{value!r} is not a string, as the values of properties are")
    return values


MemberValues = Mapping[str, Values]
MemberProperties = dict[str, Properties]
"""Properties by attribute or pipe."""


class PropertyFamilies(Store):
    """The property methods of a store, on top of one generic method per verb."""

    @abstractmethod
    def get_values(self, family: Family, owner: str, names: Sequence[str]) -> Properties:
        """Values of the named properties that exist, keyed as asked."""

    @abstractmethod
    def put_values(self, family: Family, owner: str, values: Values) -> None:
        """Replace values; an empty list deletes."""

    @abstractmethod
    def delete_values(self, family: Family, owner: str, names: Sequence[str]) -> None:
        """Delete by name or wildcard."""

    @abstractmethod
    def value_names(self, family: Family, owner: str, pattern: str) -> list[str]:
        """Names that match."""

    @abstractmethod
    def value_history(self, family: Family, owner: str, pattern: str) -> list[HistoryEntry]:
        """The last changes, oldest first."""

    @abstractmethod
    def get_member_values(self, family: Family, owner: str, members: Sequence[str]) -> MemberProperties:
        """All properties of each attribute or pipe asked."""

    @abstractmethod
    def put_member_values(self, family: Family, owner: str, values: MemberValues) -> None:
        """Replace the values of the named properties of each attribute or pipe."""

    @abstractmethod
    def delete_member_values(self, family: Family, owner: str, member: str, names: Sequence[str]) -> None:
        """Delete properties of an attribute or pipe by name or wildcard."""

    @abstractmethod
    def delete_member(self, family: Family, owner: str, member: str) -> None:
        """Delete all properties of an attribute or pipe, leaving nothing in the history."""

    @abstractmethod
    def member_names(self, family: Family, owner: str, pattern: str) -> list[str]:
        """Names of attributes or pipes that have properties and match."""

    @abstractmethod
    def member_value_history(self, family: Family, owner: str, member: str, pattern: str) -> list[HistoryEntry]:
        """The last changes; attribute or pipe may be a wildcard too."""

    # ---- device properties

    def get_device_property(self, device: str, names: Sequence[str]) -> Properties:
        return self.get_values(DEVICE, device, names)

    def put_device_property(self, device: str, values: Values) -> None:
        self.put_values(DEVICE, device, values)

    def delete_device_property(self, device: str, names: Sequence[str]) -> None:
        self.delete_values(DEVICE, device, names)

    def device_properties(self, device: str, pattern: str = "*") -> list[str]:
        return self.value_names(DEVICE, device, pattern)

    def device_property_history(self, device: str, pattern: str) -> list[HistoryEntry]:
        return self.value_history(DEVICE, device, pattern)

    # ---- class properties

    def get_class_property(self, class_name: str, names: Sequence[str]) -> Properties:
        return self.get_values(CLASS, class_name, names)

    def put_class_property(self, class_name: str, values: Values) -> None:
        self.put_values(CLASS, class_name, values)

    def delete_class_property(self, class_name: str, names: Sequence[str]) -> None:
        self.delete_values(CLASS, class_name, names)

    def class_properties(self, class_name: str, pattern: str = "*") -> list[str]:
        return self.value_names(CLASS, class_name, pattern)

    def class_property_history(self, class_name: str, pattern: str) -> list[HistoryEntry]:
        return self.value_history(CLASS, class_name, pattern)

    # ---- free properties

    def get_property(self, obj: str, names: Sequence[str]) -> Properties:
        return self.get_values(FREE, obj, names)

    def put_property(self, obj: str, values: Values) -> None:
        self.put_values(FREE, obj, values)

    def delete_property(self, obj: str, names: Sequence[str]) -> None:
        self.delete_values(FREE, obj, names)

    def properties(self, obj: str, pattern: str = "*") -> list[str]:
        return self.value_names(FREE, obj, pattern)

    def property_history(self, obj: str, pattern: str) -> list[HistoryEntry]:
        return self.value_history(FREE, obj, pattern)

    # ---- device attribute properties

    def get_device_attribute_property(self, device: str, attributes: Sequence[str]) -> MemberProperties:
        return self.get_member_values(DEVICE_ATTRIBUTE, device, attributes)

    def put_device_attribute_property(self, device: str, values: MemberValues) -> None:
        self.put_member_values(DEVICE_ATTRIBUTE, device, values)

    def delete_device_attribute_property(self, device: str, attribute: str, names: Sequence[str]) -> None:
        self.delete_member_values(DEVICE_ATTRIBUTE, device, attribute, names)

    def delete_device_attribute(self, device: str, attribute: str) -> None:
        self.delete_member(DEVICE_ATTRIBUTE, device, attribute)

    def device_attributes(self, device: str, pattern: str = "*") -> list[str]:
        return self.member_names(DEVICE_ATTRIBUTE, device, pattern)

    def device_attribute_property_history(self, device: str, attribute: str, pattern: str) -> list[HistoryEntry]:
        return self.member_value_history(DEVICE_ATTRIBUTE, device, attribute, pattern)

    # ---- class attribute properties

    def get_class_attribute_property(self, class_name: str, attributes: Sequence[str]) -> MemberProperties:
        return self.get_member_values(CLASS_ATTRIBUTE, class_name, attributes)

    def put_class_attribute_property(self, class_name: str, values: MemberValues) -> None:
        self.put_member_values(CLASS_ATTRIBUTE, class_name, values)

    def delete_class_attribute_property(self, class_name: str, attribute: str, names: Sequence[str]) -> None:
        self.delete_member_values(CLASS_ATTRIBUTE, class_name, attribute, names)

    def delete_class_attribute(self, class_name: str, attribute: str) -> None:
        self.delete_member(CLASS_ATTRIBUTE, class_name, attribute)

    def class_attributes(self, class_name: str, pattern: str = "*") -> list[str]:
        return self.member_names(CLASS_ATTRIBUTE, class_name, pattern)

    def class_attribute_property_history(self, class_name: str, attribute: str, pattern: str) -> list[HistoryEntry]:
        return self.member_value_history(CLASS_ATTRIBUTE, class_name, attribute, pattern)

    # ---- device pipe properties

    def get_device_pipe_property(self, device: str, pipes: Sequence[str]) -> MemberProperties:
        return self.get_member_values(DEVICE_PIPE, device, pipes)

    def put_device_pipe_property(self, device: str, values: MemberValues) -> None:
        self.put_member_values(DEVICE_PIPE, device, values)

    def delete_device_pipe_property(self, device: str, pipe: str, names: Sequence[str]) -> None:
        self.delete_member_values(DEVICE_PIPE, device, pipe, names)

    def delete_device_pipe(self, device: str, pipe: str) -> None:
        self.delete_member(DEVICE_PIPE, device, pipe)

    def device_pipes(self, device: str, pattern: str = "*") -> list[str]:
        return self.member_names(DEVICE_PIPE, device, pattern)

    def device_pipe_property_history(self, device: str, pipe: str, pattern: str) -> list[HistoryEntry]:
        return self.member_value_history(DEVICE_PIPE, device, pipe, pattern)

    # ---- class pipe properties

    def get_class_pipe_property(self, class_name: str, pipes: Sequence[str]) -> MemberProperties:
        return self.get_member_values(CLASS_PIPE, class_name, pipes)

    def put_class_pipe_property(self, class_name: str, values: MemberValues) -> None:
        self.put_member_values(CLASS_PIPE, class_name, values)

    def delete_class_pipe_property(self, class_name: str, pipe: str, names: Sequence[str]) -> None:
        self.delete_member_values(CLASS_PIPE, class_name, pipe, names)

    def delete_class_pipe(self, class_name: str, pipe: str) -> None:
        self.delete_member(CLASS_PIPE, class_name, pipe)

    def class_pipes(self, class_name: str, pattern: str = "*") -> list[str]:
        return self.member_names(CLASS_PIPE, class_name, pattern)

    def class_pipe_property_history(self, class_name: str, pipe: str, pattern: str) -> list[HistoryEntry]:
        return self.member_value_history(CLASS_PIPE, class_name, pipe, pattern)
