"""Encoders and decoders of records, compiled once from the annotations of their classes.

One declaration per record: the NamedTuples of `operations` and `errors` and the dataclasses of `model` say by their
annotations what travels, in that order. An encoder gives nested lists and tuples that msgpack packs in one call; where
a value is that already, there is no encoder. A decoder checks every field and builds the record.

Records become straight-line code (`_compile`), since they are what each request is made of; the few containers around
them are closures.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import IntEnum
from functools import cache
from typing import Any, NamedTuple, Union, cast, get_args, get_origin, get_type_hints

from server_core.model.pipe import PipeBlob, PipeElement
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue, AttributeWrite, TypedValue
from server_core.protocol.native.data import ATTRIBUTE_DATA, COMMAND_DATA, Blocks, Decode, encode_data, wrong

Encode = Callable[[Any, Blocks], Any]
"""(value, blocks to add to) to what msgpack can pack."""

_NoneType = type(None)


class DataField(NamedTuple):
    """How a field annotated `Any` is decoded: by the type that another field holds, with one table of decoders."""

    type_field: str
    decoders: Mapping[CmdArgType, Decode]


def _blob(wire: Any, blocks: memoryview) -> PipeBlob:
    return cast(PipeBlob, decoder(PipeBlob)(wire, blocks))


_ELEMENT_DATA = {**COMMAND_DATA, CmdArgType.DevPipeBlob: _blob}

DATA_FIELDS: dict[tuple[type[Any], str], DataField] = {
    (TypedValue, "value"): DataField("type", COMMAND_DATA),
    (AttributeWrite, "value"): DataField("data_type", ATTRIBUTE_DATA),
    (AttributeValue, "value"): DataField("data_type", ATTRIBUTE_DATA),
    (AttributeValue, "w_value"): DataField("data_type", ATTRIBUTE_DATA),
    (PipeElement, "value"): DataField("type", _ELEMENT_DATA),
}
"""The fields that hold canonical data."""


def _encode_element(value: Any, blocks: Blocks) -> Any:
    if type(value) is PipeBlob:
        return cast(Encode, encoder(PipeBlob))(value, blocks)
    return encode_data(value, blocks)


def _fields(record: type[Any]) -> dict[str, Any] | None:
    """Names and annotations of a record's fields, in order; None for what is no record."""
    if is_dataclass(record):
        hints = get_type_hints(record)
        return {field.name: hints[field.name] for field in fields(record)}
    if isinstance(record, type) and issubclass(record, tuple) and hasattr(record, "_fields"):
        hints = get_type_hints(record)
        return {name: hints[name] for name in record._fields}
    return None


@cache
def encoder(annotation: Any) -> Encode | None:
    """The encoder of values of `annotation`; None when msgpack packs them as they are."""
    if annotation is Any:
        return encode_data
    record = _fields(annotation)
    if record is not None:
        return _record_encoder(annotation, record)
    arguments = get_args(annotation)
    if get_origin(annotation) in (list, tuple):
        return _list_encoder(encoder(arguments[0]))
    if get_origin(annotation) in (Union, types.UnionType):
        members = _members(arguments)
        return _union_encoder(members) if len(members) > 1 else _optional_encoder(encoder(members[0]))
    return None


def _list_encoder(element: Encode | None) -> Encode | None:
    if element is None:
        return None
    return lambda values, blocks: [element(value, blocks) for value in values]


def _optional_encoder(present: Encode | None) -> Encode | None:
    if present is None:
        return None
    return lambda value, blocks: None if value is None else present(value, blocks)


def _union_encoder(members: tuple[Any, ...]) -> Encode:
    places = {member: (place, encoder(member)) for place, member in enumerate(members)}

    def encode(value: Any, blocks: Blocks) -> Any:
        if value is None:
            return None
        place, encode_member = places[type(value)]
        return place, value if encode_member is None else encode_member(value, blocks)

    return encode


