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

PING_WITHIN: Final = 1.0
"""Seconds for the answer of a consumer that is alive; less than a client waits for the command that asks."""

ANSWER_WITHIN: Final = 3.0
"""Seconds for the answer to a message."""

_TRIES: Final = 2

_LOG: Final = "Log"

_Command = tuple[str, TypedValue]


class Consumer(Target):
    """A device with the command Log, and perhaps Register and UnRegister.

    A thread sends what waits and does not care how the consumer answers. A consumer that a message does not reach, at
    the second try either, is given up, and so is one that is detached and does not answer in time what it is still
    sent; which the process's own log tells.
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
        neighbour = self._neighbours.find(self._device, PING_WITHIN)
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
            failure = self._sent(*command)
            if failure is None:
                continue
            if failure.reason == Reason.API_DeviceTimedOut:
                if self._closed:
                    self._give_up("does not answer")
                    return
            elif command[0] == _LOG:
                self._give_up("cannot be reached")
                return

    def _give_up(self, why: str) -> None:
        with self._changed:
            self._dead = True
            lost = sum(command == _LOG for command, _ in self._waiting)
            self._waiting.clear()
        log.error("the log consumer %s %s and is given up; %d waiting messages are lost", self._device, why, lost)

    def _next(self) -> _Command | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            lost, self._lost = self._lost, 0
            command = self._waiting.popleft() if self._waiting else None
        if lost:
            log.error("%d messages for the log consumer %s are lost: it takes them too slowly", lost, self._device)
        return command

    def _sent(self, command: str, argin: TypedValue) -> DevFailed | None:
        """Send one command: None when it arrived, whatever the consumer said of it; else why it may not have."""
        unreached: DevFailed | None = None
        for _ in range(_TRIES):
            try:
                if self._neighbour is None:
                    self._neighbour = self._neighbours.find(self._device, ANSWER_WITHIN)
                self._neighbour.call(CommandInout(self._neighbour.name, command, argin))
            except DevFailed as failure:
                if failure.reason == Reason.API_DeviceTimedOut:
                    return failure
                if not _unreachable(failure):
                    return None
                self._neighbour, unreached = None, failure
            else:
                return None
        return unreached


def _unreachable(failure: DevFailed) -> bool:
    """Whether a call did not get through, as opposed to one that the consumer refused."""
    return isinstance(failure, (ConnectionFailed, CommunicationFailed)) or failure.reason in (
        Reason.API_DeviceNotFound,
        Reason.DB_DeviceNotDefined,
    )


def log_argument(event: LogEvent) -> list[str]:
    """A message of the calling thread as the six strings of the command Log: milliseconds since 1970, level, logger,
    message, nothing, and `@<thread> [<the system's number of the thread>]`."""
    thread = f"@{event.thread:x} [{threading.get_native_id():x}]"
    return [str(int(event.time * 1000)), event.level.word, event.logger, event.message, "", thread]
