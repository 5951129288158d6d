"""The port of the screens on `tangoterm.client.aio`: a control system that is really there."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from server_core.database.store import DeviceRecord
from server_core.model.config import AttributeConfig
from server_core.model.conversion import numpy_or_none
from server_core.model.enums import EventType
from server_core.model.errors import DevError, DevFailed, EventSystemFailed, Reason
from server_core.model.types import TYPES, CmdArgType, Kind
from server_core.model.values import AttributeValue
from tangoterm.client.aio import DeviceProxy, close_connections
from tangoterm.client.aside import aside
from tangoterm.client.closing import close_connections as close_blocking_connections
from tangoterm.client.events import AttrConfEventData, DevIntrChangeEventData, EventData
from tangoterm.client.system import ControlSystem, control_system
from tangoterm.console.session import Session
from tangoterm.console.together import await_begun
from tangoterm.tui.port import DeviceEntry, DeviceFacts, Interface, OnConfig, OnInterface, OnReading

T = TypeVar("T")

WALL_STANDS = 300.0
"""Seconds until a device whose events did not get here is tried again; each try takes some."""

LATE = 2.0
"""Seconds for calls that go on though nobody wants their answers."""
CLOSING = 0.5
"""Seconds that the database is given to be closed."""


class _Subscription(NamedTuple):
    proxy: DeviceProxy
    number: int


class _Wall(NamedTuple):
    """Events of a device do not get here though its answers do, as through a firewall: why, and until when to believe
    it."""

    errors: tuple[DevError, ...]
    until: float


class LiveSystem:
    """The control system at `host` (`HOST:PORT`; None: TANGO_HOST, else the embedded database).

    `timeout` is that of each request in seconds; `session` that of the console's toolkit, one of its own without.
    Belongs to one event loop.
    """

    def __init__(self, host: str | None = None, timeout: float = 3.0, session: Session | None = None) -> None:
        self._host = host
        self._timeout = timeout
        self._session = session or Session(host, timeout, lasting=True)
        self._address = host or os.environ.get("TANGO_HOST") or ""
        self._proxies: dict[str, DeviceProxy] = {}
        self._walls: dict[str, _Wall] = {}
        self._closed = False

    @property
    def _system(self) -> ControlSystem:
        """The control system; another one when all have been closed meanwhile."""
        return control_system(self._host)

    @property
    def address(self) -> str:
        """Where the database is."""
        return self._address

    def _proxy(self, device: str) -> DeviceProxy:
        key = device.lower()
        proxy = self._proxies.get(key)
        if proxy is None:
            proxy = self._proxies[key] = DeviceProxy(f"tango://{self._host}/{device}" if self._host else device)
            proxy.set_timeout_millis(round(self._timeout * 1000))
        return proxy

    async def devices(self) -> Sequence[DeviceEntry]:
        """All devices that are defined."""
        return [_entry(record) for record in await self._beside(self._records)]

    def _records(self) -> list[DeviceRecord]:
        store = self._system.store
        self._address = store.address
        return store.devices()

    async def interface(self, device: str) -> Interface:
        """The attributes and commands that a device has now."""
        proxy = self._proxy(device)
        found = Interface(*await asyncio.gather(proxy.attribute_list_query(), proxy.command_list_query()))
        if any(TYPES[command.out_type].kind in (Kind.ARRAY, Kind.PAIR) for command in found.commands):
            await aside(numpy_or_none)  # else the first result would import it in the event loop
        return found

    async def facts(self, device: str) -> DeviceFacts:
        """Who the device is and where it runs; without a database, what the device itself tells."""
        proxy = self._proxy(device)
        facts = DeviceFacts(await proxy.info(), await proxy.description())
        try:
            record = await self._beside(lambda: self._system.store.device(device))
        except DevFailed:
            return facts
        return facts._replace(host=record.host, pid=record.pid, started=record.started)

    async def read(self, device: str, names: Sequence[str]) -> Sequence[AttributeValue]:
        """Read attributes in one request."""
        return [reading.data for reading in await self._proxy(device).read_attributes(names)]

    async def write(self, device: str, config: AttributeConfig, value: Any) -> None:
        """Write one attribute."""
        await self._proxy(device).write_attribute(config.name, value)

    async def call(self, device: str, command: str, in_type: CmdArgType, argument: Any) -> Any:
        """Execute a command and give its result."""
        return await self._proxy(device).command_inout(command, argument)

    async def ping(self, device: str) -> float:
        """The time of one round trip in seconds."""
        return await self._proxy(device).ping() / 1e6

    async def black_box(self, device: str, count: int) -> Sequence[str]:
        """The last requests that the device received, newest first."""
        return await self._proxy(device).black_box(count)

    async def polling_status(self, device: str) -> Sequence[str]:
        """One text block per polled object."""
        return await self._proxy(device).polling_status()

    async def set_polling(self, device: str, name: str, is_command: bool, period: int) -> None:
        """Poll an attribute or command every `period` ms; 0 ends its polling."""
        proxy = self._proxy(device)
        if is_command:
            await (proxy.poll_command(name, period) if period else proxy.stop_poll_command(name))
        else:
            await (proxy.poll_attribute(name, period) if period else proxy.stop_poll_attribute(name))

    async def subscribe(self, device: str, attribute: str, on_reading: OnReading) -> object:
        """Receive change events of an attribute."""

        def receive(event: EventData) -> None:
            on_reading(DevFailed(*event.errors) if event.attr_value is None else event.attr_value.data)

        return await self._subscribe(device, attribute, EventType.CHANGE_EVENT, receive)

    async def subscribe_interface(self, device: str, on_interface: OnInterface) -> object | None:
        """Receive the interface now and at every change of it."""

        def receive(event: DevIntrChangeEventData) -> None:
            if not event.err:
                on_interface(Interface(event.att_list, event.cmd_list))

        try:
            return await self._subscribe(device, EventType.INTERFACE_CHANGE_EVENT, receive)
        except DevFailed:
            return None  # a device that is away says so when it is asked

    async def subscribe_config(self, device: str, attribute: str, on_config: OnConfig) -> object:
        """Receive the configuration of an attribute now and at every change of it."""

        def receive(event: AttrConfEventData) -> None:
            if event.attr_conf is not None:
                on_config(event.attr_conf)

        return await self._subscribe(device, attribute, EventType.ATTR_CONF_EVENT, receive)

    async def _subscribe(self, device: str, *arguments: Any) -> _Subscription:
        """Subscribe; refused at once while the events of the device are known not to get here."""
        wall = self._walls.get(device.lower())
        if wall is not None and time.monotonic() < wall.until:
            raise EventSystemFailed(*wall.errors)
        proxy = self._proxy(device)
        try:
            return _Subscription(proxy, await proxy.subscribe_event(*arguments))
        except EventSystemFailed as failure:
            if failure.reason == Reason.API_ZmqFailed:
                self._walls[device.lower()] = _Wall(failure.errors, time.monotonic() + WALL_STANDS)
            raise

    async def unsubscribe(self, subscription: object) -> None:
        """No more events."""
        assert isinstance(subscription, _Subscription)
        await subscription.proxy.unsubscribe_event(subscription.number)

    @property
    def session(self) -> Session:
        """The session of the console's toolkit on the same control system."""
        return self._session

    async def perform(self, do: Callable[[Session], T]) -> T:
        """What the console's toolkit does with a session, in a thread of its own."""
        return await self._beside(lambda: do(self.session))

    async def _beside(self, do: Callable[[], T]) -> T:
        """What asks by blocking calls, in a thread of its own; behind the end it closes what it has opened."""

        def work() -> T:
            try:
                return do()
            finally:
                if self._closed:
                    _end_blocking_calls()

        return await aside(work)

    async def close(self) -> None:
        """Release all connections; what a database that does not answer holds up is left to the end of the program."""
        self._closed = True
        await close_connections()
        with suppress(TimeoutError):
            await asyncio.wait_for(aside(_end_blocking_calls), CLOSING)


def _end_blocking_calls() -> None:
    """Close what blocking calls have opened, when those that nobody waits for any more have had their time."""
    await_begun(LATE)
    close_blocking_connections()


def _entry(record: DeviceRecord) -> DeviceEntry:
    return DeviceEntry(record.name, record.server, record.dev_class, record.alias, record.exported, record.host)
