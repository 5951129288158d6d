"""The process's own messages, which Python's `logging` carries, in the core logger too.

Source: LOG-2.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from server_core.device.logger import Logger
from server_core.model.enums import LogLevel

_PACKAGE: Final = "server_core"

_LEVELS: Final = (
    (logging.CRITICAL, LogLevel.LOG_FATAL),
    (logging.ERROR, LogLevel.LOG_ERROR),
    (logging.WARNING, LogLevel.LOG_WARN),
    (logging.INFO, LogLevel.LOG_INFO),
)


class _ToCore(logging.Handler):
    def __init__(self, core: Logger) -> None:
        super().__init__()
        self._core = core

    def emit(self, record: logging.LogRecord) -> None:
        level = next((level for number, level in _LEVELS if record.levelno >= number), LogLevel.LOG_DEBUG)
        if level <= self._core.level:
            self._core.emit(level, record.getMessage(), f"{record.filename}:{record.lineno}")


@contextmanager
def own_messages(core: Logger) -> Iterator[None]:
    """While it lasts, what this package tells Python's `logging` goes to the targets of `core` as well."""
    handler = _ToCore(core)
    package = logging.getLogger(_PACKAGE)
    package.addHandler(handler)
    try:
        yield
    finally:
        package.removeHandler(handler)
