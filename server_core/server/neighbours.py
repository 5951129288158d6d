"""Requests that the process itself sends: to its own devices, to devices elsewhere, and to its own earlier self; and
events of other devices.

Source: BBX-13 (calls from inside), LIFE-16, LIFE-17.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from server_core.database.locate import open_store
from server_core.database.store import Store
from server_core.device.host import OnRootEvent
from server_core.model.enums import EventType
from server_core.model.errors import CommunicationFailed, ConnectionFailed, DevFailed, Reason
from server_core.model.identity import ClientIdent
from server_core.model.names import DeviceAddress, HostPort, admin_name, parse_device
from server_core.protocol.operations import BY_REQUEST, GetAdmName, GetName, Request, Subscribe
from server_core.server.blackbox import FROM_COLLOCATED, FROM_START_UP
from server_core.server.caller import Process
from server_core.server.dispatcher import Dispatcher
from server_core.server.events.following import Following, OwnSink, PublishedEvents
from server_core.server.events.service import Events
from server_core.server.registry import Registry
from server_core.transport import own, reach
from server_core.transport.contract import DEFAULT_LIMITS, DEFERRED, Peer
from server_core.transport.endpoint import TCP, TLS, Endpoint, native_text
from server_core.transport.errors import (
    CallTimeout,
    CannotConnect,
    ConnectionLost,
    RequestRefused,
    TransportError,
)
from server_core.transport.events import Dispatcher as EventCalls
from server_core.transport.tls import ClientTls

if TYPE_CHECKING:
    from server_core.transport.reach import AnyConnection

CALL_TIMEOUT: Final = 3.0

_LOOK: Final = 1.0
"""Seconds for looking whether a server that does not answer still listens."""


class Neighbour(NamedTuple):
    """A device that was found: its name, and how to call it as long as it stays where it is.

    `call(request)` gives the result, the request made with `name`. Raises what the device raises, ConnectionFailed
    `API_CantConnectToDevice` when the connection is lost, and CommunicationFailed `API_DeviceTimedOut`.
    """

    name: str
    call: Callable[[Request], Any]


class Neighbours:
    """Calls to devices by name, wherever they are served. One connection per server is kept."""

    def __init__(
        self,
        registry: Registry,
        dispatcher: Dispatcher,
        events: Events,
        store: Store | None,
        tls: ClientTls | None,
        starting: Callable[[], bool],
    ) -> None:
        self._registry = registry
        self._dispatcher = dispatcher
        self._events = events
        self._starting = starting
        self._this = Process(ClientIdent(pid=os.getpid()), socket.gethostname().lower(), "unix:")
        self._store = store
        self._tls = tls
        self._lock = threading.Lock()
        self._endpoints: tuple[str, ...] = ()
        self._connections: dict[str, AnyConnection] = {}
        self._connecting: dict[str, threading.Lock] = {}
        self._places: dict[DeviceAddress, AnyConnection] = {}
        self._foreign: dict[HostPort, Store] = {}
        self._followed: dict[AnyConnection, set[Following]] = {}
        self._published = PublishedEvents(self.call)
        self._own_events = EventCalls(DEFAULT_LIMITS.max_event_backlog, "events of own devices")

    def open(self, endpoints: str) -> None:
        """Be known to the clients in this process as the server at `endpoints`."""
        self._endpoints = (endpoints, *endpoints.split(","))
        own.servers.update(dict.fromkeys(self._endpoints, self))

    @property
    def control_system(self) -> HostPort | None:
        """Where the own database listens; None when there is none, or one without an address."""
        hosts = () if self._store is None else self._store.hosts
        return hosts[0] if hosts else None

    def call(self, device: str, request: Request) -> Any:
        """The result of a request to `device`, which may be a full name; the request has the plain name.

        Raises what the device raises, and ConnectionFailed `API_CantConnectToDevice` when it cannot be reached.
        """
        address = self._address(device)
        if self._is_own(address):
            return self.call_own(request)
        with _reached(address):
            try:
                return self._connection(address).call(request, CALL_TIMEOUT)
            except ConnectionLost as lost:
                self._places.pop(address, None)
                if lost.sent and not BY_REQUEST[type(request)].repeatable:
                    raise
                return self._connection(address).call(request, CALL_TIMEOUT)
            except DevFailed as failure:
                if failure.reason == Reason.API_DeviceNotFound:
                    self._places.pop(address, None)
                raise

    def find(self, device: str, timeout: float = CALL_TIMEOUT) -> Neighbour:
        """A device to call many times, by name, alias or full name, which has `timeout` seconds for each answer; raises
        as `call` does when it is not reached."""
        address = self._address(device)
        if self._is_own(address):
            return Neighbour(address.name, self.call_own)
        with _reached(address):
            connection = self._connection(address)
        name = self._store_of(address).device(address.name).name if address.is_alias else address.name
        return Neighbour(name, partial(_call, address, connection, timeout))

    def subscribe(self, device: str, name: str, kind: EventType, on_event: OnRootEvent) -> Callable[[], None]:
        """Have `on_event` called with the events of another device, see `Host.subscribe_device`."""
        address = self._address(device)
        request = Subscribe(address.name, name, kind)
        if self._is_own(address):
            sink = OwnSink(self._own_events, on_event)
            peer = Peer("localhost", "own process", ClientIdent(pid=os.getpid()), sink)
            self._events.subscribe(self._registry.find(address.name), request, peer)
            return partial(self._events.topics.forget, peer)
        with _reached(address):
            connection = self._connection(address)
            if connection.carries_events:
                return self._follow(connection, request, on_event)
            named = address._replace(host=address.host or self.control_system)
            return self._published.subscribe(named, self._admin_of(address, connection), request, on_event)

    def _admin_of(self, address: DeviceAddress, connection: AnyConnection) -> str:
        """The name of the admin device of a device's server."""
        if address.dbase:
            return admin_name(self._store_of(address).device(address.name).server)
        return str(connection.call(GetAdmName(address.name), CALL_TIMEOUT))

    def _follow(self, connection: AnyConnection, request: Subscribe, on_event: OnRootEvent) -> Callable[[], None]:
        following = Following(connection, request, on_event)
        with self._lock:
            known = connection in self._followed
            self._followed.setdefault(connection, set()).add(following)
        if not known:
            connection.on_lost(lambda lost: self._lost(connection))
        try:
            following.start()
        except BaseException:
            self._forget(following)
            raise

        def stop() -> None:
            self._forget(following)
            following.stop()

        return stop

    def _forget(self, following: Following) -> None:
        with self._lock:
            self._followed.get(following.connection, set()).discard(following)

    def _lost(self, connection: AnyConnection) -> None:
        with self._lock:
            followings = self._followed.pop(connection, set())
        for following in followings:
            following.on_event(None)

    def _address(self, device: str) -> DeviceAddress:
        """The device that a name means; of the own control system without host."""
        address = parse_device(device)
        own = () if self._store is None else self._store.hosts
        return address._replace(host=None) if address.dbase and address.host in own else address

    def _is_own(self, address: DeviceAddress) -> bool:
        return address.host is None and self._registry.has(address.name)

    def within(self) -> bool:
        """Whether the calling thread executes a request of one of the own devices."""
        return any(served.monitor.held for served in self._registry.devices())

    def call_own(self, request: Request) -> Any:
        """The result of a request to an own device, executed in the calling thread."""
        served = self._registry.find(request.device)
        origin = FROM_START_UP if self._starting() else FROM_COLLOCATED
        served.blackbox.note(f"{BY_REQUEST[type(request)].blackbox(request)}{origin}")
        answer: Future[Any] = Future()

        def respond(outcome: object) -> None:
            if isinstance(outcome, BaseException):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)

        outcome = self._dispatcher.execute(served, request, respond, self._this)
        return answer.result() if outcome is DEFERRED else outcome

    def _connection(self, address: DeviceAddress) -> AnyConnection:
        """The connection to the server of a device, as the database knows it or the name says; the database is asked
        again when the connection has ended, or the device was not found behind it."""
        known = self._places.get(address)
        if known is not None and not known.closed:
            return known
        if address.host is not None and not address.dbase:
            scheme = TCP if self._tls is None else TLS
            endpoints, host = str(Endpoint(scheme, address.host.host, address.host.port)), address.host.host
        else:
            record = self._store_of(address).device(address.name)
            if not record.exported:
                raise ConnectionFailed.of(
                    Reason.API_DeviceNotExported,
                    f"Device {address.name} is not exported (hint: start the device server?)",
                )
            endpoints, host = native_text(record.ior), record.host
        self._places[address] = connection = self._connected(endpoints, host)
        return connection

    def _connected(self, endpoints: str, host: str) -> AnyConnection:
        """The connection to a server; while it is being made others wait, those to other servers do not."""
        with self._lock:
            turn = self._connecting.setdefault(endpoints, threading.Lock())
        with turn:
            connection = self._connections.get(endpoints)
            if connection is None or connection.closed:
                connection = self._connections[endpoints] = connect(endpoints, host, self._tls)
            return connection

    def _store_of(self, address: DeviceAddress) -> Store:
        """The database that knows a device."""
        if address.host is not None:
            with self._lock:
                if address.host not in self._foreign:
                    self._foreign[address.host] = open_store(str(address.host), tls=self._tls)
                return self._foreign[address.host]
        if self._store is None:
            raise ConnectionFailed.of(
                Reason.API_NonDatabaseDevice,
                f"Failed to connect to device {address}: a server without database knows only its own devices",
                "Neighbours.call",
            ).stacked(Reason.API_CantConnectToDevice, f"Failed to connect to device {address}", "Neighbours.call")
        return self._store

    def close(self) -> None:
        """Close all connections."""
        for endpoints in self._endpoints:
            own.servers.pop(endpoints, None)
        with self._lock:
            connections, self._connections = self._connections, {}
            stores, self._foreign = self._foreign, {}
            self._followed.clear()
        self._published.close()
        for connection in connections.values():
            connection.close()
        for store in stores.values():
            store.close()
        self._own_events.finish()


