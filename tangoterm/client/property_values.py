"""Property values as users give them, as the lists of strings that the database keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tangoterm.client.database_records import DbDatum


def names_of(names: str | Iterable[Any] | Mapping[str, Any]) -> list[str]:
    """The names in a name, in a sequence of names (or of objects that have one), or in the keys of a mapping."""
    if isinstance(names, str):
        return [names]
    if isinstance(names, DbDatum):
        return [names.name]
    return [name if isinstance(name, str) else name.name for name in names]


def values_of(values: Mapping[str, Any] | Iterable[Any]) -> dict[str, list[str]]:
    """Each property's values as strings: of a mapping from names to one value or a sequence of values, or of a
    sequence of objects with `name` and `value_string`, or of a single one."""
    if isinstance(values, Mapping):
        return {name: strings(value) for name, value in values.items()}
    data: Iterable[Any] = [values] if isinstance(values, DbDatum) else values
    return {datum.name: list(datum.value_string) for datum in data}


def strings(value: Any) -> list[str]:
    """One value or a sequence of values as strings."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Iterable):
        return [str(element) for element in value]
    return [str(value)]
