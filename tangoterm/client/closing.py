"""The end of a program's connections."""

from __future__ import annotations

from tangoterm.client.locks import release_locks
from tangoterm.client.system import close_systems
from tangoterm.client.threads import thread_runner


def close_connections() -> None:
    """Close the connections to all servers and databases that blocking calls have opened, with their subscriptions;
    give back the locks of this process before.

    Proxies stay usable: their next call connects again.
    """
    release_locks()
    thread_runner().close()
    close_systems()
