"""The host board: all servers by host, how each is, and what its devices say. The dead keep nobody waiting."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable
from enum import Enum
from itertools import zip_longest
from typing import Any, NamedTuple

from server_core.database.store import DeviceRecord, ServerInfo
from server_core.model.enums import DevState
from server_core.model.errors import DevFailed
from server_core.model.names import wildcard
from server_core.server.supervision.supervisor import ServerState
from tangoterm.console.servers.control import STARTER, ServerRecord, Servers, record_of
from tangoterm.console.session import Session
from tangoterm.console.together import each

SLOW = 1.0
"""Seconds after which a host that lets nobody in counts as unreachable: its other servers are not asked."""
INFOS_KEPT = 60.0
"""Seconds for which what the database says of the start of servers is believed."""


class Condition(Enum):
    """How a server is."""

    RUNNING = "running"
    STARTING = "starting"
    SILENT = "not answering"
    GONE = "gone"  # the database believes that it runs, but nobody is there
    UNREACHABLE = "unreachable"  # its host lets nobody in
    STOPPED = "stopped"
    UNKNOWN = "not asked yet"


UP = (Condition.RUNNING, Condition.STARTING, Condition.SILENT)
"""There is a process."""
LEFTOVER = (Condition.GONE, Condition.UNREACHABLE)
"""The database believes more than is true."""


class Sight(NamedTuple):
    """What was last seen of a server, and the states of its devices by name, None for those that did not answer."""

    condition: Condition = Condition.UNKNOWN
    version: str = ""
    states: tuple[tuple[str, DevState | None], ...] = ()


class BoardRow(NamedTuple):
    """One server on the board; `starter` says whether a Starter runs on its host."""

    server: ServerRecord
    sight: Sight
    starter: bool

    @property
    def name(self) -> str:
        """`class/instance`."""
        return self.server.name

    @property
    def condition(self) -> Condition:
        """How it is."""
        return self.sight.condition

    @property
    def counts(self) -> list[tuple[DevState | None, int]]:
        """How many of its devices have which state, the most frequent first; empty while nobody asked."""
        return Counter(state for _, state in self.sight.states).most_common()

    @property
    def pid(self) -> int | None:
        """Its process, as the database knows it; None when it does not run."""
        admin = self.server.admin
        return admin.pid if admin is not None and self.condition in (Condition.RUNNING, Condition.SILENT) else None

    @property
    def uptime(self) -> float | None:
        """Seconds since its start; None when it does not run."""
        admin = self.server.admin
        if admin is None or not admin.started or self.condition not in (Condition.RUNNING, Condition.SILENT):
            return None
        return max(0.0, time.time() - admin.started)


class HostRow(NamedTuple):
    """One host on the board: how many of its servers run, and whether it has a Starter that answers."""

    name: str
    running: int
    total: int
    starter: bool
    reachable: bool
    failing: int


class Board:
    """The servers of a control system. `read` asks the database, `look` the servers; both may be called from any one
    thread, while others read `rows` and `hosts`."""

    def __init__(self, session: Session, servers: Servers) -> None:
        self._session = session
        self._servers = servers
        self._records: dict[str, ServerRecord] = {}
        self._infos: dict[str, ServerInfo | None] = {}
        self._infos_read = -INFOS_KEPT
        self._sights: dict[str, Sight] = {}
        self._versions: dict[tuple[str, int], str] = {}
        self._starters: dict[str, DeviceRecord] = {}
        self._starting: frozenset[str] = frozenset()
        self._unreachable: set[str] = set()
        self.version = 0
        """Grows with everything that is new."""

    # ---- what is known

    def rows(self) -> list[BoardRow]:
        """One row a server, by name."""
        return [
            BoardRow(record, self._sights.get(key, Sight()), _short(record.host) in self._starters)
            for key, record in sorted(self._records.items())
        ]

    def hosts(self) -> list[HostRow]:
        """One row a host, by name; servers of no host are under the empty name."""
        found: dict[str, list[BoardRow]] = {}
        for row in self.rows():
            found.setdefault(_short(row.server.host), []).append(row)
        return [
            HostRow(
                name,
                sum(row.condition in UP for row in rows),
                len(rows),
                name in self._starters,
                name not in self._unreachable,
                sum(row.condition in (Condition.SILENT, *LEFTOVER) for row in rows),
            )
            for name, rows in sorted(found.items())
        ]

    # ---- asking the database

    def read(self) -> None:
        """Take over what the database knows now. Raises DevFailed when it does not answer."""
        groups: dict[str, list[DeviceRecord]] = {}
        for device in self._session.store.devices():
            groups.setdefault(device.server.lower(), []).append(device)
        infos = self._read_infos({key: devices[0].server for key, devices in groups.items()})
        records = {key: record_of(devices, infos.get(key)) for key, devices in groups.items()}
        self._starters = {
            device.name.rpartition("/")[2].lower(): device
            for devices in groups.values()
            for device in devices
            if device.exported and device.name.lower().startswith(f"{STARTER}/")
        }
        if records != self._records:
            self._records = records
            self.version += 1

    def forget_levels(self) -> None:
        """Read at the next time anew how servers are started."""
        self._infos_read = -INFOS_KEPT

    def _read_infos(self, servers: dict[str, str]) -> dict[str, ServerInfo | None]:
        if time.monotonic() - self._infos_read > INFOS_KEPT:
            self._infos.clear()
            self._infos_read = time.monotonic()
        missing = [server for key, server in servers.items() if key not in self._infos]
        for outcome in each(missing, self._session.store.server_info):
            if outcome.failure is None:
                self._infos[outcome.item.lower()] = outcome.value
        return self._infos

    # ---- asking the servers

    def look(
        self, names: Iterable[str] | None = None, *, devices: Collection[str] = ()
    ) -> Generator[BoardRow, None, None]:
        """Ask servers, all without `names`, how they are, and give their rows as they are known; of those in `devices`
        (names in lower case) the devices are asked for their states too.

        Closing the iterator ends the asking.
        """
        self._ask_starters()
        wanted = [self._records[key] for key in _keys(names, self._records) if key in self._records]
        unreachable, self._unreachable = self._unreachable, set()
        scouts = {_short(one.host): one for one in reversed(wanted) if one.admin is not None and one.admin.exported}

        def sight(record: ServerRecord) -> Sight:
            host = _short(record.host)
            exported = record.admin is not None and record.admin.exported
            if exported and (host in self._unreachable or (host in unreachable and record is not scouts[host])):
                return Sight(Condition.UNREACHABLE)
            return self._sight(record, host, with_devices=record.name.lower() in devices)

        for outcome in each(_interleaved(wanted), sight):
            record, found = outcome.item, outcome.value
            if found is None:
                continue
            key = record.name.lower()
            if found != self._sights.get(key):
                self._sights[key] = found
                self.version += 1
            yield BoardRow(record, found, _short(record.host) in self._starters)

    def _ask_starters(self) -> None:
        """Which servers the Starters have just started. A Starter that does not answer tells nothing."""
        starting: set[str] = set()
        for outcome in each(list(self._starters.values()), self._starting_on):
            starting.update(outcome.value or ())
        self._starting = frozenset(starting)

    def _starting_on(self, starter: DeviceRecord) -> list[str]:
        lines = self._session.device(starter.name).read_attribute("Servers").value or ()
        fields = [line.split("\t") for line in lines]
        return [words[0].lower() for words in fields if words[1:2] == ["MOVING"]]

    def _sight(self, record: ServerRecord, host: str, *, with_devices: bool) -> Sight:
        began = time.monotonic()
        condition = self._condition(record)
        if condition is Condition.GONE and time.monotonic() - began > SLOW:
            self._unreachable.add(host)
            condition = Condition.UNREACHABLE
        if condition is not Condition.RUNNING or record.admin is None:
            return Sight(condition)
        states = self._states(record) if with_devices else self._sights.get(record.name.lower(), Sight()).states
        return Sight(condition, self._version(record, record.admin), states)

    def _condition(self, record: ServerRecord) -> Condition:
        if record.admin is None:
            return Condition.STOPPED
        state = self._servers.supervisor.state_of(record.admin)
        if state is ServerState.RUNNING:
            return Condition.RUNNING
        if self._servers.supervisor.is_child(record.name) or record.name.lower() in self._starting:
            return Condition.STARTING
        if state is ServerState.BLOCKED:
            return Condition.SILENT
        return Condition.GONE if record.admin.exported else Condition.STOPPED

    def _states(self, record: ServerRecord) -> tuple[tuple[str, DevState | None], ...]:
        return tuple((device.name, self._state(device)) for device in record.devices)

    def _state(self, device: DeviceRecord) -> DevState | None:
        if not device.exported:
            return None
        try:
            state: DevState = self._session.device(device.name).state()
        except DevFailed:
            return None
        return state

    def _version(self, record: ServerRecord, admin: DeviceRecord) -> str:
        """What the server is made of, asked once in its life; empty when it does not tell. A device says more than the
        admin device."""
        key = (admin.name.lower(), admin.pid)
        if key not in self._versions:
            try:
                info = self._session.device((*record.devices, admin)[0].name).info()
            except DevFailed:
                return ""
            self._versions[key] = version_text(info.version_info, info.server_version)
        return self._versions[key]


RELEASES = ("tangoterm", "PyTango", "cppTango", "Tango")
"""The names in a server's version information that say what it is built with; the first that is told is shown."""


