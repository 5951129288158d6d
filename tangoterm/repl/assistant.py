"""What the prompt knows of the line being typed: completions, the hint for its place, what is wrong with it.

Completions and hints may ask a device, so prompt_toolkit calls them in a thread; colours and the toolbar only use
what is known already.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.validation import ValidationError, Validator

from tangoterm.console.arguments import Argument
from tangoterm.console.commands import UsageError
from tangoterm.console.completion import Completer as Suggester
from tangoterm.console.completion import Suggestion
from tangoterm.console.line import parse_line
from tangoterm.console.names import LIMIT
from tangoterm.console.tokens import ArgumentError
from tangoterm.repl.interpreter import Interpreter, address_of, without_percent
from tangoterm.repl.python_completion import suggestions
from tangoterm.repl.tasks import Patience

PATIENCE = 0.7
"""Seconds that completion waits for a device; the prompt takes no line before that."""


class Advice(NamedTuple):
    """The typed value under the cursor: what it must be, and where in the line it begins."""

    argument: Argument
    start: int


class Assistant(Completer):
    """Completes the line, and remembers what value is wanted in it."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._suggester = Suggester(interpreter.session, interpreter.commands)
        self._patience = Patience(PATIENCE)
        self._advice: tuple[str, Advice | None] = ("", None)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What can stand at the cursor; runs in a thread, for it may ask a device."""
        text = document.text
        none_yet: list[Suggestion] = []
        for suggestion in self._patience.ask(lambda: self._suggestions(text, document.cursor_position), none_yet):
            yield Completion(
                suggestion.text,
                suggestion.start - document.cursor_position,
                display=suggestion.text,
                display_meta=suggestion.meta,
            )

    def _suggestions(self, text: str, cursor: int) -> list[Suggestion]:
        source = self._interpreter.python_in(text[:cursor])
        if source is not None:
            shift = cursor - len(source)
            found = suggestions(self._interpreter.session, self._interpreter.python.namespace, source)
            return [each._replace(start=each.start + shift) for each in islice(found, LIMIT)]
        elsewhere = address_of(text[:cursor])
        if elsewhere is not None:
            host, rest = elsewhere
            begin = cursor - len(rest)
            other = Suggester(self._interpreter.at(host).session, self._interpreter.commands)
            return [each._replace(start=each.start + begin) for each in other.suggest(rest)]
        self._advise(text)
        return list(self._suggester.suggest(text, cursor))

    def _advise(self, text: str) -> None:
        found = self._suggester.argument_at(text)
        self._advice = (text, Advice(*found) if found is not None else None)

    def advice(self, text: str) -> Advice | None:
        """What is known of the typed value in `text`; None when nothing is, or not yet."""
        known_text, advice = self._advice
        if advice is None or text[: advice.start] != known_text[: advice.start]:
            return None
        return advice

    def problem(self, text: str) -> ArgumentError | None:
        """What is wrong with the typed value in `text`, its place counted in the whole line; None for nothing, and for
        what more text could make right."""
        advice = self.advice(text)
        if advice is None or not text[advice.start :].strip():
            return None
        try:
            advice.argument.parse(text[advice.start :])
        except ArgumentError as error:
            if not error.incomplete:
                return ArgumentError(error.rule, error.start + advice.start, error.end + advice.start)
        return None


class LineValidator(Validator):
    """Keeps a line that cannot be right from being sent, with the cursor where it is wrong."""

    def __init__(self, interpreter: Interpreter, assistant: Assistant) -> None:
        self._interpreter = interpreter
        self._assistant = assistant

    def validate(self, document: Document) -> None:
        """Raise ValidationError with the rule and the place."""
        text = document.text
        if self._interpreter.python_in(text) is not None:
            return
        elsewhere = address_of(text)
        rest = without_percent(elsewhere[1] if elsewhere is not None else text, self._interpreter.commands)
        try:
            parse_line(rest, self._interpreter.commands)
        except ArgumentError as error:
            raise ValidationError(len(text) - len(rest) + error.start, error.rule) from None
        except UsageError as error:
            raise ValidationError(len(text), str(error)) from None
        problem = self._assistant.problem(text)
        if problem is not None:
            raise ValidationError(problem.start, problem.rule)


class LineLexer(Lexer):
    """Colours the command, known devices, options, and the part of a typed value that is wrong."""

    def __init__(self, interpreter: Interpreter, assistant: Assistant) -> None:
        self._interpreter = interpreter
        self._assistant = assistant

    def lex_document(self, document: Document) -> object:  # type: ignore[override]
        """The styled pieces of each line."""
        lines = [self._pieces(line) for line in document.lines]
        return lambda number: lines[number] if number < len(lines) else []

    def _pieces(self, text: str) -> StyleAndTextTuples:
        if self._interpreter.python_in(text) is not None:
            return [("class:python", text)]
        styled: StyleAndTextTuples = []
        place = 0
        for word in text.split():
            begin = text.index(word, place)
            styled += [("", text[place:begin]), (self._style(word, first=not text[:begin].strip()), word)]
            place = begin + len(word)
        styled.append(("", text[place:]))
        problem = self._assistant.problem(text)
        return styled if problem is None else _marked(styled, problem.start, problem.end)

    def _style(self, word: str, *, first: bool) -> str:
        if first:
            return self._command_style(word.lower())
        if word.startswith("--"):
            return "class:option"
        catalogue = self._interpreter.session.known_catalogue
        if catalogue is None:
            return ""
        device = "/".join(word.split("/")[:3])
        return "class:device" if catalogue.find(device) is not None else ""

    def _command_style(self, word: str) -> str:
        commands = self._interpreter.commands
        if word in commands:
            return "class:command"
        return "" if any(name.startswith(word) for name in commands) else "class:unknown"


def _marked(pieces: StyleAndTextTuples, start: int, end: int) -> StyleAndTextTuples:
    """The pieces with those from `start` to `end` styled as wrong."""
    marked: StyleAndTextTuples = []
    place = 0
    for style, text, *_ in pieces:
        for offset, character in enumerate(text):
            inside = start <= place + offset < max(end, start + 1)
            marked.append(("class:wrong" if inside else style, character))
        place += len(text)
    return marked
