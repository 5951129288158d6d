"""How long requests take, between our clients and servers and those of others, measured in the same run.

    python benchmarks/requests.py [--peer PYTHON] [--tango-test PROGRAM] [--other DIRECTORY] [--rounds N]

PYTHON is an interpreter that has PyTango; the same device source is then served and called there too, and each client
calls each server. PROGRAM is the C++ TangoTest, which has some of the requests. DIRECTORY holds another version of this
project: its client with its server, to compare ours with.

Clients and servers are processes on the loopback interface that live as long as the run. In each round every kind of
request is sent by every client to every server, a few hundred times, so that what else the machine does hits all of
them alike. Prints the median over the rounds and the best round, in microseconds, and the ratios of some columns.
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
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
from bench_device import LARGE, MANY, zeros

HERE = Path(__file__).parent
DEVICE = "test/bench/1"
OURS, GIOP, PYTANGO, OTHER = "tangoterm", "tangoterm, GIOP", "PyTango", "other version"
"""The clients: ours prefers its native protocol to Tango's own (GIOP) where the server has both."""
CPP = "TangoTest"
"""The server in C++."""


class Names(NamedTuple):
    """What the members of a device are called; empty for what it has not."""

    scalar: str
    echo: str
    wave: str
    medium: str = ""
    large: str = ""
    many: Sequence[str] = ()


BENCH = Names("value", "Echo", "wave", "medium", "large", MANY)
TANGO_TEST = Names("double_scalar", "DevDouble", "double_spectrum_ro", "double_image_ro")


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(tree: Path = HERE.parent, **variables: str) -> dict[str, str]:
    """That of a process which uses the version of this project in `tree`."""
    made = {**os.environ, **variables, "PYTHONPATH": str(tree)}
    made.pop("TANGO_HOST", None)
    return made


class Served(NamedTuple):
    """A device's full name, and the process and port of its server."""

    address: str
    process: int
    port: int


