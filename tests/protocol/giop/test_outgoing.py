"""Large arrays are sent from where they are: the bytes on the wire are those of a message that holds them itself."""

from __future__ import annotations

from array import array
from dataclasses import replace

import pytest

from server_core.model.enums import AttrDataFormat, AttrQuality
from server_core.model.identity import ClientIdent
from server_core.model.types import TYPES, CmdArgType
from server_core.model.values import AttributeValue, AttributeWrite, TypedValue
from server_core.protocol.giop.cdr import encoder
from server_core.protocol.giop.connection import ClientConnection, ServerConnection, Target
from server_core.protocol.giop.outgoing import LARGE, Message
from server_core.protocol.operations import CommandInout, ReadAttributes, WriteAttributes

LIMIT = 1 << 24
DEVICE = "test/large/1"


def numbers(letter: str, count: int) -> memoryview:
    return memoryview(array(letter, [index % 100 for index in range(count)]))


def connections() -> tuple[ClientConnection, ServerConnection]:
    server = ServerConnection(LIMIT, 10, lambda key: DEVICE)
    server.receive(b"")
    return ClientConnection(LIMIT, ClientIdent(pid=1)), server


@pytest.mark.parametrize("letter", "BhifdqI")
@pytest.mark.parametrize("more", range(9))
def test_any_number_of_elements(letter: str, more: int) -> None:
    """What an array's length leaves over of eight bytes stands in the message, so that what follows it is aligned."""
    row = next(row for row in TYPES.values() if row.typecode == letter and row.array is not None)
    type = f"tuple<{row.array.name},octet,double>"
    value = (numbers(letter, LARGE // array(letter).itemsize + more), 7, 2.5)
    for before in range(9):
        copied, apart = bytearray(24 + before), Message(24 + before)
        encoder(type)(copied, value)
        encoder(type)(apart, value)
        assert b"".join(apart.pieces()) == copied
        assert len(apart) + apart.apart == len(copied)
        assert apart.apart % 8 == 0
        assert len(apart) < 100


def test_small_arrays_are_in_the_message() -> None:
    """One piece goes out faster than two."""
    out = Message(24)
    encoder("DevVarDoubleArray")(out, numbers("d", LARGE // 8 - 1))
    assert len(out.pieces()) == 1


def test_what_was_appended_is_taken_back() -> None:
    """The arrays with it."""
    out = Message(24)
    encoder("DevVarDoubleArray")(out, numbers("d", LARGE))
    out.cut(24)
    assert out.pieces() == [bytes(24)]
    assert out.apart == 0


def test_readings_of_large_arrays_are_not_copied() -> None:
    """Several in one answer, with set points; the array that the device gave is what is handed to the socket."""
    client, server = connections()
    first, second, written = numbers("d", 50_000), numbers("d", 60_001), numbers("d", 40_000)
    reading = AttributeValue(
        "a", CmdArgType.DevDouble, AttrDataFormat.SPECTRUM, AttrQuality.ATTR_VALID, 1.0, first, len(first)
    )
    readings = [reading, replace(reading, name="b", value=second, dim_x=len(second), w_value=written, w_dim_x=40_000)]
    _, request = client.request(ReadAttributes(DEVICE, ("a", "b")), Target(b"key", 6))
    (call,) = server.receive(b"".join(request))
    pieces = server.reply(call.id, readings)
    assert [piece.obj for piece in pieces if len(piece) > 1000] == [view.obj for view in (first, second, written)]
    (answer,) = client.receive(b"".join(pieces))
    assert [(one.name, one.value, one.w_value) for one in answer.result] == [
        ("a", first, None),
        ("b", second, written),
    ]


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5, 6])
def test_large_arrays_in_requests(level: int) -> None:
    """Of every interface level, in the value of a write and in the argument of a command."""
    client, server = connections()
    data = numbers("d", 50_000)
    write = AttributeWrite("a", CmdArgType.DevDouble, data, len(data))
    argument = TypedValue(CmdArgType.DevVarDoubleArray, data)
    for sent in (WriteAttributes(DEVICE, (write,)), CommandInout(DEVICE, "C", argument)):
        _, pieces = client.request(sent, Target(b"key", level))
        assert any(piece.obj is data.obj for piece in pieces)
        (call,) = server.receive(b"".join(pieces))
        received = call.request.values[0] if isinstance(sent, WriteAttributes) else call.request.argin
        assert received.value == data
        assert server.reply(call.id, None if isinstance(sent, WriteAttributes) else TypedValue(CmdArgType.DevVoid))
