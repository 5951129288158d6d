"""The log of devices, live: a log consumer in this program is their target for as long as somebody looks (LOG-29)."""

from __future__ import annotations

import itertools
import os
import re
import socket
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TextIO

from server_core.model.enums import LogLevel
from server_core.model.errors import DevFailed, Reason
from tangoterm.console.arrivals import Arrivals, Row
from tangoterm.console.cells import ClockCell, PlainCell, cell
from tangoterm.console.result import Failure, Refused
from tangoterm.console.session import Session
from tangoterm.console.together import each

if TYPE_CHECKING:
    from server_core.devices.log_consumer import LogMessage

LEVELS = {level.word.lower(): level for level in LogLevel}
"""Levels by their words: `off`, `fatal`, ..."""

LEAST = LogLevel.LOG_INFO
"""What is shown when no level is asked for; a device that logs more goes on doing so."""

LOOK = 2.0
"""Seconds between two looks whether the devices still log to this program."""

_WIDEST = max(map(len, LEVELS))

_count = itertools.count(1)

_CONSUMER: Final = re.compile(r"/tangoterm/log-(\w+)-(\w+)/", re.IGNORECASE)


class Watcher(NamedTuple):
    """What the name of a program's consumer tells the others that watch the same device: the level that the device had
    before anybody watched it, and the one that the program wants."""

    found: LogLevel
    wanted: LogLevel

    def name(self, number: int) -> str:
        """The name of a consumer of this process."""
        return f"tangoterm/log-{self.found.word}-{self.wanted.word}/{os.getpid()}-{number}".lower()

    @classmethod
    def of_target(cls, target: str) -> Watcher | None:
        """The watcher behind a logging target, if it is one."""
        named = _CONSUMER.search(target)
        words = [] if named is None else [word.lower() for word in named.groups()]
        return cls(*(LEVELS[word] for word in words)) if words and all(word in LEVELS for word in words) else None


def _watchers(proxy: Any) -> list[Watcher]:
    """The programs that watch a device."""
    return [watcher for target in proxy.get_logging_target() if (watcher := Watcher.of_target(target)) is not None]


class LevelCell(PlainCell):
    """A level; people see all of them in one column."""

    def text(self) -> str:
        """The word, as wide as the longest."""
        return super().text().ljust(_WIDEST)


