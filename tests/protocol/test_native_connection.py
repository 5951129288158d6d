"""Whatever bytes come, in whatever pieces: messages, or one clear breach of the protocol, and nothing else."""

from __future__ import annotations

import struct
from array import array
from itertools import pairwise
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server_core.model.enums import DevState
from server_core.model.errors import DevFailed
from server_core.model.identity import ClientIdent
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue, Event, TypedValue
from server_core.protocol.exchange import (
    Broken,
    Call,
    Dropped,
    Granted,
    Occurred,
    Opened,
    ProtocolError,
    Received,
    Reply,
    Send,
)
from server_core.protocol.native.connection import ClientConnection, ServerConnection
from server_core.protocol.native.messages import Kind, encode_dropped, encode_event, encode_fault
from server_core.protocol.operations import OPERATIONS, CommandInout, GetState, Ping, ReadAttributes

IDENT = ClientIdent(pid=77)


def connected(max_frame: int = 2**20, max_outstanding: int = 8) -> tuple[ClientConnection, ServerConnection]:
    client, server = ClientConnection(max_frame), ServerConnection(max_frame, max_outstanding)
    answer, _ = server.receive(client.hello(IDENT, "here"))
    assert isinstance(answer, Send)
    client.receive(b"".join(answer.frame))
    return client, server


def frame(header: Any, blocks: bytes = b"") -> bytes:
    packed: bytes = msgpack.packb(header)
    fill = bytes(-len(packed) % 8) if blocks else b""
    return struct.pack("<II", len(packed) + len(fill) + len(blocks), len(packed)) + packed + fill + blocks


def in_pieces(connection: ClientConnection | ServerConnection, stream: bytes, cuts: list[int]) -> list[Received]:
    """Everything that `stream` says when it comes in pieces, large frames read into the buffer they get."""
    received: list[Received] = []
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    for start, stop in pairwise(edges):
        piece = stream[start:stop]
        while piece:
            wanted = connection.wanted()
            if wanted is None or len(piece) % 2:
                received += connection.receive(piece)
                break
            count = min(len(wanted), len(piece))
            wanted[:count] = piece[:count]
            received += connection.filled(count)
            piece = piece[count:]
    return received


def plain(received: list[Received]) -> str:
    """A text that is equal for equal messages, arrays by content."""
    return repr([_plain(message) for message in received])


def _plain(value: Any) -> Any:
    if isinstance(value, memoryview):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, Event):
        return _plain(value.payload)
    return _plain(value.value) if isinstance(value, AttributeValue) else str(value)


def test_greetings_say_who_the_client_is_and_what_the_server_grants() -> None:
    client, server = ClientConnection(2**20), ServerConnection(1000, 5)
    answer, opened = server.receive(client.hello(IDENT, "here"))
    assert opened == Opened(IDENT, "here")
    assert isinstance(answer, Send)
    assert client.receive(b"".join(answer.frame)) == [Granted(1000, 5)]
    assert client.max_outstanding == 5


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10**6), max_size=12))
def test_requests_are_the_same_however_the_stream_is_cut(cuts: list[int]) -> None:
    client, server = ClientConnection(2**20), ServerConnection(2**20, 8)
    big = TypedValue(CmdArgType.DevVarDoubleArray, memoryview(array("d", range(2000))))
    stream = client.hello(IDENT, "here")
    for request in (Ping("a"), CommandInout("a", "Take", big), CommandInout("a", "Take", big), GetState("b")):
        stream += b"".join(client.request(request)[1])
    received = in_pieces(server, stream, cuts)
    assert [type(message) for message in received] == [Send, Opened, Call, Call, Call, Call]
    assert plain(received) == plain(ServerConnection(2**20, 8).receive(stream))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10**6), max_size=12))
def test_answers_and_events_are_the_same_however_the_stream_is_cut(cuts: list[int]) -> None:
    def ends() -> tuple[ClientConnection, bytes]:
        client, server = connected()
        value = AttributeValue("a", CmdArgType.DevLong, value=memoryview(array("i", range(5000))))
        requests = [client.request(request) for request in (ReadAttributes("d", ("a",)), GetState("d"), Ping("d"))]
        for _, pieces in requests:
            server.receive(b"".join(pieces))
        answers = [[value], DevState.ON, DevFailed.of("API_X", "no")]
        stream = b"".join(encode_event(3, Event("d", "a", 0, value)))  # type: ignore[arg-type]
        for (request_id, _), answer in zip(requests, answers, strict=True):
            stream += b"".join(server.reply(request_id, answer) or ())
        return client, stream + b"".join(encode_dropped(3, 9))

    client, stream = ends()
    received = in_pieces(client, stream, cuts)
    assert [type(message) for message in received] == [Occurred, Reply, Reply, Reply, Dropped]
    assert plain(received) == plain(ends()[0].receive(stream))


