"""TypeCodes: the types with which an Any begins (wire 8).

What is written is exactly what Tango's own servers write, since their clients understand nothing else: plain kinds for
scalars, an alias for arrays. What is read is told by its structure, so that it may come as a plain sequence, under
other names, or with indirections.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from server_core.model.types import TYPES, CmdArgType, Kind
from server_core.protocol.giop import errors
from server_core.protocol.giop.errors import MarshalError
from server_core.protocol.giop.idl import (
    ALIASES,
    ENUMS,
    PRIMITIVES,
    STRUCTS,
    Enum,
    Sequence,
    Struct,
    definition,
    repository_id,
)
from server_core.protocol.giop.primitives import LITTLE, Reader

NULL, VOID, ANY, TYPECODE, PRINCIPAL, REFERENCE, STRUCT, UNION, ENUM, STRING = 0, 1, 11, 12, 13, 14, 15, 16, 17, 18
SEQUENCE, ARRAY, ALIAS, EXCEPTION, LONG_DOUBLE, WSTRING, FIXED = 19, 20, 21, 22, 25, 27, 28
INDIRECTION = 0xFFFFFFFF

DEPTH_LIMIT = 32
"""So many types may be nested in one another."""

SIZES = {primitive.kind: primitive.size for primitive in PRIMITIVES.values()} | {9: 1, LONG_DOUBLE: 16, 26: 1}
"""How many bytes values of the kinds of fixed size take."""
_PLAIN = {primitive.kind: name for name, primitive in PRIMITIVES.items()}


@dataclass(slots=True)
class TypeCode:
    """A type as an Any describes it.

    `parts` are the types of members, elements or cases; `names` those of labels; `values` the discriminator of each
    case, and `default` the place of the case for others; `length` that of an array, or the digits of a fixed number.
    """

    kind: int
    id: str = ""
    names: tuple[str, ...] = ()
    parts: list[TypeCode] = field(default_factory=list)
    discriminator: TypeCode | None = None
    values: list[int] = field(default_factory=list)
    default: int = 0
    length: int = 0


class ValueReader(Reader):
    """Reads integers of any size too."""

    __slots__ = ()

    def number(self, size: int) -> int:
        """The next integer of `size` bytes."""
        self.skip(0, size)
        return int.from_bytes(self.raw(size), "little" if self._little else "big")

    def rest(self) -> tuple[memoryview, int, bool]:
        """The data, the place reached in it, and whether it is little-endian."""
        return memoryview(self._data), self.position, self._little

    def skip(self, count: int, alignment: int = 1) -> None:
        """Pass over so many octets, from the next aligned place on."""
        self._advance((self.position + alignment - 1) & -alignment, count)


class _Parser:
    """Reads one TypeCode with all that are in it."""

    def __init__(self) -> None:
        self._seen: dict[int, TypeCode] = {}

    def typecode(self, reader: ValueReader, base: int = 0, depth: int = 0) -> TypeCode:
        """The next TypeCode; `base` is the place of the reader's data in the message."""
        if depth > DEPTH_LIMIT:
            raise MarshalError(f"more than {DEPTH_LIMIT} types are nested in one another", errors.BAD_TYPECODE)
        kind = reader.ulong()
        place = base + reader.position - 4
        if kind == INDIRECTION:
            offset = reader.ulong() - (1 << 32)
            if (known := self._seen.get(place + 4 + offset)) is None:
                raise MarshalError(f"the type at {place} is that of a place where none is", errors.BAD_INDIRECTION)
            return known
        made = self._seen[place] = TypeCode(kind)
        if kind in (STRING, WSTRING):
            reader.ulong()
        elif kind == FIXED:
            made.length = reader.ushort()
            reader.ushort()
        elif kind in _CONTENTS:
            octets = reader.octets()
            inner = ValueReader.of_encapsulation(octets)
            _CONTENTS[kind](self, made, inner, base + reader.position - len(octets), depth + 1)
        elif kind not in SIZES and kind not in (NULL, VOID, ANY, TYPECODE, PRINCIPAL):
            raise MarshalError(f"{kind} is no kind of type that is understood", errors.BAD_TYPECODE)
        return made

    def _named(self, made: TypeCode, reader: ValueReader, base: int, depth: int) -> None:
        made.id = reader.string()
        reader.string()

    def _members(self, made: TypeCode, reader: ValueReader, base: int, depth: int) -> None:
        self._named(made, reader, base, depth)
        for _ in range(reader.ulong()):
            reader.string()
            made.parts.append(self.typecode(reader, base, depth))

    def _cases(self, made: TypeCode, reader: ValueReader, base: int, depth: int) -> None:
        self._named(made, reader, base, depth)
        made.discriminator = resolved(self.typecode(reader, base, depth))
        size = discriminator_size(made.discriminator)
        made.default = reader.ulong()  # none, as 2**32 - 1, is beyond all of them
        for _ in range(reader.ulong()):
            made.values.append(reader.number(size))
            reader.string()
            made.parts.append(self.typecode(reader, base, depth))

    def _labels(self, made: TypeCode, reader: ValueReader, base: int, depth: int) -> None:
        self._named(made, reader, base, depth)
        made.names = tuple([reader.string() for _ in range(reader.ulong())])

    def _alias(self, made: TypeCode, reader: ValueReader, base: int, depth: int) -> None:
        self._named(made, reader, base, depth)
        made.parts = [self.typecode(reader, base, depth)]

    def _elements(self, made: TypeCode, reader: ValueReader, base: int, depth: int) -> None:
        made.parts = [self.typecode(reader, base, depth)]
        made.length = reader.ulong()


