"""What code of the server does with polling: triggers, filled buffers, `Util`, the old way of polling."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from server_core import TimedAttrData, TimedCmdData, Util
from server_core.database.store import Store
from server_core.device.command import command
from server_core.device.declaration import attribute
from server_core.device.device import Device
from server_core.model.enums import AttrQuality, AttrWriteType, DevSource, DevState
from server_core.model.errors import DevFailed
from server_core.model.values import AttributeValue
from server_core.protocol import operations as op
from server_core.server.polling import service
from server_core.server.polling.ring import PolledObject
from server_core.server.polling.schedule import Schedule, WorkItem
from server_core.server.polling.service import PollingOptions
from server_core.server.polling.status import poll_status

if TYPE_CHECKING:
    from tests.server.conftest import Client, Connect, MakeServer

DEVICE = "by/code/1"


class Self(Device):
    """Polls itself."""

    def init_device(self) -> None:
        self.hooks = 0
        self.seen: list[float] = []
        self.slow = threading.Event()
        self.slow.set()

    def always_executed_hook(self) -> None:
        self.hooks += 1

    @attribute(dtype=float, access=AttrWriteType.READ_WRITE, max_alarm="5")
    def level(self) -> float:
        self.seen.append(time.monotonic())
        assert self.slow.wait(10)
        return 1.5

    @level.write
    def level(self, value: float) -> None:
        """Takes it."""

    @attribute(dtype=float)
    def other(self) -> float:
        return 2.0

    @attribute(dtype=float, access=AttrWriteType.WRITE)
    def goal(self) -> None:
        """Only written."""

    @goal.write
    def goal(self, value: float) -> None:
        """Takes it."""

    @attribute(dtype=float, fisallowed="closed")
    def guarded(self) -> float:
        return 1.0

    def closed(self, request: Any) -> bool:
        return False

    @command(dtype_out=int)
    def count(self) -> int:
        return 3

    @command
    def trigger(self) -> None:
        """From within the device, which it holds meanwhile."""
        self.trigger_attr_polling("level")


@pytest.fixture
def client(make_server: MakeServer, connect: Connect) -> Client:
    return connect(make_server((Self,), devices={"Self": [DEVICE]}))


def ring(client: Client, name: str, *, command: bool = False) -> PolledObject:
    return client.server.registry.find(DEVICE).need_polled(name, command=command)


def refusal(action: Any, *args: Any) -> str:
    with pytest.raises(DevFailed) as failure:
        action(*args)
    return failure.value.reason


def test_what_is_kept_of_a_polled_object(client: Client) -> None:
    """POLL-1: kind, name, period, the last results with the start of their tries, and the time of the last one."""
    client.poll(DEVICE, "LEVEL", 0)
    client.poll(DEVICE, "Count", 0, "command")
    author = client.device(DEVICE)
    before = time.time()
    author.trigger_attr_polling("level")
    author.trigger_cmd_polling("count")
    level, count = ring(client, "level"), ring(client, "count", command=True)
    assert (level.key, level.command, level.period, level.depth) == ("level", False, 0, 10)
    assert (count.key, count.command) == ("count", True)
    assert level.latest is not None
    assert before <= level.latest.start <= time.time()
    assert level.needed is not None
    assert level.latest.outcome.value == 1.5  # type: ignore[union-attr]
    assert count.latest is not None
    assert count.latest.outcome.result.value == 3  # type: ignore[union-attr]


def test_a_poll_is_a_read_like_any_other(client: Client) -> None:
    """POLL-5: hook, permission and blackbox, whoever has the device locked; POLL-7: what fails is kept."""
    client.poll(DEVICE, "guarded", 0)
    client.poll(DEVICE, "count", 0, "command")
    client.admin("LockDevice", [[10], [DEVICE]])
    author = client.device(DEVICE)
    hooks = author.hooks
    author.trigger_attr_polling("guarded")
    assert author.hooks > hooks
    latest = ring(client, "guarded").latest
    assert latest is not None
    assert latest.outcome.errors[0].reason == "API_AttrNotAllowed"
    (line,) = client.call(op.BlackBox(DEVICE, 1))
    assert "read_attributes_5 (guarded) from device requested from polling" in line
    author.trigger_cmd_polling("count")
    counted = ring(client, "count", command=True).latest
    assert counted is not None
    assert counted.outcome.errors == ()


def test_a_poll_waits_for_a_busy_device(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """POLL-5, POLL-6: it takes the monitor; not to get it is a failed try."""
    client.poll(DEVICE, "other", 0)
    served = client.server.registry.find(DEVICE)
    monkeypatch.setattr(served.monitor, "_timeout", 0.05)
    with served.monitor:
        thread = threading.Thread(target=client.device(DEVICE).trigger_attr_polling, args=("other",))
        thread.start()
        thread.join(5)
    latest = ring(client, "other").latest
    assert latest is not None
    assert latest.outcome.errors[0].reason == "API_CommandTimedOut"


def test_an_object_is_added_while_the_polling_thread_is_busy(client: Client) -> None:
    """POLL-22: the polling thread knows it when the command returns, which waits for no poll"""
    author = client.device(DEVICE)
    author.slow.clear()
    client.poll(DEVICE, "level", 60_000)
    deadline = time.monotonic() + 10
    while not author.seen:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    client.poll(DEVICE, "count", 60_000, "command")
    assert ring(client, "count", command=True).latest is None
    author.slow.set()
    while ring(client, "count", command=True).latest is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_trigger_is_done_by_the_polling_thread_while_the_caller_lets_go(client: Client) -> None:
    """POLL-16: a command of the device that triggers itself holds the device's monitor, and gets it back."""
    client.poll(DEVICE, "level", 0)
    client.command(DEVICE, "trigger")
    assert ring(client, "level").latest is not None
    assert client.command(DEVICE, "count") == 3


