"""The end of a program's connections."""

from __future__ import annotations

from tangoterm.client.system import close_systems
from tangoterm.client.threads import thread_runner


def close_connections() -> None:
    """Close the connections to all servers and databases that blocking calls have opened, with their subscriptions.

    Proxies stay usable: their next call connects again.
    """
    thread_runner().close()
    close_systems()
