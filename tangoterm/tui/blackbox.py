"""Telling blackbox entries apart: those that are new, and those that are of no news."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tangoterm.console.blackbox import BlackBoxEntry


def unseen(lines: Iterable[str], known: list[str]) -> list[str]:
    """The lines, newest first, that came after those of `known` (newest first too)."""
    lines = list(lines)
    if not known:
        return lines
    for start in range(len(lines)):
        overlap = lines[start:]
        if overlap == known[: len(overlap)]:
            return lines[:start]
    return lines


def is_routine(entry: BlackBoxEntry) -> bool:
    """Whether a blackbox entry is of no news: the device's own polling, what a subscription leaves behind (the server
    asks for its admin device), or this console looking (its reads, and the reading of the blackbox itself)."""
    if entry.by_polling or entry.operation in ("blackbox", "adm_name"):
        return True
    return entry.operation.startswith("read_attributes") and entry.process == str(os.getpid())
