"""The tabs of a device."""

from __future__ import annotations

from driver import Driver, Picture

from tangoterm.tui.themes import LIGHT


async def attributes(driver: Driver) -> None:
    """A power supply in the middle of a ramp to the current that was just written."""
    await driver.find("quad-1")
    await driver.choose("current", wait=14)
    await driver.submit("92.5", wait=14)
    await driver.submit("165", wait=5.5)


async def overview(driver: Driver) -> None:
    """What matters of a residual gas analyser on one page, while air leaks into its vessel."""
    await driver.find("rga-2")
    await driver.press("3")
    await driver.choose("SimulateLeak")
    await driver.press("enter", "tab")
    await driver.submit("60")
    await driver.press("tab", "enter", wait=0.5)  # it is asked about
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


PICTURES = (
    Picture("attributes", (120, 40), attributes),
    Picture("overview", (120, 40), overview),
    Picture("commands", (120, 40), commands),
    Picture("filter", (120, 40), filtered),
    Picture("small", (80, 24), image),
    Picture("large", (200, 50), spectrum),
    Picture("light", (120, 40), spectrum, LIGHT.name),
)
"""The pictures of this subject."""
