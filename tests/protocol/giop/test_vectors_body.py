"""Every body that real programs sent has its recorded meaning, and goes out again as the same bytes (wire 5 to 8)."""

from __future__ import annotations

from typing import Any

import pytest

from server_core.model.values import TypedValue
from server_core.protocol.giop.cdr import MarshalError, decoder, encoder
from server_core.protocol.giop.errors import TOO_SHORT
from server_core.protocol.giop.idl import OPERATIONS, Array, Basic, Enum, Primitive, Sequence, Struct, Union, definition
from server_core.protocol.giop.primitives import Reader
from server_core.protocol.giop.typecode import ANY_TYPES
from tests.captured.wire import GIOP_FAMILIES, Message, Padding, events, exchange, exchanges, zeroed


def meaning(type: str, value: Any) -> Any:
    """A decoded value as the recordings put it."""
    made = definition(type)
    match made:
        case Enum(_, labels):
            return labels[value]
        case Sequence("octet"):
            return {"hex": bytes(value).hex()}
        case Sequence(element):
            return [meaning(element, part) for part in value]
        case Array(element, _):
            return [meaning(element, part) for part in value]
        case Struct(_, fields):
            pairs = zip(fields, value, strict=True)
            return {field.name: meaning(field.type, part) for field, part in pairs}
        case Union(_, discriminator, cases):
            case_number, content = value
            label = definition(discriminator).labels[case_number]  # type: ignore[union-attr]
            return {label: meaning(cases[case_number].type, content)}
        case Basic("any"):
            assert isinstance(value, TypedValue)
            held = ANY_TYPES[value.type]
            return {"any_type": "null" if held == "void" else held, "value": meaning(held, value.value)}
        case Primitive("?", _, _):
            return bool(value)
    return value


def recorded(body: Any) -> Any:
    """A recorded body, with what a decoder does not give left out."""
    if isinstance(body, dict):
        left_out = {"any_typecode"} | ({"ascii"} if "hex" in body else set())
        return {name: recorded(part) for name, part in body.items() if name not in left_out}
    return [recorded(part) for part in body] if isinstance(body, list) else body


def body_of(message: Message) -> int:
    """Where the body begins."""
    data = memoryview(message.data)
    reader, newest = Reader(data, 12, message.little), data[5] == 2
    request = data[7] == 0
    if not newest:
        contexts(reader)
        reader.ulong()
        if request:
            reader.raw(1)
            reader.octets()
            reader.string()
            reader.octets()
        else:
            reader.ulong()
        return reader.position
    reader.ulong()
    if request:
        reader.raw(4)
        reader.ushort()
        reader.octets()
        reader.string()
    else:
        reader.ulong()
    contexts(reader)
    return min((reader.position + 7) & ~7, len(data))


def contexts(reader: Reader) -> None:
    for _ in range(reader.ulong()):
        reader.ulong()
        reader.octets()


def types_of(message: Message, operation: str) -> tuple[str, Any]:
    """The type of a body, and what the recording says that it means; no type for a body that is none of Tango's."""
    body = recorded(message.body)
    if message.header["message_type"] == "Request":
        by_key = message.header.get("target_disposition", "KeyAddr") == "KeyAddr"
        if operation not in OPERATIONS or "error" in body or not by_key:
            return "", None
        return OPERATIONS[operation].signature, body
    match message.header["reply_status"]:
        case "NO_EXCEPTION":
            return OPERATIONS[operation].result, body["return"]
        case "USER_EXCEPTION":
            return f"tuple<string,{body['exception'].split('/')[1].removesuffix(':1.0')}>", body
        case _:
            return "tuple<string,ulong,ulong>", body


def check(type: str, data: bytes, offset: int, little: bool, padding: Padding) -> Any:
    """The value at `offset`, which is encoded as the same bytes, and means the same in the other order."""
    value, end = decoder(type, little)(memoryview(data), offset)
    assert end == len(data)
    clean = zeroed(data, padding)
    out = bytearray(clean[:offset])
    encoder(type, little)(out, value)
    assert bytes(out) == clean
    other = bytearray(offset)
    encoder(type, not little)(other, value)
    again, end = decoder(type, not little)(memoryview(other), offset)
    assert end == len(other)
    assert meaning(type, again) == meaning(type, value)
    return value


@pytest.mark.parametrize("family", GIOP_FAMILIES)
def test_bodies(family: str) -> None:
    for recording in exchanges(family):
        operation = ""
        for message in recording.messages:
            operation = message.header.get("operation", operation)
            if message.header["message_type"] not in ("Request", "Reply"):
                continue
            type, expected = types_of(message, operation)
            if type:
                check_message(recording.name, type, message, expected)


def check_message(name: str, type: str, message: Message, expected: Any) -> None:
    value = check(type, message.data, body_of(message), message.little, message.padding)
    if not type.startswith("tuple<"):
        assert meaning(type, value) == expected, name
        return
    parts = definition(type).fields  # type: ignore[union-attr]
    meanings = [meaning(field.type, part) for field, part in zip(parts, value, strict=True)]
    if "system_exception" in expected:
        meanings[1:] = [f"0x{meanings[1]:08x}", ("YES", "NO", "MAYBE")[meanings[2]]]
    elif "exception" in expected:
        meanings[1] = meanings[1]["errors"]
    assert meanings == list(expected.values()), name


def test_events() -> None:
    """wire 11.3: the data of an event begins behind a marker of four bytes, that of a pipe behind two of them."""
    for event in events():
        if not event.padding:  # recorded without it
            continue
        check("ZmqCallInfo", event.frames[2], 0, event.little, event.padding[2])
        if len(event.frames) > 3:
            type = event.decoded["type"]
            begin = 8 if type == "DevPipeData" else 4
            padding = tuple((offset - begin, length) for offset, length in event.padding[3])
            value = check(type, event.frames[3][begin:], 0, event.little, padding)
            assert meaning(type, value) == recorded(event.decoded["data"]), event.name


def test_arguments_that_end_too_early() -> None:
    """wire 3: what a real server reports as MARSHAL with this minor code."""
    message = exchange("raw.giop12.command_query_2.MARSHAL").messages[0]
    with pytest.raises(MarshalError) as caught:
        decoder("tuple<string>")(memoryview(message.data), body_of(message))
    assert (caught.value.exception, caught.value.minor) == ("MARSHAL", TOO_SHORT)
