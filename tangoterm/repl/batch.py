"""Lines without a person: `-c`, a script file, a pipe. The first line that fails ends it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import NamedTuple

from tangoterm.console.exit_codes import Exit
from tangoterm.console.opening import open_session
from tangoterm.console.settings import Settings
from tangoterm.console.terminal import Terminal
from tangoterm.repl.interpreter import Interpreter


class _Line(NamedTuple):
    """A line to run, and where it stands, for errors; empty for `-c`."""

    text: str
    place: str = ""


def run_batch(settings: Settings, lines: Sequence[str], script: str | None) -> int:
    """Run `lines`, then `script` (`-` for standard input).

    The exit code is that of the line that failed, 2 when the script cannot be read; else 0, or 3 when a dry run found
    something to change.
    """
    terminal = Terminal(settings)
    with ExitStack() as stack:
        try:
            source: Iterable[str] = () if script is None else _opened(script, stack)
        except OSError as error:
            terminal.problem(f"{script} cannot be read: {error.strerror}")
            return Exit.USAGE
        interpreter = Interpreter(open_session(settings, "repl", lasting=True), terminal, interactive=False)
        stack.callback(interpreter.close)
        return _run(interpreter, terminal, _all_lines(lines, source, script))


def _opened(script: str, stack: ExitStack) -> Iterable[str]:
    if script == "-":
        return sys.stdin
    return stack.enter_context(open(script, encoding="utf-8"))


def _all_lines(lines: Sequence[str], source: Iterable[str], script: str | None) -> Iterator[_Line]:
    for text in lines:
        yield _Line(text)
    name = "standard input" if script == "-" else script
    for number, text in enumerate(source, 1):
        yield _Line(text.rstrip("\n"), f"{name}, line {number}")


def _run(interpreter: Interpreter, terminal: Terminal, lines: Iterator[_Line]) -> int:
    for line in lines:
        if not interpreter.execute(line.text):
            if line.place:
                terminal.remark(f"stopped at {line.place}")
            return interpreter.exit_code
        if interpreter.done:
            break
    return Exit.WOULD_CHANGE if interpreter.session.changes.planned else Exit.DONE
