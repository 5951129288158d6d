"""What is observed of a device and a system, without a screen."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from server_core.model.enums import DevState
from server_core.model.errors import DevFailed
from tangoterm.tui import observed
from tangoterm.tui import store as store_module
from tangoterm.tui.observed import DeviceWatch, View
from tangoterm.tui.store import SystemStore

DEVICE = "sys/tg_test/1"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observed, "PERIOD", 0.01)
    monkeypatch.setattr(store_module, "CATALOGUE_PERIOD", 0.01)
    monkeypatch.setattr(store_module, "STATE_PERIOD", 0.01)


@pytest.fixture
async def running() -> Any:
    """Runs coroutines beside the test and ends them with it."""
    tasks: list[asyncio.Task[None]] = []

    def start(coroutine: Any) -> asyncio.Task[None]:
        tasks.append(asyncio.create_task(coroutine))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(3):
        while not holds():  # noqa: ASYNC110 (what is waited for has no event of its own)
            await asyncio.sleep(0.005)


async def test_values_state_and_history_of_a_device_are_kept_fresh(system: Any, running: Any) -> None:
    watch = DeviceWatch(system, DEVICE)
    running(watch.run())
    await _until(lambda: watch.loaded and len(watch.attributes["double_scalar"].history) >= 3)
    assert watch.state is DevState.RUNNING
    assert watch.status == "The device is in RUNNING state."
    assert list(watch.attributes)[-2:] == ["state", "status"]
    times = [point.time for point in watch.attributes["double_scalar"].history]
    assert times == sorted(set(times))


async def test_an_attribute_that_sends_events_is_not_read(system: Any, running: Any) -> None:
    watch = DeviceWatch(system, DEVICE)
    running(watch.run())
    await _until(lambda: watch.loaded and watch.attributes["pressure"].by_event)
    before = watch.attributes["pressure"].updates
    system.reads.clear()
    await _until(lambda: len(system.reads) > 3)
    assert not any("pressure" in names for _, names in system.reads)
    system.push(DEVICE, "pressure")
    assert watch.attributes["pressure"].updates == before + 1


async def test_an_event_with_errors_takes_the_place_of_the_value(system: Any, running: Any) -> None:
    watch = DeviceWatch(system, DEVICE)
    running(watch.run())
    await _until(lambda: watch.loaded and watch.attributes["pressure"].by_event)
    receive = system.device(DEVICE).receivers["pressure"]
    receive(DevFailed.of("Gauge_Broken", "no vacuum"))
    assert watch.attributes["pressure"].reading.errors[0].reason == "Gauge_Broken"


async def test_an_attribute_whose_events_get_lost_is_read_until_they_come_again(system: Any, running: Any) -> None:
    watch = DeviceWatch(system, DEVICE)
    running(watch.run())
    await _until(lambda: watch.loaded and watch.attributes["pressure"].by_event)
    receive = system.device(DEVICE).receivers["pressure"]
    receive(DevFailed.of("API_EventTimeout", "Event channel is not responding anymore"))
    assert not watch.attributes["pressure"].reading.errors
    system.reads.clear()
    await _until(lambda: sum("pressure" in names for _, names in system.reads) > 1)
    system.push(DEVICE, "pressure")
    assert not watch.attributes["pressure"].silent


async def test_the_interface_is_asked_once_and_followed_as_it_changes(system: Any, running: Any) -> None:
    watch = DeviceWatch(system, DEVICE)
    running(watch.run())
    await _until(lambda: watch.loaded and len(system.reads) > 3)
    lines = system.device(DEVICE).lines
    assert sum("get_attribute_config" in line for line in lines) == 1
    assert sum("command_list_query" in line for line in lines) == 1
    device = system.device(DEVICE)
    gone = device.models.pop(8)
    device.commands.pop(0)
    await system.interface_changed(DEVICE)
    await _until(lambda: gone.config.name not in watch.attributes and "devboolean" not in watch.commands)
    watch.refresh()
    device.models.insert(8, gone)
    await _until(lambda: gone.config.name in watch.attributes)


async def test_images_are_read_only_while_selected(system: Any, running: Any) -> None:
    watch = DeviceWatch(system, DEVICE)
    running(watch.run())
    await _until(lambda: len(system.reads) > 4)
    assert not any("uchar_image_ro" in names for _, names in system.reads)
    watch.look(selected="uchar_image_ro")
    await _until(lambda: watch.attributes["uchar_image_ro"].reading)
    assert watch.attributes["uchar_image_ro"].reading.dim_x == 96


async def test_out_of_sight_only_state_status_and_the_selected_attribute_are_read(system: Any, running: Any) -> None:
    watch = DeviceWatch(system, DEVICE)
    running(watch.run())
    await _until(lambda: watch.loaded and watch.state is not None)
    watch.look(View.COMMANDS, "double_scalar")
    await asyncio.sleep(0.03)
    system.reads.clear()
    await _until(lambda: len(system.reads) > 3)
    assert {names for _, names in system.reads} == {("double_scalar", "State", "Status")}


async def test_ending_the_observation_ends_its_subscriptions(system: Any, running: Any) -> None:
    watch = DeviceWatch(system, DEVICE)
    task = running(watch.run())
    await _until(lambda: system.device(DEVICE).receivers)
    task.cancel()
    await asyncio.wait((task,))
    assert not system.device(DEVICE).receivers


async def test_a_device_that_does_not_answer_is_tried_again(
    system: Any, running: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = system.device(DEVICE)
    device.failure = DevFailed.of("API_CantConnectToDevice", "Failed to connect")
    watch = DeviceWatch(system, DEVICE)
    running(watch.run())
    await _until(lambda: watch.failure)
    device.failure = None
    await _until(lambda: watch.loaded and watch.failure is None)


async def test_a_call_is_recorded_with_result_duration_or_errors(system: Any) -> None:
    watch = DeviceWatch(system, DEVICE)
    await watch._load()
    good = await watch.call(watch.commands["devdouble"], 3.5)
    bad = await watch.call(watch.commands["fail"], 4)
    assert (good.result, good.errors) == (3.5, ())
    assert good.duration is not None
    assert [error.reason for error in bad.errors] == ["Demo_Refused", "API_CommandFailed"]
    assert list(watch.calls) == [bad, good]


async def test_a_write_is_read_back_at_once(system: Any) -> None:
    watch = DeviceWatch(system, DEVICE)
    await watch._load()
    await watch.write(watch.attributes["ampli"].config, 12.5)
    assert system.device(DEVICE).written == [("ampli", 12.5)]
    assert watch.attributes["ampli"].reading.w_value == 12.5


async def test_polling_can_be_begun_and_its_refusal_is_the_devices(system: Any) -> None:
    watch = DeviceWatch(system, DEVICE)
    await watch._load()
    await watch.set_polling("double_scalar", False, 500)
    assert watch.period_of("DOUBLE_scalar", False) == 500
    assert watch.period_of("double_scalar", True) is None
    with pytest.raises(DevFailed, match="below the smallest"):
        await watch.set_polling("double_scalar", False, 5)


async def test_blackbox_lines_outlive_the_devices_own_buffer(
    system: Any, running: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observed, "ASKED", 5)
    watch = DeviceWatch(system, DEVICE)
    watch.view = View.BLACKBOX
    running(watch.run())
    await _until(lambda: watch.loaded)
    await watch.call(watch.commands["devdouble"], 1.0)
    await _until(lambda: any(entry.objects == "DevDouble" for entry in watch.blackbox.entries()))
    await _until(lambda: len(watch.blackbox.entries()) > 20)
    assert sum(entry.objects == "DevDouble" for entry in watch.blackbox.entries()) == 1


async def test_the_catalogue_follows_the_database(system: Any, running: Any) -> None:
    store = SystemStore(system)
    running(store.run())
    await _until(lambda: store.loaded)
    assert store.counts() == (3, 6, 5)
    assert store.entry("QUAD1").name == "lab/psu/quad-1"
    del system.entries[-1]
    await _until(lambda: len(store.devices) == 7)
    system.failure = DevFailed.of("API_CantConnectToDatabase", "gone")
    await _until(lambda: store.failure)
    assert store.devices, "what was known stays in sight"
    system.failure = None
    await _until(lambda: store.failure is None)


async def test_only_states_of_visible_running_devices_are_asked(system: Any, running: Any) -> None:
    store = SystemStore(system)
    running(store.run())
    await _until(lambda: store.loaded)
    system.device("lab/camera/beam").failure = DevFailed.of("API_CantConnectToDevice", "no")
    store.show(["lab/psu/quad-1", "lab/psu/quad-2", "lab/camera/beam"])
    await _until(lambda: len(store.states) == 2)
    assert store.states == {"lab/psu/quad-1": DevState.RUNNING, "lab/camera/beam": None}


async def test_looks_at_the_store_are_cheap_however_many_events_come(system: Any, running: Any) -> None:
    store = SystemStore(system)
    watch = store.open(DEVICE, View.ATTRIBUTES)
    running(watch.run())
    await _until(lambda: watch.loaded and watch.attributes["pressure"].by_event)
    store.take_changes()
    for _ in range(1000):
        system.push(DEVICE, "pressure")
    assert watch.attributes["pressure"].updates >= 1000
    assert len(store.take_changes()) <= 2
