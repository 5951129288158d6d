"""Anys: values that bring their type along, as a TypeCode before them (wire 8).

They are decoded into the model's canonical form and encoded from it. A value of a type that is none of Tango's is
passed over and becomes `CmdArgType.Unknown`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from typing import Any

from server_core.model.types import CmdArgType
from server_core.model.values import VOID, TypedValue
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop import errors, typecode
from server_core.protocol.giop.errors import MarshalError
from server_core.protocol.giop.idl import PRIMITIVES, STRUCTS
from server_core.protocol.giop.typecode import (
    ANY_TYPES,
    TypeCode,
    ValueReader,
    classify,
    parse_typecode,
    resolved,
    typecode_bytes,
)

Decode = Callable[[memoryview, int], tuple[Any, int]]
"""(message, offset) to a value and the offset behind it."""

Encode = Callable[[bytearray, Any], None]
"""(message so far, value) to nothing: the message grows."""

_REMEMBERED = 256
"""How many TypeCodes, as they came, are remembered with what they mean."""
_REMEMBERED_LENGTH = 2048


class _Values(dict[CmdArgType, Decode]):
    """Decoders of canonical values by type, made when they are first needed."""

    def __init__(self, decoder: Callable[..., Decode], little: bool, charset: str) -> None:
        super().__init__()
        self._decoder, self._order_and_charset = decoder, (little, charset)

    def _make(self, type: str) -> Decode:
        return self._decoder(type, *self._order_and_charset)

    def __missing__(self, code: CmdArgType) -> Decode:
        type = ANY_TYPES[code]
        if code is CmdArgType.DevEncoded:
            decode = _encoded(self._make(type))
        elif code is CmdArgType.DevVarEncodedArray:
            decode = _encoded_array(self._make(type))
        elif type in STRUCTS:
            decode = self._make(f"tuple<{','.join(field.type for field in STRUCTS[type].fields)}>")
        else:
            decode = self._make(type)
        self[code] = decode
        return decode


def _encoded(read: Decode) -> Decode:
    def decode(b: memoryview, o: int) -> tuple[tuple[str, bytes], int]:
        (encoding, data), o = read(b, o)
        return (encoding, bytes(data)), o

    return decode


def _encoded_array(read: Decode) -> Decode:
    def decode(b: memoryview, o: int) -> tuple[list[tuple[str, bytes]], int]:
        values, o = read(b, o)
        return [(encoding, bytes(data)) for encoding, data in values], o

    return decode


@cache
def any_decoder(decoder: Callable[..., Decode], little: bool, charset: str) -> Decode:
    """The decoder of Anys to TypedValues; `decoder` gives those of the types in them."""
    unpack = struct.Struct("<I" if little else ">I").unpack_from
    unpack_two = struct.Struct("<II" if little else ">II").unpack_from
    values = _Values(decoder, little, charset)
    scalars = {PRIMITIVES[type].kind: code for code, type in ANY_TYPES.items() if type in PRIMITIVES}
    scalars[PRIMITIVES["short"].kind] = CmdArgType.DevShort
    remembered: dict[bytes, CmdArgType] = {}
    new = tuple.__new__

    def decode(b: memoryview, o: int) -> tuple[TypedValue, int]:
        o = (o + 3) & -4
        try:
            (kind,) = unpack(b, o)
            if (scalar := scalars.get(kind)) is not None:
                value, o = values[scalar](b, o + 4)
                return new(TypedValue, (scalar, value)), o
            if kind <= typecode.VOID:
                return VOID, o + 4
            return decode_other(b, o)
        except struct.error:
            raise MarshalError(f"the data ends inside the type at {o}: there are {len(b)} bytes") from None

    def decode_other(b: memoryview, o: int) -> tuple[TypedValue, int]:
        kind, length = unpack_two(b, o)
        if kind == typecode.STRING:
            value, o = values[CmdArgType.DevString](b, o + 8)
            return TypedValue(CmdArgType.DevString, value), o
        end = o + 8 + length
        key = bytes(b[o:end]) if length <= _REMEMBERED_LENGTH else b""
        code = remembered.get(key)
        if code is None:
            made, end = parse_typecode(b, o, little)
            code = classify(made)
            if code is CmdArgType.Unknown:
                return TypedValue(code), passed_over(made, b, end, little)
            if key:
                if len(remembered) >= _REMEMBERED:
                    remembered.clear()
                remembered[key] = code
        if code is CmdArgType.DevVoid:
            return VOID, end
        value, o = values[code](b, end)
        return TypedValue(code, value), o

    return decode


def passed_over(made: TypeCode, b: memoryview, offset: int, little: bool) -> int:
    """The offset behind a value of any type."""
    reader = ValueReader(b, offset, little)
    _Walk(reader, len(b)).value(made)
    return reader.position


class _Walk:
    """Passes over a value, in a number of steps that the size of the message limits."""

    def __init__(self, reader: ValueReader, size: int) -> None:
        self._reader = reader
        self._steps = 16 * size + 1000
        self._depth = 0

    def value(self, made: TypeCode) -> None:
        """Pass over the next value, which is of type `made`."""
        made = resolved(made)
        self._steps -= 1
        self._depth += 1
        if self._steps < 0 or self._depth > typecode.DEPTH_LIMIT:
            raise MarshalError("a value of a type that makes too much of too little", errors.BAD_TYPECODE)
        size = typecode.SIZES.get(made.kind)
        if size is not None:
            self._reader.skip(size, min(size, 8))
        else:
            self._other(made)
        self._depth -= 1

    def _other(self, made: TypeCode) -> None:
        reader = self._reader
        match made.kind:
            case typecode.NULL | typecode.VOID:
                pass
            case typecode.STRING | typecode.WSTRING | typecode.PRINCIPAL:
                reader.skip(reader.ulong())
            case typecode.ENUM:
                reader.ulong()
            case typecode.FIXED:
                reader.skip(made.length // 2 + 1)
            case typecode.STRUCT:
                for part in made.parts:
                    self.value(part)
            case typecode.EXCEPTION:
                reader.skip(reader.ulong())
                for part in made.parts:
                    self.value(part)
            case typecode.SEQUENCE:
                self._elements(made.parts[0], reader.ulong())
            case typecode.ARRAY:
                self._elements(made.parts[0], made.length)
            case typecode.UNION:
                self._case(made)
            case typecode.ANY:
                self.value(self._typecode())
            case typecode.TYPECODE:
                self._typecode()
            case _:
                reader.skip(reader.ulong())  # a reference: its type, then its profiles
                for _ in range(reader.ulong()):
                    reader.ulong()
                    reader.skip(reader.ulong())

    def _elements(self, element: TypeCode, count: int) -> None:
        element = resolved(element)
        size = typecode.SIZES.get(element.kind)
        if size is not None:
            if count:
                self._reader.skip(count * size, min(size, 8))
            return
        for _ in range(count):
            before = self._reader.position
            self.value(element)
            if self._reader.position == before:
                return  # elements that take no bytes

    def _case(self, made: TypeCode) -> None:
        discriminator = made.discriminator
        assert discriminator is not None
        number = self._reader.number(typecode.discriminator_size(discriminator))
        if number in made.values:
            self.value(made.parts[made.values.index(number)])
        elif made.default < len(made.parts):
            self.value(made.parts[made.default])

    def _typecode(self) -> TypeCode:
        made, self._reader.position = parse_typecode(*self._reader.rest())
        return made


@cache
def any_encoder(encoder: Callable[..., Encode], little: bool, charset: str) -> Encode:
    """The encoder of TypedValues as Anys; `encoder` gives those of the types in them."""
    known: dict[CmdArgType, tuple[bytes, Encode]] = {}

    def entry(code: CmdArgType) -> tuple[bytes, Encode]:
        if code not in ANY_TYPES:
            raise ProtocolError(f"{code} is not a type that the value of a command can have")
        type = ANY_TYPES[code]
        made = known[code] = typecode_bytes(type, little), encoder(type, little, charset)
        return made

    def encode(out: bytearray, value: TypedValue) -> None:
        code, content = value
        described, write = known.get(code) or entry(code)
        if pad := -len(out) & 3:
            out += bytes(pad)
        out += described
        write(out, content)

    return encode
