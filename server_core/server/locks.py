"""The lock of a device: which client process holds it, and who lost it by force.

A lock is there for `validity` seconds after it was taken or renewed; nothing is stored in the database.

Source: LOCK-1..LOCK-22.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Final

from server_core.model.errors import DevFailed, Reason
from server_core.model.identity import JAVA
from server_core.protocol.operations import CommandInout, Request
from server_core.server.caller import Caller, Process

ALLOWED_COMMANDS: Final = "AllowedAccessCmd"
"""The class property that names the commands which a lock keeps nobody from (LOCK-11)."""

_ALWAYS_ALLOWED: Final = ("state", "status")
_UNKNOWN: Final = "Not defined"

LockStatus = tuple[list[int], list[str]]


class DeviceLock:
    """The lock of the device `name`. `clock` gives seconds; only whole ones count (LOCK-5).

    `in_use` tells whether a request has to be checked at all: somebody holds the lock, or has lost it by force and does
    not know yet.
    """

    def __init__(self, name: str, allowed: Iterable[str] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.clock = clock
        self.in_use = False
        self.counter = 0
        self.validity = 0
        self._allowed = frozenset(command.lower() for command in allowed)
        self._mutex = Lock()
        self._owner: Process | None = None
        self._since = 0
        self._ousted: Process | None = None

    def lock(self, caller: Caller, validity: int) -> None:
        """Take the lock for `validity` seconds, or once more; `API_DeviceLocked` when it is somebody else's (LOCK-3).

        Its owner may change the validity that way.
        """
        with self._mutex:
            owner = self._holder()
            if owner is not None and not owner.is_same(caller):
                raise self._failure(Reason.API_DeviceLocked, f"Device {self.name} is already locked by another client")
            self._owner = Process.of(caller)
            self._since, self.validity = self._now(), validity
            self.counter += 1
            if self._ousted is not None and self._ousted.is_same(caller):
                self._ousted = None
            self.in_use = True

    def relock(self, caller: Caller) -> None:
        """Let the validity begin anew; `API_DeviceLocked` or `API_DeviceNotLocked` when the caller does not hold the
        lock. Descriptions begin with the device's name and a colon, which clients cut out (LOCK-7, LOCK-8)."""
        with self._mutex:
            owner = self._holder()
            if owner is None:
                text = f"{self.name}: Device {self.name} is not locked. Can't re-lock it"
                raise self._failure(Reason.API_DeviceNotLocked, text)
            if not owner.is_same(caller):
                text = f"{self.name}: Device {self.name} is already locked by another client"
                raise self._failure(Reason.API_DeviceLocked, text)
            self._since = self._now()

    def unlock(self, caller: Caller, *, force: bool) -> int:
        """Give the lock back, once; how often it is still taken (LOCK-6).

        With `force` it is open afterwards, whosever it was; another client that held it is told with its next request
        (LOCK-13). Else `API_DeviceLocked` when it is somebody else's.
        """
        with self._mutex:
            owner = self._holder()
            if owner is None:
                return 0
            own = owner.is_same(caller)
            if not own and not force:
                text = f"Device {self.name} is locked by another client, can't unlock it"
                raise self._failure(Reason.API_DeviceLocked, text)
            self.counter -= 1
            if force or not self.counter:
                self._open(ousted=self._ousted if own else owner)
            return self.counter

    def check(self, caller: Caller, request: Request) -> None:
        """Refuse a request that only the owner may make (LOCK-11).

        DevFailed `API_DeviceLocked`, and once `API_DeviceUnlocked` for the former owner of a lock that was forced open,
        unless another client was faster (LOCK-13).
        """
        command = request.command.lower() if type(request) is CommandInout else ""
        if command in _ALWAYS_ALLOWED:
            return
        with self._mutex:
            owner = self._holder()
            if owner is not None:
                if owner.is_same(caller) or command in self._allowed:
                    return
                raise self._failure(Reason.API_DeviceLocked, f"Device {self.name} is locked by another client")
            ousted, self._ousted = self._ousted, None
            self.in_use = False
        if ousted is not None and ousted.is_same(caller):
            text = f"Device {self.name} has been unlocked by an administrative client!!!"
            raise self._failure(Reason.API_DeviceUnlocked, text)

    def check_admin(self, caller: Caller) -> None:
        """Refuse an admin command about the device; DevFailed `API_DeviceLocked` when the lock is somebody else's
        (LOCK-12)."""
        with self._mutex:
            owner = self._holder()
        if owner is not None and not owner.is_same(caller):
            text = (
                f"Device {self.name} is locked by another client. Your request is not allowed while a device is locked."
            )
            raise self._failure(Reason.API_DeviceLocked, text)

    def status(self) -> LockStatus:
        """Whether the device is locked and by whom, as six numbers and three texts (LOCK-20, LOCK-21)."""
        with self._mutex:
            owner = self._holder()
        if owner is None:
            return [0] * 6, [f"Device {self.name} is not locked", _UNKNOWN, _UNKNOWN]
        ident, address = owner.ident, f"giop:{owner.address}"
        if ident.language == JAVA:
            who = f"JAVA client class {ident.main_class}"
            numbers, main_class = [1, 0, *_words(ident.uuid)], ident.main_class
        else:
            who = f"CPP or Python client with PID {ident.pid}"
            numbers, main_class = [1, ident.pid, 0, 0, 0, 0], _UNKNOWN
        return numbers, [f"Device {self.name} is locked by {who} from host {owner.host}", address, main_class]

    def _now(self) -> int:
        return int(self.clock())

    def _holder(self) -> Process | None:
        """The owner while the lock is valid; one that has expired is dropped."""
        if self._owner is not None and self._now() > self._since + self.validity:
            self._open(ousted=self._ousted)
        return self._owner

    def _open(self, *, ousted: Process | None) -> None:
        self._owner, self._ousted = None, ousted
        self.counter = self.validity = 0
        self.in_use = ousted is not None

    def _failure(self, reason: str, text: str) -> DevFailed:
        return DevFailed.of(reason, text, "DeviceLock")


def _words(uuid: tuple[int, int]) -> list[int]:
    """Two numbers of 64 bits as four DevLongs, most significant first."""
    words = [part >> shift & 0xFFFFFFFF for part in uuid for shift in (32, 0)]
    return list(memoryview(array("I", words)).cast("B").cast("i"))
