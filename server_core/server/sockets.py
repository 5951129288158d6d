"""Where the Unix socket of a server lies, and what else this user's servers keep while they run."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final

LONGEST: Final = 100
"""Characters of a path that every system accepts for a socket."""


def runtime_directory() -> Path:
    """A directory that only this user can enter; made when missing."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    parent = Path(runtime) if runtime and Path(runtime).is_dir() else Path(tempfile.gettempdir())
    directory = parent / ("tangoterm" if runtime and parent == Path(runtime) else f"tangoterm-{os.getuid()}")
    directory.mkdir(mode=0o700, exist_ok=True)
    if directory.stat().st_uid != os.getuid():
        raise PermissionError(f"{directory} belongs to another user; sockets must lie in a directory of one's own")
    return directory


def unix_socket_path(server: str) -> str:
    """A path for the socket of `server/instance` in the user's directory."""
    directory = runtime_directory()
    _sweep(directory)
    path = directory / f"{server.replace('/', '-')}-{os.getpid()}.sock"
    if len(str(path)) > LONGEST:
        digest = hashlib.sha256(server.encode()).hexdigest()[:16]
        path = directory / f"{digest}-{os.getpid()}.sock"
    return str(path)


def _sweep(directory: Path) -> None:
    """Remove the sockets of servers that were killed before they could."""
    for path in directory.glob("*.sock"):
        pid = path.stem.rpartition("-")[2]
        if pid.isdecimal() and not _lives(int(pid)):
            path.unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it lives, as another user's
        return True
    return True
