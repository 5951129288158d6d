"""Whatever the bytes: only the declared messages come out of a connection, an end is final, memory is bounded."""

from __future__ import annotations

import struct
import tracemalloc
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from server_core.model.errors import DevFailed
from server_core.model.identity import ClientIdent
from server_core.protocol.exchange import Broken, Call, Closed, Opened, Reply, Send
from server_core.protocol.giop.connection import ClientConnection, ServerConnection, Target
from server_core.protocol.giop.frames import Kind, start_of
from server_core.protocol.giop.idl import OPERATIONS
from tests.captured.wire import exchanges

LIMIT = 100_000
SERVER_SAYS = (Opened, Call, Send, Closed, Broken)
CLIENT_SAYS = (Reply, Closed, Broken)
PROBE = start_of(Kind.CLOSE_CONNECTION, 2) + bytes(4)

CONVERSATIONS = [
    found.messages for found in exchanges() if len(found.messages) == 2 and len(found.messages[0].data) < 2000
]


def server():
    return ServerConnection(LIMIT, 5, lambda key: "a/b/c" if len(key) > 3 else None)


@cache
def asked(place):
    """The request of a recorded conversation and who is asked; None where it is none of Tango's."""
    header = CONVERSATIONS[place][0].header
    calls = [one for frame in CONVERSATIONS[place][0].frames for one in server().receive(frame) if type(one) is Call]
    return (calls[0].request, Target(b"key", OPERATIONS[header["operation"]].level)) if calls else None


def played(connection, says, pieces):
    """Feed the pieces; what comes out is checked, answered, and given."""
    received = []
    for piece in pieces:
        view = memoryview(piece)
        while view:
            wanted = connection.wanted()
            if wanted is None:
                found, view = connection.receive(bytes(view[:70000])), view[70000:]
            else:
                count = min(len(wanted), len(view))
                wanted[:count] = view[:count]
                found, view = connection.filled(count), view[count:]
            assert all(type(one) in says for one in found)
            received += found
            for one in found:
                if type(one) is Call:
                    assert connection.reply(one.id, DevFailed.of("API_X", "é")) is None or one.id >= 0
    ends = [place for place, one in enumerate(received) if type(one) in (Broken, Closed)]
    assert ends in ([], [len(received) - 1])
    if ends:
        assert connection.receive(PROBE) == []
        assert connection.wanted() is None
    return received


@st.composite
def mutations(draw, data):
    """The bytes with some changed, left out, repeated or put in, mostly near each other."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, max(0, len(changed) - 1)))
        kind = draw(st.integers(0, 5))
        if kind <= 2 and changed:
            changed[place] = draw(st.sampled_from((0, 1, 2, 3, 0x7F, 0x80, 0xFF)) | st.integers(0, 255))
        elif kind == 3 and len(changed) >= 4:
            number = draw(st.sampled_from((0, 1, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)) | st.integers(0, 200))
            place = min(place & ~3, len(changed) - 4)
            struct.pack_into(draw(st.sampled_from("<>")) + "I", changed, place, number)
        elif kind == 4:
            del changed[place : place + draw(st.integers(1, 8))]
        else:
            changed[place:place] = draw(st.binary(min_size=1, max_size=8))
    return bytes(changed)


@st.composite
def cuts(draw, data):
    points = sorted(draw(st.lists(st.integers(0, len(data)), max_size=4)))
    return [data[a:b] for a, b in zip([0, *points], [*points, len(data)], strict=True)]


headers = st.builds(
    lambda kind, minor, flags, size, content: (
        b"GIOP" + bytes((1, minor, flags, kind)) + struct.pack("<I", len(content) if size is None else size) + content
    ),
    st.integers(0, 8),
    st.sampled_from((0, 1, 2, 2, 3)),
    st.integers(0, 4),
    st.none() | st.sampled_from((0, 5, LIMIT, LIMIT + 1, 0xFFFFFFFF)),
    st.binary(max_size=60),
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_arbitrary_bytes(data):
    stream = b"".join(data.draw(st.lists(st.binary(max_size=40) | headers, max_size=6)))
    received = played(server(), SERVER_SAYS, data.draw(cuts(stream)))
    assert type(received[0]) is Opened if stream else not received
    assert [type(one) for one in received].count(Opened) <= 1
    played(ClientConnection(LIMIT, ClientIdent()), CLIENT_SAYS, data.draw(cuts(stream)))


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_mutated_requests(data):
    messages = data.draw(st.lists(st.sampled_from(CONVERSATIONS), min_size=1, max_size=3))
    stream = b"".join(data.draw(mutations(frame)) for asking, _ in messages for frame in asking.frames)
    played(server(), SERVER_SAYS, data.draw(cuts(stream)))


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_mutated_answers(data):
    connection = ClientConnection(LIMIT, ClientIdent(pid=1))
    stream = b""
    for place in data.draw(st.lists(st.integers(0, len(CONVERSATIONS) - 1), min_size=1, max_size=3)):
        found = asked(place)
        request_id, _ = connection.request(*found) if found else connection.is_a(b"key", "IDL:x:1.0")
        for number, frame in enumerate(CONVERSATIONS[place][1].frames):
            changed = bytearray(frame)
            at = 12 if frame[5] == 2 or number else 16
            struct.pack_into("<I" if frame[6] & 1 else ">I", changed, at, request_id)
            stream += data.draw(mutations(bytes(changed)))
    played(connection, CLIENT_SAYS, data.draw(cuts(stream)))


def test_every_split_of_recorded_messages():
    """Cut anywhere, a message is what it is whole."""
    for asking, _ in CONVERSATIONS[::25]:
        whole = [one for frame in asking.frames for one in server().receive(frame)][-1:]
        stream = b"".join(asking.frames)
        for point in range(1, len(stream)):
            parted = server()
            assert (parted.receive(stream[:point]) + parted.receive(stream[point:]))[-1:] == whole


def held(stream):
    """How many bytes a connection holds at most while it takes a stream of pieces, and what came out."""
    connection = server()
    received = []
    tracemalloc.start()
    try:
        for piece in stream:
            received += connection.receive(piece)
        return tracemalloc.get_traced_memory()[1], received
    finally:
        tracemalloc.stop()


def fragments(request_id, first, size):
    content = struct.pack("<I", request_id) + bytes(size)
    kind = Kind.REQUEST if first else Kind.FRAGMENT
    return start_of(kind, 2, True, True) + struct.pack("<I", len(content)) + content


def test_memory_is_bounded():
    """By the limits of the connection: neither many small fragments, nor many messages, nor what they announce, nor
    requests that are cancelled before they are executed, make it grow."""
    many = range(600_000 // 40)
    streams = {
        "endless": (fragments(1, n == 0, 40) for n in many),
        "empty": (fragments(1, n == 0, 0) for n in many),
        "interleaved": (fragments(n % 10, n < 10, 1000) for n in many),
        "never ended": (fragments(n, True, 0) for n in many),
        "announced": (start_of(Kind.REQUEST, 2) + struct.pack("<I", 0xFFFFFF0) for n in many),
        "not executed": (
            CONVERSATIONS[0][0].data.replace(struct.pack("<I", CONVERSATIONS[0][0].header["request_id"]), number, 1)
            + start_of(Kind.CANCEL_REQUEST, 2, True)
            + b"\4\0\0\0"
            + number
            for number in (struct.pack("<I", n + 1000) for n in many)
        ),
    }
    for name, stream in streams.items():
        most, received = held(stream)
        assert most < 5 * LIMIT, name
        assert type(received[-1]) is Broken or name == "empty", name
