"""Requests that the process itself sends: to its own devices, to devices elsewhere, and to its own earlier self.

Source: BBX-13 (calls from inside), LIFE-16, LIFE-17.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

from server_core.database.store import Store
from server_core.model.errors import ConnectionFailed, DevFailed, Reason
from server_core.model.identity import ClientIdent
from server_core.protocol.operations import BY_REQUEST, GetName, Request
from server_core.server.blackbox import FROM_COLLOCATED, FROM_START_UP
from server_core.server.caller import Process
from server_core.server.dispatcher import Dispatcher
from server_core.server.registry import Registry
from server_core.transport.blocking import Connection
from server_core.transport.contract import DEFERRED
from server_core.transport.endpoint import UNIX, Endpoint, choose, parse_endpoints
from server_core.transport.errors import CallTimeout, CannotConnect, ConnectionLost
from server_core.transport.tls import ClientTls

CALL_TIMEOUT: Final = 3.0


class Neighbours:
    """Calls to devices by name, wherever they are served. One connection per server is kept."""

    def __init__(
        self,
        registry: Registry,
        dispatcher: Dispatcher,
        store: Store | None,
        tls: ClientTls | None,
        starting: Callable[[], bool],
    ) -> None:
        self._registry = registry
        self._dispatcher = dispatcher
        self._starting = starting
        self._this = Process(ClientIdent(pid=os.getpid()), socket.gethostname().lower(), "unix:")
        self._store = store
        self._tls = tls
        self._lock = threading.Lock()
        self._connections: dict[str, Connection] = {}

    def call(self, device: str, request: Request) -> Any:
        """The result of a request to `device`.

        Raises what the device raises, and ConnectionFailed `API_CantConnectToDevice` when it cannot be reached.
        """
        if self._registry.has(device):
            return self._call_own(request)
        return self._call_far(device, request)

    def _call_own(self, request: Request) -> Any:
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

    def _call_far(self, device: str, request: Request) -> Any:
        try:
            return self._connection(device).call(request, CALL_TIMEOUT)
        except (CallTimeout, CannotConnect, ConnectionLost) as failure:
            raise ConnectionFailed.of(
                Reason.API_CantConnectToDevice, f"Failed to connect to device {device}: {failure}", "Neighbours.call"
            ) from failure

    def _connection(self, device: str) -> Connection:
        if self._store is None:
            raise ConnectionFailed.of(
                Reason.API_CantConnectToDevice,
                f"Failed to connect to device {device}: a server without database knows only its own devices",
                "Neighbours.call",
            )
        record = self._store.device(device)
        if not record.exported:
            raise ConnectionFailed.of(
                Reason.API_DeviceNotExported, f"Device {device} is not exported (hint: start the device server?)"
            )
        with self._lock:
            connection = self._connections.get(record.ior)
            if connection is None or connection.closed:
                connection = self._connections[record.ior] = connect(record.ior, record.host, self._tls)
            return connection

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            connections, self._connections = self._connections, {}
        for connection in connections.values():
            connection.close()


def connect(endpoints: str, host: str, tls: ClientTls | None) -> Connection:
    """A connection to a server on `host`; raises CannotConnect."""
    try:
        endpoint = choose(parse_endpoints(endpoints), host)
    except ValueError as reason:
        raise CannotConnect(str(reason)) from reason
    return Connection.open(endpoint, ident=ClientIdent(pid=os.getpid()), timeout=CALL_TIMEOUT, tls=tls)


def answers_as(name: str, endpoints: str, host: str, tls: ClientTls | None) -> bool:
    """Whether a server at `endpoints` serves the device `name` (LIFE-16).

    Raises CallTimeout when something is there and does not answer (LIFE-17).
    """
    try:
        connection = connect(endpoints, host, tls)
    except CannotConnect as failure:
        too_late = isinstance(failure.__cause__, (TimeoutError, BlockingIOError))
        if too_late and _listens(choose(parse_endpoints(endpoints), host)):
            raise CallTimeout(str(failure)) from failure
        return False
    try:
        return bool(connection.call(GetName(name), CALL_TIMEOUT).lower() == name.lower())
    except (ConnectionLost, DevFailed):
        return False
    finally:
        connection.close()


def _listens(endpoint: Endpoint) -> bool:
    """Whether the system accepts connections at an endpoint, be its process blocked or not."""
    network = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
    unix = endpoint.scheme == UNIX
    with socket.socket(socket.AF_UNIX if unix else network) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(endpoint.path if unix else (endpoint.host, endpoint.port)) == 0
