"""The text of a function while it is written, for the encoders and decoders that are made of the IDL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


class Source:
    """The code of one function. `names` holds what it may refer to, under names of its own."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.lines: list[str] = []
        self.indent = "        "
        self.names = dict(names)
        self.count = 0

    def emit(self, line: str) -> None:
        """Write a line."""
        self.lines.append(self.indent + line)

    def name(self) -> str:
        """A variable that is used nowhere else."""
        self.count += 1
        return f"v{self.count}"

    def compiled(self, parameters: str, end: Iterable[str], purpose: str) -> Callable[..., Any]:
        """The function: within `try`, the lines written; then those of `end`."""
        source = "\n".join([f"def code({parameters}):", "    try:", *self.lines, *end])
        exec(compile(source, f"<{purpose}>", "exec"), self.names)
        made: Callable[..., Any] = self.names["code"]
        return made
