"""The servers of this process, for clients in it that call devices from within a device.

The thread that executes a request holds the monitor of its device. Sent over a connection, a call to another device of
the server would be executed by another thread, which would wait for that monitor should the call come back: for ever,
since each waits for the other. Such a call is executed in the calling thread instead, where monitors are re-entrant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from server_core.protocol.operations import Request


class OwnServer(Protocol):
    """A server that the process is."""

    def within(self) -> bool:
        """Whether the calling thread executes a request of the server."""

    def call_own(self, request: Request) -> Any:
        """The result of a request, executed in the calling thread; raises DevFailed."""


servers: dict[str, OwnServer] = {}
"""By the text of their endpoints: of all together, as the database has it, and of each."""
