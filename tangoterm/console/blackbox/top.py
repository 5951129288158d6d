"""Who asks most, and for what: requests of blackboxes counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from tangoterm.console.blackbox.entry import BlackBoxEntry
from tangoterm.console.blackbox.trace import span

GROUPS: dict[str, Callable[[BlackBoxEntry], Sequence[str]]] = {
    "client": lambda entry: (entry.sender,),
    "operation": lambda entry: (entry.operation,),
    "member": lambda entry: entry.members,
    "device": lambda entry: (entry.device,),
}
"""What requests are counted by. One that concerns several attributes counts for each of them."""


class Count(NamedTuple):
    """How often something occurs: `hertz` over the time that all requests cover, None when that is none."""

    name: str
    number: int
    share: float
    hertz: float | None
    last: datetime | None


def top(entries: Iterable[BlackBoxEntry], by: str) -> list[Count]:
    """The requests counted by one of GROUPS, the most frequent first."""
    entries = [entry for entry in entries if entry.time is not None and not entry.is_gap]
    covered = span(entries)
    seconds = covered.total_seconds() if covered else 0.0
    counts: Counter[str] = Counter()
    last: dict[str, datetime] = {}
    for entry in entries:
        for name in GROUPS[by](entry):
            counts[name] += 1
            if entry.time is not None:
                last[name] = max(entry.time, last.get(name, entry.time))
    return [
        Count(name, count, count / len(entries), count / seconds if seconds else None, last.get(name))
        for name, count in counts.most_common()
    ]
