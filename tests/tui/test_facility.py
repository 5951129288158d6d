"""The screens on a facility of others: PyDatabaseds, a C++ TangoTest, a PyTango server."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from textual.pilot import Pilot

from server_core.model.enums import DevState
from server_core.transport.zmq.offer import Place, Wanted
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.live import LiveSystem
from tests.peers.fixtures import Facility

CPP = "sys/tg_test/1"
PY = "test/pytango/1"


class Person:
    """Somebody at the terminal."""

    def __init__(self, app: TangoTerm, pilot: Pilot[Any], see: Callable[[Any], str], until: Callable[..., Any]) -> None:
        self.app, self.pilot = app, pilot
        self._see, self.waits = see, until

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        await self.press(*({" ": "space", "_": "underscore", ".": "full_stop"}.get(char, char) for char in text))

    async def sees(self, *words: str) -> None:
        """Wait until all the words stand on the screen."""
        try:
            await self.waits(self.pilot, lambda: all(word in self._see(self.app) for word in words), 20)
        except AssertionError:
            raise AssertionError(f"{words} are not all in\n{self._see(self.app)}") from None

    async def opens(self, words: str) -> None:
        """Find a device by typing, and open it."""
        await self.press("ctrl+f")
        await self.type(words)
        await self.press("enter")

    async def goes_to(self, name: str) -> None:
        """Choose a row by filtering, and show all rows again."""
        await self.press("slash")
        await self.type(name)
        await self.press("enter", "escape")

    async def submits(self, text: str) -> None:
        """Put a value into the form that Enter opens."""
        await self.press("enter", "end", "ctrl+u")
        await self.type(text)
        await self.press("enter")


@pytest.fixture(params=[(120, 40), (80, 24)], ids=["120x40", "80x24"])
async def person(
    request: pytest.FixtureRequest,
    facility: Facility,
    until: Callable[..., Any],
    screen_text: Callable[[Any], str],
) -> AsyncIterator[Person]:
    app = TangoTerm(LiveSystem(facility.database.host))
    async with app.run_test(size=request.param) as pilot:
        yield Person(app, pilot, screen_text, until)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Something that lets requests through, but no events."""
    with socket.create_server(("127.0.0.1", 0)) as hole:
        endpoint = f"tcp://127.0.0.1:{hole.getsockname()[1]}"
        offered = Wanted.offer
        monkeypatch.setattr(
            Wanted, "offer", lambda *given: offered(*given)._replace(places=(Place(endpoint, endpoint),))
        )
        yield


@pytest.mark.usefixtures("wall")
@pytest.mark.parametrize("person", [(120, 40)], indirect=True)
async def test_behind_a_wall_that_lets_no_events_through_values_are_read(person: Person) -> None:
    await person.sees("tg_test", "pytango")
    await person.opens("pytango 1")
    await person.sees(PY, "ON")
    watched = person.app.store.device.attributes["polled"]
    seen = watched.updates
    await person.waits(person.pilot, lambda: watched.updates > seen + 2, 10)
    assert not watched.by_event


async def test_a_tour_of_a_facility(person: Person, facility: Facility) -> None:
    await person.sees(facility.database.host, "tg_test", "pytango")

    await person.opens("tg_test")
    await person.sees(f"{CPP}", "RUNNING", "double_scalar")
    await person.goes_to("double_spectrum_ro")
    await person.sees("double_spectrum_ro  [", "(256)", "255")
    await person.press("3")
    await person.goes_to("DevDouble")
    await person.submits("3.5")
    await person.sees("DevDouble(3.50)")
    await person.press("5")
    await person.sees("command_inout_4", "DevDouble")

    await person.opens("pytango 1")
    await person.sees(PY, "ON")
    await person.press("2")
    await person.goes_to("double_scalar")
    await person.submits("7.25")
    await person.sees("double_scalar  7.25")
    assert facility.database.client(f"tango.DeviceProxy({PY!r}).read_attribute('double_scalar').w_value") == 7.25
    watched = person.app.store.device.attributes["double_scalar"]
    await person.waits(person.pilot, lambda: watched.by_event, 10)
    facility.database.client(f"tango.DeviceProxy({PY!r}).Push(['change', 'double_scalar', '8.5'])")
    await person.sees("double_scalar  8.50")
    await person.goes_to("failing")
    await person.sees("AllTypes_Read: failing cannot be read")
    await person.press("4")
    await person.sees("polled", "100 ms", "good", "2 objects polled")
    await person.press("3")
    await person.goes_to("FailInDepth")
    await person.press("enter", "enter")
    await person.sees("AllTypes_First")
    await person.press("escape", "1")
    await person.sees("AllTypes/pytango", "idl", "6")
    assert person.app.store.device.state is DevState.ON
