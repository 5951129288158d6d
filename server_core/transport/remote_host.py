"""The hosts that clients connect from, by name: the name service is asked without making anybody wait.

Source: BBX-13.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

_REMEMBERED: Final = 1024
"""Most hosts whose names are kept."""

_LIFETIME: Final = 600.0
"""Seconds after which a connection asks for the name again."""


class RemoteHost:
    """A host as text: its name in lower case, and its address until that is known. Equal for all its connections."""

    __slots__ = ("address", "asked", "name")

    def __init__(self, address: str) -> None:
        self.address = address
        self.name = address
        self.asked = float("-inf")

    def __str__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemoteHost) and self.address == other.address

    def __hash__(self) -> int:
        return hash(self.address)


def reverse_lookup(address: str) -> str:
    """The name of a host by its address, which is its own name when it has none; may take seconds."""
    try:
        return socket.getnameinfo((address, 0), socket.NI_NAMEREQD)[0].lower()
    except OSError:
        return address


class RemoteHosts:
    """The hosts seen so far. One thread asks for their names, as long as there are any to ask for."""

    def __init__(
        self, lookup: Callable[[str], str] = reverse_lookup, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lookup = lookup
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, RemoteHost] = {}
        self._wanted: deque[RemoteHost] = deque()
        self._asking = False

    def find(self, address: str) -> RemoteHost:
        """The host at an address; its name comes when it comes."""
        with self._lock:
            host = self._known.pop(address, None) or RemoteHost(address)
            self._known[address] = host  # the last one now: the first one goes when there are too many
            if len(self._known) > _REMEMBERED:
                del self._known[next(iter(self._known))]
            if self._clock() - host.asked > _LIFETIME:
                host.asked = self._clock()
                self._wanted.append(host)
                if not self._asking:
                    self._asking = True
                    threading.Thread(target=self._ask, name="host names", daemon=True).start()
        return host

    def _ask(self) -> None:
        while (host := self._next()) is not None:
            host.name = self._lookup(host.address)

    def _next(self) -> RemoteHost | None:
        with self._lock:
            self._asking = bool(self._wanted)
            return self._wanted.popleft() if self._wanted else None


def is_own_address(remote: str, local: str) -> bool:
    """Whether a connection from the address `remote` to `local` stays on this machine."""
    return remote == local or remote.startswith("127.")
