"""Both ends of a GIOP connection: to each other in all versions, and to what real programs were recorded to say."""

from __future__ import annotations

import struct
from array import array

import pytest

from server_core.model.enums import AttrDataFormat, AttrQuality
from server_core.model.errors import DevError, DevFailed, MultiDevFailed, NamedDevFailed
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue
from server_core.protocol.exchange import Broken, Closed, Reply, Send
from server_core.protocol.giop.connection import (
    ClientConnection,
    Forwarded,
    Target,
)
from server_core.protocol.giop.failures import Completion, SystemFailure
from server_core.protocol.giop.frames import FrameReader, Kind, start_of
from server_core.protocol.giop.idl import OPERATIONS
from server_core.protocol.giop.ior import Ior, Profile, device_type, write_ior
from server_core.protocol.giop.messages import LocateStatus, ReplyStatus, begin_reply, finish, read_reply
from server_core.protocol.operations import GetStatus, Ping, ReadAttributes
from tests.captured.wire import GIOP_FAMILIES, exchange, exchanges, zeroed
from tests.protocol.giop.talking import (
    CORBA,
    DEVICE,
    IDENT,
    KEY,
    LIMIT,
    asked,
    client,
    joined,
    message,
    number,
    outcome,
    refusal,
    renumbered,
    sent,
    server,
    text,
)

# ---- both ends


@pytest.mark.parametrize("minor", [0, 1, 2])
def test_requests_and_answers_in_all_versions(minor):
    """A server answers in the version of the request (wire 2.1), with arguments and without."""
    here, there = client(minor), server()
    first, data = here.request(Ping(DEVICE), Target(KEY, 6))
    (call,) = there.receive(joined(data))
    assert (call.id, call.request, call.ident) == (first, Ping(DEVICE), None)
    answer = joined(there.reply(first, None))
    assert (answer[5], len(answer)) == (minor, 24)
    assert here.receive(answer) == [Reply(first, None)]
    second, data = here.request(ReadAttributes(DEVICE, ("a", "bc")), Target(KEY, 6))
    (call,) = there.receive(joined(data))
    assert (call.id, call.request, call.ident) == (second, ReadAttributes(DEVICE, ("a", "bc")), IDENT)
    failure = DevFailed(DevError("API_Cause", "why", "where"), DevError("API_Layer", "above", "there"))
    (reply,) = here.receive(joined(there.reply(second, failure)))
    assert reply.result.errors == failure.errors
    assert not there.outstanding
    assert not here.expected


@pytest.mark.parametrize("minor", [0, 1, 2])
def test_every_split_of_a_conversation(minor):
    here, there = client(minor), server()
    requests = [here.request(GetStatus(DEVICE), Target(KEY, 6)), here.is_a(KEY, device_type(6)), here.non_existent(KEY)]
    stream = b"".join(joined(data) for _, data in requests)
    (call, *sends) = there.receive(stream)
    answers = joined(there.reply(call.id, "ON")) + b"".join(joined(found.frame) for found in sends)
    for cut in range(1, len(stream)):
        there = server()
        found = there.receive(stream[:cut]) + there.receive(stream[cut:])
        assert found == [call, *sends]
    expected = [
        Reply(request_id, result) for (request_id, _), result in zip(requests, ["ON", True, False], strict=True)
    ]
    for cut in range(len(answers) + 1):
        here = client(minor)
        here.request(GetStatus(DEVICE), Target(KEY, 6))
        here.is_a(KEY, device_type(6))
        here.non_existent(KEY)
        assert here.receive(answers[:cut]) + here.receive(answers[cut:]) == expected


def test_a_forgotten_answer_is_ignored():
    here, there = client(), server()
    request_id, data = here.request(Ping(DEVICE), Target(KEY, 6))
    there.receive(joined(data))
    here.forget(request_id)
    here.forget(99)
    answer = joined(there.reply(request_id, None))
    assert here.receive(answer) == []
    (broken,) = here.receive(answer)
    assert "not sent" in str(broken.error)
    assert here.receive(answer) == []


# ---- what was recorded


