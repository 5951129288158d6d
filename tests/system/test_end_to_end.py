"""The whole path on one machine: servers in processes of their own, the embedded database, clients."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tangoterm.client import DevFailed, DeviceProxy, EventType

Start = Callable[..., Any]


def test_serve_then_list_and_read_without_any_set_up(serve: Start, tangoterm: Start) -> None:
    serve("TangoTest", "mine")
    code, output, errors = tangoterm("ls").finish()
    assert (code, errors) == (0, "")
    assert "sys/tg_test/1" in output
    code, output, _ = tangoterm("read", "sys/tg_test/1/ampli", "--json").finish()
    assert code == 0
    assert json.loads(output)["value"] == 0.0


def test_a_second_server_cannot_claim_the_instance(serve: Start, tangoterm: Start) -> None:
    """LIFE-16"""
    serve("TangoTest", "one")
    code, _, errors = tangoterm("serve", "TangoTest", "one").finish()
    assert code not in (0, None)
    assert "already running" in errors.lower()


def test_a_killed_server_can_be_started_again_at_once_and_its_clients_go_on(serve: Start) -> None:
    """LIFE-16, CLI-3..CLI-6: kill -9 while a client is calling, restart, and the client goes on."""
    first = serve("TangoTest", "phoenix", "--device", "sys/tg_test/1")
    proxy = DeviceProxy("sys/tg_test/1")
    results: list[object] = []
    stop = threading.Event()

    def call() -> None:
        while not stop.is_set():
            try:
                results.append(proxy.command_inout("DevDouble", 3.5))
            except DevFailed as failure:
                results.append(failure)
            time.sleep(0.005)

    caller = threading.Thread(target=call)
    caller.start()
    try:
        wait_until(lambda: len(results) > 20)
        first.kill()
        wait_until(lambda: isinstance(results[-1], DevFailed))
        serve("TangoTest", "phoenix")
        wait_until(lambda: results[-1] == 3.5)
    finally:
        stop.set()
        caller.join()
    reasons = {result.reason for result in results if isinstance(result, DevFailed)}
    assert reasons <= {"API_CorbaException", "API_CantConnectToDevice", "API_CommunicationFailed"}


def test_events_come_back_after_a_restart_with_a_fresh_value(serve: Start) -> None:
    """EVT-21, EVT-23"""
    first = serve("TangoTest", "events", "--device", "sys/tg_test/1")
    proxy = DeviceProxy("sys/tg_test/1")
    proxy.poll_attribute("double_scalar", 200)
    events: list[Any] = []
    subscription = proxy.subscribe_event("double_scalar", EventType.PERIODIC_EVENT, events.append)
    try:
        wait_until(lambda: len(events) >= 2)
        assert not any(event.err for event in events)
        first.kill()
        wait_until(lambda: any(event.err for event in events), 15)
        serve("TangoTest", "events")
        wait_until(lambda: not events[-1].err, 20)
        seen = len(events)
        wait_until(lambda: len(events) >= seen + 2 and not events[-1].err, 10)
    finally:
        proxy.unsubscribe_event(subscription)


def test_memorised_values_and_polling_survive_a_restart(serve: Start, tmp_path: Any) -> None:
    """ATT-67, POLL-24"""
    source = tmp_path / "memory.py"
    source.write_text(
        "from server_core import AttrWriteType, Device, attribute\n"
        "class Memory(Device):\n"
        "    level = attribute(dtype=float, access=AttrWriteType.READ_WRITE, memorized=True, hw_memorized=True)\n"
        "    def init_device(self):\n"
        "        super().init_device()\n"
        "        self._level = 0.0\n"
        "    def read_level(self):\n"
        "        return self._level\n"
        "    def write_level(self, value):\n"
        "        self._level = value\n"
    )
    server = serve(str(source), "one", "--device", "test/memory/1")
    proxy = DeviceProxy("test/memory/1")
    proxy.write_attribute("level", 2.5)
    proxy.poll_attribute("level", 1000)
    assert server.stop() == 0
    serve(str(source), "one")
    assert proxy.read_attribute("level").value == 2.5
    assert proxy.get_attribute_poll_period("level") == 1000


def test_refusals_end_with_1_and_usage_errors_with_2(serve: Start, tangoterm: Start) -> None:
    serve("TangoTest", "codes", "--device", "sys/tg_test/1")
    code, output, errors = tangoterm("read", "sys/tg_test/1/nope").finish()
    assert (code, output) == (1, "")
    assert errors.index("API_AttrNotFound") < errors.index("API_AttributeFailed")
    assert tangoterm("frobnicate").finish()[0] == 2
    assert tangoterm("call", "sys/tg_test/1", "DevLong", "1.5").finish()[0] == 2


@pytest.mark.parametrize("host", [None, "wrong"])
def test_a_database_can_be_shared_by_address(serve: Start, tangoterm: Start, host: str | None) -> None:
    database = tangoterm("database", "--port", "0")
    assert database.process.stdout is not None
    line = next(line for line in database.process.stdout if "127.0.0.1:" in line)
    address = "127.0.0.1:" + line.split("127.0.0.1:")[1].split()[0].strip(".,")
    database.wait_ready()
    serve("TangoTest", "shared", "--device", "sys/tg_test/1", env={"TANGO_HOST": address})
    arguments = ("read", "sys/tg_test/1/ampli", "--host", address if host is None else "127.0.0.1:1")
    code, output, errors = tangoterm(*arguments).finish()
    if host is None:
        assert (code, errors) == (0, "")
        assert "0" in output
    else:
        assert code == 1
        assert "API_CantConnectToDatabase" in errors


def wait_until(condition: Callable[[], object], timeout: float = 10.0) -> None:
    """Wait until `condition` holds; fail when it does not in time."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "the expected did not happen in time"
        time.sleep(0.01)
