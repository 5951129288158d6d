"""The polling and the blackboxes of many devices."""

from __future__ import annotations

from driver import Driver, Picture


async def polling_page(driver: Driver) -> None:
    """The polling of everything in the storage ring."""
    await driver.press("colon")
    await driver.type("polling sr/*")
    await driver.press("enter", wait=6)


async def blackbox_page(driver: Driver) -> None:
    """Who asked several devices for what, polling left out."""
    await driver.press("colon")
    await driver.type("blackbox sr/diag/* sys/tg_test/*")
    await driver.press("enter", wait=8)


async def blackbox_top(driver: Driver) -> None:
    """The clients that ask most."""
    await blackbox_page(driver)
    await driver.press("h", "t", wait=2)


PICTURES = (
    Picture("polling-page", (120, 40), polling_page),
    Picture("blackbox-page", (120, 40), blackbox_page),
    Picture("blackbox-top", (120, 30), blackbox_top),
)
