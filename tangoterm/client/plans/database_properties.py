"""What can be asked of the database of a control system: properties of devices, classes, attributes and free ones.

Values go in as one value or a sequence for each name, and come out as lists of strings; a property that does not exist
comes out empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from server_core.database.store import HistoryEntry, Properties, Store
from tangoterm.client.database_records import DbDatum, DbHistory
from tangoterm.client.plans.database import asking, changing
from tangoterm.client.property_values import names_of, values_of

Names = str | Iterable[str] | Mapping[str, Any]


def _complete(names: Names, get: Callable[[list[str]], Properties]) -> Properties:
    """Values for all names asked, empty for those that do not exist."""
    wanted = names_of(names)
    found = get(wanted)
    return {name: list(found.get(name, ())) for name in wanted}


def _history(entries: Iterable[HistoryEntry]) -> list[DbHistory]:
    return [DbHistory.of(entry) for entry in entries]


# ---- devices


@asking
def get_device_property(store: Store, dev_name: str, value: Names) -> Properties:
    """Properties of a device by name."""
    return _complete(value, lambda names: store.get_device_property(dev_name, names))


@changing
def put_device_property(store: Store, dev_name: str, value: Mapping[str, Any]) -> None:
    """Set properties of a device; an empty sequence deletes (PROP-2)."""
    store.put_device_property(dev_name, values_of(value))


@changing
def delete_device_property(store: Store, dev_name: str, value: Names) -> None:
    """Delete properties of a device; `*` in a name is a wildcard (PROP-10)."""
    store.delete_device_property(dev_name, names_of(value))


@asking
def get_device_property_list(store: Store, dev_name: str, wildcard: str = "*") -> DbDatum:
    """The names of a device's properties that match."""
    return DbDatum(dev_name, store.device_properties(dev_name, wildcard))


@asking
def get_device_property_history(store: Store, dev_name: str, prop_name: str) -> list[DbHistory]:
    """The last changes of properties that match, oldest first (PROP-11)."""
    return _history(store.device_property_history(dev_name, prop_name))


# ---- classes


@asking
def get_class_property(store: Store, class_name: str, value: Names) -> Properties:
    """Properties of a class by name."""
    return _complete(value, lambda names: store.get_class_property(class_name, names))


@changing
def put_class_property(store: Store, class_name: str, value: Mapping[str, Any]) -> None:
    """Set properties of a class."""
    store.put_class_property(class_name, values_of(value))


@changing
def delete_class_property(store: Store, class_name: str, value: Names) -> None:
    """Delete properties of a class."""
    store.delete_class_property(class_name, names_of(value))


@asking
def get_class_property_list(store: Store, class_name: str) -> DbDatum:
    """The names of a class's properties."""
    return DbDatum(class_name, store.class_properties(class_name))


@asking
def get_class_property_history(store: Store, class_name: str, prop_name: str) -> list[DbHistory]:
    """The last changes of properties that match, oldest first."""
    return _history(store.class_property_history(class_name, prop_name))


# ---- free properties


@asking
def get_property(store: Store, obj_name: str, value: Names) -> Properties:
    """Free properties of an object by name."""
    return _complete(value, lambda names: store.get_property(obj_name, names))


@changing
def put_property(store: Store, obj_name: str, value: Mapping[str, Any]) -> None:
    """Set free properties of an object."""
    store.put_property(obj_name, values_of(value))


@changing
def delete_property(store: Store, obj_name: str, value: Names) -> None:
    """Delete free properties of an object."""
    store.delete_property(obj_name, names_of(value))


@asking
def get_object_list(store: Store, wildcard: str = "*") -> DbDatum:
    """The objects that have free properties and match."""
    return DbDatum("object", store.property_objects(wildcard))


@asking
def get_object_property_list(store: Store, obj_name: str, wildcard: str = "*") -> DbDatum:
    """The names of an object's free properties that match."""
    return DbDatum(obj_name, store.properties(obj_name, wildcard))


@asking
def get_property_history(store: Store, obj_name: str, prop_name: str) -> list[DbHistory]:
    """The last changes of free properties that match, oldest first."""
    return _history(store.property_history(obj_name, prop_name))


# ---- attributes of devices


@asking
def get_device_attribute_property(store: Store, dev_name: str, value: Names) -> dict[str, Properties]:
    """All properties of each attribute named."""
    return store.get_device_attribute_property(dev_name, names_of(value))


@changing
def put_device_attribute_property(store: Store, dev_name: str, value: Mapping[str, Mapping[str, Any]]) -> None:
    """Set properties of attributes: `{attribute: {property: value}}`."""
    store.put_device_attribute_property(dev_name, {name: values_of(each) for name, each in value.items()})


@changing
def delete_device_attribute_property(store: Store, dev_name: str, value: Mapping[str, Names]) -> None:
    """Delete properties of attributes: `{attribute: properties}`."""
    for attribute, names in value.items():
        store.delete_device_attribute_property(dev_name, attribute, names_of(names))


