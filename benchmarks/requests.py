"""How long requests take, between our clients and servers and those of others, measured in the same run.

    python benchmarks/requests.py [--peer PYTHON] [--tango-test PROGRAM] [--rounds N]

PYTHON is an interpreter that has PyTango; the same device source is then served and called there too, and each client
calls each server. PROGRAM is the C++ TangoTest, which has some of the requests. All take turns; client and server are
two processes on the loopback interface. Prints the median over the rounds, in microseconds: a column for each client
and server, and how much longer we take than PyTango takes with the same server.
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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
DEVICE = "test/bench/1"
MANY = [f"many_{number:03}" for number in range(100)]
OURS, PYTANGO = "tangoterm", "PyTango"
"""The two client libraries."""
CPP = "TangoTest"
"""The server in C++."""


class Names(NamedTuple):
    """What the members of a device are called; empty for what it has not."""

    scalar: str
    echo: str
    large: str
    many: Sequence[str]


NAMES = {
    "bench": Names("value", "Echo", "large", MANY),
    "cpp": Names("double_scalar", "DevDouble", "double_image_ro", ()),
}


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(command: Sequence[str], device: str, **variables: str) -> Iterator[str]:
    """Serve a device; gives its full name. `command` lacks the options that go with a server without database."""
    port = free_port()
    arguments = ["bench", "-nodb", "-dlist", device, "-ORBendPoint", f"giop:tcp:127.0.0.1:{port}"]
    environment = {**os.environ, **variables, "PYTHONPATH": str(HERE.parent)}
    environment.pop("TANGO_HOST", None)
    server = subprocess.Popen([*command, *arguments], env=environment, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        while not server.stdout.readline().startswith("Ready"):
            if server.poll() is not None:
                raise SystemExit(f"{command[0]} did not start")
        yield f"tango://127.0.0.1:{port}/{device}#dbase=no"
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def client(api: str, kind: str, address: str) -> dict[str, float]:
    """Median microseconds of each kind of request; runs in the interpreter of `api`."""
    if api == PYTANGO:
        from tango import DeviceProxy, DevSource
    else:
        from tangoterm.client import DeviceProxy, DevSource
    proxy = DeviceProxy(address)
    proxy.set_source(DevSource.DEV)
    names = NAMES[kind]
    kinds: dict[str, tuple[Callable[[], Any], int]] = {
        "ping": (proxy.ping, 2000),
        "state": (proxy.state, 2000),
        "read scalar": (lambda: proxy.read_attribute(names.scalar), 2000),
        "write scalar": (lambda: proxy.write_attribute(names.scalar, 2.5), 2000),
        "command": (lambda: proxy.command_inout(names.echo, 2.5), 2000),
    }
    if names.many:
        kinds["read 100 scalars"] = (lambda: proxy.read_attributes(names.many), 200)
        kinds["read 1M doubles"] = (lambda: proxy.read_attribute(names.large), 20)
    else:
        kinds["read 63k doubles"] = (lambda: proxy.read_attribute(names.large), 100)
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


def measured(python: str, *arguments: str) -> dict[str, float]:
    """What the client in a process of its own measures."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    output = subprocess.run(
        [python, __file__, "--client", *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    figures: dict[str, float] = json.loads(output.splitlines()[-1])
    return figures


Rounds = dict[tuple[str, str], list[dict[str, float]]]
"""The figures of each round, by client and server."""


def main() -> None:
    """Measure every client with every server, in turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", metavar="PYTHON", help="an interpreter that has PyTango")
    parser.add_argument("--tango-test", metavar="PROGRAM", help="the C++ TangoTest")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--client", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        print(json.dumps(client(*options.client)))
        return
    clients = {OURS: sys.executable} | ({PYTANGO: options.peer} if options.peer else {})
    rounds: Rounds = {}
    for _ in range(options.rounds):
        for api, python in clients.items():
            with served([python, str(HERE / "bench_device.py")], DEVICE, BENCH_API=api) as address:
                _measure_all(rounds, clients, api, "bench", address)
        if options.tango_test:
            with served([options.tango_test], "sys/tg_test/1") as address:
                _measure_all(rounds, clients, CPP, "cpp", address)
    report(rounds)


def _measure_all(rounds: Rounds, clients: dict[str, str], server: str, kind: str, address: str) -> None:
    for api, python in clients.items():
        rounds.setdefault((api, server), []).append(measured(python, api, kind, address))


def report(rounds: Rounds) -> None:
    """Print a line for each kind of request."""
    medians = {
        pair: {kind: statistics.median(figures[kind] for figures in runs) for kind in runs[0]}
        for pair, runs in rounds.items()
    }
    servers = list(dict.fromkeys(server for _, server in medians))
    columns = [(api, server) for server in servers for api in (OURS, PYTANGO) if (api, server) in medians]
    print(f"{'server':18}" + "".join(f"{server:>12}" + " " * 8 * (api == PYTANGO) for api, server in columns))
    print(f"{'client':18}" + "".join(f"{api:>12}" + "   ratio" * (api == PYTANGO) for api, _ in columns))
    for kind in dict.fromkeys(kind for figures in medians.values() for kind in figures):
        cells = []
        for api, server in columns:
            value = medians[api, server].get(kind)
            cells.append(" " * 12 if value is None else f"{value:12.1f}")
            if api == PYTANGO:
                cells.append(" " * 8 if value is None else f"{medians[OURS, server][kind] / value:8.2f}")
        print(f"{kind:18}" + "".join(cells))


if __name__ == "__main__":
    main()
