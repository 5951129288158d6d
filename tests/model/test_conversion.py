"""Python values into Tango data and back: nothing wraps, nothing is lost (TYP-2..TYP-4, ATT-29)."""

from __future__ import annotations

import enum
import math
from array import array
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server_core.model.conversion import (
    from_array,
    from_attribute_data,
    from_command_data,
    to_array,
    to_attribute_data,
    to_command_data,
    to_scalar,
)
from server_core.model.enums import AttrDataFormat, DevState
from server_core.model.types import TYPES, CmdArgType, Kind

INTEGERS = [row.code for row in TYPES.values() if row.kind is Kind.INTEGER and row.attribute]
NUMBERS = [row.code for row in TYPES.values() if row.attribute and row.numeric]
T = CmdArgType


@pytest.mark.parametrize("code", INTEGERS)
def test_integer_limits_are_accepted_and_anything_beyond_refused(code: CmdArgType) -> None:
    """TYP-2"""
    row = TYPES[code]
    assert to_scalar(code, row.low) == row.low
    assert to_scalar(code, row.high) == row.high
    for value in (row.low - 1, row.high + 1):
        with pytest.raises(OverflowError, match=str(value)):
            to_scalar(code, value)
        with pytest.raises(OverflowError, match=str(value)):
            to_array(code, [0, value])


@pytest.mark.parametrize(
    ("code", "value"),
    [
        (T.DevLong, 1.5),
        (T.DevLong, "1"),
        (T.DevDouble, "1.5"),
        (T.DevDouble, None),
        (T.DevBoolean, 2),
        (T.DevBoolean, "true"),
        (T.DevString, 3),
        (T.DevState, "NOWHERE"),
        (T.DevState, 14),
        (T.DevEncoded, b"x"),
        (T.DevVoid, 0),
    ],
)
def test_no_guessing_between_types(code: CmdArgType, value: object) -> None:
    """TYP-4: strings never become numbers, floats never integers; TYP-5 for states"""
    with pytest.raises((TypeError, ValueError, OverflowError)):
        to_scalar(code, value)


class Mode(enum.Enum):
    LOCAL = 0
    REMOTE = 1


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        (T.DevDouble, 3, 3.0),
        (T.DevDouble, numpy.float32(0.5), 0.5),
        (T.DevLong, numpy.int64(7), 7),
        (T.DevLong, True, 1),
        (T.DevBoolean, 1, True),
        (T.DevBoolean, numpy.bool_(False), False),
        (T.DevState, "fault", DevState.FAULT),
        (T.DevState, 0, DevState.ON),
        (T.DevEnum, Mode.REMOTE, 1),
        (T.DevString, b"\xe9", "é"),
        (T.DevEncoded, ("GRAY8", bytearray(b"ab")), ("GRAY8", b"ab")),
    ],
)
def test_what_fits_is_taken(code: CmdArgType, value: object, expected: object) -> None:
    converted = to_scalar(code, value)
    assert converted == expected
    assert type(converted) is type(expected)


def test_single_precision_is_single() -> None:
    """TYP-3"""
    assert to_scalar(T.DevFloat, 1e38) == 9.999999680285692e37
    assert to_scalar(T.DevFloat, 1e39) == math.inf
    assert to_scalar(T.DevFloat, -1e39) == -math.inf


@pytest.mark.parametrize("code", NUMBERS)
def test_a_fitting_buffer_is_not_copied(code: CmdArgType) -> None:
    typecode = TYPES[code].typecode
    assert typecode is not None
    source = array(typecode, [1, 2, 3])
    view = to_array(code, source)
    source[1] = 9
    assert list(view) == [1, 9, 3]
    matrix = numpy.arange(6, dtype=typecode).reshape(2, 3)
    image = to_array(code, matrix)
    matrix[1, 2] = 42
    assert image[5] == 42
    assert image.ndim == 1


