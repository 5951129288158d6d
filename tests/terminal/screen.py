"""A real program in a pseudo terminal: typed at like by a person, and read off the screen that the terminal draws."""

from __future__ import annotations

import os
import shutil
import sys
import termios
import time
from collections.abc import Callable, Mapping
from typing import Any

import pexpect
import pyte

KEYS = {
    "enter": "\r", "escape": "\x1b", "tab": "\t", "space": " ", "backspace": "\x7f",
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "end": "\x1b[F", "f5": "\x1b[15~",
}  # fmt: skip
"""What a terminal sends for keys without a character of their own; `ctrl+x` is made up."""
TIMEOUT = 20.0
"""Seconds to wait for what comes by itself."""


class _Screen(pyte.Screen):  # type: ignore[misc]
    """A screen that answers what programs ask of it."""

    def __init__(self, columns: int, lines: int, answer: Callable[[str], object]) -> None:
        super().__init__(columns, lines)
        self.write_process_input = answer


class Terminal:
    """A terminal of some size in which `python -m tangoterm WORDS...` runs."""

    def __init__(self, *words: str, size: tuple[int, int] = (80, 24), env: Mapping[str, str] | None = None) -> None:
        columns, lines = size
        guard = shutil.which("setpriv")  # the program ends with this one, whatever ends this one
        command = [*([guard, "--pdeathsig", "KILL"] if guard else []), sys.executable, "-m", "tangoterm", *words]
        variables = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
        for name in ("LINES", "COLUMNS", "TMUX"):
            variables.pop(name, None)
        self._program: Any = pexpect.spawn(
            command[0], command[1:], dimensions=(lines, columns), env=variables, encoding="utf-8", echo=True
        )
        self._program.delaybeforesend = None
        self._screen = _Screen(columns, lines, self._program.send)
        self._stream = pyte.Stream(self._screen)
        self._before = (self._settings(), set(self._screen.mode))

    # ---- seeing

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def _listen(self) -> bool:
        """Take in what the program writes; whether it still runs."""
        try:
            self._stream.feed(self._program.read_nonblocking(65536, timeout=0.05))
        except pexpect.TIMEOUT:
            pass
        except pexpect.EOF:
            return False
        return True

    def waits(self, true: Callable[[str], object], what: object) -> Terminal:
        """Wait until something is so of the text on the screen."""
        deadline = time.monotonic() + TIMEOUT
        runs = True
        while not true(self.text):
            assert runs, f"it ended without {what}:\n{self.text}"
            assert time.monotonic() < deadline, f"{what} did not come:\n{self.text}"
            runs = self._listen()
        return self

    def sees(self, *words: str) -> Terminal:
        """Wait until all the words stand on the screen."""
        return self.waits(lambda text: all(word in text for word in words), words)

    def sees_no_more(self, *words: str) -> Terminal:
        """Wait until none of the words stands on the screen."""
        return self.waits(lambda text: not any(word in text for word in words), f"a screen without {words}")

    # ---- doing

    def press(self, *keys: str) -> Terminal:
        """Press keys, by their names or characters."""
        for key in keys:
            code = chr(ord(key[-1]) - ord("a") + 1) if key.startswith("ctrl+") else KEYS.get(key, key)
            self._program.send(code)
        return self

    def type(self, text: str) -> Terminal:
        """Type text."""
        self._program.send(text)
        return self

    def enter(self, text: str) -> Terminal:
        """Type a line."""
        return self.type(text).press("enter")

    def resize(self, columns: int, lines: int) -> Terminal:
        """Give the window another size."""
        self._screen.resize(lines, columns)
        self._program.setwinsize(lines, columns)
        return self

    # ---- the end

    def _settings(self) -> object:
        return termios.tcgetattr(self._program.child_fd)

    def ends(self, code: int = 0) -> None:
        """Wait until the program has ended, with an exit code. The terminal is as it was before."""
        deadline = time.monotonic() + TIMEOUT
        while self._listen():
            assert time.monotonic() < deadline, f"it did not end:\n{self.text}"
        assert (self._settings(), set(self._screen.mode)) == self._before
        self._program.wait()
        assert (self._program.exitstatus, self._program.signalstatus) == (code, None), self.text

    def close(self) -> None:
        """End the program, if it has not ended, as a window that is closed does; and take no more part."""
        self._program.close(force=True)
