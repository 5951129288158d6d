"""Decoders of IDL types, generated as straight-line code (wire 5).

A decoder takes a message and an offset into it and gives the value and the offset behind it. Fields of fixed size that
follow one another are unpacked in one call, with the count or length that comes after them; the alignment is computed
where the place is known and at run time where it is not. Each kind of list has a function `(message, offset, count,
depth)` of its own, each case of a union a decoder.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable
from functools import cache
from typing import Any

from server_core.model import enums
from server_core.protocol.giop import errors
from server_core.protocol.giop.anys import Decode, any_decoder
from server_core.protocol.giop.errors import MarshalError, conversion_error
from server_core.protocol.giop.idl import (
    Array,
    Basic,
    Definition,
    Enum,
    Primitive,
    Sequence,
    Struct,
    definition,
)
from server_core.protocol.giop.primitives import LATIN_1, LITTLE
from server_core.protocol.giop.source import Source

DEPTH_LIMIT = 64
"""So many blobs may be nested in one another."""
EITHER = "utf-8 or latin-1"
"""The charset of text that is UTF-8 from some servers and Latin-1 from others. What is no UTF-8 is read as Latin-1 with
the signs of Windows-1252 in place of control characters: so MySQL has it, and the C++ database gives servers that start
the octets of its tables."""
_SIGNS = {code: bytes((code,)).decode("windows-1252", "ignore") or chr(code) for code in range(0x80, 0xA0)}

Builders = tuple[tuple[str, Callable[..., Any]], ...]
"""Names of structs, and the functions that make something of their members; the same tuple each time."""

_BUFFERS = {letter: memoryview(array(letter)) for letter in "BhHiIqQfd"}
_TRUTHS, _AS_TRUTH = b"\0\1", b"\0" + b"\1" * 255


class _Labels(dict[int, Any]):
    """What belongs to each number of an enumeration; a number that it does not have is a MarshalError."""

    def __init__(self, name: str, values: Any) -> None:
        super().__init__(enumerate(values))
        self.name = name

    def __missing__(self, number: int) -> Any:
        raise MarshalError(f"{number} is not a {self.name} (0..{len(self) - 1})", errors.NO_SUCH_VALUE)


@cache
def _members(name: str) -> _Labels:
    """The members of an enumeration: those of the model where it has it, else plain numbers."""
    count = len(definition(name).labels)  # type: ignore[union-attr]
    member = getattr(enums, name, int)
    return _Labels(name, [member(number) for number in range(count)])


def short(place: int, data: memoryview) -> MarshalError:
    """The error for data that ends before the value at `place` does."""
    return MarshalError(f"the data ends inside the value at {place}: there are {len(data)} bytes")


def _too_long(count: int, place: int, data: memoryview) -> MarshalError:
    text = f"{count} elements at {place} do not fit into the {len(data) - place} bytes that are left"
    return MarshalError(text, errors.TOO_LONG)


def _unterminated(place: int) -> MarshalError:
    return MarshalError(f"the string that ends at {place} has no zero at its end", errors.UNTERMINATED)


def _too_deep() -> MarshalError:
    return MarshalError(f"more than {DEPTH_LIMIT} values are nested in one another")


def _utf8(data: memoryview) -> str:
    try:
        return str(data, "utf-8")
    except UnicodeDecodeError as error:
        raise conversion_error(f"{bytes(data[:60])!r} is not UTF-8: {error}", errors.BAD_CHARACTERS) from error


def _either(data: memoryview) -> str:
    try:
        return str(data, "utf-8")
    except UnicodeDecodeError:
        return str(data, LATIN_1).translate(_SIGNS)


_TEXT = {LATIN_1: 'str({data}, "latin-1")', "utf-8": "utf8({data})", EITHER: "either({data})"}


def numbers(letter: str, size: int, little: bool) -> Callable[..., tuple[memoryview, int]]:
    """The function that reads a list of numbers: in native order a view of the message, else a copy."""
    empty = _BUFFERS[letter]
    mask = size - 1

    def read(b: memoryview, o: int, n: int, depth: int = 0) -> tuple[memoryview, int]:
        if not n:
            return empty, o
        o = (o + mask) & ~mask
        end = o + n * size
        if end > len(b):
            raise _too_long(n, o, b)
        return b[o:end].cast(letter), end  # type: ignore[call-overload]

    def read_swapped(b: memoryview, o: int, n: int, depth: int = 0) -> tuple[memoryview, int]:
        view, end = read(b, o, n)
        copy = array(letter, view.tobytes())
        copy.byteswap()
        return memoryview(copy), end

    return read if little is LITTLE or size == 1 else read_swapped


def _booleans(b: memoryview, o: int, n: int, depth: int = 0) -> tuple[memoryview, int]:
    end = o + n
    if end > len(b):
        raise _too_long(n, o, b)
    view = b[o:end]
    if bytes(view).translate(None, _TRUTHS):
        view = memoryview(bytes(view).translate(_AS_TRUTH))
    return view, end


class _Decoder(Source):
    """The code that reads one type, as it is written."""

    def __init__(self, little: bool, charset: str, builders: Builders) -> None:
        super().__init__({
            "short": short, "unterminated": _unterminated, "too_long": _too_long,
            "too_deep": _too_deep, "utf8": _utf8, "either": _either, "error": struct.error,
        })  # fmt: skip
        self.little = little
        self.charset = charset
        self.builders = dict(builders)
        self.form = (little, charset, builders)
        self.known = (1, 0)  # the place that is read next is at `known[1]`, modulo `known[0]`
        self.run = ""  # formats of the fields that are unpacked together
        self.run_names: list[str] = []

    def fixed(self, letter: str, size: int) -> str:
        """The variable that will hold a field of fixed size."""
        modulo, place = self.known
        if modulo % size:
            self.flush()
            self.emit(f"o = o + {size - 1} & -{size}")
            modulo, place = size, 0
        elif place % size:
            pad = -place % size
            self.run += f"{pad}x"
            place += pad
        self.known = (modulo, (place + size) % modulo)
        self.run += letter
        variable = self.name()
        self.run_names.append(variable)
        return variable

    def flush(self) -> None:
        """Unpack the fields collected."""
        if self.run:
            compiled = struct.Struct("<>"[not self.little] + self.run)
            unpack = "unpack_" + self.run.replace("?", "t")
            self.names[unpack] = compiled.unpack_from
            self.emit(f"{', '.join(self.run_names)}, = {unpack}(b, o)")
            self.emit(f"o += {compiled.size}")
        self.run, self.run_names = "", []

    def value(self, type: str, inside: tuple[str, ...] = ()) -> str:
        """The expression of a value of `type`, valid after `flush`; `inside` are the lists that it is an element of."""
        made = definition(type)
        match made:
            case Primitive(letter, size, _):
                return self.fixed(letter, size)
            case Enum(name, _):
                self.names[f"enum_{name}"] = _members(name)
                return f"enum_{name}[{self.fixed('I', 4)}]"
            case Struct(name, fields):
                values = ", ".join([self.value(field.type, inside) for field in fields])
                if build := self.builders.get(name):
                    self.names[f"build_{name}"] = build
                    return f"build_{name}({values})"
                return f"({values},)" if values else "()"
            case Array(element, length):
                values = ", ".join([self.value(element, inside) for _ in range(length)])
                return f"({values},)"
            case Sequence(element):
                return self.sequence(element, inside)
            case Basic("string"):
                return self.string()
            case Basic("void"):
                return "None"
            case Basic():
                self.names["any"] = any_decoder(decoder, self.little, self.charset)
                return self.call("any(b, o)")
            case _:
                case_number = self.fixed("I", 4)
                decoders = [decoder(case.type, *self.form) for case in made.cases]
                self.names[f"union_{made.name}"] = _Labels(made.name, decoders)
                return f"({case_number}, {self.call(f'union_{made.name}[{case_number}](b, o)')})"

    def call(self, reading: str) -> str:
        """The variable with what another function reads, which ends anywhere."""
        self.flush()
        variable = self.name()
        self.emit(f"{variable}, o = {reading}")
        self.known = (1, 0)
        return variable

    def string(self) -> str:
        length = self.fixed("I", 4)
        self.flush()
        variable = self.name()
        self.emit(f"e = o + {length}")
        self.emit(f"if {length} and b[e - 1]: raise unterminated(e)")
        self.emit(f"if {length} > 1:")
        self.emit(f"    {variable} = {_TEXT[self.charset].format(data='b[o:e - 1]')}")
        self.emit(f'    if "\\0" in {variable}: {variable} = {variable}.partition("\\0")[0]')
        self.emit(f'else: {variable} = ""')
        self.emit("o = e")
        self.known = (1, 0)
        return variable

    def sequence(self, element: str, inside: tuple[str, ...]) -> str:
        made = definition(element)
        count = self.fixed("I", 4)
        if element in inside:  # a blob in a blob: this very function
            function = "code"
        else:
            function = "list_" + "".join(character if character.isalnum() else "_" for character in element)
            self.names[function] = list_decoder(element, *self.form)
        reading = f"{function}(b, o, {count}, {'depth + 1' if inside else '0'})"
        return self.call(reading if isinstance(made, (Primitive, Enum)) else f"{reading} if {count} else ([], o)")

    def function(self, parameters: str, result: str, purpose: str) -> Callable[..., Any]:
        """The function made of the lines written."""
        end = f"        return {result}, o", "    except (error, IndexError): raise short(o, b) from None"
        return self.compiled(parameters, end, f"decode {purpose}")


@cache
def decoder(type: str, little: bool = LITTLE, charset: str = LATIN_1, builders: Builders = ()) -> Decode:
    """The decoder of values of `type` in messages of one byte order.

    The message begins at the start of the memoryview, which is of bytes; alignment counts from there. MarshalError, and
    nothing else, when the bytes are no such value. Arrays of numbers are views of the message where its order is the
    machine's own; texts end at a NUL (TYP-7).

    With `builders`, the structs named become what these functions make of their members, and one or two numbers in a
    sequence are given as a tuple: both save time where many small values come.
    """
    made = definition(type)
    if isinstance(made, Sequence) and isinstance(element := definition(made.element), Primitive):
        return _array_decoder(made.element, element, little, charset, bool(builders))
    source = _Decoder(little, charset, builders)
    result = source.value(type)
    source.flush()
    return source.function("b, o", result, type)


@cache
def list_decoder(element: str, little: bool, charset: str, builders: Builders = ()) -> Callable[..., tuple[Any, int]]:
    """The function `(message, offset, count, depth)` that reads so many elements, after their count."""
    made = definition(element)
    if isinstance(made, Primitive):
        return _booleans if made.letter == "?" else numbers(made.letter, made.size, little)
    if isinstance(made, Enum):
        return _enum_list_decoder(element, little)
    if isinstance(made, Struct) and (letters := _letters(made)):
        return _plain_list_decoder(made, letters, little)
    source = _Decoder(little, charset, builders)
    source.emit(f"if n * {smallest(element)} > len(b) - o: raise too_long(n, o, b)")
    source.emit(f"if depth > {DEPTH_LIMIT}: raise too_deep()")
    source.emit("values = []")
    source.emit("for _ in range(n):")
    source.indent += "    "
    value = source.value(element, (element,))
    source.flush()
    source.emit(f"values.append({value})")
    return source.function("b, o, n, depth", "values", f"list of {element}")


def _array_decoder(element: str, made: Primitive, little: bool, charset: str, brief: bool) -> Decode:
    """For a sequence of numbers with its count; with `brief`, one or two of them are a tuple."""
    order, size, mask = "<>"[not little], made.size, made.size - 1
    count = struct.Struct(order + "I").unpack_from
    few = [struct.Struct(f"{order}{number}{made.letter}").unpack_from for number in range(3)]
    read = list_decoder(element, little, charset)

    def decode(b: memoryview, o: int) -> tuple[Any, int]:
        o = (o + 3) & -4
        try:
            (n,) = count(b, o)
            if brief and 0 < n < 3:
                o = (o + 4 + mask) & ~mask
                return few[n](b, o), o + n * size
        except struct.error:
            raise short(o, b) from None
        return read(b, o + 4, n)

    return decode


def _enum_list_decoder(element: str, little: bool) -> Callable[..., tuple[Any, int]]:
    read, member = numbers("I", 4, little), _members(element).__getitem__

    def read_members(b: memoryview, o: int, n: int, depth: int) -> tuple[list[Any], int]:
        values, o = read(b, o, n)
        return [*map(member, values)], o

    return read_members


def _letters(made: Struct) -> str:
    """The formats of the members of a struct that is numbers of one size only, else an empty text."""
    members = [definition(field.type) for field in made.fields]
    plain = [member for member in members if isinstance(member, Primitive) and member.size == 4]
    return "".join(member.letter for member in plain) if len(plain) == len(members) else ""


def _plain_list_decoder(made: Struct, letters: str, little: bool) -> Callable[..., tuple[Any, int]]:
    """For structs of numbers of four bytes, such as TimeVal."""
    compiled = struct.Struct("<>"[not little] + letters)
    size, unpack = compiled.size, compiled.iter_unpack

    def read(b: memoryview, o: int, n: int, depth: int) -> tuple[list[Any], int]:
        end = o + n * size
        if end > len(b):
            raise _too_long(n, o, b)
        return list(unpack(b[o:end])), end

    return read


def smallest(type: str) -> int:
    """How many bytes a value of `type` takes at least."""
    made: Definition = definition(type)
    match made:
        case Primitive(_, size, _):
            return size
        case Struct(_, fields):
            return sum(smallest(field.type) for field in fields)
        case Array(element, length):
            return length * smallest(element)
        case Basic("void"):
            return 0
        case _:
            return 4
