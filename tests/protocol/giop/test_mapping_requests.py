"""How requests are put at each interface level: which operation, which words, who asks."""

from __future__ import annotations

from typing import Any

import pytest

from server_core.model.enums import DevSource
from server_core.model.errors import DevError, DevFailed, MultiDevFailed, NamedDevFailed, NonSupportedFeature
from server_core.model.identity import CPP_OR_PYTHON, JAVA, ClientIdent
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeWrite, TypedValue
from server_core.protocol import operations as op
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.cdr import MarshalError, encoder
from server_core.protocol.giop.errors import NO_SUCH_VALUE
from server_core.protocol.giop.failures import decode_failure, encode_failure
from server_core.protocol.giop.idl import OPERATIONS
from server_core.protocol.giop.mapping import Incoming, client_operation, server_operation
from server_core.protocol.giop.mapping.common import read_ident, wire_ident
from server_core.protocol.giop.mapping.operations import ROWS
from server_core.protocol.giop.outgoing import Message

DEVICE = "test/device/1"
CPP, JAVA_CLIENT, CPP_6, JAVA_6 = range(4)
NO_TRACE = (0, ("", ""))


def served(name: str, *arguments: Any) -> Incoming:
    """What a server makes of an operation with these arguments as they stand in the IDL."""
    operation = server_operation(name)
    assert operation is not None
    out = Message(8)
    encoder(OPERATIONS[name].signature)(out, arguments)
    return operation.decode(DEVICE, memoryview(out), 8, True, "latin-1")


def test_every_operation_of_a_device_is_there() -> None:
    """wire 6: all but what CORBA asks of every object"""
    assert {row.name for row in ROWS} == set(OPERATIONS) - {"_is_a", "_non_existent"}
    assert {row.request for row in ROWS} == set(op.BY_REQUEST)
    assert server_operation("no_such_operation") is None


@pytest.mark.parametrize(
    ("request_type", "names"),
    [
        (op.GetInfo, {6: "info_6", 5: "info_3", 3: "info_3", 2: "info"}),
        (op.ReadAttributes, {6: "read_attributes_5", 5: "read_attributes_5", 4: "read_attributes_4",
                             3: "read_attributes_3", 2: "read_attributes_2", 1: "read_attributes"}),
        (op.WriteAttributes, {6: "write_attributes_4", 4: "write_attributes_4", 3: "write_attributes_3",
                              2: "write_attributes"}),
        (op.WriteReadAttributes, {6: "write_read_attributes_5", 4: "write_read_attributes_4", 3: ""}),
        (op.CommandInout, {6: "command_inout_4", 4: "command_inout_4", 3: "command_inout_2", 1: "command_inout"}),
        (op.GetAttributeConfig, {5: "get_attribute_config_5", 4: "get_attribute_config_3", 2: "get_attribute_config_2",
                                 1: "get_attribute_config"}),
        (op.SetAttributeConfig, {5: "set_attribute_config_5", 4: "set_attribute_config_4",
                                 3: "set_attribute_config_3", 2: "set_attribute_config"}),
        (op.ReadAttributeHistory, {6: "read_attribute_history_5", 4: "read_attribute_history_4",
                                   3: "read_attribute_history_3", 2: "read_attribute_history_2", 1: ""}),
        (op.CommandInoutHistory, {6: "command_inout_history_4", 4: "command_inout_history_4",
                                  3: "command_inout_history_2", 1: ""}),
        (op.CommandListQuery, {6: "command_list_query_2", 1: "command_list_query"}),
        (op.ReadPipe, {6: "read_pipe_5", 5: "read_pipe_5", 4: ""}),
        (op.Ping, {6: "ping", 1: "ping"}),
    ],
)  # fmt: skip
def test_a_client_takes_the_newest_operation(request_type: type, names: dict[int, str]) -> None:
    """wire 6.1; histories of levels 2 and 3 are never asked of newer devices, which real ones do not survive"""
    for level, name in names.items():
        if name:
            assert client_operation(request_type, level).name == name
        else:
            with pytest.raises(NonSupportedFeature) as raised:
                client_operation(request_type, level)
            assert raised.value.reason == "API_UnsupportedFeature"


