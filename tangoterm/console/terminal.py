"""The two streams: results on stdout, talk on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from server_core.model.errors import DevFailed
from tangoterm.console.cells import json_errors, json_line
from tangoterm.console.engine import failure_lines
from tangoterm.console.format import error_lines
from tangoterm.console.reader import stopped_without_reader
from tangoterm.console.render import Form, Output, Paint, render
from tangoterm.console.result import Failure, Frame, Layout, Result
from tangoterm.console.session import Session
from tangoterm.console.settings import Settings
from tangoterm.console.transcript import Transcript

PROGRAM = "tangoterm"


class OutputError(Exception):
    """Standard output does not take what is written; the text says why."""


class Terminal:
    """Writes results and remarks in the form the settings ask for."""

    def __init__(self, settings: Settings, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._given_out = out
        self._given_err = err
        self._debug = settings.debug
        self.last_failure: Failure | None = None
        self.transcript: Transcript | None = None
        self.output: Form = settings.output or (Output.TABLE if self._out.isatty() else Output.PLAIN)
        self.paint = Paint(colour=_colour(settings, self._out), width=self._width, headers=settings.headers)
        self._quiet = settings.quiet
        self._err_paint = Paint(colour=_colour(settings, self._err))

    @property
    def _out(self) -> TextIO:
        """Standard output as it is now: a prompt replaces it while it waits, so that lines appear above it."""
        return self._given_out or sys.stdout

    @property
    def _err(self) -> TextIO:
        return self._given_err or sys.stderr

    @property
    def _for_programs(self) -> bool:
        return isinstance(self.output, Output) and self.output.for_programs

    def _width(self) -> int | None:
        """The columns of the terminal; None when there is none."""
        if not self._out.isatty():
            return None
        from shutil import get_terminal_size

        return get_terminal_size().columns

    def show(self, session: Session, result: Result) -> bool:
        """Write a result; whether all of it could be had."""
        if result.note and result.layout is Layout.LIVE:
            self.remark(result.note)
        if result.frames is not None and self.output is Output.TABLE and self._out.isatty():
            self._redraw(result.frames())
            return True
        with stopped_without_reader(self._out, result.stop):
            for line in render(result, self.output, self.paint):
                self._write(line, flush=result.layout is Layout.LIVE)
        self._flush()
        if result.note and result.layout is not Layout.LIVE:
            self.remark(result.note)
        for failure in result.failures:
            self.failure(session, failure)
        return not result.failures

    def _redraw(self, frames: Iterable[Frame]) -> None:
        """Show each frame in the place of the last one."""
        from shutil import get_terminal_size

        from tangoterm.console.redraw import Redrawing, drawn_over

        redrawing, last = Redrawing(self.paint), 0
        for frame in frames:
            lines = redrawing.lines(frame, get_terminal_size().lines - 1)
            self._write("".join(drawn_over(lines, last)), end="", flush=True)
            last = len(lines)

    def text(self, text: str) -> None:
        """Lines that stand for themselves."""
        self._write(text.removesuffix("\n"), flush=True)

    def remark(self, text: str) -> None:
        """Something to know, on stderr; left out when a program reads."""
        if not (self._quiet or self._for_programs):
            self._talk(text.splitlines())

    def failure(self, session: Session, failure: Failure) -> None:
        """A failure: for people its cause, what that means and what helps; with `--debug`, and where no person looks,
        the whole stack; for programs one line of JSON."""
        if self._for_programs:
            self._talk([json_line({"name": failure.name, "errors": json_errors(failure.error.errors)})])
        else:
            self.last_failure = failure
            self._complain(failure_lines(session, failure, whole=self._debug or not self._err.isatty()))

    def refusal(self, error: DevFailed) -> None:
        """The error stack of something that has no name."""
        self._complain(error_lines(error.errors))

    def problem(self, text: str) -> None:
        """One line that says what is wrong."""
        self._complain([text])

    def _write(self, line: str, *, end: str = "\n", flush: bool) -> None:
        if self.transcript is not None:
            self.transcript.write(line)
        with _checked():
            self._out.write(line + end)
        if flush:
            self._flush()

    def _flush(self) -> None:
        with _checked():
            self._out.flush()

    def _complain(self, lines: Iterable[str]) -> None:
        first, *more = lines
        self._talk([f"{PROGRAM}: {self._err_paint.error(first)}", *more])

    def _talk(self, lines: Iterable[str]) -> None:
        self._flush()
        for line in lines:
            if self.transcript is not None:
                self.transcript.write(line)
            self._err.write(line + "\n")
        self._err.flush()


@contextmanager
def _checked() -> Iterator[None]:
    """Raises OutputError when writing fails; a reader that went away is a BrokenPipeError still."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"the result cannot be written: {error.strerror}") from error


def _colour(settings: Settings, stream: TextIO) -> bool:
    if settings.color is not None:
        return settings.color
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def prepare_streams() -> None:
    """Make the standard streams fit for use.

    Characters that the terminal's encoding lacks are written as escapes instead of ending the program. A stream that
    was closed leads nowhere, and its number is not given to a socket.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  as long as the program
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def abandon_stdout() -> None:
    """Nobody reads stdout any more: let what is left of it go nowhere, silently."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
