"""Background output never floods the terminal, and loses nothing silently."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from server_core.model.errors import DevFailed
from tangoterm.console.result import Failure, Layout, Result, Row, columns
from tangoterm.console.session import Session
from tangoterm.console.settings import Settings
from tangoterm.console.terminal import Terminal
from tangoterm.repl.jobs import BURST, Jobs, Printer


def failing(words: list[str]) -> Result:
    """A result that goes on, and has failed in part when it ends."""
    result = Result(columns("Word"), (), Layout.LIVE, stop=lambda: None)

    def rows() -> Iterator[Row]:
        yield from ({"word": word} for word in words)
        result.failures.append(Failure("a/b/c", DevFailed.of("API_DeviceUnlocked", "the lock is lost", "test")))

    result.rows = rows()
    return result


def test_a_job_tells_its_failures_and_that_it_has_ended() -> None:
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(Settings(), out, err)
    jobs = Jobs(Session(), terminal)
    thread = jobs.start("watch", failing(["one", "two"])).thread
    assert thread is not None
    thread.join()
    jobs.stop_all()
    assert out.getvalue() == "one\ntwo\n"
    assert "a/b/c: API_DeviceUnlocked: the lock is lost" in err.getvalue()
    assert err.getvalue().endswith("[1] watch has ended\n")


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
