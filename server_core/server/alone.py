"""That a server runs once in its control system.

Source: LIFE-5, LIFE-16, LIFE-17.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server_core.database.store import DeviceRecord
from server_core.server.neighbours import answers_as
from server_core.server.sockets import runtime_directory
from server_core.transport.errors import CallTimeout
from server_core.transport.tls import ClientTls


class StartRefused(Exception):
    """The server must not start: not defined in the database, or running already (LIFE-16, LIFE-17)."""


def check_alone(server: str, admin: DeviceRecord | None, tls: ClientTls | None) -> None:
    """Refuse to start a server that runs already, as the record of its admin device says and a call to it shows."""
    if admin is None or not admin.exported:
        return
    try:
        running = answers_as(admin.name, admin.ior, admin.host, tls)
    except CallTimeout as failure:
        raise StartRefused(
            f"The device server {server} is running on {admin.host} (pid {admin.pid}) and does not answer; "
            "it seems to be blocked. Exiting!"
        ) from failure
    if running:
        raise StartRefused(f"This server is already running, exiting!\n{server} runs on {admin.host} (pid {admin.pid})")


@contextmanager
def starting_alone(server: str, database: str) -> Iterator[None]:
    """While this user starts `server` of a database, no second start of it on this machine: StartRefused.

    Until the admin device is exported, at the end of a start, the database does not tell that the server runs.
    """
    key = hashlib.sha256(f"{server.lower()}@{database}".encode()).hexdigest()[:16]
    path = runtime_directory() / f"{key}.starting"
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        if not _locked(descriptor, path):
            raise StartRefused(
                f"This server is already running, exiting!\n{server} is being started by another process"
            )
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, path: Path) -> bool:
    """Whether the lock is ours, of a file that its former owner has not just removed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
