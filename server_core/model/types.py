"""The table of Tango data types: codes, element types, buffer formats, ranges, and where each may be used.

Source: TYP-1, TYP-2, TYP-12, TYP-13. Everything that needs to know a type (conversion, both codecs, completion,
argument parsing, documentation) looks it up here.
"""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import NamedTuple

from server_core.model.enums import AttrDataFormat, DevState


class CmdArgType(IntEnum):
    """The numeric codes of Tango's data types (TYP-1)."""

    DevVoid = 0
    DevBoolean = 1
    DevShort = 2
    DevLong = 3
    DevFloat = 4
    DevDouble = 5
    DevUShort = 6
    DevULong = 7
    DevString = 8
    DevVarCharArray = 9
    DevVarShortArray = 10
    DevVarLongArray = 11
    DevVarFloatArray = 12
    DevVarDoubleArray = 13
    DevVarUShortArray = 14
    DevVarULongArray = 15
    DevVarStringArray = 16
    DevVarLongStringArray = 17
    DevVarDoubleStringArray = 18
    DevState = 19
    ConstDevString = 20
    DevVarBooleanArray = 21
    DevUChar = 22
    DevLong64 = 23
    DevULong64 = 24
    DevVarLong64Array = 25
    DevVarULong64Array = 26
    DevInt = 27
    DevEncoded = 28
    DevEnum = 29
    DevPipeBlob = 30
    DevVarStateArray = 31
    DevVarEncodedArray = 32
    Unknown = 100

    def __str__(self) -> str:
        return self.name


class Kind(Enum):
    """What sort of thing a type holds; conversion, parsing and formatting branch on this."""

    VOID = "void"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    FLOAT = "float"
    STRING = "string"
    STATE = "state"
    ENUM = "enum"
    ENCODED = "encoded"
    ARRAY = "array"
    PAIR = "pair"  # an array of numbers and an array of strings
    BLOB = "blob"
    UNKNOWN = "unknown"


class TangoType(NamedTuple):
    """One row of the type table.

    `element` is the type of an array's elements (of the numbers in a pair), else the type itself; `array` the array
    type that holds many of a scalar type; `typecode` the `array`/`struct` letter of elements kept in buffers;
    `low` and `high` the inclusive range of integers. `attribute` and `command` say where the type may be declared.
    """

    code: CmdArgType
    kind: Kind
    element: CmdArgType
    array: CmdArgType | None = None
    typecode: str | None = None
    low: int = 0
    high: int = 0
    attribute: bool = False
    command: bool = False

    @property
    def name(self) -> str:
        """The Tango name: `DevDouble`, `DevVarStringArray`, ..."""
        return self.code.name

    @property
    def numeric(self) -> bool:
        """Integers and floats: what has limits, alarms and change criteria."""
        return self.kind in (Kind.INTEGER, Kind.FLOAT)


_T = CmdArgType


def _scalar(
    code: CmdArgType, kind: Kind, array: CmdArgType | None, typecode: str | None, *, command: bool = True
) -> TangoType:
    low = high = 0
    if kind in (Kind.INTEGER, Kind.ENUM) and typecode is not None:
        bits = {"b": 8, "h": 16, "i": 32, "q": 64}[typecode.lower()]
        low, high = (0, 2**bits - 1) if typecode.isupper() else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return TangoType(code, kind, code, array, typecode, low, high, attribute=True, command=command)


def _array(code: CmdArgType, element: CmdArgType, typecode: str | None, *, command: bool = True) -> TangoType:
    return TangoType(code, Kind.ARRAY, element, None, typecode, command=command)


