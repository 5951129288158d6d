"""Runs lines of the prompt or of a script in one session; knows nothing of where they come from."""

from __future__ import annotations

import re
from collections.abc import Container
from time import perf_counter

from tangoterm.console.changes import Declined
from tangoterm.console.commands import COMMANDS, Command, UsageError
from tangoterm.console.engine import run, subject
from tangoterm.console.exit_codes import Exit, exit_of
from tangoterm.console.line import Call, parse_line
from tangoterm.console.opening import open_session
from tangoterm.console.result import Failure, Refused, Result
from tangoterm.console.session import Session
from tangoterm.console.settings import SettingsError, load_settings
from tangoterm.console.terminal import Terminal
from tangoterm.console.tokens import ArgumentError
from tangoterm.repl.jobs import Jobs
from tangoterm.repl.python_mode import PythonMode
from tangoterm.repl.tasks import Questions, interruptible
from tangoterm.repl.words import prompt_words

PYTHON_SIGN = "!"
"""What a line of Python begins with."""

_ADDRESS = re.compile(r"\s*@(\S+:\d+)(?=\s|$)")


def address_of(line: str) -> tuple[str, str] | None:
    """The address and the rest of a line for another control system, `@HOST:PORT COMMAND ...`; None for any other."""
    found = _ADDRESS.match(line)
    return (found[1], line[found.end() :]) if found is not None else None


def without_percent(line: str, commands: Container[str]) -> str:
    """A line as itango writes it, without the `%` before the command."""
    bare = line.lstrip()
    return bare[1:] if bare.startswith("%") and bare[1:].partition(" ")[0].lower() in commands else line


class Interpreter:
    """The state of one conversation: the session, where results go, jobs in the background, Python names.

    With `interactive` results that end when they are stopped (`monitor`, `log`) go on in the background while further
    lines are read; otherwise a line is done when its result ends. `exit_code` is that of the last line that failed.
    """

    def __init__(self, session: Session, terminal: Terminal, *, interactive: bool) -> None:
        self.session = session
        self.terminal = terminal
        self.interactive = interactive
        self.jobs = Jobs(session, terminal)
        self.python = PythonMode(session)
        self.commands: dict[str, Command] = {**COMMANDS, **prompt_words(self)}
        self.done = False
        self.in_python = False
        self.last_duration: float | None = None
        self.exit_code = Exit.DONE
        self.questions = Questions(session.changes)
        self._elsewhere: dict[str, Interpreter] = {}

    def execute(self, line: str) -> bool:
        """Run one line and show what came of it; whether it was done without failure.

        KeyboardInterrupt passes through; a request that was under way is then abandoned.
        """
        began = perf_counter()
        if self.terminal.transcript is not None:
            self.terminal.transcript.asked(line)
        try:
            return self._execute(line)
        finally:
            self.last_duration = perf_counter() - began

    def close(self) -> None:
        """Stop what runs in the background and release the session."""
        for other in self._elsewhere.values():
            other.close()
        self.jobs.stop_all()
        self.python.close()
        self.session.close()

    def python_in(self, line: str) -> str | None:
        """The Python that a line is, None for a line of the console.

        Behind `!` it is Python; while `in_python` every line is, but for those behind `%`.
        """
        bare = line.lstrip()
        if bare.startswith(PYTHON_SIGN):
            return bare.removeprefix(PYTHON_SIGN)
        return line if self.in_python and not bare.startswith("%") else None

    def at(self, host: str) -> Interpreter:
        """The same conversation at another control system (`HOST:PORT`); its connections are kept.

        Raises UsageError for what is no address.
        """
        try:
            settings = load_settings({"host": host, "timeout": self.session.timeout})
        except SettingsError as error:
            raise UsageError(str(error)) from None
        key = str(settings.host)
        if key not in self._elsewhere:
            session = open_session(settings, self.session.changes.face, lasting=True)
            session.changes.read_only |= self.session.changes.read_only
            session.changes.dry_run |= self.session.changes.dry_run
            self._elsewhere[key] = Interpreter(session, self.terminal, interactive=self.interactive)
        return self._elsewhere[key]

    def _execute(self, line: str) -> bool:
        source = self.python_in(line)
        if source is not None:
            return self._python(source)
        try:
            elsewhere = address_of(line)
            if elsewhere is not None:
                host, rest = elsewhere
                return self.at(host).execute(rest)
            call = parse_line(without_percent(line, self.commands), self.commands)
            return True if call is None else self._run(call, line)
        except (UsageError, ArgumentError) as error:
            return self._failed(str(error), Exit.USAGE)
        except Declined as refusal:
            return self._failed(str(refusal), Exit.USAGE if refusal.unasked else Exit.FAILED)

    def _failed(self, text: str, exit_code: Exit) -> bool:
        self.terminal.problem(text)
        self.exit_code = exit_code
        return False

    def _run(self, call: Call, line: str) -> bool:
        command, arguments, flags = call
        with self.session.changes.told(yes="yes" in flags, dry_run="dry_run" in flags):
            self.session.turn += 1
            try:
                result = interruptible(lambda: run(command, self.session, arguments), self.questions)
            except Refused as refusal:
                self.terminal.failure(self.session, refusal.failure)
                self.exit_code = exit_of((refusal.failure,))
                return False
            except ArgumentError as error:
                return self._failed(f"{subject(command, arguments)}: {error}", Exit.USAGE)
            if self.interactive:
                self._note_use(subject(command, arguments))
            if result.stop is not None and self.interactive:
                return self._background(line, result)
            if self.terminal.show(self.session, result):
                return True
        self.exit_code = exit_of(result.failures)
        return False

    def _note_use(self, name: str) -> None:
        """What a person works with is found sooner; a script says nothing of that."""
        catalogue = self.session.known_catalogue
        record = catalogue.find(name) if catalogue is not None else None
        if record is not None or name.count("/") == 3:
            self.session.finder.used(record.name if record is not None else name)

    def _background(self, line: str, result: Result) -> bool:
        job = self.jobs.start(line.strip(), result)
        self.terminal.remark(f"[{job.number}] {job.line}   (stop {job.number} ends it)")
        return True

    def _python(self, source: str) -> bool:
        outcome = interruptible(lambda: self.python.run(source), self.questions)
        if outcome.text:
            self.terminal.text(outcome.text)
        if outcome.failure is not None:
            self.terminal.failure(self.session, Failure("python", outcome.failure))
        elif outcome.problem:
            self.terminal.problem(outcome.problem)
        if outcome.failure is not None or outcome.problem:
            self.exit_code = Exit.FAILED
        return not outcome.problem and outcome.failure is None
