"""The whole program on a pseudo terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path


class Terminal:
    """The screen in a process of its own, with the database of `directory` or, with `host`, that of a control
    system."""

    def __init__(self, directory: Path, host: str | None = None, arguments: Sequence[str] = ()) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        environment = os.environ | {"TERM": "xterm-256color", "TANGOTERM_DATABASE": str(directory / "database")}
        environment.pop("TANGO_HOST", None)
        if host is not None:
            environment["TANGO_HOST"] = host
        code = f"from tangoterm.__main__ import main; raise SystemExit(main({list(arguments)}))"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=slave, stdout=slave, stderr=slave, env=environment
        )
        os.close(slave)

    def read_until(self, words: bytes) -> bytes:
        """What is written until `words` came, or until the program has closed its end."""
        shown = b""
        while words not in shown:
            assert select.select([self.master], [], [], 20)[0], shown
            try:
                shown += os.read(self.master, 65536)
            except OSError:  # how Linux says that the other end was closed
                break
        return shown

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.master, keys)
