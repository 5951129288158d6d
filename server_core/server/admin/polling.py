"""The admin device's commands about polling."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from server_core.device.command import command
from server_core.model.errors import DevFailed, Reason
from server_core.server.admin.part import LONGS_STRINGS, STRING, STRINGS, AdminPart, LongsStrings, wrong_number
from server_core.server.polling.status import poll_status

if TYPE_CHECKING:
    from server_core.server.served import Served

_PERIOD_DOC: Final = "Lg[0]=Upd period. Str[0]=Device name. Str[1]=Object type. Str[2]=Object name"
_OBJECT_DOC: Final = "Str[0]=Device name. Str[1]=Object type. Str[2]=Object name"


class _PollTarget(NamedTuple):
    """The object that a polling command is about."""

    served: Served
    name: str
    command: bool


class PollingCommands(AdminPart):
    """What is polled, how often, and whether at all."""

    @command(dtype_out=STRINGS, doc_out="Polled device name list")
    def PolledDevice(self) -> list[str]:
        """The devices that have polled objects, sorted (ADM-22)."""
        return sorted(served.name for served in self.process.registry.devices() if served.polled)

    @command(dtype_in=STRING, doc_in="Device name", dtype_out=STRINGS, doc_out="Device polling status")
    def DevPollStatus(self, name: str) -> list[str]:
        """One text block per polled object (POLL-60)."""
        served = self.process.registry.find_by_name_or_alias(name)
        return poll_status(served.polled, time.time(), merged=not self.process.polling.before_9)

    @command(dtype_in=LONGS_STRINGS, doc_in=_PERIOD_DOC)
    def AddObjPolling(self, argin: LongsStrings) -> None:
        """Start to poll an object (POLL-20)."""
        numbers, strings = argin
        if len(numbers) != 1:
            raise wrong_number()
        target = self._target(strings)
        self.process.polling.add(target.served, target.name, int(numbers[0]), command=target.command)

    @command(dtype_in=LONGS_STRINGS, doc_in=_PERIOD_DOC)
    def UpdObjPollingPeriod(self, argin: LongsStrings) -> None:
        """Change the period of a polled object (POLL-32)."""
        numbers, strings = argin
        if len(numbers) != 1:
            raise wrong_number()
        target = self._polled_target(strings)
        self.process.polling.update(target.served, target.name, int(numbers[0]), command=target.command)

    @command(dtype_in=STRINGS, doc_in=_OBJECT_DOC)
    def RemObjPolling(self, argin: Sequence[str]) -> None:
        """Stop polling an object (POLL-30)."""
        target = self._polled_target(argin)
        self.process.polling.remove(target.served, target.name, command=target.command)

    @command
    def StartPolling(self) -> None:
        """Let the polling threads work again (POLL-33)."""
        self.process.polling.active = True

    @command
    def StopPolling(self) -> None:
        """Let the polling threads pause (POLL-33)."""
        self.process.polling.active = False

    def _polled_target(self, strings: Sequence[str]) -> _PollTarget:
        """As `_target`; a device without any polled object is refused before the kind word is looked at (POLL-31)."""
        if len(strings) == 3 and not (served := self.find(strings[0])).polled:
            raise DevFailed.of(Reason.API_DeviceNotPolled, f"Device {served.name} is not polled", "DServer")
        return self._target(strings)

    def _target(self, strings: Sequence[str]) -> _PollTarget:
        """The object named by device, kind and name, the kind in any case (POLL-21). The `_local` that tells others
        not to wait for the polling thread changes nothing here, where nobody waits for it."""
        if len(strings) != 3:
            raise wrong_number()
        device, kind, name = strings
        served = self.find(device)
        self.check_lock(served)
        word = kind.lower().removesuffix("_local")
        if word not in ("attribute", "command"):
            raise DevFailed.of(Reason.API_NotSupported, f"Object type {kind} not supported", "DServer")
        return _PollTarget(served, name, word == "command")
