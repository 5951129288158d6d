"""The prompt itself: keys, colours, history, the bar, and the loop that reads and runs lines."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import ThreadedCompleter
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory, ThreadedHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.styles import Style

from server_core.model.errors import DevFailed
from tangoterm.console.format import duration_text, plural
from tangoterm.console.opening import open_session
from tangoterm.console.render import Output
from tangoterm.console.settings import Settings, state_path
from tangoterm.console.terminal import Terminal
from tangoterm.repl.assistant import Assistant, LineLexer, LineValidator
from tangoterm.repl.interpreter import Interpreter
from tangoterm.repl.status import StateWatch
from tangoterm.repl.tasks import Task

STYLE = Style.from_dict(
    {
        "prompt.device": "ansicyan bold",
        "prompt.sign": "bold",
        "prompt.production": "bg:ansired ansiwhite bold",
        "prompt.tag": "ansiyellow",
        "command": "bold",
        "unknown": "ansired",
        "device": "ansicyan",
        "option": "ansiyellow",
        "python": "ansigreen",
        "wrong": "ansired underline",
        "bottom-toolbar": "noreverse bg:default",
        "bar": "ansibrightblack",
        "bar.strong": "bold",
        "bar.hint": "ansicyan",
        "bar.wrong": "ansired",
        "validation-toolbar": "noreverse bg:default ansired",
    }
)

HELP = "Tab complete · F1 help · F4 output · F5 python · Ctrl-D leave"


class LineHistory(FileHistory):
    """Lines of earlier conversations; a line that begins with a blank, or repeats the one before, is not kept."""

    def append_string(self, string: str) -> None:
        """Keep a line, unless it asks not to be kept."""
        if string.startswith(" ") or not string.strip() or string == next(iter(self.get_strings()[-1:]), None):
            return
        super().append_string(string)

    def store_string(self, string: str) -> None:
        """Write a line to the file; one that cannot be written is still known in this conversation."""
        with suppress(OSError):
            super().store_string(string)


def run_prompt(settings: Settings, *, history: Path | None = None) -> int:
    """Ask for lines and run them until the person leaves; exit code 0."""
    session = open_session(settings, "repl", lasting=True)
    terminal = Terminal(settings)
    interpreter = Interpreter(session, terminal, interactive=True)
    prompt = Prompt(interpreter, settings, _kept_history(history, terminal))
    try:
        prompt.run()
    finally:
        prompt.close()
    return 0


def _kept_history(file: Path | None, terminal: Terminal) -> History:
    """The history in `file` (default: the user's own), or one of this conversation where the home takes no files."""
    try:
        return ThreadedHistory(LineHistory(str(file or state_path("history"))))
    except OSError as error:
        terminal.remark(f"the history of this conversation is not kept: {error}")
        return InMemoryHistory()


class Prompt:
    """Asks for lines with everything that is known, and gives them to the interpreter."""

    def __init__(self, interpreter: Interpreter, settings: Settings, history: History, **streams: Any) -> None:
        self.interpreter = interpreter
        self.assistant = Assistant(interpreter)
        self.state = StateWatch(interpreter.session)
        self.session: PromptSession[str] = PromptSession(
            self._message,
            completer=ThreadedCompleter(self.assistant),
            complete_while_typing=True,
            multiline=Condition(lambda: self._unfinished),
            reserve_space_for_menu=6,
            validator=LineValidator(interpreter, self.assistant),
            validate_while_typing=False,
            lexer=LineLexer(interpreter, self.assistant),
            history=history,
            auto_suggest=AutoSuggestFromHistory(),
            bottom_toolbar=self._bar,
            refresh_interval=0.5,
            key_bindings=self._keys(),
            style=STYLE,
            color_depth=ColorDepth.DEPTH_1_BIT if settings.color is False else ColorDepth.from_env(),
            **streams,
        )

    def run(self) -> None:
        """Read and run lines until `exit`, Ctrl-D or the end of input."""
        self._greet()
        session = self.interpreter.session
        Task(lambda: session.finder.learn(session))
        while not self.interpreter.done:
            try:
                with patch_stdout(raw=True):
                    line = self.session.prompt()
            except KeyboardInterrupt:
                continue
            except EOFError:
                if not self.interpreter.in_python:
                    return
                self.interpreter.in_python = False
                continue
            try:
                self.interpreter.execute(line)
            except KeyboardInterrupt:
                duration = duration_text(self.interpreter.last_duration or 0.0)
                self.interpreter.terminal.remark(f"interrupted after {duration}")
            self.state.update()

    def close(self) -> None:
        """End what runs in the background."""
        self.state.close()
        self.interpreter.close()

    def _greet(self) -> None:
        session, terminal = self.interpreter.session, self.interpreter.terminal
        try:
            count = len(session.catalogue.devices())
        except DevFailed as error:
            terminal.refusal(error)
        else:
            terminal.remark(f"{plural(count, 'device')} in {session.address}; help lists the commands")

    # ---- what is shown

    def _message(self) -> StyleAndTextTuples:
        session = self.interpreter.session
        changes = session.changes
        parts: StyleAndTextTuples = []
        if changes.tag:
            style = "class:prompt.production" if changes.production else "class:prompt.tag"
            parts += [(style, f" {changes.tag.upper()} "), ("", " ")]
        if changes.read_only:
            parts += [("class:prompt.tag", "read-only"), ("", " ")]
        if changes.dry_run:
            parts += [("class:prompt.tag", "dry run"), ("", " ")]
        if self.interpreter.in_python:
            return [*parts, ("class:python", "python"), ("class:prompt.sign", ">>> ")]
        return [*parts, ("class:prompt.device", session.current or "tango"), ("class:prompt.sign", "> ")]

    def _bar(self) -> StyleAndTextTuples:
        text = get_app().current_buffer.text
        return [*self._advice(text), ("", "\n"), *self._status()]

    def _advice(self, text: str) -> StyleAndTextTuples:
        """The first line of the bar: what is wrong with the value being typed, what is wanted, or the keys."""
        problem = self.assistant.problem(text)
        if problem is not None and get_app().current_buffer.validation_error is None:
            return [("class:bar.wrong", problem.rule)]
        advice = self.assistant.advice(text)
        if advice is None:
            return [("class:bar", HELP)]
        hint = advice.argument.hint if advice.argument.needed else "no argument"
        description = advice.argument.description
        described = f"  {description}" if description not in ("", "-", "Uninitialised", "No description") else ""
        return [("class:bar.hint", hint), ("class:bar", described)]

    def _status(self) -> StyleAndTextTuples:
        session, jobs = self.interpreter.session, self.interpreter.jobs.running
        parts: StyleAndTextTuples = [("class:bar.strong", session.address)]
        if session.current is not None:
            parts.append(("class:bar", f" · {session.current} "))
            parts.append(("class:bar.strong", self.state.state or "…"))
        if jobs:
            parts.append(("class:bar", f" · {plural(len(jobs), 'job')}"))
        if self.interpreter.last_duration is not None:
            parts.append(("class:bar", f" · {duration_text(self.interpreter.last_duration)}"))
        parts.append(("class:bar", f" · {self.interpreter.terminal.output.value}"))
        return parts

    # ---- keys

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        keys.add("f1")(self._help)
        keys.add("f4")(self._next_output)
        keys.add("f5")(self._toggle_python)
        keys.add("enter", filter=Condition(lambda: self._unfinished))(_go_on)
        return keys

    def _help(self, event: KeyPressEvent) -> None:
        """Explain the command of the line, above the prompt."""
        words = event.current_buffer.text.split()
        name = words[0] if words and words[0].lower() in self.interpreter.commands else ""
        self.interpreter.execute(f"help {name}")

    def _toggle_python(self, event: KeyPressEvent) -> None:
        """Take lines as Python from now on, or as the console's again."""
        self.interpreter.in_python = not self.interpreter.in_python
        event.app.invalidate()

    @property
    def _unfinished(self) -> bool:
        """Whether the line goes on below: Python with something open."""
        buffer = self.session.default_buffer
        source = self.interpreter.python_in(buffer.text)
        return source is not None and not self.interpreter.python.complete(source)

    def _next_output(self, event: KeyPressEvent) -> None:
        """Go on to the next form of results."""
        forms = list(Output)
        terminal = self.interpreter.terminal
        place = forms.index(terminal.output) if isinstance(terminal.output, Output) else -1
        terminal.output = forms[(place + 1) % len(forms)]
        event.app.invalidate()


def _go_on(event: KeyPressEvent) -> None:
    """The next line of a block, indented like this one, deeper behind a colon; an empty one ends the block."""
    buffer = event.current_buffer
    line = buffer.document.current_line_before_cursor
    if "\n" in buffer.text and not line.strip() and buffer.document.is_cursor_at_the_end:
        buffer.delete_before_cursor(len(line))
        buffer.validate_and_handle()
        return
    indent = line[: len(line) - len(line.lstrip())] + ("    " if line.rstrip().endswith(":") else "")
    buffer.insert_text(f"\n{indent}")
