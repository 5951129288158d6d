"""All values of all types of the IDL come back from the wire, in both byte orders and at every alignment; bytes that
are no such value are refused, whatever they are (wire 5).
"""

from __future__ import annotations

import tracemalloc
from array import array
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from server_core.model.conversion import to_array
from server_core.model.enums import AttrQuality, DevState
from server_core.model.types import TYPES, CmdArgType, Kind
from server_core.model.values import TypedValue
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop import encoding, errors
from server_core.protocol.giop.cdr import EITHER, MarshalError, decoder, encoder
from server_core.protocol.giop.decoding import DEPTH_LIMIT
from server_core.protocol.giop.idl import (
    ALIASES,
    ENUMS,
    EXCEPTIONS,
    OPERATIONS,
    STRUCTS,
    UNIONS,
    Array,
    Basic,
    Enum,
    Primitive,
    Sequence,
    Struct,
    definition,
)
from server_core.protocol.giop.typecode import ANY_TYPES

NAMES = [*ENUMS, *ALIASES, *STRUCTS, *EXCEPTIONS, *UNIONS]
TYPES_OF_MESSAGES = sorted(
    {operation.signature for operation in OPERATIONS.values()} | {operation.result for operation in OPERATIONS.values()}
)
few = settings(max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


def text(charset: str = "latin-1") -> st.SearchStrategy[str]:
    last = "\xff" if charset == "latin-1" else "\U0010ffff"
    return st.text(st.characters(min_codepoint=1, max_codepoint=ord(last), exclude_categories=["Cs"]), max_size=9)


def numbers(letter: str) -> st.SearchStrategy[Any]:
    if letter == "?":
        return st.booleans()
    if letter in "fd":
        return st.floats(allow_nan=False, width=32 if letter == "f" else 64)
    bits = 8 * array(letter).itemsize
    low = 0 if letter.isupper() else -(1 << bits - 1)
    return st.integers(low, low + (1 << bits) - 1)


def values(type: str, charset: str = "latin-1", depth: int = 0) -> st.SearchStrategy[Any]:
    """Any value of `type`."""
    made = definition(type)
    match made:
        case Primitive(letter, _, _):
            return numbers(letter)
        case Enum(_, labels):
            return st.integers(0, len(labels) - 1)
        case Struct(_, fields):
            return st.tuples(*(values(field.type, charset, depth) for field in fields))
        case Array(element, length):
            return st.tuples(*[values(element, charset, depth)] * length)
        case Sequence(element):
            held = definition(element)
            if isinstance(held, Primitive):
                letter = "B" if held.letter == "?" else held.letter
                return st.lists(numbers(held.letter), max_size=5).map(lambda drawn: memoryview(array(letter, drawn)))
            if depth > 3:
                return st.just([])
            return st.lists(st.deferred(lambda: values(element, charset, depth + 1)), max_size=3)
        case Basic("string"):
            return text(charset)
        case Basic("any"):
            return anys(charset)
        case Basic():
            return st.none()
    return st.one_of(
        *(st.tuples(st.just(place), values(case.type, charset, depth)) for place, case in enumerate(made.cases))
    )


def anys(charset: str) -> st.SearchStrategy[TypedValue]:
    """Any value of a command, in the model's form."""
    codes = sorted(ANY_TYPES.keys() - {CmdArgType.DevEnum, CmdArgType.ConstDevString})
    return st.sampled_from(codes).flatmap(lambda code: st.builds(TypedValue, st.just(code), canonical(code, charset)))


def canonical(code: CmdArgType, charset: str) -> st.SearchStrategy[Any]:
    row = TYPES[code]
    match row.kind:
        case Kind.VOID:
            return st.none()
        case Kind.ARRAY:
            element = canonical(row.element, charset)
            return st.lists(element, max_size=4).map(lambda drawn: to_array(code, drawn))
        case Kind.PAIR:
            numeric = st.lists(canonical(row.element, charset), max_size=3).map(lambda drawn: to_array(code, drawn))
            return st.tuples(numeric, st.lists(text(charset), max_size=3))
        case Kind.STRING:
            return text(charset)
        case Kind.STATE:
            return st.sampled_from(DevState)
        case Kind.ENCODED:
            return st.tuples(text(charset), st.binary(max_size=9))
        case Kind.BOOLEAN:
            return st.booleans()
    assert row.typecode is not None
    return numbers(row.typecode)


def encoded(type: str, value: Any, before: int = 0, little: bool = True, charset: str = "latin-1") -> bytearray:
    out = bytearray(before)
    encoder(type, little, charset)(out, value)
    return out


@pytest.mark.parametrize("type", [*NAMES, *TYPES_OF_MESSAGES])
def test_values_come_back(type: str) -> None:
    @few
    @given(st.data(), st.sampled_from(["latin-1", "utf-8"]), st.integers(0, 15), st.booleans())
    def check(data: st.DataObject, charset: str, before: int, little: bool) -> None:
        value = data.draw(values(type, charset))
        out = encoded(type, value, before, little, charset)
        decode = decoder(type, little, charset)
        assert decode(memoryview(out), before) == (value, len(out))
        cut = data.draw(st.integers(before, len(out)))
        if cut < len(out):
            with pytest.raises(MarshalError):
                decode(memoryview(out[:cut]), before)

    check()


def tried(type: str, data: bytes, little: bool) -> None:
    try:
        _, end = decoder(type, little)(memoryview(data), 0)
    except ProtocolError:
        return
    assert end <= len(data)


@pytest.mark.parametrize("type", TYPES_OF_MESSAGES)
def test_any_bytes_are_a_value_or_a_protocol_error(type: str) -> None:
    """Nothing else comes out, and what is allocated stays in proportion to what came in."""

    @few
    @given(st.data(), st.booleans())
    def check(data: st.DataObject, little: bool) -> None:
        wrong = data.draw(st.one_of(st.binary(max_size=200), damaged(type, little)))
        tried(type, wrong, little)  # decoders of what Anys hold are made when they are first needed
        tracemalloc.start()
        tried(type, wrong, little)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 20_000 + 50 * len(wrong)

    check()


@st.composite
def damaged(draw: st.DrawFn, type: str, little: bool) -> bytes:
    """A value as sent, with some bytes changed: of lengths and counts among them."""
    sent = encoded(type, draw(values(type)), little=little)
    for _ in range(draw(st.integers(1, 3))):
        if sent:
            place = draw(st.integers(0, len(sent) - 1))
            change = draw(st.one_of(st.binary(min_size=1, max_size=1), st.sampled_from([b"\xff" * 4, bytes(4), b"\1"])))
            sent[place : place + len(change)] = change
    return bytes(sent)


def test_enumerations_are_those_of_the_model() -> None:
    quality, _ = decoder("AttrQuality")(memoryview(encoded("AttrQuality", 2)), 0)
    assert quality is AttrQuality.ATTR_ALARM


def test_arrays_in_native_order_are_views() -> None:
    """A megabyte is not copied, wherever it begins; in the other order it is."""
    numbers = to_array(CmdArgType.DevVarDoubleArray, [1.5] * 1000)
    sent = memoryview(encoded("DevVarDoubleArray", numbers, 4))
    read, _ = decoder("DevVarDoubleArray")(sent, 4)
    assert read == numbers
    assert read.obj is sent.obj
    swapped, _ = decoder("DevVarDoubleArray", False)(memoryview(encoded("DevVarDoubleArray", numbers, 4, False)), 4)
    assert swapped == numbers


def test_empty_arrays_of_large_numbers_have_no_padding() -> None:
    """wire 5: an empty sequence of elements of eight bytes is just its count."""
    assert encoded("DevVarDoubleArray", ()) == bytes(4)


def test_numbers_may_be_sent_as_tuples() -> None:
    assert encoded("AttrValUnion", (5, (1.0, 0.0))) == encoded("AttrValUnion", (5, memoryview(array("d", [1.0, 0.0]))))
    assert encoded("AttrValUnion", (6, b"ab")) == encoded("AttrValUnion", (6, memoryview(b"ab")))


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("short", 40000),
        ("DevVarShortArray", [40000]),
        ("float", 1e39),
        ("DevVarLongArray", memoryview(array("d", [1.0]))),
        ("AttrValUnion", (15, ())),
        ("AttrQuality", -1),
        ("any", TypedValue(CmdArgType.DevPipeBlob, ())),
        ("any", TypedValue(CmdArgType.Unknown, None)),
    ],
)
def test_values_that_do_not_fit_are_refused(type: str, value: Any) -> None:
    with pytest.raises(ProtocolError):
        encoded(type, value)


