"""Which requests of a blackbox one wants to see."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from server_core.model.names import wildcard
from tangoterm.console.blackbox.entry import BlackBoxEntry
from tangoterm.console.hosts import is_this_host


def is_own(entry: BlackBoxEntry) -> bool:
    """Whether this process made the request. Looks at a blackbox name no process: one from this host counts."""
    if entry.operation == "blackbox":
        return is_this_host(entry.client)
    return entry.process == str(os.getpid()) and entry.language != "Java" and is_this_host(entry.client)


def is_routine(entry: BlackBoxEntry) -> bool:
    """Whether a request is of no news: the device's own polling, somebody's look at the blackbox, what a subscription
    leaves behind (the server asks for its admin device), or what this process read."""
    if entry.by_polling or entry.operation in ("blackbox", "adm_name"):
        return True
    return entry.operation.startswith("read_attributes") and is_own(entry)


@dataclass(frozen=True, slots=True)
class Selection:
    """What is to be seen: with or without what polling and routine leave, and the own requests of this process.

    `client` is part of a host name, or a pid, or both with a blank between; `operation` part of the name of the
    operation. Both may be patterns with `*`, which have to match the whole. Gaps are always seen.
    """

    polling: bool = True
    routine: bool = True
    own: bool = True
    client: str = ""
    operation: str = ""

    def admits(self, entry: BlackBoxEntry) -> bool:
        """Whether the request is to be seen."""
        if entry.is_gap:
            return True
        if (not self.polling and entry.by_polling) or (not self.routine and is_routine(entry)):
            return False
        if not self.own and is_own(entry):
            return False
        return self._is_client(entry) and (not self.operation or _suits(self.operation, entry.operation))

    def of(self, entries: Iterable[BlackBoxEntry]) -> list[BlackBoxEntry]:
        """Those that are to be seen."""
        return [entry for entry in entries if self.admits(entry)]

    def _is_client(self, entry: BlackBoxEntry) -> bool:
        if not self.client:
            return True
        if self.client.isdecimal():
            return entry.process == self.client
        return _suits(self.client, entry.sender)


def _suits(wanted: str, text: str) -> bool:
    """Whether `text` matches the pattern, or holds the words."""
    if "*" in wanted:
        return wildcard(wanted).match(text) is not None
    return wanted.lower() in text.lower()
