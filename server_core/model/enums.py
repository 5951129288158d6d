"""The enumerations of Tango, with the numbers and names that clients and the wire know.

Source: the numbering of RFC 4/5/10 as verified in spec TYP-5 and TYP-6.
"""

from __future__ import annotations

from enum import IntEnum


class DevState(IntEnum):
    """The fourteen states of a device (TYP-5)."""

    ON = 0
    OFF = 1
    CLOSE = 2
    OPEN = 3
    INSERT = 4
    EXTRACT = 5
    MOVING = 6
    STANDBY = 7
    FAULT = 8
    INIT = 9
    RUNNING = 10
    ALARM = 11
    DISABLE = 12
    UNKNOWN = 13

    def __str__(self) -> str:
        return self.name


class AttrQuality(IntEnum):
    """How far an attribute value can be trusted."""

    ATTR_VALID = 0
    ATTR_INVALID = 1
    ATTR_ALARM = 2
    ATTR_CHANGING = 3
    ATTR_WARNING = 4

    @property
    def label(self) -> str:
        """The name without its prefix, for people: `VALID`, `ALARM`, ..."""
        return self.name[5:]

    def __str__(self) -> str:
        return self.name


class AttrWriteType(IntEnum):
    """Which directions an attribute can be accessed in."""

    READ = 0
    READ_WITH_WRITE = 1
    WRITE = 2
    READ_WRITE = 3
    WT_UNKNOWN = 4

    @property
    def writable(self) -> bool:
        """Whether clients may write such an attribute (READ_WITH_WRITE is written through its associate, ATT-41)."""
        return self in (AttrWriteType.WRITE, AttrWriteType.READ_WRITE)

    @property
    def readable(self) -> bool:
        """Whether the device has a read method for it; a WRITE attribute reads back its set point."""
        return self in (AttrWriteType.READ, AttrWriteType.READ_WITH_WRITE, AttrWriteType.READ_WRITE)


class AttrDataFormat(IntEnum):
    """The shape of an attribute value: one element, a row, or rows and columns."""

    SCALAR = 0
    SPECTRUM = 1
    IMAGE = 2
    FMT_UNKNOWN = 3


class AttrMemorizedType(IntEnum):
    """How a written value survives a restart, as clients see it."""

    NOT_KNOWN = 0
    NONE = 1
    MEMORIZED = 2
    MEMORIZED_WRITE_INIT = 3


class PipeWriteType(IntEnum):
    """Whether a pipe can be written."""

    PIPE_READ = 0
    PIPE_READ_WRITE = 1
    PIPE_WT_UNKNOWN = 2


class DispLevel(IntEnum):
    """For whom a command or attribute is meant."""

    OPERATOR = 0
    EXPERT = 1
    DL_UNKNOWN = 2


class DevSource(IntEnum):
    """Where a reading comes from: the device, the polling buffer, or the buffer and else the device (POLL-71)."""

    DEV = 0
    CACHE = 1
    CACHE_DEV = 2


class ErrSeverity(IntEnum):
    """How bad an error is; practically always ERR."""

    WARN = 0
    ERR = 1
    PANIC = 2


class EventType(IntEnum):
    """The kinds of event a client can subscribe to (TYP-6, EVT-1)."""

    CHANGE_EVENT = 0
    PERIODIC_EVENT = 2
    ARCHIVE_EVENT = 3
    USER_EVENT = 4
    ATTR_CONF_EVENT = 5
    DATA_READY_EVENT = 6
    INTERFACE_CHANGE_EVENT = 7
    PIPE_EVENT = 8
    ALARM_EVENT = 9

    @property
    def wire_name(self) -> str:
        """The event's name in subscriptions and topics: `change`, `user_event`, ... (EVT-1)."""
        return _EVENT_WIRE_NAMES[self]

    @classmethod
    def from_wire_name(cls, name: str) -> EventType:
        """The kind called `name` (any case); KeyError for a name that no event has."""
        return _EVENTS_BY_WIRE_NAME[name.lower()]


_EVENT_WIRE_NAMES = {
    EventType.CHANGE_EVENT: "change",
    EventType.PERIODIC_EVENT: "periodic",
    EventType.ARCHIVE_EVENT: "archive",
    EventType.USER_EVENT: "user_event",
    EventType.ATTR_CONF_EVENT: "attr_conf",
    EventType.DATA_READY_EVENT: "data_ready",
    EventType.INTERFACE_CHANGE_EVENT: "intr_change",
    EventType.PIPE_EVENT: "pipe",
    EventType.ALARM_EVENT: "alarm",
}
_EVENTS_BY_WIRE_NAME = {name: kind for kind, name in _EVENT_WIRE_NAMES.items()}


class SerialModel(IntEnum):
    """What requests of a server process wait for one another (SER-1)."""

    BY_DEVICE = 0
    BY_CLASS = 1
    BY_PROCESS = 2
    NO_SYNC = 3


class AttrSerialModel(IntEnum):
    """Who protects the value of an attribute between reading and sending it (SER-10)."""

    ATTR_NO_SYNC = 0
    ATTR_BY_KERNEL = 1
    ATTR_BY_USER = 2


class AttReqType(IntEnum):
    """What an `is_allowed` method of an attribute is asked about."""

    READ_REQ = 0
    WRITE_REQ = 1


class LogLevel(IntEnum):
    """Levels of a device's logger; a message passes when its level is not above the device's (LOG-1)."""

    LOG_OFF = 0
    LOG_FATAL = 1
    LOG_ERROR = 2
    LOG_WARN = 3
    LOG_INFO = 4
    LOG_DEBUG = 5

    @property
    def word(self) -> str:
        """The level as log lines spell it: `WARN`, `DEBUG`, ..."""
        return self.name[4:]
