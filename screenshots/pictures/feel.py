"""Keys, help, letters to jump by, themes."""

from __future__ import annotations

from driver import Driver, Picture

from pictures.device import overview
from tangoterm.tui.themes import COLOUR_BLIND, SIXTEEN


async def jump(driver: Driver) -> None:
    """Letters over all places."""
    await driver.find("quad-1", wait=3)
    await driver.press("apostrophe", wait=0.5)


async def keys(driver: Driver) -> None:
    """The keys that are of use where one is."""
    await driver.find("quad-1", wait=2)
    await driver.press("question_mark", wait=0.5)


PICTURES = (
    Picture("jump", (110, 30), jump),
    Picture("keys", (110, 34), keys),
    Picture("colour-blind", (110, 30), overview, COLOUR_BLIND.name),
    Picture("sixteen", (110, 30), jump, SIXTEEN.name),
)
