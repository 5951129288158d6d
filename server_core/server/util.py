"""`Util`: what a program says of its server process, and does in it, under PyTango's names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from server_core.model.enums import SerialModel
from server_core.server.polling.service import PollingOptions

if TYPE_CHECKING:
    from server_core.device.device import Device
    from server_core.device.polling import TimedAttrData, TimedCmdData


class Util:
    """The one object of its kind; `Util.instance()` gives it. What is set counts for servers that start afterwards;
    `polling` holds all of it, also what PyTango has no method for."""

    _instance: ClassVar[Util | None] = None

    def __init__(self) -> None:
        self.polling = PollingOptions()
        self.serial_model = SerialModel.BY_DEVICE

    @classmethod
    def instance(cls, exit: bool = True) -> Util:
        """The object; `exit` is accepted as in PyTango, and means nothing."""
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance

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