@settings(max_examples=300, deadline=None)
@given(st.booleans(), st.binary(max_size=300))
def test_arbitrary_bytes_are_messages_or_a_breach(greeted: bool, data: bytes) -> None:
    connection = connected()[1] if greeted else ServerConnection(1000, 8)
    received = connection.receive(data)
    assert all(not isinstance(message, Broken) for message in received[:-1])


_msgpack = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=8)
    | st.binary(max_size=8) | st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=8)),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(Kind), st.integers(0, 25), _msgpack, st.binary(max_size=64), st.booleans())
def test_well_formed_frames_with_any_content_are_messages_or_a_breach(
    kind: Kind, code: int, content: Any, blocks: bytes, as_client: bool
) -> None:
    client, server = connected()
    client.request(ReadAttributes("d", ("a",)))
    header = [kind, 1, code, content] if kind is Kind.REQUEST else [kind, 1, content]
    connection = client if as_client else server
    received = connection.receive(frame(header, blocks))
    assert len(received) <= 1


_BREACHES = {
    "no greeting": b"GET / HTTP/1.1\r\n",
    "another version": b"TNGO\x00\x09\x00\x00",
    "a greeting that says nothing": b"TNGO\x00\x01\x00\x01\xc0",
}


@pytest.mark.parametrize("greeting", _BREACHES.values(), ids=_BREACHES)
def test_a_wrong_greeting_is_a_breach(greeting: bytes) -> None:
    server = ServerConnection(2**20, 8)
    *_, broken = server.receive(greeting)
    assert isinstance(broken, Broken)
    assert server.receive(connected()[0].hello(IDENT, "h")) == []


_READ, _COMMAND = OPERATIONS["read_attributes"].code, OPERATIONS["command_inout"].code
_BAD_FRAMES = {
    "max_frame": struct.pack("<II", 2**30, 4),
    "header of 9 bytes in a frame of 4": struct.pack("<II", 4, 9) + bytes(4),
    "not a msgpack message": struct.pack("<II", 1, 1) + b"\xc1",
    "malformed message": frame([99, 1]),
    "a list of the fields (device, names, source) of ReadAttributes": frame([Kind.REQUEST, 50, _READ, ["d"]]),
    "of type str, as ReadAttributes.device": frame([Kind.REQUEST, 50, _READ, [7, [], 0]]),
    "is not a DevSource": frame([Kind.REQUEST, 50, _READ, ["d", [], 17]]),
    "is not a list": frame([Kind.REQUEST, 50, _READ, ["d", "abc", 0]]),
    "-32768..32767": frame([Kind.REQUEST, 50, _COMMAND, ["d", "c", [int(CmdArgType.DevShort), 40000], 0]]),
    "is not a number of": frame([Kind.REQUEST, -1, _READ, ["d", [], 0]]),
    "outside the 0 bytes of its frame": frame(
        [Kind.REQUEST, 50, _COMMAND, ["d", "c", [int(CmdArgType.DevVarDoubleArray), msgpack.ExtType(1, bytes(7) + b"\x01")], 0]]  # noqa: E501
    ),
    "no whole number of elements": frame(
        [Kind.REQUEST, 50, _COMMAND, ["d", "c", [int(CmdArgType.DevVarDoubleArray), b"123"], 0]]
    ),
    "the other side ended the connection: so there": b"".join(encode_fault("so there")),
}  # fmt: skip


@pytest.mark.parametrize("text", _BAD_FRAMES)
def test_a_breach_says_what_is_wrong_and_is_final(text: str) -> None:
    client, server = connected()
    good = b"".join(client.request(Ping("d"))[1])
    received = server.receive(good + _BAD_FRAMES[text] + good)
    assert [type(message) for message in received] == [Call, Broken]
    assert isinstance(received[1], Broken)
    assert text in str(received[1].error)
    assert server.receive(good) == []


