"""A server whose handler does what a test asks for, and clients that end with the test."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core.model.enums import EventType
from server_core.model.errors import DevError, DevFailed, MultiDevFailed, NamedDevFailed
from server_core.model.identity import ClientIdent
from server_core.model.values import Event
from server_core.protocol.operations import CommandInout, Subscribe, Subscription, Unsubscribe
from server_core.transport.blocking import Connection
from server_core.transport.contract import DEFERRED, Limits, Peer, Respond
from server_core.transport.endpoint import Endpoint, parse_endpoints
from server_core.transport.server import TransportServer
from server_core.transport.tls import ServerTls
from tests.transport.giop import GiopClient

TOPIC = 7


class Bench:
    """Answers commands: `Echo` at once; `Wait` when `gate` opens; `Later` from another thread; others fail."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.waiting = threading.Semaphore(0)
        self.subscribed = threading.Semaphore(0)
        self.gone = threading.Semaphore(0)
        self.sinks: list[Any] = []
        self.seen: list[Peer] = []

    def handle(self, request: Any, peer: Peer, respond: Respond, form: Any = None) -> object:
        match request:
            case CommandInout(command="Echo"):
                return request.argin
            case CommandInout(command="Wait"):
                self.waiting.release()
                self.gate.wait(20)
                return request.argin
            case CommandInout(command="Later"):
                threading.Timer(0.01, respond, (request.argin,)).start()
                return DEFERRED
            case CommandInout(command="LaterFails"):
                threading.Timer(0.01, respond, (DevFailed.of("API_Late", "too late"),)).start()
                return DEFERRED
            case CommandInout(command="Refuse"):
                raise DevFailed.of("API_No", "no", "Bench").stacked("API_Outer", "really no")
            case CommandInout(command="RefuseSome"):
                error = DevError("API_No", "no")
                raise MultiDevFailed(error, failed=(NamedDevFailed("a", 1, (error,)),))
            case CommandInout(command="Crash"):
                raise ZeroDivisionError("by nought")
            case CommandInout(command="Exit"):
                raise SystemExit(3)
            case Subscribe():
                self.sinks.append(peer.sink)
                self.subscribed.release()
                return Subscription(TOPIC, 0)
            case Unsubscribe():
                self.sinks.remove(peer.sink)
        self.seen.append(peer)
        return None

    def disconnected(self, peer: Peer) -> None:
        self.gone.release()

    def object(self, key: bytes) -> str | None:
        return key.decode()

    def push(self, counter: int, payload: Any = None) -> None:
        """Send one event to every subscriber."""
        event = Event("d", "a", EventType.CHANGE_EVENT, payload, counter=counter)
        for sink in list(self.sinks):
            sink.send(TOPIC, sink.encode(TOPIC, event))


class Site:
    """A server on TCP and on a Unix socket, and its handler."""

    def __init__(self, path: Path, limits: Limits, tls: ServerTls | None) -> None:
        self.bench = Bench()
        self.server = TransportServer(self.bench, limits=limits, tls=tls)
        self.server.listen_tcp("127.0.0.1")
        self.server.listen_unix(str(path))
        self.endpoints: dict[str, Endpoint] = {
            endpoint.scheme: endpoint for endpoint in parse_endpoints(self.server.endpoints)
        }
        self.server.start()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Starts servers; all end with the test."""
    sites: list[Site] = []

    def begin(limits: Limits | None = None, tls: ServerTls | None = None) -> Site:
        sites.append(Site(tmp_path / f"{len(sites)}.sock", limits or Limits(), tls))
        return sites[-1]

    yield begin
    for site in sites:
        site.bench.gate.set()
        site.server.stop()


@pytest.fixture
def site(start: Callable[..., Site]) -> Site:
    """A server with the usual limits."""
    return start()


@pytest.fixture
def connect() -> Iterator[Callable[..., Connection]]:
    """Opens blocking connections; all close with the test."""
    opened: list[Connection] = []

    def open_one(endpoint: Endpoint, **options: Any) -> Connection:
        opened.append(Connection.open(endpoint, ident=ClientIdent(pid=42), **options))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()


@pytest.fixture
def silent() -> Iterator[Endpoint]:
    """Somebody who accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Endpoint("tcp", "127.0.0.1", listener.getsockname()[1])


@pytest.fixture
def dial() -> Iterator[Callable[..., GiopClient]]:
    """Opens GIOP connections; all close with the test."""
    opened: list[GiopClient] = []

    def open_one(endpoint: Any, **options: Any) -> GiopClient:
        opened.append(GiopClient(endpoint, **options))
        return opened[-1]

    yield open_one
    for client in opened:
        client.close()
