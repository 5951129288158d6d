"""Attributes: details, plots, the editor of configurations, what has changed since."""

from __future__ import annotations

from driver import Driver, Picture


async def since(driver: Driver) -> None:
    """What has changed since `f` was pressed, while a power supply ramps between its limits."""
    await driver.find("quad-1")
    await driver.choose("current", wait=3)
    await driver.press("f")
    await driver.submit("165", wait=7)


async def detail(driver: Driver) -> None:
    """One attribute on the whole screen: limits and set point in the plot, configuration and polling buffer beside."""
    await driver.find("quad-1")
    await driver.choose("current", wait=9)
    await driver.press("d", "left", "left", wait=1)


async def heat_map(driver: Driver) -> None:
    """The beam spot, zoomed in around the cursor."""
    await driver.find("screen-1")
    await driver.choose("image", wait=3)
    await driver.press("d", "left", "plus", "plus", "left", "left", "shift+up", wait=1)


async def configuration(driver: Driver) -> None:
    """The editor of a configuration, with the difference before it is set."""
    await driver.find("quad-1")
    await driver.choose("current")
    await driver.press("c", "down", "down", "enter", "end", "ctrl+u")
    await driver.type("mA")
    await driver.press("enter", *["down"] * 6, "enter", "end", "ctrl+u")
    await driver.type("150")
    await driver.press("enter", "down", "c", wait=0.5)


PICTURES = (
    Picture("since", (120, 40), since),
    Picture("attribute-detail", (120, 40), detail),
    Picture("heat-map", (120, 40), heat_map),
    Picture("configuration", (120, 40), configuration),
    Picture("heat-map-light", (120, 40), heat_map, "tangoterm-light"),
)
"""The pictures of this subject."""
