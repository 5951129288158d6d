"""The types that Anys bring along: written exactly as Tango's servers do, read in all words for the same (wire 8)."""

from __future__ import annotations

import struct
import time
from array import array
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server_core.model.enums import DevState
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, TypedValue
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.cdr import MarshalError, decoder, encoder
from server_core.protocol.giop.errors import BAD_INDIRECTION, BAD_TYPECODE
from server_core.protocol.giop.typecode import ANY_TYPES, classify, parse_typecode, typecode_bytes
from tests.captured.wire import records

_T = CmdArgType
RECORDED = {record["name"].removeprefix("typecode."): record for record in records("typecodes")}
IDL_NAMES = {"null": "void"}
ENCODED_ARRAY = (
    "1500000054010000010000002100000049444c3a54616e676f2f446576566172456e636f64656441727261793a312e30000000001300000044"
    "6576566172456e636f646564417272617900001300000008010000010000000f000000f8000000010000001900000049444c3a54616e676f2f"
    "446576456e636f6465643a312e30000000000b000000446576456e636f6465640000020000000f000000656e636f6465645f666f726d617400"
    "001500000038000000010000001800000049444c3a54616e676f2f446576537472696e673a312e30000a000000446576537472696e67000000"
    "12000000000000000d000000656e636f6465645f64617461000000001500000050000000010000001e00000049444c3a54616e676f2f446576"
    "5661724368617241727261793a312e300000001000000044657656617243686172417272617900130000000c000000010000000a0000000000"
    "000000000000"
)


# ---- writing TypeCodes of other programs


class Writer:
    """A TypeCode as another ORB may write it."""

    def __init__(self, little: bool = True, base: int = 0) -> None:
        self.order = "<>"[not little]
        self.base = base
        self.out = bytearray()

    def ulong(self, *numbers: int) -> Writer:
        for number in numbers:
            self.out += bytes(-len(self.out) & 3) + struct.pack(self.order + "I", number & 0xFFFFFFFF)
        return self

    def string(self, text: str) -> Writer:
        self.ulong(len(text) + 1).out += text.encode() + b"\0"
        return self

    def nested(self, *parts: bytes | str | int, little: bool | None = None) -> Writer:
        """An encapsulation of strings, numbers and TypeCodes that stand for themselves."""
        inner = Writer(self.order == "<" if little is None else little)
        inner.out.append(inner.order == "<")
        for part in parts:
            if isinstance(part, str):
                inner.string(part)
            elif isinstance(part, int):
                inner.ulong(part)
            else:
                inner.out += bytes(-len(inner.out) & 3) + part
        self.ulong(len(inner.out)).out += inner.out
        return self


def sequence(element: bytes, bound: int = 0) -> bytes:
    return bytes(Writer().ulong(19).nested(element, bound).out)


def alias(content: bytes, id: str = "", name: str = "") -> bytes:
    return bytes(Writer().ulong(21).nested(id, name, content).out)


def of_members(*members: bytes, kind: int = 15) -> bytes:
    parts: list[bytes | str | int] = ["IDL:x:1.0", "x", len(members)]
    for member in members:
        parts += ["m", member]
    return bytes(Writer().ulong(kind).nested(*parts).out)


def plain(kind: int) -> bytes:
    return struct.pack("<I", kind)


STRING = plain(18) + bytes(4)
OCTET, SHORT, LONG, DOUBLE = plain(10), plain(2), plain(3), plain(7)


def any_of(described: bytes, content: bytes, alignment: int = 4) -> memoryview:
    """An Any, and a short behind it that must be read next."""
    data = bytearray(described)
    data += bytes(-len(data) % alignment) + content
    return memoryview(bytes(data) + bytes(-len(data) & 1) + b"\x07\x00")


def read(data: memoryview) -> TypedValue:
    (value, following), _ = decoder("tuple<any,short>", True)(data, 0)
    assert following == 7
    assert isinstance(value, TypedValue)
    return value


# ---- as Tango writes them


@pytest.mark.parametrize("name", RECORDED)
def test_types_are_written_as_recorded(name: str) -> None:
    """wire 8: other clients understand nothing else."""
    type = IDL_NAMES.get(name, name)
    assert typecode_bytes(type, True).hex() == RECORDED[name]["clean_little_hex"]
    assert typecode_bytes(type, False).hex() == RECORDED[name]["clean_big_hex"]


def test_the_type_of_an_array_of_encoded_values() -> None:
    """wire 8: in histories only."""
    assert typecode_bytes("DevVarEncodedArray", True).hex() == ENCODED_ARRAY


@pytest.mark.parametrize(("type", "kind"), [("boolean", 8), ("octet", 10)])
def test_scalars_are_plain(type: str, kind: int) -> None:
    assert typecode_bytes(type, True) == plain(kind)