@pytest.mark.parametrize("family", [family for family in GIOP_FAMILIES if family != "protocol"])
def test_recorded_conversations_are_repeated(family):
    """A recorded request is a Call. A client that is to ask this asks for the same, in its version; it understands the
    recorded answer, and the server that is given this result says it again (wire 2, 3)."""
    repeated = 0
    for found in exchanges(family):
        asking, answering = found.messages
        there = server()
        (call,) = [one for frame in asking.frames for one in there.receive(frame)]
        if type(call) is Send:
            continue
        header = asking.header
        minor = int(header["giop_version"][-1])
        ends = ClientConnection(LIMIT, call.ident or IDENT, minor), server()
        target = Target(bytes.fromhex(header["object_key"]["hex"]), OPERATIONS[header["operation"]].level)
        first = retold(*ends, call, target, in_one_piece(answering))
        assert first[:8] == start_of(Kind.REPLY, minor), found.name
        assert status(first) == answering.header["reply_status"], found.name
        if "pipe" not in header["operation"]:  # the time of a pipe is that of its reading
            assert retold(*ends, call, target, first)[24:] == first[24:], found.name
        repeated += 1
    assert repeated > 3


def retold(here, there, call, target, answer):
    """The answer of the server, to which the client that got `answer` tells what it got."""
    request_id, pieces = here.request(call.request, target)
    assert there.receive(joined(pieces)) == [call._replace(id=request_id)]
    (reply,) = here.receive(renumbered(answer, request_id))
    return joined(there.reply(request_id, reply.result))


def status(answer):
    ((head, data),) = FrameReader(LIMIT).feed(answer)
    return ReplyStatus(read_reply((head, data)).status).name


def in_one_piece(recorded):
    """A recorded message without its fragments."""
    whole = bytearray(recorded.data)
    if len(recorded.frames) > 1:
        whole[6] &= 1
        struct.pack_into("<I" if recorded.little else ">I", whole, 8, len(whole) - 12)
    return bytes(whole)


@pytest.mark.parametrize(
    ("asking", "answering", "keys"),
    [
        ("raw.giop10.nosuchop.BAD_OPERATION", "", None),
        ("raw.giop12.command_query_2.MARSHAL", "", None),
        ("raw.giop12._is_a", "", None),
        ("raw.giop12.ping.OBJECT_NOT_EXIST", "", []),
        ("LocateRequest.10.known", "LocateReply.10.OBJECT_HERE", None),
        ("LocateRequest.12.known", "LocateReply.12.OBJECT_HERE", None),
        ("LocateRequest.12.unknown", "LocateReply.12.UNKNOWN_OBJECT", []),
    ],
)
def test_what_the_connection_answers_is_what_real_servers_answer(asking, answering, keys):
    """Byte by byte outside of padding (wire 2.7, 3, 4.3)."""
    recorded = exchange(answering or asking).messages[-1]
    answer = sent(server(keys=keys).receive(exchange(asking).messages[0].data))
    assert zeroed(answer, recorded.padding) == zeroed(recorded.data, recorded.padding)


@pytest.mark.parametrize("name", ["raw.giop12.ping.UNKNOWN.addr1", "raw.giop12.ping.UNKNOWN.addr2"])
def test_objects_are_addressed_by_their_key(name):
    """Other addressing gets the answer of the standard, not the UNKNOWN of real servers (wire 2.2)."""
    (answer,) = server().receive(exchange(name).messages[0].data)
    ((head, data),) = FrameReader(LIMIT).feed(joined(answer.frame))
    reply = read_reply((head, data))
    assert (reply.id, reply.status, data[reply.body :]) == (2, ReplyStatus.NEEDS_ADDRESSING_MODE, b"\0\0")
    assert refusal(data) == ("NO_IMPLEMENT", 0, Completion.NO)
    located = sent(server().receive(message(Kind.LOCATE_REQUEST, number(6) + b"\1\0")))
    assert located[12:] == number(6) + number(LocateStatus.NEEDS_ADDRESSING_MODE) + b"\0\0"


# ---- what CORBA asks of objects, and refusals


@pytest.mark.parametrize("minor", [0, 1, 2])
def test_interfaces(minor):
    """All levels of devices, and CORBA's object; others are not had, which is no error (wire 4.3)."""
    here, there = client(minor), server()
    for type_id, is_one in (
        *((device_type(level), True) for level in range(1, 7)),
        (CORBA.format("Object"), True),
        ("IDL:Tango/Device_7:1.0", False),
        ("", False),
    ):
        request_id, data = here.is_a(KEY, type_id)
        assert here.receive(sent(there.receive(joined(data)))) == [Reply(request_id, is_one)]


def test_an_object_that_is_gone():
    here, there = client(), server(keys=[KEY])
    for key, gone in ((KEY, False), (b"other", True)):
        request_id, data = here.non_existent(key)
        assert here.receive(sent(there.receive(joined(data)))) == [Reply(request_id, gone)]