# ---- who asks


@pytest.mark.parametrize(
    ("wire", "ident"),
    [
        ((CPP, 15381), ClientIdent(CPP_OR_PYTHON, 15381)),
        ((CPP_6, (15381, NO_TRACE)), ClientIdent(CPP_OR_PYTHON, 15381)),
        ((JAVA_CLIENT, ("jive.MainPanel", (7, 2**63))), ClientIdent(JAVA, 0, "jive.MainPanel", (7, 2**63))),
        ((JAVA_6, (("jive.MainPanel", (7, 8)), NO_TRACE)), ClientIdent(JAVA, 0, "jive.MainPanel", (7, 8))),
    ],
)
def test_clients(wire: Any, ident: ClientIdent) -> None:
    """wire 5.4: clients of all kinds, with and without a trace context"""
    assert served("read_pipe_5", "pipe", wire).ident == ident


@pytest.mark.parametrize(("level", "case"), [(4, CPP), (5, CPP), (6, CPP_6)])
def test_a_client_says_who_it_is_as_the_device_can_read_it(level: int, case: int) -> None:
    """wire 5.4: devices of level 5 refuse what came with level 6"""
    for ident, kind in ((ClientIdent(pid=7), case), (ClientIdent(JAVA, 0, "Main", (1, 2)), case + 1)):
        out = Message(8)
        operation = client_operation(op.CommandInout, level)
        operation.encode(out, op.CommandInout(DEVICE, "Cmd", TypedValue(CmdArgType.DevVoid)), ident, "latin-1")
        expected = Message(8)
        client = {CPP: 7, JAVA_CLIENT: ("Main", (1, 2)), CPP_6: (7, NO_TRACE), JAVA_6: (("Main", (1, 2)), NO_TRACE)}
        arguments = ("Cmd", TypedValue(CmdArgType.DevVoid), DevSource.CACHE_DEV, (kind, client[kind]))
        encoder(OPERATIONS[operation.name].signature)(expected, arguments)
        assert out == expected


def test_unknown_client() -> None:
    """wire 3: as real servers say it"""
    operation = server_operation("read_pipe_5")
    assert operation is not None
    out = Message(8)
    encoder("tuple<string,ulong,ulong>")(out, ("pipe", 4, 0))
    with pytest.raises(MarshalError) as raised:
        operation.decode(DEVICE, memoryview(out), 8, True, "latin-1")
    assert raised.value.minor == NO_SUCH_VALUE


# ---- names that mean all


@pytest.mark.parametrize(
    ("name", "word", "means_all"),
    [
        ("get_attribute_config_5", "All attributes_3", True),
        ("get_attribute_config_3", "All attributes_3", True),
        ("get_attribute_config_3", "All attributes", False),
        ("get_attribute_config_2", "All attributes_3", True),
        ("get_attribute_config_2", "All attributes", True),
        ("get_attribute_config", "All attributes", True),
        ("get_pipe_config_5", "All pipes", True),
    ],
)
def test_words_for_all(name: str, word: str, means_all: bool) -> None:
    """wire 6.2: the old word is an unknown name to the newer operations"""
    assert served(name, [word]).request.names == (op.ALL if means_all else (word,))
    assert served(name, [word, word]).request.names == (word, word)


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("request_", [op.GetAttributeConfig(DEVICE), op.ReadAttributes(DEVICE, op.ALL)])
def test_asking_for_all(level: int, request_: Any) -> None:
    """wire 6.2"""
    operation = client_operation(type(request_), level)
    out = Message(8)
    operation.encode(out, request_, ClientIdent(), "latin-1")
    server = server_operation(operation.name)
    assert server is not None
    assert server.decode(DEVICE, memoryview(out), 8, True, "latin-1").request.names == op.ALL


# ---- the words of the blackbox

