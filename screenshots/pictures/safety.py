"""Changes that are asked about, the journal, errors with what helps."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from driver import Driver, Picture

from tangoterm.console.changes.journal import Journal
from tangoterm.console.session import Session

TEST = "sys/tg_test/1"


def _in_use(session: Session) -> None:
    session.changes.tag = "production"
    session.changes.production = True


def _remember(file: Path, session: Session) -> None:
    session.changes.journal = Journal(file)
    session.changes.record = session.changes.journal.record


async def question(driver: Driver) -> None:
    """In a control system that is in use every change asks."""
    await driver.app.store.port.perform(_in_use)
    await driver.find(TEST)
    await driver.choose("ampli")
    await driver.submit("4.2")


async def journal(driver: Driver) -> None:
    """What was changed."""
    with TemporaryDirectory() as directory:
        await driver.app.store.port.perform(partial(_remember, Path(directory) / "journal"))
        await _changes(driver)


async def _changes(driver: Driver) -> None:
    await driver.find(TEST)
    for attribute, value in (("ampli", "4.2"), ("long_scalar", "17"), ("string_scalar", "ready")):
        await driver.choose(attribute)
        await driver.submit(value)
    await driver.find("quad-1")
    await driver.choose("current")
    await driver.submit("92.5")
    driver.app.screen.action_page("journal")
    await driver.press(wait=1)


async def failure(driver: Driver) -> None:
    """A write that the lock of another program refuses."""
    await driver.find(TEST)
    locking = ["-m", "tangoterm", "--host", driver.app.store.address, "lock", TEST]
    other = await asyncio.create_subprocess_exec(
        sys.executable, *locking, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    await driver.press(wait=3)
    await driver.choose("ampli")
    await driver.submit("4.2", wait=2)
    other.terminate()
    await other.wait()


PICTURES = (
    Picture("question", (100, 28), question),
    Picture("journal", (120, 24), journal),
    Picture("failure", (100, 28), failure),
)
