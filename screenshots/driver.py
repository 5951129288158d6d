"""What types at the TUI and takes its picture."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import resvg_py
from textual.pilot import Pilot

from tangoterm.console.session import Session
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.themes import DARK

FONT = "DejaVu Sans Mono"


class Driver:
    """Types at the TUI and takes the picture."""

    def __init__(self, app: TangoTerm, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str, wait: float = 0.2) -> None:
        """Press keys, one after the other."""
        await self.pilot.press(*keys)
        await self.pilot.pause(wait)

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.press(*(_KEYS.get(char, char) for char in text))

    async def find(self, device: str, wait: float = 1.5) -> None:
        """Open a device as a person does: by finding it."""
        await self.press("ctrl+f")
        await self.type(device)
        await self.press("enter", wait=wait)

    async def choose(self, name: str, wait: float = 0.2) -> None:
        """Go to a row of the list as a person does: by filtering it, and then show all rows again."""
        await self.press("slash")
        await self.type(name)
        await self.press("enter", "escape", wait=wait)

    async def submit(self, text: str, wait: float = 0.5) -> None:
        """Write a value into the form that Enter opens, in place of what stands there."""
        await self.press("enter", "end", "ctrl+u")
        await self.type(text)
        await self.press("enter", wait=wait)

    def save(self, path: Path) -> None:
        """Write the picture as PNG."""
        svg = self.app.export_screenshot(title="tangoterm").replace("Fira Code", FONT)
        path.write_bytes(bytes(resvg_py.svg_to_bytes(svg_string=svg)))


_KEYS = {" ": "space"}


Drive = Callable[[Driver], Awaitable[None]]


class Picture(NamedTuple):
    """One picture: its name, the size of the terminal, the way to it, the theme, and what puts the demo in order."""

    name: str
    size: tuple[int, int]
    drive: Drive
    theme: str = DARK.name
    finish: Callable[[Session], None] | None = None
