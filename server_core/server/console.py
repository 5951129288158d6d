"""Log messages of devices on the console, as the command-line option `-v` asks.

Source: LOG-1, LOG-20, LOG-26.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Final, TextIO

from server_core.model.enums import LogLevel

_DEVICE_LEVELS: Final = (
    LogLevel.LOG_OFF,
    LogLevel.LOG_INFO,
    LogLevel.LOG_INFO,
    LogLevel.LOG_DEBUG,
    LogLevel.LOG_DEBUG,
    LogLevel.LOG_DEBUG,
)
"""Level of devices by number after `-v` (LOG-20); 0 is no option, and more than 5 is as 5."""

_PLUMBING: Final = ("server_core.device.", "server_core.server.")
"""Modules between the line that logs and the console."""


class Console:
    """Where messages of devices go when the process runs with `-v`."""

    def __init__(self, verbosity: int, stream: TextIO | None = None) -> None:
        place = min(verbosity, len(_DEVICE_LEVELS) - 1)
        self.device_level = _DEVICE_LEVELS[place]
        self.admin_level = LogLevel.LOG_DEBUG if verbosity >= 5 else LogLevel.LOG_OFF
        self._stream = stream
        self._lock = threading.Lock()

    def log(self, logger: str, level: LogLevel, message: str, *, admin: bool = False) -> None:
        """Print a message when the level lets it pass."""
        if level > (self.admin_level if admin else self.device_level):
            return
        line = f"{_now()} {level.word} ({_place()}) {logger} {message}\n"
        with self._lock:
            stream = self._stream or sys.stdout
            stream.write(line)
            stream.flush()


def _now() -> str:
    moment = time.time()
    local = time.localtime(moment)
    return (
        f"{time.strftime('%Y-%m-%dT%H:%M:%S', local)},{int(moment * 1e6) % 1_000_000:06d}{time.strftime('%z', local)}"
    )


def _place() -> str:
    """`file:line` of the code that logged."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_PLUMBING):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}" if frame is not None else "(unknown):0"
