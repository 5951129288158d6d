"""The locks this process holds: renewed in time, and given back when the process ends.

A lock belongs to the process, so they are kept for all its proxies together, the asyncio ones too, with one thread for
each server: a busy event loop loses no lock. Source: LOCK-2, LOCK-8, LOCK-9.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
from time import monotonic
from typing import NamedTuple

from server_core.model.errors import DevFailed, Reason
from tangoterm.client.handle import Handle
from tangoterm.client.plans.admin import execute, numbers_and_texts, texts
from tangoterm.client.threads import thread_runner

MARGIN = 0.5
"""Seconds before the end of the smallest validity at which locks are renewed."""

_NOT_OURS = (Reason.API_DeviceLocked, Reason.API_DeviceNotLocked, Reason.API_DeviceNotFound)

log = logging.getLogger(__name__)


class _Hold(NamedTuple):
    """One lock, by identity: locking again makes a new one."""

    device: str
    validity: int


class Keeper:
    """Renews this process's locks at one server, all together, as long as there are any."""

    def __init__(self, admin: Handle) -> None:
        self._admin = admin
        self._changed = threading.Condition()
        self._holds: dict[str, _Hold] = {}
        self._renewed = 0.0
        self._thread: threading.Thread | None = None

    def hold(self, device: str, validity: int) -> None:
        """The device has been locked for `validity` seconds."""
        with self._changed:
            if not self._holds:
                self._renewed = monotonic()
            self._holds[device.lower()] = _Hold(device, validity)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"locks {self._admin.name}", daemon=True)
                self._thread.start()
            self._changed.notify()

    def holds(self, device: str) -> bool:
        """Whether the device is locked by this process, as far as is known."""
        return device.lower() in self._holds

    def forget(self, device: str) -> None:
        """The device is locked no longer."""
        with self._changed:
            self._holds.pop(device.lower(), None)
            self._changed.notify()

    def release(self) -> None:
        """Give all locks back; what cannot be given back expires."""
        with self._changed:
            holds, self._holds = self._holds, {}
            self._changed.notify()
        for hold in holds.values():
            argument = numbers_and_texts((0,), hold.device)
            try:
                while thread_runner().run(execute(self._admin, "UnLockDevice", argument)):
                    """It was locked more than once."""
            except DevFailed as failure:
                log.info("the lock of %s is left to expire: %s", hold.device, failure)

    def _run(self) -> None:
        while holds := self._due():
            self._renew(holds)

    def _due(self) -> list[_Hold]:
        """The locks to renew, once it is time for it; none when the last one is gone."""
        with self._changed:
            while self._holds:
                validity = min(hold.validity for hold in self._holds.values())
                left = self._renewed + validity - MARGIN - monotonic()
                if left <= 0:
                    self._renewed = monotonic()
                    return list(self._holds.values())
                self._changed.wait(left)
            self._thread = None
            return []

    def _renew(self, holds: list[_Hold]) -> None:
        """Renew the locks. Those that turn out to be lost are forgotten (LOCK-8); others are tried again next time."""
        try:
            thread_runner().run(execute(self._admin, "ReLockDevices", texts(*(hold.device for hold in holds))))
        except DevFailed as failure:
            log.info("locks at %s: %s", self._admin.name, failure)
            lost = {error.desc.partition(":")[0].lower() for error in failure.errors if error.reason in _NOT_OURS}
            with self._changed:
                for hold in holds:
                    key = hold.device.lower()
                    if key in lost and self._holds.get(key) is hold:
                        del self._holds[key]


_keepers: dict[str, Keeper] = {}
_lock = threading.Lock()


def keeper_of(admin: Handle) -> Keeper:
    """Who renews the locks at the server of an admin device."""
    with _lock:
        return _keepers.setdefault(admin.full_name, Keeper(admin))


def release_locks() -> None:
    """Give back all locks that this process holds (LOCK-9)."""
    with _lock:
        keepers = list(_keepers.values())
        _keepers.clear()
    for keeper in keepers:
        keeper.release()


def _forget_locks() -> None:
    """A child process holds none of its parent's."""
    global _lock
    _lock = threading.Lock()
    _keepers.clear()


os.register_at_fork(after_in_child=_forget_locks)
atexit.register(release_locks)