def test_a_trigger_that_is_not_done_in_time(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """POLL-16"""
    monkeypatch.setattr(service, "MONITOR_TIMEOUT", 0.05)
    client.poll(DEVICE, "level", 0)
    author = client.device(DEVICE)
    author.slow.clear()
    assert refusal(author.trigger_attr_polling, "level") == "API_CommandTimedOut"
    author.slow.set()


def test_refused_triggers(client: Client) -> None:
    """POLL-16"""
    author = client.device(DEVICE)
    assert refusal(author.trigger_attr_polling, "level") == "API_DeviceNotPolled"
    client.poll(DEVICE, "level", 60_000)
    assert refusal(author.trigger_attr_polling, "other") == "API_PollObjNotFound"
    assert refusal(author.trigger_attr_polling, "level") == "API_NotSupported"


def test_no_triggers_while_polling_is_stopped(client: Client) -> None:
    """POLL-18"""
    client.poll(DEVICE, "level", 0)
    client.admin("StopPolling")
    client.device(DEVICE).trigger_attr_polling("level")
    assert ring(client, "level").latest is None


def test_filled_buffers(client: Client) -> None:
    """POLL-17: values with their own times and qualities, errors, set points, oldest first."""
    client.poll(DEVICE, "level", 0)
    client.poll(DEVICE, "count", 0, "command")
    author = client.device(DEVICE)
    util = Util.instance()
    util.fill_attr_polling_buffer(
        author,
        "level",
        [
            TimedAttrData(9.0, time_stamp=1000.0),
            TimedAttrData(2.0, AttrQuality.ATTR_CHANGING, w_value=7.0, time_stamp=1001.0),
            TimedAttrData(error=RuntimeError("no reading"), time_stamp=1002.0),
        ],
    )
    valid, changing, failed = client.call(op.ReadAttributeHistory(DEVICE, "level", 10))
    assert (valid.value, valid.time, valid.quality, valid.w_value) == (9.0, 1000.0, AttrQuality.ATTR_VALID, 0.0)
    assert (changing.value, changing.quality, changing.w_value) == (2.0, AttrQuality.ATTR_CHANGING, 7.0)
    assert failed.errors[0].reason == "PyDs_PythonError"
    assert ring(client, "level").needed is None
    assert client.read(DEVICE, "level", DevSource.CACHE).errors == failed.errors
    assert client.call(op.GetState(DEVICE)) is not DevState.ALARM
    util.fill_cmd_polling_buffer(author, "count", TimedCmdData(4))
    author.fill_cmd_polling_buffer("count", [TimedCmdData(error=DevFailed.of("Mine", "text"))])
    good, bad = client.call(op.CommandInoutHistory(DEVICE, "count", 10))
    assert (good.result.value, bad.errors[0].reason) == (4, "Mine")


def test_state_is_filled_as_the_attribute_it_is_polled_as(client: Client) -> None:
    """POLL-3, POLL-17"""
    client.poll(DEVICE, "State", 0, "command")
    client.device(DEVICE).fill_cmd_polling_buffer("state", TimedCmdData(DevState.MOVING, time_stamp=1000.0))
    (record,) = client.call(op.CommandInoutHistory(DEVICE, "State", 5))
    assert (record.result.value, record.time) == (DevState.MOVING, 1000.0)
    assert client.read(DEVICE, "State", DevSource.CACHE).value is DevState.MOVING


def test_refused_fillings(client: Client) -> None:
    """POLL-17: also into periodic objects; not of write-only attributes, unpolled ones, nor more than fits."""
    author = client.device(DEVICE)
    assert refusal(author.fill_attr_polling_buffer, "level", TimedAttrData(1.0)) == "API_DeviceNotPolled"
    client.poll(DEVICE, "level", 60_000)
    client.poll(DEVICE, "goal", 0)
    author.fill_attr_polling_buffer("level", TimedAttrData(1.0))
    assert refusal(author.fill_attr_polling_buffer, "goal", TimedAttrData(1.0)) == "API_DeviceNotPolled"
    assert refusal(author.fill_attr_polling_buffer, "other", TimedAttrData(1.0)) == "API_PollObjNotFound"
    assert refusal(author.fill_attr_polling_buffer, "level", [TimedAttrData(1.0)] * 11) == "API_DeviceNotPolled"
    with pytest.raises(DevFailed):
        author.fill_attr_polling_buffer("level", TimedAttrData("text"))


def test_a_device_stops_its_own_polling(client: Client) -> None:
    """POLL-30"""
    author = client.device(DEVICE)
    assert not author.is_polled()
    author.poll_attribute("level", 500)
    author.poll_command("count", 500)
    assert author.is_polled()
    author.stop_polling()
    assert not author.is_polled()
    assert client.admin("PolledDevice") == []


@pytest.fixture
def util() -> Iterator[Util]:
    """What the program says to it is forgotten after the test."""
    util = Util.instance()
    yield util
    util.polling = PollingOptions()


def test_what_a_program_says_of_its_polling(
    util: Util, make_server: MakeServer, connect: Connect, store: Store
) -> None:
    """POLL-14, POLL-40: the properties of the admin device win over it."""
    util.set_polling_threads_pool_size(2)
    util.set_polling_before_9(True)
    assert (util.get_polling_threads_pool_size(), util.is_polling_before_9()) == (2, True)
    server = make_server(store=store)
    client = connect(server)
    client.poll("adm/probe2/1", "Lng", 5000)
    found = store.get_device_property("dserver/Probe/a", ["polling_threads_pool_conf"])
    assert found["polling_threads_pool_conf"] == ["adm/probe/1", "adm/probe2/1"]
    assert server.polling.before_9
    server.stop()
    store.put_device_property("dserver/Probe/a", {"polling_threads_pool_size": ["1"], "polling_before_9": ["false"]})
    server = make_server(store=store)
    found = store.get_device_property("dserver/Probe/a", ["polling_threads_pool_conf"])
    assert found["polling_threads_pool_conf"] == ["adm/probe/1,adm/probe2/1"]
    assert not server.polling.before_9
    with pytest.raises(ValueError, match="at least 1"):
        util.set_polling_threads_pool_size(0)


def test_the_way_of_polling_before_version_9() -> None:
    """POLL-14: attributes are not merged, what is late is discarded at once, and the status text differs."""
    discarded: list[WorkItem] = []
    schedule = Schedule(discarded.append, merge=False)
    served: Any = object()
    objects = [PolledObject(name, False, 100, 10) for name in ("one", "two")]
    for polled in objects:
        schedule.add(served, polled, 0.0)
        polled.store(0.0, AttributeValue(polled.name), 0.001)
    schedule.add(served, PolledObject("slow", True, 10_000, 10), 50.0)
    assert len(schedule.items) == 3
    schedule.wait(0.11)
    assert [item.objects[0].name for item in discarded] == ["one", "two"]
    assert "Time needed for the last attribute reading(ms) = 1.000" in poll_status(objects, 1.0, merged=False)[0]
