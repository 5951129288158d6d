"""The port on the real client, with a real server beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core.database.sqlite import SqliteStore
from server_core.devices import find_class
from server_core.model.enums import DevState
from server_core.model.errors import DevFailed
from server_core.model.types import CmdArgType
from server_core.server.process import DeviceServer
from tangoterm.tui.app import TangoTerm
from tangoterm.tui.live import LiveSystem

DEVICE = "sys/tg_test/1"


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A TangoTest of its own, in a database of its own."""
    monkeypatch.setenv("TANGOTERM_DATABASE", str(tmp_path / "database"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TANGO_HOST", raising=False)
    store = SqliteStore(tmp_path / "database")
    store.add_server("TangoTest/test", [(DEVICE, "TangoTest")])
    path = str(tmp_path / "tg.sock")
    with DeviceServer((find_class("TangoTest"),), "TangoTest", "test", store=store, unix_path=path):
        yield
    store.close()


@pytest.mark.usefixtures("served")
async def test_everything_the_screens_ask_reaches_the_device() -> None:
    system = LiveSystem()
    try:
        names = {entry.name: entry for entry in await system.devices()}
        assert names[DEVICE].exported
        assert system.address.endswith("database")
        interface = await system.interface(DEVICE)
        configs = {config.name: config for config in interface.attributes}
        commands = {info.cmd_name: info for info in interface.commands}
        assert commands["DevDouble"].in_type is CmdArgType.DevDouble
        facts = await system.facts(DEVICE)
        assert facts.info.dev_class == "TangoTest"
        assert await system.call(DEVICE, "DevDouble", CmdArgType.DevDouble, 3.5) == 3.5
        await system.write(DEVICE, configs["ampli"], 4.5)
        state, ampli, broken = await system.read(DEVICE, ("State", "ampli", "throw_exception"))
        assert (state.value, ampli.value) == (DevState.RUNNING, 4.5)
        assert broken.errors[0].reason == "exception test"
        assert 0 < await system.ping(DEVICE) < 1
        assert any("cmd = DevDouble" in line for line in await system.black_box(DEVICE, 20))
    finally:
        await system.close()


@pytest.mark.usefixtures("served")
async def test_polling_begins_brings_events_and_ends() -> None:
    system = LiveSystem()
    try:
        with pytest.raises(DevFailed):
            await system.subscribe(DEVICE, "short_scalar_ro", lambda reading: None)
        await system.set_polling(DEVICE, "State", False, 50)
        arrived: asyncio.Queue[Any] = asyncio.Queue()
        subscription = await system.subscribe(DEVICE, "State", arrived.put_nowait)
        assert (await asyncio.wait_for(arrived.get(), 3)).value is DevState.RUNNING
        await system.call(DEVICE, "SwitchStates", CmdArgType.DevVoid, None)
        assert (await asyncio.wait_for(arrived.get(), 3)).value is DevState.FAULT
        await system.unsubscribe(subscription)
        assert any("attribute name = State" in block for block in await system.polling_status(DEVICE))
        await system.set_polling(DEVICE, "State", False, 0)
        assert not await system.polling_status(DEVICE)
    finally:
        await system.close()


@pytest.mark.usefixtures("served")
async def test_the_screen_shows_a_real_device_live(
    until: Callable[..., Any], screen_text: Callable[[Any], str]
) -> None:
    app = TangoTerm(LiveSystem(), DEVICE)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.store.device and app.store.device.state is DevState.RUNNING)
        await until(pilot, lambda: "double_scalar" in screen_text(app) and "RUNNING" in screen_text(app))
        watched = app.store.device.attributes["double_scalar"]
        before = watched.updates
        await until(pilot, lambda: watched.updates > before)


@pytest.mark.usefixtures("served")
async def test_a_configuration_is_edited_in_place_and_set(
    until: Callable[..., Any], screen_text: Callable[[Any], str]
) -> None:
    app = TangoTerm(LiveSystem(), DEVICE)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.store.device and app.store.device.state is DevState.RUNNING)
        await until(pilot, lambda: app.screen.pane and app.screen.pane.grid.rows)
        app.screen.pane.go_to("double_scalar")
        await pilot.press("c", "down", "down", "enter", *"mA", "enter")
        await until(pilot, lambda: "attr sys/tg_test/1/double_scalar unit=mA" in screen_text(app))
        await pilot.press(*["down"] * 4, "enter", *"x1", "enter")
        await until(pilot, lambda: "min_value: 'x1' is no number" in screen_text(app))
        await pilot.press("escape", "s")
        config = app.store.device.attributes["double_scalar"]
        await until(pilot, lambda: config.config.unit == "mA" and "Configuration" not in screen_text(app))
