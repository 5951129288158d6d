"""Every request and reply of real programs becomes what the model has for it, and from there the same bytes (wire 5-8).

What the model does not keep is listed in `KEPT_SIMPLER`, and has no meaning for anybody.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from server_core.model.enums import AttrDataFormat
from server_core.model.errors import DevFailed
from server_core.model.identity import ClientIdent
from server_core.model.types import CmdArgType
from server_core.protocol.giop.cdr import decoder, encoder
from server_core.protocol.giop.failures import decode_failure, decode_system, encode_failure, encode_system
from server_core.protocol.giop.idl import OPERATIONS, Sequence, Struct, definition
from server_core.protocol.giop.mapping import ClientOperation, server_operation
from server_core.protocol.giop.mapping.operations import ROWS
from tests.captured.wire import Exchange, Message, exchange, exchanges
from tests.protocol.giop.test_vectors_body import body_of

ROW = {row.name: row for row in ROWS}
LATIN_1 = "latin-1"
DEVICE = "test/device/1"


@cache
def record(name: str) -> type[Any]:
    """The members of a struct by their names."""
    return namedtuple(name, [field.name for field in definition(name).fields])


def time_kept(time: Any) -> Any:
    """Moments are kept to the microsecond."""
    seconds, microseconds = divmod(time[0] * 1_000_000 + time[1], 1_000_000)
    return seconds, microseconds, 0


def written_kept(value: Any) -> Any:
    """In a value to write, quality, time and the dimensions of the read part mean nothing (wire 7.3)."""
    return value._replace(r_dim=(0, 0), time=(0, 0, 0))


def read_kept(value: Any) -> Any:
    """The set point of a write-only scalar stands in both parts; that of an image that was never written is empty."""
    case, data = value.value
    if case < 12 and value.w_dim[0] and len(data) == 1:
        value = value._replace(value=(case, [*data, *data]))
    if case == 10 and value.data_format == AttrDataFormat.IMAGE and value.w_dim == (1, 0):
        value = value._replace(value=(case, [*data[:-1], ""]))
    return value


def history_kept(value: Any) -> Any:
    """Of readings that failed, type and format are unknown (ATT-24); real servers say 0 for the type of the state."""
    if value.value.type is CmdArgType.DevVoid:
        value = value._replace(data_format=AttrDataFormat.FMT_UNKNOWN, data_type=0)
    return value._replace(data_type=19) if value.name == "state" else value


def ident_kept(ident: Any) -> Any:
    """Nothing is traced."""
    case, client = ident
    return (case, (client[0], (0, ("", "")))) if case > 1 else ident


def pipe_kept(data: Any) -> Any:
    """The time of a pipe is the moment at which it is sent, or nothing when it is written."""
    return data._replace(time=(0, 0, 0))


KEPT_SIMPLER: dict[str, Callable[[Any], Any]] = {
    "TimeVal": time_kept,
    "ClntIdent": ident_kept,
    "AttributeValue_5": read_kept,
    "AttributeValue_4": read_kept,
    "DevAttrHistory_5": history_kept,
    "DevPipeData": pipe_kept,
}
WRITES: dict[str, Callable[[Any], Any]] = KEPT_SIMPLER | {"AttributeValue_4": written_kept}


def kept(type: str, value: Any, simpler: dict[str, Callable[[Any], Any]]) -> Any:
    """A decoded value with what the model keeps of it."""
    made = definition(type)
    if isinstance(made, Struct) and made.fields:
        parts = [kept(field.type, part, simpler) for field, part in zip(made.fields, value, strict=True)]
        value = record(made.name)(*parts) if made.name else tuple(parts)
    elif isinstance(made, Sequence) and isinstance(value, list):
        value = [kept(made.element, part, simpler) for part in value]
    return simpler[type](value) if type in simpler else value


def known_exchanges() -> list[Exchange]:
    return [
        each
        for each in exchanges()
        if each.messages[0].header.get("operation") in ROW
        and each.messages[0].header.get("target_disposition", "KeyAddr") == "KeyAddr"
        and "error" not in (each.messages[0].body or {})
        and len(each.messages) == 2
    ]


def request_of(message: Message) -> Any:
    operation = server_operation(message.header["operation"])
    assert operation is not None
    return operation.decode(DEVICE, memoryview(message.data), body_of(message), message.little, LATIN_1)


def encoded(type: str, value: Any) -> bytes:
    out = bytearray()
    encoder(type)(out, value)
    return bytes(out)


def asked_in_other_words(arguments: Any) -> Any:
    """Level 2 understands two words for all attributes; a client sends the one that level 2 has itself (wire 6.2)."""
    return (["All attributes"],) if arguments == (["All attributes_3"],) else arguments


@pytest.mark.parametrize("each", [pytest.param(each, id=each.name) for each in known_exchanges()])
def test_requests_and_replies(each: Exchange) -> None:
    """wire 6, 7, 8: decoded as server and encoded as client, and the other way round for replies."""
    asked, answered = each.messages
    name = asked.header["operation"]
    wire, row = OPERATIONS[name], ROW[name]
    server = server_operation(name)
    assert server is not None

    incoming = request_of(asked)
    recorded, _ = decoder(wire.signature, asked.little)(memoryview(asked.data), body_of(asked))
    level = 6 if wire.arguments and wire.arguments[-1].type == "ClntIdent" and recorded[-1][0] > 1 else 5
    client = ClientOperation(wire, row, level)
    out = bytearray()
    client.encode(out, incoming.request, incoming.ident or ClientIdent(), LATIN_1)
    expected = kept(wire.signature, recorded, WRITES)
    if name == "get_attribute_config_2":
        expected = asked_in_other_words(expected)
    assert bytes(out) == encoded(wire.signature, expected)

    body, offset = memoryview(answered.data), body_of(answered)
    match answered.header["reply_status"]:
        case "NO_EXCEPTION":
            result = client.decode(incoming.request, body, offset, answered.little, LATIN_1)
            out = bytearray()
            server.encode(out, incoming.request, result, LATIN_1)
            value, _ = decoder(wire.result, answered.little)(body, offset)
            expected = kept(wire.result, value, KEPT_SIMPLER)
            if wire.result == "DevPipeData":
                moment, _ = decoder(wire.result)(memoryview(out), 0)
                expected = expected._replace(time=record(wire.result)(*moment).time)
            assert bytes(out) == encoded(wire.result, expected)
        case "USER_EXCEPTION":
            failure = decode_failure(body, offset, answered.little, LATIN_1)
            out = bytearray(offset)
            encode_failure(out, failure, LATIN_1, named=server.named_failures)
            assert failure_bytes(answered, offset) == bytes(out)
        case _:
            system = decode_system(body, offset, answered.little)
            out = bytearray(offset)
            encode_system(out, system)
            assert failure_bytes(answered, offset, "tuple<string,ulong,ulong>") == bytes(out)


def failure_bytes(message: Message, offset: int, type: str = "") -> bytes:
    type = type or f"tuple<string,{message.body['exception'].split('/')[1].removesuffix(':1.0')}>"
    value, _ = decoder(type, message.little)(memoryview(message.data), offset)
    out = bytearray(offset)
    encoder(type)(out, value)
    return bytes(out)


def result_of(name: str) -> Any:
    asked, answered = exchange(name).messages
    operation = asked.header["operation"]
    client = ClientOperation(OPERATIONS[operation], ROW[operation], 6)
    incoming = request_of(asked)
    return client.decode(incoming.request, memoryview(answered.data), body_of(answered), answered.little, LATIN_1)


def test_failed_reading_is_kept() -> None:
    """ATT-24, wire 7.2"""
    good, bad = result_of("read.py103.enum_attr+nope.err")
    assert good.value == 1
    assert not good.errors
    assert bad.has_failed
    assert (bad.name, bad.value, bad.errors[0].reason) == ("nope", None, "API_AttrNotFound")


def test_exceptions_are_those_of_the_model() -> None:
    """wire 3"""
    (_, answered) = exchange("write.py103.double_scalar+failing.exc").messages
    failure = decode_failure(memoryview(answered.data), body_of(answered), answered.little, LATIN_1)
    assert isinstance(failure, DevFailed)
    (failed,) = failure.failed  # type: ignore[attr-defined]
    assert (failed.name, failed.index_in_call, failed.errors[0].reason) == ("failing", 1, "MY_WReason")
