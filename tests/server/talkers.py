"""Devices that log, and servers of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from server_core.database.memory import MemoryStore
from server_core.database.store import Store
from server_core.device.command import command
from server_core.device.device import Device
from server_core.devices import MODULES, find_class
from server_core.server.process import DeviceServer

MakeNamed = Callable[..., DeviceServer]


class Talker(Device):
    """Says what it is told to."""

    @command
    def Say(self, text: str) -> None:
        self.info_stream(text)

    @command
    def SayAll(self) -> None:
        self.fatal_stream("fatal")
        self.error_stream("error")
        self.warn_stream("warn")
        self.info_stream("info")
        self.debug_stream("debug")


class Talker2(Talker):
    """A second class."""


def store_of(server: str, *devices: tuple[str, str]) -> Store:
    """A database in memory with one server and its devices."""
    store = MemoryStore()
    store.add_server(server, [(f"dserver/{server}", "DServer"), *devices])
    return store


def served(make: MakeNamed, server: str, devices: Sequence[tuple[str, str]], **options: Any) -> DeviceServer:
    """A server with a database of its own; classes that do not ship are copies of `Talker`."""
    classes = [class_named(name) for name in dict.fromkeys(name for _, name in devices)]
    return make(classes, store_of(server, *devices), server=server, **options)


def class_named(name: str) -> type[Device]:
    return find_class(name) if name in MODULES else type(name, (Talker,), {})


def wait_for(condition: Callable[[], object], timeout: float = 20.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
