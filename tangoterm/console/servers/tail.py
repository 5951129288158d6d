"""The output of a server as it grows: the file of one that was started on this machine, else what its Starter reads."""

from __future__ import annotations

from tangoterm.console.servers.control import ServerRecord, Servers


class Tail:
    """Follows what a server prints; a server that is started anew begins a new text, which is followed then."""

    def __init__(self, servers: Servers, server: ServerRecord) -> None:
        self._servers = servers
        self._server = server
        self._known = ""

    def read(self) -> list[str]:
        """The lines that are new since the last call, all at the first; DevFailed when nothing can be read."""
        text = self._servers.output(self._server)
        complete = text[: text.rfind("\n") + 1]
        new = complete[len(self._known) :] if complete.startswith(self._known) else complete
        self._known = complete
        return new.splitlines()
