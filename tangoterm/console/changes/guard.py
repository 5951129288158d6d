"""The one door through which changes go: read-only refuses, a dry run only notes, a question may decline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from server_core.model.errors import DevFailed, NotAllowed, Reason
from tangoterm.console.changes.change import Change, Danger, Entry

T = TypeVar("T")


class Declined(Exception):
    """The person does not want the change."""


class Changes:
    """The changes of one session.

    `confirm` is asked before a dangerous change and before every one in production; `record` gets each change that was
    made or tried. In a dry run changes are collected in `planned` and not made.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        self.read_only = False
        self.dry_run = False
        self.production = False
        self.planned: list[Change] = []
        self.confirm: Callable[[Change], bool] = lambda change: True
        self.record: Callable[[Entry], None] = lambda entry: None

    def make(self, change: Change, do: Callable[[], T]) -> T | None:
        """Make a change and give what `do` gives; None in a dry run, where it is only noted.

        Raises NotAllowed `API_ReadOnlyMode` in a read-only session, Declined when the person says no, and what `do`
        raises; a failed change is recorded too.
        """
        if not self.admit(change):
            return None
        began = time.time()
        try:
            answer = do()
        except DevFailed as failure:
            self.made(change, began, failure)
            raise
        self.made(change, began)
        return answer

    def admit(self, change: Change) -> bool:
        """Whether the change is to be made now; raises as `make` does."""
        if self.read_only:
            raise NotAllowed.of(
                Reason.API_ReadOnlyMode, f"this session is read-only: {change.line} was not done", "Changes.admit"
            )
        if self.dry_run:
            self.planned.append(change)
            return False
        if (change.danger is not Danger.NONE or self.production) and not self.confirm(change):
            raise Declined(f"{change.line} was not done")
        return True

    def made(self, change: Change, began: float, failure: DevFailed | None = None) -> None:
        """Record a change that was admitted and then made outside `make`; `began` in seconds since 1970."""
        error = failure.desc if failure is not None else ""
        self.record(Entry(began, self.host, change, time.time() - began, error))
