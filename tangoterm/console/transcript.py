"""A conversation in a file: the lines that were typed, and what came of them, as text without colours."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Transcript:
    """An open transcript; goes on at the end of a file that is there. Raises OSError when it cannot be written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a", encoding="utf-8")
        self.write(f"# {datetime.now().astimezone().isoformat(timespec='seconds')}")

    def asked(self, line: str) -> None:
        """A line was typed."""
        self.write(f"tango> {line}")

    def write(self, line: str) -> None:
        """A line of the answer."""
        self._file.write(_COLOUR.sub("", line) + "\n")
        self._file.flush()

    def close(self) -> None:
        """The end of it."""
        self._file.close()