@asking
def get_device_attribute_list(store: Store, dev_name: str, wildcard: str = "*") -> DbDatum:
    """The attributes of a device that have properties and match."""
    return DbDatum(dev_name, store.device_attributes(dev_name, wildcard))


@asking
def get_device_attribute_property_history(
    store: Store, dev_name: str, attr_name: str, prop_name: str
) -> list[DbHistory]:
    """The last changes of an attribute's properties that match, oldest first."""
    return _history(store.device_attribute_property_history(dev_name, attr_name, prop_name))


# ---- attributes of classes


@asking
def get_class_attribute_property(store: Store, class_name: str, value: Names) -> dict[str, Properties]:
    """All properties that a class gives each attribute named."""
    return store.get_class_attribute_property(class_name, names_of(value))


@changing
def put_class_attribute_property(store: Store, class_name: str, value: Mapping[str, Mapping[str, Any]]) -> None:
    """Set properties that a class gives its attributes: `{attribute: {property: value}}`."""
    store.put_class_attribute_property(class_name, {name: values_of(each) for name, each in value.items()})


@changing
def delete_class_attribute_property(store: Store, class_name: str, value: Mapping[str, Names]) -> None:
    """Delete properties that a class gives its attributes: `{attribute: properties}`."""
    for attribute, names in value.items():
        store.delete_class_attribute_property(class_name, attribute, names_of(names))


@asking
def get_class_attribute_list(store: Store, class_name: str, wildcard: str = "*") -> DbDatum:
    """The attributes of a class that have properties and match."""
    return DbDatum(class_name, store.class_attributes(class_name, wildcard))


@asking
def get_class_attribute_property_history(
    store: Store, class_name: str, attr_name: str, prop_name: str
) -> list[DbHistory]:
    """The last changes of the properties of a class's attributes that match, oldest first."""
    return _history(store.class_attribute_property_history(class_name, attr_name, prop_name))


# ---- pipes of devices


@asking
def get_device_pipe_property(store: Store, dev_name: str, value: Names) -> dict[str, Properties]:
    """All properties of each pipe named (DB-105)."""
    return store.get_device_pipe_property(dev_name, names_of(value))


@changing
def put_device_pipe_property(store: Store, dev_name: str, value: Mapping[str, Mapping[str, Any]]) -> None:
    """Set properties of pipes: `{pipe: {property: value}}` (DB-104)."""
    store.put_device_pipe_property(dev_name, {name: values_of(each) for name, each in value.items()})


@changing
def delete_device_pipe_property(store: Store, dev_name: str, value: Mapping[str, Names]) -> None:
    """Delete properties of pipes: `{pipe: properties}` (DB-107)."""
    for pipe, names in value.items():
        store.delete_device_pipe_property(dev_name, pipe, names_of(names))


@asking
def get_device_pipe_list(store: Store, dev_name: str, wildcard: str = "*") -> DbDatum:
    """The pipes of a device that have properties and match (DB-106)."""
    return DbDatum(dev_name, store.device_pipes(dev_name, wildcard))


@asking
def get_device_pipe_property_history(store: Store, dev_name: str, pipe_name: str, prop_name: str) -> list[DbHistory]:
    """The last changes of the properties of a device's pipes that match, oldest first (DB-109)."""
    return _history(store.device_pipe_property_history(dev_name, pipe_name, prop_name))


# ---- pipes of classes


@asking
def get_class_pipe_property(store: Store, class_name: str, value: Names) -> dict[str, Properties]:
    """All properties that a class gives each pipe named (DB-99)."""
    return store.get_class_pipe_property(class_name, names_of(value))


@changing
def put_class_pipe_property(store: Store, class_name: str, value: Mapping[str, Mapping[str, Any]]) -> None:
    """Set properties that a class gives its pipes: `{pipe: {property: value}}` (DB-98)."""
    store.put_class_pipe_property(class_name, {name: values_of(each) for name, each in value.items()})


@changing
def delete_class_pipe_property(store: Store, class_name: str, value: Mapping[str, Names]) -> None:
    """Delete properties that a class gives its pipes: `{pipe: properties}` (DB-101)."""
    for pipe, names in value.items():
        store.delete_class_pipe_property(class_name, pipe, names_of(names))


@asking
def get_class_pipe_list(store: Store, class_name: str, wildcard: str = "*") -> DbDatum:
    """The pipes of a class that have properties and match (DB-100)."""
    return DbDatum(class_name, store.class_pipes(class_name, wildcard))


@asking
def get_class_pipe_property_history(store: Store, class_name: str, pipe_name: str, prop_name: str) -> list[DbHistory]:
    """The last changes of the properties of a class's pipes that match, oldest first (DB-103)."""
    return _history(store.class_pipe_property_history(class_name, pipe_name, prop_name))