def test_other_questions_to_every_object():
    there = server()
    assert sent(there.receive(asked("_not_existent", minor=0)))[24:] == b"\0"
    assert outcome(sent(there.receive(asked("_repository_id")))) == "IDL:Tango/Device_6:1.0"
    assert outcome(sent(there.receive(asked("_component")))) == ""
    assert refusal(sent(there.receive(asked("_interface")))) == ("INTF_REPOS", 0x41540027, Completion.NO)
    assert refusal(sent(there.receive(asked("_is_a", body=b"\1")))) == ("MARSHAL", 0x4154000A, Completion.NO)


def test_requests_that_want_no_answer_get_none():
    """Whether they can be executed or not (wire 2.2, response flags 0)."""
    there = server(keys=[KEY])
    (first,) = there.receive(asked("ping", flags=0))
    (second,) = there.receive(asked("ping", flags=0, minor=0))
    assert first.request == second.request == Ping(DEVICE)
    assert first.id != second.id
    assert there.reply(first.id, None) is None
    assert there.reply(second.id, DevFailed.of("API_X", "x")) is None
    assert not there.outstanding
    for request in (
        asked("nosuch", flags=0),
        asked("_is_a", flags=0),
        asked("_non_existent", flags=0),
        asked("ping", flags=0, key=b"other"),
        asked("black_box", flags=0),
        message(Kind.REQUEST, number(2) + bytes(4) + b"\1\0" + bytes(22)),
    ):
        assert there.receive(request) == []


def test_a_cancelled_request_is_not_answered():
    there = server()
    there.receive(asked("ping", request_id=4) + asked("ping", request_id=6))
    assert there.receive(message(Kind.CANCEL_REQUEST, number(4)) + message(Kind.CANCEL_REQUEST, number(5))) == []
    assert there.reply(4, None) is None
    assert there.reply(6, None) is not None
    assert there.reply(6, None) is None
    assert not there.outstanding


def test_a_request_is_cancelled_while_its_fragments_come():
    there = server()
    whole = asked("_is_a", body=text(device_type(6).encode()))
    first = message(Kind.REQUEST, whole[12:40], more=True)
    assert there.receive(first + message(Kind.CANCEL_REQUEST, number(2))) == []
    assert sent(there.receive(first + message(Kind.FRAGMENT, number(2) + whole[40:])))[-1] == 1


# ---- results and failures


def named(there, result):
    """What a client sees of `result` as the name of a device."""
    (call,) = there.receive(asked("_get_name"))
    return outcome(joined(there.reply(call.id, result)))


def test_a_result_that_cannot_be_said():
    """The request fails, the connection goes on."""
    there = server()
    failure = named(there, 5)
    assert (type(failure), failure.reason) == (DevFailed, "API_EncodeErr")
    assert named(there, "é") == "é"


def test_what_can_be_said_of_several_readings_is_said():
    """TYP-7: one that cannot be fails alone; what was written before, large arrays too, is written once."""
    here, there = client(), server()
    large = memoryview(array("d", range(10_000)))
    readings = [
        AttributeValue("a", CmdArgType.DevDouble, AttrDataFormat.SPECTRUM, AttrQuality.ATTR_VALID, 0.0, large, 10_000),
        AttributeValue("b", CmdArgType.DevString, AttrDataFormat.SCALAR, AttrQuality.ATTR_VALID, 0.0, "Ω", 1),
    ]
    number_of_request, data = here.request(ReadAttributes(DEVICE, ("a", "b")), Target(KEY, 6))
    there.receive(joined(data))
    (reply,) = here.receive(joined(there.reply(number_of_request, readings)))
    first, second = reply.result
    assert first.value == large
    assert second.errors


@pytest.mark.parametrize("minor", [0, 1, 2])
def test_a_request_in_pieces_is_answered_in_its_version(minor):
    """wire 2.1"""
    there = server()
    data = asked("ping", minor=minor)
    there.receive(data[:20])
    there.receive(data[20:])
    assert joined(there.farewell())[5] == minor


def test_failures_of_all_kinds():
    there = server()
    assert named(there, DevFailed.of("API_X", "Ω and é")).desc == "Ω and é"
    assert named(there, DevFailed.of("API_X", "a\0b")).desc == "ab"
    assert named(there, SystemFailure(CORBA.format("NO_PERMISSION"), 5, Completion.MAYBE)).name == "NO_PERMISSION"
    failure = named(there, ZeroDivisionError("by zero"))
    assert (failure.reason, failure.desc) == ("API_InternalError", "ZeroDivisionError: by zero")


