"""The Db commands for properties, generated per family (DB-65..DB-97)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from server_core.database.command import STRING, STRINGS, VOID, DbCommand, need
from server_core.database.device_table import device_name
from server_core.database.families import CLASS, CLASS_ATTRIBUTE, DEVICE, DEVICE_ATTRIBUTE, FREE, Family
from server_core.database.layout import (
    pack_attributes,
    pack_history,
    pack_properties,
    pack_single_values,
    unpack_attributes,
    unpack_properties,
)
from server_core.database.sqlite import SqlStore

FILLED = (DEVICE, FREE)
"""Families whose `get` command answers a blank behind a count of 0 (DB-66, DB-71, DB-76)."""

Argin = Sequence[str]


def property_commands() -> Iterator[DbCommand]:
    """All commands for properties."""
    for family in (DEVICE, CLASS, FREE):
        yield from _plain(family)
    for family in (DEVICE_ATTRIBUTE, CLASS_ATTRIBUTE):
        yield from _of_attributes(family)
    yield DbCommand("DbGetObjectList", STRING, STRINGS, "object filter", "objects", SqlStore.property_objects)
    yield DbCommand(
        "DbDeleteAllDeviceAttributeProperty",
        STRINGS,
        VOID,
        "device, attribute, ...",
        "",
        _delete_all_of_device_attributes,
    )


def _plain(family: Family) -> Iterator[DbCommand]:
    word, owner = family.word, family.owner
    values = f"{owner}, number of properties, {{name, number of values, values}}"

    def put(store: SqlStore, argin: Argin) -> None:
        store.put_values(family, *unpack_properties(argin))

    def get(store: SqlStore, argin: Argin) -> list[str]:
        need(argin, 2, f"incorrect no. of input arguments, needs at least 2 ({owner},property)")
        found = store.get_values(family, argin[0], argin[1:])
        answer = [(name, found.get(name, [])) for name in argin[1:]]
        return pack_properties(argin[0], answer, filler=family in FILLED)

    def names(store: SqlStore, argin: Argin) -> list[str]:
        need(argin, 2, f"incorrect no. of input arguments, needs 2 ({owner},filter)")
        return store.value_names(family, argin[0], argin[1])

    def names_of_class(store: SqlStore, argin: str) -> list[str]:
        return store.value_names(family, argin, "*")

    def delete(store: SqlStore, argin: Argin) -> None:
        need(argin, 2, f"insufficient number of arguments to delete {owner} property")
        store.delete_values(family, argin[0], argin[1:])

    def history(store: SqlStore, argin: Argin) -> list[str]:
        need(argin, 2, f"incorrect no. of input arguments, needs 2 ({owner},property)")
        return pack_history(store.value_history(family, argin[0], argin[1]))

    yield DbCommand(f"DbPut{word}Property", STRINGS, VOID, values, "", put)
    yield DbCommand(f"DbGet{word}Property", STRINGS, STRINGS, f"{owner}, property, ...", values, get)
    if family is CLASS:
        yield DbCommand(f"DbGet{word}PropertyList", STRING, STRINGS, "class", "property names", names_of_class)
    else:
        yield DbCommand(f"DbGet{word}PropertyList", STRINGS, STRINGS, f"{owner}, filter", "property names", names)
    yield DbCommand(f"DbDelete{word}Property", STRINGS, VOID, f"{owner}, property, ...", "", delete)
    yield DbCommand(
        f"DbGet{word}PropertyHist",
        STRINGS,
        STRINGS,
        f"{owner}, property filter",
        "{name, date, number of values, values}",
        history,
    )


def _of_attributes(family: Family) -> Iterator[DbCommand]:
    word, owner = family.word, family.owner
    single = f"{owner}, number of attributes, {{attribute, number of properties, {{name, value}}}}"
    values = f"{owner}, number of attributes, {{attribute, number of properties, {{name, number of values, values}}}}"

    def put_single(store: SqlStore, argin: Argin) -> None:
        store.put_attribute_values(family, *unpack_attributes(argin, single=True))

    def put(store: SqlStore, argin: Argin) -> None:
        store.put_attribute_values(family, *unpack_attributes(argin))

    def found(store: SqlStore, argin: Argin) -> list[tuple[str, dict[str, list[str]]]]:
        need(argin, 1, f"incorrect no. of input arguments, needs at least 1 ({owner})")
        attributes = store.get_attribute_values(family, argin[0], argin[1:])
        return [(attribute, attributes[attribute]) for attribute in argin[1:]]

    def get_single(store: SqlStore, argin: Argin) -> list[str]:
        return pack_single_values(argin[0], found(store, argin))

    def get(store: SqlStore, argin: Argin) -> list[str]:
        return pack_attributes(argin[0], found(store, argin))

    def names(store: SqlStore, argin: Argin) -> list[str]:
        need(argin, 2, f"incorrect no. of input arguments, needs 2 ({owner},filter)")
        return store.attribute_names(family, argin[0], argin[1])

    def delete(store: SqlStore, argin: Argin) -> None:
        need(argin, 3, f"insufficient number of arguments to delete {owner} attribute property")
        store.delete_attribute_values(family, _owner(family, argin[0]), argin[1], argin[2:])

    def delete_attribute(store: SqlStore, argin: Argin) -> None:
        need(argin, 2, f"insufficient number of arguments to delete {owner} attribute")
        store.delete_attribute(family, _owner(family, argin[0]), argin[1])

    def history(store: SqlStore, argin: Argin) -> list[str]:
        need(argin, 3, f"incorrect no. of input arguments, needs 3 ({owner},attribute,property)")
        return pack_history(store.attribute_value_history(family, *argin[:3]), attributes=True)

    yield DbCommand(f"DbPut{word}Property", STRINGS, VOID, single, "", put_single)
    yield DbCommand(f"DbPut{word}Property2", STRINGS, VOID, values, "", put)
    yield DbCommand(f"DbGet{word}Property", STRINGS, STRINGS, f"{owner}, attribute, ...", single, get_single)
    yield DbCommand(f"DbGet{word}Property2", STRINGS, STRINGS, f"{owner}, attribute, ...", values, get)
    yield DbCommand(f"DbGet{word}List", STRINGS, STRINGS, f"{owner}, filter", "attribute names", names)
    yield DbCommand(f"DbDelete{word}Property", STRINGS, VOID, f"{owner}, attribute, property, ...", "", delete)
    yield DbCommand(f"DbDelete{word}", STRINGS, VOID, f"{owner}, attribute", "", delete_attribute)
    yield DbCommand(
        f"DbGet{word}PropertyHist",
        STRINGS,
        STRINGS,
        f"{owner}, attribute filter, property filter",
        "{attribute, name, date, number of values, values}",
        history,
    )


def _delete_all_of_device_attributes(store: SqlStore, argin: Argin) -> None:
    need(argin, 2, "insufficient number of arguments to delete all device attribute(s) property")
    device = _owner(DEVICE_ATTRIBUTE, argin[0])
    for attribute in argin[1:]:
        store.delete_attribute_values(DEVICE_ATTRIBUTE, device, attribute, ["*"])


def _owner(family: Family, owner: str) -> str:
    """The owner to delete from; a device must be named as one (DB-86)."""
    if family is DEVICE_ATTRIBUTE:
        return device_name(owner, "failed to delete device attribute, device name incorrect")
    return owner
