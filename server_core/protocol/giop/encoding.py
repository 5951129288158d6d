"""Encoders of IDL types, generated as straight-line code (wire 5).

An encoder appends a value to a bytearray that holds the message from its start. Fields of fixed size that follow one
another are packed in one call, with the count that comes after them. Padding goes before what needs it, so nothing
follows the last value; a string brings its padding along where the next field is known to need it.
"""

from __future__ import annotations

import reprlib
import struct
from array import array
from collections.abc import Callable
from functools import cache
from typing import Any

from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop import errors
from server_core.protocol.giop.anys import Encode, any_encoder
from server_core.protocol.giop.decoding import DEPTH_LIMIT, EITHER
from server_core.protocol.giop.errors import conversion_error
from server_core.protocol.giop.idl import Array, Basic, Enum, Primitive, Sequence, Struct, definition
from server_core.protocol.giop.outgoing import LARGE, Chain, Message
from server_core.protocol.giop.primitives import LATIN_1, LITTLE
from server_core.protocol.giop.source import Source

_ZEROS = [bytes(count) for count in range(8)]
_REMEMBERED, _REMEMBERED_LENGTH = 4096, 80


class _Strings(dict[str, bytes]):
    """Strings as they are sent: length, characters, NUL, padding to `alignment`. Short ones are remembered."""

    def __init__(self, order: str, charset: str, alignment: int) -> None:
        super().__init__()
        self._length = struct.Struct(order + "I").pack
        self._charset = "utf-8" if charset == EITHER else charset
        self._mask = alignment - 1

    def __missing__(self, text: str) -> bytes:
        try:
            data = text.encode(self._charset)
        except UnicodeEncodeError as error:
            character = text[error.start]
            raise conversion_error(
                f"{character!r} (U+{ord(character):04X}) in {text!r:.100} is not in {self._charset}",
                errors.NO_SUCH_CHARACTER,
            ) from error
        data = data.partition(b"\0")[0]
        length = len(data) + 1
        sent = self._length(length) + data + _ZEROS[1 + (-length & self._mask)]
        if length <= _REMEMBERED_LENGTH:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[text] = sent
        return sent


@cache
def _strings(little: bool, charset: str, alignment: int) -> _Strings:
    return _Strings("<>"[not little], charset, alignment)


class _Cases(dict[int, Encode]):
    """Encoders of the cases of a union."""

    def __init__(self, name: str, encoders: list[Encode]) -> None:
        super().__init__(enumerate(encoders))
        self.name = name

    def __missing__(self, number: Any) -> Encode:
        raise ProtocolError(f"{number!r} is not a case of {self.name} (0..{len(self) - 1})")


def cannot(value: Any, type: str, error: Exception) -> ProtocolError:
    """The error for a value that a type cannot carry."""
    return ProtocolError(f"{reprlib.repr(value)} cannot be sent as {type}: {error}")


def _too_deep() -> ProtocolError:
    return ProtocolError(f"more than {DEPTH_LIMIT} values are nested in one another")


def _numbers_encoder(letter: str, size: int, little: bool) -> Encode:
    """For the elements of a list of numbers that has some."""
    order, mask = "<>"[not little], size - 1
    native = little is LITTLE or size == 1
    few = {count: struct.Struct(f"{order}{count}{letter}").pack for count in (1, 2)}  # a scalar, and its set point

    def encode(out: bytearray, values: Any) -> None:
        if pad := -len(out) & mask:
            out += _ZEROS[pad]
        kind = type(values)
        if kind is tuple or kind is list:
            pack = few.get(len(values)) or struct.Struct(f"{order}{len(values)}{letter}").pack
            out += pack(*values)
            return
        if kind is Chain:
            for part in values.parts:
                encode(out, part)
            return
        if kind is not memoryview:
            values = memoryview(values)
        if values.format != letter:
            raise ProtocolError(f"an array of format {values.format!r} where {letter!r} is needed")
        if native:
            if values.nbytes >= LARGE and type(out) is Message:
                out.put(values)
            else:
                out += values
        else:
            copy = array(letter, values.tobytes())
            copy.byteswap()
            out += memoryview(copy)

    return encode


