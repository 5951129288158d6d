"""A blocking socket with a codec: the lowest layer of the blocking clients, whatever protocol they speak.

Time-outs are the kernel's (SO_RCVTIMEO), set only when they change: reading costs one system call.
"""

from __future__ import annotations

import socket
import struct
from errno import EAGAIN
from time import monotonic
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from server_core.protocol.exchange import Received
from server_core.transport.contract import Frame
from server_core.transport.endpoint import UNIX, Endpoint

if TYPE_CHECKING:
    from server_core.transport.tls_layer import TlsLayer

READ_SIZE = 65536
_MAX_PIECES = 64
_SMALL = 65536
_SHORTEST = 0.001
_LONGEST = 1e6
_TIMEVAL = struct.Struct("ll")


class Codec(Protocol):
    """The reading side of a connection object: bytes to messages, large ones straight into their own memory."""

    def wanted(self) -> memoryview | None:
        """The rest of a large message that is under way."""

    def filled(self, count: int) -> list[Received]:
        """So many bytes of it have come."""

    def receive(self, data: bytes) -> list[Received]:
        """The messages that these bytes complete."""


C = TypeVar("C", bound=Codec)


class Line(Generic[C]):
    """One connected socket. One thread reads at a time, one sends at a time; the caller sees to that."""

    def __init__(self, sock: socket.socket, codec: C, tls: TlsLayer | None = None) -> None:
        self.socket = sock
        self.codec = codec
        self._tls = tls
        self._read_timeout = self._send_timeout = -1.0

    def send(self, frame: Frame, timeout: float) -> None:
        """Send a whole frame. OSError when that fails, BlockingIOError when it is not taken in time; the server then
        cannot have understood it."""
        if timeout != self._send_timeout:
            limit(self.socket, socket.SO_SNDTIMEO, timeout)
            self._send_timeout = timeout
        if self._tls is not None:
            frame = [self._tls.encrypt(frame)]
        if len(frame) == 1 and len(frame[0]) <= _SMALL:
            self.socket.sendall(frame[0])
            return
        deadline = monotonic() + timeout
        rest = [memoryview(piece) for piece in frame]
        while rest:
            sent = self.socket.sendmsg(rest[:_MAX_PIECES])
            while rest and sent >= len(rest[0]):
                sent -= len(rest.pop(0))
            if sent:
                rest[0] = rest[0][sent:]
            if rest and monotonic() > deadline:
                raise BlockingIOError(EAGAIN, "the other side takes too long to read")

    def read(self, timeout: float, flags: int = 0) -> list[Received] | None:
        """Wait for bytes and give the messages they complete; None at the end of the stream. OSError when the socket
        breaks, BlockingIOError when nothing comes in time."""
        if timeout != self._read_timeout and not flags:
            limit(self.socket, socket.SO_RCVTIMEO, timeout)
            self._read_timeout = timeout
        if self._tls is None:
            wanted = self.codec.wanted()
            if wanted is not None:
                count = self.socket.recv_into(wanted, 0, flags)
                return self.codec.filled(count) if count else None
        data = self.socket.recv(READ_SIZE, flags)
        if not data:
            return None
        return self.codec.receive(data if self._tls is None else self._tls.decrypt(data))

    def close(self) -> None:
        """Wake whoever reads, and let go of the socket's connection."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other side was faster


def limit(sock: socket.socket, option: int, seconds: float) -> None:
    """Let reading (SO_RCVTIMEO) or sending (SO_SNDTIMEO) fail with BlockingIOError after so long."""
    whole, part = divmod(min(max(seconds, _SHORTEST), _LONGEST), 1)
    sock.setsockopt(socket.SOL_SOCKET, option, _TIMEVAL.pack(int(whole), int(part * 1e6)))


def accepts(endpoint: Endpoint, timeout: float) -> bool:
    """Whether somebody accepts connections at `endpoint` in time, without a word being exchanged."""
    try:
        connect(endpoint, timeout).close()
    except BlockingIOError:
        return True  # it listens, with too many waiting already
    except OSError:
        return False
    return True


def connect(endpoint: Endpoint, timeout: float) -> socket.socket:
    """A connected socket without time-outs. Raises OSError."""
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
