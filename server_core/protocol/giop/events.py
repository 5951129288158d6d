"""Events as ZeroMQ messages: topic, byte order, ZmqCallInfo, data (wire 11.3).

The data begins with a marker, from the end of which its alignment counts: four bytes, before pipes eight. What it holds
depends on the kind of event, of readings and configurations also on the interface level of the client; with a failure
it is always an error stack. A heartbeat has no data.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from server_core.model.config import AttributeConfig
from server_core.model.enums import EventType
from server_core.model.pipe import PipeBlob
from server_core.model.values import AttributeValue, DataReady, Event, InterfaceChange
from server_core.protocol.giop.cdr import EITHER, decoder, encoder
from server_core.protocol.giop.errors import MarshalError
from server_core.protocol.giop.failures import errors_of, wire_errors
from server_core.protocol.giop.mapping.attributes import (
    READINGS,
    completed,
    wire_reading_3,
    wire_reading_4,
    wire_reading_5,
)
from server_core.protocol.giop.mapping.commands import command_of_2, wire_command_2
from server_core.protocol.giop.mapping.common import type_of
from server_core.protocol.giop.mapping.configs import CONFIG_OF, WIRE_CONFIG
from server_core.protocol.giop.mapping.pipes import pipe_and_blob, wire_reading
from server_core.protocol.giop.primitives import LATIN_1, LITTLE

_MARK: Final = struct.pack("=I", 0xDEC0DEC0)
_DOUBLE_MARK: Final = 2 * _MARK
_BYTE_ORDER: Final = bytes([LITTLE])
_CALL_INFO: Final = struct.Struct("=iII4xI?")
"""A ZmqCallInfo whose texts are empty: release of the protocol, counter, length of the method's name, that name and its
padding, length of the object's key, whether the data is an error stack."""

_RELEASE: Final = 1
_ERRORS: Final = "DevErrorList"

Frames = tuple[bytes, bytes, memoryview | bytearray]
"""The frames of an event behind its topic."""

HEARTBEAT: Final = (_BYTE_ORDER, _CALL_INFO.pack(_RELEASE, 0, 1, 0, False))
"""The frames of a heartbeat behind its topic."""


class Form(NamedTuple):
    """What the data of events is in the IDL, and how it is made of the payload and read back."""

    content: str
    to_wire: Callable[[Any], Any]
    of_wire: Callable[[Any], Any]


def _as_it_is(reading: AttributeValue) -> AttributeValue:
    return reading


def _data_ready(ready: DataReady) -> tuple[Any, ...]:
    return ready


def _data_ready_of(wire: Any) -> DataReady:
    name, data_type, counter = wire
    return DataReady(name, type_of(data_type), counter)


def _interface(change: InterfaceChange) -> tuple[Any, ...]:
    return (
        change.dev_started,
        [wire_command_2(info) for info in change.commands],
        [_CONFIG_5.to_wire(config) for config in change.attributes],
    )


def _interface_of(wire: Any) -> InterfaceChange:
    dev_started, commands, attributes = wire
    return InterfaceChange(
        bool(dev_started), tuple(map(command_of_2, commands)), tuple(map(_CONFIG_5.of_wire, attributes))
    )


def _pipe(named: tuple[str, PipeBlob]) -> tuple[Any, ...]:
    return wire_reading(*named)


def _pipe_of(wire: Any) -> PipeBlob:
    return pipe_and_blob(wire)[1]


_READING_5: Final = Form("AttributeValue_5", wire_reading_5, _as_it_is)
_CONFIG_3: Final = Form("AttributeConfig_3", WIRE_CONFIG["AttributeConfigList_3"], CONFIG_OF["AttributeConfigList_3"])
_CONFIG_5: Final = Form("AttributeConfig_5", WIRE_CONFIG["AttributeConfigList_5"], CONFIG_OF["AttributeConfigList_5"])

_READINGS: Final = (
    Form("AttributeValue_3", wire_reading_3, _as_it_is),
    Form("AttributeValue_4", wire_reading_4, _as_it_is),
    _READING_5,
)
"""What changed with the levels 3, 4 and 5 of the interface."""

