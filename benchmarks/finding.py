"""How long a key stroke takes when one finds in a large control system, and what memory browsing in it takes.

    python benchmarks/finding.py [DEVICES]

Prints the median and the worst time of a key stroke of the engine, with a hundred classes of forty attributes, and the
memory of the screen after browsing and searching in all devices. Times are of the processor, so that neighbours do not
count.
"""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

WORDS = (
    "mem-00417", "dom03 mem", "tg1/dou", "fam07/mem", "class42", "curr", "dom05/fam02 cur", "state", "motr", "nick40",
    "pressure_7 !dom01", "srv12/inst", "crate7", "dom1 attr temp", "doubel_scalar",
)  # fmt: skip
MEMBERS = ("current", "voltage", "temperature", "pressure", "position", "double_scalar", "State", "Status")
CLASSES = 100


def fill(path: Path, count: int) -> None:
    """A database of `count` devices, all served once, with an alias here and there."""
    from server_core.database.sqlite import SqliteStore

    store = SqliteStore(path)
    servers: dict[str, list[tuple[str, str]]] = {}
    for number in range(count):
        kind = number % CLASSES
        name = f"dom{number % 12:02}/fam{number // 12 % 40:02}/mem-{number:05}"
        servers.setdefault(f"srv{kind}/inst{number % 300}", []).append((name, f"Class{kind}"))
    for server, devices in servers.items():
        store.add_server(server, devices)
    for number in range(0, count, 50):
        store.put_device_alias(f"dom{number % 12:02}/fam{number // 12 % 40:02}/mem-{number:05}", f"nick{number}")
    store.close()


def keystrokes() -> None:
    """The times of the engine."""
    from tangoterm.console.finding import Finder, MemberNames, Usage
    from tangoterm.console.session import Session

    finder = Finder(Usage())
    session = Session()
    began = time.process_time()
    finder.know(session.catalogue.records)
    built = time.process_time() - began
    for kind in range(CLASSES):
        attributes = tuple((f"{word}_{number}", "DevDouble") for word in MEMBERS for number in range(5))
        finder.book.learn(f"none/{kind}", f"Class{kind}", MemberNames(attributes, (("Init", ""), ("State", ""))))
    for record in session.catalogue.records[:200:7]:
        finder.used(record.name)
    times = []
    for words in WORDS:
        for end in range(1, len(words) + 1):
            began = time.process_time()
            finder.find(words[:end])
            times.append((time.process_time() - began, words[:end]))
    worst = max(times)
    print(f"{len(finder.devices)} devices: catalogue and index {built * 1000:.0f} ms")
    print(f"a key stroke: median {statistics.median(each for each, _ in times) * 1000:.1f} ms, ", end="")
    print(f"worst {worst[0] * 1000:.1f} ms ({worst[1]!r}), {len(times)} key strokes")


async def browse() -> None:
    """The memory of the screen."""
    from tangoterm.tui.app import TangoTerm
    from tangoterm.tui.live import LiveSystem

    app = TangoTerm(LiveSystem())
    async with app.run_test(size=(120, 40)) as pilot:
        while not (app.store.loaded and app.store.finding.finder.devices):
            await pilot.pause(0.1)
        start = _resident()
        for _ in range(5):
            await pilot.press("t", "down", "enter", "pagedown")
        for words in WORDS:
            await pilot.press("ctrl+f", *(" " if letter == " " else letter for letter in words), "escape")
            await pilot.press("colon", *words, "escape")
        print(f"the screen: {start:.0f} MB when all devices are known, {_resident():.0f} MB after browsing and finding")


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as directory:
        os.environ |= {"HOME": directory, "XDG_STATE_HOME": directory, "XDG_CONFIG_HOME": directory}
        os.environ["TANGOTERM_DATABASE"] = f"{directory}/database"
        os.environ.pop("TANGO_HOST", None)
        fill(Path(directory) / "database", count)
        if os.fork() == 0:  # the screen alone in a process
            asyncio.run(browse())
            os._exit(0)
        os.wait()
        keystrokes()


if __name__ == "__main__":
    main()
