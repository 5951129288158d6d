"""`AttributeProxy`: one attribute to read, write and subscribe to, with calls that wait."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from server_core.model.enums import EventType
from tangoterm.client.attribute_handle import AttributeHandle, AttributeSettings
from tangoterm.client.plans import attribute
from tangoterm.client.proxy import DeviceProxy
from tangoterm.client.readings import DeviceAttribute
from tangoterm.client.subscribing import EventQueues, Subscriptions, subscription_arguments
from tangoterm.client.threads import blocking, thread_runner


class AttributeProxy(AttributeSettings, EventQueues):
    """One attribute, by `domain/family/member/attribute`, `alias/attribute` or attribute alias (NAME-8).

    Constructing it looks up the device, or the alias, in the database, and asks the device whether it has the
    attribute, unless it does not run: WrongNameSyntax `API_UnsupportedAttribute` when it has not.
    """

    def __init__(self, name: str) -> None:
        self._handle = AttributeHandle(name)
        self._subscriptions = Subscriptions(self._handle.device, self)
        thread_runner().run(self._handle.find())

    read = blocking(attribute.read)
    write = blocking(attribute.write)
    write_read = blocking(attribute.write_read)
    history = blocking(attribute.history)
    get_config = blocking(attribute.get_config)
    set_config = blocking(attribute.set_config)
    poll = blocking(attribute.poll)
    stop_poll = blocking(attribute.stop_poll)
    is_polled = blocking(attribute.is_polled)
    get_poll_period = blocking(attribute.get_poll_period)
    get_property = blocking(attribute.get_property)
    put_property = blocking(attribute.put_property)
    delete_property = blocking(attribute.delete_property)
    ping = blocking(attribute.ping)
    state = blocking(attribute.state)
    status = blocking(attribute.status)

    def get_device_proxy(self) -> DeviceProxy:
        """The device of the attribute; both have the same settings."""
        return self._device

    @cached_property
    def _device(self) -> DeviceProxy:
        return DeviceProxy._of(self._handle.device)

    # ---- asynchronous calls

    def read_asynch(self, cb: Any = None) -> int:
        """Ask for a reading and do not wait; as `DeviceProxy.read_attribute_asynch`."""
        return self._device.read_attribute_asynch(self._handle.name, cb)

    def read_reply(self, id: int, poll_timeout: int | None = None) -> DeviceAttribute:
        """The reading that was asked for; as `DeviceProxy.read_attribute_reply`."""
        return self._device.read_attribute_reply(id, poll_timeout)

    def write_asynch(self, value: Any, cb: Any = None) -> int:
        """Send a value to write and do not wait; as `DeviceProxy.write_attribute_asynch`."""
        return self._device.write_attribute_asynch(self._handle.name, value, cb)

    def write_reply(self, id: int, poll_timeout: int | None = None) -> None:
        """Whether the write worked; as `DeviceProxy.write_attribute_reply`."""
        self._device.write_attribute_reply(id, poll_timeout)

    # ---- events

    def subscribe_event(
        self, event_type: EventType, cb_or_queuesize: Any, filters: Sequence[str] = (), stateless: bool = False
    ) -> int:
        """Receive the attribute's events, as `DeviceProxy.subscribe_event`."""
        arguments = subscription_arguments(self._handle.name, event_type, cb_or_queuesize, stateless)
        runner = thread_runner()
        return runner.run(self._subscriptions.subscribe(arguments, runner.recovery))

    def unsubscribe_event(self, event_id: int) -> None:
        """No more events; EventSystemFailed `API_EventNotFound` for an unknown number."""
        thread_runner().run(self._subscriptions.unsubscribe(event_id))
