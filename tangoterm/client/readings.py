"""What users get for a reading: values with their quality, time and set point, under PyTango's names."""

from __future__ import annotations

from typing import Any

from server_core.model.conversion import from_attribute_data, from_command_data, to_array
from server_core.model.enums import AttrDataFormat, AttrQuality
from server_core.model.errors import DevError, DevFailed
from server_core.model.time_val import TimeVal
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue, CommandRecord


class AttributeDimension(tuple[int, int]):
    """Dimensions of a value: `dim_x` elements in a row, `dim_y` rows (0 for scalars and spectra)."""

    __slots__ = ()

    def __new__(cls, dim_x: int, dim_y: int) -> AttributeDimension:
        """The dimensions as one value."""
        return super().__new__(cls, (dim_x, dim_y))

    @property
    def dim_x(self) -> int:
        """Elements in a row."""
        return self[0]

    @property
    def dim_y(self) -> int:
        """Rows of an image, else 0."""
        return self[1]


class DeviceAttribute:
    """One reading. `value` and `w_value` are None when the reading failed or has no value; arrays are numpy arrays
    when numpy is installed, else `array.array` (images: lists of rows), those of strings tuples, of states lists.
    `data` is the reading in canonical form."""

    __slots__ = ("_value", "_w_value", "data")

    def __init__(self, data: AttributeValue) -> None:
        self.data = data
        self._value: Any = _UNCONVERTED
        self._w_value: Any = _UNCONVERTED

    @property
    def name(self) -> str:
        """The attribute's name."""
        return self.data.name

    @property
    def value(self) -> Any:
        """What was read."""
        if self._value is _UNCONVERTED:
            data = self.data
            self._value = _for_user(data, data.value, data.dim_x, data.dim_y)
        return self._value

    @property
    def w_value(self) -> Any:
        """The set point of a writable attribute; of others None, an array without elements in a spectrum or image."""
        if self._w_value is _UNCONVERTED:
            data = self.data
            written = data.w_value
            if written is None and data.value is not None and data.data_format is not AttrDataFormat.SCALAR:
                written = to_array(data.data_type, ())
            self._w_value = _for_user(data, written, data.w_dim_x, data.w_dim_y)
        return self._w_value

    @property
    def quality(self) -> AttrQuality:
        """How far the value can be trusted."""
        return self.data.quality

    @property
    def time(self) -> TimeVal:
        """When it was read."""
        return TimeVal(self.data.time)

    @property
    def type(self) -> CmdArgType:
        """The type of its elements."""
        return self.data.data_type

    @property
    def data_format(self) -> AttrDataFormat:
        """Scalar, spectrum or image."""
        return self.data.data_format

    @property
    def dim_x(self) -> int:
        """Elements of a row."""
        return self.data.dim_x

    @property
    def dim_y(self) -> int:
        """Rows of an image, else 0."""
        return self.data.dim_y

    @property
    def w_dim_x(self) -> int:
        """Elements of a row of the set point."""
        return self.data.w_dim_x

    @property
    def w_dim_y(self) -> int:
        """Rows of the set point of an image, else 0."""
        return self.data.w_dim_y

    @property
    def r_dimension(self) -> AttributeDimension:
        """The dimensions of the value."""
        return AttributeDimension(self.data.dim_x, self.data.dim_y)

    @property
    def w_dimension(self) -> AttributeDimension:
        """The dimensions of the set point."""
        return AttributeDimension(self.data.w_dim_x, self.data.w_dim_y)

    @property
    def nb_read(self) -> int:
        """How many elements were read."""
        return self.data.dim_x * max(self.data.dim_y, 1)

    @property
    def nb_written(self) -> int:
        """How many elements the set point has."""
        return self.data.w_dim_x * max(self.data.w_dim_y, 1)

    @property
    def has_failed(self) -> bool:
        """Whether there are errors in the value's place."""
        return self.data.has_failed

    @property
    def is_empty(self) -> bool:
        """Whether there is no value (it failed, or is of quality INVALID), or there are no elements at all in the
        arrays of value and set point (ATT-29)."""
        data = self.data
        if data.value is None or data.data_format is AttrDataFormat.SCALAR:
            return data.value is None
        return not data.value and not data.w_value

    def get_date(self) -> TimeVal:
        """When it was read."""
        return self.time

    def get_err_stack(self) -> tuple[DevError, ...]:
        """The errors in the value's place, root cause first."""
        return self.data.errors

    def raise_for_error(self) -> DeviceAttribute:
        """The reading itself; DevFailed when it failed."""
        if self.data.errors:
            raise DevFailed(*self.data.errors)
        return self

    def __repr__(self) -> str:
        if self.has_failed:
            return f"{type(self).__name__}(name={self.name!r}, errors={self.data.errors!r})"
        return (
            f"{type(self).__name__}(name={self.name!r}, value={self.value!r}, w_value={self.w_value!r}, "
            f"quality={self.quality.name}, time={self.time.isoformat(' ')!r}, type={self.type.name}, "
            f"data_format={self.data_format.name})"
        )


def _for_user(data: AttributeValue, value: Any, dim_x: int, dim_y: int) -> Any:
    """A value or set point of a reading as its user gets it; strings in tuples, as PyTango has it."""
    if value is None or data.data_format is AttrDataFormat.SCALAR:
        return value
    converted = from_attribute_data(data.data_type, data.data_format, value, dim_x, dim_y)
    if data.data_type is CmdArgType.DevString:
        if data.data_format is AttrDataFormat.IMAGE:
            return tuple(tuple(row) for row in converted)
        return tuple(converted)
    return converted


class _Unconverted:
    pass


_UNCONVERTED = _Unconverted()


class DeviceAttributeHistory(DeviceAttribute):
    """One of the polled readings of an attribute (POLL-77)."""

    __slots__ = ()


class DeviceDataHistory:
    """One of the polled executions of a command (POLL-77)."""

    __slots__ = ("record",)

    def __init__(self, record: CommandRecord) -> None:
        self.record = record

    @property
    def time(self) -> TimeVal:
        """When it was executed."""
        return TimeVal(self.record.time)

    @property
    def value(self) -> Any:
        """Its result; None when it failed."""
        return None if self.has_failed() else from_command_data(*self.record.result)

    def has_failed(self) -> bool:
        """Whether there are errors in the result's place."""
        return bool(self.record.errors)

    def get_date(self) -> TimeVal:
        """When it was executed."""
        return self.time

    def get_err_stack(self) -> tuple[DevError, ...]:
        """The errors in the result's place, root cause first."""
        return self.record.errors

    def extract(self) -> Any:
        """Its result; DevFailed when it failed."""
        if self.has_failed():
            raise DevFailed(*self.record.errors)
        return self.value

    def __repr__(self) -> str:
        outcome = f"errors={self.record.errors!r}" if self.has_failed() else f"value={self.value!r}"
        return f"DeviceDataHistory(time={self.time.isoformat(' ')!r}, {outcome})"
