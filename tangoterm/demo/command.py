"""The command `tangoterm demo`: the living system in the TUI, or without a terminal a guided tour in print.

With `--no-tui` it lives for other programs until it is interrupted.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import FrameType

from tangoterm.demo.orchestra import Demo, DemoFailed


def run_demo(open_tui: Callable[[str], int] | None, *, interactive: bool | None = None) -> int:
    """Run the demo until its user leaves; gives the exit code.

    `open_tui` shows the control system at a `host:port` and returns when the user quits. It is called when both
    standard input and output are terminals (or `interactive` says so), else the tour is printed. With None the demo
    says where it is and lives until SIGINT or SIGTERM.
    """
    if interactive is None:
        interactive = sys.stdin.isatty() and sys.stdout.isatty()
    show = _wait if open_tui is None else open_tui if interactive else _tour
    previous = signal.signal(signal.SIGTERM, _leave)
    try:
        with Demo() as demo:
            return show(demo.host)
    except DemoFailed as failure:
        print(f"The demo failed: {failure}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        signal.signal(signal.SIGTERM, previous)


def _wait(host: str) -> int:
    print(f"TANGO_HOST={host}", flush=True)  # noqa: T201
    print("A control system for any Tango client, until Ctrl-C. Try: tangoterm, itango, PyTango.", flush=True)  # noqa: T201
    try:
        while True:
            signal.pause()
    except KeyboardInterrupt:
        return 0


def _tour(host: str) -> int:
    from tangoterm.client import close_connections
    from tangoterm.demo.tour import tour

    try:
        return tour(host, sys.stdout)
    finally:
        close_connections()


def _leave(number: int, frame: FrameType | None) -> None:
    """SIGTERM ends the demo as if its user had left."""
    raise SystemExit(128 + number)
