"""Fills this directory with pictures of the TUI, taken from the running demo.

    python screenshots/make.py [NAME ...]

Needs the `dev` extra and the font DejaVu Sans Mono. Each picture is kept as SVG and as PNG.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import resvg_py
from textual.pilot import Pilot

from tangoterm.demo import Demo
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.live import LiveSystem
from tangoterm.tui.theme import DARK, LIGHT

HERE = Path(__file__).parent
FONT = "DejaVu Sans Mono"

Drive = Callable[["Driver"], Awaitable[None]]


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

    def save(self, name: str) -> None:
        """Write the picture as SVG and as PNG."""
        svg = self.app.export_screenshot(title="tangoterm").replace("Fira Code", FONT)
        (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")
        (HERE / f"{name}.png").write_bytes(bytes(resvg_py.svg_to_bytes(svg_string=svg)))


_KEYS = {" ": "space"}


class Picture(NamedTuple):
    """One picture: its name, the size of the terminal, the way to it, and the theme."""

    name: str
    size: tuple[int, int]
    drive: Drive
    theme: str = DARK.name


async def attributes(driver: Driver) -> None:
    """A power supply in the middle of a ramp to the current that was just written."""
    await driver.find("quad-1")
    await driver.choose("current", wait=14)
    await driver.submit("165", wait=5.5)


async def overview(driver: Driver) -> None:
    """What matters of a residual gas analyser on one page, while air leaks into its vessel."""
    await driver.find("rga-2")
    await driver.press("3")
    await driver.choose("SimulateLeak")
    await driver.press("enter", "tab")
    await driver.submit("60")
    await driver.press("1", wait=16)


async def image(driver: Driver) -> None:
    """The beam spot on the camera."""
    await driver.find("screen-1")
    await driver.choose("image", wait=3)


async def spectrum(driver: Driver) -> None:
    """A scan of the residual gas."""
    await driver.find("rga-1", wait=8)
    await driver.choose("spectrum", wait=3)


async def calls(driver: Driver) -> None:
    """Commands executed and an attribute written."""
    await driver.find("tg_test/1")
    await driver.choose("ampli")
    await driver.submit("4.2")
    await driver.press("3")
    for command, argument in _CALLS:
        await driver.choose(command)
        await driver.submit(argument)


_CALLS = (
    ("DevDouble", "3.5"),
    ("DevString", "hello tango"),
    ("DevVarDoubleArray", "[1.5, -2, 1e3]"),
    ("DevVarLongStringArray", '[1, 2, 3] ["a", "b"]'),
)


async def commands(driver: Driver) -> None:
    """A command with its typed argument, wrong so far, and what earlier ones gave."""
    await calls(driver)
    await driver.choose("DevVarLongArray")
    await driver.press("enter")
    await driver.type("[1, 2, x]")


async def filtered(driver: Driver) -> None:
    """The way to one of 62 attributes."""
    await driver.find("tg_test/1", wait=6)
    await driver.press("slash")
    await driver.type("double !image")
    await driver.pilot.pause(3)


async def polling(driver: Driver) -> None:
    """How polling goes."""
    await driver.find("dipole")
    await driver.press("4", wait=3)


async def blackbox(driver: Driver) -> None:
    """Who asked what of the device."""
    await calls(driver)
    await driver.press("5", wait=1.5)


PICTURES = (
    Picture("attributes", (120, 40), attributes),
    Picture("overview", (120, 40), overview),
    Picture("image", (120, 40), image),
    Picture("spectrum", (120, 40), spectrum),
    Picture("commands", (120, 40), commands),
    Picture("filter", (120, 40), filtered),
    Picture("polling", (120, 40), polling),
    Picture("blackbox", (120, 40), blackbox),
    Picture("small", (80, 24), image),
    Picture("large", (200, 50), spectrum),
    Picture("light", (120, 40), spectrum, LIGHT.name),
)


async def take(picture: Picture, host: str) -> None:
    """Take one picture of the control system at `host`."""
    app = TangoTerm(LiveSystem(host), None)
    async with app.run_test(size=picture.size, notifications=True) as pilot:
        app.theme = picture.theme
        await pilot.pause(1.5)
        driver = Driver(app, pilot)
        await picture.drive(driver)
        driver.save(picture.name)


def main() -> None:
    """Take the pictures named on the command line, or all of them."""
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    wanted = sys.argv[1:] or [picture.name for picture in PICTURES]
    with Demo() as demo:
        for picture in PICTURES:
            if picture.name in wanted:
                asyncio.run(take(picture, demo.host))
                print(f"{picture.name}.svg, {picture.name}.png")


if __name__ == "__main__":
    main()
