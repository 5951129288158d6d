"""Which program runs a server: a file named after it, else a device class that ships."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from server_core.model.errors import DevFailed

CANNOT_RUN_FILE = "CANNOT_RUN_FILE"
"""Reason of a program that is not there or does not run, as the Starter gives it."""


def find_program(server: str, directories: Iterable[str] = (), shipped: Iterable[str] = ()) -> list[str]:
    """The words that start `server/instance`: `<server>` or `<server>.py` in one of the directories, else the device
    class of that name among the `shipped` ones, else a program on the PATH. The instance is the last word.

    Raises DevFailed `CANNOT_RUN_FILE` when there is none.
    """
    name, _, instance = server.partition("/")
    searched = [str(Path(directory).expanduser()) for directory in directories]
    for directory in searched:
        for file in (Path(directory) / name, Path(directory) / f"{name}.py"):
            if file.is_file():
                return [*runner(file), instance]
    if name.lower() in (each.lower() for each in shipped):
        return [sys.executable, "-m", "server_core.devices", name, instance]
    found = shutil.which(name) or shutil.which(f"{name}.py")
    if found is not None:
        return [*runner(Path(found)), instance]
    places = "".join(f"\n - {directory}" for directory in searched)
    raise DevFailed.of(
        CANNOT_RUN_FILE,
        f"{name} is no device class that ships and no program on the PATH{', nor in' if places else ''}{places}",
        "supervision.find_program",
    )


def runner(file: Path) -> list[str]:
    """How a file is run: by itself when it may be executed, else by this Python.

    Raises DevFailed `CANNOT_RUN_FILE` for a file that is neither.
    """
    if os.access(file, os.X_OK):
        return [str(file)]
    if file.suffix == ".py":
        return [sys.executable, str(file)]
    raise DevFailed.of(CANNOT_RUN_FILE, f"{file} may not be executed", "supervision.runner")
