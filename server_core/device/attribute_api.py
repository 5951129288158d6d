"""What device code asks of its attributes and tells them, under PyTango's names (`Attribute`, `WAttribute`)."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from server_core.device.attribute_parts import AlarmFlags, Push, SetPoint
from server_core.device.author import errors_of
from server_core.device.multi_attr_prop import MultiAttrProp
from server_core.model.config import AttributeConfig, set_property
from server_core.model.conversion import from_attribute_data
from server_core.model.enums import (
    AttrDataFormat,
    AttrQuality,
    AttrSerialModel,
    AttrWriteType,
    DispLevel,
    EventType,
    SerialModel,
)
from server_core.model.errors import DevFailed, Reason
from server_core.model.time_val import TimeVal
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue

if TYPE_CHECKING:
    from threading import Lock

    from server_core.device.configuration import Configuration
    from server_core.device.device import Device

_ORIGIN = "Attribute"
_LIMITS = {
    "min_value": "Minimum value", "max_value": "Maximum value", "min_alarm": "Minimum alarm",
    "max_alarm": "Maximum alarm", "min_warning": "Minimum warning", "max_warning": "Maximum warning",
}  # fmt: skip


class AttributeApi:
    """The part of `Attribute` that authors of devices meet."""

    device: Device
    configuration: Configuration
    config: AttributeConfig
    name: str
    data_type: CmdArgType
    data_format: AttrDataFormat
    writable: AttrWriteType
    max_dim_x: int
    max_dim_y: int
    quality: AttrQuality
    flags: AlarmFlags
    set_point: SetPoint
    pending: SetPoint | None
    change_push: Push
    archive_push: Push
    alarm_push: Push
    data_ready: bool
    serial_model = AttrSerialModel.ATTR_BY_KERNEL
    read_method: Callable[[], Any] | None
    reading: Callable[[Any], AttributeValue]
    qualified: Callable[[tuple[Any, ...]], AttributeValue]
    given: Callable[[AttributeValue | None], None]

    @property
    @abstractmethod
    def kept(self) -> AttributeValue | None:
        """The reading that code set."""

    # ---- what it is

    def get_name(self) -> str:
        """The attribute's name."""
        return self.name

    def get_data_type(self) -> CmdArgType:
        """The type of its elements."""
        return self.data_type

    def get_data_format(self) -> AttrDataFormat:
        """SCALAR, SPECTRUM or IMAGE."""
        return self.data_format

    def get_writable(self) -> AttrWriteType:
        """Its access."""
        return self.writable

    def get_max_dim_x(self) -> int:
        """The largest x dimension."""
        return self.max_dim_x

    def get_max_dim_y(self) -> int:
        """The largest y dimension."""
        return self.max_dim_y

    def get_disp_level(self) -> DispLevel:
        """For whom it is meant."""
        return self.config.disp_level

    def get_label(self) -> str:
        """Its label."""
        return self.config.label

    def get_assoc_name(self) -> str:
        """The attribute whose set point it shows, `None` when there is none (ATT-2)."""
        return self.config.writable_attr_name

    def is_write_associated(self) -> bool:
        """Whether a reading carries a set point."""
        return self.writable in (AttrWriteType.READ_WRITE, AttrWriteType.READ_WITH_WRITE)

    def get_polling_period(self) -> int:
        """Its polling period in ms, 0 when it is not polled."""
        return self.device.kernel.host.poll_period(self.device, self.name, command=False) or 0

    def is_polled(self) -> bool:
        """Whether it is polled."""
        return self.device.kernel.host.poll_period(self.device, self.name, command=False) is not None

    # ---- the reading

    def get_quality(self) -> AttrQuality:
        """The quality of the last reading."""
        return self.quality

    def set_quality(self, quality: AttrQuality, send_event: bool = False) -> None:
        """Give the attribute a quality; it counts for the device's state (ATT-55). Inside a read method, behind
        `set_value`, it is that of the reading. With `send_event` a change event is pushed."""
        self.quality, self.flags = AttrQuality(quality), AlarmFlags.NONE
        kept = self.kept
        if kept is not None:
            if self.quality is AttrQuality.ATTR_INVALID:
                kept = AttributeValue(kept.name, kept.data_type, kept.data_format, self.quality, kept.time)
            self.given(replace(kept, quality=self.quality))
        if send_event:
            self.fire_change_event()

    def set_value(self, *value: Any) -> None:
        """Set the reading from inside a read method (in place of returning it)."""
        self.given(self.reading(value[0] if len(value) == 1 else value))

    def set_value_date_quality(self, *arguments: Any) -> None:
        """Set the reading with its time (seconds since 1970) and quality."""
        self.given(self.qualified(arguments))

    def set_date(self, new_date: float) -> None:
        """Set the time (seconds since 1970) of the reading that `set_value` set."""
        if self.kept is not None:
            self.given(replace(self.kept, time=float(new_date)))

    def get_date(self) -> TimeVal:
        """The time of the reading that code set; 0 when it set none."""
        return TimeVal(0.0 if self.kept is None else self.kept.time)

    def value_is_set(self) -> bool:
        """Whether `set_value` was called since the read method started."""
        return self.kept is not None

    def reset_value(self) -> None:
        """Forget the reading that `set_value` set."""
        self.given(None)

    def get_x(self) -> int:
        """The x dimension of the reading that code set."""
        return 0 if self.kept is None else self.kept.dim_x

    def get_y(self) -> int:
        """The y dimension of the reading that code set."""
        return 0 if self.kept is None else self.kept.dim_y

    def get_data_size(self) -> int:
        """How many elements the reading has that code set."""
        return self.get_x() * max(self.get_y(), 1)

    # ---- the set point

    def get_write_value(self) -> Any:
        """The value being written (in a write method), else the set point, as Python or numpy data."""
        point = self.pending or self.set_point
        return from_attribute_data(self.data_type, self.data_format, *point)

    def get_write_value_length(self) -> int:
        """How many elements that value has."""
        point = self.pending or self.set_point
        return point.dim_x * max(point.dim_y, 1)

    # ---- configuration

    def get_properties(self, conf: MultiAttrProp | None = None) -> Any:
        """Its configuration; or `conf`, filled with its properties."""
        if conf is None:
            return copy.deepcopy(self.config)
        conf.fill(self.config)
        return conf

    def set_properties(self, conf: AttributeConfig | MultiAttrProp, dev: Any = None) -> None:
        """Change its configuration as a client may (ATT-7), and the number of enumeration labels too."""
        wanted = conf.applied_to(copy.deepcopy(self.config)) if isinstance(conf, MultiAttrProp) else conf
        self.device.kernel.change_config(wanted)

    set_upd_properties = set_properties

    def remove_configuration(self) -> None:
        """Delete its properties from the database."""
        self.device.kernel.forget_properties(self.name)

    def _limit(self, name: str) -> Any:
        value = self.configuration[name]
        if value is None:
            raise DevFailed.of(
                Reason.API_AttrNotAllowed, f"{_LIMITS[name]} not defined for this attribute", f"{_ORIGIN}.get_{name}"
            )
        return value

    def _set_limit(self, name: str, value: Any) -> None:
        wanted = copy.deepcopy(self.config)
        set_property(wanted, name, f"{value:.15g}" if isinstance(value, float) else str(value))
        self.device.kernel.change_config(wanted)

    def is_min_value(self) -> bool:
        """Whether there is a smallest value to write."""
        return self.configuration["min_value"] is not None

    def is_max_value(self) -> bool:
        """Whether there is a largest value to write."""
        return self.configuration["max_value"] is not None

    def get_min_value(self) -> Any:
        """The smallest value to write; DevFailed `API_AttrNotAllowed` when there is no such limit."""
        return self._limit("min_value")

    def get_max_value(self) -> Any:
        """The largest value to write."""
        return self._limit("max_value")

    def get_min_alarm(self) -> Any:
        """The reading at or below which is an alarm; DevFailed `API_AttrNotAllowed` when there is no such limit."""
        return self._limit("min_alarm")

    def get_max_alarm(self) -> Any:
        """The reading at or above which is an alarm."""
        return self._limit("max_alarm")

    def get_min_warning(self) -> Any:
        """The reading at or below which is a warning."""
        return self._limit("min_warning")

    def get_max_warning(self) -> Any:
        """The reading at or above which is a warning."""
        return self._limit("max_warning")

    def set_min_value(self, data: Any) -> None:
        """Set the smallest value to write, as a client may (ATT-14); it is stored and told."""
        self._set_limit("min_value", data)

    def set_max_value(self, data: Any) -> None:
        """Set the largest value to write."""
        self._set_limit("max_value", data)

    def set_min_alarm(self, data: Any) -> None:
        """Set the reading at or below which is an alarm."""
        self._set_limit("min_alarm", data)

    def set_max_alarm(self, data: Any) -> None:
        """Set the reading at or above which is an alarm."""
        self._set_limit("max_alarm", data)

    def set_min_warning(self, data: Any) -> None:
        """Set the reading at or below which is a warning."""
        self._set_limit("min_warning", data)

    def set_max_warning(self, data: Any) -> None:
        """Set the reading at or above which is a warning."""
        self._set_limit("max_warning", data)

    # ---- alarms

    def is_min_alarm(self) -> bool:
        """Whether the last reading was at or below its alarm limit."""
        return AlarmFlags.MIN_ALARM in self.flags

    def is_max_alarm(self) -> bool:
        """Whether the last reading was at or above its alarm limit."""
        return AlarmFlags.MAX_ALARM in self.flags

    def is_min_warning(self) -> bool:
        """Whether the last reading was at or below its warning limit."""
        return AlarmFlags.MIN_WARNING in self.flags

    def is_max_warning(self) -> bool:
        """Whether the last reading was at or above its warning limit."""
        return AlarmFlags.MAX_WARNING in self.flags

    def is_rds_alarm(self) -> bool:
        """Whether the last reading was too far from its set point (ATT-53)."""
        return AlarmFlags.RDS in self.flags

    def check_alarm(self) -> bool:
        """Whether the last reading was in alarm; DevFailed `API_AttrNoAlarm` when it has no limits."""
        if not self.has_limits:
            raise DevFailed.of(
                Reason.API_AttrNoAlarm,
                f"No alarm defined for attribute {self.name}",
                f"{_ORIGIN}.check_alarm",
            )
        return bool(self.flags)

    @property
    @abstractmethod
    def has_limits(self) -> bool:
        """Whether readings are judged."""

    # ---- events

    def set_change_event(self, implemented: bool, detect: bool = True) -> None:
        """Declare that code pushes change events; `detect`: only those that meet the criteria."""
        self.change_push = Push(implemented, detect)

    def set_archive_event(self, implemented: bool, detect: bool = True) -> None:
        """Declare that code pushes archive events."""
        self.archive_push = Push(implemented, detect)

    def set_alarm_event(self, implemented: bool, detect: bool = True) -> None:
        """Declare that code pushes alarm events."""
        self.alarm_push = Push(implemented, detect)

    def set_data_ready_event(self, implemented: bool) -> None:
        """Declare that code pushes data-ready events."""
        self.data_ready = implemented

    def is_change_event(self) -> bool:
        """Whether code pushes change events."""
        return self.change_push.implemented

    def is_check_change_criteria(self) -> bool:
        """Whether pushed change events must meet the criteria."""
        return self.change_push.detect

    def is_archive_event(self) -> bool:
        """Whether code pushes archive events."""
        return self.archive_push.implemented

    def is_check_archive_criteria(self) -> bool:
        """Whether pushed archive events must meet the criteria."""
        return self.archive_push.detect

    def is_alarm_event(self) -> bool:
        """Whether code pushes alarm events."""
        return self.alarm_push.implemented

    def is_check_alarm_criteria(self) -> bool:
        """Whether pushed alarm events must be news."""
        return self.alarm_push.detect

    def is_data_ready_event(self) -> bool:
        """Whether code pushes data-ready events."""
        return self.data_ready

    def is_event_subscribed(self, event_type: EventType) -> bool:
        """Whether anybody wants events of this type."""
        return self.device.kernel.host.has_subscribers(self.device, self.name, event_type)

    def change_event_subscribed(self) -> bool:
        """Whether anybody wants change events."""
        return self.is_event_subscribed(EventType.CHANGE_EVENT)

    def periodic_event_subscribed(self) -> bool:
        """Whether anybody wants periodic events."""
        return self.is_event_subscribed(EventType.PERIODIC_EVENT)

    def archive_event_subscribed(self) -> bool:
        """Whether anybody wants archive events."""
        return self.is_event_subscribed(EventType.ARCHIVE_EVENT)

    def alarm_event_subscribed(self) -> bool:
        """Whether anybody wants alarm events."""
        return self.is_event_subscribed(EventType.ALARM_EVENT)

    def user_event_subscribed(self) -> bool:
        """Whether anybody wants user events."""
        return self.is_event_subscribed(EventType.USER_EVENT)

    def fire_change_event(self, failure: Exception | None = None) -> None:
        """Push a change event with the reading that code set, or with `failure`.

        Raises DevFailed `API_AttrValueNotSet` when no reading was set.
        """
        self._fire(EventType.CHANGE_EVENT, self.change_push, failure)

    def fire_alarm_event(self, failure: Exception | None = None) -> None:
        """Push an alarm event; as `fire_change_event`."""
        self._fire(EventType.ALARM_EVENT, self.alarm_push, failure)

    def _fire(self, kind: EventType, push: Push, failure: Exception | None) -> None:
        host = self.device.kernel.host
        if failure is not None:
            host.push_event(self.device, self.name, kind, None, errors_of(failure), detect=push.detect)
            return
        if self.kept is None:
            raise DevFailed.of(
                Reason.API_AttrValueNotSet,
                f"Value for attribute {self.name} has not been updated. Can't send event\n"
                "Set the attribute value (using set_value(...) method) before!",
                f"{_ORIGIN}.fire_event",
            )
        host.push_event(self.device, self.name, kind, self.kept, detect=push.detect)

    # ---- who protects its value

    def get_attr_serial_model(self) -> AttrSerialModel:
        """Who protects its value between reading and sending it."""
        return self.serial_model

    def set_attr_serial_model(self, ser_model: AttrSerialModel) -> None:
        """Say who protects its value from the end of the read method until it is sent (SER-10).

        ATTR_BY_KERNEL: the kernel, which copies arrays; the default. ATTR_NO_SYNC: nobody; arrays are sent as they are,
        without a copy, and must not change any more. ATTR_BY_USER: a lock of the author's, see `set_user_attr_mutex`;
        DevFailed `API_AttrNotAllowed` unless the process serialises by device.
        """
        model = AttrSerialModel(ser_model)
        if model is AttrSerialModel.ATTR_BY_USER and self.device.kernel.host.serial_model is not SerialModel.BY_DEVICE:
            raise DevFailed.of(
                Reason.API_AttrNotAllowed,
                "Attribute serial model by user is not allowed when the process is not in BY_DEVICE serialization "
                f"model (attribute {self.name})",
                f"{_ORIGIN}.set_attr_serial_model",
            )
        self.serial_model = model

    def set_user_attr_mutex(self, mutex: Lock) -> None:
        """Give the lock for ATTR_BY_USER: the read method takes it and returns with it, and the kernel releases it once
        it has the value. A read method that raises has released it."""
        method = self.read_method
        if method is None:
            return

        def read() -> Any:
            result = method()
            if self.serial_model is not AttrSerialModel.ATTR_BY_USER:
                return result
            try:
                if result is not None:
                    self.given(self.reading(result))
            finally:
                mutex.release()
            return None

        self.read_method = read
