"""Opening a connection of the native protocol: connect, TLS where the endpoint asks for it, the greetings."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

from server_core.model.identity import ClientIdent
from server_core.protocol.exchange import Broken, Granted
from server_core.protocol.native.connection import ClientConnection
from server_core.transport.contract import Limits
from server_core.transport.endpoint import TLS, Endpoint
from server_core.transport.errors import CannotConnect, NotNative
from server_core.transport.line import READ_SIZE, Line, connect, limit

if TYPE_CHECKING:
    from server_core.transport.tls import ClientTls
    from server_core.transport.tls_layer import TlsLayer


def open_line(
    endpoint: Endpoint, ident: ClientIdent, timeout: float, tls: ClientTls | None, limits: Limits
) -> Line[ClientConnection]:
    """Connect and exchange greetings. Raises CannotConnect, NotNative when the other side closes without one."""
    deadline = time.monotonic() + timeout
    try:
        sock = connect(endpoint, timeout)
    except OSError as error:
        raise CannotConnect(f"{endpoint}: {error.strerror or error}") from error
    try:
        layer = _tls_layer(sock, endpoint, tls, deadline) if endpoint.scheme == TLS else None
        line = Line(sock, ClientConnection(limits.max_frame), layer)
        line.send([line.codec.hello(ident, socket.gethostname())], timeout)
        _await_greeting(line, deadline)
    except BlockingIOError as error:
        sock.close()
        raise CannotConnect(f"{endpoint}: no greeting within {timeout:.3g} s") from error
    except ConnectionError as error:
        sock.close()
        raise NotNative(f"{endpoint}: {error.strerror or error}") from error
    except OSError as error:
        sock.close()
        raise CannotConnect(f"{endpoint}: {error.strerror or error}") from error
    except CannotConnect as error:
        sock.close()
        raise type(error)(f"{endpoint}: {error}") from error
    return line


def _tls_layer(sock: socket.socket, endpoint: Endpoint, tls: ClientTls | None, deadline: float) -> TlsLayer:
    if tls is None:
        raise CannotConnect("TLS needs an authority to trust (ClientTls)")
    from server_core.transport.tls_layer import TlsLayer

    layer = TlsLayer(tls.context(), server_hostname=endpoint.host)
    layer.start()
    while not layer.established:
        sock.sendall(layer.take())
        limit(sock, socket.SO_RCVTIMEO, deadline - time.monotonic())
        raw = sock.recv(READ_SIZE)
        if not raw:
            raise CannotConnect("closed during the TLS handshake")
        layer.decrypt(raw)
    return layer


def _await_greeting(line: Line[ClientConnection], deadline: float) -> None:
    while True:
        received = line.read(deadline - time.monotonic())
        if received is None:
            raise NotNative("closed before the greeting")
        for message in received:
            if isinstance(message, Broken):
                raise CannotConnect(str(message.error))
            if isinstance(message, Granted):
                return
