"""The polling of many devices watched: they are asked together, and their polling threads added up."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple

from server_core.model.errors import DevFailed
from server_core.server.polling.pool import join_lines
from tangoterm.console.polling.asking import statuses_of
from tangoterm.console.polling.rows import PollingRow, Thread, load_of, row_key
from tangoterm.console.polling.status import PollStatus
from tangoterm.console.session import Session
from tangoterm.console.together import Outcome, each

POOL_SIZE, POOL_CONF = "polling_threads_pool_size", "polling_threads_pool_conf"
"""Properties of the admin device (POLL-40, POLL-41)."""
SEEN = 200
"""Intervals of an object that are remembered."""
_PAUSED = "The polling is OFF"


class Pool(NamedTuple):
    """The polling threads of a server: how many there may be (0: not known), the devices of each, and whether polling
    is off."""

    server: str
    size: int = 1
    threads: tuple[tuple[str, ...], ...] = ()
    paused: bool = False

    def number_of(self, device: str) -> int | None:
        """The thread of a device, from 1; None where it cannot be told."""
        for number, devices in enumerate(self.threads, 1):
            if device.lower() in devices:
                return number
        return 1 if self.size == 1 else None


@dataclass(slots=True)
class _Look:
    """What the last look at a device brought."""

    statuses: Sequence[PollStatus] = ()
    failure: DevFailed | None = None
    admin: str = ""
    moment: float = field(default_factory=monotonic)


class Cockpit:
    """The polling of some devices; `look` asks them, `rows` says what is known.

    Devices that share a polling thread with them are asked too, so that the thread can be added up.
    """

    def __init__(self, session: Session, devices: Sequence[str]) -> None:
        self.devices = tuple(devices)
        self._session = session
        self._looks: dict[str, _Look] = {}
        self._pools: dict[str, Pool] = {}
        self._admins: dict[str, str] = {}
        self._series: dict[str, deque[int]] = {}

    @property
    def asked(self) -> int:
        """How many of the devices have answered, or failed to."""
        return sum(device.lower() in self._looks for device in self.devices)

    def look(self) -> Iterator[None]:
        """Ask all devices; gives way after each answer, and may be closed."""
        for outcome in each(self.devices, self._ask):
            self._take(outcome)
            yield
        known = {name.lower() for name in self.devices}
        others = [name for pool in self._pools.values() for line in pool.threads for name in line if name not in known]
        for outcome in each(others, self._ask):
            self._take(outcome)
            yield

    def refresh_pools(self) -> None:
        """Ask the servers for their threads again, with the next look."""
        self._pools.clear()
        self._admins.clear()

    def pool_of(self, server: str) -> Pool | None:
        """The polling threads of a server, as far as they are known."""
        return next((pool for pool in self._pools.values() if pool.server.lower() == server.lower()), None)

    def series(self, row: PollingRow) -> list[int]:
        """The intervals of an object that were seen, in ms, oldest first."""
        return list(self._series.get(row.key, ()))

    def rows(self) -> list[PollingRow]:
        """One row for each polled object in the order of the devices; for a device that failed, one with the error."""
        threads = self._threads()
        found: list[PollingRow] = []
        for device in self.devices:
            look = self._looks.get(device.lower())
            if look is None:
                continue
            if look.failure is not None:
                found.append(PollingRow(device, failure=look.failure))
                continue
            pool = self._pools.get(look.admin)
            number = pool.number_of(device) if pool else None
            thread = threads.get((look.admin, number)) if number else None
            found += [PollingRow(device, status, thread=thread) for status in look.statuses]
        return found

    def _ask(self, device: str) -> _Look:
        statuses = statuses_of(self._session, device)
        admin = self._admins.get(device.lower()) or self._session.device(device).adm_name()
        self._admins[device.lower()] = admin
        if statuses and admin not in self._pools:
            self._pools[admin] = read_pool(self._session, admin)
        return _Look(statuses, admin=admin)

    def _take(self, outcome: Outcome[str, _Look]) -> None:
        device = outcome.item.lower()
        look = outcome.value or _Look(failure=outcome.failure)
        before = self._looks.get(device)
        self._looks[device] = look
        for status in look.statuses:
            new = len(status.deltas)
            if before is not None and status.interval:
                new = min(new, round((look.moment - before.moment) * 1000 / status.interval))
            seen = self._series.setdefault(row_key(device, status), deque(maxlen=SEEN))
            seen.extend(reversed(status.deltas[:new]))

    def _threads(self) -> dict[tuple[str, int | None], Thread]:
        """The threads of all servers, added up."""
        return {
            (admin, number): Thread(pool.server, number, devices, self._load(devices), pool.paused)
            for admin, pool in self._pools.items()
            for number, devices in enumerate(pool.threads or (self._of(admin),), 1)
        }

    def _of(self, admin: str) -> tuple[str, ...]:
        """The devices that are known to be of a server that does not say how its threads share them."""
        return tuple(name for name, look in self._looks.items() if look.admin == admin and look.statuses)

    def _load(self, devices: Sequence[str]) -> float | None:
        looks = {name: self._looks.get(name) for name in devices}
        statuses = [(name, status) for name, look in looks.items() if look is not None for status in look.statuses]
        return load_of(statuses) if all(looks.values()) else None


def read_pool(session: Session, admin: str) -> Pool:
    """The polling threads of the server with this admin device; without a database they are not known."""
    server = "/".join(admin.split("/")[-2:])
    try:
        proxy = session.device(admin)
        paused = _PAUSED in str(proxy.status())
        values = proxy.get_property([POOL_SIZE, POOL_CONF])
    except DevFailed:
        return Pool(server, 0)
    size = next(iter(values.get(POOL_SIZE) or ()), "1").strip()
    lines = tuple(tuple(line) for line in join_lines(values.get(POOL_CONF) or ()) if line)
    return Pool(server, int(size) if size.isdecimal() and int(size) else 1, lines, paused)
