"""A polling thread, and one try of what it polls.

Source: POLL-5..POLL-7, POLL-10..POLL-13, POLL-16, POLL-18.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from server_core.model.enums import DevSource
from server_core.model.errors import DevError, DevFailed, Reason
from server_core.model.values import VOID, AttributeValue, CommandRecord
from server_core.protocol.operations import BY_REQUEST, ReadAttributes
from server_core.server.blackbox import FROM_POLLING
from server_core.server.polling.ring import PolledObject
from server_core.server.polling.schedule import Schedule

if TYPE_CHECKING:
    from server_core.server.served import Served

log = logging.getLogger(__name__)

Polled = Callable[["Served", PolledObject, float, AttributeValue], None]
"""Called after each try of an attribute: device, object, start of the try, result."""

_READ_WORDS = BY_REQUEST[ReadAttributes].blackbox


def poll_now(served: Served, objects: Sequence[PolledObject], polled: Polled) -> None:
    """One try of a command, or of attributes that are read together (POLL-5)."""
    if objects[0].command:
        _poll_command(served, objects[0])
    else:
        _poll_attributes(served, objects, polled)


def _poll_command(served: Served, polled: PolledObject) -> None:
    served.blackbox.note(f"Operation command_inout (cmd = {polled.key}) from device {FROM_POLLING}")
    start, begun = time.time(), time.monotonic()
    result = VOID
    errors: tuple[DevError, ...] = ()
    try:
        with served.monitor:
            result = served.kernel.command_inout(polled.name, VOID)
    except Exception as failure:  # noqa: BLE001  any failure is the result of this try
        errors = _errors(failure)
    polled.store(start, CommandRecord(start, result, errors), time.monotonic() - begun)


def _poll_attributes(served: Served, objects: Sequence[PolledObject], notify: Polled) -> None:
    names = tuple(polled.key for polled in objects)
    served.blackbox.note(_READ_WORDS(ReadAttributes(served.key, names, DevSource.DEV)) + FROM_POLLING)
    start, begun = time.time(), time.monotonic()
    try:
        with served.monitor:
            values = served.kernel.read_attributes([polled.name for polled in objects])
    except Exception as failure:  # noqa: BLE001  any failure is the result of this try
        errors = _errors(failure)
        values = [AttributeValue(polled.name, time=start, errors=errors) for polled in objects]
    needed = time.monotonic() - begun
    for polled, value in zip(objects, values, strict=True):
        polled.store(start, value, needed)
        notify(served, polled, start, value)


def _errors(failure: Exception) -> tuple[DevError, ...]:
    if isinstance(failure, DevFailed):
        return failure.errors
    log.error("polling failed", exc_info=failure)
    return (DevError(Reason.API_InternalError, f"{type(failure).__name__}: {failure}", "polling"),)


class _Work(NamedTuple):
    """What to try together; `done` when somebody waits for the end (POLL-16)."""

    served: Served
    objects: list[PolledObject]
    done: threading.Event | None = None


class PollingThread:
    """One thread that polls the objects of some devices."""

    def __init__(self, number: int, schedule: Schedule, active: Callable[[], bool], polled: Polled) -> None:
        self.devices: list[Served] = []
        self._schedule = schedule
        self._orders: deque[_Work] = deque()
        self._active = active
        self._polled = polled
        self._condition = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=f"polling-{number}", daemon=True)

    def start(self) -> None:
        """Begin to poll, with the first polls spread (POLL-15)."""
        with self._condition:
            self._schedule.spread(time.monotonic())
        self._thread.start()

    def add(self, served: Served, polled: PolledObject) -> None:
        """Poll an object from now on."""
        with self._condition:
            self._schedule.add(served, polled, time.monotonic())
            self._condition.notify()

    def remove(self, polled: PolledObject) -> None:
        """Stop polling an object."""
        with self._condition:
            self._schedule.remove(polled)
            self._condition.notify()

    def update(self, served: Served, polled: PolledObject, period: int) -> None:
        """Change the period of an object."""
        with self._condition:
            self._schedule.update(served, polled, period, time.monotonic())
            self._condition.notify()

    def order(self, served: Served, polled: PolledObject, patience: float) -> None:
        """Have one try made now and wait for its end; the device's monitor is free meanwhile (POLL-16).

        Raises `API_CommandTimedOut` when the thread does not come to it within `patience` seconds.
        """
        if self._thread is threading.current_thread():
            poll_now(served, [polled], self._polled)
            return
        done = threading.Event()
        order = _Work(served, [polled], done)
        with self._condition:
            self._orders.append(order)
            self._condition.notify()
        with served.monitor.released():
            if done.wait(patience):
                return
        with self._condition:
            if order in self._orders:
                self._orders.remove(order)
        raise DevFailed.of(
            Reason.API_CommandTimedOut,
            f"The polling thread did not poll {polled.kind} {polled.name} of device {served.name} within "
            f"{patience:g} s",
            "PollingThread.order",
        )

    def stop(self) -> None:
        """Let the thread end after the try it is in."""
        with self._condition:
            self._stopped = True
            self._condition.notify()

    def join(self, patience: float) -> None:
        """Wait up to `patience` seconds for the end of a stopped thread; not from within one of its tries."""
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(patience)

    def _run(self) -> None:
        while (work := self._next()) is not None:
            if self._active():
                self._try(work)
            if work.done is not None:
                work.done.set()

    def _try(self, work: _Work) -> None:
        try:
            poll_now(work.served, work.objects, self._polled)
        except Exception:
            log.exception("polling %s of %s failed", [polled.name for polled in work.objects], work.served.name)

    def _next(self) -> _Work | None:
        """What is ordered or due, once there is something; None when the thread stops."""
        with self._condition:
            while not self._stopped:
                if self._orders:
                    return self._orders.popleft()
                wait = self._schedule.wait(time.monotonic())
                if wait == 0.0:
                    item = self._schedule.take()
                    return _Work(item.served, list(item.objects))
                self._condition.wait(wait)
            return None
