"""Commands with their forms, the same on many devices, the card of a device that is down, pipes and locks."""

from __future__ import annotations

from driver import Driver, Picture

TEST = "tg_test"


async def form(driver: Driver) -> None:
    """Numbers and strings, read while one types."""
    await driver.find(TEST, wait=2)
    await driver.press("3", wait=1)
    await driver.choose("DevVarLongStringArray")
    await driver.press("enter")
    await driver.type("1, 0xa")
    await driver.press("tab")
    await driver.type('A "B C" D')
    await driver.pilot.pause(0.5)


async def many(driver: Driver) -> None:
    """The same command on all power supplies."""
    await driver.find("quad-1", wait=2)
    await driver.press("3", wait=1)
    await driver.choose("Status")
    await driver.press("m", wait=1)
    await driver.press("enter", wait=2)


async def pipes(driver: Driver) -> None:
    """A blob as a tree, on a device that is locked."""
    await driver.find(TEST, wait=3)
    await driver.press("L")
    await driver.press("enter", wait=2)
    await driver.press("9", wait=2)


async def card(driver: Driver) -> None:
    """A device that runs."""
    await driver.find(TEST, wait=2)
    await driver.press("1", wait=4)


async def card_down(driver: Driver) -> None:
    """A device whose server does not run."""
    await driver.app.store.port.perform(_stop)
    await driver.find("rga-1", wait=2)
    await driver.press("1", wait=5)


def _stop(session: object) -> None:
    from tangoterm.console.servers.control import Servers
    from tangoterm.console.session import Session

    assert isinstance(session, Session)
    record = session.catalogue.find("lab/vacuum/rga-1") or next(
        each for each in session.refresh().records if each.name.endswith("rga-1")
    )
    servers = Servers(session)
    servers.stop(servers.record(record.server), 20)


PICTURES: tuple[Picture, ...] = (
    Picture("form", (100, 30), form),
    Picture("many", (100, 30), many),
    Picture("pipes", (110, 24), pipes),
    Picture("card", (120, 36), card),
    Picture("card-down", (110, 28), card_down),
)
