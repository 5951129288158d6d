"""How targets are named: `type::name`.

Source: LOG-3, LOG-4, LOG-5, LOG-31, LOG-35.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from server_core.model.errors import DevFailed, Reason

CONSOLE: Final = "console"
FILE: Final = "file"
DEVICE: Final = "device"
TYPES: Final = (CONSOLE, FILE, DEVICE)

EVERY: Final = "*"
"""The name that stands for all targets of a type, to remove them (LOG-34)."""


class TargetName(NamedTuple):
    """A target as text names it; the type in lower case, the name as written."""

    type: str
    name: str

    @classmethod
    def parse(cls, text: str) -> TargetName:
        """The parts of `type::name` or `type`; any text has them."""
        kind, _, name = text.partition("::")
        return cls(kind.lower(), name)

    def __str__(self) -> str:
        return f"{self.type}::{self.name}"

    @property
    def key(self) -> str:
        """What two names of the same target have in common: they compare in any case (LOG-3)."""
        return str(self).lower()

    def resolved(self, logger: str, directory: Path) -> TargetName:
        """The target that this name means for `logger`, whose files lie in `directory` (LOG-4).

        Raises DevFailed `API_MethodArgument` for `device` without a name.
        """
        if self.type == CONSOLE:
            return self._replace(name="cout")
        if self.type == FILE:
            name = self.name or f"{logger.lower().replace('/', '_')}.log"
            return self._replace(name=name if "/" in name else str(directory / name))
        if not self.name:
            raise DevFailed.of(
                Reason.API_MethodArgument, "Device target name must be specified (no default value)", "TargetName"
            )
        return self._replace(name=self.name.lower())
