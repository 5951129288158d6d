"""The Db commands for properties, generated per family (DB-65..DB-110)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from server_core.database.command import STRING, STRINGS, VOID, DbCommand, need
from server_core.database.device_table import device_name
from server_core.database.families import (
    CLASS,
    CLASS_ATTRIBUTE,
    CLASS_PIPE,
    DEVICE,
    DEVICE_ATTRIBUTE,
    DEVICE_PIPE,
    FREE,
    WILD,
    Family,
)
from server_core.database.layout import (
    pack_history,
    pack_members,
    pack_properties,
    pack_single_values,
    unpack_members,
    unpack_properties,
)
from server_core.database.sqlite import SqlStore
from server_core.database.store import Properties

Argin = Sequence[str]


def property_commands() -> Iterator[DbCommand]:
    """All commands for properties."""
    for family in (DEVICE, CLASS, FREE):
        yield from _plain(family)
    for family in (DEVICE_ATTRIBUTE, CLASS_ATTRIBUTE):
        yield from _of_members(family)
        yield from _single_values(family)
    for family in (DEVICE_PIPE, CLASS_PIPE):
        yield from _of_members(family)
    yield DbCommand("DbGetObjectList", STRING, STRINGS, "object filter", "objects", SqlStore.property_objects)
    for family in (DEVICE_ATTRIBUTE, DEVICE_PIPE):
        yield _delete_all(family)


def _plain(family: Family) -> Iterator[DbCommand]:
    word, owner = family.word, family.owner
    values = f"{owner}, number of properties, {{name, number of values, values}}"

    def put(store: SqlStore, argin: Argin) -> None:
        store.put_values(family, *unpack_properties(argin))

    def get(store: SqlStore, argin: Argin) -> list[str]:
        need(argin, 2, f"incorrect no. of input arguments, needs at least 2 ({owner},property)")
        found = store.get_values(family, argin[0], argin[1:])
        answer = [(name, found.get(name, [])) for name in argin[1:]]
        return pack_properties(argin[0], answer, filler=family in WILD)

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


def _of_members(family: Family) -> Iterator[DbCommand]:
    word, owner, member = family.word, family.owner, family.member
    values = f"{owner}, number of {member}s, {{{member}, number of properties, {{name, number of values, values}}}}"

    def put(store: SqlStore, argin: Argin) -> None:
        store.put_member_values(family, *unpack_members(argin))

    def get(store: SqlStore, argin: Argin) -> list[str]:
        found = _found(store, family, argin)
        return pack_members(argin[0], found)

    def names(store: SqlStore, argin: Argin) -> list[str]:
        need(argin, 2, f"incorrect no. of input arguments, needs 2 ({owner},filter)")
        return store.member_names(family, argin[0], argin[1])

    def delete(store: SqlStore, argin: Argin) -> None:
        need(argin, 3, f"insufficient number of arguments to delete {owner} {member} property")
        store.delete_member_values(family, _owner(family, argin[0]), argin[1], argin[2:])

    def delete_member(store: SqlStore, argin: Argin) -> None:
        need(argin, 2, f"insufficient number of arguments to delete {owner} {member}")
        store.delete_member(family, _owner(family, argin[0]), argin[1])

    def history(store: SqlStore, argin: Argin) -> list[str]:
        need(argin, 3, f"incorrect no. of input arguments, needs 3 ({owner},{member},property)")
        return pack_history(store.member_value_history(family, *argin[:3]), members=True)

    yield DbCommand(f"DbPut{word}Property{family.version}", STRINGS, VOID, values, "", put)
    yield DbCommand(f"DbGet{word}Property{family.version}", STRINGS, STRINGS, f"{owner}, {member}, ...", values, get)
    yield DbCommand(f"DbGet{word}List", STRINGS, STRINGS, f"{owner}, filter", f"{member} names", names)
    yield DbCommand(f"DbDelete{word}Property", STRINGS, VOID, f"{owner}, {member}, property, ...", "", delete)
    yield DbCommand(f"DbDelete{word}", STRINGS, VOID, f"{owner}, {member}", "", delete_member)
    yield DbCommand(
        f"DbGet{word}PropertyHist",
        STRINGS,
        STRINGS,
        f"{owner}, {member} filter, property filter",
        f"{{{member}, name, date, number of values, values}}",
        history,
    )


def _single_values(family: Family) -> Iterator[DbCommand]:
    """The older commands, of one value a property (DB-81, DB-83, DB-90, DB-92)."""
    word, owner, member = family.word, family.owner, family.member
    values = f"{owner}, number of {member}s, {{{member}, number of properties, {{name, value}}}}"

    def put(store: SqlStore, argin: Argin) -> None:
        store.put_member_values(family, *unpack_members(argin, single=True))

    def get(store: SqlStore, argin: Argin) -> list[str]:
        found = _found(store, family, argin)
        return pack_single_values(argin[0], found)

    yield DbCommand(f"DbPut{word}Property", STRINGS, VOID, values, "", put)
    yield DbCommand(f"DbGet{word}Property", STRINGS, STRINGS, f"{owner}, {member}, ...", values, get)


def _found(store: SqlStore, family: Family, argin: Argin) -> list[tuple[str, Properties]]:
    need(argin, 1, f"incorrect no. of input arguments, needs at least 1 ({family.owner})")
    members = store.get_member_values(family, argin[0], argin[1:])
    return [(member, members[member]) for member in argin[1:]]


def _delete_all(family: Family) -> DbCommand:
    """Delete all properties of some attributes or pipes of a device, with history (DB-87, DB-110)."""

    def delete(store: SqlStore, argin: Argin) -> None:
        need(argin, 2, f"insufficient number of arguments to delete all device {family.member}(s) property")
        device = _owner(family, argin[0])
        for member in argin[1:]:
            store.delete_member_values(family, device, member, ["*"])

    return DbCommand(
        f"DbDeleteAll{family.word}Property", STRINGS, VOID, f"{family.owner}, {family.member}, ...", "", delete
    )


def _owner(family: Family, owner: str) -> str:
    """The owner to delete from; a device must be named as one (DB-86)."""
    if family.owner == DEVICE.owner:
        return device_name(owner, f"failed to delete device {family.member}, device name incorrect")
    return owner
