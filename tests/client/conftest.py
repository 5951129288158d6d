"""A device to talk to: served in this process, or by a process that a test can kill."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from server_core.database.locate import open_store
from server_core.server.process import DeviceServer
from tangoterm.client import DeviceProxy, close_connections
from tests import waiting
from tests.client.puppets import Puppet

SCRIPT = Path(__file__).parent / "data" / "bench.py"
NAME = "lab/bench/1"


def _bench_class() -> Any:
    spec = util.spec_from_file_location("client_bench", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    sys.modules["client_bench"] = module
    spec.loader.exec_module(module)
    return module.Bench


BENCH = _bench_class()


@pytest.fixture
def store(private_home: Path) -> Iterator[Any]:
    """The database of the test."""
    store = open_store()
    store.add_server("bench/test", [(NAME, "Bench")])
    yield store
    store.close()


@pytest.fixture
def server(store: Any) -> Iterator[DeviceServer]:
    """A server of one Bench device in this process."""
    with DeviceServer((BENCH,), "bench", "test", store=store) as server:
        yield server
        close_connections()


@pytest.fixture
def device(server: DeviceServer) -> DeviceProxy:
    return DeviceProxy(NAME)


@pytest.fixture
def spawn(store: Any) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts the Bench server in a process of its own."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        process = subprocess.Popen(
            [sys.executable, str(SCRIPT), "test"], stdout=subprocess.PIPE, text=True, env=environment
        )
        started.append(process)
        assert process.stdout is not None
        assert any("Ready to accept request" in line for line in process.stdout)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=10)


@pytest.fixture
def puppet() -> Iterator[Callable[[str, str], Puppet]]:
    """Starts clients that end with the test."""
    started: list[Puppet] = []

    def start(device: str = NAME, admin: str = "dserver/bench/test") -> Puppet:
        started.append(Puppet(device, admin))
        return started[-1]

    yield start
    for each in started:
        if each.process.returncode is None:
            each.kill()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Waits until something is true."""
    return waiting.until
