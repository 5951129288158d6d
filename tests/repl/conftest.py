"""A TangoTest device on the test's own database, served from the test's process, and a conversation with it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from server_core.database.sqlite import SqliteStore
from server_core.devices.tango_test import TangoTest
from server_core.server.process import DeviceServer
from tangoterm.console.session import Session
from tangoterm.console.settings import Settings
from tangoterm.console.terminal import Terminal
from tangoterm.repl.interpreter import Interpreter


@pytest.fixture
def device(private_home: Path) -> Iterator[str]:
    store = SqliteStore(private_home / "database.sqlite3")
    store.add_device("TangoTest/repl", "sys/tg_test/1", "TangoTest")
    server = DeviceServer([TangoTest], "TangoTest", "repl", store=store)
    server.start()
    yield "sys/tg_test/1"
    server.stop()
    store.close()


class Talk:
    """An interpreter and what it has said."""

    def __init__(self, *, interactive: bool) -> None:
        self.out = io.StringIO()
        self.err = io.StringIO()
        terminal = Terminal(Settings(), self.out, self.err)
        self.interpreter = Interpreter(Session(), terminal, interactive=interactive)

    def say(self, line: str) -> tuple[bool, str, str]:
        """Run a line: whether it was done, and what came on the two streams."""
        for stream in (self.out, self.err):
            stream.seek(0)
            stream.truncate()
        done = self.interpreter.execute(line)
        return done, self.out.getvalue(), self.err.getvalue()


@pytest.fixture
def talk(device: str) -> Iterator[Talk]:
    talk = Talk(interactive=True)
    yield talk
    talk.interpreter.close()
