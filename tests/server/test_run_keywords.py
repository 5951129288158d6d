"""What `run` takes beside classes and command line, and what `Util` tells of the server, in a program of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAD = """
import io, os, socket, sys, time
from server_core import DevFailed, Device, Util, run, server_run

class Probe(Device):
    def init_device(self):
        if self.get_name() == "a/b/bad":
            raise RuntimeError("no hardware")
        assert Util.instance().is_svr_starting()

with socket.create_server(("127.0.0.1", 0)) as listening:
    PORT = str(listening.getsockname()[1])
ARGS = ["Probe", "a", "-nodb", "-port", PORT, "-dlist"]
"""


def program(body: str) -> list[str]:
    """The lines that a program with this body prints before it ends by itself."""
    done = subprocess.run(
        [sys.executable, "-c", HEAD + body],
        capture_output=True,
        text=True,
        timeout=40,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_callbacks_event_loop_and_stream() -> None:
    """LIFE-12: the event loop runs in the main thread while devices are served, and ends the server."""
    assert program(
        """
import threading
stream = io.StringIO()
def before(word): print(word)
def after(): print("served", stream.getvalue() == "")
turns = []
def loop():
    assert threading.current_thread() is threading.main_thread()
    turns.append(1)
    time.sleep(0.01)
    return len(turns) == 5
run((Probe,), [*ARGS, "a/b/1"], stream, pre_init_callback=(before, ("before",)), post_init_callback=after,
    event_loop=loop, green_mode=None, verbose=True)
print(len(turns), stream.getvalue().strip())
"""
    ) == ["before", "served True", "5 Ready to accept request"]


def test_what_prevents_the_start_is_raised_on_demand() -> None:
    """LIFE-18."""
    assert program(
        """
for args in ([*ARGS, "a/b/bad"], ["Probe"]):
    try:
        run(Probe, args, None, raises=True)
    except DevFailed as failure:
        print(failure.errors[0].reason)
    except Exception as error:
        print(type(error).__name__)
"""
    ) == ["PyDs_PythonError", "UsageError"]


def test_util_tells_of_the_server() -> None:
    """LIFE-1."""
    assert program(
        """
util = Util.instance()
def names(devices): return [device.get_name() for device in devices]
def tell():
    print(util.get_ds_name(), util.get_ds_exec_name(), util.get_ds_inst_name(), util.get_pid() == os.getpid())
    print(names(util.get_device_list_by_class("probe")), names(util.get_device_list("a/*/2")))
    print(util.get_device_by_name("A/B/1").get_name(), util.get_dserver_device().get_name())
    for ask in (util.get_device_by_name, util.get_device_list_by_class):
        try:
            ask("x/y/z")
        except DevFailed as failure:
            print(failure.errors[0].reason)
    print(util.is_svr_starting(), util.is_svr_shutting_down())
server_run([Probe], [*ARGS, "a/b/1,a/b/2"], None, post_init_callback=tell, event_loop=lambda: True)
try:
    util.get_ds_name()
except DevFailed as failure:
    print(failure.errors[0].reason)
"""
    ) == [
        "Probe/a Probe a True",
        "['a/b/1', 'a/b/2'] ['a/b/2']",
        "a/b/1 dserver/Probe/a",
        "API_DeviceNotFound",
        "API_ClassNotFound",
        "False False",
        "API_UtilSingletonNotCreated",
    ]
