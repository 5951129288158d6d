"""Device records of a remote database: by SELECT, or by the older commands where the database has none.

No command but DbMySqlSelect lists more of devices than their names; the columns are those of DB-210, the same in all
Tango databases. A database without it is asked for each device on its own.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final

from server_core.database.device_commands import MONTHS
from server_core.database.device_table import seconds
from server_core.database.store import DeviceRecord
from server_core.model.errors import DevFailed, Reason
from server_core.model.names import wildcard

SELECT: Final = "DbMySqlSelect"

Row = tuple[str | None, ...]
Execute = Callable[[str, Any], Any]
"""The result of a command; raises DevFailed."""

Understood = Callable[[str], AbstractContextManager[None]]
"""Around the reading of a command's answer: makes DevFailed of the ValueError of a wrong one."""

_COLUMNS: Final = (
    "name",
    "server",
    "class",
    "alias",
    "exported",
    "ior",
    "host",
    "pid",
    "version",
    "started",
    "stopped",
)
_PLAIN: Final = re.compile(r"[\w/*.@+~:#$=,&()\[\] -]*\Z")
"""Names that can stand in an SQL text; others are compared here."""

_LIKE: Final = str.maketrans({"|": "||", "%": "|%", "_": "|_", "*": "%"})


class Records(ABC):
    """Finds device records, as the methods of `Store` of the same names do; `filters` hold a pattern per column."""

    def __init__(self, execute: Execute, understood: Understood) -> None:
        self._execute = execute
        self._understood = understood

    @abstractmethod
    def device(self, name_or_alias: str) -> DeviceRecord | None:
        """The record of a device, None when there is none."""

    @abstractmethod
    def devices(self, filters: Mapping[str, str]) -> list[DeviceRecord]:
        """The records that match, sorted by name."""

    @abstractmethod
    def values(self, field: str, filters: Mapping[str, str], exported: bool | None) -> list[str]:
        """The values of one field of the records that match."""


# ---- by SELECT


class SelectedRecords(Records):
    """As much of the filters as possible is left to the database."""

    def device(self, name_or_alias: str) -> DeviceRecord | None:
        """The record of a device, None when there is none."""
        clause = ""
        if _PLAIN.match(name_or_alias):
            clause = f" WHERE {'name' if '/' in name_or_alias else 'alias'} = '{name_or_alias}'"
        records = self._records(self.select(f"SELECT {', '.join(_COLUMNS)} FROM device{clause}"))
        wanted = name_or_alias.lower()
        for field in ("name", "alias"):
            for record in records:
                if getattr(record, field).lower() == wanted != "":
                    return record
        return None

    def devices(self, filters: Mapping[str, str]) -> list[DeviceRecord]:
        """The records that match, sorted by name."""
        return self._records(self._matching(_COLUMNS, filters))

    def values(self, field: str, filters: Mapping[str, str], exported: bool | None) -> list[str]:
        """The values of one field of the records that match."""
        rows = self._matching((field,), filters, exported, verb="SELECT DISTINCT")
        return [row[0] for row in rows if row[0]]  # an alias may be empty in place of NULL

    def select(self, sql: str) -> list[Row]:
        """The rows of a query, None for NULL."""
        numbers, texts = self._execute(SELECT, sql)
        with self._understood(SELECT):
            *flags, rows, columns = numbers
            if columns < 1 or len(flags) != rows * columns:
                raise ValueError(f"{rows} rows of {columns} columns with {len(flags)} values")
            values = [text if flag else None for flag, text in zip(flags, texts, strict=True)]
            return [tuple(values[row * columns : (row + 1) * columns]) for row in range(rows)]

    def _records(self, rows: Iterable[Row]) -> list[DeviceRecord]:
        with self._understood(SELECT):
            return [_record(row) for row in rows]

    def _matching(
        self,
        columns: Sequence[str],
        filters: Mapping[str, str],
        exported: bool | None = None,
        *,
        verb: str = "SELECT",
    ) -> list[Row]:
        """Columns of the devices that match, in the order of the first."""
        wanted = {column: pattern for column, pattern in filters.items() if pattern != "*"}
        conditions = [_condition(*item) for item in wanted.items() if _PLAIN.match(item[1])]
        if exported is not None:
            conditions.append(f"exported = {exported:d}")
        clause = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        read = list(dict.fromkeys((*columns, *wanted)))
        rows = self.select(f"{verb} {', '.join(read)} FROM device{clause} ORDER BY {read[0]}")
        checks = [(read.index(column), wildcard(pattern)) for column, pattern in wanted.items()]
        with self._understood(SELECT):
            return [
                row[: len(columns)]
                for row in rows
                if all(row[at] is not None and pattern.match(row[at] or "") for at, pattern in checks)
            ]


