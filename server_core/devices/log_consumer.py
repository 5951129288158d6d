"""A log consumer: devices that have it as target, `device::<its name>`, send it their messages.

Source: RFC 14; LOG-29.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from server_core import DevFailed, Device, DevState, attribute, command, device_property
from server_core.model.errors import Reason

DEEPEST = 10_000


class LogMessage(NamedTuple):
    """A message as the command Log carries it: six strings, the time in ms since 1970."""

    time: str
    level: str
    logger: str
    message: str
    context: str
    thread: str

    @property
    def seconds(self) -> float | None:
        """The time in seconds since 1970, None when the sender wrote none."""
        return int(self.time) / 1000 if self.time.isdecimal() else None


class LogConsumer(Device):
    """Takes log messages, keeps the last ones, and passes each on as a change event of the attribute `last`."""

    depth = device_property(dtype=int, default_value=1000, doc=f"how many messages are kept, 1 to {DEEPEST}")

    def init_device(self) -> None:
        """Begin without messages; DevFailed `API_InvalidArgs` for a depth out of range."""
        super().init_device()
        if not 1 <= self.depth <= DEEPEST:
            raise DevFailed.of(
                Reason.API_InvalidArgs, f"depth is {self.depth}, it must be 1 to {DEEPEST}", "LogConsumer.init_device"
            )
        self._messages: deque[LogMessage] = deque(maxlen=self.depth)
        self._received = 0
        self._loggers: dict[str, str] = {}
        self.set_change_event("last", True, False)
        self.set_state(DevState.ON)
        self.set_status("The device takes log messages")

    def on_message(self, message: LogMessage) -> None:
        """Called with each message, before it is kept; for subclasses."""

    # ---- what senders call

    @command(doc_in="Str[0]=Time in ms. Str[1]=Level. Str[2]=Device. Str[3]=Message. Str[4]=Context. Str[5]=Thread")
    def Log(self, argin: list[str]) -> None:
        """Take a message; DevFailed `API_WrongNumberOfArgs` when it has not six strings."""
        if len(argin) != len(LogMessage._fields):
            raise DevFailed.of(
                Reason.API_WrongNumberOfArgs,
                f"a message has {len(LogMessage._fields)} strings, not {len(argin)}",
                "LogConsumer.Log",
            )
        message = LogMessage(*argin)
        self.on_message(message)
        self._messages.appendleft(message)
        self._received += 1
        self.push_change_event("last", message)

    @command(doc_in="Device name")
    def Register(self, name: str) -> None:
        """A device begins to send."""
        self._loggers[name.lower()] = name

    @command(doc_in="Device name")
    def UnRegister(self, name: str) -> None:
        """A device has stopped to send."""
        self._loggers.pop(name.lower(), None)

    # ---- what viewers read

    @attribute(dtype=(str,), max_dim_x=len(LogMessage._fields))
    def last(self) -> Sequence[str]:
        """The newest message, a string a part"""
        return self._messages[0] if self._messages else ()

    @attribute(dtype=((str,),), max_dim_x=len(LogMessage._fields), max_dim_y=DEEPEST)
    def messages(self) -> list[LogMessage]:
        """The messages kept, newest first"""
        return list(self._messages)

    @attribute(dtype=int)
    def received(self) -> int:
        """How many messages have come since Init"""
        return self._received

    @attribute(dtype=(str,), max_dim_x=DEEPEST)
    def senders(self) -> list[str]:
        """The devices that send, sorted"""
        return sorted(self._loggers.values())

    @command
    def Clear(self) -> None:
        """Forget the messages."""
        self._messages.clear()
