"""The connection of a remote store: requests to a database in the protocol that it speaks, opened when first needed and
opened again when it breaks."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from server_core.database.command import VOID
from server_core.database.commands import COMMANDS
from server_core.model.errors import CommunicationFailed, ConnectionFailed, DevError, DevFailed, Reason, WrongData
from server_core.model.identity import ClientIdent
from server_core.model.names import DATABASE_DEVICE, DATABASE_KEY, HostPort
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.operations import CommandInout, Ping
from server_core.transport.endpoint import TCP, TLS, Endpoint
from server_core.transport.errors import CallTimeout, CannotConnect, ConnectionLost, RequestRefused, TransportError
from server_core.transport.reach import connect
from server_core.transport.tls import ClientTls

if TYPE_CHECKING:
    from server_core.transport.reach import AnyConnection


class Patience(NamedTuple):
    """Seconds for connecting and for one call."""

    connect: float
    call: float


USUAL: Final = Patience(3.0, 3.0)
STARTING: Final = Patience(25.0, 13.0)
"""While a server starts: many may, at the same time as the database itself."""

GATHERING: Final = Patience(25.0, 52.0)
"""For the one command that gathers all that a start needs."""

_ORIGIN = "server_core.database.caller"


class DatabaseCaller:
    """Sends requests to the first of `hosts` that answers; safe to use from any number of threads."""

    def __init__(self, hosts: Sequence[HostPort], *, patience: Patience = USUAL, tls: ClientTls | None = None) -> None:
        self.patience = patience
        self._hosts = tuple(hosts)
        self._tls = tls
        self._lock = threading.Lock()
        self._connection: AnyConnection | None = None
        self._ended = False

    def __call__(self, request: CommandInout) -> Any:
        """The result of `request`; what surely was not executed, and what only reads, is sent again once.

        Raises DevFailed of the database, ConnectionFailed `API_CantConnectToDatabase` when nobody or no database
        listens there (NAME-7), CommunicationFailed `API_DeviceTimedOut` or `API_CommunicationFailed` when the
        outcome is not known, and WrongData `API_EncodeErr` for what cannot be sent.
        """
        try:
            try:
                return self._connected().call(request, self.patience.call)
            except ConnectionLost as lost:
                if self._ended or (lost.sent and not _only_reads(request)):
                    raise
                return self._connected().call(request, self.patience.call)
        except DevFailed as failure:
            if failure.reason != Reason.API_DeviceNotFound:
                raise
            raise self._cannot_connect(failure.desc) from failure
        except CallTimeout as error:
            raise self._timed_out(request, error) from error
        except (ConnectionLost, RequestRefused) as error:
            raise _lost(request, error) from error
        except ProtocolError as error:
            raise _not_sendable(request, error) from error

    def call_all(self, requests: Sequence[CommandInout]) -> None:
        """Send all requests at once, so that they cost one round trip, and wait for their answers.

        All are executed, in their order, whatever becomes of the others; then the error of the first that failed is
        raised. Nothing is sent again.
        """
        if not requests:
            return
        try:
            for outcome in self._connected().call_all(requests, self.patience.call):
                if isinstance(outcome, Exception):
                    raise outcome
        except CallTimeout as error:
            raise self._timed_out(requests[0], error) from error
        except (ConnectionLost, RequestRefused) as error:
            raise _lost(requests[0], error) from error
        except ProtocolError as error:
            raise _not_sendable(requests[0], error) from error

    def close(self) -> None:
        """Close the connection; nothing is asked any more, what is under way not again."""
        with self._lock:
            self._ended = True
            if self._connection is not None:
                self._connection.close()

    def _timed_out(self, request: CommandInout, cause: CallTimeout) -> CommunicationFailed:
        text = f"Timeout ({self.patience.call * 1000:.0f} mS) exceeded on device {request.device}"
        return _failed(Reason.API_DeviceTimedOut, f"{text}, command {request.command}", cause)

    def _connected(self) -> AnyConnection:
        with self._lock:
            if self._ended:
                raise self._cannot_connect("the connection was closed here")
            if self._connection is None or self._connection.closed:
                self._connection = self._open()
            return self._connection

    def _open(self) -> AnyConnection:
        refusals = []
        scheme = TCP if self._tls is None else TLS
        for address in self._hosts:
            try:
                connection = connect(
                    str(Endpoint(scheme, address.host, address.port)),
                    address.host,
                    ident=ClientIdent(pid=os.getpid()),
                    timeout=self.patience.connect,
                    tls=self._tls,
                    key=DATABASE_KEY.encode(),
                )
                return self._greeted(connection)
            except (CannotConnect, ConnectionLost) as error:
                refusals.append(str(error))
        raise self._cannot_connect("\n".join(refusals))

    def _greeted(self, connection: AnyConnection) -> AnyConnection:
        """A connection whose other side has said something: in Tango's own protocol it is asked, so that one that hangs
        up on what it does not understand, such as a port for TLS, is not taken for a database."""
        if not connection.carries_events:
            try:
                connection.call(Ping(DATABASE_DEVICE), self.patience.call)
            except (ConnectionLost, CallTimeout):
                connection.close()
                raise
            except DevFailed as failure:
                if failure.reason == Reason.API_DeviceNotFound:
                    connection.close()
                    raise CannotConnect(failure.desc) from failure
            except RequestRefused:
                pass  # somebody is there; what is wrong the request itself will be told
        return connection

    def _cannot_connect(self, cause: str) -> ConnectionFailed:
        texts = [f"Failed to connect to database on host {host} with port {port}" for host, port in self._hosts]
        return ConnectionFailed(
            DevError(Reason.API_CorbaException, cause, _ORIGIN),
            DevError(Reason.API_CantConnectToDatabase, "\n".join(texts), _ORIGIN),
        )


def _lost(request: CommandInout, cause: TransportError) -> CommunicationFailed:
    text = f"The connection to the database broke during command {request.command}"
    return _failed(Reason.API_CommunicationFailed, text, cause)


def _not_sendable(request: CommandInout, cause: ProtocolError) -> WrongData:
    return WrongData.of(Reason.API_EncodeErr, f"Command {request.command} cannot be sent: {cause}", _ORIGIN)


def _failed(reason: str, text: str, cause: Exception) -> CommunicationFailed:
    """What failed, on top of what the transport says (CLI-2)."""
    bottom = DevError(Reason.API_CorbaException, str(cause), _ORIGIN)
    return CommunicationFailed(bottom, DevError(reason, text, _ORIGIN))


def _only_reads(request: CommandInout) -> bool:
    """Whether the command changes nothing: those that answer something."""
    return COMMANDS[request.command].out_type is not VOID
