"""Bytes become whole GIOP messages, and their headers say what they say, whoever sent them and however they arrive."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest

from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.codesets import UnknownCodeSet, charset_of
from server_core.protocol.giop.frames import FrameReader, Kind, empty_message, start_of
from server_core.protocol.giop.messages import (
    LocateStatus,
    ReplyStatus,
    RequestStart,
    begin_reply,
    encode_locate_reply,
    finish,
    read_cancelled,
    read_locate_request,
    read_reply,
    read_request,
)
from server_core.protocol.giop.primitives import LITTLE
from tests.captured.wire import GIOP_FAMILIES, exchanges, zeroed

LIMIT = 1 << 20
RECORDED = [message for exchange in exchanges() for message in exchange.messages]


def message(kind, content=b"", minor=2, little=True, more=False, size=None):
    order = "<" if little else ">"
    return (
        start_of(kind, minor, little, more) + struct.pack(order + "I", len(content) if size is None else size) + content
    )


def number(value):
    return struct.pack("<I", value)


def fed_frames(reader, *pieces):
    """The messages in `pieces`, read as a connection does: what is wanted goes straight into its buffer."""
    frames = []
    for piece in pieces:
        view = memoryview(piece)
        while view and (wanted := reader.wanted()) is not None:
            count = min(len(view), len(wanted))
            wanted[:count] = view[:count]
            frames += reader.filled(count)
            view = view[count:]
        if view:
            frames += reader.feed(bytes(view))
    return frames


def fed(reader, *pieces):
    return [(head.kind, head.minor, head.little, bytes(data)) for head, data in fed_frames(reader, *pieces)]


def split(data, size):
    return [data[start : start + size] for start in range(0, len(data), size)]


@pytest.mark.parametrize("family", GIOP_FAMILIES)
def test_recorded_messages_are_read_with_their_headers(family):
    """Whole and in fragments (wire 2.1-2.5, 2.7)."""
    for exchange in exchanges(family):
        for recorded in exchange.messages:
            reader = FrameReader(LIMIT)
            ((head, data),) = [frame for piece in recorded.frames for frame in reader.feed(piece)]
            expected = recorded.header
            assert reader.error is None, exchange.name
            assert bytes(data) == recorded.data, exchange.name
            assert (f"1.{head.minor}", head.little) == (expected["giop_version"], recorded.little), exchange.name
            assert head.kind.name.replace("_", "") == expected["message_type"].upper(), exchange.name
            assert HEADER[head.kind](head, data, expected), exchange.name


def is_request(head, data, expected):
    request = read_request((head, data))
    if expected.get("target_disposition", "KeyAddr") != "KeyAddr":
        return request.key is None
    return (
        request.id == expected["request_id"]
        and request.answered == bool(expected["response_flags"])
        and request.key.hex() == expected["object_key"]["hex"]
        and request.operation.decode() == expected["operation"]
        and [number for number, _ in request.contexts] == [found["id"] for found in expected["service_contexts"]]
    )


def is_reply(head, data, expected):
    reply = read_reply((head, data))
    return (reply.id, ReplyStatus(reply.status).name) == (expected["request_id"], expected["reply_status"])


def is_locate_reply(head, data, expected):
    status = LocateStatus[expected["locate_status"]]
    return encode_locate_reply(head.minor, expected["request_id"], status) == data


def is_locate_request(head, data, expected):
    return read_locate_request((head, data)) == (expected["request_id"], bytes.fromhex(expected["object_key"]["hex"]))


HEADER = {
    Kind.REQUEST: is_request,
    Kind.REPLY: is_reply,
    Kind.LOCATE_REQUEST: is_locate_request,
    Kind.LOCATE_REPLY: is_locate_reply,
    Kind.CANCEL_REQUEST: lambda head, data, expected: read_cancelled((head, data)) == expected["request_id"],
    Kind.CLOSE_CONNECTION: lambda head, data, expected: empty_message(head.kind, head.minor) == data,
}


@pytest.mark.parametrize("family", GIOP_FAMILIES)
def test_headers_that_are_written_are_those_of_real_programs(family):
    """Equal outside of the padding (wire 2.2, 2.3); service contexts and the other byte order are not written."""
    compared = 0
    for exchange in exchanges(family):
        for recorded in exchange.messages:
            ((head, data),) = fed_frames(FrameReader(LIMIT), *recorded.frames)
            if recorded.header.get("service_contexts") != [] or recorded.little != LITTLE or len(recorded.frames) > 1:
                continue
            if head.kind is Kind.REQUEST:
                request = read_request((head, data))
                start = RequestStart.of(head.minor, request.key, request.operation.decode())
                out = start.begin(request.id)
                out += data[request.body :]
                (written,) = finish(out, len(start.prefix), start.bare)
            else:
                reply = read_reply((head, data))
                out = begin_reply(head.minor, reply.id, ReplyStatus(reply.status))
                out += data[reply.body :]
                (written,) = finish(out, 24, 24)
            assert zeroed(bytes(written), recorded.padding) == zeroed(recorded.data, recorded.padding), exchange.name
            compared += 1
    assert compared > 10


@pytest.mark.parametrize("size", [1, 3, 11, 12, 13, 100, 4096, 5000, 65536])
def test_messages_arrive_in_pieces_of_any_size(size):
    stream = b"".join(frame for recorded in RECORDED[:: 40 if size < 100 else 4] for frame in recorded.frames)
    expected = [recorded.data for recorded in RECORDED[:: 40 if size < 100 else 4]]
    assert [data for *_, data in fed(FrameReader(LIMIT), *split(stream, size))] == expected


def test_messages_are_cut_at_every_point():
    content = number(7) + bytes(60)
    first = message(Kind.REQUEST, content, more=True)
    stream = first + message(Kind.CANCEL_REQUEST, number(9)) + message(Kind.FRAGMENT, number(7) + b"rest")
    expected = [(Kind.CANCEL_REQUEST, 2, True, message(Kind.CANCEL_REQUEST, number(9)))]
    expected.append((Kind.REQUEST, 2, True, first + b"rest"))
    for cut in range(len(stream) + 1):
        assert fed(FrameReader(LIMIT), stream[:cut], stream[cut:]) == expected


@pytest.mark.parametrize("little", [True, False])
def test_large_messages_are_read_into_their_own_buffer(little):
    """Nothing is copied then: the reader wants exactly the rest of the message."""
    large = message(Kind.REPLY, bytes(range(256)) * 400, little=little)
    reader = FrameReader(LIMIT)
    assert reader.feed(large[:5000]) == []
    assert len(reader.wanted()) == len(large) - 5000
    assert reader.feed(large[5000:6000]) == []
    assert fed(reader, large[6000:] + message(Kind.CLOSE_CONNECTION)) == [
        (Kind.REPLY, 2, little, large),
        (Kind.CLOSE_CONNECTION, 2, True, empty_message(Kind.CLOSE_CONNECTION, 2)),
    ]
    assert reader.wanted() is None


def test_fragments_of_several_requests_come_in_turns():
    """Version 1.2 tells them apart by their number, in 1.1 a fragment belongs to what was begun last (wire 2.5)."""
    starts = [message(Kind.REQUEST, number(i) + b"1234", more=True) for i in (1, 2)]
    rest = [message(Kind.FRAGMENT, number(i) + piece, more=i == 2) for i, piece in ((2, b"ab"), (1, b"A"))]
    rest.append(message(Kind.FRAGMENT, number(2) + b"c"))
    old = message(Kind.REQUEST, b"1.1 has no numbers", 1, more=True), message(Kind.FRAGMENT, b" here", 1)
    data = [found for *_, found in fed(FrameReader(LIMIT), *starts, old[0], *rest, old[1])]
    assert data == [starts[0] + b"A", starts[1] + b"abc", old[0] + b" here"]


def test_a_cancelled_request_needs_no_more_fragments():
    reader = FrameReader(100, max_joining=1)
    first = message(Kind.REQUEST, number(1) + bytes(60), more=True)
    for _ in range(3):
        assert reader.feed(first) == []
        reader.drop(1)
    reader.drop(1)
    assert reader.error is None


@pytest.mark.parametrize(
    "stream",
    [
        b"TNGO" + bytes(8),
        b"GIOT",
        b"GIOP\2\0\1\0" + bytes(4),
        message(Kind.REQUEST, minor=0)[:5] + b"\3" + bytes(6),
        start_of(Kind.REQUEST, 2)[:7] + b"\10" + bytes(4),
        message(Kind.FRAGMENT, minor=0),
        message(Kind.CANCEL_REQUEST, number(1), more=True),
        message(Kind.LOCATE_REQUEST, number(1), minor=1, more=True),
        message(Kind.FRAGMENT, number(1)),
        message(Kind.FRAGMENT, number(1) + bytes(9000)),
        message(Kind.FRAGMENT, b"", minor=1),
        message(Kind.REQUEST, b"\0\0\0", more=True),
        message(Kind.REQUEST, number(1), more=True) + message(Kind.FRAGMENT, number(1), little=False),
        message(Kind.REQUEST, number(1), more=True) * 2,
        message(Kind.REQUEST, size=LIMIT + 1),
        message(Kind.REQUEST, size=0xFFFFFFFF, more=True),
        message(Kind.REQUEST, number(1) + bytes(LIMIT - 100), more=True)
        + message(Kind.FRAGMENT, number(1) + bytes(100)),
        b"".join(message(Kind.REQUEST, number(i), more=True) for i in range(20)),
    ],
)
def test_what_breaks_the_rules_is_final(stream):
    """What came before is there, nothing is read after it."""
    good = message(Kind.REPLY, number(3))
    for pieces in ([good + stream], split(good + stream, 4096), [good, *split(stream[:5000], 1), stream[5000:]]):
        reader = FrameReader(LIMIT)
        assert [data for *_, data in fed(reader, *pieces)] == [good]
        assert isinstance(reader.error, ProtocolError)
        assert fed(reader, good) == []


def test_flags_that_mean_nothing_are_ignored():
    """In version 1.0 the octet of flags is a boolean (wire 2.1)."""
    flagged = [bytearray(message(Kind.REPLY, number(1), minor)) for minor in (0, 1, 2)]
    for found in flagged:
        found[6] |= 0x82 if found[5] == 0 else 0x80
    assert len(fed(FrameReader(LIMIT), *map(bytes, flagged))) == 3


def test_an_announced_size_takes_little_memory():
    """The buffer of a large message grows as it is filled."""
    size = 3_000_000
    reader = FrameReader(1 << 28)
    assert reader.feed(message(Kind.REPLY, size=1 << 28)) == []
    assert len(reader.wanted()) <= 1 << 20
    large = message(Kind.REPLY, bytes(range(250)) * (size // 250))
    assert fed(FrameReader(1 << 28), *split(large, 100_000)) == [(Kind.REPLY, 2, True, large)]


@pytest.mark.parametrize("minor", [0, 1, 2])
@pytest.mark.parametrize("little", [True, False])
def test_headers_that_are_cut_short_are_refused(minor, little):
    order = "<" if little else ">"
    contexts = struct.pack(order + "III", 1, 5, 3) + b"abc"
    key, name = struct.pack(order + "I", 3) + b"key\0", struct.pack(order + "I", 5) + b"ping\0"
    if minor == 2:
        content = struct.pack(order + "IB3xHH", 77, 1, 0, 0) + key + name + bytes(3) + contexts
    else:
        content = contexts + b"\0" + struct.pack(order + "IB3x", 77, 1) + key + name + bytes(3) + bytes(4)
    ((head, data),) = FrameReader(LIMIT).feed(message(Kind.REQUEST, content, minor, little))
    assert read_request((head, data)) == (77, True, b"key", b"ping", ((5, b"abc"),), len(data))
    for length in range(12, len(data)):
        with pytest.raises(ProtocolError):
            read_request((head, data[:length]))
    if minor < 2:
        with pytest.raises(ProtocolError):
            read_request((head, data[:-4] + b"\1\1\1\1"))

    content = (
        struct.pack(order + "II", 77, 1) + contexts
        if minor == 2
        else contexts + b"\0" + struct.pack(order + "II", 77, 1)
    )
    ((head, data),) = FrameReader(LIMIT).feed(message(Kind.REPLY, content, minor, little))
    assert read_reply((head, data)) == (77, 1, len(data))
    for length in range(12, len(data)):
        with pytest.raises(ProtocolError):
            read_reply((head, data[:length]))


def test_other_messages():
    """CancelRequest and LocateRequest, and what answers that (wire 2.7)."""
    for minor, content, key in (
        (0, number(5) + number(2) + b"ab", b"ab"),
        (1, number(5) + number(2) + b"ab", b"ab"),
        (2, number(5) + bytes(4) + number(2) + b"ab", b"ab"),
        (2, number(5) + b"\1\0", None),
    ):
        ((head, data),) = FrameReader(LIMIT).feed(message(Kind.LOCATE_REQUEST, content, minor))
        assert read_locate_request((head, data)) == (5, key)
        with pytest.raises(ProtocolError):
            read_locate_request((head, data[:-1]))
    (cancel,) = FrameReader(LIMIT).feed(message(Kind.CANCEL_REQUEST, number(8)))
    assert read_cancelled(cancel) == 8
    for status in LocateStatus:
        ((head, data),) = FrameReader(LIMIT).feed(encode_locate_reply(2, 5, status))
        order = "<" if head.little else ">"
        assert (head.kind, struct.unpack_from(order + "II", data, 12)) == (Kind.LOCATE_REPLY, (5, status))


@pytest.mark.parametrize(
    ("content", "charset"),
    [("01000000 01000100 09010100", "latin-1"), ("00000000 05010001 00010109", "utf-8"), (None, None)],
)
def test_code_sets(content, charset):
    """Latin-1 and UTF-8 can be chosen, in either order (wire 2.6)."""
    contexts = ((9, b""),) if content is None else ((9, b""), (1, bytes.fromhex(content)))
    assert charset_of(contexts) == charset


def test_code_sets_that_cannot_be_had():
    with pytest.raises(UnknownCodeSet, match="0x00010002"):
        charset_of(((1, bytes.fromhex("01000000 02000100 09010100")),))
    for content in ("", "01", "01000000 0100"):
        with pytest.raises(ProtocolError):
            charset_of(((1, bytes.fromhex(content)),))


def test_fragments_count_until_their_message_is_whole():
    """The limit is that of what is under way at once, however small the pieces (wire 2.5)."""
    reader = FrameReader(400)
    for _ in range(10):
        pieces = [message(Kind.FRAGMENT, number(1) + bytes(90), more=more) for more in (True, False)]
        assert len(fed(reader, message(Kind.REQUEST, number(1) + bytes(90), more=True), *pieces)) == 1
    assert reader.error is None
    fed(reader, message(Kind.REQUEST, number(1) + bytes(90), more=True))
    fed(reader, *[message(Kind.FRAGMENT, number(1) + bytes(10), more=True) for _ in range(40)])
    assert "max_frame" in str(reader.error)


def test_so_many_messages_in_fragments_and_no_more():
    reader = FrameReader(LIMIT, max_joining=3)
    for i in range(3):
        assert fed(reader, message(Kind.REQUEST, number(i), more=True)) == []
    assert reader.error is None
    fed(reader, message(Kind.REQUEST, number(3), more=True))
    assert "max_joining" in str(reader.error)


@pytest.mark.parametrize(("minor", "little"), [(2, False), (1, True)])
def test_fragments_are_of_the_version_and_order_of_their_message(minor, little):
    """wire 2.5"""
    reader = FrameReader(LIMIT)
    assert fed(reader, message(Kind.REQUEST, number(0), more=True)) == []
    assert fed(reader, message(Kind.FRAGMENT, number(0) + b"rest", minor, little)) == []
    assert isinstance(reader.error, ProtocolError)


def test_a_message_that_is_too_long_to_be_said():
    """wire 2.1: a size has 32 bits; large arrays count."""
    for apart, fits in ((0xFFFFFFFF - 12, True), (0xFFFFFFFF - 11, False)):
        out = begin_reply(2, 1, ReplyStatus.NO_EXCEPTION)
        out.apart = apart
        if fits:
            (whole,) = finish(out, 24, 24)
            assert whole[8:12].cast("I")[0] == 0xFFFFFFFF
        else:
            with pytest.raises(ProtocolError, match="too long"):
                finish(out, 24, 24)


def test_no_two_pieces_of_a_stream_are_lost():
    """Every point at which three messages can be cut twice."""
    stream = b"".join(message(Kind.REPLY, bytes(n)) for n in (0, 1, 2))
    points = range(len(stream) + 1)
    for first in points:
        for second in points[first:]:
            cuts = [0, first, second, len(stream)]
            assert len(fed(FrameReader(LIMIT), *[stream[a:b] for a, b in pairwise(cuts)])) == 3
