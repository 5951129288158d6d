"""Terminals for a test, and two control systems to look at: one of ours, one of others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.peers.fixtures import Facility, Peers
from tests.peers.process import ROOT, Server
from tests.terminal.screen import Terminal


class System(NamedTuple):
    """A control system: the words that name it on the command line, and what the environment says of it."""

    words: tuple[str, ...]
    env: dict[str, str]


@pytest.fixture(scope="module")
def ours(peers: Peers) -> Iterator[System]:
    """The embedded database with a server of ours, `AllTypes/ours`, of `test/ours/1` and `test/ours/2`."""
    home = peers.directory("embedded")
    database = str(home / "database.sqlite3")
    command = [sys.executable, "-m", "tangoterm", "serve", str(ROOT / "tests/peers/servers/AllTypes.py"), "ours"]
    devices = ["--device", "test/ours/1", "--device", "test/ours/2"]
    server = Server(
        lambda port: [*command, *devices, "--port", str(port)], home, peers.environment(TANGOTERM_DATABASE=database)
    )
    yield System((), {"TANGOTERM_DATABASE": database})
    server.kill()


@pytest.fixture
def theirs(facility: Facility) -> System:
    """A real database with a PyTango server of `test/pytango/1` and a C++ TangoTest."""
    return System(("--host", facility.database.host), {})


Opens = Callable[..., Terminal]


@pytest.fixture
def opens(private_home: Path) -> Iterator[Opens]:
    """Runs tangoterm on a control system in a terminal; all of them are closed with the test."""
    opened: list[Terminal] = []

    def open_terminal(system: System, *words: str, size: tuple[int, int] = (80, 24), **env: str) -> Terminal:
        terminal = Terminal(*system.words, *words, size=size, env={**system.env, **env})
        opened.append(terminal)
        return terminal

    yield open_terminal
    for terminal in opened:
        terminal.close()
