"""The admin device that every server has, written as any other device.

Its methods check their arguments and leave the work to the process. Source: ADM-1..ADM-45.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from server_core.device.command import command
from server_core.device.device import Device
from server_core.model.enums import DevState
from server_core.model.errors import DevFailed, Reason
from server_core.model.types import CmdArgType
from server_core.server.polling.status import poll_status

if TYPE_CHECKING:
    from server_core.server.host import ServerHost
    from server_core.server.process import DeviceServer
    from server_core.server.served import Served

_Pair = tuple[Sequence[int], Sequence[str]]

_STRING = CmdArgType.DevString
_STRINGS = CmdArgType.DevVarStringArray
_LONGS_STRINGS = CmdArgType.DevVarLongStringArray

_POLL_PERIOD_DOC: Final = (
    "Lg[0]=Upd period.\nStr[0]=Device name\nStr[1]=Object type (command/attribute)\nStr[2]=Object name"
)
_POLL_OBJECT_DOC: Final = "Str[0]=Device name. Str[1]=Object type (command/attribute). Str[2]=Object name"


class _PollTarget(NamedTuple):
    """The object that a polling command is about."""

    served: Served
    name: str
    command: bool


class DServer(Device):
    """Administration of a device server: its classes, devices, polling, and its end."""

    description = "A device server device !!"

    @property
    def process(self) -> DeviceServer:
        """The server that this device administers."""
        return cast("ServerHost", self.host).process

    def init_device(self) -> None:
        """At start nothing but the state; the command Init makes all devices of the server anew (LIFE-36)."""
        self.set_state(DevState.ON)
        self.set_status("The device is ON")
        if self.process.serving:
            self.process.restart_devices()

    def dev_status(self) -> str:
        """Two lines: the device, and the polling of the process (ADM-4)."""
        lines = ["The device is ON"]
        if self.process.polling.started:
            lines.append(f"The polling is {'ON' if self.process.polling.active else 'OFF'}")
        return "\n".join(lines)

    # ---- classes and devices

    @command(dtype_out=_STRINGS, doc_out="Device server class(es) list")
    def QueryClass(self) -> list[str]:
        """The classes in order of registration (ADM-23)."""
        return list(self.process.registry.classes)

    @command(dtype_out=_STRINGS, doc_out="Device server device(s) list")
    def QueryDevice(self) -> list[str]:
        """`Class::device` of all devices, class by class in order of creation (ADM-24)."""
        classes = self.process.registry.classes
        return [f"{name}::{served.name}" for name, devices in classes.items() for served in devices]

    @command(dtype_in=_STRING, doc_in="Device name")
    def DevRestart(self, name: str) -> None:
        """Destroy one device and make it anew (LIFE-32)."""
        self.process.restart_device(name)

    @command
    def RestartServer(self) -> None:
        """Do so for all devices, in the background (LIFE-34)."""
        self.process.restart_soon()

    @command
    def Kill(self) -> None:
        """End the process; the answer goes out first (LIFE-41)."""
        self.process.stop_soon()

    # ---- polling

    @command(dtype_out=_STRINGS, doc_out="Polled device name list")
    def PolledDevice(self) -> list[str]:
        """The devices that have polled objects, sorted (ADM-22)."""
        return sorted(served.name for served in self.process.registry.devices() if served.polled)

    @command(dtype_in=_STRING, doc_in="Device name", dtype_out=_STRINGS, doc_out="Device polling status")
    def DevPollStatus(self, name: str) -> list[str]:
        """One text block per polled object (POLL-60)."""
        return poll_status(self.process.registry.find_by_name_or_alias(name).polled, time.time())

    @command(dtype_in=_LONGS_STRINGS, doc_in=_POLL_PERIOD_DOC)
    def AddObjPolling(self, argin: _Pair) -> None:
        """Start to poll an object (POLL-20)."""
        target, period = self._target_and_period(argin)
        self.process.polling.add(target.served, target.name, period, command=target.command)

    @command(dtype_in=_LONGS_STRINGS, doc_in=_POLL_PERIOD_DOC)
    def UpdObjPollingPeriod(self, argin: _Pair) -> None:
        """Change the period of a polled object (POLL-32)."""
        target, period = self._polled_target_and_period(argin)
        self.process.polling.update(target.served, target.name, period, command=target.command)

    @command(dtype_in=_STRINGS, doc_in=_POLL_OBJECT_DOC)
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

    # ---- arguments

    def _find(self, name: str) -> Served:
        """The device by name or alias; a name that is not known is reported twice, as polling commands do (ADM-5)."""
        try:
            return self.process.registry.find_by_name_or_alias(name)
        except DevFailed as failure:
            raise failure.stacked(Reason.API_DeviceNotFound, f"Device {name} not found", "DServer") from failure

    def _target_and_period(self, argin: _Pair) -> tuple[_PollTarget, int]:
        numbers, strings = argin
        if len(numbers) != 1:
            raise _wrong_number()
        return self._target(strings), int(numbers[0])

    def _polled_target_and_period(self, argin: _Pair) -> tuple[_PollTarget, int]:
        numbers, strings = argin
        if len(numbers) != 1:
            raise _wrong_number()
        return self._polled_target(strings), int(numbers[0])

    def _polled_target(self, strings: Sequence[str]) -> _PollTarget:
        """As `_target`; a device without any polled object is refused before the kind word is looked at (POLL-31)."""
        if len(strings) == 3 and not (served := self._find(strings[0])).polled:
            raise DevFailed.of(Reason.API_DeviceNotPolled, f"Device {served.name} is not polled", "DServer")
        return self._target(strings)

    def _target(self, strings: Sequence[str]) -> _PollTarget:
        """The object named by device, kind and name, the kind in any case (POLL-21)."""
        if len(strings) != 3:
            raise _wrong_number()
        device, kind, name = strings
        served = self._find(device)
        if kind.lower() not in ("attribute", "command"):
            raise DevFailed.of(Reason.API_NotSupported, f"Object type {kind} not supported", "DServer")
        return _PollTarget(served, name, kind.lower() == "command")


def _wrong_number() -> DevFailed:
    return DevFailed.of(Reason.API_WrongNumberOfArgs, "Incorrect number of inout arguments", "DServer")
