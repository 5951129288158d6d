"""What properties, environment and the option `-v` say about logging.

Source: LOG-8, LOG-9, LOG-20.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from server_core.device.host import PropertyStore
from server_core.model.enums import LogLevel
from server_core.server.logs.names import CONSOLE

LEVELS: Final = {level.word: level for level in LogLevel}

LOWEST_ROLL, DEFAULT_ROLL, HIGHEST_ROLL = 500, 20480, 1048576
"""Size in kB (1024 bytes) from which a log file is rolled over."""

_PATH_VARIABLE: Final = "TANGO_LOG_PATH"
_PROPERTIES: Final = ("logging_level", "logging_target", "logging_rft")


class LogSettings(NamedTuple):
    """How a logger starts: its level, the texts that name its targets, and the size of its files in bytes."""

    level: LogLevel
    targets: tuple[str, ...]
    roll: int


def of_device(properties: PropertyStore, device: str, verbosity: int) -> LogSettings:
    """The settings of a device's logger; `verbosity` is the number behind `-v`, 0 without."""
    found = properties.get_device_property(device, _PROPERTIES)
    word = _word(found)
    if verbosity:
        level = LogLevel.LOG_INFO if verbosity <= 2 else LogLevel.LOG_DEBUG
    else:
        level = LogLevel.LOG_OFF if word is None else LEVELS.get(word.upper(), LogLevel.LOG_WARN)
    return LogSettings(level, _targets(found, on_console=verbosity > 0), _roll(found))


def of_core(properties: PropertyStore, admin: str, verbosity: int, *, database: bool) -> LogSettings:
    """The settings of the admin device's logger, which is also the process's own."""
    found = properties.get_device_property(admin, _PROPERTIES)
    loud = verbosity >= 5
    if loud:
        level = LogLevel.LOG_DEBUG
    elif verbosity or database:
        word = None if verbosity else _word(found)
        level = LEVELS.get(word or "", LogLevel.LOG_WARN)
    else:
        level = LogLevel.LOG_ERROR
    return LogSettings(level, _targets(found, on_console=loud), _roll(found))


def log_directory(properties: PropertyStore, admin: str, server: str) -> Path:
    """Where the files of `server/instance` lie that are named without directory (LOG-9)."""
    root = (properties.get_device_property(admin, ("logging_path",)).get("logging_path") or [""])[0]
    root = root or os.environ.get(_PATH_VARIABLE, "") or f"/tmp/tango-{_user()}"
    return Path(root) / server


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a user without name, as in containers
        return str(os.getuid())


def _word(found: Mapping[str, Sequence[str]]) -> str | None:
    texts = found.get("logging_level")
    return texts[0].strip() if texts else None


def _targets(found: Mapping[str, Sequence[str]], *, on_console: bool) -> tuple[str, ...]:
    return (*((CONSOLE,) if on_console else ()), *found.get("logging_target", ()))


def _roll(found: Mapping[str, Sequence[str]]) -> int:
    text = (found.get("logging_rft") or [""])[0].strip()
    size = int(text) if text.isdecimal() else DEFAULT_ROLL
    return min(max(size, LOWEST_ROLL), HIGHEST_ROLL) * 1024
