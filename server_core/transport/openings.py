"""Which devices this process opens as a client, for a server in the same process that wants to know (ADM-25).

The client says it, a server listens; neither knows the other.
"""

from __future__ import annotations

from collections.abc import Callable

listeners: list[Callable[[str], None]] = []
"""Called with the name of the device, in the thread and inside the code that opens it."""


def opened(device: str) -> None:
    """A client of this process has opened `device`."""
    for listener in tuple(listeners):
        listener(device)
