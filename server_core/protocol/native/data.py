"""Canonical data (see `model.conversion`) as msgpack values and back.

Encoding needs no type: only buffers that are large leave the message and become blocks. Decoding is driven by the type
code that travels beside each value, and lets nothing pass that is not the canonical form of that type.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Callable
from functools import partial
from typing import Any

from msgpack import ExtType  # type: ignore[import-untyped]

from server_core.model.enums import DevState
from server_core.model.types import TYPES, CmdArgType, Kind, TangoType
from server_core.protocol.exchange import ProtocolError

INLINE_LIMIT = 512
"""Buffers of more bytes travel as blocks behind the header, without being copied."""

BLOCK = 1
"""The msgpack ext type that points to a block."""

ALIGNMENT = 8

Blocks = list[Any]
"""The blocks of a message being encoded, with their padding; and its length in bytes as the first element."""

Decode = Callable[[Any, memoryview], Any]
"""(msgpack value, blocks of its frame) to a value; ProtocolError when it is none."""

_POINTER = struct.Struct("<II")
_PADDING = bytes(ALIGNMENT)
_LITTLE_ENDIAN = sys.byteorder == "little"


def padding(length: int) -> bytes:
    """The zero bytes that bring `length` to a multiple of the alignment."""
    return _PADDING[: -length % ALIGNMENT]


def swapped(view: memoryview) -> memoryview:
    """A copy of an array with its elements' bytes the other way round."""
    copy = array(view.format, view)
    copy.byteswap()
    return memoryview(copy)


def encode_data(value: Any, blocks: Blocks) -> Any:
    """`value` as msgpack can pack it; large buffers are added to `blocks`."""
    kind = type(value)
    if kind is memoryview:
        if not _LITTLE_ENDIAN and value.itemsize > 1:
            value = swapped(value)
        return value if value.nbytes <= INLINE_LIMIT else _block(value, blocks)
    if kind is tuple:
        return [encode_data(part, blocks) for part in value]
    if kind is bytes and len(value) > INLINE_LIMIT:
        return _block(memoryview(value), blocks)
    return value


def _block(view: memoryview, blocks: Blocks) -> ExtType:
    if not blocks:
        blocks.append(0)
    offset = blocks[0]
    fill = padding(view.nbytes)
    blocks[0] = offset + view.nbytes + len(fill)
    blocks.append(view.cast("B"))
    if fill:
        blocks.append(fill)
    return ExtType(BLOCK, _POINTER.pack(offset, view.nbytes))


def _bytes_of(wire: Any, blocks: memoryview) -> memoryview | bytes:
    """The bytes of an inline buffer or of the block that `wire` points to."""
    if type(wire) is bytes:
        return wire
    if type(wire) is not ExtType or wire.code != BLOCK or len(wire.data) != _POINTER.size:
        raise ProtocolError(f"{wire!r:.60} is not a buffer")
    offset, length = _POINTER.unpack(wire.data)
    if offset + length > len(blocks):
        raise ProtocolError(f"a block of {length} bytes at {offset} lies outside the {len(blocks)} bytes of its frame")
    return blocks[offset : offset + length]


def _numbers(typecode: str, wire: Any, blocks: memoryview) -> memoryview:
    data = _bytes_of(wire, blocks)
    if not data:
        return memoryview(array(typecode))
    try:
        view = memoryview(data).cast(typecode)  # type: ignore[call-overload]
    except TypeError:
        raise ProtocolError(f"{len(data)} bytes are no whole number of elements of format {typecode!r}") from None
    return view if _LITTLE_ENDIAN else swapped(view)


def _list_of(decode: Decode, wire: Any, blocks: memoryview) -> list[Any]:
    if type(wire) is not list:
        raise ProtocolError(f"{wire!r:.60} is not a list")
    return [decode(element, blocks) for element in wire]


def wrong(value: Any, rule: str) -> ProtocolError:
    """The error for a decoded value that breaks `rule`."""
    return ProtocolError(f"{value!r:.60} is not {rule}")


def _no_value(wire: Any, blocks: memoryview) -> None:
    if wire is not None:
        raise wrong(wire, "the missing value of DevVoid")


def _boolean(wire: Any, blocks: memoryview) -> bool:
    if type(wire) is not bool:
        raise wrong(wire, "a DevBoolean")
    return wire


