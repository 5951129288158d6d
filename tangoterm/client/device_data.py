"""`DeviceData`: a command argument or result with its type, for those who choose the type themselves."""

from __future__ import annotations

from typing import Any

from server_core.model.conversion import from_command_data, to_command_data
from server_core.model.errors import Reason, WrongData
from server_core.model.types import CmdArgType
from server_core.model.values import VOID, TypedValue


class DeviceData:
    """A typed value. As the argument of a command it is sent as it is, whatever type the command has (CMD-5)."""

    def __init__(self) -> None:
        self.data: TypedValue = VOID

    @classmethod
    def of(cls, data: TypedValue) -> DeviceData:
        """What came from a device."""
        made = cls()
        made.data = data
        return made

    def insert(self, data_type: CmdArgType, value: Any) -> None:
        """Hold `value` as `data_type`; WrongData `API_IncompatibleCmdArgumentType` when it does not fit."""
        try:
            self.data = TypedValue(data_type, to_command_data(data_type, value))
        except (TypeError, ValueError, OverflowError) as error:
            raise WrongData.of(Reason.API_IncompatibleCmdArgumentType, str(error), "DeviceData.insert") from error

    def extract(self) -> Any:
        """The value; None when there is none."""
        return from_command_data(*self.data)

    def get_type(self) -> CmdArgType:
        """The value's type; DevVoid when there is none."""
        return self.data.type

    def is_empty(self) -> bool:
        """Whether there is no value."""
        return self.data.type is CmdArgType.DevVoid

    def __repr__(self) -> str:
        return f"DeviceData({self.data.type.name}, {self.extract()!r})"


class DeviceDataList(list[Any]):
    """The arguments of a group's command, one for each device: values or `DeviceData`."""
