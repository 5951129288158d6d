"""Who holds a lock, as `DeviceProxy.get_locker` tells it (LOCK-22)."""

from __future__ import annotations

import socket
from enum import IntEnum
from typing import NamedTuple

_FROM_HOST = " from host "


class LockerLanguage(IntEnum):
    """The language of the client that holds a lock, and from `_6` on the version of the interface it uses."""

    CPP = 0
    JAVA = 1
    CPP_6 = 2
    JAVA_6 = 3


class LockerInfo:
    """What `DeviceProxy.get_locker` fills in: `ll`, the language; `li`, the process id, or for Java the UUID as four
    numbers; `locker_host`, the host's name; `locker_class`, the main class of a Java client, else `Not defined`."""

    def __init__(self) -> None:
        self.ll = LockerLanguage.CPP
        self.li: int | tuple[int, ...] = 0
        self.locker_host = ""
        self.locker_class = ""

    def __repr__(self) -> str:
        return (
            f"LockerInfo(ll={self.ll!r}, li={self.li!r}, locker_host={self.locker_host!r}, "
            f"locker_class={self.locker_class!r})"
        )


class LockStatus(NamedTuple):
    """The answer of `DevLockStatus` (LOCK-20): six numbers and three texts."""

    numbers: tuple[int, ...]
    texts: tuple[str, ...]

    @property
    def locked(self) -> bool:
        """Whether the device is locked."""
        return bool(self.numbers[0])

    @property
    def text(self) -> str:
        """The sentence for people."""
        return self.texts[0]

    @property
    def is_java(self) -> bool:
        """Whether a Java client holds the lock: it has a UUID, and no process id."""
        return not self.numbers[1]

    @property
    def host(self) -> str:
        """The host of the locker: its name, or its address when the server knows no name."""
        host = self.text.rpartition(_FROM_HOST)[2]
        return _host_of(host) if host.startswith("giop:") else host

    def fill(self, info: LockerInfo) -> None:
        """Tell `info` who holds the lock."""
        info.ll = LockerLanguage.JAVA if self.is_java else LockerLanguage.CPP
        info.li = self.numbers[2:6] if self.is_java else self.numbers[1]
        info.locker_host = self.host
        info.locker_class = self.texts[2]

    def is_of(self, pid: int) -> bool:
        """Whether the process `pid` of this machine, which is no Java program, holds the lock."""
        if not self.locked or self.is_java or self.numbers[1] != pid:
            return False
        address = self.texts[1]
        return _is_own_host(self.host if _is_local(address) else _host_of(address))


def _host_of(address: str) -> str:
    """The host in `giop:tcp:<ip>:<port>`; this one for `giop:unix:<path>`."""
    if _is_local(address):
        return socket.gethostname().lower()
    return address.removeprefix("giop:tcp:").rpartition(":")[0].strip("[]")


def _is_local(address: str) -> bool:
    """Whether a client called from the machine of the server, through a Unix socket."""
    return address.startswith("giop:unix:")


def _is_own_host(host: str) -> bool:
    """Whether a name or an IP address is this machine's: only then a socket can be bound to it."""
    if host == socket.gethostname().lower():
        return True
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
    except OSError:
        return False
    return True
