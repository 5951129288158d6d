"""Log consumer devices: messages go there as commands, from one queue each, so that they arrive in order.

Source: LOG-29, LOG-31.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import Final

from server_core.device.logger import LogEvent
from server_core.model.errors import CommunicationFailed, ConnectionFailed, DevFailed, Reason
from server_core.model.types import CmdArgType
from server_core.model.values import TypedValue
from server_core.protocol.operations import CommandInout, Ping
from server_core.server.logs.names import TargetName
from server_core.server.logs.target import Target
from server_core.server.neighbours import Neighbour, Neighbours

log = logging.getLogger(__name__)

LONGEST_QUEUE: Final = 10_000
"""Messages that wait for a slow consumer; more are lost, and their number is logged."""

_TRIES: Final = 2

_LOG: Final = "Log"

_Command = tuple[str, TypedValue]


class Consumer(Target):
    """A device with the command Log, and perhaps Register and UnRegister.

    A thread sends what waits and does not care how the consumer answers. A consumer that a message does not reach, at
    the second try either, is given up, which the process's own log tells.
    """

    def __init__(self, name: TargetName, neighbours: Neighbours) -> None:
        """Raises DevFailed `API_ConnectionFailed` when the device cannot be reached."""
        super().__init__(name)
        self._device = name.name
        self._neighbours = neighbours
        self._neighbour: Neighbour | None = None
        self._changed = threading.Condition()
        self._waiting: deque[_Command] = deque()
        self._lost = 0
        self._closed = self._dead = False
        try:
            self._ping()
        except DevFailed as failure:
            desc = f"Could not connect to log consumer {name.name}: {failure.desc}"
            raise ConnectionFailed.of(Reason.API_ConnectionFailed, desc, "Consumer") from failure
        self._thread = threading.Thread(target=self._run, name=f"log {name.name}", daemon=True)
        self._thread.start()

    def write(self, event: LogEvent) -> None:
        """Queue a message."""
        self._put(_LOG, TypedValue(CmdArgType.DevVarStringArray, log_argument(event)))

    def attached(self, logger: str) -> None:
        """Tell the consumer whose messages it is going to get."""
        self._put("Register", TypedValue(CmdArgType.DevString, logger))

    def detached(self, logger: str) -> None:
        """Tell it that they have ended."""
        self._put("UnRegister", TypedValue(CmdArgType.DevString, logger))

    def alive(self) -> bool:
        """Whether the consumer answers a ping."""
        if self._dead:
            return False
        try:
            self._ping()
        except DevFailed:
            return False
        return True

    def close(self) -> None:
        """Let the thread end when it has sent what waits."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def join(self, timeout: float) -> bool:
        """Wait for that."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _ping(self) -> None:
        neighbour = self._neighbours.find(self._device)
        neighbour.call(Ping(neighbour.name))

    def _put(self, command: str, argin: TypedValue) -> None:
        with self._changed:
            if self._closed or self._dead:
                return
            if len(self._waiting) >= LONGEST_QUEUE:
                self._lost += 1
                return
            self._waiting.append((command, argin))
            self._changed.notify()

    def _run(self) -> None:
        while (command := self._next()) is not None:
            if not self._sent(*command) and command[0] == _LOG:
                with self._changed:
                    self._dead = True
                    self._waiting.clear()
                log.error("the log consumer %s cannot be reached and is given up", self._device)
                return

    def _next(self) -> _Command | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            lost, self._lost = self._lost, 0
            command = self._waiting.popleft() if self._waiting else None
        if lost:
            log.error("%d messages for the log consumer %s are lost: it takes them too slowly", lost, self._device)
        return command

    def _sent(self, command: str, argin: TypedValue) -> bool:
        """Send one command; false when the consumer cannot be reached. What it answers does not matter."""
        for _ in range(_TRIES):
            try:
                if self._neighbour is None:
                    self._neighbour = self._neighbours.find(self._device)
                self._neighbour.call(CommandInout(self._neighbour.name, command, argin))
            except DevFailed as failure:
                if not _unreachable(failure):
                    return True
                self._neighbour = None
            else:
                return True
        return False


def _unreachable(failure: DevFailed) -> bool:
    """Whether a call did not get through, as opposed to one that the consumer refused or did not answer in time."""
    if isinstance(failure, (ConnectionFailed, CommunicationFailed)):
        return failure.reason != Reason.API_DeviceTimedOut
    return failure.reason in (Reason.API_DeviceNotFound, Reason.DB_DeviceNotDefined)


def log_argument(event: LogEvent) -> list[str]:
    """A message of the calling thread as the six strings of the command Log: milliseconds since 1970, level, logger,
    message, nothing, and `@<thread> [<the system's number of the thread>]`."""
    thread = f"@{event.thread:x} [{threading.get_native_id():x}]"
    return [str(int(event.time * 1000)), event.level.word, event.logger, event.message, "", thread]