_CONTENTS: dict[int, Callable[[_Parser, TypeCode, ValueReader, int, int], None]] = {
    REFERENCE: _Parser._named,
    STRUCT: _Parser._members,
    EXCEPTION: _Parser._members,
    UNION: _Parser._cases,
    ENUM: _Parser._labels,
    ALIAS: _Parser._alias,
    SEQUENCE: _Parser._elements,
    ARRAY: _Parser._elements,
}


def discriminator_size(discriminator: TypeCode) -> int:
    """How many bytes the discriminator of a union takes."""
    size = 4 if discriminator.kind == ENUM else SIZES.get(discriminator.kind)
    if size not in (1, 2, 4, 8):
        raise MarshalError(f"a union by a type of kind {discriminator.kind}", errors.BAD_TYPECODE)
    return size


def resolved(made: TypeCode) -> TypeCode:
    """The type behind aliases."""
    for _ in range(DEPTH_LIMIT):
        if made.kind != ALIAS or not made.parts:
            return made
        made = made.parts[0]
    raise MarshalError("an alias of itself", errors.BAD_TYPECODE)


def parse_typecode(data: memoryview, offset: int, little: bool) -> tuple[TypeCode, int]:
    """The TypeCode at an offset, and the offset behind it. ProtocolError when there is none."""
    reader = ValueReader(data, offset, little)
    return _Parser().typecode(reader), reader.position


def _shape(type: str) -> str:
    """The structure of an IDL type as a text, without the names in it."""
    made = definition(type)
    match made:
        case Sequence(element):
            return f"seq<{_shape(element)}>"
        case Struct(_, fields):
            return f"{{{','.join(_shape(field.type) for field in fields)}}}"
        case Enum(_, labels):
            return f"enum {' '.join(labels)}"
        case _:
            return ALIASES.get(type, type)


def shape(made: TypeCode, depth: int = 5) -> str:
    """The structure of a type as a text: that of the IDL type that it is; empty when it is none of Tango's."""
    made = resolved(made)
    if depth == 0:
        return ""
    if made.kind == SEQUENCE:
        return f"seq<{shape(made.parts[0], depth - 1)}>"
    if made.kind == STRUCT and len(made.parts) == 2:
        return f"{{{','.join(shape(part, depth - 1) for part in made.parts)}}}"
    if made.kind == ENUM:
        return f"enum {' '.join(made.names)}"
    return "string" if made.kind == STRING else _PLAIN.get(made.kind, "")


def _any_types() -> dict[CmdArgType, str]:
    """The IDL type of what an Any holds, by Tango's type: a scalar's is a plain one."""
    found = {CmdArgType.DevVoid: "void", CmdArgType.DevEnum: "short", CmdArgType.ConstDevString: "string"}
    for code, row in TYPES.items():
        target = ALIASES.get(code.name, "")
        if target in PRIMITIVES or target == "string":
            found[code] = target
        elif row.kind is not Kind.BLOB and (target or code.name in STRUCTS or code.name in ENUMS):
            found[code] = code.name
    return found


ANY_TYPES = _any_types()
"""The IDL type of the value in an Any, for all types of Tango that an Any can hold."""

_BY_SHAPE = {
    _shape(type): code
    for code, type in ANY_TYPES.items()
    if code not in (CmdArgType.DevVoid, CmdArgType.DevEnum, CmdArgType.ConstDevString)
}


def classify(made: TypeCode) -> CmdArgType:
    """The Tango type that a TypeCode describes, by its structure; Unknown when it is none."""
    made = resolved(made)
    if made.kind in (NULL, VOID):
        return CmdArgType.DevVoid
    return _BY_SHAPE.get(shape(made), CmdArgType.Unknown)


@cache
def typecode_bytes(type: str, little: bool = LITTLE) -> bytes:
    """The TypeCode of an IDL type, as Tango's servers write it (wire 8)."""
    out = bytearray()
    _write(out, type, "<>"[not little])
    return bytes(out)


def _write(out: bytearray, type: str, order: str) -> None:
    if type in PRIMITIVES:
        _put_ulong(out, PRIMITIVES[type].kind, order)
    elif type == "string":
        _put_ulong(out, STRING, order)
        _put_ulong(out, 0, order)
    elif type == "void":
        _put_ulong(out, NULL, order)
    else:
        kind, inner = _content(type, order)
        _put_ulong(out, kind, order)
        _put_ulong(out, len(inner), order)
        out += inner


def _content(type: str, order: str) -> tuple[int, bytearray]:
    """The kind of a TypeCode with parameters, and its encapsulation."""
    inner = bytearray([order == "<"])
    if type in ALIASES:
        _put_name(inner, type, order)
        _write(inner, ALIASES[type], order)
        return ALIAS, inner
    made = definition(type)
    match made:
        case Sequence(element):
            _write(inner, element, order)
            _put_ulong(inner, 0, order)
            return SEQUENCE, inner
        case Enum(_, labels):
            _put_name(inner, type, order)
            _put_ulong(inner, len(labels), order)
            for label in labels:
                _put_string(inner, label, order)
            return ENUM, inner
        case Struct(_, fields):
            _put_name(inner, type, order)
            _put_ulong(inner, len(fields), order)
            for member in fields:
                _put_string(inner, member.name, order)
                _write(inner, member.type, order)
            return STRUCT, inner
        case _:
            raise ValueError(f"{type} is no type of an Any")


def _put_ulong(out: bytearray, value: int, order: str) -> None:
    out += bytes(-len(out) & 3) + struct.pack(order + "I", value)


def _put_string(out: bytearray, text: str, order: str) -> None:
    _put_ulong(out, len(text) + 1, order)
    out += text.encode() + b"\0"


def _put_name(out: bytearray, type: str, order: str) -> None:
    _put_string(out, repository_id(type), order)
    _put_string(out, type, order)
