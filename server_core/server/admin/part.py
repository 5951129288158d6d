"""What the parts of the admin device share: the process, and how its arguments name devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from server_core.model.errors import DevFailed, Reason
from server_core.model.types import CmdArgType
from server_core.server.caller import current_caller

if TYPE_CHECKING:
    from server_core.server.host import ServerHost
    from server_core.server.process import DeviceServer
    from server_core.server.served import Served

STRING: Final = CmdArgType.DevString
STRINGS: Final = CmdArgType.DevVarStringArray
LONGS_STRINGS: Final = CmdArgType.DevVarLongStringArray

LongsStrings = tuple[Sequence[int], Sequence[str]]


class AdminPart:
    """Base of the parts of `DServer`."""

    host: Any

    @property
    def process(self) -> DeviceServer:
        """The server that this device administers."""
        return cast("ServerHost", self.host).process

    def find(self, name: str) -> Served:
        """The device by name or alias; a name that is not known is reported twice, as polling commands do (ADM-5)."""
        try:
            return self.process.registry.find_by_name_or_alias(name)
        except DevFailed as failure:
            raise failure.stacked(Reason.API_DeviceNotFound, f"Device {name} not found", "DServer") from failure

    def check_lock(self, served: Served) -> None:
        """Refuse what the command does to a device that another client has locked: `API_DeviceLocked` (LOCK-12)."""
        if served.lock.in_use:
            served.lock.check_admin(current_caller())


def wrong_number() -> DevFailed:
    """The refusal of an argument with too few or too many elements."""
    return DevFailed.of(Reason.API_WrongNumberOfArgs, "Incorrect number of inout arguments", "DServer")
