"""The arguments that commands were executed with, kept for the next time: shared by the forms of the screen and the
completion of the prompt, in a file of the user's."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from server_core.model.config import CommandInfo
from tangoterm.console.settings import state_path

KEPT = 20
"""Arguments of each command."""
COMMANDS_KEPT = 500
LONGEST = 1000
"""Characters of an argument that is kept."""


class ArgumentHistory:
    """The last arguments of each command, newest first, as they were typed.

    Commands are told apart by name and argument type, whatever device they belong to. A file that cannot be read or
    written is no history, and no error.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path

    @property
    def path(self) -> Path:
        """The file."""
        return self._path or state_path("arguments.json")

    def of(self, info: CommandInfo) -> list[str]:
        """What the command was executed with before."""
        return self._read().get(_key(info), [])

    def add(self, info: CommandInfo, text: str) -> None:
        """The command was executed with `text`."""
        text = text.strip()
        if not text or len(text) > LONGEST:
            return
        known = self._read()
        earlier = [each for each in known.pop(_key(info), []) if each != text]
        known[_key(info)] = [text, *earlier][:KEPT]
        self._write(dict(list(known.items())[-COMMANDS_KEPT:]))

    def _read(self) -> dict[str, list[str]]:
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(content, dict):
            return {}
        return {name: [str(text) for text in texts] for name, texts in content.items() if isinstance(texts, list)}

    def _write(self, known: dict[str, list[str]]) -> None:
        """Beside the file and then in its place, so that nobody reads half of it."""
        with suppress(OSError):
            beside = self.path.with_suffix(f".{os.getpid()}")
            beside.write_text(json.dumps(known, ensure_ascii=False, indent=0), encoding="utf-8")
            beside.replace(self.path)


def _key(info: CommandInfo) -> str:
    return f"{info.cmd_name.lower()} {info.in_type}"
