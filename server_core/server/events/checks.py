"""Whether an object can send a kind of event: what is checked at every subscription.

Source: EVT-2, EVT-40.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from server_core.device.attribute_parts import Push
from server_core.model.enums import EventType
from server_core.model.errors import DevFailed, Reason
from server_core.model.types import TYPES, Kind
from server_core.server.events.criteria import Bands, bands

if TYPE_CHECKING:
    from server_core.device.attributes import Attribute
    from server_core.server.served import Served

_ORIGIN: Final = "Events.subscribe"
_NOT_PUSHED: Final = Push()


def check_subscription(served: Served, name: str, kind: EventType) -> None:
    """Raise DevFailed when events of this kind cannot be had of this object: `API_AttrNotFound`, `API_PipeNotFound`,
    `API_AttributePollingNotStarted`, `API_EventPropertiesNotSet`, `API_AttributeNotDataReadyEnabled`."""
    _CHECKS[kind](served, name)


def _exists(served: Served, name: str) -> None:
    served.kernel.attribute(name)


def _interface(served: Served, name: str) -> None:
    """Every device can tell of its interface."""


def _polled(served: Served, name: str) -> None:
    _exists(served, name)
    if served.find_polled(name, command=False) is None:
        raise DevFailed.of(
            Reason.API_AttributePollingNotStarted,
            f"The polling (necessary to send events) for the attribute {name.lower()} is not started",
            _ORIGIN,
        )


def _alarm(served: Served, name: str) -> None:
    if not pushed_by_code(served, name, EventType.ALARM_EVENT):
        _polled(served, name)


def _change(served: Served, name: str) -> None:
    if _needs_criteria(served, name, EventType.CHANGE_EVENT) and not _bands(served, name, EventType.CHANGE_EVENT).given:
        raise DevFailed.of(
            Reason.API_EventPropertiesNotSet,
            f"Event properties (abs_change or rel_change) for attribute {name.lower()} are not set",
            _ORIGIN,
        )


def _archive(served: Served, name: str) -> None:
    if not _needs_criteria(served, name, EventType.ARCHIVE_EVENT):
        return
    periodic = served.kernel.attribute(name).criteria.archive_period is not None
    if not periodic and not _bands(served, name, EventType.ARCHIVE_EVENT).given:
        raise DevFailed.of(
            Reason.API_EventPropertiesNotSet,
            "Archive event properties (archive_abs_change or archive_rel_change or archive_period) for attribute "
            f"{name.lower()} are not set",
            _ORIGIN,
        )


def _needs_criteria(served: Served, name: str, kind: EventType) -> bool:
    """Whether the attribute must have criteria; checks first that it is polled, or pushed by code."""
    _exists(served, name)
    pushed = _push(served, name, kind)
    if not pushed.implemented:
        _polled(served, name)
    elif not pushed.detect:
        return False
    return TYPES[served.kernel.attribute(name).data_type].kind in (Kind.INTEGER, Kind.FLOAT)


def _bands(served: Served, name: str, kind: EventType) -> Bands:
    return bands(served.kernel.attribute(name).criteria, kind)


def _data_ready(served: Served, name: str) -> None:
    _exists(served, name)
    if not served.kernel.attribute(name).data_ready:
        raise DevFailed.of(
            Reason.API_AttributeNotDataReadyEnabled,
            f"The attribute {name.lower()} is not data ready event enabled",
            _ORIGIN,
        )


def _pipe(served: Served, name: str) -> None:
    served.kernel.pipe_configs((name,))


_CHECKS: Final[dict[EventType, Callable[[Served, str], None]]] = {
    EventType.CHANGE_EVENT: _change,
    EventType.ARCHIVE_EVENT: _archive,
    EventType.PERIODIC_EVENT: _polled,
    EventType.ALARM_EVENT: _alarm,
    EventType.USER_EVENT: _exists,
    EventType.ATTR_CONF_EVENT: _exists,
    EventType.DATA_READY_EVENT: _data_ready,
    EventType.INTERFACE_CHANGE_EVENT: _interface,
    EventType.PIPE_EVENT: _pipe,
}


def pushed_by_code(served: Served, name: str, kind: EventType) -> bool:
    """Whether the device said that it pushes these events itself."""
    return _push(served, name, kind).implemented


def _push(served: Served, name: str, kind: EventType) -> Push:
    return push_of(served.kernel.attribute(name), kind)


def push_of(attribute: Attribute, kind: EventType) -> Push:
    """What the device said of its own pushing of a kind of event."""
    declared: dict[EventType, Push] = {
        EventType.CHANGE_EVENT: attribute.change_push,
        EventType.ARCHIVE_EVENT: attribute.archive_push,
        EventType.ALARM_EVENT: attribute.alarm_push,
    }
    return declared.get(kind, _NOT_PUSHED)
