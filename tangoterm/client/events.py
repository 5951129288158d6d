"""What callbacks of subscriptions receive, under PyTango's names: one class for each shape of event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server_core.model.config import AttributeConfig, CommandInfo
from server_core.model.enums import EventType
from server_core.model.errors import DevError
from server_core.model.time_val import TimeVal
from server_core.model.types import CmdArgType
from server_core.model.values import AttributeValue, DataReady, Event, InterfaceChange
from tangoterm.client.readings import DeviceAttribute


class EventInfo:
    """What all events have.

    `device` is the proxy that subscribed, `event` the kind's name (`change`), `event_type` the kind, `err` whether
    `errors` (root cause first) stand in the place of the content, `reception_date` when the event came in.
    """

    def __init__(self, device: Any, full_name: str, event: Event) -> None:
        self.device = device
        self.event = event.type.wire_name
        self.event_type: EventType = event.type
        self.err = bool(event.errors)
        self.errors: tuple[DevError, ...] = event.errors
        self.reception_date = TimeVal.now()
        self._name = full_name

    def get_date(self) -> TimeVal:
        """When the event came in."""
        return self.reception_date

    def __repr__(self) -> str:
        content = ", ".join(
            f"{name}={value!r}" for name, value in vars(self).items() if name not in ("device", "_name")
        )
        return f"{type(self).__name__}({self._name}, {content})"


class EventData(EventInfo):
    """A reading: `attr_name` is the attribute's full name, `attr_value` the reading, None for an error."""

    def __init__(self, device: Any, full_name: str, event: Event) -> None:
        super().__init__(device, full_name, event)
        self.attr_name = full_name
        payload = event.payload
        self.attr_value = DeviceAttribute(payload) if isinstance(payload, AttributeValue) else None


class AttrConfEventData(EventInfo):
    """A changed configuration: `attr_conf`, None for an error (EVT-51)."""

    def __init__(self, device: Any, full_name: str, event: Event) -> None:
        super().__init__(device, full_name, event)
        self.attr_name = full_name
        self.attr_conf = event.payload if isinstance(event.payload, AttributeConfig) else None


class DataReadyEventData(EventInfo):
    """Data are ready to be read: the attribute's type and the counter that the device gave (EVT-44)."""

    def __init__(self, device: Any, full_name: str, event: Event) -> None:
        super().__init__(device, full_name, event)
        self.attr_name = full_name
        payload = event.payload if isinstance(event.payload, DataReady) else DataReady("", CmdArgType.DevVoid, 0)
        self.attr_data_type = payload.data_type
        self.ctr = payload.counter


class DevIntrChangeEventData(EventInfo):
    """Commands or attributes came or went: the complete lists. `dev_started` tells that it is the state of things at
    the subscription or after the server came back (EVT-52, EVT-53)."""

    def __init__(self, device: Any, full_name: str, event: Event) -> None:
        super().__init__(device, full_name, event)
        self.device_name = full_name
        payload = event.payload if isinstance(event.payload, InterfaceChange) else InterfaceChange(False, (), ())
        self.dev_started = payload.dev_started
        self.cmd_list: list[CommandInfo] = list(payload.commands)
        self.att_list: list[AttributeConfig] = list(payload.attributes)


class PipeEventData(EventInfo):
    """A pipe's blob as `read_pipe` gives it, None for an error (EVT-54)."""

    def __init__(self, device: Any, full_name: str, event: Event) -> None:
        super().__init__(device, full_name, event)
        self.pipe_name = full_name
        to_user: Callable[[], Any] | None = getattr(event.payload, "to_user", None)
        self.pipe_value = to_user() if to_user else None


_CLASSES: dict[EventType, type[EventInfo]] = {
    EventType.ATTR_CONF_EVENT: AttrConfEventData,
    EventType.DATA_READY_EVENT: DataReadyEventData,
    EventType.INTERFACE_CHANGE_EVENT: DevIntrChangeEventData,
    EventType.PIPE_EVENT: PipeEventData,
}


def event_data(device: Any, full_name: str, event: Event) -> EventInfo:
    """What a callback receives for `event`."""
    return _CLASSES.get(event.type, EventData)(device, full_name, event)
