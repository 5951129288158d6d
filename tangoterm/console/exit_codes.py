"""What a program tells with its exit code."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from server_core.model.errors import DevFailed, Reason
from tangoterm.console.result import Failure


class Exit(IntEnum):
    """Exit codes of commands."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    WOULD_CHANGE = 3
    TIMED_OUT = 4
    INTERRUPTED = 130


MEANINGS = {
    Exit.DONE: "done",
    Exit.FAILED: "Tango refused it, or part of it",
    Exit.USAGE: "the command line, a value or a setting is wrong; nothing was sent",
    Exit.WOULD_CHANGE: "a dry run that would have changed something",
    Exit.TIMED_OUT: "no answer in time, or `wait` waited in vain",
    Exit.INTERRUPTED: "interrupted",
}
"""What each code says."""

IN_VAIN = "CONSOLE_WaitedInVain"
"""The reason of the error with which `wait` ends when time runs out."""

TIME_OUTS = frozenset({Reason.API_DeviceTimedOut, Reason.API_CommandTimedOut, IN_VAIN})
"""The reasons of errors that say that an answer did not come in time."""


def exit_of(failures: Iterable[Failure]) -> Exit:
    """The code for what has failed: TIMED_OUT when that was for want of time alone."""
    errors = [failure.error for failure in failures]
    if not errors:
        return Exit.DONE
    return Exit.TIMED_OUT if all(map(_timed_out, errors)) else Exit.FAILED


def _timed_out(error: DevFailed) -> bool:
    return any(entry.reason in TIME_OUTS for entry in error.errors)
