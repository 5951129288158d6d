"""`Util`: what a program says of its server process, and does in it, under PyTango's names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fnmatch import fnmatch
from typing import TYPE_CHECKING, ClassVar

from server_core.model.enums import SerialModel
from server_core.model.errors import DevFailed, Reason
from server_core.server.polling.service import PollingOptions

if TYPE_CHECKING:
    from server_core.device.device import Device
    from server_core.device.polling import TimedAttrData, TimedCmdData
    from server_core.server.process import DeviceServer


class Util:
    """The one object of its kind; `Util.instance()` gives it. What is set counts for servers that start afterwards;
    `polling` holds what of polling is set, also what PyTango has no method for. Questions are answered for `process`,
    the server of the program that started last."""

    _instance: ClassVar[Util | None] = None

    def __init__(self) -> None:
        self.polling = PollingOptions()
        self.serial_model = SerialModel.BY_DEVICE
        self.process: DeviceServer | None = None

    @classmethod
    def instance(cls, exit: bool = True) -> Util:
        """The object; `exit` is accepted as in PyTango, and means nothing."""
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance

    # ---- the server of this program

    def _server(self) -> DeviceServer:
        if self.process is None:
            raise DevFailed.of(Reason.API_UtilSingletonNotCreated, "No device server runs in this program", "Util")
        return self.process

    def forget(self, process: DeviceServer) -> None:
        """A server has ended."""
        if self.process is process:
            self.process = None

    def get_ds_name(self) -> str:
        """`server/instance`."""
        return self._server().name

    def get_ds_exec_name(self) -> str:
        """The server's name without the instance."""
        return self._server().name.partition("/")[0]

    def get_ds_inst_name(self) -> str:
        """The instance."""
        return self._server().name.partition("/")[2]

    def get_pid(self) -> int:
        """The number of this process."""
        return os.getpid()

    def get_device_by_name(self, dev_name: str) -> Device:
        """The device of this server called `dev_name` (any case, or alias); DevFailed `API_DeviceNotFound`."""
        return self._server().registry.find_by_name_or_alias(dev_name).kernel.device

    def get_device_list_by_class(self, class_name: str) -> list[Device]:
        """The devices of a class in order of creation; DevFailed `API_ClassNotFound`."""
        for name, devices in self._server().registry.classes.items():
            if name.lower() == class_name.lower():
                return [served.kernel.device for served in devices]
        raise DevFailed.of(Reason.API_ClassNotFound, f"Class {class_name} not found", "Util.get_device_list_by_class")

    def get_device_list(self, pattern: str = "*") -> list[Device]:
        """The devices whose names match `pattern`, with `*` for anything."""
        devices = (served.kernel.device for served in self._server().registry.devices())
        return [device for device in devices if fnmatch(device.get_name().lower(), pattern.lower())]

    def get_dserver_device(self) -> Device:
        """The admin device."""
        return self.get_device_by_name(self._server().admin_name)

    def is_svr_starting(self) -> bool:
        """Whether the start-up sequence is running."""
        return self._server().starting

    def is_svr_shutting_down(self) -> bool:
        """Whether the server is ending."""
        return self._server().events.closing

    # ---- polling

    def set_polling_threads_pool_size(self, thread_nb: int) -> None:
        """The largest number of polling threads, unless a property of the admin device says another (POLL-40).

        ValueError for a number below 1.
        """
        if thread_nb < 1:
            raise ValueError(f"{thread_nb} polling threads: at least 1 is needed")
        self.polling = self.polling._replace(pool_size=thread_nb)

    def get_polling_threads_pool_size(self) -> int:
        """The largest number of polling threads that was set."""
        return self.polling.pool_size

    def set_polling_before_9(self, val: bool) -> None:
        """Whether to poll as Tango did before version 9, unless a property of the admin device says (POLL-14)."""
        self.polling = self.polling._replace(before_9=bool(val))

    def is_polling_before_9(self) -> bool:
        """Whether that was set."""
        return self.polling.before_9

    def set_serial_model(self, ser: SerialModel) -> None:
        """Which requests wait for one another (SER-1)."""
        self.serial_model = SerialModel(ser)

    def get_serial_model(self) -> SerialModel:
        """The serialisation that was set."""
        return self.serial_model

    def trigger_attr_polling(self, dev: Device, name: str) -> None:
        """Have an externally triggered attribute polled once; see `Device.trigger_attr_polling`."""
        dev.trigger_attr_polling(name)

    def trigger_cmd_polling(self, dev: Device, name: str) -> None:
        """The same for a command."""
        dev.trigger_cmd_polling(name)

    def fill_attr_polling_buffer(
        self, device: Device, attribute_name: str, attr_history_stack: TimedAttrData | Sequence[TimedAttrData]
    ) -> None:
        """Append readings to a polling buffer; see `Device.fill_attr_polling_buffer`."""
        device.fill_attr_polling_buffer(attribute_name, attr_history_stack)

    def fill_cmd_polling_buffer(
        self, device: Device, command_name: str, cmd_history_stack: TimedCmdData | Sequence[TimedCmdData]
    ) -> None:
        """The same for a command; see `Device.fill_cmd_polling_buffer`."""
        device.fill_cmd_polling_buffer(command_name, cmd_history_stack)
