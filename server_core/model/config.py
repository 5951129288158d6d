"""The records that describe a device's interface: attributes, commands, pipes, the device itself.

Field names are PyTango's (`AttributeInfoEx`, `CommandInfo`, ...), so that its users need no new words. All property
values are strings, as in the database (ATT-3).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any

from server_core.model.enums import (
    AttrDataFormat,
    AttrMemorizedType,
    AttrWriteType,
    DispLevel,
    PipeWriteType,
)
from server_core.model.types import TYPES, CmdArgType, Kind

NOT_SPECIFIED = "Not specified"
NO_DESCRIPTION = "No description"
NO_STANDARD_UNIT = "No standard unit"
NO_DISPLAY_UNIT = "No display unit"
UNINITIALISED = "Uninitialised"


@dataclass(slots=True)
class AttributeAlarmInfo:
    """Limits that put a reading into quality ALARM or WARNING (ATT-50)."""

    min_alarm: str = NOT_SPECIFIED
    max_alarm: str = NOT_SPECIFIED
    min_warning: str = NOT_SPECIFIED
    max_warning: str = NOT_SPECIFIED
    delta_t: str = NOT_SPECIFIED
    delta_val: str = NOT_SPECIFIED


@dataclass(slots=True)
class ChangeEventInfo:
    """Criteria of change events; each is `x` or `decrease,increase` (ATT-17)."""

    rel_change: str = NOT_SPECIFIED
    abs_change: str = NOT_SPECIFIED


@dataclass(slots=True)
class PeriodicEventInfo:
    """Period of periodic events in ms."""

    period: str = "1000"


@dataclass(slots=True)
class ArchiveEventInfo:
    """Criteria of archive events; the period in ms."""

    archive_rel_change: str = NOT_SPECIFIED
    archive_abs_change: str = NOT_SPECIFIED
    archive_period: str = NOT_SPECIFIED


@dataclass(slots=True)
class AttributeEventInfo:
    """The event properties of an attribute."""

    ch_event: ChangeEventInfo = field(default_factory=ChangeEventInfo)
    per_event: PeriodicEventInfo = field(default_factory=PeriodicEventInfo)
    arch_event: ArchiveEventInfo = field(default_factory=ArchiveEventInfo)


def default_format(data_type: CmdArgType) -> str:
    """The library default of the display format for a data type (ATT-3)."""
    kind = TYPES[data_type].kind
    if kind is Kind.FLOAT:
        return "%6.2f"
    if kind is Kind.INTEGER:
        return "%d"
    if kind in (Kind.STRING, Kind.ENUM):
        return "%s"
    return NOT_SPECIFIED


@dataclass(slots=True)
class AttributeConfig:
    """The whole configuration of an attribute: its immutable definition and its properties (ATT-1..ATT-3)."""

    name: str
    data_type: CmdArgType
    data_format: AttrDataFormat = AttrDataFormat.SCALAR
    writable: AttrWriteType = AttrWriteType.READ
    max_dim_x: int = 1
    max_dim_y: int = 0
    disp_level: DispLevel = DispLevel.OPERATOR
    writable_attr_name: str = "None"
    memorized: bool = False
    mem_init: bool = False
    root_attr_name: str = NOT_SPECIFIED
    label: str = ""
    description: str = NO_DESCRIPTION
    unit: str = ""
    standard_unit: str = NO_STANDARD_UNIT
    display_unit: str = NO_DISPLAY_UNIT
    format: str = NOT_SPECIFIED
    min_value: str = NOT_SPECIFIED
    max_value: str = NOT_SPECIFIED
    enum_labels: list[str] = field(default_factory=list)
    alarms: AttributeAlarmInfo = field(default_factory=AttributeAlarmInfo)
    events: AttributeEventInfo = field(default_factory=AttributeEventInfo)

    @property
    def memorization(self) -> AttrMemorizedType:
        """The memorised flags as one word."""
        if not self.memorized:
            return AttrMemorizedType.NONE
        return AttrMemorizedType.MEMORIZED_WRITE_INIT if self.mem_init else AttrMemorizedType.MEMORIZED


_ALARMS = ("min_alarm", "max_alarm", "min_warning", "max_warning", "delta_val", "delta_t")

PROPERTY_PATHS: dict[str, str] = (
    {name: name for name in ("label", "description", "unit", "standard_unit", "display_unit", "format")}
    | {name: name for name in ("min_value", "max_value")}
    | {name: f"alarms.{name}" for name in _ALARMS}
    | {name: f"events.ch_event.{name}" for name in ("rel_change", "abs_change")}
    | {name: f"events.arch_event.{name}" for name in ("archive_rel_change", "archive_abs_change")}
    | {"event_period": "events.per_event.period", "archive_period": "events.arch_event.archive_period"}
    | {"enum_labels": "enum_labels"}
)
"""Where each attribute property of the database stands in the configuration record (ATT-3), in the order in which a
change applies them (ATT-7)."""


def property_of(config: AttributeConfig, name: str) -> Any:
    """The value of a property by its database name: a text, for `enum_labels` a list; KeyError for an unknown name."""
    return attrgetter(PROPERTY_PATHS[name])(config)


def set_property(config: AttributeConfig, name: str, value: Any) -> None:
    """Set a property by its database name in a configuration record; KeyError for an unknown name."""
    set_field(config, PROPERTY_PATHS[name], value)


def set_field(config: AttributeConfig, path: str, value: Any) -> None:
    """Set a field of a configuration record, or of a record in it: `label`, `alarms.min_alarm`, ..."""
    way, _, field_name = path.rpartition(".")
    setattr(attrgetter(way)(config) if way else config, field_name, value)


@dataclass(slots=True)
class PartialConfig(AttributeConfig):
    """A configuration to set that came by an older interface, which does not know all of its fields: those at the paths
    in `missing` stay as they are."""

    missing: tuple[str, ...] = ()

    def over(self, current: AttributeConfig) -> AttributeConfig:
        """The whole configuration that is wanted of an attribute that has the `current` one."""
        whole = AttributeConfig(*(getattr(self, each.name) for each in fields(AttributeConfig)))
        for path in self.missing:
            set_field(whole, path, attrgetter(path)(current))
        return whole


@dataclass(slots=True)
class CommandInfo:
    """A command's signature and descriptions (CMD-1)."""

    cmd_name: str
    in_type: CmdArgType = CmdArgType.DevVoid
    out_type: CmdArgType = CmdArgType.DevVoid
    in_type_desc: str = UNINITIALISED
    out_type_desc: str = UNINITIALISED
    disp_level: DispLevel = DispLevel.OPERATOR
    cmd_tag: int = 0


@dataclass(slots=True)
class PipeConfig:
    """A pipe's description (PIPE-1)."""

    name: str
    label: str = ""
    description: str = NO_DESCRIPTION
    disp_level: DispLevel = DispLevel.OPERATOR
    writable: PipeWriteType = PipeWriteType.PIPE_READ


@dataclass(slots=True)
class DeviceInfo:
    """What the operation `info` answers (ADM-45, CMD-19)."""

    dev_class: str
    server_id: str
    server_host: str
    server_version: int
    doc_url: str = "Doc URL = http://www.tango-controls.org"
    dev_type: str = UNINITIALISED
    version_info: dict[str, str] = field(default_factory=dict)
