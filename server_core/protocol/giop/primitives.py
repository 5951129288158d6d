"""The few CDR types that message headers, service contexts and object references are made of.

Alignment counts from the first byte of the reader's data, or of the bytearray that is written to. Both byte orders are
read, the machine's own is written. What the IDL of Tango describes has its own compiled codec, in `cdr`.
"""

from __future__ import annotations

import struct
import sys
from typing import Self

from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.errors import UNTERMINATED, MarshalError

LITTLE = sys.byteorder == "little"
"""Whether this machine is little-endian; what it sends is in its own order (wire 2.4)."""

LATIN_1 = "latin-1"
"""Python's name of the character set of all who have agreed on no other (wire 2.6)."""

ULONG = {True: struct.Struct("<I"), False: struct.Struct(">I")}
"""An unsigned long, by whether it is little-endian."""

_read_ulong = {little: ulong.unpack_from for little, ulong in ULONG.items()}
_read_ushort = {True: struct.Struct("<H").unpack_from, False: struct.Struct(">H").unpack_from}
_pack_ulong = ULONG[LITTLE].pack
_pack_ushort = struct.Struct("=H").pack


class Reader:
    """Reads one value after the other; MarshalError when the data ends before."""

    __slots__ = ("_data", "_little", "_ulong", "_ushort", "position")

    def __init__(self, data: bytes | memoryview, position: int, little: bool) -> None:
        self._data = data
        self.position = position
        self._little = little
        self._ulong, self._ushort = _read_ulong[little], _read_ushort[little]

    @classmethod
    def of_encapsulation(cls, data: bytes | memoryview) -> Self:
        """A reader of what is in an encapsulation: its first octet says its byte order."""
        if not data:
            raise MarshalError("an encapsulation without its byte order")
        return cls(data, 1, bool(data[0] & 1))

    def octet(self) -> int:
        """The next octet."""
        return self.raw(1)[0]

    def ushort(self) -> int:
        """The next unsigned short."""
        start = (self.position + 1) & ~1
        self._advance(start, 2)
        value: int = self._ushort(self._data, start)[0]
        return value

    def ulong(self) -> int:
        """The next unsigned long."""
        start = (self.position + 3) & ~3
        self._advance(start, 4)
        value: int = self._ulong(self._data, start)[0]
        return value

    def raw(self, count: int) -> bytes:
        """The next `count` octets."""
        start = self.position
        self._advance(start, count)
        return bytes(self._data[start : start + count])

    def octets(self) -> bytes:
        """The next sequence of octets."""
        return self.raw(self.ulong())

    def string(self) -> str:
        """The next string, as Latin-1; the length 0, which nobody should send, is the empty string (wire 5)."""
        octets = self.octets()
        if octets[-1:] not in (b"\0", b""):
            raise MarshalError(f"a string that does not end with a zero: {octets[-20:]!r}", UNTERMINATED)
        return octets[:-1].decode(LATIN_1)

    def _advance(self, start: int, count: int) -> None:
        self.position = start + count
        if self.position > len(self._data):
            raise MarshalError(f"{count} bytes are expected at {start}, where {len(self._data)} are all there are")


def put_ulong(out: bytearray, value: int) -> None:
    """Append an unsigned long."""
    out += bytes(-len(out) & 3) + _pack_ulong(value)


def put_ushort(out: bytearray, value: int) -> None:
    """Append an unsigned short."""
    out += bytes(len(out) & 1) + _pack_ushort(value)


def put_octets(out: bytearray, octets: bytes | bytearray) -> None:
    """Append a sequence of octets."""
    put_ulong(out, len(octets))
    out += octets


def put_string(out: bytearray, text: str) -> None:
    """Append a string. ProtocolError when it does not fit Latin-1."""
    try:
        octets = text.encode(LATIN_1)
    except UnicodeEncodeError as error:
        raise ProtocolError(f"{text!r:.100} does not fit Latin-1") from error
    put_octets(out, octets + b"\0")
