"""What a reading is: attribute values, typed command values, histories, events.

Data inside is canonical (see `conversion`): scalars as Python values, arrays flat with their dimensions beside them.
Times are seconds since 1970 as float.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from server_core.model.config import AttributeConfig, CommandInfo
from server_core.model.enums import AttrDataFormat, AttrQuality, EventType
from server_core.model.errors import DevError
from server_core.model.pipe import PipeBlob
from server_core.model.types import CmdArgType


class TypedValue(NamedTuple):
    """A command argument or result with its type: DevVoid goes with None."""

    type: CmdArgType
    value: Any = None


VOID = TypedValue(CmdArgType.DevVoid, None)


class AttributeWrite(NamedTuple):
    """A value to write to an attribute. `dim_x`, `dim_y` are those of ATT-29; a SCALAR is (1, 0)."""

    name: str
    data_type: CmdArgType
    value: Any
    dim_x: int = 1
    dim_y: int = 0


@dataclass(slots=True)
class AttributeValue:
    """One reading of one attribute (ATT-28).

    `value` is None and the dimensions are 0 when the reading failed (`errors` is not empty, quality INVALID, type
    DevVoid: ATT-24) or is INVALID (ATT-25). `w_value` is the set point of writable attributes, else None with w_dim 0.
    `time` is in seconds since 1970.
    """

    name: str
    data_type: CmdArgType = CmdArgType.DevVoid
    data_format: AttrDataFormat = AttrDataFormat.FMT_UNKNOWN
    quality: AttrQuality = AttrQuality.ATTR_INVALID
    time: float = 0.0
    value: Any = None
    dim_x: int = 0
    dim_y: int = 0
    w_value: Any = None
    w_dim_x: int = 0
    w_dim_y: int = 0
    errors: tuple[DevError, ...] = ()

    @property
    def has_failed(self) -> bool:
        """Whether the reading is an error list instead of a value."""
        return bool(self.errors)


@dataclass(slots=True)
class CommandRecord:
    """One execution of a polled command: its result, or the errors it ended with (POLL-77)."""

    time: float
    result: TypedValue = VOID
    errors: tuple[DevError, ...] = ()


class DataReady(NamedTuple):
    """Content of a data-ready event (EVT-44)."""

    name: str
    data_type: CmdArgType
    counter: int


class InterfaceChange(NamedTuple):
    """Content of an interface-change event: the complete lists (EVT-52)."""

    dev_started: bool
    commands: tuple[CommandInfo, ...]
    attributes: tuple[AttributeConfig, ...]


EventPayload = AttributeValue | AttributeConfig | DataReady | InterfaceChange | PipeBlob


@dataclass(slots=True)
class Event:
    """What happened: the payload that fits the kind, or the errors that took its place.

    `device` and `object` are lower-case names; `object` is empty for interface changes. `counter` counts the events of
    one (device, object, kind) from 1 (EVT-22).
    """

    device: str
    object: str
    type: EventType
    payload: EventPayload | None = None
    errors: tuple[DevError, ...] = field(default=())
    counter: int = 0
    time: float = 0.0
