"""Log files: log4j XML events, one backup.

Source: LOG-7, LOG-27, LOG-28, LOG-31.
"""

from __future__ import annotations

import fcntl
import html
import logging
import os
import re
import threading
from typing import Final

from server_core.device.logger import LogEvent
from server_core.model.errors import DevFailed, Reason
from server_core.server.logs.names import TargetName
from server_core.server.logs.target import Target

log = logging.getLogger(__name__)

_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may hold."""


class LogFile(Target):
    """A file that is appended to. When it has reached `roll` bytes it becomes `<file>.1` and a new one begins;
    processes that write to one file roll it over once.

    Raises DevFailed `API_CannotOpenFile` when it cannot be opened.
    """

    def __init__(self, name: TargetName, roll: int) -> None:
        super().__init__(name)
        self._path = name.name
        self._roll = roll
        self._lock = threading.Lock()
        try:
            self._file: int | None = _open(self._path)
        except (OSError, ValueError) as reason:
            raise DevFailed.of(
                Reason.API_CannotOpenFile, f"Could not open logging file {self._path}: {reason}", "LogFile"
            ) from reason

    def write(self, event: LogEvent) -> None:
        """Append a message. A file that cannot be written is given up, which the process's own log tells."""
        data = xml_event(event).encode("utf-8", "replace")
        with self._lock:
            if self._file is None:
                return
            try:
                os.write(self._file, data)
                if os.fstat(self._file).st_size >= self._roll:
                    self._roll_over(self._file)
                return
            except OSError as reason:
                self._give_up()
                failure = reason
        log.error("the log file %s cannot be written and is given up: %s", self._path, failure)

    def alive(self) -> bool:
        """Whether the file could be written so far."""
        return self._file is not None

    def close(self) -> None:
        """Close the file, which stays on disk."""
        with self._lock:
            self._give_up()

    def _roll_over(self, file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)  # closing ends it
        if _is_at(file, self._path):
            os.replace(self._path, f"{self._path}.1")
        self._give_up()
        self._file = _open(self._path)

    def _give_up(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            os.close(file)


def _open(path: str) -> int:
    """Open for append; a pipe that nobody reads is refused instead of waited for."""
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o644)


def _is_at(file: int, path: str) -> bool:
    """Whether a path still leads to an open file, which another process may have rolled over."""
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False


def xml_event(event: LogEvent) -> str:
    """A message as a log4j event; its lines end with CR LF, and an empty one follows."""
    message = _NO_XML.sub("\ufffd", event.message).replace("]]>", "]]]]><![CDATA[>")
    return (
        f'<log4j:event logger="{html.escape(event.logger)}" timestamp="{int(event.time * 1000)}" '
        f'level="{event.level.word}" thread="{event.thread}">\r\n'
        f"<log4j:message><![CDATA[{message}]]></log4j:message>\r\n"
        "<log4j:NDC><![CDATA[]]></log4j:NDC>\r\n"
        "</log4j:event>\r\n\r\n"
    )
