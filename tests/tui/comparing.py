"""Screens compared with what they should look like as text. `UPDATE_GOLDEN=1` writes the texts anew."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).with_name("golden")
Varying = tuple[re.Pattern[str], str]
"""What differs from run to run, and the word in its place."""


async def compare(
    view: str, size: tuple[int, int], pilot: Any, screen_text: Callable[[Any], str], *varying: Varying
) -> None:
    """Wait until the screen looks as it should; writing anew, wait until it has come to rest."""
    golden = GOLDEN / f"{view}-{size[0]}x{size[1]}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        await pilot.pause(2)
        golden.write_text(_masked(screen_text(pilot.app), varying))
    wanted = golden.read_text()
    deadline = time.monotonic() + 4
    while _masked(screen_text(pilot.app), varying) != wanted and time.monotonic() < deadline:
        await pilot.pause(0.05)
    assert _masked(screen_text(pilot.app), varying) == wanted, view


def _masked(text: str, varying: tuple[Varying, ...]) -> str:
    for pattern, word in varying:
        text = pattern.sub(word, text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
