"""What every test gets: a home of its own, no control system of the user's, and a check that it leaves nothing behind."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every file that the programs keep for their user lies in a directory of this test, for its child processes too."""
    home = tmp_path_factory.mktemp("home")
    for variable in ("TANGO_HOST", "SUPER_TANGO", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    for variable in [name for name in os.environ if name.startswith("TANGOTERM_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", str(home))
    for variable in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(home / variable.lower()))
    (home / "xdg_runtime_dir").mkdir(mode=0o700)
    monkeypatch.setenv("TANGOTERM_DATABASE", str(home / "database.sqlite3"))
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    return home


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """A test that starts threads ends them."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and not _pooled(thread)]
    for thread in left:
        thread.join(2.0)
    assert not [thread for thread in left if thread.is_alive()]


def _pooled(thread: threading.Thread) -> bool:
    """Threads of an asyncio default executor end with their loop's interpreter, not with a test."""
    return thread.name.startswith("asyncio_")
