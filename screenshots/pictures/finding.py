"""Finding and browsing."""

from __future__ import annotations

from driver import Driver, Picture

from tangoterm.console.lists import ListsFile


async def bar(driver: Driver) -> None:
    """The `:` bar with what a few letters may mean."""
    await driver.find("quad-1")
    await driver.press("colon", wait=1)
    await driver.type("mag/cur")
    await driver.press(wait=1)


async def found_in_tree(driver: Driver) -> None:
    """The field above the tree: letters in order, where no word fits."""
    await driver.find("rga-1")
    await driver.press("ctrl+f")
    await driver.type("dip/volt")
    await driver.press(wait=1)


async def line(driver: Driver) -> None:
    """A line of the console with its result."""
    await driver.find("tg_test/1")
    await driver.press("colon")
    await driver.type("find cur !history --limit 8")
    await driver.press("enter", wait=2)


async def browse(driver: Driver) -> None:
    """Bookmarks above the tree; servers with the states of their devices."""
    file = ListsFile()
    for target in ("sr/magnet/quad-1/current", "sr/vacuum/rga-1"):
        file.add_bookmark(target)
    driver.app.store.lists_changed()
    await driver.find("quad-1")
    await driver.press("escape", "t", "t")
    await driver.press("home", "down", "down", "down", "h", wait=1)
    await driver.press("down", "h", "down", "h", "down", "h", wait=2)


PICTURES = [
    Picture("find-bar", (110, 30), bar),
    Picture("find-tree", (110, 30), found_in_tree),
    Picture("find-line", (110, 30), line),
    Picture("browse", (110, 30), browse),
]
