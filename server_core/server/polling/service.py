"""What can be done with the polling of a process: the admin commands, and the start from the stored properties.

Source: POLL-16..POLL-33, POLL-40..POLL-56.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from server_core.device.forwarded import ForwardedAttribute
from server_core.device.host import PropertyStore
from server_core.model.enums import AttrWriteType
from server_core.model.errors import DevFailed, Reason
from server_core.model.values import AttributeValue, CommandRecord
from server_core.server.monitor import MONITOR_TIMEOUT
from server_core.server.polling import pool
from server_core.server.polling.cache import check_without_argument
from server_core.server.polling.ring import MIN_PERIOD, PolledObject, polled_kind
from server_core.server.polling.schedule import Schedule
from server_core.server.polling.worker import PollingThread

if TYPE_CHECKING:
    from server_core.server.events.service import Events
    from server_core.server.served import Served

log = logging.getLogger(__name__)

_POOL_SIZE: Final = "polling_threads_pool_size"
_POOL_CONF: Final = "polling_threads_pool_conf"
_BEFORE_9: Final = "polling_before_9"

Filled = AttributeValue | CommandRecord


class PollingOptions(NamedTuple):
    """What a program may say of its polling; the first two yield to properties of the admin device.

    `pool_size` is the largest number of polling threads (POLL-40). `before_9` polls as Tango did before version 9
    (POLL-14). With `strict` a wrong polling property ends the start instead of being left out (POLL-53).
    """

    pool_size: int = 1
    before_9: bool = False
    strict: bool = False


DEFAULT_OPTIONS: Final = PollingOptions()


class Polling:
    """The polling of one process. `admin` is the name of the admin device, whose properties configure the pool."""

    def __init__(
        self, store: PropertyStore, admin: str, events: Events, options: PollingOptions = DEFAULT_OPTIONS
    ) -> None:
        self.options = options
        self.before_9 = options.before_9
        self._store = store
        self._admin = admin
        self._events = events
        self._lock = threading.RLock()
        self._threads: list[PollingThread] = []
        self._made = 0
        self._size = 1
        self._stored: list[list[str]] = []
        self._written: list[str] | None = None
        self.started = False
        self.active = False

    # ---- life cycle

    def start(self, devices: Iterable[Served]) -> None:
        """Poll what the properties of the devices and their classes say (POLL-42, POLL-53, POLL-54)."""
        with self._lock:
            polled = [served for served in devices if self._configure(served)]
            self._read_options(polled)
            for served in polled:
                thread = self._thread_for(served)
                for each in served.polled:
                    thread.add(served, each)
            self.active = True
            for thread in self._threads:
                thread.start()
            self.started = True
            self._write_pool()

    def stop(self) -> None:
        """End all polling threads; what is polled is forgotten by the process, not by the properties."""
        with self._lock:
            threads, self._threads = self._threads, []
            self.started = self.active = False
        for thread in threads:
            thread.stop()
        for thread in threads:
            thread.join(MONITOR_TIMEOUT)

    def _read_options(self, polled: list[Served]) -> None:
        """What the admin device's properties say of threads (POLL-14, POLL-40, POLL-41)."""
        values = self._store.get_device_property(self._admin, (_POOL_SIZE, _POOL_CONF, _BEFORE_9))
        size = values.get(_POOL_SIZE, [str(self.options.pool_size)])[0].strip()
        if not size.isdecimal() or len(size) > 9 or not int(size):
            log.warning("%s: property %s: %r is not a number above 0; 1 is used", self._admin, _POOL_SIZE, size)
            size = "1"
        self._size = int(size)
        before_9 = values.get(_BEFORE_9)
        self.before_9 = self.options.before_9 if before_9 is None else before_9[0].strip().lower() == "true"
        self._written = values.get(_POOL_CONF, [])
        keys = {served.key for served in polled}
        self._stored = pool.repair(pool.join_lines(self._written), keys.__contains__, self._size)

    def _configure(self, served: Served) -> bool:
        """Make the device's list of polled objects; whether there are any. `API_BadConfigurationProperty` for a wrong
        entry, when that shall end the start (POLL-53)."""
        if self.options.strict and served.settings.malformed:
            raise served.settings.malformed[0]
        served.polled.clear()
        gone = []
        wanted = dict(served.settings.polled)
        wanted |= self._class_defaults(served)
        for (name, command), period in wanted.items():
            try:
                self._check(served, name, period, command=command)
            except DevFailed as failure:
                log.warning("%s: %s %s is not polled: %s", served.name, _kind(command), name, failure.desc)
                if failure.reason in (Reason.API_AttrNotFound, Reason.API_CommandNotFound):
                    gone.append((name, command))
                elif self.options.strict:
                    raise _not_configured(served, name, failure, command=command) from failure
                continue
            served.polled.append(self._new_object(served, name, period, command=command))
        served.settings.drop(self._store, gone)
        return bool(served.polled)

    def _class_defaults(self, served: Served) -> dict[tuple[str, bool], int]:
        """Objects that the class polls by default and nobody removed; stored like others (POLL-54, POLL-55)."""
        settings = served.settings
        new = {}
        for (name, command), period in served.kernel.class_default_polling().items():
            key = (name.lower(), polled_kind(name, command=command))
            if key not in settings.polled and key not in settings.non_auto:
                new[key] = period
        for (name, command), period in new.items():
            settings.remember(self._store, self._new_object(served, name, period, command=command))
        return new

    # ---- what the admin commands do

    def add(self, served: Served, name: str, period: int, *, command: bool) -> None:
        """Poll an object at `period` ms, 0 for externally triggered (POLL-20, POLL-23).

        Raises `API_AttrNotFound`, `API_CommandNotFound`, `API_IncompatibleCmdArgumentType`, `API_NotSupported`,
        `API_AlreadyPolled`, `API_MethodArgument`, `API_NotSupportedFeature`, looked for in this order.
        """
        with self._lock:
            kind = polled_kind(name, command=command)
            self._check_object(served, name, command=kind)
            if served.find_polled(name, command=kind) is not None:
                raise DevFailed.of(
                    Reason.API_AlreadyPolled,
                    f"{_kind(kind).capitalize()} {name.lower()} already polled",
                    "Polling.add",
                )
            self._check_period(served, name, period, command=kind, always=False)
            self._check_not_forwarded(served, name, command=kind)
            polled = self._new_object(served, name, period, command=kind)
            served.polled.append(polled)
            served.settings.remember(self._store, polled)
            if self.started:
                self._thread_for(served).add(served, polled)
                self._write_pool()

    def update(self, served: Served, name: str, period: int, *, command: bool) -> None:
        """Change the period of a polled object; its results stay (POLL-32).

        Raises `API_DeviceNotPolled`, `API_PollObjNotFound`, `API_NotSupported`, `API_MethodArgument`.
        """
        with self._lock:
            polled = served.need_polled(name, command=command)
            self._check_period(served, name, period, command=polled.command, always=True)
            thread = self._thread_of(served)
            if thread is None:
                polled.period = period
            else:
                thread.update(served, polled, period)
            served.settings.remember(self._store, polled)

    def remove(self, served: Served, name: str, *, command: bool, gone: bool = False) -> None:
        """Stop polling an object and forget its results; its subscribers are told (POLL-30). What is `gone` itself is
        polled again by default when it comes back.

        Raises `API_DeviceNotPolled`, `API_PollObjNotFound`.
        """
        with self._lock:
            polled = served.need_polled(name, command=command)
            served.polled.remove(polled)
            by_default = (polled.key, polled.command) in served.kernel.class_default_polling()
            served.settings.forget(self._store, polled, by_default=by_default, gone=gone)
            self._take_from_thread(served, [polled])
        if not polled.command:
            self._events.not_polled_any_more(served, polled)

    def forget_device(self, served: Served) -> None:
        """Stop polling all objects of a device that goes; its properties stay."""
        with self._lock:
            objects = list(served.polled)
            served.polled.clear()
            self._take_from_thread(served, objects)

    def pause_device(self, served: Served) -> None:
        """Poll nothing of a device until `resume_device`."""
        with self._lock:
            objects = list(served.polled)
            self.forget_device(served)
            served.polled.extend(objects)

    def resume_device(self, served: Served) -> None:
        """Poll a device again as before `pause_device`."""
        with self._lock:
            if self.started and served.polled:
                thread = self._thread_for(served)
                for polled in served.polled:
                    thread.add(served, polled)
                self._write_pool()

    def trigger(self, served: Served, name: str, *, command: bool) -> None:
        """One try now of an externally triggered object, in its polling thread (POLL-16); nothing while polling is
        stopped (POLL-18).

        Raises `API_DeviceNotPolled`, `API_PollObjNotFound`, `API_NotSupported` for one that has a period, and
        `API_CommandTimedOut` when the thread does not come to it in time.
        """
        polled = served.need_polled(name, command=command)
        if polled.period:
            raise DevFailed.of(
                Reason.API_NotSupported,
                f"Polling for {polled.kind} {name} (device {served.name})  is not externally triggered.",
                "Polling.trigger",
            )
        thread = self._thread_of(served)
        if self.active and thread is not None:
            thread.order(served, polled, MONITOR_TIMEOUT)

    def fill(self, served: Served, name: str, results: Sequence[Filled], *, command: bool) -> None:
        """Append results with their times, oldest first, to the ring of a polled object (POLL-17).

        Raises `API_DeviceNotPolled` (no polled object, a write-only attribute, or more results than the ring holds),
        `API_PollObjNotFound`.
        """
        polled = served.need_polled(name, command=command)
        if not polled.command and served.kernel.attribute(name).writable is AttrWriteType.WRITE:
            raise DevFailed.of(
                Reason.API_DeviceNotPolled,
                f"Attribute {name} of device {served.name} is WRITE only: its polling buffer cannot be filled",
                "Polling.fill",
            )
        if len(results) > polled.depth:
            raise DevFailed.of(
                Reason.API_DeviceNotPolled,
                f"The polling buffer depth for {polled.kind} {name} for device {served.name} is only {polled.depth} "
                f"which is less than {len(results)}!",
                "Polling.fill",
            )
        for outcome in results:
            polled.store(outcome.time, outcome, None)

    # ---- checks

    def _check(self, served: Served, name: str, period: int, *, command: bool) -> None:
        self._check_object(served, name, command=command)
        self._check_period(served, name, period, command=command, always=False)
        self._check_not_forwarded(served, name, command=command)

    def _check_object(self, served: Served, name: str, *, command: bool) -> None:
        if not command:
            served.kernel.attribute(name)
            return
        check_without_argument(served, name.lower())
        if name.lower() == "init":
            raise DevFailed.of(Reason.API_NotSupported, "It's not possible to poll the Init command!", "Polling.add")

    def _check_not_forwarded(self, served: Served, name: str, *, command: bool) -> None:
        attribute = None if command else served.kernel.attribute(name)
        if isinstance(attribute, ForwardedAttribute):
            raise DevFailed.of(
                Reason.API_NotSupportedFeature,
                f"Attribute {attribute.name} is a forwarded attribute.\nIt's not supported to poll a forwarded "
                f"attribute.\nPolling has to be done on the root attribute ({attribute.root})",
                "Polling.add",
            )

    def _check_period(self, served: Served, name: str, period: int, *, command: bool, always: bool) -> None:
        """`always`: the configured minimum applies to 0 too (POLL-32)."""
        if period and period < MIN_PERIOD:
            raise DevFailed.of(
                Reason.API_NotSupported, f"{period} is below the min authorized period (5 mS)", "Polling.add"
            )
        if period or always:
            served.settings.check_minimum(name, period, command=command)

    def _new_object(self, served: Served, name: str, period: int, *, command: bool) -> PolledObject:
        kernel = served.kernel
        defined = kernel.command(name).name if command else kernel.attribute(name).name
        return PolledObject(defined, command, period, served.settings.ring_depth(name, command=command))

    # ---- threads

    def _thread_for(self, served: Served) -> PollingThread:
        """The thread that polls the device, chosen or made when it has none yet; one made after the start runs."""
        thread = self._thread_of(served)
        if thread is not None:
            return thread
        place = pool.choose(self._assignment(), self._size, served.key, self._stored)
        if place == len(self._threads):
            self._threads.append(self._new_thread())
            if self.started:
                self._threads[place].start()
        self._threads[place].devices.append(served)
        return self._threads[place]

    def _new_thread(self) -> PollingThread:
        self._made += 1
        schedule = Schedule(self._events.discarded, merge=not self.before_9)
        return PollingThread(self._made, schedule, lambda: self.active, self._events.polled)

    def _thread_of(self, served: Served) -> PollingThread | None:
        return next((thread for thread in self._threads if served in thread.devices), None)

    def _take_from_thread(self, served: Served, objects: Iterable[PolledObject]) -> None:
        """Take objects out of their thread; a device without any leaves it, and a thread without devices ends."""
        thread = self._thread_of(served)
        if thread is None:
            return
        for polled in objects:
            thread.remove(polled)
        if not served.polled:
            thread.devices.remove(served)
            if not thread.devices:
                self._threads.remove(thread)
                thread.stop()
            self._write_pool()

    def _assignment(self) -> list[list[str]]:
        return [[served.key for served in thread.devices] for thread in self._threads]

    def _write_pool(self) -> None:
        """Store which thread polls which device, when that changed (POLL-41)."""
        lines = pool.split_lines(self._assignment())
        if lines != self._written:
            self._store.put_device_property(self._admin, {_POOL_CONF: lines})
            self._written = lines


def _not_configured(served: Served, name: str, failure: DevFailed, *, command: bool) -> DevFailed:
    kind = "cmd" if command else "attr"
    return failure.stacked(
        Reason.API_BadConfigurationProperty,
        f"Error when configuring polling for device {served.name}, {kind} = {name}",
        "Polling.start",
    )


def _kind(command: bool) -> str:
    return "command" if command else "attribute"
