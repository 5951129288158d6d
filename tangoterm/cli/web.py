"""The command `web`: the full screen in a browser, through textual-serve."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence
from typing import Any

from tangoterm.cli.parser import HelpFormatter
from tangoterm.cli.programs import PROGRAMS
from tangoterm.console.commands.table import UsageError
from tangoterm.console.exit_codes import Exit
from tangoterm.console.settings import Settings

Program = Callable[[Callable[[Settings, argparse.Namespace], int]], Callable[[argparse.Namespace], int]]

PORT = 8080


def add_web(subparsers: Any, common: argparse.ArgumentParser, program: Program) -> None:
    """The command `web`."""
    parser = subparsers.add_parser(
        "web",
        usage="tangoterm web [DEVICE] [--bind ADDRESS] [--port PORT] [options]",
        help=PROGRAMS["web"],
        description="Serve the full screen to web browsers, each page with a screen of its own. Whoever reaches the "
        "port can do what you can: there is no password, so it stays on this machine unless told otherwise; with "
        "--read-only nothing can be changed. Needs the package textual-serve: pip install 'tangoterm[web]'.",
        epilog="examples:\n  tangoterm web\n  tangoterm web sys/tg_test/1 --port 8090 --read-only\n",
        formatter_class=HelpFormatter,
        parents=[common],
    )
    parser.add_argument("device", nargs="?", metavar="DEVICE", help="the device to open")
    parser.add_argument("--bind", default="127.0.0.1", metavar="ADDRESS", help="where to listen; default 127.0.0.1")
    parser.add_argument("--port", type=int, default=PORT, help=f"default {PORT}")
    parser.set_defaults(_start=program(web))


def web(settings: Settings, words: argparse.Namespace) -> int:
    """Serve until Ctrl-C. Raises UsageError without textual-serve."""
    try:
        from textual_serve.server import Server
    except ImportError:
        raise UsageError("the screen in a browser needs textual-serve: pip install 'tangoterm[web]'") from None
    Server(shlex.join(screen_command(settings, words.device)), words.bind, words.port, "tangoterm").serve()
    return Exit.DONE


def screen_command(settings: Settings, device: str | None) -> Sequence[str]:
    """The command line of each page's screen, with the settings of this one."""
    words = [sys.executable, "-m", "tangoterm", "tui", "--timeout", f"{settings.timeout:g}"]
    if settings.host is not None:
        words += ["--host", settings.host]
    if settings.read_only:
        words.append("--read-only")
    return [*words, device] if device else words
