"""Readings of attributes: AttributeValue, AttributeValue_3, _4 and _5 (wire 7.1, 7.2).

On the wire the read part and the set point of a reading stand in one sequence, told apart by their dimensions. From
level 4 on that is a case of the union AttrValUnion, before an Any. DevEnum travels as short; level 5 says which it is.
Level 3 says neither that nor the format, levels 1 and 2 not even the dimensions of the set point: `completed` puts a
reading right for which the attribute's configuration is known.

A write-only attribute is sent like one that can be read too, with its set point in both parts. (cppTango sends it once;
clients of either kind understand both.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from server_core.model.config import AttributeConfig
from server_core.model.conversion import elements, to_array
from server_core.model.enums import AttrDataFormat, AttrQuality, DevState
from server_core.model.errors import DevError, DevFailed, Reason
from server_core.model.types import TYPES, CmdArgType, Kind
from server_core.model.values import VOID, AttributeValue, TypedValue
from server_core.protocol.exchange import ProtocolError
from server_core.protocol.giop.cdr import Builders, encoder
from server_core.protocol.giop.errors import MarshalError
from server_core.protocol.giop.failures import errors_of, read_text, sent_text, wire_errors
from server_core.protocol.giop.idl import ENUMS
from server_core.protocol.giop.mapping.common import seconds_of, type_of, wire_time
from server_core.protocol.giop.outgoing import LARGE, Chain

_T = CmdArgType
_SCALAR, _IMAGE, _UNKNOWN = AttrDataFormat.SCALAR, AttrDataFormat.IMAGE, AttrDataFormat.FMT_UNKNOWN

_TYPE_OF_CASE = (
    _T.DevBoolean, _T.DevShort, _T.DevLong, _T.DevLong64, _T.DevFloat, _T.DevDouble, _T.DevUChar, _T.DevUShort,
    _T.DevULong, _T.DevULong64, _T.DevString, _T.DevState, _T.DevState, _T.DevEncoded, _T.DevVoid,
)  # fmt: skip
"""The data type of each case of AttrValUnion."""

_case = ENUMS["AttributeDataType"].labels.index
DEVICE_STATE, _ATT_ENCODED, _ATT_NO_DATA = _case("DEVICE_STATE"), _case("ATT_ENCODED"), _case("ATT_NO_DATA")
NO_DATA = (_ATT_NO_DATA, True)
_CASES = {code: case for case, code in enumerate(_TYPE_OF_CASE) if case != DEVICE_STATE}
_CASES[_T.DevEnum] = _case("ATT_SHORT")
_LETTERS = {code: TYPES[code].typecode for code in _CASES}
_STATE, _STATUS = "state", "status"

_NO_DIM = (0, 0)
_NO_ERRORS: tuple[DevError, ...] = ()


Sample = tuple[CmdArgType, Any]
"""The data of a value in canonical form, behind the type of its elements: one sequence, but for a lone State."""


# ---- canonical data and the union


def union_of(data_type: CmdArgType, data: Any) -> tuple[int, Any]:
    """The case of AttrValUnion for a sequence of a type; ProtocolError for types that have none."""
    case = _CASES.get(data_type)
    if case is None:
        raise ProtocolError(f"{data_type} is not the type of an attribute")
    return case, data


def sample_of(union: Any) -> Sample:
    """The data in a case of AttrValUnion: DevVoid and None where it has none."""
    case, data = union
    if case == _ATT_NO_DATA:
        return _T.DevVoid, None
    if case == _ATT_ENCODED:
        data = [(encoding, bytes(content)) for encoding, content in data]
    return _TYPE_OF_CASE[case], data


def count_of(dim_x: int, dim_y: int) -> int:
    """How many elements the dimensions mean, as every client of the wire counts them (wire 7.1)."""
    return dim_x * dim_y if dim_y else dim_x


def joined(data_type: CmdArgType, parts: list[Any]) -> Any:
    """Sequences of a type as one, of which there is at least one; scalars may stand in tuples."""
    letter = _LETTERS.get(data_type)
    parts = [piece for part in parts for piece in (part.parts if type(part) is Chain else (part,))]
    if letter is None or isinstance(parts[0], tuple):
        return [element for part in parts for element in part]
    return memoryview(b"".join(parts)).cast(letter)  # type: ignore[call-overload]


# ---- from readings to the wire


def all_data(reading: AttributeValue) -> Any:
    """Read part and set point of a reading that has a value, as one sequence."""
    value = reading.value
    if not isinstance(value, (memoryview, list)):
        if reading.data_type is _T.DevString and reading.name.lower() == _STATUS:
            value = sent_text(value)
        return (value, reading.w_value) if reading.w_dim_x else (value,)
    if not reading.w_dim_x:
        return value
    if type(value) is memoryview and value.nbytes >= LARGE:
        return Chain(value, _set_point(reading))
    return joined(reading.data_type, [value, _set_point(reading)])


def _set_point(reading: AttributeValue) -> Any:
    """The set point, with as many elements as its dimensions say: an image that was never written has one empty one."""
    written = reading.w_value
    if len(written) or not count_of(reading.w_dim_x, reading.w_dim_y):
        return written
    return to_array(reading.data_type, [_EMPTY[TYPES[reading.data_type].kind]])


_EMPTY: dict[Kind, Any] = {
    Kind.BOOLEAN: False, Kind.INTEGER: 0, Kind.ENUM: 0, Kind.FLOAT: 0.0, Kind.STRING: "", Kind.ENCODED: ("", b""),
    Kind.STATE: DevState.UNKNOWN,
}  # fmt: skip


def _is_device_state(reading: AttributeValue) -> bool:
    return reading.data_type is _T.DevState and reading.name.lower() == _STATE


def _union(reading: AttributeValue) -> tuple[int, Any]:
    if reading.value is None:
        return NO_DATA
    if _is_device_state(reading):
        return DEVICE_STATE, reading.value
    return union_of(reading.data_type, all_data(reading))


def wire_reading_5(reading: AttributeValue) -> tuple[Any, ...]:
    """A reading as AttributeValue_5."""
    return (
        _union(reading),
        reading.quality,
        reading.data_format,
        reading.data_type,
        wire_time(reading.time),
        reading.name,
        (reading.dim_x, reading.dim_y),
        (reading.w_dim_x, reading.w_dim_y),
        wire_errors(reading.errors) if reading.errors else (),
    )


def wire_reading_4(reading: AttributeValue) -> tuple[Any, ...]:
    """A reading as AttributeValue_4."""
    union, quality, data_format, _, *rest = wire_reading_5(reading)
    return union, quality, data_format, *rest


def wire_reading_3(reading: AttributeValue) -> tuple[Any, ...]:
    """A reading as AttributeValue_3."""
    _, quality, _, _, *rest = wire_reading_5(reading)
    return wire_any(reading), quality, *rest


def wire_any(reading: AttributeValue) -> TypedValue:
    """The data of a reading as levels 1 to 3 send it: an array type, a single DevState for the attribute State."""
    if reading.value is None:
        return VOID
    if _is_device_state(reading):
        return TypedValue(_T.DevState, reading.value)
    return TypedValue(array_type(reading.data_type), all_data(reading))


def array_type(data_type: CmdArgType) -> CmdArgType:
    """The type of a sequence of such elements; ProtocolError for types that have none."""
    row = TYPES[data_type]
    if row.array is None:
        raise ProtocolError(f"{data_type} is not the type of an attribute")
    return row.array


def wire_reading(reading: AttributeValue) -> tuple[Any, ...]:
    """A reading as AttributeValue, of levels 1 and 2, which have no place for errors: raises DevFailed with those of
    the reading. The set point of a spectrum or image is left out, since its dimensions cannot be told."""
    if reading.errors:
        raise DevFailed(*reading.errors)
    if isinstance(reading.value, (memoryview, list)):
        reading = replace(reading, w_value=None, w_dim_x=0, w_dim_y=0)
    return (
        wire_any(reading),
        reading.quality,
        wire_time(reading.time),
        reading.name,
        reading.dim_x,
        reading.dim_y,
    )


def sayable(reading: AttributeValue, charset: str) -> AttributeValue:
    """The reading when its texts can be sent in a charset, else one that says that they cannot."""
    encode = encoder("string", charset=charset)
    try:
        for text in _texts(reading):
            encode(bytearray(), text)
    except MarshalError as error:
        return AttributeValue(reading.name, time=reading.time, errors=unsayable(error).errors)
    return reading


def unsayable(error: MarshalError) -> DevFailed:
    """What a client is told of data with characters that the charset has not (TYP-7)."""
    return DevFailed.of(Reason.PyDs_PythonError, f"UnicodeError: {error}", "server_core.protocol.giop.mapping")


def _texts(reading: AttributeValue) -> Iterator[str]:
    for data in (reading.value, reading.w_value):
        for element in elements(data):
            text = element[0] if reading.data_type is _T.DevEncoded and element else element
            if isinstance(text, str):
                yield text


# ---- from the wire to readings


def reading_of_5(
    union: Any,
    quality: AttrQuality,
    data_format: AttrDataFormat,
    data_type: int,
    time: Any,
    name: str,
    r_dim: Any,
    w_dim: Any,
    errors: Any,
) -> AttributeValue:
    """The reading that the members of an AttributeValue_5 tell."""
    code, data = sample_of(union)
    if data is None or data_type == _T.DevEnum:
        code = type_of(data_type)
    return reading_from(name, code, data, data_format, quality, time, r_dim, w_dim, errors)


def reading_of_4(
    union: Any,
    quality: AttrQuality,
    data_format: AttrDataFormat,
    time: Any,
    name: str,
    r_dim: Any,
    w_dim: Any,
    errors: Any,
) -> AttributeValue:
    """The reading that the members of an AttributeValue_4 tell; see `completed`."""
    code, data = sample_of(union)
    return reading_from(name, code, data, data_format, quality, time, r_dim, w_dim, errors)


def reading_of_3(
    value: TypedValue, quality: AttrQuality, time: Any, name: str, r_dim: Any, w_dim: Any, errors: Any
) -> AttributeValue:
    """The reading that the members of an AttributeValue_3 tell; see `completed`."""
    code, data = _attribute_sample(value)
    data_format = _UNKNOWN if data is None else likely_format(r_dim, w_dim)
    return reading_from(name, code, data, data_format, quality, time, r_dim, w_dim, errors)


def reading_of(value: TypedValue, quality: AttrQuality, time: Any, name: str, dim_x: int, dim_y: int) -> AttributeValue:
    """The reading that the members of an AttributeValue tell, of levels 1 and 2; see `completed`."""
    code, data = _attribute_sample(value)
    if data is None:
        return reading_from(name, code, None, _UNKNOWN, quality, time, _NO_DIM, _NO_DIM, ())
    r_dim = (dim_x, dim_y)
    count = count_of(dim_x, dim_y)
    rest = len(data) - count if isinstance(data, (memoryview, list)) else 0
    w_dim = _NO_DIM if rest <= 0 else r_dim if rest == count else (rest, 0)
    return reading_from(name, code, data, likely_format(r_dim, w_dim), quality, time, r_dim, w_dim, ())


READINGS: Builders = (
    ("AttributeValue_5", reading_of_5),
    ("AttributeValue_4", reading_of_4),
    ("AttributeValue_3", reading_of_3),
    ("AttributeValue", reading_of),
)
"""What has these structs decoded to readings at once; the data of scalars comes as a tuple then."""


def sample_of_any(value: TypedValue) -> Sample:
    """The data in an Any of levels 1 to 3."""
    row = TYPES[value.type]
    return row.element if row.kind is Kind.ARRAY else value.type, value.value


def _attribute_sample(value: TypedValue) -> Sample:
    code, data = sample_of_any(value)
    if data is not None and not TYPES[code].attribute:
        raise MarshalError(f"{code} is not the type of an attribute")
    return code, data


def likely_format(r_dim: Any, w_dim: Any) -> AttrDataFormat:
    """What a value with such dimensions is, as far as one can tell: a spectrum of one element looks like a scalar."""
    if r_dim[1] or w_dim[1]:
        return _IMAGE
    return _SCALAR if r_dim[0] == 1 and w_dim[0] <= 1 else AttrDataFormat.SPECTRUM


def reading_from(
    name: str,
    code: CmdArgType,
    data: Any,
    data_format: AttrDataFormat,
    quality: AttrQuality,
    time: Any,
    r_dim: Any,
    w_dim: Any,
    errors: Any,
) -> AttributeValue:
    """A reading of the data of a `Sample`, read part and set point, and of what stands beside it on the wire."""
    stack = errors_of(errors) if errors else _NO_ERRORS
    when = seconds_of(time)
    if stack:
        return AttributeValue(name, time=when, errors=stack)
    if data is None:
        return AttributeValue(name, code, data_format, quality, when)
    dim_x, dim_y = r_dim
    w_dim_x, w_dim_y = w_dim
    if data_format is not _SCALAR:
        if type(data) is tuple:
            data = to_array(code, data)
        value, written = _parts(data, count_of(dim_x, dim_y), count_of(w_dim_x, w_dim_y), name)
        if data_format is _IMAGE:  # one that was never written has no rows (and one element, which says nothing)
            written = written[: w_dim_x * w_dim_y]
        if not w_dim_x:
            written = None
    elif type(data) is tuple or type(data) is memoryview or type(data) is list:
        value, written = _scalars(code, data, w_dim_x, name)
    else:
        value, written, w_dim_x = data, None, 0
    return AttributeValue(
        name, code, data_format, quality, when, value, dim_x, dim_y, written, w_dim_x, w_dim_y, _NO_ERRORS
    )


def _scalars(code: CmdArgType, data: Any, has_set_point: int, name: str) -> tuple[Any, Any]:
    try:
        value, written = data[0], data[-1] if has_set_point else None
    except IndexError:
        raise MarshalError(f"the reading of {name} says that it has a value, and has none") from None
    if code is _T.DevBoolean:
        return bool(value), None if written is None else bool(written)
    if code is _T.DevString and name.lower() == _STATUS:
        return read_text(value), written
    return value, written


def _parts(data: Any, count: int, w_count: int, name: str) -> tuple[Any, Any]:
    """Read part and set point; where there is one part only, of an attribute that can only be written, it is both."""
    if not isinstance(data, (memoryview, list)) or min(count, w_count) < 0 or len(data) < max(count, w_count):
        raise MarshalError(f"the reading of {name} has not the elements that its dimensions need")
    if len(data) == count:
        return data, data[:w_count]
    if len(data) < count + w_count:
        raise MarshalError(f"the reading of {name} has {len(data)} elements where {count} + {w_count} are needed")
    return data[:count], data[count : count + w_count]


def completed(reading: AttributeValue, config: AttributeConfig) -> AttributeValue:
    """A reading that came by an older interface, with type and format as the configuration says."""
    if reading.errors:
        return reading
    data_type = config.data_type if reading.data_type in (_T.DevVoid, _T.DevShort) else reading.data_type
    value, written = reading.value, reading.w_value
    if config.data_format is not _SCALAR and reading.data_format is _SCALAR:
        value, written = [None if data is None else to_array(data_type, (data,)) for data in (value, written)]
    if config.data_format is _IMAGE and written is not None:
        written = written[: reading.w_dim_x * reading.w_dim_y]
    return replace(reading, data_type=data_type, data_format=config.data_format, value=value, w_value=written)
