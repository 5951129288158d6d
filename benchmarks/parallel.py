"""How many requests a server answers each second, when many clients of Tango's own protocol ask at once.

    python benchmarks/parallel.py [--peer PYTHON] [--tango-test PROGRAM] [--rounds N]

PYTHON is an interpreter that has PyTango, which serves the same device source; PROGRAM is the C++ TangoTest. One
process plays all the clients: each has a connection of its own and reads a scalar again as soon as it has the answer.
Prints the median over the rounds, of requests a second and of the server's CPU time for each, in microseconds.
"""

from __future__ import annotations

import argparse
import os
import selectors
import socket
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from server_core.model.enums import DevSource
from server_core.model.identity import ClientIdent
from server_core.protocol.giop.connection import ClientConnection, Target
from server_core.protocol.operations import ReadAttributes

sys.path.insert(0, str(Path(__file__).parent))
from requests import BENCH, CPP, DEVICE, HERE, OURS, PYTANGO, TANGO_TEST, served

CLIENTS = (1, 10, 50, 200)
SECONDS = 1.0


def request_to(device: str, attribute: str) -> bytes:
    """A request to read an attribute."""
    codec = ClientConnection(1 << 20, ClientIdent(pid=os.getpid()))
    _, pieces = codec.request(ReadAttributes(device, (attribute,), DevSource.DEV), Target(device.encode(), 5))
    return b"".join(pieces)


@contextmanager
def connections(port: int, count: int) -> Iterator[list[socket.socket]]:
    """So many connections to a server."""
    with ExitStack() as opened:
        yield [opened.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(count)]


def answered(port: int, count: int, request: bytes) -> int:
    """How many requests of `count` clients are answered within the time; all answers fit one read."""
    with connections(port, count) as sockets, selectors.DefaultSelector() as selector:
        for sock in sockets:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(sock, selectors.EVENT_READ)
            sock.sendall(request)
        answers = 0
        end = time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            for key, _ in selector.select():
                assert isinstance(key.fileobj, socket.socket)
                if not key.fileobj.recv(65536):
                    raise SystemExit("the server closed a connection")
                key.fileobj.sendall(request)
                answers += 1
        return answers


def cpu_of(pid: int) -> float:
    """The CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure each server with each number of clients, in turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", metavar="PYTHON", help="an interpreter that has PyTango")
    parser.add_argument("--tango-test", metavar="PROGRAM", help="the C++ TangoTest")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    bench = str(HERE / "bench_device.py")
    starts = {OURS: ([sys.executable, bench], DEVICE, BENCH.scalar)}
    if options.peer:
        starts[PYTANGO] = ([options.peer, bench], DEVICE, BENCH.scalar)
    if options.tango_test:
        starts[CPP] = ([options.tango_test], "sys/tg_test/1", TANGO_TEST.scalar)
    figures: dict[tuple[str, int], list[tuple[float, float]]] = {}
    with ExitStack() as running:
        places = {}
        for name, (command, device, attribute) in starts.items():
            place = running.enter_context(served(command, device, BENCH_API=name))
            places[name] = place, request_to(device, attribute)
        for _ in range(options.rounds):
            for count in CLIENTS:
                for name, (place, request) in places.items():
                    before = cpu_of(place.process)
                    answers = answered(place.port, count, request)
                    cost = (cpu_of(place.process) - before) / answers * 1e6
                    figures.setdefault((name, count), []).append((answers / SECONDS, cost))
    print(f"{'clients':10}" + "".join(f"{name:>24}" for name in places))
    for count in CLIENTS:
        cells = [[statistics.median(one) for one in zip(*figures[name, count], strict=True)] for name in places]
        print(f"{count:<10}" + "".join(f"{rate:14.0f}/s {cost:5.1f} us" for rate, cost in cells))


if __name__ == "__main__":
    main()