_FORMS: Final = {
    EventType.CHANGE_EVENT: _READINGS,
    EventType.PERIODIC_EVENT: _READINGS,
    EventType.ARCHIVE_EVENT: _READINGS,
    EventType.USER_EVENT: _READINGS,
    EventType.ALARM_EVENT: 3 * (_READING_5,),
    EventType.ATTR_CONF_EVENT: (_CONFIG_3, _CONFIG_3, _CONFIG_5),
    EventType.DATA_READY_EVENT: 3 * (Form("AttDataReady", _data_ready, _data_ready_of),),
    EventType.INTERFACE_CHANGE_EVENT: 3 * (Form("DevIntrChange", _interface, _interface_of),),
    EventType.PIPE_EVENT: 3 * (Form("DevPipeData", _pipe, _pipe_of),),
}


READING_KINDS: Final = frozenset(kind for kind, forms in _FORMS.items() if _READING_5 in forms)
"""Kinds that carry readings."""


def form_of(kind: EventType, level: int) -> Form:
    """The form of events of one kind for clients of an interface level."""
    return _FORMS[kind][min(max(level, 3), 5) - 3]


def _charset_of(kind: EventType) -> str:
    """Descriptions travel as UTF-8, data as Latin-1 (TYP-8)."""
    return EITHER if kind in (EventType.ATTR_CONF_EVENT, EventType.INTERFACE_CHANGE_EVENT) else LATIN_1


def encode_event(event: Event, form: Form) -> Frames:
    """The frames of an event behind its topic; ProtocolError for data that cannot be sent."""
    out = bytearray(_DOUBLE_MARK)
    pipe = event.type is EventType.PIPE_EVENT
    if event.errors:
        encoder(_ERRORS)(out, wire_errors(event.errors, LATIN_1))
    else:
        encode = encoder(form.content, LITTLE, _charset_of(event.type))
        encode(out, form.to_wire((event.object, event.payload) if pipe else event.payload))
    call_info = _CALL_INFO.pack(_RELEASE, event.counter, 1, 0, bool(event.errors))
    return _BYTE_ORDER, call_info, out if pipe else memoryview(out)[len(_MARK) :]


class EventDecoder:
    """Makes events of the messages of one topic, whose content follows an interface level.

    Readings by an older interface are completed with what the attribute's configuration says, where it is given. C++
    servers send events of forwarded attributes under the name of the root: readings get the name of the object.
    """

    def __init__(
        self, device: str, object_name: str, kind: EventType, level: int, config: AttributeConfig | None = None
    ) -> None:
        self._config = config
        self._name = object_name
        self._source = device.lower(), object_name.lower(), kind
        self._form = form_of(kind, level)
        self._begin = len(_DOUBLE_MARK if kind is EventType.PIPE_EVENT else _MARK)
        self._builders = READINGS if kind in READING_KINDS else ()

    def __call__(self, frames: Sequence[bytes | memoryview]) -> Event:
        """The event in the frames of a message, topic included; ProtocolError when there is none."""
        if len(frames) != 4 or len(frames[1]) != 1:
            raise MarshalError(f"{len(frames)} frames are no event")
        _, byte_order, call_info, data = frames
        little = byte_order != b"\0"
        (_, counter, _, _, failed), _ = decoder("ZmqCallInfo", little, LATIN_1)(memoryview(call_info), 0)
        body = memoryview(data)[self._begin :]
        event = Event(*self._source, counter=counter)
        if failed:
            wire, _ = decoder(_ERRORS, little, LATIN_1)(body, 0)
            event.errors = errors_of(wire)
            if not event.errors:
                raise MarshalError("a failure without errors")
        else:
            wire, _ = decoder(self._form.content, little, _charset_of(event.type), self._builders)(body, 0)
            event.payload = self._form.of_wire(wire)
            if isinstance(event.payload, AttributeValue):
                event.errors = event.payload.errors
                if event.payload.name.lower() != event.object:
                    event.payload = replace(event.payload, name=self._name)
                if self._config is not None:
                    event.payload = completed(event.payload, self._config)
        return event
