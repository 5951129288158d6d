"""The admin device's commands about logging."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from server_core.device.command import command
from server_core.device.logger import Logger
from server_core.model.enums import LogLevel
from server_core.model.errors import DevFailed, Reason
from server_core.server.admin.part import LONGS_STRINGS, STRING, STRINGS, AdminPart, LongsStrings, wrong_number

if TYPE_CHECKING:
    from server_core.server.served import Served

_TARGET_DOC: Final = "Str[i]=Device-name. Str[i+1]=Target-type::Target-name"


class LoggingCommands(AdminPart):
    """Which messages of which device go where. A device may be named by a pattern (LOG-32)."""

    @command(dtype_in=STRINGS, doc_in=_TARGET_DOC)
    def AddLoggingTarget(self, argin: Sequence[str]) -> None:
        """Send the messages of devices to further targets; what comes before an error stays done (LOG-30)."""
        if len(argin) % 2:
            raise _wrong_argument("Incorrect number of inout arguments")
        self.process.loggers.drop_dead()
        for logger, target in self._pairs(argin):
            self.process.loggers.add_target(logger, target)

    @command(dtype_in=STRINGS, doc_in=_TARGET_DOC)
    def RemoveLoggingTarget(self, argin: Sequence[str]) -> None:
        """Send them there no more; `type::*` means all targets of a type (LOG-34)."""
        if len(argin) % 2:
            raise wrong_number()
        self.process.loggers.drop_dead()
        for logger, target in self._pairs(argin):
            self.process.loggers.remove_target(logger, target)

    @command(dtype_in=STRING, doc_in="Device name", dtype_out=STRINGS, doc_out="Logging target list")
    def GetLoggingTarget(self, name: str) -> list[str]:
        """The targets of one device, sorted (LOG-33)."""
        logger = self.find(name).kernel.logger
        self.process.loggers.drop_dead()
        return sorted(target.name for target in logger.targets)

    @command(
        dtype_in=STRINGS,
        doc_in="Device list",
        dtype_out=LONGS_STRINGS,
        doc_out="Lg[i]=Logging Level. Str[i]=Device name.",
    )
    def GetLoggingLevel(self, argin: Sequence[str]) -> LongsStrings:
        """The level of each device that is meant; unknown names are left out (LOG-40)."""
        devices = [served for pattern in argin for served in self.process.registry.matching(pattern)]
        return array("i", [served.kernel.logger.level for served in devices]), [served.name for served in devices]

    @command(dtype_in=LONGS_STRINGS, doc_in="Lg[i]=Logging Level. Str[i]=Device name.")
    def SetLoggingLevel(self, argin: LongsStrings) -> None:
        """Set the levels of devices; unknown names are left out (LOG-41)."""
        levels, patterns = argin
        if len(levels) != len(patterns):
            raise DevFailed.of(
                Reason.API_IncompatibleCmdArgumentType,
                "Incompatible command argument type, long and string arrays must have the same length",
                "DServer",
            )
        for level, pattern in zip(levels, patterns, strict=True):
            if not LogLevel.LOG_OFF <= level <= LogLevel.LOG_DEBUG:
                raise _wrong_argument("Invalid argument for command, logging level out of range")
            for served in self._unlocked(pattern):
                served.kernel.logger.set_level(level)

    @command
    def StartLogging(self) -> None:
        """Let all devices log again at the levels of before StopLogging (LOG-43)."""
        for served in self.process.registry.matching("*"):
            served.kernel.logger.start()

    @command
    def StopLogging(self) -> None:
        """Let no device log until StartLogging (LOG-43)."""
        for served in self.process.registry.matching("*"):
            served.kernel.logger.stop()

    def _unlocked(self, pattern: str) -> Sequence[Served]:
        """The devices that are meant; `API_DeviceLocked` when another client has locked any of them (LOCK-12)."""
        devices = self.process.registry.matching(pattern)
        for served in devices:
            self.check_lock(served)
        return devices

    def _pairs(self, argin: Sequence[str]) -> Iterator[tuple[Logger, str]]:
        """Each logger with the target that is to be added or removed; `API_DeviceNotFound` for a name of none."""
        for pattern, target in zip(argin[::2], argin[1::2], strict=True):
            devices = self._unlocked(pattern)
            if not devices:
                raise DevFailed.of(
                    Reason.API_DeviceNotFound, f"No device name matching pattern  <{pattern}>", "DServer"
                )
            for served in devices:
                yield served.kernel.logger, target


def _wrong_argument(desc: str) -> DevFailed:
    return DevFailed.of(Reason.API_MethodArgument, desc, "DServer")
