"""The loggers of the process: made with their devices, changed by the admin commands, closed at the end.

Source: LOG-2, LOG-6, LOG-8..LOG-10, LOG-30..LOG-35.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from server_core.device.host import PropertyStore
from server_core.device.logger import Logger, LogTarget
from server_core.model.enums import LogLevel
from server_core.model.errors import DevFailed, Reason
from server_core.server.logs import settings
from server_core.server.logs.consumer import Consumer
from server_core.server.logs.file import LogFile
from server_core.server.logs.names import CONSOLE, EVERY, FILE, TYPES, TargetName
from server_core.server.logs.target import Console, Target
from server_core.server.neighbours import Neighbours

log = logging.getLogger(__name__)


class Loggers:
    """Makes loggers and keeps their targets; devices that name the same target share it.

    `core` is the logger of the admin device, named as it was typed at the start; the process logs there itself.
    `verbosity` is the number behind `-v`, `database` whether the server has one.
    """

    def __init__(
        self, properties: PropertyStore, admin: str, neighbours: Neighbours, *, verbosity: int, database: bool
    ) -> None:
        self.core = Logger(admin, LogLevel.LOG_WARN)
        self._properties = properties
        self._neighbours = neighbours
        self._verbosity = verbosity
        self._database = database
        self._directory = Path()
        self._lock = threading.RLock()
        self._loggers: dict[Logger, int] = {}
        self._targets: dict[str, Target] = {}
        self._closed: list[Target] = []

    # ---- loggers

    def open(self, server: str) -> None:
        """Make the directory of log files and set up the core logger, at the start and again at RestartServer."""
        self._directory = settings.log_directory(self._properties, self.core.name, server)
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
        except OSError as failure:
            log.warning("there is no directory for log files: %s", failure)
        self._clear(self.core)
        self._set_up(
            self.core,
            settings.of_core(self._properties, self.core.name, self._verbosity, database=self._database),
        )

    def make(self, device: str) -> Logger:
        """The logger of a new device, as its properties want it; that of the admin device is the core logger."""
        if device.lower() == self.core.name.lower():
            return self.core
        logger = Logger(device.lower())
        self._set_up(logger, settings.of_device(self._properties, device, self._verbosity))
        return logger

    def _set_up(self, logger: Logger, wanted: settings.LogSettings) -> None:
        with self._lock:
            self._loggers[logger] = wanted.roll
            logger.set_level(wanted.level)
            for text in wanted.targets:
                try:
                    self.add_target(logger, text)
                except DevFailed as failure:
                    log.warning("%s: logging target %s is left out: %s", logger.name, text, failure.desc)

    def discard(self, logger: Logger) -> None:
        """The device of a logger is gone: detach its targets."""
        with self._lock:
            self._clear(logger)

    def _clear(self, logger: Logger) -> None:
        self._loggers.pop(logger, None)
        for target in logger.targets:
            self._detach(logger, target)

    def close(self, patience: float) -> None:
        """Detach all targets; messages on their way have `patience` seconds to arrive."""
        deadline = time.monotonic() + patience
        with self._lock:
            for logger in list(self._loggers):
                self._clear(logger)
        for target in self._closed:
            target.join(max(0.0, deadline - time.monotonic()))

    # ---- targets

    def drop_dead(self) -> None:
        """Detach the targets that messages reach no more (LOG-6)."""
        with self._lock:
            dead = [target for target in self._targets.values() if not target.alive()]
            for logger in self._loggers:
                for target in dead:
                    if target in logger.targets:
                        self._detach(logger, target)

    def add_target(self, logger: Logger, text: str) -> None:
        """Send the messages of a logger to one more target, unless it has it already (LOG-6).

        Raises DevFailed `API_MethodArgument` for a type that there is not and a device without name,
        `API_CannotOpenFile`, and ConnectionFailed `API_ConnectionFailed` (LOG-31).
        """
        name = TargetName.parse(text)
        if name.type not in TYPES:
            raise _wrong_type(f"Invalid logging target type specified ({name.type})")
        name = name.resolved(logger.name, self._directory)
        with self._lock:
            if any(target.name.lower() == name.key for target in logger.targets):
                return
            target = self._targets.get(name.key)
            if target is None:
                target = self._targets[name.key] = self._opened(name, self._loggers[logger])
            logger.targets += (target,)
            target.attached(logger.name)

    def remove_target(self, logger: Logger, text: str) -> None:
        """Send the messages of a logger there no more, with `type::*` to no target of that type (LOG-34).

        Raises DevFailed `API_MethodArgument` as `add_target` does (LOG-35).
        """
        name = TargetName.parse(text)
        if name.type not in TYPES:
            raise _wrong_type(f"Logging target type <{name.type}> not supported")
        with self._lock:
            key = name.key if name.name == EVERY else name.resolved(logger.name, self._directory).key
            for target in logger.targets:
                own = target.name.lower()
                if own == key or (name.name == EVERY and TargetName.parse(own).type == name.type):
                    self._detach(logger, target)

    def _opened(self, name: TargetName, roll: int) -> Target:
        if name.type == CONSOLE:
            return Console()
        if name.type == FILE:
            return LogFile(name, roll)
        return Consumer(name, self._neighbours)

    def _detach(self, logger: Logger, detached: LogTarget) -> None:
        key = detached.name.lower()
        target = self._targets[key]
        logger.targets = tuple(each for each in logger.targets if each is not target)
        target.detached(logger.name)
        if not any(target in each.targets for each in self._loggers):
            del self._targets[key]
            target.close()
            self._closed = [each for each in self._closed if not each.join(0)] + [target]


def _wrong_type(desc: str) -> DevFailed:
    return DevFailed.of(Reason.API_MethodArgument, desc, "Loggers")