ME = (CPP_6, (1, NO_TRACE))
VOID = TypedValue(CmdArgType.DevVoid)
WRITE_4 = ((5, (1.0,)), 0, 3, (0, 0, 0), "a", (0, 0), (1, 0), ())
WRITE = (TypedValue(CmdArgType.DevVarDoubleArray, [1.0]), 0, (0, 0, 0), "a", 1, 0)


@pytest.mark.parametrize(
    ("words", "name", "arguments"),
    [
        ("Operation command_inout (cmd = Cmd) from device ", "command_inout", ("Cmd", VOID)),
        ("Operation command_inout_2 (cmd = Cmd) from cache ", "command_inout_2", ("Cmd", VOID, 1)),
        ("Operation command_inout_4 (cmd = Cmd) from cache_device ", "command_inout_4", ("Cmd", VOID, 2, ME)),
        ("Operation read_attributes (a, b) from device ", "read_attributes", (["a", "b"],)),
        ("Operation read_attributes_2 (a) from cache ", "read_attributes_2", (["a"], 1)),
        ("Operation read_attributes_3 (All attributes) from cache ", "read_attributes_3", (["All attributes"], 1)),
        ("Operation read_attributes_4 (a) from cache_device ", "read_attributes_4", (["a"], 2, ME)),
        ("Operation read_attributes_5 (a) from device ", "read_attributes_5", (["a"], 0, ME)),
        ("Operation write_attributes (a) ", "write_attributes", ([WRITE],)),
        ("Operation write_attributes_3 (a, a) ", "write_attributes_3", ([WRITE, WRITE],)),
        ("Operation write_attributes_4 (a) ", "write_attributes_4", ([WRITE_4], ME)),
        ("Operation write_read_attributes_4 (a, /, a) ", "write_read_attributes_4", ([WRITE_4], ME)),
        ("Operation write_read_attributes_5 (a/b, c) ", "write_read_attributes_5", ([WRITE_4], ["b", "c"], ME)),
        ("Operation get_attribute_config ", "get_attribute_config", (["a"],)),
        ("Operation get_attribute_config_2 ", "get_attribute_config_2", (["a"],)),
        ("Operation get_attribute_config_3 ", "get_attribute_config_3", (["All attributes_3"],)),
        ("Operation get_attribute_config_5 ", "get_attribute_config_5", (["All attributes_3"],)),
        ("Operation set_attribute_config_4 ", "set_attribute_config_4", ([], ME)),
        ("Operation read_attribute_history_3 ", "read_attribute_history_3", ("a", 1)),
        ("Operation command_inout_history_2 ", "command_inout_history_2", ("Cmd", 1)),
        ("Operation command_list_query ", "command_list_query", ()),
        ("Operation command_query_2 ", "command_query_2", ("Cmd",)),
        ("Operation info ", "info", ()),
        ("Operation info_3 ", "info_3", ()),
        ("Operation info_6 ", "info_6", ()),
        ("Operation ping ", "ping", ()),
        ("Operation blackbox ", "black_box", (1,)),
        ("Attribute state ", "_get_state", ()),
        ("Attribute adm_name ", "_get_adm_name", ()),
    ],
)
def test_blackbox(words: str, name: str, arguments: tuple[Any, ...]) -> None:
    """BBX-10, BBX-11; the identification is shown where it came with the operation (BBX-13)"""
    incoming = served(name, *arguments)
    operation = op.operation_of(incoming.request)
    shown, identified = (
        (operation.blackbox(incoming.request), operation.identified) if incoming.form is None else incoming.form
    )
    assert shown == words
    assert identified is (ME in arguments)
    assert (incoming.ident is not None) is identified


# ---- failures


def sent(failure: DevFailed, *, named: bool, charset: str = "latin-1") -> DevFailed:
    out = Message(8)
    encode_failure(out, failure, charset, named=named)
    return decode_failure(memoryview(out), 8, True, charset)


STACK = (DevError("API_Cause", "what", "where"), DevError("API_Outer", "more"))


