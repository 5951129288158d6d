"""The answer of the admin command DevPollStatus, taken apart into fields (POLL-60..POLL-64)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from server_core.model.errors import DevError

_AGE = re.compile(r"(?:(\d+) MN)?(?: ?,?(\d+) S)?(?: ?(?:and )?(\d+) mS)?")


@dataclass(slots=True)
class PollStatus:
    """One polled attribute or command.

    `period` is in ms, 0 for externally triggered; `depth` the size of the ring buffer; `needed` the ms that the last
    try took, None when it is not told; `group` the objects read together with this one; `age` the seconds since the
    last update; `deltas` the ms between the last records, newest first; `error` what the last try failed with; `text`
    all of it as the server words it.
    """

    name: str
    is_command: bool
    period: int = 0
    depth: int = 0
    empty: bool = False
    filled: bool = False
    needed: float | None = None
    group: tuple[str, ...] = ()
    age: float | None = None
    deltas: tuple[int, ...] = ()
    error: DevError | None = None
    text: str = ""

    @property
    def kind(self) -> str:
        """`attribute` or `command`, the words of the polling commands."""
        return "command" if self.is_command else "attribute"

    @property
    def interval(self) -> float | None:
        """The mean of the last intervals in ms."""
        return sum(self.deltas) / len(self.deltas) if self.deltas else None

    @property
    def jitter(self) -> int | None:
        """How far the last intervals are apart, in ms: the longest less the shortest."""
        return max(self.deltas) - min(self.deltas) if len(self.deltas) > 1 else None

    @property
    def drift(self) -> float | None:
        """By which part of the period the last intervals were longer than it on average; negative when shorter."""
        return None if self.interval is None or not self.period else self.interval / self.period - 1

    @property
    def duty(self) -> float | None:
        """The part of its period that the last try took."""
        return None if self.needed is None or not self.period else self.needed / self.period


SHARED = ("state", "status")
"""Polled as attributes, whatever they are named as (POLL-3)."""

_FIELDS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], dict[str, Any]]], ...] = (
    (re.compile(r"Polling period \(mS\) = (\d+)"), lambda m: {"period": int(m[1])}),
    (re.compile(r"Polling externally triggered"), lambda m: {"period": 0}),
    (re.compile(r"Polling ring buffer depth = (\d+)"), lambda m: {"depth": int(m[1])}),
    (re.compile(r"No data recorded yet"), lambda m: {"empty": True}),
    (re.compile(r"The polling buffer is externally filled in"), lambda m: {"filled": True}),
    (
        re.compile(r"Time needed for the last \w+ (?:\((.*)\) )?(?:reading|execution) ?\(m[sS]\) = ([\d.]+)"),
        lambda m: {"group": tuple(m[1].split(" + ")) if m[1] else (), "needed": float(m[2])},
    ),
    (re.compile(r"Data not updated since (.+)"), lambda m: {"age": _seconds(m[1])}),
    (
        re.compile(r"Delta between last records \(in mS\) = (.+)"),
        lambda m: {"deltas": tuple(int(part) for part in m[1].split(","))},
    ),
)
_HEAD = re.compile(r"Polled (attribute|command) name = (.+)")
_FAILED = re.compile(r"Last .+ FAILED :")
_ERROR = re.compile(r"\tReason = (.*)\n\tDesc = (.*)\n\tOrigin = (.*)", re.DOTALL)


def parse_poll_status(blocks: Iterable[str]) -> list[PollStatus]:
    """Every block of the answer in order; ValueError, naming the text, for a block without the heading of POLL-61."""
    return [_parse_block(block) for block in blocks]


def each_once(statuses: Iterable[PollStatus]) -> list[PollStatus]:
    """Each object once: of the two answers that servers give for a polled State or Status (POLL-63) the attribute's."""
    statuses = list(statuses)
    attributes = {status.name.lower() for status in statuses if not status.is_command}
    twins = attributes & set(SHARED)
    return [status for status in statuses if not (status.is_command and status.name.lower() in twins)]


def _parse_block(block: str) -> PollStatus:
    head = _HEAD.match(block)
    if head is None:
        raise ValueError(f"{block[:60]!r} does not begin a polling status (Polled attribute name = ...)")
    status = PollStatus(head[2], head[1] == "command", text=block)
    failed = _FAILED.search(block)
    body = block[: failed.start()] if failed else block
    for line in body.splitlines()[1:]:
        _read_line(status, line)
    if failed:
        error = _ERROR.search(block, failed.end())
        status.error = DevError(error[1], error[2], error[3]) if error else DevError("", block[failed.end() :].strip())
    return status


def _read_line(status: PollStatus, line: str) -> None:
    for pattern, read in _FIELDS:
        found = pattern.fullmatch(line)
        if found is not None:
            for name, value in read(found).items():
                setattr(status, name, value)
            return


def _seconds(text: str) -> float | None:
    """`4 S and 270 mS` in seconds (POLL-62); None for anything else."""
    found = _AGE.fullmatch(text.strip())
    if found is None or not any(found.groups()):
        return None
    minutes, seconds, milliseconds = (int(part or 0) for part in found.groups())
    return minutes * 60 + seconds + milliseconds / 1000
