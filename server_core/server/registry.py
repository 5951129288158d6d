"""The devices of the process, by name and in order.

Source: ADM-5, ADM-23, ADM-24, LIFE-5.
"""

from __future__ import annotations

import re

from server_core.database.store import Store
from server_core.model.errors import DevFailed, Reason
from server_core.model.names import DATABASE_CLASS, DATABASE_KEY
from server_core.server.served import Served


class Registry:
    """What is served now: the admin device, and the devices of each class in order of creation."""

    def __init__(self, store: Store | None) -> None:
        self.admin: Served | None = None
        self.classes: dict[str, list[Served]] = {}
        self._store = store
        self._by_key: dict[str, Served] = {}
        self._remade: frozenset[str] = frozenset()

    def add(self, class_name: str, served: Served) -> None:
        """Serve one more device, as the last of its class."""
        self.classes[class_name].append(served)
        self._by_key[served.key] = served

    def set_admin(self, served: Served) -> None:
        """Serve the admin device."""
        self.admin = served
        self._by_key[served.key] = served

    def to_end(self, class_name: str, served: Served) -> None:
        """Serve a device as the last of its class; it can be found all the while."""
        self._by_key[served.key] = served
        self._take_out(served)
        self.classes[class_name].append(served)

    def remove(self, served: Served) -> None:
        """Serve a device no longer."""
        self._take_out(served)
        self._by_key.pop(served.key, None)

    def _take_out(self, served: Served) -> None:
        for devices in self.classes.values():
            if served in devices:
                devices.remove(served)

    def devices(self) -> list[Served]:
        """All devices but the admin device, class by class, in order of creation."""
        return [served for devices in self.classes.values() for served in devices]

    def has(self, name: str) -> bool:
        """Whether a device of that name is served here."""
        return name.lower() in self._by_key

    def object(self, key: bytes) -> str | None:
        """The name behind an object key of Tango's own protocol: the lower-case name of a device that is served here,
        or is being made anew; `database` is the database (wire 4.2)."""
        try:
            name = key.decode()
        except UnicodeDecodeError:
            return None
        if name in self._by_key or name in self._remade:
            return name
        if name == DATABASE_KEY and self.classes.get(DATABASE_CLASS):
            return self.classes[DATABASE_CLASS][0].key
        return None

    def clear(self) -> None:
        """Serve no device but the admin device, until `made` says that all have been made anew."""
        self._remade = frozenset(self._by_key)
        self.classes.clear()
        self._by_key = {} if self.admin is None else {self.admin.key: self.admin}

    def made(self) -> None:
        """The devices that are there now are all."""
        self._remade = frozenset()

    def find(self, name: str) -> Served:
        """The device called `name` in any case; DevFailed `API_DeviceNotFound`."""
        served = self._by_key.get(name) or self._by_key.get(name.lower())
        if served is None:
            raise _not_found(name)
        return served

    def find_by_name_or_alias(self, name: str) -> Served:
        """The device that an admin command means (ADM-5); DevFailed `API_DeviceNotFound`."""
        return self.find(self._without_alias(name))

    def matching(self, pattern: str) -> list[Served]:
        """The devices that a pattern of the logging commands means, class by class, the admin device last (LOG-32).

        Without `*` it is one name or alias. Otherwise the pieces between the stars must occur in this order, anywhere
        in the name.
        """
        if "*" not in pattern:
            try:
                return [self.find_by_name_or_alias(pattern)]
            except DevFailed:  # no such device: nothing matches
                return []
        matches = re.compile(".*".join(map(re.escape, pattern.lower().split("*")))).search
        everything = [*self.devices(), *([self.admin] if self.admin is not None else [])]
        return [served for served in everything if matches(served.key)]

    def _without_alias(self, name: str) -> str:
        if "/" in name or self._store is None:
            return name
        try:
            return self._store.alias_device(name)
        except DevFailed as failure:
            raise _not_found(name) from failure


def _not_found(name: str) -> DevFailed:
    return DevFailed.of(Reason.API_DeviceNotFound, f"Device {name} not found", "Registry.find")
