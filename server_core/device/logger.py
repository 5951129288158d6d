"""A device's logger: its level, and the targets that its messages go to.

Source: RFC 14; LOG-1, LOG-2, LOG-43.
"""

from __future__ import annotations

import inspect
import sys
import threading
import time
from collections.abc import Callable
from pathlib import PurePath
from types import CodeType, FrameType
from typing import Any, Final, NamedTuple, Protocol

from server_core.model.enums import LogLevel

_PLUMBING: Final = ("server_core.device.", "server_core.server.")
"""Modules between the line that logs and the logger."""


class LogEvent(NamedTuple):
    """One message: when (seconds since 1970), how grave, of which logger, from which thread and `file:line`."""

    time: float
    level: LogLevel
    logger: str
    message: str
    thread: int
    place: str


class LogTarget(Protocol):
    """Where messages go. `name` is `type::name` as clients see it (LOG-3)."""

    name: str

    def write(self, event: LogEvent) -> None:
        """Take a message; never raises, so that logging does no harm to the device."""


class Logger:
    """Lets messages up to its level pass to its targets; the methods are those of PyTango's `Logger`.

    `level` is LOG_OFF for a logger that is switched off. `targets` is replaced as a whole, never changed in place.
    """

    __slots__ = ("_remembered", "level", "name", "targets")

    def __init__(self, name: str, level: LogLevel = LogLevel.LOG_OFF) -> None:
        self.name = name
        self.level = level
        self.targets: tuple[LogTarget, ...] = ()
        self._remembered: LogLevel | None = None

    # ---- level

    def get_name(self) -> str:
        """The name that stands in its messages."""
        return self.name

    def get_level(self) -> LogLevel:
        """The level as it is now."""
        return self.level

    def set_level(self, level: int) -> None:
        """Let messages up to `level` pass; ValueError for a number outside 0 to 5. A stop before is forgotten."""
        self._remembered = None
        self.level = LogLevel(level)

    def stop(self) -> None:
        """Switch off until `start`; nothing when it was stopped already (LOG-43)."""
        if self._remembered is None:
            self._remembered, self.level = self.level, LogLevel.LOG_OFF

    def start(self) -> None:
        """Take up the level again that `stop` found; nothing when it was not stopped (LOG-43)."""
        if self._remembered is not None:
            self.level, self._remembered = self._remembered, None

    def is_level_enabled(self, level: int) -> bool:
        """Whether messages of `level` pass (LOG-1)."""
        return level <= self.level

    def is_debug_enabled(self) -> bool:
        """Whether messages of level DEBUG pass."""
        return self.level >= LogLevel.LOG_DEBUG

    def is_info_enabled(self) -> bool:
        """Whether messages of level INFO pass."""
        return self.level >= LogLevel.LOG_INFO

    def is_warn_enabled(self) -> bool:
        """Whether messages of level WARN pass."""
        return self.level >= LogLevel.LOG_WARN

    def is_error_enabled(self) -> bool:
        """Whether messages of level ERROR pass."""
        return self.level >= LogLevel.LOG_ERROR

    def is_fatal_enabled(self) -> bool:
        """Whether messages of level FATAL pass."""
        return self.level >= LogLevel.LOG_FATAL

    # ---- messages

    def log(self, level: int, msg: str, *args: Any, source: Callable[..., Any] | None = None) -> None:
        """A message of `level`, with `args` put into it by `%`.

        The place in it is the line that logs, or the first one of the function `source`.
        """
        if level <= self.level:
            self.log_unconditionally(level, msg, *args, source=source)

    def log_unconditionally(self, level: int, msg: str, *args: Any, source: Callable[..., Any] | None = None) -> None:
        """The same, whatever the level of the logger is."""
        if self.targets:
            self.emit(LogLevel(level), msg % args if args else msg, _place(source))

    def emit(self, level: LogLevel, message: str, place: str) -> None:
        """Hand a finished message to the targets, whatever the level of the logger is."""
        event = LogEvent(time.time(), level, self.name, message, threading.get_ident(), place)
        for target in self.targets:
            target.write(event)

    def debug(self, msg: str, *args: Any) -> None:
        """A message of level DEBUG."""
        self.log(LogLevel.LOG_DEBUG, msg, *args)

    def info(self, msg: str, *args: Any) -> None:
        """A message of level INFO."""
        self.log(LogLevel.LOG_INFO, msg, *args)

    def warn(self, msg: str, *args: Any) -> None:
        """A message of level WARN."""
        self.log(LogLevel.LOG_WARN, msg, *args)

    warning = warn

    def error(self, msg: str, *args: Any) -> None:
        """A message of level ERROR."""
        self.log(LogLevel.LOG_ERROR, msg, *args)

    def fatal(self, msg: str, *args: Any) -> None:
        """A message of level FATAL."""
        self.log(LogLevel.LOG_FATAL, msg, *args)


def _place(source: Callable[..., Any] | None) -> str:
    """`file:line` of the code that logs, `(unknown):0` when that is not device code."""
    code: CodeType | None = getattr(inspect.unwrap(source), "__code__", None) if source is not None else None
    if code is not None:
        return f"{PurePath(code.co_filename).name}:{code.co_firstlineno}"
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_PLUMBING):
        frame = frame.f_back
    return f"{PurePath(frame.f_code.co_filename).name}:{frame.f_lineno}" if frame is not None else "(unknown):0"
