"""Commands with their forms, the same on many devices, the card of a device that is down, pipes and locks."""

from __future__ import annotations

from driver import Driver, Picture

from pictures.servers import define, take_away
from tangoterm.console.servers import Servers
from tangoterm.console.session import Session

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


def _unlock(session: Session) -> None:
    session.device("sys/tg_test/1").unlock(force=True)


async def card(driver: Driver) -> None:
    """A device that runs."""
    await driver.find(TEST, wait=2)
    await driver.press("1", wait=4)


async def card_down(driver: Driver) -> None:
    """A device whose server does not run."""
    await driver.app.store.port.perform(define)
    await driver.app.store.port.perform(_run_for_a_moment)
    await driver.press("r", wait=1)
    await driver.find("sr/rga/1", wait=2)
    await driver.press("1", wait=5)


def _run_for_a_moment(session: Session) -> None:
    servers = Servers(session)
    record = servers.record("GasAnalyser/ring")
    servers.launch(record)(20)
    servers.stop(record, 20)


PICTURES: tuple[Picture, ...] = (
    Picture("form", (100, 30), form),
    Picture("many", (100, 30), many),
    Picture("pipes", (110, 24), pipes, finish=_unlock),
    Picture("card", (120, 36), card),
    Picture("card-down", (110, 28), card_down, finish=take_away),
)
