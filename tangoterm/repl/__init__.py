"""The control system at a prompt: the console's commands with completion, checks while typing, and events above it.

`interpreter` runs lines, whoever gives them; `prompt` asks a person for them, `batch` takes them from `-c`, a file or a
pipe. prompt_toolkit is loaded for a person only.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tangoterm.console.settings import Settings


def run_repl(settings: Settings, lines: Sequence[str] = (), script: str | None = None) -> int:
    """Run `lines`, then the file `script` (`-` for standard input), or without either ask a person; the exit code.

    Without a terminal to ask at, standard input is the script.
    """
    if script is None and not lines and not (sys.stdin.isatty() and sys.stdout.isatty()):
        script = "-"
    if lines or script is not None:
        from tangoterm.repl.batch import run_batch

        return run_batch(settings, lines, script)
    from tangoterm.repl.prompt import run_prompt

    return run_prompt(settings)
