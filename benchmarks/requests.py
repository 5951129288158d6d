"""How long requests take, beside a peer measured in the same run.

    python benchmarks/requests.py [--peer PYTHON] [--rounds N]

PYTHON is an interpreter that has PyTango; the same device source is then served and called there too, in turns with
ours. Server and client are two processes on the loopback interface. Prints the median over the rounds, in microseconds,
and the ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DEVICE = "test/bench/1"
MANY = [f"many_{number:03}" for number in range(100)]


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(python: str, api: str) -> Iterator[str]:
    """Serve the device with `python`; gives its full name."""
    port = free_port()
    arguments = ["bench", "-nodb", "-dlist", DEVICE, "-ORBendPoint", f"giop:tcp:127.0.0.1:{port}"]
    environment = {**os.environ, "BENCH_API": api, "PYTHONPATH": str(HERE.parent)}
    environment.pop("TANGO_HOST", None)
    server = subprocess.Popen(
        [python, str(HERE / "bench_device.py"), *arguments], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    try:
        while not server.stdout.readline().startswith("Ready"):
            if server.poll() is not None:
                raise SystemExit(f"the {api} server did not start")
        yield f"tango://127.0.0.1:{port}/{DEVICE}#dbase=no"
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def client(api: str, address: str) -> dict[str, float]:
    """Median microseconds of each kind of request; runs in the interpreter of `api`."""
    if api == "tango":
        from tango import DeviceProxy, DevSource
    else:
        from tangoterm.client import DeviceProxy, DevSource
    proxy = DeviceProxy(address)
    proxy.set_source(DevSource.DEV)
    kinds: dict[str, tuple[Callable[[], Any], int]] = {
        "ping": (proxy.ping, 2000),
        "state": (proxy.state, 2000),
        "read scalar": (lambda: proxy.read_attribute("value"), 2000),
        "write scalar": (lambda: proxy.write_attribute("value", 2.5), 2000),
        "command": (lambda: proxy.command_inout("Echo", 2.5), 2000),
        "read 100 scalars": (lambda: proxy.read_attributes(MANY), 200),
        "read 1M doubles": (lambda: proxy.read_attribute("large"), 20),
    }
    return {name: median_of(call, count) for name, (call, count) in kinds.items()}


def median_of(call: Callable[[], Any], count: int) -> float:
    """Median microseconds of `count` calls, after a few to warm up."""
    for _ in range(max(3, count // 20)):
        call()
    times = []
    for _ in range(count):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e6


def measured(python: str, api: str, address: str) -> dict[str, float]:
    """What the client in a process of its own measures."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    output = subprocess.run(
        [python, __file__, "--client", api, address], env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    figures: dict[str, float] = json.loads(output.splitlines()[-1])
    return figures


def main() -> None:
    """Measure ours, and the peer in turns with it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", metavar="PYTHON", help="an interpreter that has PyTango")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--client", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        print(json.dumps(client(*options.client)))
        return
    sides = [("tangoterm", sys.executable)] + ([("tango", options.peer)] if options.peer else [])
    rounds: dict[str, list[dict[str, float]]] = {api: [] for api, _ in sides}
    for _ in range(options.rounds):
        for api, python in sides:
            with served(python, api) as address:
                rounds[api].append(measured(python, api, address))
    report(rounds)


def report(rounds: dict[str, list[dict[str, float]]]) -> None:
    """Print a line for each kind of request."""
    medians = {
        api: {kind: statistics.median(figures[kind] for figures in runs) for kind in runs[0]}
        for api, runs in rounds.items()
    }
    ours, peer = medians["tangoterm"], medians.get("tango")
    print(f"{'':18}{'tangoterm':>12}" + (f"{'PyTango':>12}{'ratio':>8}" if peer else ""))
    for kind, value in ours.items():
        beside = f"{peer[kind]:12.1f}{value / peer[kind]:8.2f}" if peer else ""
        print(f"{kind:18}{value:12.1f}{beside}")


if __name__ == "__main__":
    main()