def test_other_buffers_are_converted_with_their_range_checked() -> None:
    assert list(to_array(T.DevShort, numpy.array([1, 2], dtype="int64"))) == [1, 2]
    assert list(to_array(T.DevDouble, numpy.array([1, 2], dtype="int16"))) == [1.0, 2.0]
    assert list(to_array(T.DevDouble, numpy.arange(6.0)[::2])) == [0.0, 2.0, 4.0]
    assert list(to_array(T.DevLong, numpy.array([1, 2], dtype=">i4"))) == [1, 2]
    with pytest.raises(OverflowError, match="70000"):
        to_array(T.DevShort, numpy.array([1, 70000]))
    with pytest.raises(TypeError):
        to_array(T.DevLong, numpy.array([1.5]))
    with pytest.raises(TypeError):
        to_array(T.DevBoolean, numpy.array([2], dtype="uint8"))


def test_text_is_no_sequence_of_numbers_or_strings() -> None:
    for code in (T.DevString, T.DevLong, T.DevUChar):
        with pytest.raises(TypeError):
            to_array(code, "abc")


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_integer_arrays_come_back_as_they_went(values: list[int]) -> None:
    assert list(from_array(T.DevLong64, to_array(T.DevLong64, values))) == values


@given(st.lists(st.floats(width=64)))
def test_float_arrays_come_back_as_they_went(values: list[float]) -> None:
    back = list(from_array(T.DevDouble, to_array(T.DevDouble, values)))
    assert [repr(float(value)) for value in back] == [repr(value) for value in values]


@given(st.lists(st.booleans()))
def test_boolean_arrays_come_back_as_booleans(values: list[bool]) -> None:
    back = from_array(T.DevBoolean, to_array(T.DevBoolean, values))
    assert back.dtype == bool
    assert back.tolist() == values


@pytest.mark.parametrize(
    ("data_format", "value", "dims"),
    [
        ("SCALAR", 1.5, (1, 0)),
        ("SPECTRUM", [1.0, 2.0, 3.0], (3, 0)),
        ("SPECTRUM", [], (0, 0)),
        ("IMAGE", [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], (3, 2)),
        ("IMAGE", [[]], (0, 1)),
        ("IMAGE", [], (0, 0)),
        ("IMAGE", numpy.zeros((4, 5)), (5, 4)),
    ],
)
def test_dimensions(data_format: str, value: Any, dims: tuple[int, int]) -> None:
    """ATT-29"""
    data, dim_x, dim_y = to_attribute_data(T.DevDouble, AttrDataFormat[data_format], value)
    assert (dim_x, dim_y) == dims
    back = from_attribute_data(T.DevDouble, AttrDataFormat[data_format], data, dim_x, dim_y)
    assert numpy.array_equal(back, numpy.array(value).reshape(numpy.shape(back)))


def test_ragged_images_are_refused_with_the_row() -> None:
    with pytest.raises(ValueError, match="row 1"):
        to_attribute_data(T.DevDouble, AttrDataFormat.IMAGE, [[1, 2], [3]])


def test_pairs() -> None:
    data = to_command_data(T.DevVarLongStringArray, ([1, 2], ["a"]))
    numbers, strings = from_command_data(T.DevVarLongStringArray, data)
    assert (numbers.tolist(), strings) == ([1, 2], ["a"])
    for wrong in ([1], "ab", ([1], [2]), (["a"], ["a"])):
        with pytest.raises((TypeError, ValueError)):
            to_command_data(T.DevVarLongStringArray, wrong)


def test_without_numpy_arrays_are_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server_core.model.conversion.numpy_or_none", lambda: None)
    assert from_array(T.DevLong, to_array(T.DevLong, [1, 2])) == array("i", [1, 2])
    assert from_array(T.DevBoolean, to_array(T.DevBoolean, [True, False])) == [True, False]
    data, x, y = to_attribute_data(T.DevLong, AttrDataFormat.IMAGE, [[1, 2], [3, 4]])
    assert from_attribute_data(T.DevLong, AttrDataFormat.IMAGE, data, x, y) == [array("i", [1, 2]), array("i", [3, 4])]