def test_characters_that_are_not_latin_1_are_refused_by_name() -> None:
    """TYP-7"""
    with pytest.raises(MarshalError, match=r"'€' \(U\+20AC\)") as caught:
        encoded("DevVarStringArray", ["gain", "5 €"])
    assert (caught.value.exception, caught.value.minor) == ("DATA_CONVERSION", errors.NO_SUCH_CHARACTER)
    assert encoded("string", "\xe9\xff")[4:] == b"\xe9\xff\0"


def test_a_nul_ends_a_string() -> None:
    """TYP-7: in both directions."""
    assert encoded("string", "a\0b") == encoded("string", "a")
    assert decoder("string")(memoryview(b"\4\0\0\0a\0b\0"), 0) == ("a", 8)


def test_the_length_of_a_string_may_be_zero() -> None:
    """wire 5: nobody should send it, and it is the empty string."""
    assert decoder("DevVarStringArray")(memoryview(b"\2\0\0\0" + bytes(4) + b"\2\0\0\0x\0"), 0) == (["", "x"], 14)


def test_a_string_without_its_nul_is_refused() -> None:
    with pytest.raises(MarshalError) as caught:
        decoder("string")(memoryview(b"\2\0\0\0ab"), 0)
    assert caught.value.minor == errors.UNTERMINATED


