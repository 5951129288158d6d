"""The servers of this process, for clients in it that call devices from within a device.

The thread that executes a request holds the monitor of its device. Sent over a connection, a call to another device of
the server would be executed by another thread, which would wait for that monitor should the call come back: for ever,
since each waits for the other. Such a call is executed in the calling thread instead, where monitors are re-entrant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from server_core.protocol.operations import Request


class OwnServer(Protocol):
    """A server that the process is."""

    def within(self) -> bool:
        """Whether the calling thread executes a request of the server."""

    def call_own(self, request: Request) -> Any:
        """The result of a request, executed in the calling thread; raises DevFailed."""


servers: dict[str, OwnServer] = {}
"""By the text of their endpoints: of all together, as object references have it, and of each."""


def call(endpoints: str, request: Request) -> Any:
    """The result of a request to the server at `endpoints`. Arrays are copied on both ways, as a connection would do:
    what the caller or the device makes of its own changes nothing for the other. Raises DevFailed."""
    return _copied(servers[endpoints].call_own(cast("Request", _copied(request))))


def _copied(value: Any) -> Any:
    if isinstance(value, memoryview):
        return memoryview(value.tobytes()).cast(value.format) if value.nbytes else value  # type: ignore[call-overload]
    if isinstance(value, tuple):
        parts = [_copied(part) for part in value]
        return value._make(parts) if hasattr(value, "_make") else tuple(parts)
    return value
