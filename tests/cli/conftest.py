"""A TangoTest device on the test's own database, served from the test's process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server_core.database.sqlite import SqliteStore
from server_core.devices.tango_test import TangoTest
from server_core.server.process import DeviceServer


@pytest.fixture
def device(private_home: Path) -> Iterator[str]:
    store = SqliteStore(private_home / "database.sqlite3")
    store.add_device("TangoTest/shells", "sys/tg_test/1", "TangoTest")
    server = DeviceServer([TangoTest], "TangoTest", "shells", store=store)
    server.start()
    yield "sys/tg_test/1"
    server.stop()
    store.close()
