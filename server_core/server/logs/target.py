"""What all targets have in common, and the simplest one: the console.

Source: LOG-26.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TextIO

from server_core.device.logger import LogEvent
from server_core.server.logs.names import CONSOLE, TargetName


class Target:
    """Where messages go; one object serves all loggers that have the target of that name."""

    def __init__(self, name: TargetName) -> None:
        self.name = str(name)

    def write(self, event: LogEvent) -> None:
        """Take a message; never raises."""
        raise NotImplementedError

    def alive(self) -> bool:
        """Whether messages still arrive; a dead target is dropped by the next command about targets (LOG-6)."""
        return True

    def attached(self, logger: str) -> None:
        """A logger sends its messages here from now on."""

    def detached(self, logger: str) -> None:
        """It does so no more."""

    def close(self) -> None:
        """No logger is left. What was written before still arrives; does not wait for it."""

    def join(self, timeout: float) -> bool:
        """After `close`: whether all has arrived within `timeout` seconds."""
        return True


class Console(Target):
    """Standard output, a line a message: `<time> <LEVEL> (<file>:<line>) <logger> <message>`."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(TargetName(CONSOLE, "cout"))
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, event: LogEvent) -> None:
        """Print a message; standard output that is closed or broken loses it."""
        line = f"{_local(event.time)} {event.level.word} ({event.place}) {event.logger} {event.message}\n"
        with self._lock:
            stream = self._stream or sys.stdout
            try:
                stream.write(_encodable(line, stream.encoding))
                stream.flush()
            except (OSError, ValueError):
                return  # there is nowhere left to say so


def _encodable(line: str, encoding: str | None) -> str:
    """A line without what the encoding of a stream cannot express."""
    encoding = encoding or "utf-8"
    return line.encode(encoding, "backslashreplace").decode(encoding)


def _local(moment: float) -> str:
    """ISO local time with microseconds and offset: `2026-11-21T08:31:42,485191+0000`."""
    local = time.localtime(moment)
    micros = int(moment * 1e6) % 1_000_000
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', local)},{micros:06d}{time.strftime('%z', local)}"
