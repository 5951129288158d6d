"""The events of a process: subscriptions, detection on polled values, pushed events, interface changes.

Source: EVT-1..EVT-54.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from server_core.model.config import AttributeConfig, CommandInfo
from server_core.model.enums import EventType
from server_core.model.errors import DevError, DevFailed, Reason
from server_core.model.values import AttributeValue, EventPayload, InterfaceChange
from server_core.protocol.operations import Subscribe, Subscription
from server_core.server.events import criteria
from server_core.server.events.checks import check_subscription, push_of
from server_core.server.events.publisher import Publisher
from server_core.server.events.relay import Relays
from server_core.server.events.topics import Topic, Topics
from server_core.server.polling.ring import PolledObject
from server_core.server.polling.schedule import WorkItem
from server_core.transport.contract import Peer
from server_core.transport.timer import Handle, Timer

if TYPE_CHECKING:
    from server_core.device.attribute_parts import Criteria
    from server_core.server.served import Served

INTERFACE_DELAY: Final = 0.050
"""Seconds after the last change of an interface until its event is sent (EVT-52)."""

_DETECTED: Final = (
    EventType.CHANGE_EVENT,
    EventType.PERIODIC_EVENT,
    EventType.ARCHIVE_EVENT,
    EventType.ALARM_EVENT,
)
"""Kinds that the server finds on polled values."""

_OF_ATTRIBUTES: Final = (
    *_DETECTED,
    EventType.USER_EVENT,
    EventType.ATTR_CONF_EVENT,
    EventType.DATA_READY_EVENT,
)
"""Kinds that belong to attributes."""

Interface = tuple[tuple[object, ...], ...]


class Events:
    """All events of one process."""

    def __init__(self, timer: Timer, publisher: Publisher) -> None:
        self.relays = Relays(self)
        self.topics = Topics(publisher, self.relays.unwanted)
        self.closing = False
        self._timer = timer
        self._planned: dict[str, Handle] = {}
        self._known: dict[str, Interface] = {}

    # ---- subscriptions

    def subscribe(self, served: Served, request: Subscribe, peer: Peer) -> Subscription:
        """Send events to `peer` from now on. Raises as EVT-2 says, and `API_ShutdownInProgress`."""
        name = self._prepare(served, request.object, request.type)
        return self.topics.subscribe(served.key, name, request.type, peer)

    def remember(
        self, served: Served, object_name: str, kind: EventType, version: int, *, renewed: bool = False
    ) -> None:
        """Hand events to the publisher for clients of this version, for 600 s from now (EVT-11), or for that long again
        (`renewed`). Raises as `subscribe`, and what the publisher raises."""
        name = self._prepare(served, object_name, kind)
        self.topics.remember(served.key, name, kind, version, renewed=renewed)

    def check(self, served: Served, object_name: str, kind: EventType) -> None:
        """Whether there can be such events. Raises as `subscribe`."""
        self._check_open()
        check_subscription(served, object_name.lower(), kind)

    def _check_open(self) -> None:
        if self.closing:
            raise DevFailed.of(
                Reason.API_ShutdownInProgress,
                "The device server is shutting down. You can no longer subscribe for events",
                "Events.subscribe",
            )

    def _prepare(self, served: Served, object_name: str, kind: EventType) -> str:
        """Check a subscription, and begin to get what it is about; the object's name in its topic."""
        self._check_open()
        name = "" if kind is EventType.INTERFACE_CHANGE_EVENT else object_name.lower()
        if not self.relays.start(served, object_name, kind):
            check_subscription(served, name, kind)
        if kind is EventType.INTERFACE_CHANGE_EVENT and not self._interface_wanted(served):
            self._known[served.key] = interface(served)
        return name

    def close(self) -> None:
        """Send nothing more."""
        self.relays.close()
        self.topics.publisher.close()

    # ---- detection on polled values

    def polled(self, served: Served, polled: PolledObject, start: float, value: AttributeValue) -> None:
        """One try of a polled attribute is done: send the events that it is worth."""
        attribute = served.kernel.attributes.find(polled.key)
        if attribute is None:
            return  # it was removed while it was read
        for topic in self.topics.of_object(served.key, polled.key, *_DETECTED):
            if not push_of(attribute, topic.type).implemented:
                self._detect(topic, attribute.criteria, value, start)

    def _detect(self, topic: Topic, limits: Criteria, value: AttributeValue, start: float) -> None:
        with self.topics.lock:
            due = _period_passed(topic, limits, start)
            if due or _worth_sending(topic, limits, value):
                if due or topic.seen is None:
                    topic.period_start = start
                topic.seen = value
                self.topics.publish(topic, value, value.errors)

    def discarded(self, item: WorkItem) -> None:
        """A poll was left out because the polling thread is late (POLL-13, EVT-38)."""
        if not item.command:
            for polled in item.objects:
                self._failed(item.served, polled.key, _OUT_OF_SYNC)

    def not_polled_any_more(self, served: Served, polled: PolledObject) -> None:
        """An attribute was taken out of polling (POLL-30)."""
        error = DevError(
            Reason.API_PollObjNotFound, f"No event possible on attribute {polled.key}: it is not polled any more"
        )
        self._failed(served, polled.key, error)

    def removed(self, served: Served, name: str) -> None:
        """An attribute is no longer there (DYN-7). Its subscriptions stay, for one that is added under its name."""
        error = DevError(Reason.API_AttrNotFound, f"{name} attribute not found")
        with self.topics.lock:
            for topic in self.topics.of_object(served.key, name.lower(), *_OF_ATTRIBUTES):
                topic.seen = None
                self.topics.publish(topic, None, (error,))

    def _failed(self, served: Served, name: str, error: DevError) -> None:
        """Send an error in place of the value, once (EVT-38), for the kinds that polling finds (EVT-40)."""
        attribute = served.kernel.attributes.find(name)
        if attribute is None:
            return
        with self.topics.lock:
            for topic in self.topics.of_object(served.key, name, *_DETECTED):
                if push_of(attribute, topic.type).implemented:
                    continue
                if topic.seen is None or topic.seen.errors != (error,):
                    topic.seen = AttributeValue(name, errors=(error,))
                    self.topics.publish(topic, None, (error,))

    # ---- events pushed by devices

    def push(
        self,
        served: Served,
        name: str,
        kind: EventType,
        payload: EventPayload | None,
        errors: tuple[DevError, ...],
        *,
        detect: bool,
    ) -> None:
        """Send an event of a device's own making; with `detect` only when the criteria are met (EVT-40, EVT-41)."""
        topic = self.topics.wanted(served.key, name.lower(), kind)
        if topic is None:
            return
        with self.topics.lock:
            if detect:
                value = payload if isinstance(payload, AttributeValue) else AttributeValue(name, errors=errors)
                if not _worth_sending(topic, served.kernel.attribute(name).criteria, value):
                    return
                topic.seen = value
            self.topics.publish(topic, payload, errors)

    # ---- interface changes

    def interface_changed(self, served: Served) -> None:
        """Something may have been added or removed: send the new interface when no further change comes for 50 ms
        (EVT-52)."""

        def send() -> None:
            self._planned.pop(served.key, None)
            self._send_interface(served)

        with self.topics.lock:
            if not self._interface_wanted(served):
                return
            planned = self._planned.pop(served.key, None)
            if planned is not None:
                planned.cancel()
            self._planned[served.key] = self._timer.after(INTERFACE_DELAY, send)

    def _interface_wanted(self, served: Served) -> bool:
        return self.topics.wanted(served.key, "", EventType.INTERFACE_CHANGE_EVENT) is not None

    def _send_interface(self, served: Served) -> None:
        """Send the complete interface, unless it is what the subscribers know already."""
        topic = self.topics.wanted(served.key, "", EventType.INTERFACE_CHANGE_EVENT)
        now = interface(served)
        if topic is not None and now != self._known.get(served.key):
            self._known[served.key] = now
            commands, attributes = served.kernel.command_list(), served.kernel.attribute_configs()
            self.topics.publish(topic, InterfaceChange(False, tuple(commands), tuple(attributes)))

    def restarted(self, served: Served) -> None:
        """A device was made anew: send all attribute configurations, and its interface if it differs (LIFE-32)."""
        for config in served.kernel.attribute_configs():
            self.push(served, config.name, EventType.ATTR_CONF_EVENT, config, (), detect=False)
        self.interface_changed(served)


