"""`DeviceProxy`: a device to call, read and write, with calls that wait. `tangoterm.client.aio` has its twin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from server_core.model.config import CommandInfo
from server_core.model.enums import EventType
from server_core.model.errors import DevFailed
from tangoterm.client.device_data import DeviceData
from tangoterm.client.handle import Handle
from tangoterm.client.plans import (
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
from tangoterm.client.readings import DeviceAttribute
from tangoterm.client.settings import ProxySettings
from tangoterm.client.subscribing import EventQueues, subscription_arguments
from tangoterm.client.threads import blocking, thread_runner

if TYPE_CHECKING:
    from tangoterm.client.asynchronous import AsynchronousCalls, asyn_req_type
    from tangoterm.client.database import Database


class DeviceProxy(ProxySettings, EventQueues):
    """A device of a control system, by `domain/family/member`, alias, or either with `tango://host:port/` before it.

    Constructing it looks the device up in the database: DevFailed `API_DeviceNotDefined` when it is not there; the
    first call connects (CLI-1). Its attributes, commands and pipes are also attributes of the proxy: `dev.ampli`,
    `dev.ampli = 3`, `dev.DevDouble(3.5)`, and `dev["ampli"]` gives the whole reading. Safe to share between threads.
    """

    _frozen = True

    def __init__(self, dev_name: str) -> None:
        self._hold(Handle(dev_name))
        thread_runner().run(self._handle.find())

    ping = blocking(device.ping)
    info = blocking(device.info)
    state = blocking(device.state)
    status = blocking(device.status)
    description = blocking(device.description)
    adm_name = blocking(device.adm_name)
    alias = blocking(device.alias)
    black_box = blocking(device.black_box)
    import_info = blocking(device.import_info)
    get_access_control = blocking(device.get_access_control)
    get_access_right = get_access_control
    get_dev_host = blocking(device.get_dev_host)
    get_dev_port = blocking(device.get_dev_port)
    reconnect = blocking(device.reconnect)
    get_idl_version = blocking(device.get_idl_version)
    get_tango_lib_version = blocking(device.get_tango_lib_version)

    command_inout = blocking(commands.command_inout)
    command_inout_raw = blocking(commands.command_inout_raw)
    command_query = blocking(commands.command_query)
    command_list_query = blocking(commands.command_list_query)
    command_history = blocking(commands.command_history)
    get_command_list = blocking(commands.get_command_list)
    get_command_config = blocking(commands.get_command_config)

    read_attribute = blocking(attributes.read_attribute)
    read_attributes = blocking(attributes.read_attributes)
    write_attribute = blocking(attributes.write_attribute)
    write_attributes = blocking(attributes.write_attributes)
    write_read_attribute = blocking(attributes.write_read_attribute)
    write_read_attributes = blocking(attributes.write_read_attributes)
    attribute_history = blocking(attributes.attribute_history)

    attribute_query = blocking(configuration.attribute_query)
    attribute_list_query = blocking(configuration.attribute_list_query)
    attribute_list_query_ex = attribute_list_query
    get_attribute_list = blocking(configuration.get_attribute_list)
    get_attribute_config = blocking(configuration.get_attribute_config)
    get_attribute_config_ex = get_attribute_config
    set_attribute_config = blocking(configuration.set_attribute_config)

    get_pipe_list = blocking(pipes.get_pipe_list)
    get_pipe_config = blocking(pipes.get_pipe_config)
    set_pipe_config = blocking(pipes.set_pipe_config)
    read_pipe = blocking(pipes.read_pipe)
    write_pipe = blocking(pipes.write_pipe)
    write_read_pipe = blocking(pipes.write_read_pipe)

    polling_status = blocking(polling.polling_status)
    poll_attribute = blocking(polling.poll_attribute)
    poll_command = blocking(polling.poll_command)
    stop_poll_attribute = blocking(polling.stop_poll_attribute)
    stop_poll_command = blocking(polling.stop_poll_command)
    is_attribute_polled = blocking(polling.is_attribute_polled)
    is_command_polled = blocking(polling.is_command_polled)
    get_attribute_poll_period = blocking(polling.get_attribute_poll_period)
    get_command_poll_period = blocking(polling.get_command_poll_period)

    lock = blocking(locking.lock)
    unlock = blocking(locking.unlock)
    locking_status = blocking(locking.locking_status)
    is_locked = blocking(locking.is_locked)
    is_locked_by_me = blocking(locking.is_locked_by_me)
    get_locker = blocking(locking.get_locker)

    get_logging_level = blocking(logging.get_logging_level)
    set_logging_level = blocking(logging.set_logging_level)
    get_logging_target = blocking(logging.get_logging_target)
    add_logging_target = blocking(logging.add_logging_target)
    remove_logging_target = blocking(logging.remove_logging_target)

    get_property = blocking(properties.get_property)
    put_property = blocking(properties.put_property)
    delete_property = blocking(properties.delete_property)
    get_property_list = blocking(properties.get_property_list)

    # ---- asynchronous calls

    @cached_property
    def _asynchronous(self) -> AsynchronousCalls:
        from tangoterm.client.asynchronous import AsynchronousCalls

        return AsynchronousCalls(self._handle, self)

    def command_inout_asynch(self, cmd_name: str, *args: Any, **kwargs: Any) -> int:
        """Send a command and do not wait: the number for `command_inout_reply`.

        Further arguments as in PyTango: `(cmd_param)`, `(cmd_param, forget)`, `(callback)`, `(cmd_param, callback)`,
        or by these names. With a `callback` (a function, or an object with `cmd_ended`) the reply goes to it: in
        `get_asynch_replies`, or at once in the push model (`ApiUtil.set_asynch_cb_sub_model`). With `forget` the
        outcome is thrown away, and the number is 0 (CMD-17).
        """
        return thread_runner().run(self._asynchronous.execute(cmd_name, *args, **kwargs))

    def command_inout_reply(self, idx: int, timeout: int | None = None) -> Any:
        """The result of an asynchronous command.

        Without `timeout` it must have arrived, else AsynReplyNotArrived; 0 waits for it, more waits so many ms.
        AsynCall for an unknown number or another kind of call; else as `command_inout` (CLI-7, CMD-16).
        """
        return self._asynchronous.reply(idx, "command", timeout)

    def command_inout_reply_raw(self, idx: int, timeout: int | None = None) -> DeviceData:
        """The result of an asynchronous command with its type; as `command_inout_reply`."""
        data: DeviceData = self._asynchronous.reply(idx, "command", timeout, DeviceData.of)
        return data

    def read_attribute_asynch(self, attr_name: str, cb: Any = None) -> int:
        """Ask for a reading and do not wait: the number for `read_attribute_reply`. `cb` is a function, or an object
        with `attr_read`."""
        return thread_runner().run(self._asynchronous.read((attr_name,), True, cb))

    def read_attributes_asynch(self, attr_names: Sequence[str], cb: Any = None) -> int:
        """Ask for readings and do not wait: the number for `read_attributes_reply`."""
        return thread_runner().run(self._asynchronous.read(attr_names, False, cb))

    def read_attribute_reply(self, id: int, poll_timeout: int | None = None) -> DeviceAttribute:
        """The reading that was asked for; waits and raises as `command_inout_reply`."""
        reading: DeviceAttribute = self._asynchronous.reply(id, "read", poll_timeout)
        return reading

    def read_attributes_reply(self, id: int, poll_timeout: int | None = None) -> list[DeviceAttribute]:
        """The readings that were asked for; waits and raises as `command_inout_reply`."""
        readings: list[DeviceAttribute] = self._asynchronous.reply(id, "read", poll_timeout)
        return readings

    def write_attribute_asynch(self, attr_name: str, value: Any, cb: Any = None) -> int:
        """Send a value to write and do not wait: the number for `write_attribute_reply`. `cb` is a function, or an
        object with `attr_written`."""
        return thread_runner().run(self._asynchronous.write(((attr_name, value),), cb))

    def write_attributes_asynch(self, attr_values: Iterable[tuple[str, Any]], cb: Any = None) -> int:
        """Send values to write and do not wait: the number for `write_attributes_reply`."""
        return thread_runner().run(self._asynchronous.write(tuple(attr_values), cb))

    def write_attribute_reply(self, id: int, poll_timeout: int | None = None) -> None:
        """Whether the write worked: nothing, or its failure; waits and raises as `command_inout_reply`."""
        self._asynchronous.reply(id, "write", poll_timeout)

    def write_attributes_reply(self, id: int, poll_timeout: int | None = None) -> None:
        """Whether the writes worked: nothing, or their failure; waits and raises as `command_inout_reply`."""
        self._asynchronous.reply(id, "write", poll_timeout)

    def get_asynch_replies(self, call_timeout: int | None = None) -> None:
        """Call the callbacks of the replies that have arrived; 0 waits for all, more waits so many ms and raises
        AsynReplyNotArrived when some have not come by then."""
        self._asynchronous.deliver(call_timeout)

    def pending_asynch_call(self, req: asyn_req_type | None = None) -> int:
        """How many asynchronous calls have replies that were not fetched or called back; of all kinds for None."""
        return self._asynchronous.count(req)

    def cancel_asynch_request(self, id: int) -> None:
        """Forget an asynchronous call; AsynCall `API_BadAsynPollId` for an unknown number."""
        self._asynchronous.cancel(id)

    def cancel_all_polling_asynch_request(self) -> None:
        """Forget all asynchronous calls without a callback."""
        self._asynchronous.cancel_polled()

    # ---- events

    def subscribe_event(
        self,
        attr_name: str | EventType,
        event_type: Any = None,
        cb_or_queuesize: Any = None,
        filters: Sequence[str] = (),
        stateless: bool = False,
    ) -> int:
        """Receive events: `(attribute or pipe, kind, callback)`, or `(INTERFACE_CHANGE_EVENT, callback)`.

        The callback is a function, or an object with `push_event`; a number keeps that many events (0: all) for
        `get_events` instead. It is called once before this returns, with the present value (EVT-50), then with each
        event from a thread of the connection, where it may call devices; errors come as events with `err` set. When
        the server dies the callback gets `API_EventTimeout`, and a fresh value when it is back. `filters` are taken
        and ignored, as with Tango's own events.

        Gives the number for `unsubscribe_event`. Raises EventSystemFailed with the server's refusal, or
        ConnectionFailed; with `stateless` neither, but tries again until it works (EVT-55).
        """
        arguments = subscription_arguments(attr_name, event_type, cb_or_queuesize, stateless)
        runner = thread_runner()
        return runner.run(self._subscriptions.subscribe(arguments, runner.recovery))

    def unsubscribe_event(self, event_id: int) -> None:
        """No more events; EventSystemFailed `API_EventNotFound` for an unknown number."""
        thread_runner().run(self._subscriptions.unsubscribe(event_id))

    # ---- attributes, commands and pipes as Python attributes

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = thread_runner().run(members.member(self._handle, name))
        if found is None:
            raise AttributeError(f"device {self.name()} has no command, attribute or pipe {name!r}")
        if isinstance(found, str):
            return self.read_pipe(name)
        if isinstance(found, CommandInfo):
            return _Command(self, found)
        return thread_runner().run(members.read_value(self._handle, name))

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_") or hasattr(type(self), name):
            object.__setattr__(self, name, value)
            return
        found = thread_runner().run(members.member(self._handle, name))
        if found is None and not self._frozen:
            object.__setattr__(self, name, value)
            return
        if found is None or isinstance(found, CommandInfo):
            raise AttributeError(f"device {self.name()} has no attribute or pipe {name!r}")
        if isinstance(found, str):
            self.write_pipe(name, value)
        else:
            self.write_attribute(name, value)

    def freeze_dynamic_interface(self) -> None:
        """Refuse `dev.name = value` for what is no attribute or pipe of the device (the default)."""
        self._frozen = True

    def unfreeze_dynamic_interface(self) -> None:
        """Let `dev.name = value` put what is no attribute or pipe of the device on the proxy itself."""
        self._frozen = False

    def is_dynamic_interface_frozen(self) -> bool:
        """Whether `dev.name = value` is refused for what is no attribute or pipe of the device."""
        return self._frozen

    def get_device_db(self) -> Database:
        """The device's database."""
        from tangoterm.client.database import Database

        return Database(str(self._handle.target.host) if self._handle.target.host else None)

    def __getitem__(self, attr_name: str) -> DeviceAttribute:
        return self.read_attribute(attr_name)

    def __setitem__(self, attr_name: str, value: Any) -> None:
        self.write_attribute(attr_name, value)

    def __contains__(self, attr_name: str) -> bool:
        return attr_name.lower() in (name.lower() for name in self.get_attribute_list())

    def __dir__(self) -> Iterable[str]:
        try:
            found = thread_runner().run(members.member_names(self._handle))
        except DevFailed:
            found = []  # a device that is down has no members to complete
        return sorted({*object.__dir__(self), *found})


class _Command:
    """A command of a device, to be called with its argument."""

    def __init__(self, proxy: DeviceProxy, info: CommandInfo) -> None:
        self._proxy = proxy
        self._info = info
        self.__name__ = info.cmd_name
        self.__doc__ = (
            f"{info.cmd_name}({info.in_type.name}) -> {info.out_type.name}\n\n"
            f"Argument: {info.in_type_desc}\nResult: {info.out_type_desc}"
        )

    def __call__(self, argument: Any = None) -> Any:
        return self._proxy.command_inout(self._info.cmd_name, argument)

    def __repr__(self) -> str:
        return f"<command {self._proxy.name()}/{self._info.cmd_name}>"