class LogWatch:
    """Receives what devices log and gives it as rows.

    While it lasts the devices have a further target and the level that is wanted: `level`, or without one their own,
    but INFO at least. Several programs may watch a device: it has the highest level that one of them wants, and the
    last one puts back what the first found. A level that somebody else has set since stays. A server that is restarted
    meanwhile is watched again. `failures` says what could not be put back.
    """

    def __init__(
        self, session: Session, devices: Sequence[str], level: LogLevel | None = None, *, strict: bool = True
    ) -> None:
        """Raises Refused when a device, or from its server this program, cannot be reached; where that is not to be
        `strict`, when none of the devices is left, and the others are among `failures`."""
        self.failures: list[Failure] = []
        self._level = level
        self._strict = strict
        self._arrivals = Arrivals()
        self._servers: dict[str, tuple[int, int]] = {}
        self._attached: dict[str, tuple[Any, str, Watcher]] = {}
        self._undo = ExitStack()
        self._serving = Lock()
        self._closed = Event()
        self._keeper = Thread(target=self._keep, name="log watch", daemon=True)
        try:
            self._attach_all(session, list(dict.fromkeys(devices)))
        except BaseException:
            self.close()
            raise
        self._keeper.start()

    def take(self) -> list[Row]:
        """The messages that are there now, without waiting."""
        return self._arrivals.take()

    def rows(self, limit: int | None = None, seconds: float | None = None) -> Generator[Row]:
        """The messages as they come; ends after `limit` of them, after `seconds`, or when `stop` is called."""
        return self._arrivals.rows(limit, seconds, self.close)

    def stop(self) -> None:
        """End `rows`, from any thread."""
        self._arrivals.stop()

    def close(self) -> None:
        """Put levels and targets back, and receive nothing more."""
        self._closed.set()
        if self._keeper.is_alive():
            self._keeper.join()
        self._undo.close()

    def _attach_all(self, session: Session, devices: Sequence[str]) -> None:
        for outcome in each(devices, lambda device: self._attach(device, session.device(device))):
            if outcome.failure is not None:
                self.failures.append(Failure(outcome.item, outcome.failure))
        if self.failures and (self._strict or not self._attached):
            raise Refused(self.failures.pop(0))

    def _attach(self, device: str, proxy: Any) -> None:
        level = LogLevel(proxy.get_logging_level())
        others = _watchers(proxy)
        watcher = self._watcher(others[0].found if others else level)
        target = f"device::{self._consumer(proxy, watcher)}"
        proxy.add_logging_target(target)
        if device not in self._attached:
            self._undo.callback(self._detach, device)
        self._attached[device] = (proxy, target, watcher)
        _set_level(proxy, _highest([*others, watcher]))

    def _detach(self, device: str) -> None:
        try:
            _leave(*self._attached[device])
        except DevFailed as error:
            self.failures.append(Failure(device, error))

    def _keep(self) -> None:
        """Attach again to devices that were made anew, by a restart of their server or their own."""
        while not self._closed.wait(LOOK):
            for device, (proxy, target, _) in tuple(self._attached.items()):
                with suppress(DevFailed):  # looked at again in a while, when the server may run again
                    if not any(target.lower() == each.lower() for each in proxy.get_logging_target()):
                        self._attach(device, proxy)

    def _watcher(self, found: LogLevel) -> Watcher:
        return Watcher(found, max(found, LEAST) if self._level is None else self._level)

    # ---- receiving

    def _consumer(self, proxy: Any, watcher: Watcher) -> str:
        """The full name of a consumer in this program that the server of a device can reach."""
        address = _address_seen_from(proxy.info().server_host)
        with self._serving:
            if address not in self._servers:
                self._servers[address] = self._serve(address)
        port, number = self._servers[address]
        return f"tango://{address}:{port}/{watcher.name(number)}#dbase=no"

    def _serve(self, address: str) -> tuple[int, int]:
        """Serve a consumer for each level that devices may be found at; the port, and the number in their names."""
        from server_core.devices.log_consumer import LogConsumer
        from server_core.server.process import DeviceServer
        from server_core.server.sockets import unix_socket_path

        arrivals, shown = self._arrivals, self._level

        class Receiver(LogConsumer):
            def on_message(self, message: LogMessage) -> None:
                if shown is None or LEVELS.get(message.level.lower(), shown) <= shown:
                    arrivals.put(_row(message))

        number = next(_count)
        server = DeviceServer(
            [Receiver],
            "tangoterm",
            "log",
            store=None,
            devices={Receiver.__name__: [self._watcher(found).name(number) for found in LogLevel]},
            bind=address,
            unix_path=unix_socket_path(f"tangoterm/log{number}"),
        )
        server.start()
        self._undo.callback(server.stop)
        return int(server.endpoints.partition(",")[0].rpartition(":")[2]), number


def _leave(proxy: Any, target: str, watcher: Watcher) -> None:
    """Watch a device no longer: its level becomes what the others want, or the one that was found."""
    proxy.remove_logging_target(target)
    others = _watchers(proxy)
    if proxy.get_logging_level() == _highest([*others, watcher]):
        _set_level(proxy, _highest(others) if others else watcher.found)


def _highest(watchers: Sequence[Watcher]) -> LogLevel:
    return max(watcher.wanted for watcher in watchers)


def _set_level(proxy: Any, level: LogLevel) -> None:
    if proxy.get_logging_level() != level:
        proxy.set_logging_level(level)


def _address_seen_from(host: str) -> str:
    """This machine's address for a server on `host`: loopback when it is this machine itself."""
    if host.lower() == socket.gethostname().lower():
        return "127.0.0.1"
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((host, 9))  # sends nothing; chooses the address that a packet would come from
            return str(probe.getsockname()[0])
    except OSError as error:
        raise DevFailed.of(
            Reason.API_CantConnectToDevice, f"there is no way from here to the host {host}: {error}", "LogWatch"
        ) from error


def _row(message: LogMessage) -> Row:
    return {
        "time": ClockCell(message.seconds),
        "level": LevelCell(message.level),
        "device": message.logger,
        "message": message.message,
        "thread": message.thread,
        "context": message.context or None,
    }


def line_of(row: Mapping[str, Any]) -> str:
    """A message as a line of a file: when, level, device, thread and text."""
    words = (cell(row["time"]).exact(), str(cell(row["level"]).data()), row["device"], row["thread"], row["message"])
    return "\t".join(map(str, words))


def saved(rows: Generator[Row], stream: TextIO) -> Iterator[Row]:
    """The same messages, each written to a file before it is given on; in the end both are closed."""
    with stream, closing(rows):
        for row in rows:
            stream.write(f"{line_of(row)}\n")
            stream.flush()
            yield row