def _integer(row: TangoType, wire: Any, blocks: memoryview) -> int:
    if type(wire) is not int or not row.low <= wire <= row.high:
        raise wrong(wire, f"a {row.name} ({row.low}..{row.high})")
    return wire


def _float(wire: Any, blocks: memoryview) -> float:
    if type(wire) is float:
        return wire
    if type(wire) is not int:
        raise wrong(wire, "a floating point number")
    return float(wire)


def _string(wire: Any, blocks: memoryview) -> str:
    if type(wire) is not str:
        raise wrong(wire, "a DevString")
    return wire


def _state(wire: Any, blocks: memoryview) -> DevState:
    try:
        return _STATES[wire]
    except (KeyError, TypeError):
        raise wrong(wire, "a DevState") from None


_STATES: dict[int, DevState] = {int(state): state for state in DevState}


def _encoded(wire: Any, blocks: memoryview) -> tuple[str, bytes]:
    if type(wire) is not list or len(wire) != 2 or type(wire[0]) is not str:
        raise wrong(wire, "a DevEncoded (format, bytes)")
    return wire[0], bytes(_bytes_of(wire[1], blocks))


def _unknown(wire: Any, blocks: memoryview) -> Any:
    raise wrong(wire, "a value of a known type")


_AS_IT_IS: dict[Kind, type] = {Kind.BOOLEAN: bool, Kind.FLOAT: float, Kind.STRING: str}
"""Kinds of which every value of one Python type is canonical."""


def _scalar_decoder(row: TangoType) -> Decode:
    match row.kind:
        case Kind.INTEGER | Kind.ENUM:
            return partial(_integer, row)
        case kind:
            return _SCALARS.get(kind, _unknown)


_SCALARS: dict[Kind, Decode] = {
    Kind.VOID: _no_value,
    Kind.BOOLEAN: _boolean,
    Kind.FLOAT: _float,
    Kind.STRING: _string,
    Kind.STATE: _state,
    Kind.ENCODED: _encoded,
}


def _array_decoder(row: TangoType) -> Decode:
    """For the flat array of the elements of a type."""
    element = TYPES[row.element]
    if element.typecode is None:
        return partial(_list_of, _scalar_decoder(element))
    return partial(_numbers, element.typecode)


def _pair_decoder(row: TangoType) -> Decode:
    numbers = _array_decoder(row)

    def decode(wire: Any, blocks: memoryview) -> tuple[memoryview, list[str]]:
        if type(wire) is not list or len(wire) != 2:
            raise wrong(wire, f"a {row.name} (numbers, strings)")
        return numbers(wire[0], blocks), _list_of(_string, wire[1], blocks)

    return decode


def _command_decoder(row: TangoType) -> Decode:
    if row.kind is Kind.ARRAY:
        return _array_decoder(row)
    return _pair_decoder(row) if row.kind is Kind.PAIR else _scalar_decoder(row)


def _attribute_decoder(row: TangoType) -> Decode:
    """For a value that is missing, a scalar, or a flat array; scalars and arrays differ in their msgpack types."""
    if row.array is None:
        return _no_value if row.kind is Kind.VOID else _unknown
    scalar, flat = _scalar_decoder(row), _array_decoder(row)
    array_types = (list,) if row.typecode is None else (bytes, ExtType)
    as_it_is = _AS_IT_IS.get(row.kind)

    def decode(wire: Any, blocks: memoryview) -> Any:
        if type(wire) is as_it_is or wire is None:
            return wire
        return (flat if type(wire) in array_types else scalar)(wire, blocks)

    def decode_encoded(wire: Any, blocks: memoryview) -> Any:
        if wire is None:
            return None
        is_scalar = type(wire) is list and bool(wire) and type(wire[0]) is str
        return (scalar if is_scalar else flat)(wire, blocks)

    return decode_encoded if row.kind is Kind.ENCODED else decode


COMMAND_DATA: dict[CmdArgType, Decode] = {code: _command_decoder(row) for code, row in TYPES.items()}
"""Decoders of command arguments and results, by type."""

ATTRIBUTE_DATA: dict[CmdArgType, Decode] = {code: _attribute_decoder(row) for code, row in TYPES.items()}
"""Decoders of attribute values, by the type of the attribute's elements."""