def test_failures_keep_their_stack() -> None:
    """wire 3: root cause first; an empty stack stays one"""
    for stack in ((), STACK[:1], STACK):
        failure = sent(DevFailed(*stack), named=True)
        assert type(failure) is DevFailed
        assert failure.errors == stack


def test_failed_writes_tell_which() -> None:
    """ATT-48; an operation that does not know MultiDevFailed raises the errors of the first that failed"""
    failed = [NamedDevFailed("b", 1, STACK), NamedDevFailed("c", 2, STACK[1:])]
    failure = sent(MultiDevFailed(failed=failed), named=True)
    assert isinstance(failure, MultiDevFailed)
    assert failure.failed == tuple(failed)
    plain = sent(MultiDevFailed(failed=failed), named=False)
    assert type(plain) is DevFailed
    assert plain.errors == STACK
    for name, named in (("write_attributes", False), ("write_attributes_3", True), ("command_inout_4", False)):
        operation = server_operation(name)
        assert operation is not None
        assert operation.named_failures is named


@pytest.mark.parametrize("charset", ["latin-1", "utf-8"])
def test_errors_arrive_whatever_they_say(charset: str) -> None:
    """TYP-8: what Latin-1 has no room for goes as UTF-8, and comes back as it was"""
    for text in ("5 °C", "5 °C ≠ 5 Ω", "Ã©"):
        failure = sent(DevFailed.of("API_Reason", text + "\0", text), named=False, charset=charset)
        assert (failure.reason, failure.desc, failure.errors[0].origin) == ("API_Reason", text, text)
    out = Message(8)
    encode_failure(out, DevFailed.of("API_Reason", "5 °C"), "latin-1")
    assert "5 °C".encode("latin-1") in out


def test_unknown_exception() -> None:
    """Only Tango's exceptions are declared."""
    out = Message(8)
    encoder("string")(out, "IDL:Other/Failed:1.0")
    with pytest.raises(ProtocolError, match="Other/Failed"):
        decode_failure(memoryview(out), 8, True, "latin-1")


def test_result_that_cannot_be_sent() -> None:
    """A handler's mistake is no mistake of the connection."""
    operation = server_operation("_get_name")
    assert operation is not None
    with pytest.raises(ProtocolError):
        operation.encode(Message(24), op.GetName(DEVICE), 5, "latin-1")
    reading = server_operation("read_attributes_5")
    assert reading is not None
    for wrong in (None, [None], [AttributeWrite("a", CmdArgType.DevVoid, 1)]):
        with pytest.raises(ProtocolError):
            reading.encode(bytearray(24), op.ReadAttributes(DEVICE, ("a",)), wrong, "latin-1")


@pytest.mark.parametrize("ident", [ClientIdent(CPP_OR_PYTHON, 4711), ClientIdent(JAVA, 0, "jive.Jive", (1, 2**63))])
@pytest.mark.parametrize("level", [4, 6])
def test_clients_are_recognised(ident: ClientIdent, level: int) -> None:
    """Whoever calls again is read once, wherever in the message and in whichever byte order it stands."""
    for little in (True, False):
        for before in range(16):
            out = bytearray(before)
            encoder("ClntIdent", little)(out, wire_ident(ident, level))
            first = read_ident(memoryview(out), before, little, "latin-1")
            assert first == ident
            assert read_ident(memoryview(bytes(out)), before, little, "latin-1") is first


def test_clients_are_not_confused() -> None:
    """The same bytes mean another client in the other byte order, and none where the alignment is another."""
    tail = bytes(4) + b"\1\0\0\0"
    assert read_ident(memoryview(tail), 0, True, "latin-1") == ClientIdent(CPP_OR_PYTHON, 1)
    assert read_ident(memoryview(tail), 0, False, "latin-1") == ClientIdent(CPP_OR_PYTHON, 1 << 24)
    with pytest.raises(MarshalError):
        read_ident(memoryview(b"\0" + tail), 1, True, "latin-1")