def test_utf_8_where_it_was_agreed_on() -> None:
    """wire 2.6: a client that declares it, as Java's do."""
    sent = encoded("string", "5 €", charset="utf-8")
    assert sent[4:] == "5 €".encode() + b"\0"
    assert decoder("string", charset="utf-8")(memoryview(sent), 0)[0] == "5 €"
    with pytest.raises(MarshalError) as caught:
        decoder("string", charset="utf-8")(memoryview(b"\2\0\0\0\xe9\0"), 0)
    assert (caught.value.exception, caught.value.minor) == ("DATA_CONVERSION", errors.BAD_CHARACTERS)


def test_texts_of_configurations_are_utf_8_or_else_latin_1() -> None:
    """TYP-8: PyTango sends UTF-8, others Latin-1; nobody says which."""
    decode = decoder("string", charset=EITHER)
    assert decode(memoryview(encoded("string", "5 €", charset=EITHER)), 0)[0] == "5 €"
    assert decode(memoryview(encoded("string", "°C")), 0)[0] == "°C"


def test_latin_1_of_a_database_is_that_of_mysql() -> None:
    """wire 12.1, TYP-9: the C++ database gives a starting server `5 €` as the octets of its columns."""
    decode = decoder("string", charset=EITHER)
    assert decode(memoryview(encoded("string", "5 \x80, \x81, \x9e, \xe9")), 0)[0] == "5 €, \x81, ž, é"
    assert decode(memoryview(encoded("string", "\x81 und \x9f", charset=EITHER)), 0)[0] == "\x81 und \x9f"


@pytest.mark.parametrize(
    ("type", "number"), [("DevSource", 3), ("DevState", 14), ("ClntIdent", 4), ("AttrValUnion", 15)]
)
def test_numbers_without_a_meaning_are_refused(type: str, number: int) -> None:
    """wire 3: MARSHAL, with the code of real servers."""
    with pytest.raises(MarshalError) as caught:
        decoder(type)(memoryview(number.to_bytes(4, "little") + bytes(20)), 0)
    assert (caught.value.exception, caught.value.minor) == ("MARSHAL", errors.NO_SUCH_VALUE)


@pytest.mark.parametrize("type", ["DevVarStringArray", "DevVarDoubleArray", "AttributeValueList_5", "TimeValList"])
def test_counts_that_the_message_cannot_hold_are_refused_at_once(type: str) -> None:
    with pytest.raises(MarshalError):
        decoder(type)(memoryview(b"\xff\xff\xff\xff" + bytes(100)), 0)


def test_truth_values_other_than_one() -> None:
    """A boolean is true for every number but 0, in lists too, where the model has 0 and 1 only."""
    assert decoder("boolean")(memoryview(b"\5"), 0) == (True, 1)
    assert decoder("DevVarBooleanArray")(memoryview(b"\3\0\0\0\0\1\5"), 0) == (memoryview(b"\0\1\1"), 7)


def test_what_is_remembered_of_strings_has_a_limit() -> None:
    for index in range(encoding._REMEMBERED + 100):
        encoded("string", f"text {index}")
    assert 0 < len(encoding._strings(True, "latin-1", 1)) <= encoding._REMEMBERED


@pytest.mark.parametrize(("depth", "fits"), [(DEPTH_LIMIT, True), (DEPTH_LIMIT + 2, False)])
def test_blobs_that_others_send_are_read_to_the_same_depth(depth: int, fits: bool) -> None:
    element = encoded("tuple<ulong,string,ulong,octet>", (1, "", 14, 1)) + bytes(3)
    data = element * depth + bytes(4) + encoded("string", "")[:5].ljust(8, b"\0") * depth
    if fits:
        assert decoder("DevVarPipeDataEltArray")(memoryview(data), 0)[0]
    else:
        with pytest.raises(MarshalError, match="nested"):
            decoder("DevVarPipeDataEltArray")(memoryview(data), 0)


def test_blobs_are_nested_to_a_limit() -> None:
    """A hostile pipe is refused before it exhausts the stack; a deep one of a user is not sent either."""

    def blob(depth: int) -> list[Any]:
        return [("inner", (14, True), blob(depth - 1), "name")] if depth else []

    deep = blob(60)
    assert decoder("DevVarPipeDataEltArray")(memoryview(encoded("DevVarPipeDataEltArray", deep)), 0)[0] == deep
    with pytest.raises(ProtocolError):
        encoded("DevVarPipeDataEltArray", blob(70))
    element = encoded("tuple<ulong,string,ulong,octet>", (1, "", 14, 1)) + bytes(3)
    with pytest.raises(MarshalError):
        decoder("DevVarPipeDataEltArray")(memoryview(element * 5000), 0)
