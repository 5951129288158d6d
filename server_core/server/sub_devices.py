"""The devices that the devices of this process use: what QuerySubDevice answers.

Whoever opens a device is found by looking at the calls that led there, so that requests pay nothing for it. Source:
ADM-25, LIFE-12 step 5.
"""

from __future__ import annotations

import sys
import threading
from types import FrameType
from typing import TYPE_CHECKING, Final

from server_core.device.device import Device
from server_core.device.kernel.base import KernelBase
from server_core.transport import openings

if TYPE_CHECKING:
    from server_core.device.host import Host, PropertyStore

PROPERTY: Final = "__SubDevices"
"""Where the list of a device is kept in the database."""

STORE_PERIOD: Final = 1800.0
"""Seconds between two looks whether there is something new to keep."""


class SubDevices:
    """Used devices by the device that uses them. `is_program` says that the process has no other purpose than this
    server, so that devices opened outside of any device count too."""

    def __init__(self, host: Host) -> None:
        self.is_program = False
        self._host = host
        self._lock = threading.Lock()
        self._used: dict[str, dict[str, None]] = {}
        self._stored: dict[str, list[str]] = {}

    def open(self) -> None:
        """Listen to what the process opens from now on."""
        openings.listeners.append(self.opened)

    def close(self) -> None:
        """Listen no longer."""
        if self.opened in openings.listeners:
            openings.listeners.remove(self.opened)

    def opened(self, name: str) -> None:
        """The running code has opened the device `name`."""
        user = _running_device(sys._getframe(1))
        if user is None and self.is_program:
            self._note("", name)
        elif user is not None and user.kernel.host is self._host:
            self._note(user.get_name(), name)

    def _note(self, user: str, name: str) -> None:
        with self._lock:
            self._used.setdefault(user, {})[name.lower()] = None

    def forget(self, device: str) -> None:
        """The device is gone, and with it what it used."""
        with self._lock:
            self._used.pop(device, None)

    def pairs(self) -> list[str]:
        """`user used`, one blank between, sorted by user; `used` alone where no device is the user."""
        with self._lock:
            return [f"{user} {name}".lstrip() for user in sorted(self._used) for name in self._used[user]]

    def store(self, properties: PropertyStore) -> None:
        """Keep what each device uses, where that has changed."""
        with self._lock:
            used = {user: list(names) for user, names in self._used.items() if user}
        for user, names in used.items():
            if self._stored.get(user) != names:
                properties.put_device_property(user, {PROPERTY: names})
                self._stored[user] = names


def _running_device(frame: FrameType | None) -> Device | None:
    """The device whose code runs in `frame` or called it; the innermost one."""
    while frame is not None:
        owner = frame.f_locals.get("self")
        if isinstance(owner, Device):
            return owner
        if isinstance(owner, KernelBase):
            return owner.device
        frame = frame.f_back
    return None
