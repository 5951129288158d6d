"""What servers print: one file a server, and a few of the former ones."""

from __future__ import annotations

import time
from pathlib import Path
from typing import BinaryIO, Final

KEPT: Final = 3
"""Former files that are kept by default."""


class Output:
    """The output files of servers in one directory: `<server>_<instance>.log`, the former ones with `.1`, `.2` ..."""

    def __init__(self, directory: Path, kept: int = KEPT) -> None:
        self.directory = directory
        self.kept = kept

    def file(self, server: str) -> Path:
        """Where the output of `server/instance` goes."""
        return self.directory / f"{server.replace('/', '_')}.log"

    def begin(self, server: str) -> BinaryIO:
        """A new file, begun with the date; the former one steps back by one. Raises OSError."""
        self.directory.mkdir(parents=True, exist_ok=True)
        file = self.file(server)
        places = [file, *(file.with_name(f"{file.name}.{number}") for number in range(1, self.kept + 1))]
        places[-1].unlink(missing_ok=True)
        for older, newer in zip(reversed(places), reversed(places[:-1]), strict=False):
            if newer.exists():
                newer.rename(older)
        file.write_text(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {server}\n", encoding="utf-8")
        return file.open("ab")

    def read(self, server: str) -> str:
        """All that the server printed since its last start. Raises FileNotFoundError."""
        return self.file(server).read_text(encoding="utf-8", errors="replace")

    def tail(self, server: str, lines: int) -> list[str]:
        """The last lines of it, none when there is no file."""
        try:
            return self.read(server).splitlines()[-lines:]
        except FileNotFoundError:
            return []
