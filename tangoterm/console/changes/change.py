"""One change: in words, as the command line that makes it, and as those that take it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Danger(Enum):
    """How much a person is asked before a change."""

    NONE = "none"
    ASK = "ask"  # yes or no
    TYPE = "type"  # the name of what is changed has to be typed

    @property
    def raised(self) -> Danger:
        """One step more."""
        return Danger.ASK if self is Danger.NONE else Danger.TYPE


@dataclass(frozen=True, slots=True)
class Change:
    """What a command is about to do.

    `subject` is what changes (a device, an attribute, a server); `line` the command of the table that makes the change,
    and `undo` those that take it back, in order: none when nothing can. `before` and `after` are for people. `warning`
    says what else happens, for the question.
    """

    subject: str
    line: str
    before: str = ""
    after: str = ""
    undo: tuple[str, ...] = ()
    danger: Danger = Danger.NONE
    warning: str = ""

    @property
    def text(self) -> str:
        """`subject: before → after`, as far as they are known, else the line."""
        if self.before and self.after:
            return f"{self.subject}: {self.before} → {self.after}"
        return f"{self.subject}: {self.after or self.line}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A change that was made or tried: when (seconds since 1970), in which control system, and how it went.

    `error` is empty for a change that was made. `face` says from where: cli, repl, tui.
    """

    time: float
    host: str
    change: Change
    seconds: float = 0.0
    error: str = ""
    face: str = ""

    @property
    def outcome(self) -> str:
        """`done`, or the error."""
        return self.error or "done"


def preview(change: Change) -> Iterator[str]:
    """A change for people, with signs as in the comparison of two texts: what is there now, and what will be."""
    yield change.subject
    for sign, text in (("-", change.before), ("+", change.after or change.line)):
        for part in filter(None, text.split("\n")):
            yield f"  {sign} {part}"
