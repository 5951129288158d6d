"""Where servers put their Unix sockets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from server_core.server.sockets import LONGEST, unix_socket_path


def test_the_directory_is_the_users_alone() -> None:
    path = Path(unix_socket_path("TangoTest/one"))
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.name == f"TangoTest-one-{os.getpid()}.sock"


def test_long_names_still_fit_into_a_socket_address() -> None:
    assert len(unix_socket_path("x" * 80 + "/" + "y" * 80)) <= LONGEST


def test_sockets_of_killed_servers_are_swept_and_those_of_living_ones_stay() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    mine = Path(unix_socket_path("TangoTest/mine"))
    mine.touch()
    dead = mine.parent / f"TangoTest-dead-{ended.pid}.sock"
    dead.touch()
    unix_socket_path("TangoTest/next")
    assert mine.exists()
    assert not dead.exists()
