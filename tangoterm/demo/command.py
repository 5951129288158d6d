"""The command `tangoterm demo`: the living system in the TUI, or without a terminal a guided tour in print."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import FrameType

from tangoterm.demo.orchestra import Demo, DemoFailed


def run_demo(open_tui: Callable[[str], int], *, interactive: bool | None = None) -> int:
    """Run the demo until its user leaves; gives the exit code.

    `open_tui` shows the control system at a `host:port` and returns when the user quits. It is called when both
    standard input and output are terminals (or `interactive` says so), else the tour is printed.
    """
    if interactive is None:
        interactive = sys.stdin.isatty() and sys.stdout.isatty()
    previous = signal.signal(signal.SIGTERM, _leave)
    try:
        return _run(open_tui if interactive else None)
    except DemoFailed as failure:
        print(f"The demo failed: {failure}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        signal.signal(signal.SIGTERM, previous)


def _run(open_tui: Callable[[str], int] | None) -> int:
    with Demo() as demo:
        if open_tui is not None:
            return open_tui(demo.host)
        return _show(demo.host)


def _show(host: str) -> int:
    from tangoterm.client import close_connections
    from tangoterm.demo.tour import tour

    try:
        return tour(host, sys.stdout)
    finally:
        close_connections()


def _leave(number: int, frame: FrameType | None) -> None:
    """SIGTERM ends the demo as if its user had left."""
    raise SystemExit(128 + number)