def _members(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a value may be that is not missing."""
    return tuple(member for member in arguments if member is not _NoneType)


def _record_encoder(record: type[Any], annotations: dict[str, Any]) -> Encode | None:
    names: dict[str, Any] = {}
    expressions = []
    for name, annotation in annotations.items():
        encode = _encode_element if (record, name) == (PipeElement, "value") else encoder(annotation)
        if encode is None:
            expressions.append(f"r.{name}")
        else:
            names[f"encode_{name}"] = encode
            expressions.append(f"encode_{name}(r.{name}, blocks)")
    if not names and issubclass(record, tuple):
        return None
    source = f"def code(r, blocks):\n    return ({', '.join(expressions)},)\n"
    return cast(Encode, _compile(record, "encode", source, names))


def _compile(record: type[Any], purpose: str, source: str, names: dict[str, Any]) -> Callable[..., Any]:
    exec(compile(source, f"<{purpose} {record.__name__}>", "exec"), names)
    return cast(Callable[..., Any], names["code"])


@cache
def decoder(annotation: Any) -> Decode:
    """The decoder of values of `annotation`."""
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    record = _fields(annotation)
    if record is not None:
        return _record_decoder(annotation, record)
    if isinstance(annotation, type) and issubclass(annotation, IntEnum):
        members = _EnumTable(annotation)
        return lambda wire, blocks: members[wire]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        choices = _members(arguments)
        return _union_decoder(choices) if len(choices) > 1 else _optional_decoder(decoder(choices[0]))
    return _CONTAINERS[origin](arguments)


def _plain_decoder(kind: type[Any]) -> Decode:
    def decode(wire: Any, blocks: memoryview) -> Any:
        if type(wire) is not kind:
            raise wrong(wire, f"of type {kind.__name__}")
        return wire

    return decode


def _decode_float(wire: Any, blocks: memoryview) -> float:
    if type(wire) is not float and type(wire) is not int:
        raise wrong(wire, "a number")
    return float(wire)


_PLAIN: dict[Any, Decode] = {kind: _plain_decoder(kind) for kind in (str, int, bool)}
_PLAIN[None] = _PLAIN[_NoneType] = _plain_decoder(_NoneType)
_PLAIN[float] = _decode_float


class _EnumTable(dict[Any, IntEnum]):
    """Members by number; a number that has none is a ProtocolError."""

    def __init__(self, enum: type[IntEnum]) -> None:
        super().__init__((int(member), member) for member in enum)
        self._name = enum.__name__

    def __missing__(self, wire: Any) -> IntEnum:
        raise wrong(wire, f"a {self._name}")


def _optional_decoder(present: Decode) -> Decode:
    return lambda wire, blocks: None if wire is None else present(wire, blocks)


def _union_decoder(members: tuple[Any, ...]) -> Decode:
    decoders = [decoder(member) for member in members]

    def decode(wire: Any, blocks: memoryview) -> Any:
        if wire is None:
            return None
        if type(wire) is not list or len(wire) != 2 or type(wire[0]) is not int or not 0 <= wire[0] < len(decoders):
            raise wrong(wire, "a pair (place, record)")
        return decoders[wire[0]](wire[1], blocks)

    return decode


def _list_decoder(arguments: tuple[Any, ...]) -> Decode:
    element = decoder(arguments[0])

    def decode(wire: Any, blocks: memoryview) -> list[Any]:
        if type(wire) is not list:
            raise wrong(wire, "a list")
        return [element(value, blocks) for value in wire]

    def decode_plain(wire: Any, blocks: memoryview) -> list[Any]:
        if type(wire) is not list:
            raise wrong(wire, "a list")
        for value in wire:
            if type(value) is not kind:
                raise wrong(value, f"of type {kind.__name__}")
        return wire

    kind = arguments[0]
    return decode_plain if kind in (str, int, bool) else decode


def _tuple_decoder(arguments: tuple[Any, ...]) -> Decode:
    if arguments[1:] == (Ellipsis,):
        elements = _list_decoder(arguments)
        return lambda wire, blocks: tuple(elements(wire, blocks))
    decoders = [decoder(argument) for argument in arguments]

    def decode(wire: Any, blocks: memoryview) -> tuple[Any, ...]:
        if type(wire) is not list or len(wire) != len(decoders):
            raise wrong(wire, f"a list of {len(decoders)}")
        return tuple(part(value, blocks) for part, value in zip(decoders, wire, strict=True))

    return decode


def _dict_decoder(arguments: tuple[Any, ...]) -> Decode:
    key, value = map(decoder, arguments)

    def decode(wire: Any, blocks: memoryview) -> dict[Any, Any]:
        if type(wire) is not dict:
            raise wrong(wire, "a map")
        return {key(name, blocks): value(content, blocks) for name, content in wire.items()}

    return decode


_CONTAINERS: dict[Any, Callable[[tuple[Any, ...]], Decode]] = {
    list: _list_decoder,
    tuple: _tuple_decoder,
    dict: _dict_decoder,
}


def _record_decoder(record: type[Any], annotations: dict[str, Any]) -> Decode:
    variables = ", ".join(f"v_{name}" for name in annotations)  # a field may be called as something the code uses
    listed = ", ".join(annotations)
    names: dict[str, Any] = {"record": record, "wrong": wrong, "new": tuple.__new__}
    lines = [
        "def code(wire, blocks):",
        f"    if type(wire) is not list or len(wire) != {len(annotations)}:",
        f"        raise wrong(wire, 'a list of the fields ({listed}) of {record.__name__}')",
        f"    {variables}, = wire",
    ]
    for name, annotation in annotations.items():
        lines += _field_code(record, name, annotation, names)
    make = f"new(record, ({variables},))" if issubclass(record, tuple) else f"record({variables})"
    lines.append(f"    return {make}")
    return _compile(record, "decode", "\n".join(lines), names)


def _field_code(record: type[Any], name: str, annotation: Any, names: dict[str, Any]) -> list[str]:
    """The lines that check one field and turn it into its value."""
    variable = f"v_{name}"
    data = DATA_FIELDS.get((record, name))
    if data is not None:
        names[f"table_{name}"] = data.decoders
        return [f"    {variable} = table_{name}[v_{data.type_field}]({variable}, blocks)"]
    if annotation in (str, int, bool):
        kind = annotation.__name__
        return [
            f"    if type({variable}) is not {kind}:",
            f"        raise wrong({variable}, 'of type {kind}, as {record.__name__}.{name} needs')",
        ]
    if isinstance(annotation, type) and issubclass(annotation, IntEnum):
        names[f"table_{name}"] = _EnumTable(annotation)
        return [f"    {variable} = table_{name}[{variable}]"]
    names[f"decode_{name}"] = decoder(annotation)
    call = f"{variable} = decode_{name}({variable}, blocks)"
    if get_args(annotation)[1:] == (Ellipsis,):  # a tuple that is nearly always empty, such as errors
        return [f"    if {variable} == []:", f"        {variable} = ()", "    else:", f"        {call}"]
    return [f"    {call}"]
