"""The prompt's own commands: choosing a device, background jobs, output, help, leaving.

They are declared like the console's commands, so that completion, help and checks treat all alike.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from server_core.model.names import parse_device
from tangoterm.console.commands.table import COMMANDS, Command, Parameter, UsageError, Want
from tangoterm.console.engine import run
from tangoterm.console.explaining import explain
from tangoterm.console.format import error_lines, plural
from tangoterm.console.line import find_command, parse_line
from tangoterm.console.render import Form, Output, form_of
from tangoterm.console.result import Column, Layout, Result, columns, note
from tangoterm.console.session import Session
from tangoterm.console.settings import seconds as in_seconds
from tangoterm.console.transcript import Transcript
from tangoterm.repl.itango import itango_words

if TYPE_CHECKING:
    from tangoterm.repl.interpreter import Interpreter


def prompt_words(interpreter: Interpreter) -> dict[str, Command]:
    """The commands that only a prompt has, by name."""
    words = (
        Command(
            "use",
            "Choose the current device: names without / then belong to it, and . stands for it.",
            (Parameter("device", "device or alias; without one none is chosen", Want.DEVICE, required=False),),
            lambda session, device: _use(session, device),
            ("use sys/tg_test/1", "read ampli", "use"),
        ),
        Command(
            "jobs",
            "List what runs in the background: monitor, log.",
            (),
            lambda session: _jobs(interpreter),
        ),
        Command(
            "stop",
            "End what runs in the background: one job, or all of them.",
            (Parameter("job", "its number; without one all end", Want.NUMBER, required=False, convert=_job_number),),
            lambda session, job: _stop(interpreter, job),
            ("stop 1", "stop"),
        ),
        Command(
            "output",
            "Choose the form of results.",
            (
                Parameter(
                    "form",
                    "how results are shown; or a template",
                    Want.CHOICE,
                    convert=form_of,
                    choices=tuple(form.value for form in Output),
                ),
            ),
            lambda session, form: _output(interpreter, form),
            ("output json", "output '{name} {value:.3f}'"),
        ),
        Command(
            "timeout",
            "Show or set how long a request may take.",
            (Parameter("seconds", "seconds", Want.NUMBER, required=False, convert=in_seconds),),
            _timeout,
        ),
        Command(
            "tango_error",
            "Show the whole stack of the last error.",
            (),
            lambda session: _tango_error(interpreter),
        ),
        Command(
            "fix",
            "Do what was advised against the last error.",
            (),
            lambda session: _fix(interpreter, session),
            changes=("",),
        ),
        Command("refresh", "Read the control system's names again.", (), _refresh),
        Command(
            "help",
            "Explain a command, or list them all.",
            (Parameter("command", "its name", Want.COMMAND_NAME, required=False),),
            lambda session, command: _help(interpreter, command),
        ),
        Command(
            "transcript",
            "Keep this conversation in a file from now on: what is typed, and what comes of it.",
            (Parameter("file", "its name; without one the transcript ends", Want.FILE, required=False),),
            lambda session, file: _transcript(interpreter, file),
            ("transcript session.txt", "transcript"),
        ),
        Command("exit", "Leave.", (), lambda session: _leave(interpreter)),
    )
    known = {word.name: word for word in (*words, *itango_words(interpreter))}
    return known | {"quit": replace(words[-1], name="quit"), "watch": replace(COMMANDS["monitor"], name="watch")}


def _job_number(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{text!r} is not the number of a job")
    return int(text)


def _use(session: Session, device: str | None) -> Result:
    if device is None:
        session.current = None
        return note("no device is chosen")
    proxy = session.device(device)
    session.current = device if parse_device(device).host is not None else proxy.dev_name()
    return note("")


def _jobs(interpreter: Interpreter) -> Result:
    rows = [{"job": job.number, "line": job.line, "rows": job.shown} for job in interpreter.jobs.running]
    return Result(columns(">Job", "Line", ">Rows"), rows, note="" if rows else "nothing runs in the background")


def _stop(interpreter: Interpreter, number: int | None) -> Result:
    if number is None:
        interpreter.jobs.stop_all()
    elif not interpreter.jobs.stop(number):
        raise UsageError(f"no job has the number {number}")
    return note("")


def _output(interpreter: Interpreter, form: Form) -> Result:
    interpreter.terminal.output = form
    return note("")


def _timeout(session: Session, seconds: float | None) -> Result:
    if seconds is not None:
        session.set_timeout(seconds)
    return note(f"a request may take {session.timeout:g} s", timeout=session.timeout)


def _tango_error(interpreter: Interpreter) -> Result:
    failure = interpreter.terminal.last_failure
    if failure is None:
        return note("there was no error")
    rows = [{"value": line} for line in error_lines(failure.error.errors)]
    return Result((Column("value", "Value"),), rows, Layout.LIVE)


def _fix(interpreter: Interpreter, session: Session) -> Result:
    failure = interpreter.terminal.last_failure
    line = explain(session, failure).advice.line if failure is not None else ""
    call = parse_line(line, interpreter.commands) if line else None
    if call is None:
        raise UsageError("nothing is known that would mend the last error")
    session.tell(line)
    return run(call.command, session, call.arguments)


def _refresh(session: Session) -> Result:
    count = len(session.refresh().devices())
    return note(plural(count, "device"), devices=count)


def _help(interpreter: Interpreter, name: str | None) -> Result:
    if name is None:
        rows: list[dict[str, Any]] = [
            {"command": command.name, "what_it_does": command.help} for command in interpreter.commands.values()
        ]
        return Result(
            columns("Command", "What it does"),
            rows,
            note="help COMMAND tells more; a line that begins with ! is Python; Tab completes, Ctrl-D leaves",
        )
    command = find_command(name, interpreter.commands)
    takes = tuple(Column(parameter.name, parameter.usage) for parameter in command.parameters)
    row = {
        "usage": command.usage,
        "what_it_does": command.help,
        **{parameter.name: parameter.explanation for parameter in command.parameters},
        "examples": "\n".join(command.examples),
    }
    usage, help, examples = columns("Usage", "What it does", "Examples")
    return Result((usage, help, *takes, examples), [row], Layout.FIELDS)


def _leave(interpreter: Interpreter) -> Result:
    interpreter.done = True
    return note("")


def _transcript(interpreter: Interpreter, file: str | None) -> Result:
    terminal = interpreter.terminal
    before, terminal.transcript = terminal.transcript, None
    if before is not None:
        before.close()
    if file is None:
        return note(f"the transcript is {before.path}" if before is not None else "there is no transcript")
    try:
        terminal.transcript = Transcript(Path(file).expanduser())
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    return note(f"this conversation is kept in {file}")
