"""Tango's own protocol at a server's port: beside the native one, and what becomes of its connections."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from server_core.model.identity import ClientIdent
from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.exchange import Closed
from server_core.protocol.giop.connection import Target
from server_core.protocol.operations import CommandInout
from server_core.transport.blocking import Connection
from server_core.transport.contract import Limits
from tests.transport.giop import DEVICE, GiopClient


@pytest.mark.parametrize("minor", [0, 1, 2])
def test_both_protocols_at_one_port(
    site: Any, dial: Callable[..., GiopClient], connect: Callable[..., Connection], minor: int
) -> None:
    """wire 2.1: told apart by the first bytes."""
    giop, native = dial(site.endpoints["tcp"], minor=minor), connect(site.endpoints["tcp"])
    for value in range(3):
        assert giop.call("Echo", value) == value
        assert native.call(CommandInout(DEVICE, "Echo", TypedValue(CmdArgType.DevLong, value)), 5).value == value


def test_who_calls_comes_with_the_request(site: Any, dial: Callable[..., GiopClient]) -> None:
    """wire 5.4: the identification is not the connection's; a client of this protocol has no place for events."""
    client = dial(site.endpoints["tcp"], ident=ClientIdent(pid=815))
    client.send("Unknown")
    assert client.next() is not None
    (peer,) = site.bench.seen
    assert peer.ident == ClientIdent(pid=815)
    assert peer.address.startswith("tcp:127.0.0.1:")
    assert peer.sink is None


def test_pipelined_requests_are_answered_as_they_finish(site: Any, dial: Callable[..., GiopClient]) -> None:
    """wire 2.8"""
    client = dial(site.endpoints["tcp"])
    slow = client.send("Wait")
    assert site.bench.waiting.acquire(timeout=5)
    quick = [client.send("Echo", value) for value in range(20)]
    replies = [client.next() for _ in quick]
    assert [(reply.id, reply.result.value) for reply in replies] == list(zip(quick, range(20), strict=True))
    site.bench.gate.set()
    assert client.next().id == slow


def test_a_request_in_small_pieces(site: Any, dial: Callable[..., GiopClient]) -> None:
    client = dial(site.endpoints["tcp"])
    request = CommandInout(DEVICE, "Echo", TypedValue(CmdArgType.DevLong, 7))
    _, pieces = client.codec.request(request, Target(DEVICE.encode(), 6))
    for byte in b"".join(pieces):
        client.write([bytes([byte])])
    assert client.next().result.value == 7


def test_an_idle_connection_is_closed_in_good_order(start: Callable[..., Any], dial: Callable[..., GiopClient]) -> None:
    """wire 2.9: counted from the last thing that was read, and not while a request is executed."""
    site = start(Limits(idle_timeout=0.3))
    idle, busy, waiting = (dial(site.endpoints["tcp"]) for _ in range(3))
    assert idle.call("Echo") == 1
    number = waiting.send("Wait")
    begun = time.monotonic()
    while time.monotonic() - begun < 0.6:
        assert busy.call("Echo") == 1
        time.sleep(0.02)
    assert isinstance(idle.next(), Closed)
    assert idle.next() is None
    site.bench.gate.set()
    assert waiting.next().id == number


def test_a_client_that_takes_its_time_to_read_is_not_idle(
    start: Callable[..., Any], dial: Callable[..., GiopClient]
) -> None:
    """wire 2.9: as long as something is left to send."""
    client = dial(start(Limits(idle_timeout=0.1)).endpoints["tcp"])
    large = TypedValue(CmdArgType.DevVarCharArray, memoryview(bytes(14_000_000)))
    number = client.post(CommandInout(DEVICE, "Echo", large))
    time.sleep(0.4)
    assert client.next().id == number
    assert client.call("Echo", 7) == 7


def test_native_connections_may_be_idle(start: Callable[..., Any], connect: Callable[..., Connection]) -> None:
    connection = connect(start(Limits(idle_timeout=0.1)).endpoints["tcp"])
    time.sleep(0.3)
    assert connection.call(CommandInout(DEVICE, "Echo", TypedValue(CmdArgType.DevLong, 1)), 5).value == 1


def test_a_server_that_stops_says_so(start: Callable[..., Any], dial: Callable[..., GiopClient]) -> None:
    """wire 2.7"""
    site = start()
    clients = [dial(site.endpoints["tcp"]) for _ in range(3)]
    for client in clients:
        client.call("Echo")
    site.server.stop()
    for client in clients:
        assert isinstance(client.next(), Closed)
        assert client.next() is None


def test_a_client_that_closes_in_good_order_is_gone(site: Any, dial: Callable[..., GiopClient]) -> None:
    """wire 2.9"""
    client = dial(site.endpoints["tcp"])
    client.call("Echo")
    client.write(client.codec.farewell() or ())
    assert client.next() is None
    assert site.bench.gone.acquire(timeout=5)


@pytest.mark.parametrize(
    "data",
    [
        b"GIOP\x02\x00\x01\x00\x00\x00\x00\x00",
        b"GIOP\x01\x02\x01\x09\x00\x00\x00\x00",
        b"GIOP\x01\x02\x01\x00\xff\xff\xff\xff",
    ],
)
def test_what_is_no_message_ends_the_connection(site: Any, dial: Callable[..., GiopClient], data: bytes) -> None:
    """wire 2.7: another version, an unknown kind, a size beyond the limit; others are served on."""
    client, other = dial(site.endpoints["tcp"]), dial(site.endpoints["tcp"])
    client.write([data])
    assert client.socket.recv(1000)[:4] == b"GIOP"
    assert client.socket.recv(1000) == b""
    assert other.call("Echo") == 1


def test_many_clients_at_once(site: Any, dial: Callable[..., GiopClient]) -> None:
    found: list[bool] = []

    def work(client: GiopClient) -> None:
        found.append([client.call("Echo", value) for value in range(50)] == list(range(50)))

    threads = [threading.Thread(target=work, args=(dial(site.endpoints["tcp"]),)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == [True] * 10
