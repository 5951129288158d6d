"""A process that runs on when the one that started it ends."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress


class Process:
    """A child process in a session of its own, so that no Ctrl-C of ours reaches it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._exit_code: int | None = None
        self._asking = threading.Lock()

    @classmethod
    def spawn(cls, words: Sequence[str], output: int, environment: Mapping[str, str]) -> Process:
        """Start a program that prints into the open file `output` and reads nothing. Raises OSError."""
        actions = (
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, output, 1),
            (os.POSIX_SPAWN_DUP2, output, 2),
            *((os.POSIX_SPAWN_CLOSE, number) for number in _inheritable()),
        )
        unbuffered = {**environment, "PYTHONUNBUFFERED": "1"}
        return cls(os.posix_spawn(words[0], list(words), unbuffered, file_actions=actions, setsid=True))

    def poll(self) -> int | None:
        """The exit code, None as long as it runs; a process that was ended by signal N gives -N."""
        with self._asking:  # the system tells it once
            if self._exit_code is None:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self._exit_code = os.waitstatus_to_exitcode(status)
            return self._exit_code


def _inheritable() -> list[int]:
    """Open files beyond the standard ones that a child would get: those that were inherited themselves."""
    found = []
    for number in map(int, os.listdir("/dev/fd")):
        with suppress(OSError):  # the one that listed the directory is closed again
            if number > 2 and os.get_inheritable(number):
                found.append(number)
    return found
