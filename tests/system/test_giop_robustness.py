"""No request of Tango's own protocol, however malformed, ends a server or harms its other clients.

A server in a process of its own gets a hundred thousand malformed messages from another process; meanwhile it serves
clients of both protocols, and after the second half it holds no more threads, descriptors and memory than after the
first.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from server_core.model.enums import DevSource
from server_core.model.identity import ClientIdent
from server_core.protocol import operations as op
from server_core.transport.blocking import Connection as NativeConnection
from server_core.transport.endpoint import TCP, Endpoint
from server_core.transport.giop.blocking import Connection as GiopConnection
from server_core.transport.giop.reference import Reference
from tests.peers.fixtures import Peers
from tests.peers.process import LOOPBACK, Server

NOISE = "tests.system.giop_noise"
DEVICES = [("test/alltypes/1", "AllTypes"), ("ab/c/def", "AllTypes")]
"""Names that take as much room as the keys of most recorded requests."""
QUIET_DEVICE = "test/quiet/1"
IDENT = ClientIdent(pid=os.getpid())

MESSAGES = 100_000
MOST_SECONDS = 60
"""For half of them on a busy machine; an idle one takes a tenth."""

LONGEST_WAIT = 3.0
"""Seconds in which the others are to have their answers: a client's usual time-out."""
MOST_GROWTH = 32 << 20
"""Bytes: less than what a leak of one connection's buffers in a hundred would take."""


class Held(NamedTuple):
    """What a process holds."""

    memory: int
    threads: int
    descriptors: int

    @classmethod
    def by(cls, pid: int) -> Held:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        return cls(int(status["VmRSS"].split()[0]) << 10, int(status["Threads"]), len(os.listdir(f"/proc/{pid}/fd")))


class OtherClient(threading.Thread):
    """A client that asks all the time; `longest` is the longest time for which it waited."""

    def __init__(self, call: Callable[[Any, float], Any]) -> None:
        super().__init__(name="other client")
        self._call = call
        self._stopped = threading.Event()
        self.failure: BaseException | None = None
        self.served = 0
        self.longest = 0.0

    def run(self) -> None:
        request = op.ReadAttributes(QUIET_DEVICE, ("double_scalar",), DevSource.DEV)
        try:
            while not self._stopped.wait(0.01):
                start = time.monotonic()
                (reading,) = self._call(request, LONGEST_WAIT)
                assert reading.value == 2.25
                self.longest = max(self.longest, time.monotonic() - start)
                self.served += 1
        except BaseException as failure:  # noqa: BLE001  the test tells of it
            self.failure = failure

    def stop(self) -> None:
        self._stopped.set()
        self.join(2 * LONGEST_WAIT)


@contextmanager
def asking(*calls: Callable[[Any, float], Any]) -> Iterator[list[OtherClient]]:
    clients = [OtherClient(call) for call in calls]
    for client in clients:
        client.start()
    try:
        yield clients
    finally:
        for client in clients:
            client.stop()


def make_noise(server: Server, messages: int, seed: int) -> int:
    """Send malformed messages: how many answers came."""
    command = [sys.executable, "-m", NOISE, str(server.port), str(messages), str(seed), *(name for name, _ in DEVICES)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
    assert result.returncode == 0, result.stderr
    return int(result.stdout)


def settled(server: Server, descriptors: int) -> Held:
    """What the server holds when it has come to rest: connections that ended are gone."""
    deadline = time.monotonic() + 10
    while (now := Held.by(server.pid)).descriptors > descriptors and time.monotonic() < deadline:
        time.sleep(0.05)
    return now


@pytest.mark.timeout(150)
def test_noise_harms_nobody(own_peers: Peers) -> None:
    """The server lives, answers the others in time, and does not grow; nothing goes wrong that nobody foresaw."""
    server = own_peers.our_server(devices=[*DEVICES, (QUIET_DEVICE, "AllTypes")])
    endpoint = Endpoint(TCP, LOOPBACK, server.port)
    with (
        closing(NativeConnection.open(endpoint, ident=IDENT)) as native,
        closing(GiopConnection.open(Reference((endpoint,)), ident=IDENT, timeout=5)) as giop,
    ):
        with asking(native.call, giop.call) as clients:
            descriptors = Held.by(server.pid).descriptors
            answers = make_noise(server, MESSAGES // 2, 0)
            before = settled(server, descriptors)
            answers += make_noise(server, MESSAGES // 2, 1)
        for client in clients:
            assert client.failure is None
            assert client.served > 50
            assert client.longest < LONGEST_WAIT
        after = settled(server, before.descriptors)
    assert answers > MESSAGES // 4
    assert server.running
    assert "Traceback" not in server.output
    assert after.memory < before.memory + MOST_GROWTH
    assert after.threads <= before.threads + 4  # one may run a slow request more at that moment
    assert after.descriptors <= before.descriptors
    assert server.stop() == 0
