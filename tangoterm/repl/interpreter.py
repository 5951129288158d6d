"""Runs lines of the prompt or of a script in one session; knows nothing of where they come from."""

from __future__ import annotations

from time import perf_counter

from tangoterm.console.commands import COMMANDS, Command, UsageError
from tangoterm.console.engine import run, subject
from tangoterm.console.line import Call, parse_line
from tangoterm.console.result import Failure, Refused, Result
from tangoterm.console.session import Session
from tangoterm.console.terminal import Terminal
from tangoterm.console.tokens import ArgumentError
from tangoterm.repl.jobs import Jobs
from tangoterm.repl.python_mode import PythonMode
from tangoterm.repl.tasks import interruptible
from tangoterm.repl.words import prompt_words

PYTHON_SIGN = "!"
"""What a line of Python begins with."""


class Interpreter:
    """The state of one conversation: the session, where results go, jobs in the background, Python names.

    With `interactive` results that end when they are stopped (`monitor`, `log`) go on in the background while further
    lines are read; otherwise a line is done when its result ends.
    """

    def __init__(self, session: Session, terminal: Terminal, *, interactive: bool) -> None:
        self.session = session
        self.terminal = terminal
        self.interactive = interactive
        self.jobs = Jobs(session, terminal)
        self.python = PythonMode(session)
        self.commands: dict[str, Command] = {**COMMANDS, **prompt_words(self)}
        self.done = False
        self.last_duration: float | None = None

    def execute(self, line: str) -> bool:
        """Run one line and show what came of it; whether it was done without failure.

        KeyboardInterrupt passes through; a request that was under way is then abandoned.
        """
        began = perf_counter()
        try:
            return self._execute(line)
        finally:
            self.last_duration = perf_counter() - began

    def close(self) -> None:
        """Stop what runs in the background and release the session."""
        self.jobs.stop_all()
        self.session.close()

    def _execute(self, line: str) -> bool:
        if line.lstrip().startswith(PYTHON_SIGN):
            return self._python(line.lstrip().removeprefix(PYTHON_SIGN))
        try:
            call = parse_line(line, self.commands)
            return True if call is None else self._run(call, line)
        except (UsageError, ArgumentError) as error:
            self.terminal.problem(str(error))
            return False

    def _run(self, call: Call, line: str) -> bool:
        command, arguments = call
        try:
            result = interruptible(lambda: run(command, self.session, arguments))
        except Refused as refusal:
            self.terminal.failure(self.session, refusal.failure)
            return False
        except ArgumentError as error:
            self.terminal.problem(f"{subject(command, arguments)}: {error}")
            return False
        if result.stop is not None and self.interactive:
            return self._background(line, result)
        return self.terminal.show(self.session, result)

    def _background(self, line: str, result: Result) -> bool:
        job = self.jobs.start(line.strip(), result)
        self.terminal.remark(f"[{job.number}] {job.line}   (stop {job.number} ends it)")
        return True

    def _python(self, source: str) -> bool:
        outcome = interruptible(lambda: self.python.run(source))
        if outcome.text:
            self.terminal.text(outcome.text)
        if outcome.failure is not None:
            self.terminal.failure(self.session, Failure("python", outcome.failure))
        elif outcome.problem:
            self.terminal.problem(outcome.problem)
        return not outcome.problem and outcome.failure is None