_ROWS = (
    TangoType(_T.DevVoid, Kind.VOID, _T.DevVoid, command=True),
    _scalar(_T.DevBoolean, Kind.BOOLEAN, _T.DevVarBooleanArray, "B"),
    _scalar(_T.DevShort, Kind.INTEGER, _T.DevVarShortArray, "h"),
    _scalar(_T.DevLong, Kind.INTEGER, _T.DevVarLongArray, "i"),
    _scalar(_T.DevFloat, Kind.FLOAT, _T.DevVarFloatArray, "f"),
    _scalar(_T.DevDouble, Kind.FLOAT, _T.DevVarDoubleArray, "d"),
    _scalar(_T.DevUShort, Kind.INTEGER, _T.DevVarUShortArray, "H"),
    _scalar(_T.DevULong, Kind.INTEGER, _T.DevVarULongArray, "I"),
    _scalar(_T.DevString, Kind.STRING, _T.DevVarStringArray, None),
    _array(_T.DevVarCharArray, _T.DevUChar, "B"),
    _array(_T.DevVarShortArray, _T.DevShort, "h"),
    _array(_T.DevVarLongArray, _T.DevLong, "i"),
    _array(_T.DevVarFloatArray, _T.DevFloat, "f"),
    _array(_T.DevVarDoubleArray, _T.DevDouble, "d"),
    _array(_T.DevVarUShortArray, _T.DevUShort, "H"),
    _array(_T.DevVarULongArray, _T.DevULong, "I"),
    _array(_T.DevVarStringArray, _T.DevString, None),
    TangoType(_T.DevVarLongStringArray, Kind.PAIR, _T.DevLong, None, "i", command=True),
    TangoType(_T.DevVarDoubleStringArray, Kind.PAIR, _T.DevDouble, None, "d", command=True),
    _scalar(_T.DevState, Kind.STATE, _T.DevVarStateArray, None),
    TangoType(_T.ConstDevString, Kind.STRING, _T.DevString, _T.DevVarStringArray),
    _array(_T.DevVarBooleanArray, _T.DevBoolean, "B"),
    _scalar(_T.DevUChar, Kind.INTEGER, _T.DevVarCharArray, "B", command=False),
    _scalar(_T.DevLong64, Kind.INTEGER, _T.DevVarLong64Array, "q"),
    _scalar(_T.DevULong64, Kind.INTEGER, _T.DevVarULong64Array, "Q"),
    _array(_T.DevVarLong64Array, _T.DevLong64, "q"),
    _array(_T.DevVarULong64Array, _T.DevULong64, "Q"),
    TangoType(_T.DevInt, Kind.INTEGER, _T.DevInt, None, "i", -(2**31), 2**31 - 1),
    _scalar(_T.DevEncoded, Kind.ENCODED, _T.DevVarEncodedArray, None),
    _scalar(_T.DevEnum, Kind.ENUM, _T.DevVarShortArray, "h"),
    TangoType(_T.DevPipeBlob, Kind.BLOB, _T.DevPipeBlob),
    _array(_T.DevVarStateArray, _T.DevState, None, command=False),
    _array(_T.DevVarEncodedArray, _T.DevEncoded, None, command=False),
    TangoType(_T.Unknown, Kind.UNKNOWN, _T.Unknown),
)

TYPES: dict[CmdArgType, TangoType] = {row.code: row for row in _ROWS}
"""The type table by code."""

DataTypeLike = object
"""What `resolve_dtype` understands; spelled out in its docstring."""

_BY_NAME: dict[str, CmdArgType] = {code.name.lower(): code for code in CmdArgType}
_BY_NAME |= {
    "none": _T.DevVoid, "void": _T.DevVoid,
    "bool": _T.DevBoolean, "boolean": _T.DevBoolean, "bool_": _T.DevBoolean,
    "int": _T.DevLong64, "long": _T.DevLong64, "int16": _T.DevShort, "short": _T.DevShort,
    "int32": _T.DevLong, "int64": _T.DevLong64,
    "uint": _T.DevULong64, "uint8": _T.DevUChar, "byte": _T.DevUChar, "uchar": _T.DevUChar, "char": _T.DevUChar,
    "chr": _T.DevUChar,
    "uint16": _T.DevUShort, "ushort": _T.DevUShort, "uint32": _T.DevULong, "uint64": _T.DevULong64,
    "float": _T.DevDouble, "double": _T.DevDouble, "float64": _T.DevDouble, "float32": _T.DevFloat,
    "str": _T.DevString, "string": _T.DevString, "text": _T.DevString,
    "state": _T.DevState, "enum": _T.DevEnum, "encoded": _T.DevEncoded, "bytearray": _T.DevEncoded,
    "bytes": _T.DevEncoded,
}  # fmt: skip

