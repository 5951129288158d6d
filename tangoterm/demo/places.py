"""Names that the demo and its child processes agree on."""

from __future__ import annotations

from pathlib import Path

DATABASE = "database"
"""The role of the child that serves the database; the other roles are names of servers."""


PORTS = (*range(10100, 10110), 0)
"""Where the database of a demo listens: on the first of these ports that is free. 10000 is for real ones."""


def database_file(directory: Path) -> Path:
    """The database of a demo."""
    return directory / "database.sqlite"


def log_file(directory: Path, role: str) -> Path:
    """What a child writes on its standard error."""
    return directory / f"{_file_name(role)}.log"


def socket_file(directory: Path, role: str) -> Path:
    """The Unix socket of a child."""
    return directory / f"{_file_name(role)}.sock"


def _file_name(role: str) -> str:
    return role.replace("/", "-")
