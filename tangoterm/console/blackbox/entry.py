"""The lines of a device's blackbox, taken apart into columns (BBX-10, BBX-13)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

_LINE = re.compile(
    r"(\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d):(\d\d):(\d\d) : (Operation|Attribute) (\w+) "
    r"(?:\((.*)\) )?(?:from (device|cache|cache_device) )?requested (?:from|during) (.+?)"
    r"(?: \((CPP/Python|Java) client with (?:PID|main class) (.+)\))?"
)

GAP = "gap"
"""The kind of what stands in a list where requests were lost."""


class BlackBoxEntry(NamedTuple):
    """One request that a device received.

    `time` is None, and all but `line` empty, for a line of another form. `operation` is the name as the line has it
    (`read_attributes_5`, `state`), `detail` what stood in parentheses (attribute names, `cmd = Name`), `source` is
    `device`, `cache`, `cache_device` or empty, `client` the host (or `polling`, ...), `process` the pid or main class.
    `device` is the device. The kind GAP stands where requests were lost between two looks.
    """

    line: str
    time: datetime | None = None
    kind: str = ""
    operation: str = ""
    detail: str = ""
    source: str = ""
    client: str = ""
    language: str = ""
    process: str = ""
    device: str = ""

    @property
    def objects(self) -> str:
        """The attributes, command or pipe concerned, without the word before them."""
        return self.detail.removeprefix("cmd = ")

    @property
    def members(self) -> tuple[str, ...]:
        """Each attribute, command or pipe concerned once, in lower case."""
        return tuple(dict.fromkeys(name for name in re.split(r"[,/\s]+", self.objects.lower()) if name))

    @property
    def is_gap(self) -> bool:
        """Whether this stands for requests that were lost."""
        return self.kind == GAP

    @property
    def sender(self) -> str:
        """Who asked: the host with the pid or main class behind it where the client told it."""
        return f"{self.client} {self.process}".strip()

    @property
    def by_polling(self) -> bool:
        """Whether the device's own polling made the request."""
        return self.client == "polling"


def parse_blackbox_line(line: str, device: str = "") -> BlackBoxEntry:
    """`line` of `device` in columns; a line of another form keeps its text in `line` alone."""
    found = _LINE.fullmatch(line.strip())
    if found is None:
        return BlackBoxEntry(line, device=device)
    day, month, year, hour, minute, second, hundredths, *rest = found.groups(default="")
    try:
        time = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), int(hundredths) * 10_000)
    except ValueError:
        return BlackBoxEntry(line, device=device)
    return BlackBoxEntry(line, time, *rest)._replace(device=device)


def parse_blackbox(lines: Iterable[str], device: str = "") -> list[BlackBoxEntry]:
    """All lines, newest first as the device answers them."""
    return [parse_blackbox_line(line, device) for line in lines]
