"""The subscriptions of one proxy, by number."""

from __future__ import annotations

from typing import Any, NamedTuple

from server_core.model.enums import EventType
from server_core.model.errors import EventSystemFailed, Reason
from tangoterm.client.events import EventInfo
from tangoterm.client.handle import Handle
from tangoterm.client.recovery import Recovery
from tangoterm.client.steps import Plan
from tangoterm.client.subscription import Callback, EventQueue, Subscription, target_of


class SubscriptionArguments(NamedTuple):
    """What is subscribed to, and where the events go."""

    object: str
    kind: EventType
    target: Callback
    stateless: bool


def subscription_arguments(name: Any, kind: Any, target: Any, stateless: bool) -> SubscriptionArguments:
    """The arguments of `subscribe_event` in either of its forms; TypeError when they fit neither."""
    if isinstance(name, EventType):
        if name is not EventType.INTERFACE_CHANGE_EVENT:
            raise TypeError(f"{name.name} needs an attribute or pipe: subscribe_event(name, {name.name}, callback)")
        return SubscriptionArguments("", name, target_of(kind), bool(target) or stateless)
    if not isinstance(name, str) or not isinstance(kind, EventType):
        raise TypeError(f"subscribe_event({name!r}, {kind!r}, ...): a name and an EventType are needed")
    return SubscriptionArguments(name, kind, target_of(target), stateless)


class Subscriptions:
    """What one proxy has subscribed to. A subscription lives until it is ended, whether the proxy is kept or not."""

    def __init__(self, device: Handle, proxy: object) -> None:
        self._device = device
        self._proxy = proxy
        self._by_id: dict[int, Subscription] = {}

    def subscribe(self, arguments: SubscriptionArguments, recovery: Recovery) -> Plan[int]:
        """Begin a subscription and give its number."""
        name, kind, target, stateless = arguments
        subscription = Subscription(self._device, self._proxy, name, kind, target, recovery.add)
        yield from subscription.begin(stateless)
        self._by_id[subscription.id] = subscription
        return subscription.id

    def unsubscribe(self, event_id: int) -> Plan[None]:
        """End a subscription."""
        subscription = self._find(event_id)
        del self._by_id[event_id]
        yield from subscription.end()

    def by_zmq(self, event_id: int) -> bool:
        """Whether its events come over ZeroMQ rather than with the answers."""
        return self._find(event_id).by_zmq

    def queue(self, event_id: int) -> EventQueue:
        """The queue of a subscription that has one."""
        target = self._find(event_id).target
        if not isinstance(target, EventQueue):
            raise EventSystemFailed.of(
                Reason.API_EventQueues,
                f"Event {event_id} of device {self._device.name} was subscribed with a callback: it has no queue",
                "DeviceProxy.get_events",
            )
        return target

    def get_events(self, event_id: int, callback: Any) -> list[EventInfo] | None:
        """The queued events, or None after handing them to `callback`."""
        events = self.queue(event_id).take()
        if callback is None:
            return events
        target = target_of(callback)
        for event in events:
            target(event)
        return None

    def _find(self, event_id: int) -> Subscription:
        subscription = self._by_id.get(event_id)
        if subscription is None:
            raise EventSystemFailed.of(
                Reason.API_EventNotFound,
                f"Event {event_id} of device {self._device.name}: the event id does not correspond with any known one",
                "DeviceProxy.unsubscribe_event",
            )
        return subscription


class EventQueues:
    """The methods of a proxy that look at the events kept for it."""

    _subscriptions: Subscriptions

    def get_events(self, event_id: int, callback: Any = None) -> list[EventInfo] | None:
        """The events that came since the last call, or hand them to `callback`; EventSystemFailed
        `API_EventNotFound`, or `API_EventQueues` when the subscription has a callback of its own."""
        return self._subscriptions.get_events(event_id, callback)

    def events_by_zmq(self, event_id: int) -> bool:
        """Whether the events of a subscription come over ZeroMQ; else they come on the connection of its requests."""
        return self._subscriptions.by_zmq(event_id)

    def event_queue_size(self, event_id: int) -> int:
        """How many events wait for `get_events`."""
        return len(self._subscriptions.queue(event_id))

    def is_event_queue_empty(self, event_id: int) -> bool:
        """Whether no events wait for `get_events`."""
        return not self._subscriptions.queue(event_id)

    def get_last_event_date(self, event_id: int) -> float:
        """When the last event came, in seconds since 1970; 0 before the first."""
        last = self._subscriptions.queue(event_id).last
        return last.reception_date if last is not None else 0.0
