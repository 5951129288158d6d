"""The host board: servers by level, their order, their output."""

from __future__ import annotations

from contextlib import suppress

from driver import Driver, Picture

from server_core.model.errors import DevFailed
from tangoterm.console.servers import Servers
from tangoterm.console.servers.definitions import Definitions, NewDevice
from tangoterm.console.session import Session

LAB = {
    "PowerSupply/ring": (1, ["sr/ps/1", "sr/ps/2", "sr/ps/3"]),
    "GasAnalyser/ring": (2, ["sr/rga/1", "sr/rga/2"]),
    "Camera/hall": (2, ["hall/camera/1"]),
    "TangoTest/bench": (3, ["bench/tg_test/1"]),
}


def define(session: Session) -> None:
    """Define servers with levels."""
    definitions = Definitions(session)
    for server, (level, devices) in LAB.items():
        dev_class = server.partition("/")[0]
        definitions.create_server(server, [NewDevice(dev_class, device) for device in devices])
        definitions.set_level(definitions.servers.record(server), level)


def take_away(session: Session) -> None:
    """Stop them and take them out of the database."""
    servers = Servers(session)
    for server in LAB:
        with suppress(DevFailed):  # it was not started for every picture
            servers.stop(servers.record(server), 10, kill=True)
        session.store.delete_server(server)
        session.store.delete_server_info(server)


async def _open(driver: Driver) -> None:
    await driver.app.store.port.perform(define)
    driver.app.screen.action_page("servers")
    await driver.pilot.pause(3)


async def servers(driver: Driver) -> None:
    """All hosts and their servers, those with a level just started."""
    await _open(driver)
    await driver.press("S", "enter", wait=4)
    await driver.press("escape", wait=3)
    await driver.press("G", wait=1)


async def plan(driver: Driver) -> None:
    """Level by level, in the middle of it."""
    await _open(driver)
    await driver.press("S", "right", "enter", wait=1.7)


async def output(driver: Driver) -> None:
    """What a server prints."""
    await _open(driver)
    await driver.choose("PowerSupply/ring")
    await driver.press("s", wait=3)
    await driver.press("l", wait=1)


PICTURES: tuple[Picture, ...] = (
    Picture("servers", (120, 32), servers, finish=take_away),
    Picture("servers-plan", (120, 32), plan, finish=take_away),
    Picture("servers-output", (100, 24), output, finish=take_away),
)
