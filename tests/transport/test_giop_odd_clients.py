"""Clients of Tango's own protocol that harm themselves only: many that say nothing, slow ones, too many.

Source: wire 2.8, 2.9.
"""

from __future__ import annotations

import os
import resource
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from server_core.model.enums import DevSource
from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.exchange import Closed
from server_core.protocol.operations import CommandInout
from server_core.transport import server as module
from server_core.transport.contract import Limits
from tests.transport.giop import DEVICE, GiopClient

LARGE = 50_000_000


def large_echo(size: int) -> CommandInout:
    return CommandInout(DEVICE, "Echo", TypedValue(CmdArgType.DevVarCharArray, memoryview(bytes(size))), DevSource.DEV)


def test_a_client_that_does_not_read_its_answers_is_not_read_until_it_does(
    start: Callable[..., Any], dial: Callable[..., GiopClient]
) -> None:
    """Its requests stay in the sockets' buffers; all are answered in the end."""
    site = start(Limits(max_event_backlog=100_000))
    client, other = dial(site.endpoints["tcp"], timeout=20), dial(site.endpoints["tcp"])
    numbers: list[int] = []

    def post() -> None:
        for _ in range(40):
            numbers.append(client.post(large_echo(1_000_000)))

    poster = threading.Thread(target=post)
    poster.start()
    poster.join(0.5)
    (channel,) = [channel for channel in site.server._channels if channel._outbox.waiting]
    assert channel._outbox.waiting < 3_000_000
    assert other.call("Echo") == 1
    assert [client.next().id for _ in range(40)] == numbers
    poster.join(5)


def test_a_large_answer_to_a_slow_client_keeps_nobody_waiting(site: Any, dial: Callable[..., GiopClient]) -> None:
    """It comes whole, however long that takes."""
    slow, other = GiopClient(site.endpoints["tcp"]), dial(site.endpoints["tcp"])
    slow.codec = type(slow.codec)(1 << 27, slow.codec._ident)
    with slow.socket:
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        slow.post(large_echo(LARGE))
        longest = 0.0
        read = b""
        for _ in range(50):
            begun = time.monotonic()
            assert other.call("Echo") == 1
            longest = max(longest, time.monotonic() - begun)
            read += slow.socket.recv(1000)
        assert longest < 0.5
        (message, *rest) = [*slow.codec.receive(read), slow.next()]
        assert len(message.result.value) == LARGE
        assert not rest


def test_many_idle_connections(start: Callable[..., Any], dial: Callable[..., GiopClient]) -> None:
    """wire 2.9: others are served beside them, and all are closed in good order when their time has come."""
    site = start(Limits(idle_timeout=1.0))
    clients = [dial(site.endpoints["tcp"]) for _ in range(400)]
    for client in clients:
        assert client.call("Echo") == 1
    busy = dial(site.endpoints["tcp"])
    deadline = time.monotonic() + 10
    while len(site.server._channels) > 1:
        assert busy.call("Echo") == 1
        assert time.monotonic() < deadline
        time.sleep(0.01)
    for client in clients:
        assert isinstance(client.next(), Closed)
        assert client.next() is None


def test_without_descriptors_those_who_are_connected_are_served(
    site: Any, dial: Callable[..., GiopClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others are served as soon as there are some again."""
    monkeypatch.setattr(module, "_ACCEPT_PAUSE", 0.1)
    endpoint = site.endpoints["tcp"]
    client = dial(endpoint)
    assert client.call("Echo") == 1
    late = [socket.socket() for _ in range(3)]
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    spare = os.dup(0)
    os.close(spare)
    resource.setrlimit(resource.RLIMIT_NOFILE, (spare, before[1]))
    try:
        for each in late:
            each.connect((endpoint.host, endpoint.port))
        for value in range(20):
            assert client.call("Echo", value) == value
            time.sleep(0.02)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    newcomer = dial(endpoint)
    assert newcomer.call("Echo") == 1
    for each in late:
        each.close()
