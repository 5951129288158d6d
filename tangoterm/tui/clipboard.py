"""Copying: by the desktop's own program where there is one, else by asking the terminal (OSC 52)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from shutil import which

OSC52_MOST = 74_994
"""Characters in base64 that terminals take; longer ones they drop without a word."""

_PROGRAMS = (
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
    ("", ("pbcopy",)),
)
"""What has to be in the environment, and the program that takes the text on its standard input."""


def desktop_command(environ: Mapping[str, str] = os.environ) -> tuple[str, ...] | None:
    """The program that puts a text on the clipboard of this desktop; None where there is none, as over ssh."""
    for variable, command in _PROGRAMS:
        if (not variable or environ.get(variable)) and which(command[0]):
            return command
    return None


def copy_by(command: tuple[str, ...], text: str) -> bool:
    """Give the text to the program; whether it took it."""
    try:
        return subprocess.run(command, input=text.encode(), timeout=2, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