def version_text(releases: dict[str, str], interface: int) -> str:
    """What a server is made of: `PyTango 10.0.0`, or the release of Tango that has its interface."""
    known = {name.lower(): (name, release) for name, release in releases.items()}
    for wanted in RELEASES:
        if wanted.lower() in known:
            return " ".join(known[wanted.lower()])
    return {6: "Tango 10", 5: "Tango 9", 4: "Tango 8", 3: "Tango 7"}.get(interface, f"interface {interface}")


def _keys(names: Iterable[str] | None, records: dict[str, ServerRecord]) -> list[str]:
    return list(records) if names is None else [name.lower() for name in names]


def _interleaved(records: Iterable[ServerRecord]) -> list[ServerRecord]:
    """In turns from each host, so that one that does not answer keeps nobody waiting."""
    hosts: dict[str, list[ServerRecord]] = {}
    for record in records:
        hosts.setdefault(_short(record.host), []).append(record)
    return [record for turn in zip_longest(*hosts.values()) for record in turn if record is not None]


def _short(host: str) -> str:
    return host.partition(".")[0].lower()


# ---- which rows, and in which order


def chosen_rows(rows: Iterable[BoardRow], words: Iterable[str]) -> list[BoardRow]:
    """The rows that words name: `host:NAME`, `class:NAME` (of a device), a server with `*` for any characters, or a
    part of one's name. `host:` words narrow what the others choose; without any all rows."""
    named = list(words)
    on = [wildcard(word.partition(":")[2]).match for word in named if word.lower().startswith("host:")]
    wanted = [_chooser(word) for word in named if not word.lower().startswith("host:")]
    return [
        row
        for row in rows
        if (not on or any(match(row.server.host) or match(_short(row.server.host)) for match in on))
        and (not wanted or any(choose(row) for choose in wanted))
    ]


