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


async def watch(driver: Driver) -> None:
    """Attributes of several devices in one table, two of them in one plot."""
    page = (
        "sr/magnet/quad-1/current sr/magnet/dipole/current sr/vacuum/rga-1/total_pressure sys/tg_test/1/double_scalar"
    )
    driver.app.screen.open_page("watch", page)
    await driver.press(wait=3)
    await driver.press("space", "down", "space", wait=6)


PICTURES = (
    Picture("watch", (120, 40), watch),
    Picture("since", (120, 40), since),
    Picture("attribute-detail", (120, 40), detail),
    Picture("heat-map", (120, 40), heat_map),
    Picture("configuration", (120, 40), configuration),
)
"""The pictures of this subject."""