@contextmanager
def _reached(address: DeviceAddress) -> Iterator[None]:
    """Troubles of the connection as ConnectionFailed `API_CantConnectToDevice`."""
    try:
        yield
    except TransportError as failure:
        raise ConnectionFailed.of(
            Reason.API_CantConnectToDevice, f"Failed to connect to device {address.name}: {failure}", "Neighbours.call"
        ) from failure


def _call(address: DeviceAddress, connection: AnyConnection, timeout: float, request: Request) -> Any:
    with _reached(address):
        try:
            return connection.call(request, timeout)
        except CallTimeout as failure:
            desc = f"Device {address.name}: {failure}"
            raise CommunicationFailed.of(Reason.API_DeviceTimedOut, desc, "Neighbour.call") from failure


def connect(endpoints: str, host: str, tls: ClientTls | None) -> AnyConnection:
    """A connection to a server on `host`; raises CannotConnect."""
    ident = ClientIdent(pid=os.getpid())
    return reach.connect(native_text(endpoints), host, ident=ident, timeout=CALL_TIMEOUT, tls=tls)


def answers_as(name: str, endpoints: str, host: str, tls: ClientTls | None) -> bool:
    """Whether a server at `endpoints` serves the device `name` (LIFE-16).

    Raises CallTimeout when something is there and does not answer (LIFE-17).
    """
    try:
        connection = connect(endpoints, host, tls)
    except CannotConnect as failure:
        too_late = isinstance(failure.__cause__, (TimeoutError, BlockingIOError))
        if too_late and reach.listens(native_text(endpoints), host, _LOOK):
            raise CallTimeout(str(failure)) from failure
        return False
    try:
        return bool(connection.call(GetName(name), CALL_TIMEOUT).lower() == name.lower())
    except (ConnectionLost, RequestRefused, DevFailed):
        return False
    finally:
        connection.close()
