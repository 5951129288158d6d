"""The attributes of TangoTest as a table, and how the readings of each kind are made.

Source: SIM-4..SIM-8, and the C++ TangoTest 9.3.4 itself.
"""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from server_core.devices.signals import COIN, UNIFORM, noise
from server_core.model.enums import AttrWriteType
from server_core.model.types import TYPES, Kind
from server_core.model.types import CmdArgType as T

SPECTRUM_LENGTH = 256
IMAGE_SIDE = 251
GENERATOR_START = 256
"""What the generators take for a set point before the first write."""


class Moment(NamedTuple):
    """What a reading is made of: the type of its elements, the set point it follows, the number of the period since
    the start, and the side of an image."""

    dtype: T
    set_point: Any
    tick: int
    side: int


Maker = Callable[[Moment], Any]


class Row(NamedTuple):
    """One attribute. `shape` is its largest dimensions, none for a scalar.

    `make` gives a new reading each period; without it the reading is what was last written. `source` names the
    attribute whose set point the reading follows, `start` that set point before the first write. `associate` is the
    attribute that a READ_WITH_WRITE one is written through. `config` are further options of the declaration.
    """

    name: str
    dtype: T
    access: AttrWriteType
    make: Maker | None = None
    shape: tuple[int, ...] = ()
    source: str = ""
    start: Any = None
    associate: str = ""
    config: dict[str, Any] = {}  # noqa: RUF012 (a NamedTuple's default is never written to)


# ---- scalars


def below_set_point(moment: Moment) -> Any:
    """A random whole number in 0..w-1, 0 for a set point w of 1 or less."""
    value = random.randrange(int(moment.set_point)) if moment.set_point > 1 else 0
    return float(value) if TYPES[moment.dtype].kind is Kind.FLOAT else value


def sine(moment: Moment) -> float:
    """The set point as amplitude of a sine that goes on by one degree a period."""
    return float(moment.set_point * math.sin(math.radians(moment.tick % 360)))


# ---- arrays


def numbers(dtype: T, values: Iterable[int]) -> memoryview[Any]:
    """Small whole numbers as the flat array of a type."""
    if TYPES[dtype].kind is Kind.BOOLEAN:
        return memoryview(bytes(values)).cast("?")
    return memoryview(array(TYPES[dtype].typecode or "B", list(values)))


def _square(data: memoryview[Any], side: int) -> memoryview[Any]:
    return data.cast("B").cast(data.format, (side, side))  # type: ignore[call-overload, no-any-return]


def random_spectrum(moment: Moment) -> memoryview[Any]:
    """256 random numbers in 0..255; random booleans for a boolean type."""
    return numbers(moment.dtype, noise(SPECTRUM_LENGTH, _random_table(moment.dtype)))


def random_image(moment: Moment) -> memoryview[Any]:
    """An image of such numbers."""
    return _square(numbers(moment.dtype, noise(moment.side**2, _random_table(moment.dtype))), moment.side)


def _random_table(dtype: T) -> bytes:
    return COIN if TYPES[dtype].kind is Kind.BOOLEAN else UNIFORM


