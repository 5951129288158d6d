"""Events, logs and properties."""

from __future__ import annotations

from driver import Driver, Picture

from tangoterm.console.session import Session

TEST = "sys/tg_test/1"
QUAD = "sr/magnet/quad-1"


async def events(driver: Driver) -> None:
    """Events of several devices, one attribute that sends none."""
    driver.app.screen.open_page(
        "events",
        f"{QUAD}/current sr/magnet/dipole/current sr/magnet/*/State sr/vacuum/rga-1/total_pressure {TEST}/ampli",
    )
    await driver.press(wait=8)


async def logs(driver: Driver) -> None:
    """What power supplies log while one of them is switched."""
    driver.app.screen.open_page("logs", "sys/tg_test/1 class:PowerSupply")
    await driver.press(wait=3)
    await driver.app.store.port.perform(_talk)
    await driver.press(wait=2)


def _talk(session: Session) -> None:
    for device, command in ((QUAD, "Off"), (QUAD, "On"), (TEST, "Init")):
        session.device(device).command_inout(command)


async def properties(driver: Driver) -> None:
    """What the database keeps, with an element on each line below."""
    await driver.app.store.port.perform(_describe)
    await driver.find(TEST)
    await driver.press("6", wait=2)
    await driver.choose("Limits")


async def history(driver: Driver) -> None:
    """What a property was before."""
    await properties(driver)
    await driver.press("h", wait=1)


def _describe(session: Session) -> None:
    proxy = session.device(TEST)
    for values in (["1", "2.5"], ["1", "2.5", "10"], ["0.5", "2.5", "10"]):
        proxy.put_property({"Limits": values, "Location": ["hall 2", "rack 7"]})


def _forget(session: Session) -> None:
    session.device(TEST).delete_property({"Limits": [], "Location": []})


PICTURES = (
    Picture("events", (120, 32), events),
    Picture("logs", (120, 24), logs),
    Picture("properties", (110, 28), properties, finish=_forget),
    Picture("property-history", (110, 28), history, finish=_forget),
)
