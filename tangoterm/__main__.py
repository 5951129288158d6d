"""`tangoterm` and `python -m tangoterm`: the command line, and the faces it opens."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tangoterm.console.settings import Settings

COMPLETE = "__complete"
"""What a shell calls at every Tab; it must not wait for what the command line needs."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line (default: the process's own); the exit code."""
    words = sys.argv[1:] if argv is None else argv
    if words[:1] == [COMPLETE]:
        from tangoterm.cli.completing import complete

        return complete(words[1:])
    from tangoterm.cli.app import Faces
    from tangoterm.cli.app import main as run_command_line

    return run_command_line(words, Faces(_tui, _repl, _demo))


def _tui(settings: Settings, device: str | None) -> int:
    from tangoterm.tui import run_tui

    return run_tui(settings, device)


def _repl(settings: Settings, lines: Sequence[str], script: str | None) -> int:
    from tangoterm.repl import run_repl

    return run_repl(settings, lines, script)


def _demo(settings: Settings, on_screen: bool) -> int:
    from dataclasses import replace

    from tangoterm.demo import run_demo

    return run_demo(None if not on_screen else lambda host: _tui(replace(settings, host=host), None))


if __name__ == "__main__":
    sys.exit(main())
