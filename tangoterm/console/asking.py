"""The question before a change, for a person at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence

from tangoterm.console.changes import Change, Danger, Declined, preview
from tangoterm.console.format import printable
from tangoterm.console.settings import PRODUCTION

MOST = 12
"""Changes that are shown one by one."""

Read = Callable[[str], str]
"""Shows a text and gives the line that the person types."""


class Question:
    """Asks for changes of the control system `host` with the tag `tag`.

    With `yes` everything is agreed to. `read` is None where there is no terminal: what is not dangerous is done then,
    as a script wants it; dangerous changes, and all in production, want `--yes`.
    """

    def __init__(self, host: str, tag: str = "", *, yes: bool = False, read: Read | None = None) -> None:
        self.host, self.tag, self.yes, self.read = host, tag, yes, read

    def __call__(self, changes: Sequence[Change], danger: Danger) -> bool:
        """Whether the person agrees; Declined when nobody can be asked and somebody has to be."""
        if self.yes:
            return True
        if self.read is None:
            if danger is Danger.TYPE or self.tag == PRODUCTION:
                raise Declined(f"{changes[0].line}: not done without a question; say --yes", unasked=True)
            return True
        text = "\n".join(map(printable, self.lines(changes)))
        wanted = word_to_type(changes)
        if danger is Danger.TYPE:
            return self.read(f"{text}\nType {printable(wanted)} to do it: ").strip() == wanted
        return self.read(f"{text}\nDo it? [y/N] ").strip().lower() in ("y", "yes")

    def lines(self, changes: Sequence[Change]) -> Iterator[str]:
        """What is asked about: where, what, and what else happens."""
        if self.tag:
            yield f"in {self.host} ({self.tag.upper()}):"
        for change in changes[:MOST]:
            yield from preview(change)
        if len(changes) > MOST:
            yield f"... and {len(changes) - MOST} more"
        yield from dict.fromkeys(f"  ! {change.warning}" for change in changes if change.warning)


def word_to_type(changes: Sequence[Change]) -> str:
    """What has to be typed to agree to dangerous changes: the name of the one, or the number of several."""
    return changes[0].subject if len(changes) == 1 else str(len(changes))


def terminal_reader() -> Read | None:
    """Reads from the person at this program's terminal; None without one."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    return _read


def _read(text: str) -> str:
    sys.stderr.write(text)
    sys.stderr.flush()
    return sys.stdin.readline()
