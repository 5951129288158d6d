"""The one door through which changes go: read-only refuses, a dry run only notes, a question may decline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple, TypeVar

from server_core.model.errors import DevFailed, NotAllowed, Reason
from tangoterm.console.changes.change import Change, Danger, Entry
from tangoterm.console.changes.journal import Journal

T = TypeVar("T")


class _Told(NamedTuple):
    """What a line says of its own changes."""

    yes: bool = False
    dry_run: bool = False


_NOTHING_TOLD = _Told()
_told: ContextVar[_Told] = ContextVar("told", default=_NOTHING_TOLD)


class Declined(Exception):
    """The person does not want the change, or nobody could be asked; `unasked` says which."""

    def __init__(self, text: str, *, unasked: bool = False) -> None:
        super().__init__(text)
        self.unasked = unasked


Confirm = Callable[[Sequence[Change], Danger], bool]
"""Asks for changes that are made together: yes or no, or to type a name. Raises Declined when nobody can be asked."""


class Changes:
    """The changes of one session.

    `confirm` is asked before dangerous changes and before all in production, where each counts as a step more
    dangerous; `record` gets every change that was made or tried. In a dry run changes are collected in `planned` and
    not made. `face` is where the session is used: cli, repl, tui; `tag` what the settings call the control system;
    `journal` where changes are kept, None where they are not.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        self.face = ""
        self.read_only = False
        self._dry_run = False
        self.production = False
        self.tag = ""
        self.journal: Journal | None = None
        self.planned: list[Change] = []
        self.confirm: Confirm = lambda changes, danger: True
        self.record: Callable[[Entry], None] = lambda entry: None
        self._agreed: set[Change] = set()
        self._gathering = threading.local()

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

    def ask(self, changes: Sequence[Change]) -> None:
        """Ask once for changes that are then made one by one, all with this question; raises as `make` does."""
        for change in changes[:1]:
            self._check_read_only(change)
        if not changes or self.dry_run:
            return
        danger = max((self.danger_of(change) for change in changes), key=list(Danger).index)
        if danger is not Danger.NONE and not _told.get().yes and not self.confirm(changes, danger):
            raise Declined("not done" if len(changes) > 1 else f"{changes[0].line}: not done")
        self._agreed.update(changes)

    def admit(self, change: Change) -> bool:
        """Whether the change is to be made now; raises as `make` does.

        It may wait for a person: not for an event loop.
        """
        self._check_read_only(change)
        if self.dry_run:
            self.planned.append(change)
            return False
        if change not in self._agreed:
            self.ask([change])
        self._agreed.discard(change)
        return True

    def made(self, change: Change, began: float, failure: DevFailed | None = None) -> None:
        """Record a change that was admitted and then made outside `make`; `began` in seconds since 1970."""
        error = f"{failure.reason}: {failure.desc}" if failure is not None else ""
        entry = Entry(began, self.host, change, time.time() - began, error, self.face)
        gathered: list[Entry] | None = getattr(self._gathering, "entries", None)
        if gathered is None:
            self.record(entry)
        else:
            gathered.append(entry)

    def danger_of(self, change: Change) -> Danger:
        """How much a person is asked before a change here."""
        return change.danger.raised if self.production else change.danger

    @contextmanager
    def told(self, *, yes: bool = False, dry_run: bool = False) -> Iterator[None]:
        """While it lasts, agree to everything, or change nothing: for what is done in this context, not for what else
        goes on in the session."""
        before = _told.set(_Told(yes, dry_run))
        try:
            yield
        finally:
            _told.reset(before)

    @property
    def dry_run(self) -> bool:
        """Whether changes are only noted."""
        return self._dry_run or _told.get().dry_run

    @dry_run.setter
    def dry_run(self, dry_run: bool) -> None:
        self._dry_run = dry_run

    @contextmanager
    def as_one(self, subject: str) -> Iterator[None]:
        """Record the changes that this thread makes meanwhile as one, which is undone as one."""
        entries: list[Entry] = []
        self._gathering.entries = entries
        try:
            yield
        finally:
            self._gathering.entries = None
            if entries:
                self.record(_merged(subject, entries))

    def _check_read_only(self, change: Change) -> None:
        if self.read_only:
            raise NotAllowed.of(
                Reason.API_ReadOnlyMode, f"this session is read-only: {change.line} was not done", "Changes.admit"
            )


def _merged(subject: str, entries: Sequence[Entry]) -> Entry:
    """Entries as one; what failed has nothing to take back."""
    first, *more = entries
    if not more:
        return first
    changes = [entry.change for entry in entries]
    made = [entry.change for entry in entries if not entry.error]
    whole = Change(
        subject,
        "\n".join(change.line for change in changes),
        "\n".join(change.before for change in changes if change.before),
        "\n".join(change.after for change in changes if change.after),
        tuple(line for change in reversed(made) for line in change.undo),
    )
    error = next((entry.error for entry in entries if entry.error), "")
    return Entry(first.time, first.host, whole, sum(entry.seconds for entry in entries), error, first.face)