def test_attributes_that_failed_are_named_where_the_interface_has_it():
    """MultiDevFailed for the writes of level 3 on, DevFailed elsewhere (wire 3, 6)."""
    failure = MultiDevFailed(failed=[NamedDevFailed("a", 1, (DevError("API_X", "x"),))])
    assert named(server(), failure).reason == "API_X"
    there = server()
    (call,) = there.receive(asked("write_attributes_3", body=number(0)))
    assert outcome(joined(there.reply(call.id, failure))).failed == failure.failed


def test_so_many_requests_may_be_unanswered_and_no_more():
    there = server(max_outstanding=3)
    assert len(there.receive(b"".join(asked("ping", request_id=i) for i in range(3)))) == 3
    (broken,) = there.receive(asked("ping", request_id=3))
    assert "max_outstanding" in str(broken.error)


# ---- the end


@pytest.mark.parametrize("minor", [0, 1, 2])
def test_the_end_of_a_connection(minor):
    """In its version; in 1.0 when nothing was ever received (wire 2.9)."""
    there = server()
    assert joined(there.farewell())[:8] == start_of(Kind.CLOSE_CONNECTION, 0)
    there.receive(asked("ping", minor=minor))
    goodbye, fault = joined(there.farewell()), joined(there.encode_fault("text"))
    assert (goodbye[5], goodbye[7:]) == (minor, b"\5\0\0\0\0")
    assert (fault[5], fault[7:]) == (minor, b"\6\0\0\0\0")
    for ending in (ClientConnection(LIMIT, IDENT), there):
        assert ending.receive(goodbye + fault) == [Closed()]
        assert ending.receive(goodbye) == []
    here = client()
    (broken,) = here.receive(fault)
    assert "MessageError" in str(broken.error)
    assert here.receive(goodbye) == []


def test_what_a_client_says_at_the_end():
    """CloseConnection in 1.2, nothing before (wire 2.9)."""
    assert client(0).farewell() is client(1).farewell() is None
    assert server().receive(joined(client(2).farewell())) == [Closed()]


@pytest.mark.parametrize(
    "data",
    [
        b"TNGO" + bytes(20),
        asked("ping", request_id=1),
        message(Kind.REPLY, number(1) * 3),
        message(Kind.LOCATE_REPLY, number(1) * 2),
        message(Kind.FRAGMENT, number(1)),
        message(Kind.REQUEST, number(1)),
        message(Kind.CANCEL_REQUEST),
        message(Kind.LOCATE_REQUEST),
        b"".join(asked("ping", request_id=i) for i in range(2, 12)),
    ],
)
def test_a_breach_is_final(data):
    """Nothing is read after it; what came before counts."""
    there = server()
    first = there.receive(asked("ping", request_id=1))
    assert len(first) == 1
    *_, last = there.receive(data + asked("ping", request_id=99))
    assert type(last) is Broken
    assert there.receive(asked("ping", request_id=99)) == []
    assert there.reply(1, None) is not None


@pytest.mark.parametrize(
    "data",
    [
        asked("ping"),
        message(Kind.REPLY, number(7) + number(0) + number(0)),
        message(Kind.REPLY, number(1) + number(9) + number(0)),
        message(Kind.REPLY, number(1) + number(2) + number(0) + text(b"IDL:x/y:1.0") + number(0) + number(3)),
        message(Kind.REPLY, number(1)),
        message(Kind.CANCEL_REQUEST, number(1)),
    ],
)
def test_a_breach_by_the_server_is_final(data):
    here = client()
    here.request(Ping(DEVICE), Target(KEY, 6))
    (broken,) = here.receive(data)
    assert type(broken) is Broken
    assert here.receive(message(Kind.CLOSE_CONNECTION)) == []


def test_a_result_that_cannot_be_read():
    """The request fails, the connection goes on."""
    assert refusal(message(Kind.REPLY, number(2) + number(0) + number(0) + number(5) + b"ab")) == (
        "MARSHAL",
        0x4154000A,
        Completion.YES,
    )


@pytest.mark.parametrize("permanent", [False, True])
@pytest.mark.parametrize("minor", [0, 2])
def test_an_object_is_elsewhere(permanent, minor):
    """The client is told where, and asks there (wire 2.3)."""
    ior = Ior(device_type(5), (Profile("other", 7, b"key"),))
    out = begin_reply(minor, 1, ReplyStatus.LOCATION_FORWARD_PERM if permanent else ReplyStatus.LOCATION_FORWARD)
    write_ior(out, ior)
    assert outcome(joined(finish(out, 24, 24))) == Forwarded(ior, permanent)
