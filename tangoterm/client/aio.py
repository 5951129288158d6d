"""The asyncio twin of `tangoterm.client`: the same names and meanings, with calls that are awaited.

    dev = await DeviceProxy("sys/tg_test/1")
    reading = await dev.read_attribute("ampli")
    value = await dev.ampli                       # the value alone
    result = await dev.DevDouble(3.5)

Everything belongs to the event loop it is used in; `close_connections` ends what the loop has opened.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator, Sequence
from typing import Any

from server_core.model.enums import EventType
from tangoterm.client.aio_database import Database as Database
from tangoterm.client.aio_group import GroupCalls
from tangoterm.client.attribute_handle import AttributeHandle, AttributeSettings
from tangoterm.client.handle import Handle
from tangoterm.client.loops import awaitable, forget_runner, loop_runner
from tangoterm.client.plans import (
    attribute,
    attributes,
    commands,
    configuration,
    device,
    locking,
    logging,
    members,
    pipes,
    polling,
    properties,
)
from tangoterm.client.settings import ProxySettings
from tangoterm.client.subscribing import EventQueues, Subscriptions, subscription_arguments


class DeviceProxy(ProxySettings, EventQueues):
    """A device of a control system; see `tangoterm.client.DeviceProxy`.

    `await DeviceProxy(name)` looks the device up in the database; without `await` the first call does. Attributes and
    commands are also attributes of the proxy: `await dev.ampli`, `await dev.DevDouble(3.5)`.
    """

    def __init__(self, dev_name: str) -> None:
        self._hold(Handle(dev_name))

    def __await__(self) -> Generator[Any, None, DeviceProxy]:
        return self._found().__await__()

    async def _found(self) -> DeviceProxy:
        await loop_runner().run(self._handle.find())
        return self

    ping = awaitable(device.ping)
    info = awaitable(device.info)
    state = awaitable(device.state)
    status = awaitable(device.status)
    description = awaitable(device.description)
    adm_name = awaitable(device.adm_name)
    alias = awaitable(device.alias)
    black_box = awaitable(device.black_box)
    import_info = awaitable(device.import_info)
    get_access_control = awaitable(device.get_access_control)
    get_access_right = get_access_control
    get_dev_host = awaitable(device.get_dev_host)
    get_dev_port = awaitable(device.get_dev_port)
    reconnect = awaitable(device.reconnect)
    get_idl_version = awaitable(device.get_idl_version)
    get_tango_lib_version = awaitable(device.get_tango_lib_version)

    command_inout = awaitable(commands.command_inout)
    command_inout_raw = awaitable(commands.command_inout_raw)
    command_query = awaitable(commands.command_query)
    command_list_query = awaitable(commands.command_list_query)
    command_history = awaitable(commands.command_history)
    get_command_list = awaitable(commands.get_command_list)
    get_command_config = awaitable(commands.get_command_config)

    read_attribute = awaitable(attributes.read_attribute)
    read_attributes = awaitable(attributes.read_attributes)
    write_attribute = awaitable(attributes.write_attribute)
    write_attributes = awaitable(attributes.write_attributes)
    write_read_attribute = awaitable(attributes.write_read_attribute)
    write_read_attributes = awaitable(attributes.write_read_attributes)
    attribute_history = awaitable(attributes.attribute_history)

    attribute_query = awaitable(configuration.attribute_query)
    attribute_list_query = awaitable(configuration.attribute_list_query)
    attribute_list_query_ex = attribute_list_query
    get_attribute_list = awaitable(configuration.get_attribute_list)
    get_attribute_config = awaitable(configuration.get_attribute_config)
    get_attribute_config_ex = get_attribute_config
    set_attribute_config = awaitable(configuration.set_attribute_config)

    get_pipe_list = awaitable(pipes.get_pipe_list)
    get_pipe_config = awaitable(pipes.get_pipe_config)
    set_pipe_config = awaitable(pipes.set_pipe_config)
    read_pipe = awaitable(pipes.read_pipe)
    write_pipe = awaitable(pipes.write_pipe)
    write_read_pipe = awaitable(pipes.write_read_pipe)

    polling_status = awaitable(polling.polling_status)
    poll_attribute = awaitable(polling.poll_attribute)
    poll_command = awaitable(polling.poll_command)
    stop_poll_attribute = awaitable(polling.stop_poll_attribute)
    stop_poll_command = awaitable(polling.stop_poll_command)
    is_attribute_polled = awaitable(polling.is_attribute_polled)
    is_command_polled = awaitable(polling.is_command_polled)
    get_attribute_poll_period = awaitable(polling.get_attribute_poll_period)
    get_command_poll_period = awaitable(polling.get_command_poll_period)

    lock = awaitable(locking.lock)
    unlock = awaitable(locking.unlock)
    locking_status = awaitable(locking.locking_status)
    is_locked = awaitable(locking.is_locked)
    is_locked_by_me = awaitable(locking.is_locked_by_me)
    get_locker = awaitable(locking.get_locker)

    get_logging_level = awaitable(logging.get_logging_level)
    set_logging_level = awaitable(logging.set_logging_level)
    get_logging_target = awaitable(logging.get_logging_target)
    add_logging_target = awaitable(logging.add_logging_target)
    remove_logging_target = awaitable(logging.remove_logging_target)

    get_property = awaitable(properties.get_property)
    put_property = awaitable(properties.put_property)
    delete_property = awaitable(properties.delete_property)
    get_property_list = awaitable(properties.get_property_list)

    _read_value = awaitable(members.read_value)

    def get_device_db(self) -> Database:
        """The device's database."""
        return Database(str(self._handle.target.host) if self._handle.target.host else None)

    # ---- events

    async def subscribe_event(
        self,
        attr_name: str | EventType,
        event_type: Any = None,
        cb_or_queuesize: Any = None,
        filters: Sequence[str] = (),
        stateless: bool = False,
    ) -> int:
        """Receive events, as `tangoterm.client.DeviceProxy.subscribe_event`; the callback is a plain function and is
        called in the loop."""
        arguments = subscription_arguments(attr_name, event_type, cb_or_queuesize, stateless)
        runner = loop_runner()
        return await runner.run(self._subscriptions.subscribe(arguments, runner.recovery))

    async def unsubscribe_event(self, event_id: int) -> None:
        """No more events; EventSystemFailed `API_EventNotFound` for an unknown number."""
        await loop_runner().run(self._subscriptions.unsubscribe(event_id))

    # ---- attributes and commands as Python attributes

    def __getattr__(self, name: str) -> _Member:
        if name.startswith("_"):
            raise AttributeError(name)
        return _Member(self, name)


