"""What device code does with its own polling, under PyTango's names (POLL-16, POLL-17)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from server_core.device.author import errors_of
from server_core.model.conversion import to_command_data
from server_core.model.enums import AttrQuality
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, AttributeValue, CommandRecord, TypedValue

if TYPE_CHECKING:
    from server_core.device.attributes import Attribute
    from server_core.device.command import Command
    from server_core.device.kernel import DeviceKernel


class TimedAttrData:
    """One reading for the polling buffer of an attribute: a value, or the error of a failed try, which wins.

    `time_stamp` is in seconds since 1970, now by default; `w_value` is for writable attributes, the present set point
    by default.
    """

    def __init__(
        self,
        value: Any = None,
        quality: AttrQuality = AttrQuality.ATTR_VALID,
        w_value: Any = None,
        error: Exception | None = None,
        time_stamp: float | None = None,
    ) -> None:
        self.value = value
        self.quality = quality
        self.w_value = w_value
        self.error = error
        self.time_stamp = time_stamp

    def record(self, attribute: Attribute) -> AttributeValue:
        """The reading as it is kept. Raises as a read method that returns such a value."""
        when = _moment(self.time_stamp)
        if self.error is not None:
            return AttributeValue(attribute.name, time=when, errors=errors_of(self.error))
        return attribute.record(self.value, self.quality, when, self.w_value)


class TimedCmdData:
    """One result for the polling buffer of a command, or the error of a failed try, which wins; `time_stamp` as in
    `TimedAttrData`."""

    def __init__(self, value: Any = None, error: Exception | None = None, time_stamp: float | None = None) -> None:
        self.value = value
        self.error = error
        self.time_stamp = time_stamp

    def record(self, command: Command) -> CommandRecord:
        """The result as it is kept; TypeError or ValueError for a value of another type than the command's."""
        when = _moment(self.time_stamp)
        if self.error is not None:
            return CommandRecord(when, errors=errors_of(self.error))
        if command.out_type is CmdArgType.DevVoid:
            return CommandRecord(when, VOID)
        return CommandRecord(when, TypedValue(command.out_type, to_command_data(command.out_type, self.value)))


def _moment(time_stamp: float | None) -> float:
    return time.time() if time_stamp is None else float(time_stamp)


class PollingMixin:
    """The part of `Device` that is about polling."""

    kernel: DeviceKernel

    def poll_attribute(self, attr_name: str, period_ms: int) -> None:
        """Poll an attribute every `period_ms`, 0 for externally triggered; changes the period when it is polled.

        Raises DevFailed as the command AddObjPolling of the admin device.
        """
        self.kernel.host.poll_object(_device(self), self._attribute(attr_name), command=False, period=period_ms)

    def poll_command(self, cmd_name: str, period_ms: int) -> None:
        """Poll a command every `period_ms`; as `poll_attribute`."""
        self.kernel.host.poll_object(_device(self), self._command(cmd_name), command=True, period=period_ms)

    def stop_poll_attribute(self, attr_name: str) -> None:
        """Stop polling an attribute. Raises DevFailed as the command RemObjPolling of the admin device."""
        self.kernel.host.poll_object(_device(self), self._attribute(attr_name), command=False, period=None)

    def stop_poll_command(self, cmd_name: str) -> None:
        """Stop polling a command; as `stop_poll_attribute`."""
        self.kernel.host.poll_object(_device(self), self._command(cmd_name), command=True, period=None)

    def stop_polling(self, with_db_upd: bool = True) -> None:
        """Stop polling everything of this device; with `with_db_upd` False it is polled again after a restart."""
        self.kernel.host.stop_polling(_device(self), persist=with_db_upd)

    def is_polled(self) -> bool:
        """Whether anything of this device is polled."""
        return any(self.is_attribute_polled(name) for name in self.kernel.attributes) or any(
            self.is_command_polled(name) for name in self.kernel.commands
        )

    def is_attribute_polled(self, attr_name: str) -> bool:
        """Whether an attribute is polled."""
        return self._period(self._attribute(attr_name), command=False) is not None

    def is_command_polled(self, cmd_name: str) -> bool:
        """Whether a command is polled."""
        return self._period(self._command(cmd_name), command=True) is not None

    def get_attribute_poll_period(self, attr_name: str) -> int:
        """The polling period of an attribute in ms, 0 when it is not polled."""
        return self._period(self._attribute(attr_name), command=False) or 0

    def get_command_poll_period(self, cmd_name: str) -> int:
        """The polling period of a command in ms, 0 when it is not polled."""
        return self._period(self._command(cmd_name), command=True) or 0

    def trigger_attr_polling(self, attr_name: str) -> None:
        """Have an externally triggered attribute polled once, now; returns when that is done.

        Raises DevFailed `API_DeviceNotPolled`, `API_PollObjNotFound`, `API_NotSupported` for one that has a period,
        `API_CommandTimedOut` when the polling thread is busy for more than 3.2 s (POLL-16).
        """
        self.kernel.host.trigger_polling(_device(self), attr_name, command=False)

    def trigger_cmd_polling(self, cmd_name: str) -> None:
        """The same for a command."""
        self.kernel.host.trigger_polling(_device(self), cmd_name, command=True)

    def fill_attr_polling_buffer(
        self, attribute_name: str, attr_history_stack: TimedAttrData | Sequence[TimedAttrData]
    ) -> None:
        """Append readings, oldest first, to the polling buffer of a polled attribute.

        Raises DevFailed `API_DeviceNotPolled` (nothing polled, a write-only attribute, or more readings than the
        buffer holds), `API_PollObjNotFound`, and what a read of such a value raises (POLL-17).
        """
        attribute = self.kernel.attribute(attribute_name)
        stack = [attr_history_stack] if isinstance(attr_history_stack, TimedAttrData) else attr_history_stack
        records = [data.record(attribute) for data in stack]
        self.kernel.host.fill_polling(_device(self), attribute_name, records, command=False)

    def fill_cmd_polling_buffer(
        self, command_name: str, cmd_history_stack: TimedCmdData | Sequence[TimedCmdData]
    ) -> None:
        """The same for a command; TypeError or ValueError for a result of another type. State and Status are polled as
        attributes (POLL-3), whose buffers this fills."""
        command = self.kernel.command(command_name)
        stack = [cmd_history_stack] if isinstance(cmd_history_stack, TimedCmdData) else cmd_history_stack
        if self.kernel.attributes.find(command_name) in self.kernel.reserved:
            readings = [TimedAttrData(data.value, error=data.error, time_stamp=data.time_stamp) for data in stack]
            self.fill_attr_polling_buffer(command_name, readings)
            return
        records = [data.record(command) for data in stack]
        self.kernel.host.fill_polling(_device(self), command_name, records, command=True)

    def _attribute(self, name: str) -> str:
        return self.kernel.attribute(name).name

    def _command(self, name: str) -> str:
        return self.kernel.command(name).name

    def _period(self, name: str, *, command: bool) -> int | None:
        return self.kernel.host.poll_period(_device(self), name, command=command)


def _device(device: Any) -> Any:
    return device
