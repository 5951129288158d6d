"""How fast events come over ZeroMQ, in every pairing of our servers and clients with PyTango's.

    python benchmarks/events.py [--peer PYTHON] [--count N] [--rounds N]

PYTHON is an interpreter that has PyTango. The same device source is served by both; a client of both receives what it
pushes: N events as fast as it can (events per second from the first to the last, and how many were lost), and single
ones (microseconds from the push to the callback, median). Server and client are two processes on the loopback
interface. Our client prefers the native protocol on our server; that pairing is measured natively, for comparison.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from requests import DEVICE, HERE, OURS, PYTANGO, served

SINGLE = 300
"""Events that are pushed one by one."""


def client(api: str, address: str, count: int) -> dict[str, float]:
    """What is measured in the interpreter of `api`."""
    if api == PYTANGO:
        from tango import DeviceProxy, EventType
    else:
        from tangoterm.client import DeviceProxy, EventType
    proxy = DeviceProxy(address)
    proxy.set_timeout_millis(60_000)
    times: list[float] = []
    values: list[float] = []
    came = threading.Event()

    def note(event: Any) -> None:
        if not event.err:
            times.append(time.perf_counter())
            values.append(event.attr_value.value)
            came.set()

    proxy.subscribe_event("pushed", EventType.CHANGE_EVENT, note)
    delays = []
    for _ in range(SINGLE):
        came.clear()
        proxy.command_inout("PushTime")
        came.wait(5)
        delays.append(times[-1] - values[-1])
    del times[:], values[:]
    proxy.command_inout("PushMany", count)
    while not values or (values[-1] != count - 1 and time.perf_counter() - times[-1] < 2):
        time.sleep(0.01)
    return {
        "events/s": len(times) / (times[-1] - times[0]),
        "lost": count - len(values),
        "delay": statistics.median(delays) * 1e6,
    }


def measured(python: str, api: str, address: str, count: int) -> dict[str, float]:
    """What the client in a process of its own measures."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    command = [python, __file__, "--client", api, address, str(count)]
    output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    figures: dict[str, float] = json.loads(output.splitlines()[-1])
    return figures


def main() -> None:
    """Measure every pairing in turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", metavar="PYTHON", help="an interpreter that has PyTango")
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--client", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        api, address, count = options.client
        print(json.dumps(client(api, address, int(count))))
        return
    sides = {OURS: sys.executable} | ({PYTANGO: options.peer} if options.peer else {})
    rounds: dict[tuple[str, str], list[dict[str, float]]] = {}
    for _ in range(options.rounds):
        for server, server_python in sides.items():
            with served([server_python, str(HERE / "bench_device.py")], DEVICE, BENCH_API=server) as place:
                for api, python in sides.items():
                    rounds.setdefault((server, api), []).append(measured(python, api, place.address, options.count))
    print(f"{'server':12}{'client':12}{'events/s':>12}{'lost':>8}{'delay [us]':>12}")
    for (server, api), runs in rounds.items():
        middle = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
        print(f"{server:12}{api:12}{middle['events/s']:12.0f}{middle['lost']:8.0f}{middle['delay']:12.0f}")


if __name__ == "__main__":
    main()