class _Encoder(Source):
    """The code that writes one type, as it is written."""

    def __init__(self, little: bool, charset: str) -> None:
        super().__init__({
            "zeros": _ZEROS, "error": struct.error, "cannot": cannot, "too_deep": _too_deep,
            "text": _strings(little, charset, 1), "padded_text": _strings(little, charset, 4),
        })  # fmt: skip
        self.little = little
        self.charset = charset
        self.order = "<>"[not little]
        self.known = (1, 0)  # what is written next goes to `known[1]`, modulo `known[0]`
        self.run = ""  # formats of the fields that are packed together
        self.run_values: list[str] = []
        self.pending = ""  # a string, whose padding depends on what comes next

    def fixed(self, letter: str, size: int, value: str) -> None:
        """Write a field of fixed size."""
        self.align(size)
        modulo, place = self.known
        self.known = (modulo, (place + size) % modulo)
        self.run += letter
        self.run_values.append(value)

    def align(self, size: int) -> None:
        if self.pending and size % 4 == 0:
            self.emit(f"out += padded_text[{self.pending}]")
            self.pending, self.known = "", (4, 0)
        self.finish_string()
        modulo, place = self.known
        if modulo % size:
            self.flush()
            self.emit(f"if pad := -len(out) & {size - 1}: out += zeros[pad]")
            self.known = (size, 0)
        elif place % size:
            self.run += f"{-place % size}x"
            self.known = (modulo, (place + -place % size) % modulo)

    def finish_string(self) -> None:
        if self.pending:
            self.emit(f"out += text[{self.pending}]")
            self.pending, self.known = "", (1, 0)

    def flush(self) -> None:
        """Pack the fields collected; what is written next follows them without padding."""
        self.finish_string()
        if self.run:
            pack = "pack_" + self.run.replace("?", "t")
            self.names[pack] = struct.Struct(self.order + self.run).pack
            self.emit(f"out += {pack}({', '.join(self.run_values)})")
        self.run, self.run_values = "", []

    def pattern(self, type: str) -> tuple[str, list[tuple[str, str]]]:
        """What a value of `type` is unpacked to, and the variables of its parts with their types."""
        made = definition(type)
        parts: list[str] = []
        match made:
            case Struct(_, fields):
                parts = [field.type for field in fields]
            case Array(element, length):
                parts = [element] * length
            case _:
                variable = self.name()
                return variable, [(variable, type)]
        if not parts:
            return self.name(), []
        patterns = [self.pattern(part) for part in parts]
        return f"({', '.join(text for text, _ in patterns)},)", [leaf for _, leaves in patterns for leaf in leaves]

    def value(self, type: str, source: str, inside: str = "") -> None:
        """Write the value that the expression `source` gives."""
        text, leaves = self.pattern(type)
        self.emit(f"{text} = {source}")
        for variable, leaf in leaves:
            self.leaf(variable, leaf, inside)

    def leaf(self, variable: str, type: str, inside: str) -> None:
        made = definition(type)
        match made:
            case Primitive(letter, size, _):
                self.fixed(letter, size, variable)
            case Enum():
                self.fixed("I", 4, variable)
            case Basic("string"):
                self.align(4)
                self.flush()
                self.pending = variable
            case Basic("void"):
                pass
            case Basic():
                self.names["any"] = any_encoder(encoder, self.little, self.charset)
                self.call(f"any(out, {variable})")
            case Sequence(element):
                self.sequence(variable, element, inside)
            case Struct() | Array():
                raise AssertionError(f"{type} is unpacked by its pattern")
            case _:
                self.names[f"union_{made.name}"] = _Cases(
                    made.name, [encoder(case.type, self.little, self.charset) for case in made.cases]
                )
                case_number, content = self.name(), self.name()
                self.emit(f"{case_number}, {content} = {variable}")
                self.emit(f"write = union_{made.name}[{case_number}]")
                self.fixed("I", 4, case_number)
                self.call(f"write(out, {content})")

    def call(self, writing: str) -> None:
        """Have another function write, which ends anywhere."""
        self.flush()
        self.emit(writing)
        self.known = (1, 0)

    def sequence(self, variable: str, element: str, inside: str) -> None:
        made = definition(element)
        self.fixed("I", 4, f"len({variable})")
        self.flush()
        if element == inside:  # a blob in a blob: this very function
            function = "code"
        else:
            function = "list_" + "".join(character if character.isalnum() else "_" for character in element)
            self.names[function] = list_encoder(element, self.little, self.charset)
        depth = "" if isinstance(made, Primitive) else ", depth + 1" if inside else ", 0"
        self.emit(f"if len({variable}): {function}(out, {variable}{depth})")
        keeps = isinstance(made, (Primitive, Enum)) and getattr(made, "size", 4) >= 4
        self.known = (4, 0) if keeps else (1, 0)

    def function(self, parameters: str, purpose: str) -> Callable[..., None]:
        """The function made of the lines written."""
        refused = f"    except (error, OverflowError) as wrong: raise cannot(value, {purpose!r}, wrong) from None"
        return self.compiled(parameters, ("        pass", refused), f"encode {purpose}")


@cache
def encoder(type: str, little: bool = LITTLE, charset: str = LATIN_1) -> Encode:
    """The encoder of values of `type` for messages of one byte order.

    The bytearray that it appends to holds the message from its start, from where alignment counts. ProtocolError for a
    number out of its type's range or a character that the charset does not have (TYP-7); what was appended until then
    is part of no message. A string ends at a NUL. Arrays of numbers may be tuples or lists too, octets `bytes`.
    """
    source = _Encoder(little, charset)
    source.value(type, "value")
    source.flush()
    return source.function("out, value", type)


@cache
def list_encoder(element: str, little: bool, charset: str) -> Callable[..., None]:
    """The function that writes the elements of a list that has some; those of all but numbers take a depth too."""
    made = definition(element)
    if isinstance(made, Primitive):
        return _numbers_encoder("B" if made.letter == "?" else made.letter, made.size, little)
    source = _Encoder(little, charset)
    if isinstance(made, Enum):
        source.emit("if pad := -len(out) & 3: out += zeros[pad]")
        source.emit(f'out += pack(f"{source.order}{{len(value)}}I", *value)')
        source.names["pack"] = struct.pack
    elif made == Basic("string"):
        source.emit("if pad := -len(out) & 3: out += zeros[pad]")
        source.emit('out += b"".join([padded_text[text_] for text_ in value[:-1]])')
        source.emit("out += text[value[-1]]")
    else:
        source.emit(f"if depth > {DEPTH_LIMIT}: raise too_deep()")
        source.emit("for element in value:")
        source.indent += "    "
        source.value(element, "element", element)
        source.flush()
    return source.function("out, value, depth", f"list of {element}")