def test_an_enumeration_travels_as_its_number() -> None:
    """CMD-9: DevEnum is taken as a short."""
    out = bytearray()
    encoder("any", True)(out, TypedValue(_T.DevEnum, 3))
    assert read(memoryview(out + b"\x07\x00")) == (_T.DevShort, 3)


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_types_are_told(name: str) -> None:
    """With whatever is in their padding."""
    data = bytes.fromhex(RECORDED[name]["wire_hex"])
    made, end = parse_typecode(memoryview(data), 0, True)
    assert end == len(data)
    assert ANY_TYPES[classify(made)] == IDL_NAMES.get(name, name)
    assert classify(
        parse_typecode(memoryview(bytes.fromhex(RECORDED[name]["clean_big_hex"])), 0, False)[0]
    ) == classify(made)


# ---- in other words


@pytest.mark.parametrize(
    ("described", "content", "value"),
    [
        (sequence(LONG), b"\1\0\0\0\5\0\0\0", TypedValue(_T.DevVarLongArray, memoryview(array("i", [5])))),
        (alias(sequence(LONG)), b"\1\0\0\0\5\0\0\0", TypedValue(_T.DevVarLongArray, memoryview(array("i", [5])))),
        (alias(alias(SHORT, "IDL:y:1.0", "y")), b"\5\0", TypedValue(_T.DevShort, 5)),
        (sequence(alias(STRING)), b"\1\0\0\0\2\0\0\0x\0", TypedValue(_T.DevVarStringArray, ["x"])),
        (sequence(OCTET, 9), b"\2\0\0\0ab", TypedValue(_T.DevVarCharArray, memoryview(b"ab"))),
        (plain(18) + plain(80), b"\2\0\0\0x\0", TypedValue(_T.DevString, "x")),
        (OCTET, b"\xff", TypedValue(_T.DevUChar, 255)),
        (plain(1), b"", VOID),
        (alias(typecode_bytes("DevState", True)), b"\6\0\0\0", TypedValue(_T.DevState, DevState.MOVING)),
        (of_members(STRING, sequence(OCTET)), b"\2\0\0\0x\0\0\0\1\0\0\0y", TypedValue(_T.DevEncoded, ("x", b"y"))),
        (
            of_members(sequence(DOUBLE), sequence(STRING)),
            bytes(8),
            TypedValue(_T.DevVarDoubleStringArray, (memoryview(array("d")), [])),
        ),
    ],
)
def test_types_are_told_by_their_structure(described: bytes, content: bytes, value: TypedValue) -> None:
    """wire 8: names and bounds do not matter."""
    got = read(any_of(described, content))
    assert got == value
    assert type(got.value) is type(value.value)


def test_big_endian_types_within_a_little_endian_message() -> None:
    """Each encapsulation says its own order."""
    inner = Writer(little=False).nested(struct.pack(">I", 3), 0).out
    assert (
        read(any_of(plain(19) + plain(len(inner) - 4) + bytes(inner[4:]), b"\1\0\0\0\5\0\0\0")).type
        is _T.DevVarLongArray
    )


def test_indirections() -> None:
    """wire 8: Java's ORBs refer to a type that came before instead of repeating it."""
    first = alias(STRING, "IDL:Tango/DevString:1.0", "DevString")
    whole = Writer().ulong(15).nested("IDL:x:1.0", "x", 2, "a", first, "b", b"")
    data, place = whole.out, bytes(whole.out).index(first)
    data += plain(0xFFFFFFFF)
    data += struct.pack("<i", place - len(data))
    data[4:8] = struct.pack("<I", len(data) - 8)
    made, end = parse_typecode(memoryview(data), 0, True)
    assert end == len(data)
    assert made.parts[0] is made.parts[1]
    assert read(any_of(bytes(data), b"\2\0\0\0x\0\0\0\2\0\0\0y\0")) == (_T.Unknown, None)


def test_a_type_that_refers_to_no_type() -> None:
    with pytest.raises(MarshalError) as caught:
        read(any_of(plain(19) + plain(16) + b"\1\0\0\0" + plain(0xFFFFFFFF) + struct.pack("<i", -8) + bytes(4), b""))
    assert caught.value.minor == BAD_INDIRECTION


# ---- types that are none of Tango's


UNION = bytes(
    Writer().ulong(16).nested("", "", LONG, 1, 2, 5, "five", DOUBLE, 0, "other", STRING).out
)  # a double for 5, else a string


