"""An attribute of a running device: configuration, set point, last quality, and how it is read."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from server_core.device.attribute_api import AttributeApi
from server_core.device.attribute_parts import AlarmFlags, Criteria, Push, SetPoint
from server_core.device.author import bound, call, positional, with_optional
from server_core.device.configuration import Configuration
from server_core.device.declaration import attribute
from server_core.device.rules import LABELS
from server_core.device.scan import Comparison, differs, first_beyond, ge, le
from server_core.model.config import AttributeConfig
from server_core.model.conversion import to_array, to_attribute_data, to_scalar
from server_core.model.enums import AttrDataFormat, AttReqType, AttrQuality, AttrSerialModel, AttrWriteType, DevState
from server_core.model.errors import DevError, DevFailed, Reason, python_error
from server_core.model.types import TYPES, CmdArgType, Kind
from server_core.model.values import AttributeValue

if TYPE_CHECKING:
    from server_core.device.device import Device

VALID, INVALID = AttrQuality.ATTR_VALID, AttrQuality.ATTR_INVALID
_ALARM, _WARNING = AttrQuality.ATTR_ALARM, AttrQuality.ATTR_WARNING

_NOT_INITIALISED = "Not initialised"
_INITIAL: dict[Kind, Any] = {
    Kind.BOOLEAN: True,
    Kind.INTEGER: 0,
    Kind.FLOAT: 0.0,
    Kind.STRING: _NOT_INITIALISED,
    Kind.STATE: DevState.UNKNOWN,
    Kind.ENUM: 0,
    Kind.ENCODED: (_NOT_INITIALISED, b""),
}
"""Set points before the first write (ATT-30)."""


_NO_ALARM = AlarmFlags.NONE
_ALARM_LEVELS = AlarmFlags.MIN_ALARM | AlarmFlags.MAX_ALARM | AlarmFlags.RDS


class Attribute(AttributeApi):
    """One attribute of one device, under PyTango's names where authors meet it.

    `config` is the configuration as clients see it, `criteria` its event part as numbers; `watched` says that limits or
    a set point can put it into alarm, `wrongly_configured` that its start-up errors force the device to ALARM (but for
    a dynamic enum without labels, DYN-4). `memorised` is the set point to write again at start. `quality` and `flags`
    are those of the last reading. `forwarded` says that another device's attribute does the work.
    """

    forwarded = False

    def __init__(self, device: Device, declaration: attribute, *, dynamic: bool = False) -> None:
        self.device = device
        self.declaration = declaration
        self.dynamic = dynamic
        definition = declaration.definition(device)
        self.name = definition.name
        self.data_type = definition.data_type
        self.data_format = definition.data_format
        self.writable = definition.writable
        self.max_dim_x = definition.max_dim_x
        self.max_dim_y = definition.max_dim_y
        self.polling_period = declaration.polling_period
        self.configuration = Configuration(definition, declaration.defaults(device), device.get_name())
        self.associate: Attribute | None = None
        self.set_point = _initial(self.data_type, self.data_format)
        self.pending: SetPoint | None = None
        self.written_at: float | None = None
        self.memorised: SetPoint | None = None
        self.memorised_failure: tuple[DevError, ...] = ()
        self.quality = VALID
        self.flags = _NO_ALARM
        self.change_push = _push(declaration, "change")
        self.archive_push = _push(declaration, "archive")
        self.alarm_push = _push(declaration, "alarm")
        self.data_ready = declaration.flags.get("data_ready_event_implemented", False)
        self._scalar = self.data_format is AttrDataFormat.SCALAR
        self._plain_float = self._scalar and self.data_type is CmdArgType.DevDouble
        self._kept: AttributeValue | None = None
        self._bind()

    def _bind(self) -> None:
        device, declared, name = self.device, self.declaration, self.name
        reader = declared.method(device, declared.fget, f"read_{name}") if self.writable.readable else None
        writer = declared.method(device, declared.fset, f"write_{name}") if self.writable.writable else None
        allowed = declared.method(device, declared.fisallowed, f"is_{name}_allowed")
        if self.writable.readable and reader is None:
            self._no_method(f"read_{name}")
        if self.writable.writable and writer is None:
            self._no_method(f"write_{name}")
        in_class = declared.owner is not None
        self.read_method: Callable[[], Any] | None = None
        if reader is not None:
            self.read_method = with_optional(bound(device, reader, in_class=in_class), self)
        self.write_method = None if writer is None else bound(device, writer, in_class=in_class)
        self.is_allowed = None if allowed is None else _allowed(bound(device, allowed, in_class=in_class))

    def _no_method(self, method: str) -> NoReturn:
        raise DevFailed.of(
            Reason.API_AttrWrongDefined,
            f"Attribute : {self.name}: the device {self.device.get_name()} has no method {method}",
            "Attribute",
        )

    def configured(self) -> None:
        """Take over what the configuration says now."""
        configuration = self.configuration
        self.config: AttributeConfig = configuration.record()
        problem = configuration.startup_error
        self.startup_errors: tuple[DevError, ...] = () if problem is None else (problem,)
        problems = configuration.problems
        self.wrongly_configured = bool(problems) and not (self.dynamic and set(problems) == {LABELS})
        self.labels = configuration.labels
        self._is_enum = TYPES[self.data_type].kind is Kind.ENUM
        self._limits = (
            (configuration["min_alarm"], le, AlarmFlags.MIN_ALARM),
            (configuration["max_alarm"], ge, AlarmFlags.MAX_ALARM),
            (configuration["min_warning"], le, AlarmFlags.MIN_WARNING),
            (configuration["max_warning"], ge, AlarmFlags.MAX_WARNING),
        )
        delta_val, delta_t = configuration["delta_val"], configuration["delta_t"]
        self._rds = None if delta_val is None or delta_t is None else (delta_val, delta_t / 1000)
        self.watched = self.writable is not AttrWriteType.WRITE and not self.startup_errors
        self.watched &= self.has_limits
        self.criteria = Criteria(
            configuration["rel_change"],
            configuration["abs_change"],
            configuration["archive_rel_change"],
            configuration["archive_abs_change"],
            configuration["event_period"] or 1000,
            configuration["archive_period"],
        )

    # ---- reading

    def read(self) -> AttributeValue:
        """A reading, now (ATT-23). Raises DevFailed with what prevents it; a refusal leaves the last quality."""
        if self.startup_errors:
            raise DevFailed(*self.startup_errors)
        if self.is_allowed is not None and not call(self.is_allowed, AttReqType.READ_REQ):
            raise DevFailed.of(
                Reason.API_AttrNotAllowed,
                f"It is currently not allowed to read attribute {self.name}",
                "Attribute.read",
            )
        if self.memorised_failure:
            raise DevFailed(*self.memorised_failure).stacked(
                Reason.API_MemAttFailedDuringInit,
                f"Attribute {self.name} is a memorized attribute. It failed during the write call of the device "
                "startup sequence",
                "Attribute.read",
            )
        try:
            return self._read()
        except DevFailed:
            self.quality, self.flags = INVALID, _NO_ALARM
            raise

    def _read(self) -> AttributeValue:
        if self.read_method is None:
            return self._completed(self.set_point, time.time(), VALID)
        self._kept = None
        try:
            result = self.read_method()
        except DevFailed:
            raise
        except Exception as error:
            raise python_error(error) from error
        if result is not None:
            return self.reading(result)
        if self._kept is None:
            raise DevFailed.of(
                Reason.API_AttrValueNotSet,
                f"Read value for attribute {self.name} has not been updated",
                "Attribute.read",
            )
        return self._kept

    def reading(self, result: Any) -> AttributeValue:
        """The reading that an author's result makes: `value`, `(value, quality)` or `(value, time, quality)`.

        Raises DevFailed `API_AttrOptProp` for a value that the attribute cannot have, `PyDs_PythonError` for one that
        does not convert (ATT-26).
        """
        if type(result) is tuple and len(result) > 1 and isinstance(result[-1], AttrQuality):
            return self.qualified(result)
        return self._measured(result, time.time(), VALID)

    def qualified(self, result: tuple[Any, ...]) -> AttributeValue:
        """The reading that `(value, quality)`, `(value, time, quality)` or such with two values for DevEncoded make."""
        *value, when, quality = result if len(result) > 2 else (result[0], None, result[1])
        moment = time.time() if when is None else _seconds(when)
        return self._measured(value[0] if len(value) == 1 else tuple(value), moment, quality)

    def _measured(self, value: Any, when: float, quality: AttrQuality) -> AttributeValue:
        if quality is INVALID:
            self.quality, self.flags = INVALID, _NO_ALARM
            return AttributeValue(self.name, self.data_type, self.data_format, INVALID, when)
        if self._plain_float and type(value) is float:
            point = SetPoint(value)
        else:
            point = self._canonical(value)
        return self._completed(point, when, quality)

    def record(self, value: Any, quality: AttrQuality, when: float, written: Any = None) -> AttributeValue:
        """A reading that was not taken now, for the polling buffer; leaves the attribute's own quality alone.

        Raises as `reading`.
        """
        if quality is INVALID:
            return AttributeValue(self.name, self.data_type, self.data_format, INVALID, when)
        point = self._canonical(value)
        reading = AttributeValue(self.name, self.data_type, self.data_format, quality, when, *point)
        if self.associate is not None:
            set_point = self.associate.set_point if written is None else self._canonical(written)
            reading.w_value, reading.w_dim_x, reading.w_dim_y = set_point
        return reading

    def _canonical(self, value: Any) -> SetPoint:
        try:
            if self._scalar:
                point = SetPoint(to_scalar(self.data_type, value))
            else:
                data, dim_x, dim_y = to_attribute_data(self.data_type, self.data_format, value)
                if self.serial_model is not AttrSerialModel.ATTR_NO_SYNC:
                    data = _snapshot(data, value)
                point = SetPoint(data, dim_x, dim_y)
        except (TypeError, ValueError, OverflowError) as error:
            raise python_error(error) from error
        if not self._scalar and (point.dim_x > self.max_dim_x or point.dim_y > self.max_dim_y):
            raise DevFailed.of(
                Reason.API_AttrOptProp,
                f"Data size for attribute {self.name} [{point.dim_x}, {point.dim_y}] exceeds given limit "
                f"[{self.max_dim_x}, {self.max_dim_y}]",
                "Attribute.reading",
            )
        if self._is_enum:
            self._check_enum(point.data)
        return point

    def _check_enum(self, data: Any) -> None:
        for index, value in enumerate((data,) if self._scalar else data):
            if not 0 <= value < len(self.labels):
                raise DevFailed.of(
                    Reason.API_AttrOptProp,
                    f"Wrong value for attribute {self.name}. Element {index} (value = {value}) is negative or above "
                    f"the limit defined by the enum ({len(self.labels) - 1}).",
                    "Attribute.reading",
                )

    def _completed(self, point: SetPoint, when: float, quality: AttrQuality) -> AttributeValue:
        self.flags = _NO_ALARM
        if self.watched and quality is VALID:
            quality = self._judged(point.data)
        self.quality = quality
        associate = self.associate
        if associate is None:
            return AttributeValue(
                self.name, self.data_type, self.data_format, quality, when, point.data, point.dim_x, point.dim_y
            )
        written = associate.set_point
        return AttributeValue(self.name, self.data_type, self.data_format, quality, when, *point, *written)

    def _judged(self, data: Any) -> AttrQuality:
        """The quality that limits and set point give a VALID reading (ATT-50, ATT-53)."""
        flags = self._first_beyond(data, self._limits[:2]) or self._first_beyond(data, self._limits[2:])
        if self._rds is not None and self.written_at is not None:
            delta_val, delta_t = self._rds
            if time.monotonic() - self.written_at >= delta_t and differs(data, self.set_point.data, delta_val):
                flags |= AlarmFlags.RDS
        self.flags = flags
        if not flags:
            return VALID
        return _ALARM if flags & _ALARM_LEVELS else _WARNING

    @staticmethod
    def _first_beyond(data: Any, limits: tuple[tuple[float | None, Comparison, AlarmFlags], ...]) -> AlarmFlags:
        for limit, compare, flag in limits:
            if limit is not None and first_beyond(data, compare, limit) is not None:
                return flag
        return _NO_ALARM

    # ---- what authors give outside of a read method

    def given(self, value: AttributeValue | None) -> None:
        """Keep a reading that code set; a read method that returns nothing gives it."""
        self._kept = value

    @property
    def kept(self) -> AttributeValue | None:
        """The reading that code set since the read method started."""
        return self._kept

    @property
    def has_limits(self) -> bool:
        """Whether limits or a set point judge its readings."""
        return self._rds is not None or any(limit is not None for limit, _, _ in self._limits)

    def set_write_value(self, value: Any) -> None:
        """Set the set point from code (ATT-47). Raises DevFailed as `reading` does."""
        self.set_point = self._canonical(value)
        self.pending = None


WAttribute = Attribute
"""PyTango's name for attributes that can be written."""