_BY_PYTHON_TYPE: dict[object, CmdArgType] = {
    None: _T.DevVoid,
    type(None): _T.DevVoid,
    bool: _T.DevBoolean,
    int: _T.DevLong64,
    float: _T.DevDouble,
    str: _T.DevString,
    bytes: _T.DevEncoded,
    bytearray: _T.DevEncoded,
    chr: _T.DevUChar,
    DevState: _T.DevState,
}


def resolve_scalar(dtype: object) -> CmdArgType:
    """The type code meant by one `dtype` word of the author's API.

    Accepts a `CmdArgType`, its name in any case (`DevDouble`), PyTango's words (`"float32"`, `"str"`), a Python type
    (`float`), an `IntEnum` class (DevEnum, or DevState itself) or a numpy scalar type. Raises TypeError, naming the
    value, for anything else.
    """
    if isinstance(dtype, CmdArgType):
        return dtype
    if isinstance(dtype, str):
        name = dtype.lower()
        code = _BY_NAME.get(name) or _BY_NAME.get("dev" + name)
        if code is not None or name in ("devvoid", "none", "void"):
            return code or _T.DevVoid
    elif dtype is None or dtype is chr or isinstance(dtype, type):
        if dtype in _BY_PYTHON_TYPE:
            return _BY_PYTHON_TYPE[dtype]
        if isinstance(dtype, type) and issubclass(dtype, Enum):
            return _T.DevEnum
        name = getattr(dtype, "__name__", "").lower()
        if getattr(dtype, "__module__", "").startswith("numpy") and name in _BY_NAME:
            return _BY_NAME[name]
    elif isinstance(dtype, int):
        return CmdArgType(dtype)
    raise TypeError(f"{dtype!r} is not a Tango data type")


def resolve_dtype(dtype: object) -> tuple[CmdArgType, AttrDataFormat]:
    """The element type and the format meant by a `dtype` of the author's API.

    `float` is a SCALAR, `(float,)` or `[float]` a SPECTRUM, `((float,),)` or `[[float]]` an IMAGE; an array type
    (`DevVarDoubleArray`) is a SPECTRUM of its elements. Raises TypeError for anything else.
    """
    depth = 0
    while isinstance(dtype, (tuple, list)):
        if len(dtype) != 1:
            raise TypeError(f"{dtype!r} is not a data type: a sequence dtype has exactly one element")
        (dtype,) = dtype
        depth += 1
    code = resolve_scalar(dtype)
    row = TYPES[code]
    if row.kind is Kind.ARRAY:
        depth, code = depth + 1, row.element
    if depth > 2:
        raise TypeError("a data type has at most two dimensions")
    return code, AttrDataFormat(depth)


def command_type(dtype: object) -> CmdArgType:
    """The argument type of a command declared with `dtype` (as `resolve_dtype`; a sequence becomes its array type).

    Raises TypeError for types that commands cannot carry (TYP-12).
    """
    if isinstance(dtype, (tuple, list)):
        code, data_format = resolve_dtype(dtype)
        array = TYPES[code].array
        if data_format is not AttrDataFormat.SPECTRUM or array is None:
            raise TypeError(f"{dtype!r} is not a command argument type")
        code = array
    else:
        code = resolve_scalar(dtype)
    if not TYPES[code].command:
        raise TypeError(f"{code.name} cannot be a command argument")
    return code
