"""What the database answers, under PyTango's names."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from server_core.database.store import DeviceRecord, HistoryEntry


class DbDatum(list[str]):
    """A list of strings with the name of what was asked for."""

    def __init__(self, name: str = "", value_string: Iterable[str] = ()) -> None:
        super().__init__(value_string)
        self.name = name

    @property
    def value_string(self) -> list[str]:
        """The strings."""
        return list(self)

    def size(self) -> int:
        """How many strings there are."""
        return len(self)

    def is_empty(self) -> bool:
        """Whether there are none."""
        return not self


@dataclass
class DbDevInfo:
    """A device to define: its name, its class, and `server/instance`."""

    name: str = ""
    _class: str = ""
    server: str = ""

    @property
    def klass(self) -> str:
        """The class; the same as `_class`, under a name that can be written."""
        return self._class

    @klass.setter
    def klass(self, name: str) -> None:
        self._class = name


@dataclass
class DbDevExportInfo:
    """What a server says of a device it serves; `ior` is its object reference."""

    name: str = ""
    ior: str = ""
    host: str = ""
    version: str = ""
    pid: int = 0


class DbDevImportInfo(NamedTuple):
    """Where a device is: 1 in `exported` when it is served, `ior` its object reference."""

    name: str
    exported: int
    ior: str
    version: str


class DbDevFullInfo(NamedTuple):
    """All that is known of a device; dates as `2026-11-21 10:30:00`, `Not available` for never."""

    name: str
    exported: int
    ior: str
    version: str
    class_name: str
    ds_full_name: str
    host: str
    started_date: str
    stopped_date: str
    pid: int

    @classmethod
    def of(cls, record: DeviceRecord) -> DbDevFullInfo:
        """The same in PyTango's terms."""
        return cls(
            record.name,
            int(record.exported),
            record.ior,
            record.version,
            record.dev_class,
            record.server,
            record.host,
            _date(record.started),
            _date(record.stopped),
            record.pid,
        )


@dataclass
class DbServerInfo:
    """How a server is to be started: its host, whether a starter controls it, and the start level."""

    name: str = ""
    host: str = ""
    mode: int = 0
    level: int = 0


class DbHistory(NamedTuple):
    """One change of a property; no values when it was deleted."""

    name: str
    date: str
    value: DbDatum
    deleted: bool
    attribute_name: str = ""

    def get_name(self) -> str:
        """The property's name."""
        return self.name

    def get_attribute_name(self) -> str:
        """The attribute or pipe whose property it is, empty for others."""
        return self.attribute_name

    def get_date(self) -> str:
        """When it changed."""
        return self.date

    def get_value(self) -> DbDatum:
        """The values it got."""
        return self.value

    def is_deleted(self) -> bool:
        """Whether it was deleted."""
        return self.deleted

    @classmethod
    def of(cls, entry: HistoryEntry) -> DbHistory:
        """The same in PyTango's terms."""
        return cls(entry.name, entry.date, DbDatum(entry.name, entry.values), entry.deleted, entry.member)


def _date(moment: float | None) -> str:
    return "Not available" if moment is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))
