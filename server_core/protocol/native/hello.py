"""The greeting that opens a native connection, in both directions.

"TNGO" | u16 version | u16 length | msgpack body        (big-endian, so that the version reads plainly)
"""

from __future__ import annotations

import struct
from typing import Any, Generic, NamedTuple, TypeVar

from server_core.model.identity import ClientIdent
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.native.frames import pack, unpack
from server_core.protocol.native.schema import decoder

MAGIC = b"TNGO"
VERSION = 1

_PREFIX = struct.Struct("!4sHH")
_NO_BLOCKS = memoryview(b"")


class ClientHello(NamedTuple):
    """Who the client is, and the name of its host."""

    ident: ClientIdent
    host: str


class ServerHello(NamedTuple):
    """What the server grants: the longest frame it takes, and how many requests may be unanswered at once."""

    max_frame: int
    max_outstanding: int


Hello = TypeVar("Hello", bound=ClientHello | ServerHello)


def encode_hello(hello: ClientHello | ServerHello) -> bytes:
    """The bytes of a greeting."""
    body = pack(hello)
    return _PREFIX.pack(MAGIC, VERSION, len(body)) + body


_TLS_ALERT = b"\x15"
"""How the answer of a server begins that speaks TLS, and was not spoken to so."""


class HelloReader(Generic[Hello]):
    """Collects the other side's greeting."""

    def __init__(self, expected: type[Hello]) -> None:
        kind: Any = expected
        self._decode = decoder(kind)
        self._data = b""

    def feed(self, data: bytes) -> tuple[Hello, bytes] | None:
        """The greeting and the bytes behind it, once it is complete. ProtocolError when it is none."""
        self._data += data
        start = self._data[: len(MAGIC)]
        if start[:1] == _TLS_ALERT:
            raise ProtocolError("the other side speaks TLS only")
        if start != MAGIC[: len(start)]:
            raise ProtocolError(f"the connection starts with {start!r}, not with {MAGIC!r}: no native Tango peer")
        if len(self._data) < _PREFIX.size:
            return None
        _, version, length = _PREFIX.unpack_from(self._data)
        if version != VERSION:
            raise ProtocolError(f"version {version} of the native protocol is asked for; this side speaks {VERSION}")
        end = _PREFIX.size + length
        if len(self._data) < end:
            return None
        body = unpack(memoryview(self._data)[_PREFIX.size : end])
        hello: Hello = self._decode(body, _NO_BLOCKS)
        return hello, self._data[end:]