def test_a_client_of_another_version_learns_why_it_is_refused() -> None:
    server, client = ServerConnection(1000, 10), ClientConnection(1000)
    hello = bytearray(client.hello(ClientIdent(), "host"))
    hello[5] = 7
    sent, broken = server.receive(bytes(hello))
    assert isinstance(sent, Send)
    assert isinstance(broken, Broken)
    fault = b"".join(encode_fault(str(broken.error)))
    granted, refused = client.receive(b"".join(sent.frame) + fault)
    assert type(granted) is Granted
    assert isinstance(refused, Broken)
    assert "version 7" in str(refused.error)


def test_deeply_nested_pipes_are_a_breach_not_a_crash() -> None:
    _, server = connected()
    blob: Any = ["", []]
    for _ in range(330):
        blob = ["", [["n", int(CmdArgType.DevPipeBlob), blob]]]
    received = server.receive(frame([Kind.REQUEST, 1, OPERATIONS["write_pipe"].code, ["d", "p", blob]]))
    assert len(received) == 1


def test_more_unanswered_requests_than_allowed_are_a_breach() -> None:
    client, server = connected(max_outstanding=2)
    frames = [b"".join(client.request(Ping("d"))[1]) for _ in range(3)]
    assert [type(m) for m in server.receive(b"".join(frames))] == [Call, Call, Broken]


def test_an_answered_request_makes_room_and_is_answered_once() -> None:
    client, server = connected(max_outstanding=1)
    for _ in range(3):
        request_id, pieces = client.request(Ping("d"))
        assert len(server.receive(b"".join(pieces))) == 1
        assert server.reply(request_id, None) is not None
        assert server.reply(request_id, None) is None


def test_an_operation_unknown_to_the_server_is_refused_and_the_connection_lives() -> None:
    client, server = connected()
    request_id, _ = client.request(Ping("d"))
    (answer,) = server.receive(frame([Kind.REQUEST, request_id, 900, []]))
    assert isinstance(answer, Send)
    (reply,) = client.receive(b"".join(answer.frame))
    assert isinstance(reply, Reply)
    assert reply.result.reason == "API_NotSupportedFeature"
    assert isinstance(server.receive(frame([Kind.REQUEST, 5, 0, ["d"]]))[0], Call)


def test_a_result_that_cannot_be_encoded_becomes_an_error() -> None:
    client, server = connected()
    request_id, pieces = client.request(GetState("d"))
    server.receive(b"".join(pieces))
    (reply,) = client.receive(b"".join(server.reply(request_id, object()) or ()))
    assert isinstance(reply, Reply)
    assert reply.result.reason == "API_EncodeErr"


def test_requests_that_cannot_be_sent_are_refused_before_sending() -> None:
    client, _ = connected(max_frame=5000)
    big = TypedValue(CmdArgType.DevVarDoubleArray, memoryview(array("d", range(1000))))
    with pytest.raises(ProtocolError, match="server's limit of 5000"):
        client.request(CommandInout("d", "c", big))
    with pytest.raises(ProtocolError, match="cannot be encoded"):
        client.request(CommandInout("d", "c", TypedValue(CmdArgType.DevLong, object())))
    with pytest.raises(ProtocolError, match="int is not a request"):
        client.request(7)
    assert client.expected == {}


def test_answers_nobody_waits_for_are_ignored_and_unasked_ones_are_a_breach() -> None:
    client, server = connected()
    request_id, pieces = client.request(Ping("d"))
    server.receive(b"".join(pieces))
    client.forget(request_id)
    answer = b"".join(server.reply(request_id, None) or ())
    assert client.receive(answer) == []
    (broken,) = client.receive(answer)
    assert isinstance(broken, Broken)


def test_a_ping_is_answered_by_the_connection_itself() -> None:
    client, server = connected()
    (pong,) = server.receive(b"".join(client.ping()))
    assert isinstance(pong, Send)
    assert client.receive(b"".join(pong.frame)) == []


def test_small_reads_of_a_large_frame_do_not_pile_up() -> None:
    """One byte at a time, a frame of 64 KiB is put together in its own buffer; what remains outside stays small."""
    client, server = connected()
    big = TypedValue(CmdArgType.DevVarCharArray, memoryview(bytes(65536)))
    stream = b"".join(client.request(CommandInout("d", "c", big))[1])
    received = [message for byte in range(len(stream)) for message in server.receive(stream[byte : byte + 1])]
    assert [type(message) for message in received] == [Call]