def beam_image(moment: Moment) -> memoryview[Any]:
    """A cone of light near the middle of a dark image; its place and size differ at every reading."""
    side = moment.side
    shift, limit = max(1, side // 20), side // 8
    radius = limit + _either_sign(max(1, limit // 5))
    centre_x, centre_y = ((side - 1) // 2 + _either_sign(shift) for _ in range(2))
    image = numbers(moment.dtype, bytes(side * side))
    cone = _cone(radius)
    for offset, line in enumerate(cone, centre_y - radius):
        if 0 <= offset < side:
            start, first = offset * side + centre_x - radius, max(0, radius - centre_x)
            last = min(len(line), side - centre_x + radius)
            image[start + first : start + last] = numbers(moment.dtype, line[first:last])
    return _square(image, side)


def _either_sign(limit: int) -> int:
    return random.choice((-1, 1)) * random.randrange(limit)


@lru_cache(maxsize=16)
def _cone(radius: int) -> list[bytes]:
    span = range(-radius, radius)
    return [bytes(max(0, radius - math.isqrt(x * x + y * y)) for x in span) for y in span]


def wave(moment: Moment) -> memoryview[Any]:
    """A sine whose amplitude is the set point, one degree an element, going on by one degree a period."""
    degrees = range(moment.tick % 360, moment.tick % 360 + SPECTRUM_LENGTH)
    return memoryview(array("d", [moment.set_point * math.sin(math.radians(degree)) for degree in degrees]))


def hello_spectrum(moment: Moment) -> list[str]:
    """256 greetings, numbered, with a random number each."""
    return [f"[{i:02}]::hello-world-{value:04}" for i, value in enumerate(noise(SPECTRUM_LENGTH))]


def hello_image(moment: Moment) -> list[list[str]]:
    """An image of greetings, numbered by column and row."""
    span = range(moment.side)
    return [
        [f"[{x:02}][{y:02}]::hello world::{value:04}" for x, value in zip(span, noise(moment.side), strict=True)]
        for y in span
    ]


def dark(dtype: T, shape: tuple[int, ...]) -> Any:
    """What an array holds before the first write: zeros, or empty strings, of the usual length or side."""
    if dtype is T.DevString:
        line = [""] * (SPECTRUM_LENGTH if len(shape) == 1 else IMAGE_SIDE)
        return line if len(shape) == 1 else [line] * IMAGE_SIDE
    if len(shape) == 1:
        return numbers(dtype, bytes(SPECTRUM_LENGTH))
    return _square(numbers(dtype, bytes(IMAGE_SIDE**2)), IMAGE_SIDE)


# ---- the table

_R, _W, _RW, _RWW = (
    AttrWriteType.READ,
    AttrWriteType.WRITE,
    AttrWriteType.READ_WRITE,
    AttrWriteType.READ_WITH_WRITE,
)


def _follows(name: str, dtype: T, make: Maker = below_set_point, *, start: float = GENERATOR_START) -> Row:
    return Row(name, dtype, _RW, make, source=name, start=start)


def _through(name: str, dtype: T, make: Maker = below_set_point) -> Row:
    return Row(f"{name}_rww", dtype, _RWW, make, source=f"{name}_w", associate=f"{name}_w")


def _set_point(name: str, dtype: T, start: float = GENERATOR_START) -> Row:
    return Row(name, dtype, _W, start=start)


_SCALARS = (
    _set_point("ampli", T.DevDouble, 1.0),
    Row("boolean_scalar", T.DevBoolean, _RW, start=True, config={"doc": "A boolean scalar attribute"}),
    _follows("double_scalar", T.DevDouble, sine),
    _through("double_scalar", T.DevDouble, sine),
    _set_point("double_scalar_w", T.DevDouble),
    _follows("float_scalar", T.DevFloat, start=0)._replace(config={"doc": "A float attribute"}),
    Row("long64_scalar", T.DevLong64, _RW, below_set_point, source="long_scalar"),
    _follows("long_scalar", T.DevLong),
    _through("long_scalar", T.DevLong),
    _set_point("long_scalar_w", T.DevLong),
    Row("no_value", T.DevLong, _R),
    _follows("short_scalar", T.DevShort),
    Row("short_scalar_ro", T.DevShort, _R, below_set_point, source="short_scalar"),
    _through("short_scalar", T.DevShort),
    _set_point("short_scalar_w", T.DevShort),
    Row("string_scalar", T.DevString, _RW, start="Default string"),
    Row("throw_exception", T.DevLong, _R),
    _follows("uchar_scalar", T.DevUChar, start=0),
    Row("ulong64_scalar", T.DevULong64, _RW, below_set_point, source="ulong_scalar"),
    _follows("ushort_scalar", T.DevUShort, start=0),
    _follows("ulong_scalar", T.DevULong),
)

_ARRAY_TYPES = (
    ("boolean", T.DevBoolean, _RW),
    ("double", T.DevDouble, _RW),
    ("float", T.DevFloat, _RW),
    ("long64", T.DevLong64, _R),
    ("long", T.DevLong, _RW),
    ("short", T.DevShort, _RW),
    ("string", T.DevString, _RW),
    ("uchar", T.DevUChar, _RW),
    ("ulong64", T.DevULong64, _R),
    ("ulong", T.DevULong, _R),
    ("ushort", T.DevUShort, _RW),
)
"""Types of the array families; those marked READ have no writable member."""

_RANDOM_IMAGES = (T.DevBoolean, T.DevUChar, T.DevUShort)

_BYTE_RANGE = {"min_value": 0, "max_value": 255}

_ARRAY_CONFIG: dict[str, dict[str, Any]] = {
    "float_spectrum": {"doc": "A float spectrum attribute"},
    "uchar_spectrum": {"doc": "An unsigned char spectrum attribute", **_BYTE_RANGE},
    "ushort_spectrum": {"doc": "An unsigned short spectrum attribute"},
    "boolean_image_ro": {"label": "boolean_image"},
    "float_image_ro": {"label": "float_image", "doc": "A float image attribute", **_BYTE_RANGE},
    "uchar_image_ro": {"label": "uchar_image", "doc": "An unsigned char image attribute", **_BYTE_RANGE},
    "ushort_image_ro": {"doc": "An unsigned short image attribute", **_BYTE_RANGE},
}

_LARGEST = {"string_spectrum": (256,), "string_image": (256, 256), "ushort_image_ro": (8192, 8192)}


def _family(kind: str, largest: tuple[int, ...], maker: Callable[[T], Maker]) -> Iterable[Row]:
    for word, dtype, access in _ARRAY_TYPES:
        name = f"{word}_{kind}"
        shape = _LARGEST.get(name, largest)
        if access is _RW:
            yield Row(name, dtype, _RW, shape=shape, config=_ARRAY_CONFIG.get(name, {}))
        name_ro = f"{name}_ro"
        yield Row(name_ro, dtype, _R, maker(dtype), _LARGEST.get(name_ro, shape), config=_ARRAY_CONFIG.get(name_ro, {}))


def _spectrum_maker(dtype: T) -> Maker:
    return hello_spectrum if dtype is T.DevString else random_spectrum


def _image_maker(dtype: T) -> Maker:
    if dtype is T.DevString:
        return hello_image
    return random_image if dtype in _RANDOM_IMAGES else beam_image


ROWS: dict[str, Row] = {
    row.name: row
    for row in (
        *_SCALARS,
        *_family("spectrum", (4096,), _spectrum_maker),
        Row("wave", T.DevDouble, _R, wave, (4096,), source="ampli"),
        *_family("image", (IMAGE_SIDE, IMAGE_SIDE), _image_maker),
    )
}
"""All attributes by name, in the order in which clients list them."""
