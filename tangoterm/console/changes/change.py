"""One change: in words, as the command line that makes it, and as those that take it back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Danger(Enum):
    """How much a person is asked before a change."""

    NONE = "none"
    ASK = "ask"  # yes or no
    TYPE = "type"  # the name of what is changed has to be typed


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


@dataclass(frozen=True, slots=True)
class Entry:
    """A change that was made or tried: when (seconds since 1970), in which control system, and how it went.

    `error` is empty for a change that was made.
    """

    time: float
    host: str
    change: Change
    seconds: float = 0.0
    error: str = ""
