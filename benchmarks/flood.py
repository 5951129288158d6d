"""How quickly a key is answered while events pour in, and whether memory stays where it is.

    python benchmarks/flood.py [--seconds N] [--rate N] [--minutes N]

A server in a process of its own pushes the change events of a device that is open on the screen, as fast as it can or
N in a second; then the same many come from a port that makes them up, without a server. While they come, the cursor
moves every tenth of a second: prints the events that arrived in a second, and the median and the worst time from a key
to the moment when all it set off is done. With `--minutes` the flood goes on for so long, and memory is told each half
minute.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

DEVICE = "test/flood/1"
MANY = 20
BURSTS = 100
"""Bursts in a second."""


def serve() -> None:
    """The server: twenty attributes that are pushed in turn, PUSH_RATE events a second."""
    from server_core import Device, attribute, run

    class Flood(Device):  # type: ignore[misc]
        """Pushes events."""

        for name in [f"value_{number:02}" for number in range(MANY)]:
            locals()[name] = attribute(name=name, dtype=float, fget="read_value")
        del name

        def init_device(self) -> None:
            super().init_device()
            for number in range(MANY):
                self.set_change_event(f"value_{number:02}", True, False)
            threading.Thread(target=self._push, daemon=True).start()

        def read_value(self, *_: object) -> float:
            return 0.0

        def _push(self) -> None:
            rate, number, due = float(os.environ["PUSH_RATE"]), 0, time.monotonic()
            while True:
                for _ in range(round(rate / BURSTS)):
                    number += 1
                    self.push_change_event(f"value_{number % MANY:02}", float(number))
                due = max(due + 1 / BURSTS, time.monotonic() - 1)
                time.sleep(max(0.0, due - time.monotonic()))

    run((Flood,), args=["Flood", "bench"])


async def keys(app: Any, seconds: float) -> list[float]:
    """The times of keys that move the cursor up and down."""
    from textual import events

    times = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        key = "up" if len(times) % 2 else "down"
        began = time.perf_counter()
        app.typeahead.take(events.Key(key, None))
        await app.typeahead.finished()
        times.append(time.perf_counter() - began)
        await asyncio.sleep(0.1)
    return times


def filled(app: Any) -> bool:
    """Whether the device is on the screen, and its events are subscribed to."""
    observed = app.store.device.attributes.values() if app.store.device and app.screen.pane else ()
    pushed = [each.by_event for each in observed if each.key.startswith("value")]
    return len(pushed) == MANY and all(pushed)


@asynccontextmanager
async def screen(port: Any) -> AsyncIterator[Any]:
    """The screen on the device, filled."""
    from tangoterm.tui.app import TangoTerm
    from tangoterm.tui.observed import View

    app = TangoTerm(port, DEVICE)
    async with app.run_test(size=(120, 40)):
        while not filled(app):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        app.screen.show_view(View.ATTRIBUTES)
        yield app


async def measure(title: str, port: Any, seconds: float, minutes: float, rate: int = 0) -> None:
    """Press keys for some seconds, then watch the memory."""
    async with screen(port) as app:
        making = asyncio.create_task(make_up(app.store.device, rate)) if rate else None
        gc.freeze()  # as on a terminal
        await asyncio.sleep(1)
        before, cpu, began = arrived(app), time.process_time(), time.monotonic()
        times = sorted(await keys(app, seconds))
        took = time.monotonic() - began
        rate_seen = (arrived(app) - before) / took
        share = (time.process_time() - cpu) / took
        print(f"{title}: {rate_seen:,.0f} events/s, {share:.0%} of a core; a key (target 50 ms): ", end="")
        print(f"median {statistics.median(times) * 1000:.0f} ms, worst {times[-1] * 1000:.0f} ms, {len(times)} keys")
        for half in range(round(minutes * 2) + 1 if minutes else 0):
            print(f"    memory after {half / 2:.1f} min: {resident():.1f} MB", flush=True)
            await asyncio.sleep(30)
        if making is not None:
            making.cancel()


async def make_up(device: Any, rate: int) -> None:
    """Events from nowhere, handed to the screen as the port does."""
    from server_core.model.values import AttributeValue
    from tangoterm.tui.attribute import receiver

    takers = [
        (each.config.name, receiver(each, device._values_came))
        for each in device.attributes.values()
        if each.key.startswith("value")
    ]
    number, due = 0, time.monotonic()
    while True:
        for _ in range(rate // BURSTS):
            number += 1
            name, take = takers[number % MANY]
            take(AttributeValue(name, float(number), time=time.time()))
        due = max(due + 1 / BURSTS, time.monotonic() - 1)
        await asyncio.sleep(max(0.0, due - time.monotonic()))


def arrived(app: Any) -> int:
    """Readings taken in so far."""
    return sum(each.updates for each in app.store.device.attributes.values())


def resident() -> float:
    """Memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def with_server(rate: int, seconds: float, minutes: float, made_up: int) -> None:
    """One run with a server that pushes `rate` events a second; with `made_up` so many more come from nowhere."""
    from tangoterm.tui.live import LiveSystem

    environment = {**os.environ, "PUSH_RATE": str(rate)}
    arguments = [sys.executable, __file__, "--serve"]
    server = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        while not server.stdout.readline().startswith("Ready"):
            if server.poll() is not None:
                raise SystemExit("the server did not start")
        title = f"made up, {made_up} wanted" if made_up else f"from a server, {rate} wanted"
        asyncio.run(measure(title, LiveSystem(), seconds, minutes, made_up))
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def main() -> None:
    """Measure."""
    if "--serve" in sys.argv:
        serve()
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--minutes", type=float, default=0)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        os.environ |= {"HOME": directory, "TANGOTERM_DATABASE": f"{directory}/database"}
        os.environ.pop("TANGO_HOST", None)
        from server_core.database.sqlite import SqliteStore

        store = SqliteStore(Path(directory) / "database")
        store.add_server("Flood/bench", [(DEVICE, "Flood")])
        store.close()
        for rate in (words.rate // 10, words.rate):
            with_server(rate, words.seconds, words.minutes if rate == words.rate else 0, 0)
        with_server(0, words.seconds, 0, words.rate)


if __name__ == "__main__":
    main()
