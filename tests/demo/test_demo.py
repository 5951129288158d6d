"""The demo lives, shows itself, and leaves nothing behind however it ends."""

from __future__ import annotations

import io
import os
import queue
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server_core.database.memory import MemoryStore
from server_core.devices import find_class
from server_core.model.enums import DevSource, DevState, EventType
from tangoterm.client import Database, DeviceProxy, close_connections
from tangoterm.demo import Demo, DemoFailed, run_demo
from tangoterm.demo.places import PORTS
from tangoterm.demo.system import SERVERS, devices, populate
from tangoterm.demo.tour import tour
from tests.peers.fixtures import Peers


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    with Demo() as running:
        yield running


def proxy(demo: Demo, name: str) -> DeviceProxy:
    return DeviceProxy(f"tango://{demo.host}/{name}")


def taken(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def await_gone(pids: list[int], directory: Path, seconds: float = 10.0) -> None:
    """Return when the processes and the directory are gone."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and (directory.exists() or any(map(is_alive, pids))):
        time.sleep(0.02)
    assert not directory.exists()
    assert not [pid for pid in pids if is_alive(pid)]


def is_alive(pid: int) -> bool:
    """Whether a process exists; one that has ended and is not waited for does not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_definition_fits_into_a_database() -> None:
    store = MemoryStore()
    populate(store)
    defined = {record.name: record for record in store.devices()}
    assert {device.name for device in devices()} <= defined.keys()
    assert len(devices()) == 10
    assert store.alias_device("dipole") == "sr/magnet/dipole"
    assert {find_class(device.dev_class).__name__ for device in devices()} == {device.dev_class for device in devices()}
    store.close()


def test_all_devices_are_there(demo: Demo) -> None:
    exported = list(Database(demo.host).get_device_exported("*"))
    assert {device.name for device in devices()} <= set(exported)
    assert set(demo.pids) == {"database", *SERVERS}


def test_magnets_are_on_their_way_and_diagnostics_look_on(demo: Demo) -> None:
    assert proxy(demo, "sr/magnet/dipole").state() in (DevState.MOVING, DevState.ON)
    dipole = proxy(demo, "sr/magnet/dipole")
    dipole.set_source(DevSource.DEV)
    assert dipole.read_attribute("current").w_value == 150.0
    assert proxy(demo, "screen").read_attribute("image").dim_x == 320
    assert proxy(demo, "rga").read_attribute("total_pressure").value > 0.0
    assert proxy(demo, "sys/tg_test/1").state() is DevState.RUNNING


def test_states_and_currents_are_polled(demo: Demo) -> None:
    magnet = proxy(demo, "sr/magnet/quad-1")
    assert magnet.is_attribute_polled("State")
    assert magnet.is_attribute_polled("current")


def test_devices_that_push_events_reach_their_clients(demo: Demo) -> None:
    arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()
    camera, analyser = proxy(demo, "screen"), proxy(demo, "rga")
    camera.subscribe_event("image", EventType.DATA_READY_EVENT, arrived.put)
    analyser.subscribe_event("scan_count", EventType.CHANGE_EVENT, arrived.put)
    camera.command_inout("Acquire", 3)
    counters, scans = [], []
    while len(counters) < 3 or len(scans) < 2:
        event = arrived.get(timeout=5)
        assert not event.err, event.errors
        if hasattr(event, "ctr"):
            counters.append(event.ctr)
        else:
            scans.append(event.attr_value.value)
    close_connections()
    assert counters == [1, 2, 3]
    assert scans == sorted(set(scans))


def test_the_tour_shows_every_stop(demo: Demo) -> None:
    out = io.StringIO()
    code = tour(demo.host, out)
    close_connections()
    assert code == 0, out.getvalue()
    text = out.getvalue()
    for words in (
        "Magnets/demo",
        "sr/diag/screen-1",
        "DevVarLongStringArray",
        "read back 2.50 A/s",
        "refused: API_WAttrOutsideLimit",
        "RUNNING",
        "current = ",
        "attribute current ",
        "write_attributes_4 current",
    ):
        assert words in text, words


def test_two_demos_live_side_by_side(demo: Demo) -> None:
    with Demo() as other:
        assert other.host != demo.host
        assert proxy(other, "sys/tg_test/1").ping() > 0


def test_where_a_demo_is_stays_the_same_and_is_not_where_real_databases_are(demo: Demo) -> None:
    assert int(demo.host.rpartition(":")[2]) in PORTS or all(map(taken, PORTS[:-1]))


def test_a_demo_that_is_left_leaves_nothing() -> None:
    with Demo() as demo:
        pids, directory = list(demo.pids.values()), demo.directory
        assert directory.is_dir()
        assert all(map(is_alive, pids))
    assert not directory.exists()
    assert not any(map(is_alive, pids))


def test_a_server_that_does_not_start_is_reported_with_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tangoterm.demo.orchestra.SERVERS", {"Nobody/demo": ()})
    demo = Demo()
    with pytest.raises(DemoFailed, match=r"the process Nobody/demo did not start\n[^\0]*KeyError"):
        demo.__enter__()
    assert not demo.directory.exists()


def test_the_tui_gets_the_host_and_its_exit_code_counts() -> None:
    seen = []

    def open_tui(host: str) -> int:
        seen.append(DeviceProxy(f"tango://{host}/sys/database/2").state())
        return 7

    assert run_demo(open_tui, interactive=True) == 7
    assert seen == [DevState.ON]


PARENT = """
import sys
from tangoterm.demo import Demo, command

class Telling(Demo):
    def __enter__(self):
        super().__enter__()
        print(self.directory, *self.pids.values(), flush=True)
        return self

command.Demo = Telling
sys.exit(command.run_demo(lambda host: len(sys.stdin.read()), interactive=True))
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None], ids=lambda how: str(how))
def test_nothing_stays_however_its_parent_ends(how: signal.Signals | None) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdin is not None
        directory, *pids = parent.stdout.readline().split()
        assert len(pids) == 3
        if how is None:
            parent.stdin.close()
        else:
            parent.send_signal(how)
        code = parent.wait(15)
    assert code == {None: 0, signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}[how]
    await_gone([int(pid) for pid in pids], Path(directory))


def test_without_a_terminal_the_command_prints_the_tour() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tangoterm", "demo"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=40,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "7. The blackbox" in done.stdout


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_without_a_screen_it_says_where_it_is_until_it_is_interrupted(how: signal.Signals, code: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tangoterm", "demo", "--no-tui"], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        name, _, host = program.stdout.readline().strip().partition("=")
        assert name == "TANGO_HOST"
        assert DeviceProxy(f"tango://{host}/sys/tg_test/1").double_scalar is not None
        close_connections()
        program.send_signal(how)
        assert program.wait(15) == code


def test_other_tango_clients_find_it_by_tango_host(demo: Demo, peers: Peers) -> None:
    client = peers.pytango_client(demo.host)
    exported = client("db = tango.Database(); sorted(db.get_device_exported('*').value_string)")
    assert {device.name for device in devices()} <= set(exported)
    assert client("tango.DeviceProxy('sys/tg_test/1').double_scalar") is not None
    assert client(
        """
        magnet, currents = tango.DeviceProxy("dipole"), []
        note = lambda event: event.err or currents.append(event.attr_value.value)
        number = magnet.subscribe_event("current", tango.EventType.CHANGE_EVENT, note)
        magnet.current = 20 if magnet.current > 60 else 120
        wait_for(lambda: len(set(currents)) > 2)
        magnet.unsubscribe_event(number)
        len(set(currents)) > 2
        """
    )