def interface(served: Served) -> Interface:
    """What makes two interfaces different (EVT-52)."""
    commands = [_command_signature(info) for info in served.kernel.command_list()]
    attributes = [_attribute_signature(config) for config in served.kernel.attribute_configs()]
    return (*commands, *attributes)


def _command_signature(info: CommandInfo) -> tuple[object, ...]:
    return info.cmd_name, info.in_type, info.out_type


def _attribute_signature(config: AttributeConfig) -> tuple[object, ...]:
    return (
        config.name,
        config.writable,
        config.data_type,
        config.data_format,
        config.max_dim_x,
        config.max_dim_y,
        config.memorization,
        config.writable_attr_name,
        len(config.enum_labels),
    )


_OUT_OF_SYNC: Final = DevError(
    Reason.API_PollThreadOutOfSync,
    "The polling thread is late and discard this object polling.\nAdvice: Tune device server polling",
)


def _worth_sending(topic: Topic, limits: Criteria, value: AttributeValue) -> bool:
    """Whether a reading is worth an event, apart from the passing of time."""
    if topic.type is EventType.ALARM_EVENT:
        return criteria.alarm_changed(topic.seen, value)
    if topic.type is EventType.PERIODIC_EVENT:
        return False
    return criteria.changed(topic.seen, value, criteria.bands(limits, topic.type))


def _period_passed(topic: Topic, limits: Criteria, start: float) -> bool:
    """Whether an event is due because its period has passed (EVT-34, EVT-35)."""
    if topic.type is EventType.PERIODIC_EVENT:
        period: int | None = limits.period
    elif topic.type is EventType.ARCHIVE_EVENT:
        period = limits.archive_period
    else:
        period = None
    if period is None:
        return False
    return topic.period_start is None or start - topic.period_start > criteria.tolerated(period)
