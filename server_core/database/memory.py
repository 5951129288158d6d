"""The store of a server without database: it lives in memory and ends with the process (PROP-31)."""

from __future__ import annotations

from server_core.database.engine import Engine
from server_core.database.sqlite import SqlStore


class MemoryStore(SqlStore):
    """A store that nobody else sees. Threads use it in turn."""

    def __init__(self) -> None:
        super().__init__(Engine(None))
