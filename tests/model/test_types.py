"""The type table (TYP-1, TYP-2, TYP-12, TYP-13) and the words that select its rows."""

from __future__ import annotations

import enum

import numpy
import pytest

from server_core.model import enums
from server_core.model.enums import AttrDataFormat, DevState
from server_core.model.types import TYPES, CmdArgType, Kind, command_type, resolve_dtype


def test_every_code_has_a_row() -> None:
    assert set(TYPES) == set(CmdArgType)


def test_the_codes_of_the_types() -> None:
    """TYP-1"""
    names = [
        "DevVoid", "DevBoolean", "DevShort", "DevLong", "DevFloat", "DevDouble", "DevUShort", "DevULong",
        "DevString", "DevVarCharArray", "DevVarShortArray", "DevVarLongArray", "DevVarFloatArray",
        "DevVarDoubleArray", "DevVarUShortArray", "DevVarULongArray", "DevVarStringArray", "DevVarLongStringArray",
        "DevVarDoubleStringArray", "DevState", "ConstDevString", "DevVarBooleanArray", "DevUChar", "DevLong64",
        "DevULong64", "DevVarLong64Array", "DevVarULong64Array", "DevInt", "DevEncoded", "DevEnum", "DevPipeBlob",
        "DevVarStateArray", "DevVarEncodedArray",
    ]  # fmt: skip
    assert {code.name: code.value for code in CmdArgType} == {name: code for code, name in enumerate(names)} | {
        "Unknown": 100
    }
    arguments = {row.name for row in TYPES.values() if row.command}
    assert set(names) - arguments == {
        "ConstDevString", "DevUChar", "DevInt", "DevPipeBlob", "DevVarStateArray", "DevVarEncodedArray",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "members"),
    [
        ("VALID INVALID ALARM CHANGING WARNING", {e.name.removeprefix("ATTR_"): e.value for e in enums.AttrQuality}),
        ("READ READ_WITH_WRITE WRITE READ_WRITE WT_UNKNOWN", {e.name: e.value for e in enums.AttrWriteType}),
        ("SCALAR SPECTRUM IMAGE FMT_UNKNOWN", {e.name: e.value for e in enums.AttrDataFormat}),
        ("OPERATOR EXPERT DL_UNKNOWN", {e.name: e.value for e in enums.DispLevel}),
        ("DEV CACHE CACHE_DEV", {e.name: e.value for e in enums.DevSource}),
        ("WARN ERR PANIC", {e.name: e.value for e in enums.ErrSeverity}),
        ("NOT_KNOWN NONE MEMORIZED MEMORIZED_WRITE_INIT", {e.name: e.value for e in enums.AttrMemorizedType}),
        (
            "ON OFF CLOSE OPEN INSERT EXTRACT MOVING STANDBY FAULT INIT RUNNING ALARM DISABLE UNKNOWN",
            {e.name: e.value for e in DevState},
        ),
    ],
)
def test_the_numbers_of_the_enumerations(words: str, members: dict[str, int]) -> None:
    """TYP-5, TYP-6"""
    assert members == {word: number for number, word in enumerate(words.split())}


def test_the_numbers_of_the_event_types() -> None:
    """TYP-6: 1 (quality) is dead."""
    kinds = {e.value: e.name for e in enums.EventType}
    assert kinds == {
        0: "CHANGE_EVENT", 2: "PERIODIC_EVENT", 3: "ARCHIVE_EVENT", 4: "USER_EVENT", 5: "ATTR_CONF_EVENT",
        6: "DATA_READY_EVENT", 7: "INTERFACE_CHANGE_EVENT", 8: "PIPE_EVENT", 9: "ALARM_EVENT",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("DevShort", -32768, 32767),
        ("DevLong", -2147483648, 2147483647),
        ("DevLong64", -(2**63), 2**63 - 1),
        ("DevUChar", 0, 255),
        ("DevUShort", 0, 65535),
        ("DevULong", 0, 4294967295),
        ("DevULong64", 0, 2**64 - 1),
    ],
)
def test_integer_ranges(name: str, low: int, high: int) -> None:
    """TYP-2"""
    row = TYPES[CmdArgType[name]]
    assert (row.low, row.high) == (low, high)


def test_attribute_types_are_those_of_the_model() -> None:
    """TYP-13"""
    assert {row.name for row in TYPES.values() if row.attribute} == {
        "DevBoolean", "DevShort", "DevLong", "DevLong64", "DevFloat", "DevDouble", "DevUChar", "DevUShort",
        "DevULong", "DevULong64", "DevString", "DevState", "DevEncoded", "DevEnum",
    }  # fmt: skip


def test_types_that_commands_cannot_carry_are_refused() -> None:
    """TYP-12"""
    for code in ("DevUChar", "DevVarStateArray", "DevVarEncodedArray", "DevPipeBlob", "DevInt"):
        with pytest.raises(TypeError, match=code):
            command_type(CmdArgType[code])


def test_arrays_know_their_elements_and_scalars_their_arrays() -> None:
    for row in TYPES.values():
        if row.kind is Kind.ARRAY:
            assert TYPES[row.element].kind is not Kind.ARRAY
            assert TYPES[row.element].typecode == row.typecode
        if row.array is not None:
            assert TYPES[row.array].kind is Kind.ARRAY


class Colour(enum.IntEnum):
    RED = 0
    BLUE = 1


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (float, ("DevDouble", "SCALAR")),
        ("float32", ("DevFloat", "SCALAR")),
        ("DevShort", ("DevShort", "SCALAR")),
        ("devshort", ("DevShort", "SCALAR")),
        (int, ("DevLong64", "SCALAR")),
        (bool, ("DevBoolean", "SCALAR")),
        (numpy.int16, ("DevShort", "SCALAR")),
        (numpy.float64, ("DevDouble", "SCALAR")),
        ((float,), ("DevDouble", "SPECTRUM")),
        ([str], ("DevString", "SPECTRUM")),
        (((numpy.uint16,),), ("DevUShort", "IMAGE")),
        (CmdArgType.DevVarDoubleArray, ("DevDouble", "SPECTRUM")),
        (DevState, ("DevState", "SCALAR")),
        (Colour, ("DevEnum", "SCALAR")),
        ((Colour,), ("DevEnum", "SPECTRUM")),
    ],
)
def test_dtypes(dtype: object, expected: tuple[str, str]) -> None:
    code, data_format = resolve_dtype(dtype)
    assert (code.name, data_format.name) == expected


@pytest.mark.parametrize("dtype", ["nonsense", object, (float, int), (((float,),),), 999, {}])
def test_what_is_no_dtype_is_refused(dtype: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        resolve_dtype(dtype)


def test_command_types() -> None:
    assert command_type((float,)) is CmdArgType.DevVarDoubleArray
    assert command_type([str]) is CmdArgType.DevVarStringArray
    assert command_type("DevVarLongStringArray") is CmdArgType.DevVarLongStringArray
    assert command_type(None) is CmdArgType.DevVoid
    assert resolve_dtype(None) == (CmdArgType.DevVoid, AttrDataFormat.SCALAR)