def _condition(column: str, pattern: str) -> str:
    if "*" not in pattern:
        return f"{column} = '{pattern}'"
    return f"{column} LIKE '{pattern.translate(_LIKE)}' ESCAPE '|'"


def _record(row: Row) -> DeviceRecord:
    name, server, dev_class, alias, exported, ior, host, pid, version, started, stopped = row
    return DeviceRecord(
        name or "",
        server or "",
        dev_class or "",
        alias or "",
        (exported or "0") != "0",
        ior or "",
        host or "",
        int(pid or 0),
        version or "",
        seconds(started),
        seconds(stopped),
    )


# ---- one by one


class ListedRecords(Records):
    """Names from the lists of names, and then each device by DbGetDeviceInfo."""

    def device(self, name_or_alias: str) -> DeviceRecord | None:
        """The record of a device, None when there is none."""
        name = name_or_alias
        try:
            if "/" not in name:
                name = str(self._execute("DbGetAliasDevice", name))
            for stored in self._execute("DbGetDeviceWideList", name):
                record = self._info(stored)
                if name_or_alias.lower() in (stored.lower(), record.alias.lower()):
                    return record
        except DevFailed as failure:
            if failure.reason != Reason.DB_DeviceNotDefined:
                raise
        return None

    def devices(self, filters: Mapping[str, str]) -> list[DeviceRecord]:
        """The records that match, sorted by name."""
        return sorted(self._matching(filters), key=lambda record: record.name.lower())

    def values(self, field: str, filters: Mapping[str, str], exported: bool | None) -> list[str]:
        """The values of one field of the records that match."""
        records = (record for record in self._matching(filters) if exported in (None, record.exported))
        return [value for record in records if (value := _FIELDS[field](record))]

    def _matching(self, filters: Mapping[str, str]) -> Iterator[DeviceRecord]:
        wanted = {column: pattern for column, pattern in filters.items() if pattern != "*"}
        if "name" in wanted or not ({"server", "class"} & wanted.keys()):
            names = self._execute("DbGetDeviceWideList", wanted.get("name", "*"))
        else:
            names = self._execute("DbGetDeviceList", [wanted.get("server", "*"), wanted.get("class", "*")])
        checks = [(_FIELDS[column], wildcard(pattern)) for column, pattern in wanted.items()]
        for name in names:
            try:
                record = self._info(name)
            except DevFailed as failure:
                if failure.reason != Reason.DB_DeviceNotDefined:
                    raise
                continue  # it was deleted in the meantime
            if all(pattern.match(value(record)) for value, pattern in checks):
                yield record

    def _info(self, name: str) -> DeviceRecord:
        """The record of a device, whose name is `name` with this spelling."""
        alias = self._alias(name)
        numbers, texts = self._execute("DbGetDeviceInfo", name)
        with self._understood("DbGetDeviceInfo"):
            (exported, pid), (_, ior, version, server, host, started, stopped, dev_class) = numbers, texts
            times = (_long_seconds(started), _long_seconds(stopped))
            return DeviceRecord(name, server, dev_class, alias, exported != 0, ior, host, pid, version, *times)

    def _alias(self, device: str) -> str:
        try:
            return str(self._execute("DbGetDeviceAlias", device))
        except DevFailed as failure:
            if failure.reason != Reason.DB_AliasNotDefined:
                raise
            return ""


def _part(number: int) -> Callable[[DeviceRecord], str]:
    return lambda record: record.name.split("/")[number]


_FIELDS: Final[Mapping[str, Callable[[DeviceRecord], str]]] = {
    "name": lambda record: record.name,
    "alias": lambda record: record.alias,
    "domain": _part(0),
    "family": _part(1),
    "member": _part(2),
    "server": lambda record: record.server,
    "class": lambda record: record.dev_class,
    "host": lambda record: record.host,
}

_DATE: Final = re.compile(r"(\d+)(?:st|nd|rd|th|)[ -](\w+)[ -](\d{4}) at (\d\d:\d\d:\d\d)")


def _long_seconds(text: str) -> float | None:
    """A date of DbGetDeviceInfo, `21st November 2026 at 08:24:09` or `21-11-2026 at 08:24:09` (DB-42), in seconds since
    1970; None for `?` and the like."""
    found = _DATE.match(text)
    if found is None:
        return None
    day, month, year, time = found.groups()
    number = MONTHS.index(month) + 1 if month in MONTHS else int(month)
    return datetime.fromisoformat(f"{year}-{number:02}-{int(day):02} {time}").timestamp()
