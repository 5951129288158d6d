"""A client of Tango's own protocol, one connection, for tests."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

from server_core.model.enums import DevSource
from server_core.model.identity import ClientIdent
from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.exchange import Reply
from server_core.protocol.giop.connection import ClientConnection, Target
from server_core.protocol.operations import CommandInout
from server_core.transport.endpoint import Endpoint

DEVICE = "a/b/c"


class GiopClient:
    """One connection, as an ORB would use it; `minor` is the version of GIOP, `level` the interface that is used."""

    def __init__(
        self, endpoint: Endpoint, ident: ClientIdent | None = None, minor: int = 2, level: int = 6, timeout: float = 5
    ) -> None:
        self.socket = socket.create_connection((endpoint.host, endpoint.port), timeout)
        self.codec = ClientConnection(1 << 24, ident or ClientIdent(pid=4711), minor)
        self.level = level
        self._received: list[Any] = []

    def post(self, request: Any) -> int:
        """Send a request; its number."""
        number, pieces = self.codec.request(request, Target(request.device.lower().encode(), self.level))
        self.write(pieces)
        return number

    def write(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Send bytes."""
        self.socket.sendall(b"".join(pieces))

    def next(self) -> Any:
        """The next message; None at the end of the stream."""
        while not self._received:
            data = self.socket.recv(65536)
            if not data:
                return None
            self._received += self.codec.receive(data)
        return self._received.pop(0)

    def ask(self, request: Any) -> Any:
        """The result of a request, which may be an exception."""
        number = self.post(request)
        reply = self.next()
        assert isinstance(reply, Reply)
        assert reply.id == number
        return reply.result

    def send(self, name: str, value: int = 1) -> int:
        """Send a command to the device of a bench; its number."""
        return self.post(CommandInout(DEVICE, name, TypedValue(CmdArgType.DevLong, value), DevSource.DEV))

    def call(self, name: str, value: int = 1) -> Any:
        """The value that a command of the device of a bench answers."""
        return self.ask(CommandInout(DEVICE, name, TypedValue(CmdArgType.DevLong, value), DevSource.DEV)).value

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()
