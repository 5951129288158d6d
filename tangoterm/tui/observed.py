"""One device under observation: its interface, the latest readings and their history, its blackbox and polling.

Plain asyncio, no Textual. `DeviceWatch.run` keeps everything fresh for as long as it runs; what it keeps fresh follows
`view` (the tab in sight) and `selected` (the attribute in sight), so that nothing is read that nobody looks at.
Attributes come by change event where the device sends them, and are read in turn where it does not.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from server_core.model.config import AttributeConfig, CommandInfo, PipeConfig
from server_core.model.enums import AttrDataFormat, DevState
from server_core.model.errors import DevError, DevFailed, Reason
from server_core.model.types import CmdArgType
from tangoterm.client.aside import aside
from tangoterm.client.read_only import is_harmless
from tangoterm.console import changes as console_changes
from tangoterm.console.blackbox.trace import ASKED, BlackBoxTrace
from tangoterm.console.calling import change_of
from tangoterm.console.changes import Changes, Declined
from tangoterm.console.changes.writing import typed_text, write_of
from tangoterm.console.locker import lock_text
from tangoterm.console.pipes import pipes_of
from tangoterm.console.polling import PollStatus, each_once, parse_poll_status
from tangoterm.console.polling.asking import Object
from tangoterm.console.polling.changing import period_change
from tangoterm.tui.attribute import Observed, receiver
from tangoterm.tui.port import DeviceFacts, Interface, SystemPort

PERIOD = 1.0
"""Seconds between two rounds of reading."""
ARRAY_ROUNDS = 5
"""Arrays that are not selected are read in every so-manieth round."""
BLACKBOX_ROUNDS = 5
"""Out of sight the blackbox is looked at so many times less often, so that its short memory loses nothing."""
LOCK_ROUNDS = 5
"""Who has the device locked is asked in every so-manieth round."""
PING_ROUNDS = 10
"""The round trip is measured in every so-manieth round."""
RETRY_EVENTS = 30.0
"""Seconds after which refused subscriptions are tried again."""
_AT_ONCE = 4
DECLINED = "Declined"
"""The reason of what was not done because the person did not want it."""


class View(Enum):
    """The tabs of a device."""

    OVERVIEW = "overview"
    ATTRIBUTES = "attributes"
    COMMANDS = "commands"
    POLLING = "polling"
    BLACKBOX = "blackbox"
    PROPERTIES = "properties"
    EVENTS = "events"
    LOGS = "logs"
    PIPES = "pipes"


class Change(Enum):
    """What of a device has changed since the last look."""

    INTERFACE = "interface"
    VALUES = "values"
    CALLS = "calls"
    POLLING = "polling"
    BLACKBOX = "blackbox"
    FACTS = "facts"


@dataclass(slots=True)
class Call:
    """One command executed or attribute written from here."""

    time: float
    name: str
    argument: Any
    in_type: CmdArgType
    result: Any = None
    out_type: CmdArgType = CmdArgType.DevVoid
    duration: float | None = None
    errors: tuple[DevError, ...] = ()
    write: AttributeConfig | None = None

    @property
    def running(self) -> bool:
        """Whether the answer has not come yet."""
        return self.duration is None


class DeviceWatch:
    """What is known of one device; `run` keeps it fresh."""

    def __init__(self, port: SystemPort, name: str) -> None:
        self.port = port
        self.name = name
        self.view = View.ATTRIBUTES
        self.attributes: dict[str, Observed] = {}
        self.commands: dict[str, CommandInfo] = {}
        self.facts: DeviceFacts | None = None
        self.delay: float | None = None
        self.failure: DevFailed | None = None
        self.calls: deque[Call] = deque(maxlen=200)
        self.blackbox = BlackBoxTrace([name], PERIOD * BLACKBOX_ROUNDS)
        self.blackbox_period = PERIOD
        self.polling: list[PollStatus] = []
        self.pipes: list[PipeConfig] = []
        self.locked_by: str | None = None
        self.polling_failure: DevFailed | None = None
        self.changes: set[Change] = set()
        self._selected = ""
        self._wake = asyncio.Event()
        self._look_at_blackbox = asyncio.Event()
        self._round = 0
        self._interface: object | None = None
        self._offered: Interface | None = None
        self._stale = False
        self._facts_due = False
        self._lock_due = False

    # ---- what is looked at

    @property
    def selected(self) -> str:
        """The attribute in sight, in lower case; empty for none."""
        return self._selected

    def look(self, view: View | None = None, selected: str | None = None) -> None:
        """Say what is in sight; what it needs is fetched at once."""
        if view is not None and view is not self.view:
            self.view = view
            self._wake.set()
            self.pace_blackbox()
        if selected is not None and selected.lower() != self._selected:
            self._selected = selected.lower()
            self._wake.set()

    def refresh(self) -> None:
        """Fetch everything again, now: the interface too."""
        self._round = 0
        self._stale = True
        self._wake.set()
        self._look_at_blackbox.set()

    @property
    def state(self) -> DevState | None:
        """The state last read."""
        observed = self.attributes.get("state")
        reading = observed.reading if observed else None
        return reading.value if reading is not None and isinstance(reading.value, DevState) else None

    @property
    def status(self) -> str:
        """The status text last read."""
        observed = self.attributes.get("status")
        reading = observed.reading if observed else None
        return str(reading.value) if reading is not None and reading.value is not None else ""

    @property
    def loaded(self) -> bool:
        """Whether the interface is known."""
        return bool(self.attributes)

    def period_of(self, name: str, is_command: bool) -> int | None:
        """The polling period of an object in ms; None when it is not polled."""
        for status in self.polling:
            if status.is_command == is_command and status.name.lower() == name.lower():
                return status.period
        return None

    # ---- keeping fresh

    async def run(self) -> None:
        """Observe until cancelled; an unreachable device is tried again and again."""
        follower = asyncio.create_task(self._follow_blackbox())
        try:
            while True:
                try:
                    await self._observe()
                except DevFailed as failure:
                    self._fail(failure)
                    await self._pause(3 * PERIOD)
        finally:
            follower.cancel()
            await self._unsubscribe(self.attributes.values())
            await self._end(self._interface)

    async def _observe(self) -> None:
        await self._load()
        next_try = 0.0
        while True:
            now = time.monotonic()
            await self._read(self._due())
            if self._facts_due:
                await self._learn_facts()
            if now >= next_try:
                await self._subscribe_all()
                next_try = now + RETRY_EVENTS
            if self._round % ARRAY_ROUNDS == 0 or self.view is View.OVERVIEW:
                await self._refresh_polling()
            if self._round % LOCK_ROUNDS == 0 or self._lock_due:
                await self._refresh_lock()
            if self.view is View.OVERVIEW and (self.delay is None or self._round % PING_ROUNDS == 0):
                await self._ping()
            self._round += 1
            if await self._pause(PERIOD) and (self._stale or self._offered is not None):
                await self._load()
                next_try = 0.0

    async def _pause(self, seconds: float) -> bool:
        """Sleep, but no longer than until something else comes into sight (then True)."""
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return False
        self._wake.clear()
        return True

    async def _load(self) -> None:
        """Learn the interface.

        It comes with the subscription to its changes, and with each change; it is asked for where there is
        no such subscription, on refresh, and after a failure.
        """
        if self._interface is None:
            self._interface = await self.port.subscribe_interface(self.name, self._offer)
        interface = self._offered
        if interface is None or self._stale:
            interface = await self.port.interface(self.name)
        self._offered, self._stale = None, False
        await self._take(interface)
        self._facts_due = True

    async def _learn_facts(self) -> None:
        """Learn who the device is; values come first, for the database may be slow to answer."""
        self._facts_due = False
        self.facts = await self.port.facts(self.name)
        self.changes.add(Change.FACTS)
        try:
            self.pipes = await self.port.perform(lambda session: pipes_of(session, self.name))
        except DevFailed:
            self.pipes = []

    def _offer(self, interface: Interface) -> None:
        """The device tells its interface; the first time while it is being asked to."""
        self._offered = interface
        if self._interface is not None:
            self._wake.set()

    async def _take(self, interface: Interface) -> None:
        known = self.attributes
        self.attributes = {}
        for config in sorted(interface.attributes, key=lambda config: config.name.lower() in ("state", "status")):
            observed = known.get(config.name.lower()) or Observed(config)
            observed.config = config
            self.attributes[observed.key] = observed
        await self._unsubscribe(known[key] for key in known.keys() - self.attributes.keys())
        self.commands = {info.cmd_name.lower(): info for info in interface.commands}
        self.failure = None
        self.changes |= {Change.INTERFACE, Change.VALUES}

    def _due(self) -> list[Observed]:
        """The attributes to read in this round."""
        return [observed for observed in self.attributes.values() if self._is_due(observed)]

    def _is_due(self, observed: Observed) -> bool:
        if observed.by_event and not observed.silent and observed.reading is not None:
            return False
        if observed.key == self._selected or observed.key in ("state", "status"):
            return True
        if self.view not in (View.OVERVIEW, View.ATTRIBUTES):
            return self._round == 0 and observed.scalar
        if observed.scalar:
            return True
        if observed.config.data_format is AttrDataFormat.IMAGE:
            return False
        return self._round % ARRAY_ROUNDS == 0

    async def _read(self, due: list[Observed]) -> None:
        if not due:
            return
        readings = await self.port.read(self.name, [observed.config.name for observed in due])
        for observed, reading in zip(due, readings, strict=True):
            observed.take(reading)
        self._recovered()
        self.changes.add(Change.VALUES)

    def _recovered(self) -> None:
        if self.failure is not None:
            self.failure = None
            self.changes.add(Change.FACTS)

    def _fail(self, failure: DevFailed) -> None:
        self.failure = failure
        self.changes |= {Change.FACTS, Change.VALUES}

    async def _refresh_polling(self) -> None:
        try:
            self.polling = each_once(parse_poll_status(await self.port.polling_status(self.name)))
            self.polling_failure = None
        except DevFailed as failure:
            self.polling, self.polling_failure = [], failure
        for observed in self.attributes.values():
            observed.polled = self.period_of(observed.config.name, False)
        self.changes.add(Change.POLLING)

    def pace_blackbox(self, seconds: float | None = None) -> None:
        """Look at the blackbox at once, then every so many seconds while it is in sight, less often out of sight."""
        if seconds is not None:
            self.blackbox_period = seconds
        in_sight = self.view is View.BLACKBOX
        self.blackbox.set_period(self.blackbox_period if in_sight else PERIOD * BLACKBOX_ROUNDS)
        self._look_at_blackbox.set()

    async def _follow_blackbox(self) -> None:
        """Look at the blackbox again and again, by the period that keeps up with it."""
        while True:
            await self._refresh_blackbox()
            try:
                await asyncio.wait_for(self._look_at_blackbox.wait(), self.blackbox.period)
            except TimeoutError:
                continue
            self._look_at_blackbox.clear()

    async def _refresh_blackbox(self) -> None:
        try:
            self.blackbox.take(self.name, await self.port.black_box(self.name, ASKED))
        except DevFailed as failure:
            self.blackbox.fail(self.name, failure)
        self.changes.add(Change.BLACKBOX)

    def look_at_lock(self) -> None:
        """Ask at once who has the device locked."""
        self._lock_due = True
        self._wake.set()

    async def _refresh_lock(self) -> None:
        """Who has the device locked is asked of the admin device, which not everybody has."""
        self._lock_due = False
        before = self.locked_by
        try:
            self.locked_by = await self.port.perform(lambda session: lock_text(session.device(self.name)))
        except DevFailed:
            self.locked_by = None
        if self.locked_by != before:
            self.changes.add(Change.FACTS)

    async def _ping(self) -> None:
        self.delay = await self.port.ping(self.name)
        self.changes.add(Change.FACTS)

    # ---- events

    async def _subscribe_all(self) -> None:
        wanted = [observed for observed in self.attributes.values() if observed.scalar and not observed.by_event]
        turns = asyncio.Semaphore(_AT_ONCE)

        async def subscribe(observed: Observed) -> None:
            async with turns:
                await self._subscribe(observed)

        async def follow(observed: Observed) -> None:
            async with turns:
                await self._follow_config(observed)

        await asyncio.gather(*(subscribe(observed) for observed in wanted))
        unfollowed = [observed for observed in self.attributes.values() if observed.config_subscription is None]
        await asyncio.gather(*(follow(observed) for observed in unfollowed))

    async def _follow_config(self, observed: Observed) -> None:
        """Be told when somebody changes the configuration of an attribute."""

        def receive(config: AttributeConfig) -> None:
            if config != observed.config:
                observed.config = config
                self.changes |= {Change.INTERFACE, Change.VALUES}

        try:
            observed.config_subscription = await self.port.subscribe_config(self.name, observed.config.name, receive)
        except DevFailed:
            return  # it is learned when the interface is asked for again

    async def _subscribe(self, observed: Observed) -> None:
        """Take events of an attribute when its device sends them; the DevFailed of one that does not is no news."""
        try:
            observed.subscription = await self.port.subscribe(
                self.name, observed.config.name, receiver(observed, self._values_came)
            )
        except DevFailed:
            return
        observed.by_event = True

    def _values_came(self) -> None:
        self.changes.add(Change.VALUES)

    async def _unsubscribe(self, attributes: Iterable[Observed]) -> None:
        for observed in attributes:
            subscription, observed.subscription, observed.by_event = observed.subscription, None, False
            await self._end(subscription)
            subscription, observed.config_subscription = observed.config_subscription, None
            await self._end(subscription)

    async def _end(self, subscription: object | None) -> None:
        if subscription is None:
            return
        try:
            await self.port.unsubscribe(subscription)
        except DevFailed:
            return  # the connection is gone, and the subscription with it

    # ---- actions

    @property
    def guard(self) -> Changes:
        """What is asked before a change."""
        return self.port.session.changes

    async def call(self, info: CommandInfo, argument: Any) -> Call:
        """Execute a command; the record of the call, failed or not, is kept in `calls`."""
        call = Call(time.time(), info.cmd_name, argument, info.in_type, out_type=info.out_type)
        text = typed_text(info.in_type, argument) if info.in_type is not CmdArgType.DevVoid else ""
        change = change_of(self.port.session, [self.name], info, text or "")
        return await self._perform(
            call,
            lambda: self.port.call(self.name, info.cmd_name, info.in_type, argument),
            None if is_harmless(self.name, info.cmd_name) else change,
        )

    async def write(self, config: AttributeConfig, value: Any) -> Call:
        """Write an attribute, and read it back."""
        call = Call(time.time(), config.name, value, config.data_type, write=config)
        observed = self.attributes.get(config.name.lower())
        change = write_of(f"{self.name}/{config.name}", config, value, observed.set_point if observed else None)
        await self._perform(call, lambda: self.port.write(self.name, config, value), change)
        if observed is not None and not call.errors:
            try:
                await self._read([observed])
            except DevFailed as failure:
                self._fail(failure)
        return call

    async def _perform(
        self, call: Call, action: Callable[[], Awaitable[Any]], change: console_changes.Change | None
    ) -> Call:
        self.calls.appendleft(call)
        self.changes.add(Change.CALLS)
        began = time.perf_counter()
        try:
            call.result = await (action() if change is None else self._made(change, action))
        except DevFailed as failure:
            call.errors = await self._with_holder(failure)
        call.duration = time.perf_counter() - began
        self.changes.add(Change.CALLS)
        self._look_at_blackbox.set()
        self._wake.set()
        return call

    async def _with_holder(self, failure: DevFailed) -> tuple[DevError, ...]:
        """The errors of a refusal; of one for a lock also who holds it."""
        if Reason.API_DeviceLocked not in {error.reason for error in failure.errors}:
            return failure.errors
        await self._refresh_lock()
        way = f"the lock is held by {self.locked_by or 'nobody any more'}; L on the device breaks it"
        return failure.stacked(Reason.API_DeviceLocked, way, "").errors

    async def _made(self, change: console_changes.Change, action: Callable[[], Awaitable[Any]]) -> Any:
        """What the action gives, when the change is admitted; it is recorded. DevFailed with the reason DECLINED when
        the person does not want it, or in a dry run."""
        guard = self.guard
        try:
            admitted = await aside(lambda: guard.admit(change))
        except Declined as refusal:
            raise DevFailed.of(DECLINED, str(refusal), "") from None
        if not admitted:
            raise DevFailed.of(DECLINED, f"dry run: {change.text}", "")
        began = time.time()
        try:
            answer = await action()
        except DevFailed as failure:
            error = failure
            await aside(lambda: guard.made(change, began, error))
            raise
        await aside(lambda: guard.made(change, began))
        return answer

    async def set_polling(self, name: str, is_command: bool, period: int, *, ask: bool = False) -> None:
        """Change or end the polling of an object, with `ask` after a question; DevFailed as the device words it, or
        DECLINED."""
        kind = "command" if is_command else "attribute"
        change = period_change(Object(self.name, name, kind), self.period_of(name, is_command), period or None)
        if ask:
            change = replace(change, danger=console_changes.Danger.ASK)
        await self._made(change, lambda: self.port.set_polling(self.name, name, is_command, period))
        await self._refresh_polling()
        observed = None if is_command else self.attributes.get(name.lower())
        if observed is not None and not observed.by_event:
            await self._subscribe(observed)
