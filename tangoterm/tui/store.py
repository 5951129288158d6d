"""The observed state of a control system: its devices, their states, and the one device under observation.

Plain asyncio, no Textual, fed through `port.SystemPort`. Screens look at it at their own pace: `take_changes` says what
is new since the last look, so a flood of events costs no more than a few repaints a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import islice

from server_core.model.enums import DevState
from server_core.model.errors import DevFailed
from tangoterm.console.lists import is_attribute
from tangoterm.console.session import AttributeName
from tangoterm.tui.finding import Finding
from tangoterm.tui.observed import Change, DeviceWatch, View
from tangoterm.tui.port import DeviceEntry, SystemPort

CATALOGUE_PERIOD = 5.0
"""Seconds between two looks at the catalogue, at least; a catalogue that is slow to read is read less often."""
CATALOGUE_SHARE = 0.05
"""The part of the time that reading the catalogue may take."""
STATE_PERIOD = 3.0
SUMMARY_PERIOD = 15.0
"""Seconds between two looks at the states that groups sum up."""
SUMMED_UP = 300
"""Devices whose states are read for the sake of sums, at most."""
_AT_ONCE = 6
_SUMMED_AT_ONCE = 4


class News(Enum):
    """What of the system has changed since the last look."""

    CATALOGUE = "catalogue"
    STATES = "states"
    LISTS = "lists"


class SystemStore:
    """Everything the screens show."""

    def __init__(self, port: SystemPort) -> None:
        self.port = port
        self.finding = Finding(port)
        self.devices: dict[str, DeviceEntry] = {}
        self.loaded = False
        self.failure: DevFailed | None = None
        self.states: dict[str, DevState | None] = {}
        self.device: DeviceWatch | None = None
        self.watched: list[AttributeName] = []
        self._visible: frozenset[str] = frozenset()
        self._summed: frozenset[str] = frozenset()
        self._news: set[News | Change] = set()
        self._wake_catalogue = asyncio.Event()
        self._wake_states = asyncio.Event()
        self._wake_sums = asyncio.Event()
        self._wake_finding = asyncio.Event()

    @property
    def address(self) -> str:
        """Where the database is."""
        return self.port.address

    def take_changes(self) -> set[News | Change]:
        """What has changed since the last call."""
        news, self._news = self._news, set()
        if self.device is not None and self.device.changes:
            news |= self.device.changes
            self.device.changes = set()
        return news

    def entry(self, name: str) -> DeviceEntry | None:
        """The catalogue entry of a device name or alias."""
        found = self.devices.get(name.lower())
        if found is None and "/" not in name:
            found = next((entry for entry in self.devices.values() if entry.alias.lower() == name.lower()), None)
        return found

    def entry_of(self, target: str) -> DeviceEntry | None:
        """The catalogue entry of a device, or of the device of an attribute."""
        device = target.rpartition("/")[0] if is_attribute(target) else target
        return self.entry(device) if device else None

    def counts(self) -> tuple[int, int, int]:
        """(servers, devices, devices that run), admin devices not counted."""
        devices = [entry for entry in self.devices.values() if not is_admin(entry)]
        return len({entry.server for entry in devices}), len(devices), sum(entry.exported for entry in devices)

    # ---- what is looked at

    def show(self, visible: Iterable[str], summed: Iterable[str] = ()) -> None:
        """Say which devices can be seen, and which are only summed up in groups; the states of those that run are kept
        fresh, of the others less so."""
        around = frozenset(islice((name.lower() for name in summed), SUMMED_UP))
        if around - self._summed:
            self._wake_sums.set()
        self._summed = around
        names = frozenset(name.lower() for name in visible)
        if names - self._visible - self.states.keys():
            self._wake_states.set()
        self._visible = names

    def open(self, name: str, view: View) -> DeviceWatch:
        """Observe a device instead of the one before; whoever opens it runs it."""
        self.device = DeviceWatch(self.port, name)
        self.device.view = view
        return self.device

    def refresh(self) -> None:
        """Fetch everything again, now."""
        self._wake_catalogue.set()
        if self.device is not None:
            self.device.refresh()

    # ---- keeping fresh

    async def run(self) -> None:
        """Keep the catalogue and the visible states fresh until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_catalogue())
            group.create_task(self._follow_states())
            group.create_task(self._follow_sums())
            group.create_task(self._follow_finding())

    async def _follow_catalogue(self) -> None:
        while True:
            began = time.monotonic()
            await self._read_catalogue()
            cost = time.monotonic() - began
            await _sleep(self._wake_catalogue, max(CATALOGUE_PERIOD, cost / CATALOGUE_SHARE))

    async def _read_catalogue(self) -> None:
        try:
            entries = await self.port.devices()
        except DevFailed as failure:
            self.failure = failure
            self._news.add(News.CATALOGUE)
            return
        devices = {entry.name.lower(): entry for entry in entries}
        changed = devices != self.devices or not self.loaded
        if self.finding.read_lists():
            changed = True
            self._news.add(News.LISTS)
        if changed:
            self._wake_finding.set()
        if devices != self.devices or not self.loaded or self.failure is not None:
            self._news.add(News.CATALOGUE)
        self.devices, self.loaded, self.failure = devices, True, None

    def lists_changed(self) -> None:
        """Bookmarks or lists were changed here."""
        if self.finding.read_lists():
            self._news.add(News.LISTS)
            self._wake_finding.set()

    async def _follow_finding(self) -> None:
        """Find in what the catalogue holds, and learn what devices consist of."""
        while True:
            await self._wake_finding.wait()
            self._wake_finding.clear()
            entries = list(self.devices.values())
            await self.finding.follow(entries)
            await self.finding.learn_classes(entries)

    async def _follow_states(self) -> None:
        while True:
            await self._read_states(self._visible, _AT_ONCE)
            await _sleep(self._wake_states, STATE_PERIOD)

    async def _follow_sums(self) -> None:
        while True:
            await self._read_states(self._summed - self._visible, _SUMMED_AT_ONCE)
            await _sleep(self._wake_sums, SUMMARY_PERIOD)

    async def _read_states(self, names: Iterable[str], at_once: int) -> None:
        waiting = iter(self._running(names))

        async def ask() -> None:
            for name in waiting:
                await self._read_state(name)

        await asyncio.gather(*(ask() for _ in range(at_once)))

    def _running(self, names: Iterable[str]) -> Sequence[str]:
        """Those of `names` whose state is to be asked: running, and not the one that is under observation anyway."""
        observed = self.device.name.lower() if self.device is not None and self.device.state is not None else ""
        return [name for name in names if name != observed and (entry := self.devices.get(name)) and entry.exported]

    async def _read_state(self, name: str) -> None:
        try:
            (reading,) = await self.port.read(name, ("State",))
            state = reading.value if isinstance(reading.value, DevState) else None
        except DevFailed:
            state = None  # shown as unreachable
        self.set_state(name, state)

    def set_state(self, name: str, state: DevState | None) -> None:
        """Take note of a state; None when the device does not answer."""
        if name not in self.states or self.states[name] is not state:
            self.states[name] = state
            self._news.add(News.STATES)


async def _sleep(wake: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(wake.wait(), seconds)
    except TimeoutError:
        return
    wake.clear()


def is_admin(entry: DeviceEntry) -> bool:
    """Whether the device is the admin device of a server."""
    return entry.name.lower().startswith("dserver/")