class _Member:
    """An attribute or command of a device: awaited it gives the attribute's value, called it executes the command."""

    def __init__(self, proxy: DeviceProxy, name: str) -> None:
        self._proxy = proxy
        self._name = name

    def __await__(self) -> Generator[Any, None, Any]:
        return self._proxy._read_value(self._name).__await__()

    def __call__(self, argument: Any = None) -> Coroutine[Any, Any, Any]:
        return self._proxy.command_inout(self._name, argument)


class AttributeProxy(AttributeSettings, EventQueues):
    """One attribute; see `tangoterm.client.AttributeProxy`. `await AttributeProxy(name)` looks it up."""

    def __init__(self, name: str) -> None:
        self._handle = AttributeHandle(name)
        self._subscriptions = Subscriptions(self._handle.device, self)

    def __await__(self) -> Generator[Any, None, AttributeProxy]:
        return self._found().__await__()

    async def _found(self) -> AttributeProxy:
        await loop_runner().run(self._handle.find())
        return self

    read = awaitable(attribute.read)
    write = awaitable(attribute.write)
    write_read = awaitable(attribute.write_read)
    history = awaitable(attribute.history)
    get_config = awaitable(attribute.get_config)
    set_config = awaitable(attribute.set_config)
    poll = awaitable(attribute.poll)
    stop_poll = awaitable(attribute.stop_poll)
    is_polled = awaitable(attribute.is_polled)
    get_poll_period = awaitable(attribute.get_poll_period)
    get_property = awaitable(attribute.get_property)
    put_property = awaitable(attribute.put_property)
    delete_property = awaitable(attribute.delete_property)
    ping = awaitable(attribute.ping)
    state = awaitable(attribute.state)
    status = awaitable(attribute.status)

    def get_device_proxy(self) -> DeviceProxy:
        """The device of the attribute; both have the same settings."""
        return DeviceProxy._of(self._handle.device)

    async def subscribe_event(
        self, event_type: EventType, cb_or_queuesize: Any, filters: Sequence[str] = (), stateless: bool = False
    ) -> int:
        """Receive the attribute's events, as `DeviceProxy.subscribe_event`."""
        runner = loop_runner()
        await runner.run(self._handle.find())
        arguments = subscription_arguments(self._handle.name, event_type, cb_or_queuesize, stateless)
        return await runner.run(self._subscriptions.subscribe(arguments, runner.recovery))

    async def unsubscribe_event(self, event_id: int) -> None:
        """No more events; EventSystemFailed `API_EventNotFound` for an unknown number."""
        await loop_runner().run(self._subscriptions.unsubscribe(event_id))


class Group(GroupCalls):
    """Devices and other groups, asked together; see `tangoterm.client.Group`. `*_asynch` sends and is not awaited."""

    def get_device(self, name_or_index: str | int) -> DeviceProxy:
        """A device by name or pattern, or by its place from 1 on, with the settings it has in the group; KeyError."""
        return DeviceProxy._of(self._device(name_or_index))

    def __getitem__(self, name_or_index: str | int) -> Group | DeviceProxy:
        """The group of this name, else the device of this name or at this place."""
        found = self.get_group(name_or_index) if isinstance(name_or_index, str) else None
        return found or self.get_device(name_or_index)


async def close_connections() -> None:
    """Close the connections that this event loop has opened, with their subscriptions."""
    await forget_runner().close()
