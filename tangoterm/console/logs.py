"""The log of devices, live: a log consumer in this program is their target for as long as somebody looks (LOG-29)."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from server_core.model.enums import LogLevel
from server_core.model.errors import DevFailed, Reason
from tangoterm.console.arrivals import Arrivals, Row
from tangoterm.console.cells import ClockCell, PlainCell
from tangoterm.console.result import Failure
from tangoterm.console.session import Session

if TYPE_CHECKING:
    from server_core.devices.log_consumer import LogMessage

LEVELS = {level.word.lower(): level for level in LogLevel}
"""Levels by their words: `off`, `fatal`, ..."""

LEAST = LogLevel.LOG_INFO
"""What is shown when no level is asked for; a device that logs more goes on doing so."""

_WIDEST = max(map(len, LEVELS))

_count = itertools.count(1)


class LevelCell(PlainCell):
    """A level; people see all of them in one column."""

    def text(self) -> str:
        """The word, as wide as the longest."""
        return super().text().ljust(_WIDEST)


class LogWatch:
    """Receives what devices log and gives it as rows.

    While it lasts the devices have a further target and the level that is wanted: `level`, or without one their own,
    but INFO at least. Then both are put back, unless somebody else has changed the level since; `failures` says what
    could not be put back.
    """

    def __init__(self, session: Session, devices: Sequence[str], level: LogLevel | None = None) -> None:
        """Raises DevFailed when a device, or from its server this program, cannot be reached."""
        self.failures: list[Failure] = []
        self._arrivals = Arrivals()
        self._consumers: dict[str, str] = {}
        self._undo = ExitStack()
        try:
            for device in dict.fromkeys(devices):
                self._attach(device, session.device(device), level)
        except BaseException:
            self.close()
            raise

    def rows(self, limit: int | None = None, seconds: float | None = None) -> Iterator[Row]:
        """The messages as they come; ends after `limit` of them, after `seconds`, or when `stop` is called."""
        return self._arrivals.rows(limit, seconds, self.close)

    def stop(self) -> None:
        """End `rows`, from any thread."""
        self._arrivals.stop()

    def close(self) -> None:
        """Put levels and targets back, and receive nothing more."""
        self._undo.close()

    def _attach(self, device: str, proxy: Any, level: LogLevel | None) -> None:
        target = f"device::{self._consumer(proxy)}"
        proxy.add_logging_target(target)
        self._undo.callback(self._tried, device, partial(proxy.remove_logging_target, target))
        before = proxy.get_logging_level()
        wanted = max(before, LEAST) if level is None else level
        if wanted != before:
            proxy.set_logging_level(wanted)
            self._undo.callback(self._tried, device, partial(_put_back, proxy, wanted, before))

    def _tried(self, device: str, action: Any) -> None:
        try:
            action()
        except DevFailed as error:
            self.failures.append(Failure(device, error))

    # ---- receiving

    def _consumer(self, proxy: Any) -> str:
        """The full name of a consumer in this program that the server of a device can reach."""
        address = _address_seen_from(proxy.info().server_host)
        if address not in self._consumers:
            self._consumers[address] = self._serve(address)
        return self._consumers[address]

    def _serve(self, address: str) -> str:
        from server_core.devices.log_consumer import LogConsumer
        from server_core.server.process import DeviceServer
        from server_core.server.sockets import unix_socket_path

        arrivals = self._arrivals

        class Receiver(LogConsumer):
            def on_message(self, message: LogMessage) -> None:
                arrivals.put(_row(message))

        number = next(_count)
        name = f"tangoterm/log/{os.getpid()}-{number}"
        server = DeviceServer(
            [Receiver],
            "tangoterm",
            "log",
            store=None,
            devices={Receiver.__name__: [name]},
            bind=address,
            unix_path=unix_socket_path(f"tangoterm/log{number}"),
        )
        server.start()
        self._undo.callback(server.stop)
        port = server.endpoints.partition(",")[0].rpartition(":")[2]
        return f"tango://{address}:{port}/{name}#dbase=no"


def _put_back(proxy: Any, wanted: int, before: int) -> None:
    if proxy.get_logging_level() == wanted:
        proxy.set_logging_level(before)


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
