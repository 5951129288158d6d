"""How the screen is opened: the terminal is looked at first, and Textual imported only then."""

from __future__ import annotations

import gc
import os
import signal
import sys

from tangoterm.console.commands import UsageError
from tangoterm.console.names import none_of
from tangoterm.console.settings import Settings


def run_tui(settings: Settings, device: str | None = None) -> int:
    """Open the full screen on a control system and stay until the user leaves; the exit code.

    `device` is opened at once. 1 when the terminal goes away. A browser is as good as a terminal: `TEXTUAL_DRIVER` says
    that one shows the screen. Raises UsageError without either, and for keys or a theme of the settings that cannot be.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()) and not os.environ.get("TEXTUAL_DRIVER"):
        raise UsageError("the full screen needs a terminal; see `tangoterm --help` for commands")
    gc.disable()  # until the screen stands: what is made for it stays
    from tangoterm.tui.keymap import KeymapError, check_plugins, choose
    from tangoterm.tui.look import theme_for
    from tangoterm.tui.themes import ALL_THEMES

    if settings.theme not in (None, *ALL_THEMES):
        raise UsageError(f"theme: {none_of(str(settings.theme), sorted(ALL_THEMES))}")
    try:
        choose(dict(settings.keys))
        check_plugins(settings.plugin)
    except KeymapError as error:
        raise UsageError(str(error)) from None
    from tangoterm.console.opening import open_session
    from tangoterm.tui.app import TangoTerm
    from tangoterm.tui.live import LiveSystem

    session = open_session(settings, "tui", lasting=True)
    port = LiveSystem(settings.host, settings.timeout, session)
    app = TangoTerm(port, device, theme_for(settings.theme), settings.plugin)
    before = signal.getsignal(signal.SIGTERM)
    try:
        app.run(mouse=settings.mouse)
    finally:
        signal.signal(signal.SIGTERM, before)
    return app.return_code or 0
