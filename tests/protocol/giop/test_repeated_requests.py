"""A server recognises requests that come again by their bytes: each is still a request of its own."""

from __future__ import annotations

import pytest

from server_core.model.enums import DevSource
from server_core.model.identity import ClientIdent
from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.exchange import Broken
from server_core.protocol.giop.cdr import encoder
from server_core.protocol.giop.connection import (
    _MOST_KNOWN,
    ServerConnection,
    _known,
)
from server_core.protocol.operations import ReadAttributes
from tests.protocol.giop.talking import DEVICE, KEY, LIMIT, asked, code_sets, number, sent, server, text


@pytest.mark.parametrize("minor", [0, 1, 2])
def test_requests_that_come_again(minor):
    """They are recognised by all but their number, on any connection: each is a request of its own, to the device that
    the key names now, in the connection's code set."""
    names = {KEY: DEVICE}
    body = number(1) + text(b"\xc3\xa4") + bytes(1) + number(1) + number(0) + number(7)
    ask = [asked("read_attributes_4", minor=minor, request_id=request_id, body=body) for request_id in (5, 6, 7)]
    for _ in range(2):
        connection = ServerConnection(LIMIT, 10, names.get)
        connection.receive(b"")
        received = [call for data in ask for call in connection.receive(data)]
        assert [call.id for call in received] == [5, 6, 7]
        assert {call.request for call in received} == {ReadAttributes(DEVICE, ("Ã¤",), DevSource.CACHE)}
        assert {call.ident for call in received} == {ClientIdent(pid=7)}
        (again,) = connection.receive(ask[1])
        assert type(again) is Broken  # a number that is not answered yet
    names[KEY] = "sys/tg_test/2"
    connection = ServerConnection(LIMIT, 10, names.get)
    connection.receive(b"")
    assert connection.receive(ask[0])[0].request.device == "sys/tg_test/2"
    del names[KEY]
    assert b"OBJECT_NOT_EXIST" in sent(connection.receive(ask[1]))


def test_requests_that_come_again_in_another_code_set():
    """The same bytes mean other characters there."""
    ask = asked("read_attributes_4", body=number(1) + text(b"\xc3\xa4") + bytes(1) + number(1) + number(0) + number(7))
    there = server()
    assert there.receive(ask)[0].request.names == ("Ã¤",)
    utf_8 = server()
    (first,) = utf_8.receive(asked("ping", contexts=code_sets(0x05010001)))
    utf_8.reply(first.id, None)
    assert utf_8.receive(ask)[0].request.names == ("ä",)


@pytest.mark.parametrize("minor", [0, 1, 2])
def test_requests_with_contexts_come_again(minor):
    """Their number stands elsewhere."""
    there = server()
    ask = asked("ping", minor=minor, request_id=1234, contexts=number(1) + number(99) + number(4) + number(77))
    for _ in range(2):
        (call,) = there.receive(ask)
        assert call.id == 1234
        there.reply(call.id, None)


def test_requests_are_remembered_within_bounds():
    """However many clients ask for however many things."""
    there = server()
    for index in range(2 * _MOST_KNOWN):
        body = number(1) + text(b"%07d" % index) + number(0) + number(0) + number(7)
        (call,) = there.receive(asked("read_attributes_4", body=body))
        there.reply(call.id, [])
    assert len(_known) <= _MOST_KNOWN


def test_requests_with_data_are_each_read_anew():
    """What a device does to its argument does not come back with the next request."""
    connection = server()
    body = text(b"C").ljust(8, b"\0")
    value = encoder("any")
    out = bytearray(body)
    value(out, TypedValue(CmdArgType.DevVarStringArray, ["a", "b"]))
    arguments = bytes(out)
    arguments += bytes(-len(arguments) & 3) + number(0) + number(0) + number(7)
    first, second = [connection.receive(asked("command_inout_4", request_id=n, body=arguments))[0] for n in (1, 2)]
    first.request.argin.value.append("c")
    assert second.request.argin.value == ["a", "b"]
