"""What the devices of a group answered, one reply for each, under PyTango's names."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from server_core.model.errors import DevError, DevFailed
from server_core.model.values import AttributeValue
from tangoterm.client.device_data import DeviceData
from tangoterm.client.readings import DeviceAttribute


class GroupReply:
    """What one device did: nothing when it is disabled, else what was asked, or it failed with `get_err_stack`."""

    _raises: ClassVar[bool] = False

    def __init__(
        self, dev_name: str, obj_name: str, *, enabled: bool = True, errors: tuple[DevError, ...] = (), data: Any = None
    ) -> None:
        self._dev_name = dev_name
        self._obj_name = obj_name
        self._enabled = enabled
        self._errors = errors
        self._data = data

    @staticmethod
    def enable_exception(exception_mode: bool = True) -> bool:
        """Whether `get_data` raises the DevFailed of a device that failed, from now on and for all groups; gives what
        was set before. Not unless set."""
        before, GroupReply._raises = GroupReply._raises, exception_mode
        return before

    def dev_name(self) -> str:
        """The device's name."""
        return self._dev_name

    def obj_name(self) -> str:
        """The command or attribute that was asked for."""
        return self._obj_name

    def has_failed(self) -> bool:
        """Whether the device failed."""
        return bool(self._errors)

    def group_element_enabled(self) -> bool:
        """Whether the device was asked."""
        return self._enabled

    def get_err_stack(self) -> tuple[DevError, ...]:
        """The errors of a device that failed, root cause first."""
        return self._errors

    def _checked(self) -> Any:
        if self._errors and GroupReply._raises:
            raise DevFailed(*self._errors)
        return self._data

    def __repr__(self) -> str:
        outcome = f"errors={self._errors!r}" if self._errors else f"data={self._data!r}"
        return f"{type(self).__name__}({self._dev_name}/{self._obj_name}, {outcome if self._enabled else 'disabled'})"


class GroupCmdReply(GroupReply):
    """What a command gave."""

    def get_data(self) -> Any:
        """The result; None when there is none. A failure is raised if `enable_exception` says so."""
        data = self.get_data_raw()
        return data.extract() if data is not None else None

    def get_data_raw(self) -> DeviceData | None:
        """The result with its type; as `get_data`."""
        data: DeviceData | None = self._checked()
        return data


class GroupAttrReply(GroupReply):
    """A reading."""

    def get_data(self) -> DeviceAttribute:
        """The reading; an empty one when there is none. A failure is raised if `enable_exception` says so."""
        reading = self._checked()
        if isinstance(reading, DeviceAttribute):
            return reading
        return DeviceAttribute(AttributeValue(self._obj_name, errors=self._errors))


R = TypeVar("R", bound=GroupReply)


class GroupReplyList(list[R]):
    """The replies of a group's devices, in the order of `get_device_list`."""

    def has_failed(self) -> bool:
        """Whether any device failed."""
        return any(reply.has_failed() for reply in self)


class GroupCmdReplyList(GroupReplyList[GroupCmdReply]):
    """The results of a command."""


class GroupAttrReplyList(GroupReplyList[GroupAttrReply]):
    """The readings, device by device."""
