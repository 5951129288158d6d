"""Background output never floods the terminal, and loses nothing silently."""

from __future__ import annotations

import io
import re

from tangoterm.console.settings import Settings
from tangoterm.console.terminal import Terminal
from tangoterm.repl.jobs import BURST, Printer


def test_a_flood_is_cut_and_counted() -> None:
    out = io.StringIO()
    printer = Printer(Terminal(Settings(), out, io.StringIO()))
    for number in range(1000):
        printer.put(f"line {number}")
    printer.close()
    lines = out.getvalue().splitlines()
    shown = [line for line in lines if line.startswith("line")]
    skipped = sum(int(count) for count in re.findall(r"… (\d+) more", out.getvalue()))
    assert len(shown) >= BURST
    assert len(shown) + skipped == 1000
