"""Python values into Tango data and back.

Inside the project a value has one canonical form per type, which both codecs send without touching it:

    DevBoolean bool · integers and DevEnum int · floats float · strings str · DevState DevState
    DevEncoded (format, bytes)
    arrays of numbers, booleans and enums: a one-dimensional C-contiguous memoryview with the typecode of the type table
    arrays of strings and states: list
    pairs: (memoryview of numbers, list of str)

A spectrum or image is the flat array of its elements plus its dimensions (an image row by row). numpy arrays come in
without a copy when their type fits, and go out when numpy is installed; numpy itself is imported only when the first
array is handed to a user.

Out-of-range input is refused, never wrapped (TYP-2). Errors are Python's own (TypeError, ValueError, OverflowError) and
name the value and the rule; callers turn them into the DevFailed that fits their place.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import cache
from typing import Any

from server_core.model.encoded import EncodedAttribute
from server_core.model.enums import AttrDataFormat, DevState
from server_core.model.types import TYPES, CmdArgType, Kind, TangoType


def to_scalar(code: CmdArgType, value: Any) -> Any:
    """`value` in the canonical form of scalar type `code`.

    Integers are taken for float types, 0 and 1 for booleans, a state's name for DevState; strings are never turned
    into numbers nor floats into integers (TYP-4). numpy scalars count as the Python values they hold.
    """
    return _SCALAR[TYPES[code].kind](TYPES[code], value)


def _integer(row: TangoType, value: Any) -> int:
    if not isinstance(value, int):
        value = _from_numpy(value)
        if isinstance(value, Enum):
            value = value.value
        if not isinstance(value, int):
            raise TypeError(f"{value!r} is not an integer, as {row.name} needs")
    if not row.low <= value <= row.high:
        raise OverflowError(f"{value} is outside {row.low}..{row.high}, the range of {row.name}")
    return int(value)


def _float(row: TangoType, value: Any) -> float:
    if not isinstance(value, (float, int)):
        value = _from_numpy(value)
        if not isinstance(value, (float, int)):
            raise TypeError(f"{value!r} is not a number, as {row.name} needs")
    if row.typecode == "f":
        return array("f", (float(value),))[0]  # what 32 bits keep: too large a value becomes infinite (TYP-3)
    return float(value)


def _boolean(row: TangoType, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    value = _from_numpy(value)
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise TypeError(f"{value!r} is not a boolean (True, False, 1 or 0)")


def _string(row: TangoType, value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a string, as {row.name} needs")
    return str(value)


def _state(row: TangoType, value: Any) -> DevState:
    if isinstance(value, DevState):
        return value
    if isinstance(value, str):
        try:
            return DevState[value.upper()]
        except KeyError:
            raise ValueError(f"{value!r} is not a state ({', '.join(DevState.__members__)})") from None
    value = _from_numpy(value)
    if isinstance(value, int):
        try:
            return DevState(value)
        except ValueError:
            raise ValueError(f"{value} is not a state (0..{DevState.UNKNOWN:d})") from None
    raise TypeError(f"{value!r} is not a state")


def _encoded(row: TangoType, value: Any) -> tuple[str, bytes]:
    if isinstance(value, EncodedAttribute):
        return value.format, value.data
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise TypeError(f"{value!r} is not an encoded value: a pair (format, bytes)")
    encoding, data = value
    if isinstance(data, str):
        data = data.encode("latin-1")
    if not isinstance(encoding, str):
        raise TypeError(f"{encoding!r} is not the format name of an encoded value")
    return encoding, bytes(data)


def _no_value(row: TangoType, value: Any) -> None:
    if value is not None:
        raise TypeError(f"{value!r} given where {row.name} carries no value")


def _not_scalar(row: TangoType, value: Any) -> Any:
    raise TypeError(f"{row.name} is not a scalar type")


def _from_numpy(value: Any) -> Any:
    """The Python value inside a numpy scalar (or 0-dimensional array); anything else unchanged."""
    if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0:
        return value.item()
    return value


_SCALAR: dict[Kind, Callable[[TangoType, Any], Any]] = {
    Kind.VOID: _no_value,
    Kind.BOOLEAN: _boolean,
    Kind.INTEGER: _integer,
    Kind.FLOAT: _float,
    Kind.STRING: _string,
    Kind.STATE: _state,
    Kind.ENUM: _integer,
    Kind.ENCODED: _encoded,
    Kind.ARRAY: _not_scalar,
    Kind.PAIR: _not_scalar,
    Kind.BLOB: _not_scalar,
    Kind.UNKNOWN: _not_scalar,
}


def to_array(code: CmdArgType, values: Any) -> Any:
    """The flat array of element type `code` (or of the elements of array type `code`) that holds `values`.

    `values` is any sequence, `array.array`, buffer or numpy array, of any number of dimensions when it is a buffer.
    Buffers that already have the right element type are taken without a copy.
    """
    row = TYPES[TYPES[code].element]
    if row.typecode is None:
        if isinstance(values, (str, bytes)):
            raise TypeError(f"{values!r} is one string, not a sequence of them")
        convert = _SCALAR[row.kind]
        return [convert(row, value) for value in values]
    if isinstance(values, (bytes, bytearray)) and row.typecode != "B":
        raise TypeError(f"bytes are not a sequence of {row.name}")
    if isinstance(values, str):
        raise TypeError(f"{values!r} is a string, not a sequence of {row.name}")
    view = _buffer_of(row, values)
    if view is None:
        view = memoryview(_array_from_elements(row, values))
    return view


def _buffer_of(row: TangoType, values: Any) -> memoryview | None:
    """`values` as a flat view when it is a buffer of exactly the element type, else None."""
    try:
        view = memoryview(values)
    except TypeError:
        return None
    wanted = row.typecode
    native = view.format.lstrip("@=<" if sys.byteorder == "little" else "@=>") if view.format else "B"
    if native == "?" and row.kind is Kind.BOOLEAN:
        native = "B"
    elif row.kind is Kind.BOOLEAN:
        return None
    if native in "lL":
        native = {4: "i", 8: "q"}[view.itemsize] if native == "l" else {4: "I", 8: "Q"}[view.itemsize]
    if native != wanted or not view.c_contiguous:
        return None
    if view.nbytes == 0:
        return memoryview(array(row.typecode or "B"))
    return view.cast("B").cast(row.typecode)  # type: ignore[call-overload, no-any-return]


def _array_from_elements(row: TangoType, values: Any) -> array[Any]:
    typecode = row.typecode
    assert typecode is not None
    if hasattr(values, "ravel"):
        values = values.ravel().tolist()
    if row.kind is Kind.FLOAT:
        try:
            return array(typecode, values)
        except (TypeError, OverflowError):
            return array(typecode, [_float(row, value) for value in values])
    if row.kind is Kind.BOOLEAN:
        return array(typecode, [_boolean(row, value) for value in values])
    return array(typecode, [_integer(row, value) for value in values])


def to_attribute_data(code: CmdArgType, data_format: AttrDataFormat, value: Any) -> tuple[Any, int, int]:
    """The canonical data of an attribute value with its dimensions: `(data, dim_x, dim_y)` (ATT-29).

    A SCALAR is `(scalar, 1, 0)`; a SPECTRUM `(flat array, n, 0)`; an IMAGE, given as rows of equal length or a
    two-dimensional buffer, `(flat array row by row, columns, rows)`.
    """
    if data_format is AttrDataFormat.SCALAR:
        return to_scalar(code, value), 1, 0
    if data_format is AttrDataFormat.SPECTRUM:
        data = to_array(code, value)
        return data, len(data), 0
    shape = getattr(value, "shape", None)
    if shape is not None and len(shape) == 2:
        return to_array(code, value), shape[1], shape[0]
    rows = list(value)
    if not rows:
        return to_array(code, ()), 0, 0
    width = len(rows[0])
    for index, row in enumerate(rows):
        if isinstance(row, str) or len(row) != width:
            raise ValueError(f"row {index} of the image has another length than row 0 ({width})")
    return to_array(code, [element for row in rows for element in row]), width, len(rows)


def to_command_data(code: CmdArgType, value: Any) -> Any:
    """The canonical form of a command argument or result of type `code`; a pair is `(numbers, strings)`."""
    row = TYPES[code]
    if row.kind is Kind.ARRAY:
        return to_array(code, value)
    if row.kind is Kind.PAIR:
        if isinstance(value, (str, bytes)) or not isinstance(value, Sequence) or len(value) != 2:
            raise TypeError(f"{value!r} is not a pair (numbers, strings), as {row.name} needs")
        return to_array(row.element, value[0]), to_array(CmdArgType.DevString, value[1])
    return to_scalar(code, value)


@cache
def numpy_or_none() -> Any:
    """The numpy module when it is installed, else None; imported on the first call only."""
    try:
        import numpy
    except ImportError:
        return None
    return numpy


def from_array(code: CmdArgType, data: Any) -> Any:
    """A flat canonical array as its user gets it, who may write into it: a numpy array when numpy is installed, else
    `array.array` (a list of bool for DevBoolean). Lists of strings and states stay lists.

    Data that others may see later is given as a read-only view, of which the user gets a copy.
    """
    row = TYPES[TYPES[code].element]
    if row.typecode is None:
        return list(data)
    numpy = numpy_or_none()
    if numpy is not None:
        flat = numpy.frombuffer(data, dtype="?" if row.kind is Kind.BOOLEAN else row.typecode)
        return flat.copy() if data.readonly else flat
    if row.kind is Kind.BOOLEAN:
        return [bool(element) for element in data]
    return array(row.typecode, data)


def from_attribute_data(code: CmdArgType, data_format: AttrDataFormat, data: Any, dim_x: int, dim_y: int) -> Any:
    """Canonical attribute data as its user gets it; an IMAGE is a 2-dimensional numpy array, else a list of rows."""
    if data is None or data_format is AttrDataFormat.SCALAR:
        return data
    if data_format is AttrDataFormat.SPECTRUM:
        return from_array(code, data)
    flat = from_array(code, data)
    if hasattr(flat, "reshape"):
        return flat.reshape(dim_y, dim_x)
    return [flat[row * dim_x : (row + 1) * dim_x] for row in range(dim_y)]


def from_command_data(code: CmdArgType, data: Any) -> Any:
    """A canonical command argument or result as its user gets it; a pair is a list `[numbers, strings]`."""
    row = TYPES[code]
    if row.kind is Kind.ARRAY:
        return from_array(code, data)
    if row.kind is Kind.PAIR:
        return [from_array(row.element, data[0]), list(data[1])]
    return data


def elements(data: Any) -> Iterable[Any]:
    """The elements of canonical data one by one, whether it is a scalar or a flat array."""
    if isinstance(data, (memoryview, list)):
        return data
    return (data,)