def _chooser(word: str) -> Callable[[BoardRow], bool]:
    kind, colon, name = word.partition(":")
    if colon and kind.lower() == "class":
        of_class = wildcard(name).match
        return lambda row: any(of_class(device.dev_class) for device in row.server.devices)
    matches = wildcard(word if "*" in word or "/" in word else f"*{word}*").match
    return lambda row: bool(matches(row.name))


ORDERS: dict[str, Callable[[BoardRow], Any]] = {
    "name": lambda row: (),
    "state": lambda row: list(Condition).index(row.condition),
    "level": lambda row: (row.server.level == 0, row.server.level),
    "uptime": lambda row: (row.uptime is None, row.uptime or 0.0),
    "host": lambda row: _short(row.server.host),
}
"""What rows can be sorted by; those that are equal in it by name. Uptime: who began last comes first."""


def sorted_rows(rows: Iterable[BoardRow], order: str) -> list[BoardRow]:
    """The rows in an order of `ORDERS`."""
    return sorted(rows, key=lambda row: (ORDERS[order](row), row.name.lower()))


def uptime_text(seconds: float | None) -> str:
    """How long a server runs: `42 s`, `12 min`, `3 h 05 min`, `12 d 4 h`; empty for none."""
    if seconds is None:
        return ""
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60:02d} min"
    return f"{minutes} min" if minutes else f"{int(seconds)} s"