OTHERS = {
    "struct": (of_members(LONG, DOUBLE, STRING), b"\1\0\0\0" + bytes(12) + b"\2\0\0\0x\0", 8),
    "exception": (of_members(LONG, STRING, kind=22), b"\2\0\0\0x\0\0\0\1\0\0\0\2\0\0\0y\0", 4),
    "list of structs": (sequence(of_members(OCTET, SHORT)), b"\2\0\0\0\1\0\2\0\3\0\4\0", 4),
    "nothing in a list": (of_members(LONG, sequence(DOUBLE), LONG), b"\1\0\0\0" + bytes(4) + b"\1\0\0\0", 4),
    "list of lists": (sequence(sequence(DOUBLE)), b"\2\0\0\0\0\0\0\0\1\0\0\0" + bytes(8), 4),
    "array": (bytes(Writer().ulong(20).nested(DOUBLE, 3).out), bytes(24), 8),
    "enum": (bytes(Writer().ulong(17).nested("IDL:e:1.0", "e", 2, "A", "B").out), b"\1\0\0\0", 4),
    "case": (UNION, b"\5\0\0\0" + bytes(8), 4),
    "other case": (UNION, b"\6\0\0\0\2\0\0\0x\0", 4),
    "any": (plain(11), DOUBLE + bytes(8), 8),
    "typecode": (plain(12), sequence(LONG), 4),
    "character": (plain(9), b"c", 4),
    "long double": (plain(25), bytes(16), 8),
    "wide string": (plain(27) + bytes(4), b"\4\0\0\0\xfe\xff\0x", 4),
    "fixed": (plain(28) + b"\5\0\2\0", b"\x12\x34\x5c", 4),
    "reference": (
        bytes(Writer().ulong(14).nested("IDL:o:1.0", "o").out),
        b"\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\3\0\0\0abc",
        4,
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_values_of_other_types_are_passed_over(name: str) -> None:
    assert read(any_of(*OTHERS[name])) == (_T.Unknown, None)


@pytest.mark.parametrize("kind", [29, 30, 36, 0x7FFFFFFF, 0xFFFFFFFF])
def test_kinds_that_are_not_understood(kind: int) -> None:
    with pytest.raises(MarshalError):
        read(any_of(plain(kind) + plain(8), bytes(8)))


# ---- hostile ones


def nested_aliases(count: int) -> bytes:
    described = LONG
    for _ in range(count):
        described = alias(described)
    return described


def back(places: int) -> bytes:
    """A type that is the one so many bytes before it."""
    return plain(0xFFFFFFFF) + struct.pack("<i", -places - 4)


HOSTILE = {
    "deep": nested_aliases(200),
    "lists of nothing": sequence(plain(0)) + b"\xff\xff\xff\xff",
    "lists of such lists": sequence(sequence(plain(0))) + b"\xff\xff\xff\x7f" + b"\xff" * 40,
    "much nothing": bytes(Writer().ulong(20).nested(of_members(), 0xFFFFFFFF).out),
    "nothing at length": of_members(*[plain(0)] * 2000),
    "too many members": bytes(Writer().ulong(15).nested("", "", 0xFFFFFFFF).out),
    "anys": plain(11) * 500,
    "a list of itself": bytes(Writer().ulong(19).nested(back(12), 0).out) + b"\1\0\0\0" * 200,
    "an alias of itself": bytes(Writer().ulong(21).nested("", "", back(28)).out),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_types_that_make_much_of_little_end_soon(name: str) -> None:
    """Neither time nor memory nor the stack is taken by a type that only says that there is a lot."""
    began = time.process_time()
    try:
        value, end = decoder("any", True)(memoryview(HOSTILE[name]), 0)
    except ProtocolError:
        pass
    else:
        assert value.type is _T.Unknown
        assert end <= len(HOSTILE[name])
    assert time.process_time() - began < 1


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(RECORDED)), st.data())
def test_damaged_types_are_refused_or_mean_something(name: str, data: Any) -> None:
    described = bytearray.fromhex(RECORDED[name]["wire_hex"]) + bytes(40)
    for _ in range(data.draw(st.integers(1, 4))):
        described[data.draw(st.integers(0, len(described) - 1))] = data.draw(st.integers(0, 255))
    try:
        value, end = decoder("any", True)(memoryview(described), 0)
    except ProtocolError:
        return
    assert isinstance(value, TypedValue)
    assert end <= len(described)


def test_what_is_remembered_of_types_has_a_limit() -> None:
    """A client with other padding in each TypeCode does not fill the memory; all are told."""
    for number in range(1000):
        described = bytearray(sequence(LONG))
        described[9:12] = number.to_bytes(3, "little")
        assert read(any_of(bytes(described), bytes(4))).type is _T.DevVarLongArray


def test_a_bad_discriminator_is_refused() -> None:
    described = bytes(Writer().ulong(16).nested("", "", STRING, 0, 1, 5, "five", LONG).out)
    with pytest.raises(MarshalError) as caught:
        read(any_of(described, bytes(8)))
    assert caught.value.minor == BAD_TYPECODE


def test_nothing_at_any_length_is_passed_over() -> None:
    """Elements that take no bytes need no look at each of them."""
    assert read(any_of(sequence(of_members()), b"\xff\xff\xff\xff")) == (_T.Unknown, None)


def test_types_that_double_one_another_are_refused() -> None:
    """Each one holds that before it twice: few bytes, and more parts than anybody can pass over."""
    described = plain(0)
    for _ in range(26):
        described = of_members(described, back(len(described) + 8))
    with pytest.raises(MarshalError, match="too much of too little") as caught:
        read(any_of(described, bytes(8)))
    assert caught.value.minor == BAD_TYPECODE


def test_an_alias_of_itself_is_refused() -> None:
    with pytest.raises(MarshalError, match="alias of itself") as caught:
        read(any_of(HOSTILE["an alias of itself"], bytes(100)))
    assert caught.value.minor == BAD_TYPECODE
