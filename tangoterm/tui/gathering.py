"""Attributes of several devices under observation, as one list.

Plain asyncio, no Textual. Each device has a task of its own: change events where the device sends them, and one
request for all others of its attributes in each round. A device that does not answer holds up none of the others.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from server_core.model.config import AttributeConfig
from server_core.model.errors import DevFailed, Reason
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue
from tangoterm.console.session import AttributeName
from tangoterm.tui.attribute import Observed, receiver
from tangoterm.tui.port import SystemPort

PERIOD = 1.0
"""Seconds between two rounds of reading."""
RETRY = 3.0
"""Seconds after which a device that did not answer is asked again."""


@dataclass(slots=True)
class Watched:
    """One attribute of the list; `failure` while its device does not answer."""

    name: AttributeName
    observed: Observed
    failure: DevFailed | None = None

    @property
    def key(self) -> str:
        """The whole name in lower case."""
        return str(self.name).lower()


def _unknown(name: AttributeName) -> Watched:
    return Watched(name, Observed(AttributeConfig(name.name, CmdArgType.DevString)))


@dataclass
class Gathering:
    """The list; `run` keeps it fresh, `changed` says that there is something new."""

    port: SystemPort
    rows: list[Watched] = field(default_factory=list)
    changed: bool = True
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def set_names(self, names: Sequence[AttributeName]) -> None:
        """Watch these attributes, in this order; what is known of those watched before stays."""
        known = {row.key: row for row in self.rows}
        rows = [known.get(str(name).lower()) or _unknown(name) for name in names]
        self.rows = list({row.key: row for row in rows}.values())
        self.changed = True
        self._look()

    def of_device(self, device: str) -> list[Watched]:
        """The attributes of one device."""
        return [row for row in self.rows if row.name.device.lower() == device]

    def _look(self) -> None:
        """A task for each device."""
        devices = {row.name.device.lower() for row in self.rows}
        for device in self._tasks.keys() - devices:
            self._tasks.pop(device).cancel()
        for device in devices - self._tasks.keys():
            self._tasks[device] = asyncio.create_task(self._follow(device), name=f"watch {device}")

    def stop(self) -> None:
        """Ask and be told nothing more."""
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()

    # ---- one device

    async def _follow(self, device: str) -> None:
        subscribed: dict[str, Watched] = {}
        try:
            while True:
                try:
                    await self._begin(device, subscribed)
                    await self._round(device)
                    pause = PERIOD
                except DevFailed as failure:
                    self._fail(device, failure)
                    pause = RETRY
                gone = [key for key, row in subscribed.items() if not self._has(row)]
                await self._end([subscribed.pop(key) for key in gone])
                await asyncio.sleep(pause)
        finally:
            await self._end(list(subscribed.values()))

    def _has(self, row: Watched) -> bool:
        return any(row is each for each in self.rows)

    async def _begin(self, device: str, subscribed: dict[str, Watched]) -> None:
        """Learn the configuration of new attributes, and subscribe to them."""
        new = [row for row in self.of_device(device) if row.key not in subscribed]
        if not new:
            return
        interface = await self.port.interface(new[0].name.device)
        configs = {config.name.lower(): config for config in interface.attributes}
        for row in new:
            config = configs.get(row.name.name.lower())
            if config is None:
                self._miss(row)
                continue
            row.observed.config = config
            subscribed[row.key] = row
            await self._subscribe(row)

    def _miss(self, row: Watched) -> None:
        row.failure = DevFailed.of(Reason.API_AttrNotFound, f"{row.name} does not exist", "Gathering")
        self.changed = True

    async def _subscribe(self, row: Watched) -> None:
        """Take events where the device sends them; the DevFailed of one that does not is no news."""

        def changed() -> None:
            row.failure = None
            self.changed = True

        try:
            receive = receiver(row.observed, changed)
            row.observed.subscription = await self.port.subscribe(row.name.device, row.observed.config.name, receive)
        except DevFailed:
            return
        row.observed.by_event = True

    async def _round(self, device: str) -> None:
        """Read in one request what does not come by event."""
        rows = [row for row in self.of_device(device) if row.failure is None or row.observed.reading is not None]
        due = [row for row in rows if not row.observed.by_event or row.observed.silent or row.failure is not None]
        if not due:
            return
        readings = await self.port.read(due[0].name.device, [row.name.name for row in due])
        for row, reading in zip(due, readings, strict=True):
            row.failure = None
            row.observed.take(reading)
        self.changed = True

    def _fail(self, device: str, failure: DevFailed) -> None:
        for row in self.of_device(device):
            row.failure = failure
            row.observed.reading = row.observed.reading or AttributeValue(
                row.name.name, time=time.time(), errors=failure.errors
            )
        self.changed = True

    async def _end(self, rows: Sequence[Watched]) -> None:
        for row in rows:
            subscription, row.observed.subscription, row.observed.by_event = row.observed.subscription, None, False
            if subscription is not None:
                try:
                    await self.port.unsubscribe(subscription)
                except DevFailed:
                    continue  # the connection is gone, and the subscription with it
