"""Connections to real servers: which protocol is spoken, how they are shared, what becomes of them when servers go.

Source: wire 2.8, 2.9; CLI-2..CLI-4.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server_core.database.locate import open_store
from server_core.model.values import AttributeWrite, TypedValue
from server_core.protocol.operations import (
    CommandInout,
    CommandInoutHistory,
    GetAttributeConfig,
    GetInfo,
    GetName,
    ReadAttributeHistory,
    ReadAttributes,
    WriteAttributes,
)
from server_core.server.neighbours import answers_as
from server_core.transport import reach
from server_core.transport.endpoint import TCP, Endpoint
from server_core.transport.errors import CallTimeout, CannotConnect, ConnectionLost
from server_core.transport.giop import pool
from server_core.transport.giop.blocking import Connection
from server_core.transport.giop.reference import Reference, reference_of
from server_core.transport.tls import ClientTls
from tangoterm.client import (
    CmdArgType,
    CommunicationFailed,
    ConnectionFailed,
    DevFailed,
    DeviceProxy,
    DevState,
    close_connections,
)
from tangoterm.client.aio import DeviceProxy as AsyncDeviceProxy
from tangoterm.client.aio import close_connections as close_async_connections
from tangoterm.client.links import identity
from tests.peers.fixtures import Database, Peers
from tests.peers.process import Server

NAME = "test/alltypes/1"


def reasons_of(call: Callable[[], object]) -> list[str]:
    with pytest.raises(DevFailed) as caught:
        call()
    return [error.reason for error in caught.value.errors]


@pytest.fixture
def device(pytango_all_types: Server) -> DeviceProxy:
    return DeviceProxy(pytango_all_types.device(NAME))


@pytest.fixture
def connection(pytango_all_types: Server) -> Iterator[Callable[..., Connection]]:
    """Connections to the server, to devices of any interface level."""
    opened: list[Connection] = []

    def connect(key: bytes | None = None, level: int | None = None) -> Connection:
        reference = Reference((Endpoint(TCP, "127.0.0.1", pytango_all_types.port),), key, level)
        opened.append(Connection.open(reference, ident=identity(), timeout=3.0))
        return opened[-1]

    yield connect
    for each in opened:
        each.close()


def lines() -> list[pool.GiopLine]:
    """The open connections of this process."""
    return [line for each in pool._pools.values() for line in each._lines]


# ---- which protocol


def test_a_server_that_does_not_greet_is_spoken_to_in_tangos_protocol(device: DeviceProxy) -> None:
    address = next(device._handle.locate())  # type: ignore[call-overload]
    assert address
