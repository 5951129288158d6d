"""How the screen is opened: the terminal is looked at first, and Textual imported only then."""

from __future__ import annotations

import signal
import sys


def run_tui(host: str | None = None, *, timeout: float = 3.0, device: str | None = None) -> int:
    """Open the full screen on a control system and stay until the user leaves; the exit code.

    `host` is `HOST:PORT` of the database (else TANGO_HOST, else the embedded database), `timeout` that of each request
    in seconds, `device` a device to open at once. Without a terminal: a line on stderr, and 2; 1 when the terminal goes
    away.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        print("tangoterm: the full screen needs a terminal; see `tangoterm --help` for commands", file=sys.stderr)  # noqa: T201
        return 2
    from tangoterm.tui.app import TangoTerm
    from tangoterm.tui.live import LiveSystem

    app = TangoTerm(LiveSystem(host, timeout), device)
    before = signal.getsignal(signal.SIGTERM)
    try:
        app.run()
    finally:
        signal.signal(signal.SIGTERM, before)
    return app.return_code or 0