def _snapshot(data: Any, source: Any) -> Any:
    """Array data that stays what it is when the author's own buffer (`source`) changes later; read-only."""
    if not isinstance(data, memoryview) or data.readonly:
        return data
    if not len(data) or isinstance(source, (list, tuple)):
        return data.toreadonly()
    return memoryview(data.tobytes()).cast(data.format)  # type: ignore[call-overload]


def _initial(code: CmdArgType, data_format: AttrDataFormat) -> SetPoint:
    value = _INITIAL[TYPES[code].kind]
    if data_format is AttrDataFormat.SCALAR:
        return SetPoint(value)
    return SetPoint(to_array(code, (value,) if data_format is AttrDataFormat.SPECTRUM else ()))


def _push(declaration: attribute, kind: str) -> Push:
    flags = declaration.flags
    implemented = flags.get(f"{kind}_event_implemented", False)
    return Push(implemented, flags.get(f"{kind}_event_detect", not implemented))


def _allowed(method: Callable[..., Any]) -> Callable[[AttReqType], Any]:
    """An `is_allowed` method as a call with the kind of request, whether or not it wants to know it."""
    if positional(method):
        return method
    return partial(_without_argument, method)


def _without_argument(method: Callable[[], Any], request: AttReqType) -> Any:
    return method()


def _seconds(when: Any) -> float:
    """A date given by an author: seconds, or anything with `totime()` or `timestamp()`."""
    for name in ("totime", "timestamp"):
        convert = getattr(when, name, None)
        if convert is not None:
            return float(convert())
    return float(when)