@contextmanager
def served(command: Sequence[str], device: str, **variables: Any) -> Iterator[Served]:
    """Serve a device. `command` lacks the options that go with a server without database."""
    port = free_port()
    arguments = ["bench", "-nodb", "-dlist", device, "-ORBendPoint", f"giop:tcp:127.0.0.1:{port}"]
    server = subprocess.Popen([*command, *arguments], env=environment(**variables), stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        while not server.stdout.readline().startswith("Ready"):
            if server.poll() is not None:
                raise SystemExit(f"{command[0]} did not start")
        yield Served(f"tango://127.0.0.1:{port}/{device}#dbase=no", server.pid, port)
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


# ---- the client's process


def proxy_of(client: str, address: str) -> Any:
    """A device for a client; it answers from the device, never from a cache."""
    if client == PYTANGO:
        from tango import DeviceProxy, DevSource
    else:
        from tangoterm.client import DeviceProxy, DevSource
    proxy = DeviceProxy(address)
    if client == GIOP:
        speak_giop(proxy)
    proxy.set_source(DevSource.DEV)
    return proxy


def speak_giop(proxy: Any) -> None:
    """As if the server of a device had no native endpoint."""
    from server_core.protocol.giop.ior import device_ior
    from tangoterm.client.steps import Address

    handle = proxy._handle
    place = handle.target.host
    handle.address = Address(device_ior(place.host, place.port, handle.name.encode(), ""), place.host)


def requests_of(proxy: Any, names: Names) -> dict[str, tuple[Callable[[], Any], int]]:
    """The kinds of requests to a device, and how many of them are sent in a round."""
    kinds: dict[str, tuple[Callable[[], Any], int]] = {
        "ping": (proxy.ping, 300),
        "state": (proxy.state, 300),
        "command": (lambda: proxy.command_inout(names.echo, 2.5), 200),
        "read scalar": (lambda: proxy.read_attribute(names.scalar), 300),
        "write scalar": (lambda: proxy.write_attribute(names.scalar, 2.5), 200),
        "read 256 doubles": (lambda: proxy.read_attribute(names.wave), 200),
    }
    if names.many:
        kinds["read 100 scalars"] = (lambda: proxy.read_attributes(names.many), 20)
    if names.large:
        data = zeros(LARGE)
        kinds["read 200k doubles"] = (lambda: proxy.read_attribute(names.medium), 20)
        kinds["read 1M doubles"] = (lambda: proxy.read_attribute(names.large), 5)
        kinds["write 1M doubles"] = (lambda: proxy.write_attribute(names.large, data), 5)
    else:
        kinds["read 63k doubles"] = (lambda: proxy.read_attribute(names.medium), 30)
    return kinds


def client(name: str) -> None:
    """Answer orders: (address, names, kind) with the median microseconds of a round of that kind."""
    known: dict[str, dict[str, tuple[Callable[[], Any], int]]] = {}
    for line in sys.stdin:
        address, names, kind = json.loads(line)
        if address not in known:
            known[address] = requests_of(proxy_of(name, address), Names(*names))
        call, count = known[address].get(kind, (None, 0))
        print(json.dumps(None if call is None else median_of(call, count)), flush=True)


def median_of(call: Callable[[], Any], count: int) -> float:
    """Median microseconds of `count` calls, after a few to warm up."""
    clock = time.perf_counter
    for _ in range(max(2, count // 10)):
        call()
    times = []
    for _ in range(count):
        began = clock()
        call()
        times.append(clock() - began)
    return statistics.median(times) * 1e6


# ---- the measurement


class Client:
    """A client in a process of its own."""

    def __init__(self, name: str, python: str, tree: Path = HERE.parent) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [python, __file__, "--client", name],
            env=environment(tree, BENCH_API=name),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def measured(self, address: str, names: Names, kind: str) -> float | None:
        """Microseconds of one kind of request; None for what the device has not."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([address, names, kind]) + "\n")
        self._process.stdin.flush()
        figure: float | None = json.loads(self._process.stdout.readline())
        return figure

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


class Column(NamedTuple):
    """A client and the server that it calls."""

    client: str
    server: str


class Place(NamedTuple):
    """A device that is served."""

    address: str
    names: Names


KINDS = (
    "ping", "state", "command", "read scalar", "write scalar", "read 256 doubles", "read 100 scalars",
    "read 63k doubles", "read 200k doubles", "read 1M doubles", "write 1M doubles",
)  # fmt: skip

PAIRS = (
    (Column(OURS, OURS), Column(OTHER, OTHER)),
    (Column(GIOP, OURS), Column(OURS, OURS)),
    (Column(PYTANGO, OURS), Column(PYTANGO, PYTANGO)),
    (Column(OURS, PYTANGO), Column(PYTANGO, PYTANGO)),
    (Column(OURS, CPP), Column(PYTANGO, CPP)),
)
"""What is compared with what."""

Figures = dict[tuple[Column, str], list[float]]


def main() -> None:
    """Measure every client with every server, in turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", metavar="PYTHON", help="an interpreter that has PyTango")
    parser.add_argument("--tango-test", metavar="PROGRAM", help="the C++ TangoTest")
    parser.add_argument("--other", metavar="DIRECTORY", type=Path, help="another version of this project")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=KINDS, help="only these requests")
    parser.add_argument("--client", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        client(options.client)
        return
    with ExitStack() as running:
        figures = measure(running, options)
    report(figures, options.kinds)


def measure(running: ExitStack, options: argparse.Namespace) -> Figures:
    """Start everybody and take the figures of all rounds."""
    device = str(HERE / "bench_device.py")
    place = running.enter_context(served([sys.executable, device], DEVICE))
    servers = {OURS: Place(place.address, BENCH)}
    clients = [Client(OURS, sys.executable), Client(GIOP, sys.executable)]
    columns = [Column(OURS, OURS), Column(GIOP, OURS)]
    if options.other:
        place = running.enter_context(served([sys.executable, device], DEVICE, tree=options.other))
        servers[OTHER] = Place(place.address, BENCH)
        clients.append(Client(OTHER, sys.executable, options.other))
        columns.insert(1, Column(OTHER, OTHER))
    if options.peer:
        place = running.enter_context(served([options.peer, device], DEVICE, BENCH_API=PYTANGO))
        servers[PYTANGO] = Place(place.address, BENCH)
        clients.append(Client(PYTANGO, options.peer))
        columns += [Column(PYTANGO, OURS), Column(PYTANGO, PYTANGO), Column(OURS, PYTANGO)]
    if options.tango_test:
        place = running.enter_context(served([options.tango_test], "sys/tg_test/1"))
        servers[CPP] = Place(place.address, TANGO_TEST)
        columns += [Column(PYTANGO, CPP)] * bool(options.peer) + [Column(OURS, CPP)]
    by_name = {one.name: running.enter_context(one) for one in clients}
    figures: Figures = {}
    for number in range(options.rounds):
        first = number % len(columns)  # what was measured before may matter: each comes behind each
        for kind in options.kinds:
            for column in columns[first:] + columns[:first]:
                figure = by_name[column.client].measured(*servers[column.server], kind)
                figures.setdefault((column, kind), []).extend([] if figure is None else [figure])
    return figures


def report(figures: Figures, kinds: Sequence[str]) -> None:
    """Print a line for each kind of request."""
    columns = list(dict.fromkeys(column for column, _ in figures))
    for title, entries in (("client", [c.client for c in columns]), ("server", [c.server for c in columns])):
        print(f"{title:18}" + "".join(f"{entry:>18}" for entry in entries))
    for kind in kinds:
        cells = []
        for column in columns:
            taken = figures[column, kind]
            cells.append(f"{statistics.median(taken):.1f} ({min(taken):.1f})" if taken else "")
        print(f"{kind:18}" + "".join(f"{cell:>18}" for cell in cells))
    print("\nthe median ratio of two columns in the same round")
    pairs = [pair for pair in PAIRS if pair[0] in columns and pair[1] in columns]
    for ours, theirs in pairs:
        print(f"  {ours.client} -> {ours.server}  to  {theirs.client} -> {theirs.server}")
        for kind in kinds:
            ratios = [a / b for a, b in zip(figures[ours, kind], figures[theirs, kind], strict=True)]
            if ratios:
                print(f"    {kind:18}{statistics.median(ratios):6.2f}")


if __name__ == "__main__":
    main()
