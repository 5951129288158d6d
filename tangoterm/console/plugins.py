"""What the user has bound to a key of the full screen: a line of the console, or a program."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

VARIABLES = {
    "DEVICE": "the open device",
    "ATTRIBUTE": "the attribute under the cursor",
    "COMMAND": "the command under the cursor",
    "SERVER": "the server of the device",
    "CLASS": "its class",
    "TANGO_HOST": "the control system",
}
"""What may stand in a plugin's line as `$NAME`."""

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_KNOWN = {"key", "label", "run", "shell", "dangerous"}


class Plugin(NamedTuple):
    """One of them: `run` is a line of the console, `shell` a line for the shell; one of the two is empty.

    A `dangerous` one is asked about, and not run at all where nothing may be changed.
    """

    key: str
    label: str
    run: str = ""
    shell: str = ""
    dangerous: bool = False

    @property
    def wants(self) -> set[str]:
        """The variables in its line."""
        return {braced or plain for braced, plain in _VARIABLE.findall(self.run or self.shell)}

    def line(self, values: Mapping[str, str]) -> str:
        """Its line with the values of its variables. Raises KeyError for one that has none now."""
        return _VARIABLE.sub(lambda found: values[found[1] or found[2]], self.run or self.shell)


def plugin_of(table: Mapping[str, Any]) -> Plugin:
    """The plugin that a `[[plugin]]` table of the settings describes; raises ValueError naming the rule."""
    for name in table.keys() - _KNOWN:
        raise ValueError(f"{name} is no part of a plugin ({', '.join(sorted(_KNOWN))})")
    if not all(isinstance(table.get(name), str) and table[name] for name in ("key", "label")):
        raise ValueError('a plugin has a key and a label: key = "ctrl+t", label = "Reset"')
    if len(table.keys() & {"run", "shell"}) != 1:
        raise ValueError('a plugin has either a line of the console, run = "...", or one of the shell, shell = "..."')
    plugin = Plugin(**table)
    for name in plugin.wants - VARIABLES.keys():
        raise ValueError(f"${name} is none of {', '.join('$' + each for each in VARIABLES)}")
    return plugin
