"""What tests of GIOP connections say and hear: both ends, and messages as other programs write them."""

from __future__ import annotations

import struct

from server_core.model.identity import ClientIdent
from server_core.protocol.exchange import Opened, Send
from server_core.protocol.giop.connection import (
    ClientConnection,
    ServerConnection,
    Target,
)
from server_core.protocol.giop.failures import SystemFailure
from server_core.protocol.giop.frames import Kind, start_of
from server_core.protocol.operations import GetName

LIMIT = 1 << 20
IDENT = ClientIdent(pid=1234)
DEVICE = "sys/tg_test/1"
KEY = DEVICE.encode()
CORBA = "IDL:omg.org/CORBA/{}:1.0"


def server(max_frame=LIMIT, max_outstanding=10, keys=None):
    """The server's end behind its greeting; every key names the device, or those in `keys`."""
    connection = ServerConnection(
        max_frame, max_outstanding, lambda key: DEVICE if keys is None or key in keys else None
    )
    assert connection.receive(b"") == [Opened(ClientIdent(), "")]
    return connection


def client(minor=2):
    return ClientConnection(LIMIT, IDENT, minor)


def joined(pieces):
    return b"".join(map(bytes, pieces))


def asked(operation, *, minor=2, request_id=2, flags=3, key=KEY, contexts=b"\0\0\0\0", body=b""):
    """A request as another program would write it, little-endian."""
    name = operation.encode() + b"\0"
    named = number(len(key)) + key + bytes(-len(key) & 3) + number(len(name)) + name + bytes(-len(name) & 3)
    if minor == 2:
        content = number(request_id) + bytes((flags, 0, 0, 0, 0, 0, 0, 0)) + named + contexts
        if body:
            content += bytes(-(12 + len(content)) & 7) + body
    else:
        content = contexts + number(request_id) + bytes((flags & 1, 0, 0, 0)) + named + number(0) + body
    return message(Kind.REQUEST, content, minor)


def message(kind, content=b"", minor=2, more=False):
    return start_of(kind, minor, True, more) + number(len(content)) + content


def number(value):
    return struct.pack("<I", value)


def text(value):
    return number(len(value) + 1) + value + b"\0"


def sent(received):
    """The bytes of the one answer that a server gives by itself."""
    (answer,) = received
    assert type(answer) is Send
    return joined(answer.frame)


def outcome(reply):
    """What a client would see of a reply to a request for a name: its result or failure."""
    connection = client()
    request_id, _ = connection.request(GetName(DEVICE), Target(KEY, 6))
    (answer,) = connection.receive(renumbered(reply, request_id))
    assert answer.id == request_id
    return answer.result


def refusal(reply):
    failure = outcome(reply)
    assert isinstance(failure, SystemFailure)
    return failure.name, failure.minor, failure.completed


def renumbered(answer, request_id):
    """The same reply to another request."""
    changed = bytearray(answer)
    struct.pack_into("<I" if answer[6] & 1 else ">I", changed, 12 if answer[5] == 2 else 16, request_id)
    return bytes(changed)


def code_sets(number_of_set):
    content = b"\1\0\0\0" + number(number_of_set) + number(0x00010109)
    return number(1) + number(1) + number(len(content)) + content
