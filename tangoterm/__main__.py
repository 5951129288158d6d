"""`tangoterm` and `python -m tangoterm`: the command line, and the faces it opens."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

from tangoterm.cli.app import Faces
from tangoterm.cli.app import main as run_command_line
from tangoterm.console.settings import Settings


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line (default: the process's own); the exit code."""
    return run_command_line(sys.argv[1:] if argv is None else argv, Faces(_tui, _repl, _demo))


def _tui(settings: Settings, device: str | None) -> int:
    from tangoterm.tui import run_tui

    return run_tui(settings, device)


def _repl(settings: Settings, lines: Sequence[str], script: str | None) -> int:
    from tangoterm.repl import run_repl

    return run_repl(settings, lines, script)


def _demo(settings: Settings, on_screen: bool) -> int:
    from tangoterm.demo import run_demo

    return run_demo(None if not on_screen else lambda host: _tui(replace(settings, host=host), None))


if __name__ == "__main__":
    sys.exit(main())
