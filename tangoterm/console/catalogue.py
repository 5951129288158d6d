"""The control system at one moment: its devices, servers, classes and aliases, and what of them is running."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from server_core.database.store import DeviceRecord, Store
from server_core.model.names import ADMIN_DOMAIN, wildcard
from tangoterm.console.names import NameStore

UNKNOWN_HOST = "nada"
"""What the database says for the host of a device that was never served."""


class Group(NamedTuple):
    """A server or a class with its devices."""

    name: str
    devices: tuple[DeviceRecord, ...]

    @property
    def running(self) -> bool:
        """Whether any of the devices is served."""
        return any(record.exported for record in self.devices)

    @property
    def exported(self) -> int:
        """How many of the devices are served."""
        return sum(record.exported for record in self.devices)


class Catalogue:
    """What the database knows, read at once; never changed, but replaced by a newer one."""

    def __init__(self, records: Iterable[DeviceRecord] = ()) -> None:
        self.records = tuple(records)

    @classmethod
    def load(cls, store: Store) -> Catalogue:
        """The catalogue of what `store` holds now."""
        return cls(store.devices())

    @cached_property
    def names(self) -> NameStore:
        """The names of all devices."""
        return NameStore(record.name for record in self.records)

    @cached_property
    def aliases(self) -> NameStore:
        """The aliases of all devices."""
        return NameStore(record.alias for record in self.records if record.alias)

    @cached_property
    def _by_name(self) -> dict[str, DeviceRecord]:
        found = {record.alias.lower(): record for record in self.records if record.alias}
        return found | {record.name.lower(): record for record in self.records}

    def find(self, name_or_alias: str) -> DeviceRecord | None:
        """The record of a device, None when it is not defined."""
        return self._by_name.get(name_or_alias.lower())

    def devices(self, pattern: str = "*", *, admin: bool = False) -> list[DeviceRecord]:
        """The devices whose name or alias matches; admin devices only with `admin`, or when the pattern names their
        domain."""
        matches = wildcard(pattern).match
        admin = admin or pattern.lower().startswith(ADMIN_DOMAIN + "/")
        return [
            record
            for record in self.records
            if (matches(record.name) or (record.alias and matches(record.alias))) and (admin or not is_admin(record))
        ]

    def servers(self, pattern: str = "*") -> list[Group]:
        """The servers that match, with their devices (admin devices not counted among them)."""
        return _groups(((record.server, record) for record in self.records), pattern)

    def classes(self, pattern: str = "*") -> list[Group]:
        """The classes that match, with their devices."""
        return _groups(((record.dev_class, record) for record in self.records if not is_admin(record)), pattern)


def is_admin(record: DeviceRecord) -> bool:
    """Whether the device is the admin device of a server."""
    return record.name.lower().startswith(ADMIN_DOMAIN + "/")


def _groups(pairs: Iterable[tuple[str, DeviceRecord]], pattern: str) -> list[Group]:
    matches = wildcard(pattern).match
    groups: dict[str, tuple[str, list[DeviceRecord]]] = {}
    for name, record in pairs:
        if matches(name):
            groups.setdefault(name.lower(), (name, []))[1].append(record)
    return [
        Group(name, tuple(record for record in records if not is_admin(record)) or tuple(records))
        for _, (name, records) in sorted(groups.items())
    ]
