"""How long a device takes to be filled once it is opened, and what the screen costs while it stays open.

    python benchmarks/filling.py [--runs N] [--seconds N] [--size COLUMNSxLINES]

A TangoTest server with its attributes in a process of its own, the screen in this one. Prints the seconds from opening
`sys/tg_test/1` until all of its attributes (images are read when they are selected) have a value that is drawn; then
for each tab, left alone for some seconds: the part of a core that the screen takes, and the requests it sends in a
second, to the device and to its admin device.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from startup import control_system

DEVICE = "sys/tg_test/1"
sent: Counter[str] = Counter()


def count_requests() -> None:
    """Count what leaves this process, whichever of the two clients sends it."""
    from server_core.transport import aio, blocking

    def counted(call: Any) -> Any:
        def counting(connection: Any, request: Any, *rest: Any) -> Any:
            sent[type(request).__name__ + " " + str(getattr(request, "device", "")).partition("/")[0]] += 1
            return call(connection, request, *rest)

        return counting

    aio.AsyncConnection.call = counted(aio.AsyncConnection.call)  # type: ignore[method-assign]
    blocking.Connection.call = counted(blocking.Connection.call)  # type: ignore[method-assign]


async def fill(app: Any) -> tuple[float, int]:
    """Seconds from opening the device until it is filled, and its attributes."""
    from server_core.model.enums import AttrDataFormat

    app.screen.open_device("dserver/TangoTest/benchmark")
    await asyncio.sleep(0.5)
    began = time.perf_counter()
    app.screen.open_device(DEVICE, enter=True)
    device = app.store.device
    while True:
        await asyncio.sleep(0.002)
        known = [each for each in device.attributes.values() if each.config.data_format is not AttrDataFormat.IMAGE]
        pane = app.screen.pane
        drawn = pane is not None and pane.device is device and len(pane.grid.rows) == len(device.attributes)
        if known and drawn and not device.changes and all(each.reading for each in known):
            return time.perf_counter() - began, len(device.attributes)


async def idle(app: Any, seconds: float) -> None:
    """What each tab costs while nobody does anything."""
    from tangoterm.tui.observed import View

    for view in View:
        app.screen.show_view(view)
        await asyncio.sleep(3)
        sent.clear()
        began = time.process_time()
        await asyncio.sleep(seconds)
        share = (time.process_time() - began) / seconds
        rates = ", ".join(f"{name} {number / seconds:.1f}" for name, number in sent.most_common())
        print(
            f"idle on {view.value:12} {share:6.1%} of a core, {sum(sent.values()) / seconds:4.1f} requests/s: {rates}"
        )


async def run(runs: int, seconds: float, size: tuple[int, int]) -> None:
    """Everything, in one screen."""
    from tangoterm.tui.app import TangoTerm
    from tangoterm.tui.live import LiveSystem
    from tangoterm.tui.observed import View

    count_requests()
    app = TangoTerm(LiveSystem())
    async with app.run_test(size=size):
        app.screen.view = View.ATTRIBUTES
        times = []
        for _ in range(runs + 1):
            took, attributes = await fill(app)
            times.append(took)
        times = sorted(times[1:])
        print(f"{attributes} attributes filled (target 0.5 s)  median {statistics.median(times):.3f} s", end="")
        print(f"   {times[0]:.3f} … {times[-1]:.3f}")
        if seconds:
            await idle(app, seconds)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--size", default="120x40")
    words = parser.parse_args()
    with control_system() as environment:
        os.environ["TANGOTERM_DATABASE"] = environment["TANGOTERM_DATABASE"]
        os.environ["HOME"] = os.path.dirname(environment["TANGOTERM_DATABASE"])
        os.environ.pop("TANGO_HOST", None)
        columns, lines = map(int, words.size.split("x"))
        asyncio.run(run(words.runs, words.seconds, (columns, lines)))


if __name__ == "__main__":
    main()
