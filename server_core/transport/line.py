"""A blocking socket with its codec: the lowest layer of the blocking client.

Time-outs are the kernel's (SO_RCVTIMEO), set only when they change: reading costs one system call.
"""

from __future__ import annotations

import socket
import struct
import time
from typing import TYPE_CHECKING

from server_core.model.identity import ClientIdent
from server_core.protocol.exchange import Broken, Granted, Received
from server_core.protocol.native.connection import ClientConnection
from server_core.transport.contract import Frame, Limits
from server_core.transport.endpoint import TLS, UNIX, Endpoint
from server_core.transport.errors import CannotConnect

if TYPE_CHECKING:
    from server_core.transport.tls import ClientTls
    from server_core.transport.tls_layer import TlsLayer

_READ_SIZE = 65536
_MAX_PIECES = 64
_SHORTEST = 0.001
_LONGEST = 1e6
_TIMEVAL = struct.Struct("ll")


class Line:
    """One connected socket. One thread reads at a time, one sends at a time; the caller sees to that."""

    def __init__(self, sock: socket.socket, codec: ClientConnection) -> None:
        self.socket = sock
        self.codec = codec
        self._tls: TlsLayer | None = None
        self._read_timeout = self._send_timeout = -1.0

    @classmethod
    def open(
        cls, endpoint: Endpoint, ident: ClientIdent, timeout: float, tls: ClientTls | None, limits: Limits
    ) -> Line:
        """Connect and exchange greetings. Raises CannotConnect."""
        deadline = time.monotonic() + timeout
        try:
            sock = _connect(endpoint, timeout)
        except OSError as error:
            raise CannotConnect(f"{endpoint}: {error.strerror or error}") from error
        try:
            line = cls(sock, ClientConnection(limits.max_frame))
            if endpoint.scheme == TLS:
                line._start_tls(endpoint, tls, deadline)
            line.send([line.codec.hello(ident, socket.gethostname())], timeout)
            line._await_greeting(deadline)
        except BlockingIOError as error:
            sock.close()
            raise CannotConnect(f"{endpoint}: no greeting within {timeout:.3g} s") from error
        except OSError as error:
            sock.close()
            raise CannotConnect(f"{endpoint}: {error.strerror or error}") from error
        except CannotConnect as error:
            sock.close()
            raise CannotConnect(f"{endpoint}: {error}") from error
        return line

    def _start_tls(self, endpoint: Endpoint, tls: ClientTls | None, deadline: float) -> None:
        if tls is None:
            raise CannotConnect("TLS needs an authority to trust (ClientTls)")
        from server_core.transport.tls_layer import TlsLayer

        layer = TlsLayer(tls.context(), server_hostname=endpoint.host)
        layer.start()
        while not layer.established:
            self.socket.sendall(layer.take())
            self._limit(socket.SO_RCVTIMEO, deadline - time.monotonic())
            raw = self.socket.recv(_READ_SIZE)
            if not raw:
                raise CannotConnect("closed during the TLS handshake")
            layer.decrypt(raw)
        self._tls = layer

    def _await_greeting(self, deadline: float) -> None:
        while True:
            received = self.read(deadline - time.monotonic())
            if received is None:
                raise CannotConnect("closed before the greeting")
            for message in received:
                if isinstance(message, Broken):
                    raise CannotConnect(str(message.error))
                if isinstance(message, Granted):
                    return

    def _limit(self, option: int, seconds: float) -> None:
        """Let reading (SO_RCVTIMEO) or sending (SO_SNDTIMEO) fail with BlockingIOError after so long."""
        whole, part = divmod(min(max(seconds, _SHORTEST), _LONGEST), 1)
        self.socket.setsockopt(socket.SOL_SOCKET, option, _TIMEVAL.pack(int(whole), int(part * 1e6)))

    def send(self, frame: Frame, timeout: float) -> None:
        """Send a whole frame. OSError when that fails; the server then cannot have understood it."""
        if timeout != self._send_timeout:
            self._limit(socket.SO_SNDTIMEO, timeout)
            self._send_timeout = timeout
        if self._tls is not None:
            frame = [self._tls.encrypt(frame)]
        if len(frame) == 1:
            self.socket.sendall(frame[0])
            return
        rest = [memoryview(piece) for piece in frame]
        while rest:
            sent = self.socket.sendmsg(rest[:_MAX_PIECES])
            while rest and sent >= len(rest[0]):
                sent -= len(rest.pop(0))
            if sent:
                rest[0] = rest[0][sent:]

    def read(self, timeout: float, flags: int = 0) -> list[Received] | None:
        """Wait for bytes and give the messages they complete; None at the end of the stream. OSError when the socket
        breaks, BlockingIOError when nothing comes in time."""
        if timeout != self._read_timeout and not flags:
            self._limit(socket.SO_RCVTIMEO, timeout)
            self._read_timeout = timeout
        if self._tls is None:
            wanted = self.codec.wanted()
            if wanted is not None:
                count = self.socket.recv_into(wanted, 0, flags)
                return self.codec.filled(count) if count else None
        data = self.socket.recv(_READ_SIZE, flags)
        if not data:
            return None
        return self.codec.receive(data if self._tls is None else self._tls.decrypt(data))

    def close(self) -> None:
        """Wake whoever reads, and let go of the socket's connection."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other side was faster


def accepts(endpoint: Endpoint, timeout: float) -> bool:
    """Whether somebody accepts connections at `endpoint` in time, without a word being exchanged."""
    try:
        _connect(endpoint, timeout).close()
    except BlockingIOError:
        return True  # it listens, with too many waiting already
    except OSError:
        return False
    return True


def _connect(endpoint: Endpoint, timeout: float) -> socket.socket:
    if endpoint.scheme == UNIX:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(timeout)
            sock.connect(endpoint.path)
        except OSError:
            sock.close()
            raise
    else:
        sock = socket.create_connection((endpoint.host, endpoint.port), timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.settimeout(None)
    return sock
