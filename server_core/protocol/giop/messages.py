"""The headers of GIOP messages in all three versions, read and written.

    Request    1.2        id, response flags, addressing, object key, operation, contexts, padding to 8, arguments
               1.0, 1.1   contexts, id, response expected, object key, operation, principal, arguments
    Reply      1.2        id, status, contexts, padding to 8, result
               1.0, 1.1   contexts, id, status, result

The padding to 8 is there only if something follows it. What is written has no contexts, and is in the machine's order.

Source: wire 2.2, 2.3, 2.7; CORBA 3.0, chapter 15.4.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

from server_core.protocol.exchange import Pieces, ProtocolError
from server_core.protocol.giop.frames import HEADER_LENGTH, Frame, Kind, start_of
from server_core.protocol.giop.outgoing import Message
from server_core.protocol.giop.primitives import LITTLE, ULONG, Reader

Contexts = tuple[tuple[int, bytes], ...]
"""Service contexts: (id, content)."""

_NO_CONTEXTS: Contexts = ()

_MAX_SIZE = 0xFFFFFFFF

_ORDERS = ((True, "<"), (False, ">"))
_ULONG = {little: ulong.unpack_from for little, ulong in ULONG.items()}
_REQUEST_1_2 = {little: struct.Struct(f"{order}IB3xH2xI").unpack_from for little, order in _ORDERS}
"""At 12: id, response flags, addressing, length of the key."""
_REQUEST_1_0 = {little: struct.Struct(f"{order}IB3xI").unpack_from for little, order in _ORDERS}
"""Behind the contexts: id, response expected, length of the key."""
_TWO = {little: struct.Struct(f"{order}II").unpack_from for little, order in _ORDERS}

_put_ulong = ULONG[LITTLE].pack_into
_pack_ulong = ULONG[LITTLE].pack
_RESPONSE_EXPECTED = 3
"""The response flags of a request whose answer is waited for."""


class ReplyStatus(IntEnum):
    """What a reply holds."""

    NO_EXCEPTION = 0
    USER_EXCEPTION = 1
    SYSTEM_EXCEPTION = 2
    LOCATION_FORWARD = 3
    LOCATION_FORWARD_PERM = 4
    NEEDS_ADDRESSING_MODE = 5


class LocateStatus(IntEnum):
    """What a LocateReply says of an object."""

    UNKNOWN_OBJECT = 0
    OBJECT_HERE = 1
    NEEDS_ADDRESSING_MODE = 5


NUMBER_AT = {0: 16, 1: 16, 2: 12}
"""Where the number of a request without contexts stands, by the minor version."""

KEY_ADDRESS = 0
"""The addressing of objects by their key, the only one that is in use (wire 2.2)."""


class RequestHead(NamedTuple):
    """Who asks for what: `body` is where the arguments begin. `key` is None when the object is addressed otherwise."""

    id: int
    answered: bool
    key: bytes | None
    operation: bytes
    contexts: Contexts
    body: int


class ReplyHead(NamedTuple):
    """Which answer it is; `body` is where the result begins."""

    id: int
    status: int
    body: int


def read_request(frame: Frame) -> RequestHead:
    """The header of a request; ProtocolError when it is malformed."""
    head, data = frame
    little = head.little
    try:
        if head.minor >= 2:
            request_id, flags, addressing, length = _REQUEST_1_2[little](data, HEADER_LENGTH)
            if addressing != KEY_ADDRESS:
                return RequestHead(request_id, bool(flags & 1), None, b"", _NO_CONTEXTS, len(data))
            key, operation, position = _key_and_operation(data, 28, length, little)
            contexts = _NO_CONTEXTS
            if _ULONG[little](data, position)[0]:
                contexts, position = _read_contexts(data, position, little)
            else:
                position += 4
            if position < len(data):
                position = (position + 7) & ~7
            return RequestHead(request_id, bool(flags & 1), key, operation, contexts, position)
        contexts, position = _NO_CONTEXTS, HEADER_LENGTH + 4
        if _ULONG[little](data, HEADER_LENGTH)[0]:
            contexts, position = _read_contexts(data, HEADER_LENGTH, little)
            position = (position + 3) & ~3
        request_id, answered, length = _REQUEST_1_0[little](data, position)
        key, operation, position = _key_and_operation(data, position + 12, length, little)
        position += 4 + _ULONG[little](data, position)[0]  # the principal
    except struct.error as error:
        raise ProtocolError(f"a request that is cut short: {error}") from error
    if position > len(data):
        raise ProtocolError("a request that is cut short: its principal is longer than the message")
    return RequestHead(request_id, bool(answered), key, operation, contexts, position)


def _key_and_operation(data: bytes | memoryview, start: int, length: int, little: bool) -> tuple[bytes, bytes, int]:
    """The key of so many bytes, the name behind it, and where the next number stands. What is cut short ends before
    that number, so that reading it fails."""
    stop = start + length
    name = (stop + 3 & ~3) + 4
    end = name + _ULONG[little](data, name - 4)[0]
    return bytes(data[start:stop]), bytes(data[name : end - 1]), end + 3 & ~3


def _read_contexts(data: bytes | memoryview, position: int, little: bool) -> tuple[Contexts, int]:
    reader = Reader(data, position, little)
    contexts = tuple([(reader.ulong(), reader.octets()) for _ in range(reader.ulong())])
    return contexts, reader.position


def read_reply(frame: Frame) -> ReplyHead:
    """The header of a reply; ProtocolError when it is malformed."""
    head, data = frame
    little = head.little
    try:
        if head.minor >= 2:
            request_id, status = _TWO[little](data, HEADER_LENGTH)
            position = HEADER_LENGTH + 8
            if _ULONG[little](data, position)[0]:
                position = _read_contexts(data, position, little)[1]
            else:
                position += 4
            if position < len(data):
                position = (position + 7) & ~7
            return ReplyHead(request_id, status, position)
        position = HEADER_LENGTH + 4
        if _ULONG[little](data, HEADER_LENGTH)[0]:
            position = (_read_contexts(data, HEADER_LENGTH, little)[1] + 3) & ~3
        request_id, status = _TWO[little](data, position)
    except struct.error as error:
        raise ProtocolError(f"a reply that is cut short: {error}") from error
    return ReplyHead(request_id, status, position + 8)


def read_cancelled(frame: Frame) -> int:
    """The number of the request that a CancelRequest takes back."""
    head, data = frame
    return Reader(data, HEADER_LENGTH, head.little).ulong()


def read_locate_request(frame: Frame) -> tuple[int, bytes | None]:
    """The number of a LocateRequest, and the object key that it asks for; None when it is addressed otherwise."""
    head, data = frame
    reader = Reader(data, HEADER_LENGTH, head.little)
    request_id = reader.ulong()
    if head.minor >= 2 and reader.ushort() != KEY_ADDRESS:
        return request_id, None
    return request_id, reader.octets()


def encode_locate_reply(minor: int, request_id: int, status: LocateStatus) -> bytes:
    """The answer to a LocateRequest."""
    content = _pack_ulong(request_id) + _pack_ulong(status)
    if status is LocateStatus.NEEDS_ADDRESSING_MODE:
        content += struct.pack("=H", KEY_ADDRESS)
    return start_of(Kind.LOCATE_REPLY, minor) + _pack_ulong(len(content)) + content


def _reply_start(minor: int, status: int) -> bytes:
    fields = (0, status, 0) if minor >= 2 else (0, 0, status)
    return start_of(Kind.REPLY, minor) + bytes(4) + b"".join(map(_pack_ulong, fields))


_REPLIES = {(minor, status): _reply_start(minor, status) for minor in (0, 1, 2) for status in ReplyStatus}


def begin_reply(minor: int, request_id: int, status: ReplyStatus) -> Message:
    """A reply up to its body, which is to be appended; all versions have it at 24, a multiple of 8. `finish` it."""
    out = Message(_REPLIES[minor, status])
    _put_ulong(out, NUMBER_AT[minor], request_id)
    return out


class RequestStart(NamedTuple):
    """A request without its arguments and its number, for a target and an operation: made once, used again and again.

    `prefix` ends where the arguments begin, `bare` is its length when there are none, `id_at` where its number goes.
    """

    prefix: bytes
    bare: int
    id_at: int

    @classmethod
    def of(cls, minor: int, key: bytes, operation: str) -> RequestStart:
        """A request of the GIOP version 1.`minor`, which waits for its answer."""
        out = bytearray(start_of(Kind.REQUEST, minor) + bytes(4))
        if minor >= 2:
            out += bytes(4) + bytes((_RESPONSE_EXPECTED, 0, 0, 0)) + struct.pack("=HH", KEY_ADDRESS, 0)
        else:
            out += bytes(8) + bytes((1, 0, 0, 0))
        out += _pack_ulong(len(key)) + key + bytes(-len(key) & 3)
        name = operation.encode("ascii") + b"\0"
        out += _pack_ulong(len(name)) + name + bytes(-len(name) & 3)
        out += bytes(4)  # no contexts, or no principal
        bare = len(out)
        if minor >= 2:
            out += bytes(-bare & 7)
        return cls(bytes(out), bare, NUMBER_AT[minor])

    def begin(self, request_id: int) -> Message:
        """The request up to its arguments, which are to be appended; `finish` it with the length `bare`."""
        out = Message(self.prefix)
        _put_ulong(out, self.id_at, request_id)
        return out


def finish(out: Message, start: int, bare: int) -> Pieces:
    """The message to send, once its body stands at `start`: its size put in. Without a body it ends at `bare`.
    ProtocolError when it is longer than GIOP can say."""
    if len(out) == start:
        del out[bare:]
    size = len(out) + out.apart - HEADER_LENGTH
    if size > _MAX_SIZE:
        raise ProtocolError(f"a message of {size} bytes is too long for GIOP")
    _put_ulong(out, 8, size)
    return out.pieces()
