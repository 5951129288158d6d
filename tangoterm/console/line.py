"""A line of the prompt or of a script: which command it calls, with which arguments; and what is wanted at a place.

    read sys/tg_test/1/ampli --source device
    write sys/tg_test/1/double_spectrum [1, 2, 3]
    call sys/tg_test/1 DevString "two words"    # a comment

Words are separated by blanks; quotes keep blanks in a word. A typed value takes the rest of the line as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tangoterm.console.commands.table import (
    COMMANDS,
    ON_LINES,
    TYPED,
    Command,
    Parameter,
    TypedText,
    UsageError,
    Want,
)
from tangoterm.console.names import did_you_mean, none_of
from tangoterm.console.quoting import joined as joined
from tangoterm.console.quoting import written as written
from tangoterm.console.tokens import ArgumentError

_WORD = re.compile(r"""(?:[^\s"']|"(?:[^"\\]|\\.)*"|'[^']*')+|["']""")
_ESCAPED = re.compile(r"\\(.)")
_QUOTED = re.compile(r"""\"((?:[^"\\]|\\.)*)\"|'([^']*)'""")


class Word(NamedTuple):
    """A word of a line: its text without quotes, and where it stands."""

    text: str
    start: int
    end: int


class Call(NamedTuple):
    """A command with its arguments: `command.run(session, **arguments)`; `flags` are those of `ON_LINES` that the line
    has."""

    command: Command
    arguments: dict[str, Any]
    flags: frozenset[str] = frozenset()


class Place(NamedTuple):
    """What belongs at a place in a line.

    `start` is where the word (or typed value) under the cursor begins and `text` what of it stands before the cursor.
    `parameter` is the parameter it is for, None when nothing more is taken; `given` are the arguments before it, as
    text by parameter name. `options` are the names of options that may stand here.
    """

    start: int
    text: str
    want: Want | None
    command: Command | None = None
    parameter: Parameter | None = None
    given: dict[str, str] = {}  # noqa: RUF012
    options: tuple[str, ...] = ()


def split(text: str) -> list[Word]:
    """The words of a line; ArgumentError for a quote that is not closed."""
    words = []
    for found in _WORD.finditer(text):
        if found[0] in ("'", '"'):
            raise ArgumentError("the quote is not closed", found.start(), len(text), incomplete=True)
        words.append(Word(_unquoted(found[0]), found.start(), found.end()))
    return words


def _unquoted(word: str) -> str:
    def inside(found: re.Match[str]) -> str:
        return _ESCAPED.sub(_meant, found[1]) if found[1] is not None else str(found[2])

    return _QUOTED.sub(inside, word)


def _meant(found: re.Match[str]) -> str:
    """What a backslash and a character in double quotes stand for."""
    return "\n" if found[1] == "n" else found[1]


def find_command(name: str, commands: Mapping[str, Command] = COMMANDS) -> Command:
    """The command called `name`; UsageError, with a guess at a slip, when there is none."""
    command = commands.get(name.lower())
    if command is None:
        guess = did_you_mean(name, commands)
        raise UsageError(f"{name} is not a command" + (f"; {guess}" if guess else ""))
    return command


def parse_line(text: str, commands: Mapping[str, Command] = COMMANDS) -> Call | None:
    """The call that a line stands for; None for an empty line or a comment.

    Raises UsageError for an unknown command and for words that do not fit it, ArgumentError for an open quote.
    """
    if not text.strip() or text.lstrip().startswith("#"):
        return None
    head = text.split(maxsplit=1)[0]
    command = find_command(head, commands)
    binding = _Binding(command, text, text.index(head) + len(head))
    return Call(command, binding.arguments(), binding.flags())


class _Binding:
    """The words of one line, dealt out to the parameters of its command."""

    def __init__(self, command: Command, text: str, start: int) -> None:
        self.command = command
        self.text = text
        self.place = start
        self.values: dict[str, Any] = {}

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments, defaults filled in."""
        for parameter in self.command.positional:
            self._take_options()
            self._take(parameter)
        self._take_options()
        surplus = self._next()
        if surplus is not None:
            raise UsageError(f"{surplus.text!r} is too much; usage: {self.command.usage}")
        return self.command.completed(self.values)

    def flags(self) -> frozenset[str]:
        """The options of all lines that this one has."""
        return frozenset(each.name for each in ON_LINES if each.name in self.values)

    def _next(self) -> Word | None:
        """The next word, not yet taken."""
        found = _WORD.match(self.text, _blank_end(self.text, self.place))
        if found is None:
            return None
        if found[0] in ("'", '"'):
            raise ArgumentError("the quote is not closed", found.start(), len(self.text), incomplete=True)
        return Word(_unquoted(found[0]), found.start(), found.end())

    def _take(self, parameter: Parameter) -> None:
        if parameter.wants in TYPED:
            self._take_typed(parameter)
            return
        taken = []
        while (word := self._next()) is not None and not self._take_option(word):
            taken.append(self._converted(parameter, word.text))
            self.place = word.end
            if not parameter.many:
                break
            self._take_options()
        if not taken:
            if parameter.required:
                raise UsageError(f"{parameter.placeholder} is missing; usage: {self.command.usage}")
            return
        self.values[parameter.name] = taken if parameter.many else taken[0]

    def _take_typed(self, parameter: Parameter) -> None:
        """The rest of the line, but for options that the command knows before it."""
        rest = self.text[self.place :].strip()
        if not rest and parameter.required:
            raise UsageError(f"{parameter.placeholder} is missing; usage: {self.command.usage}")
        self.values[parameter.name] = TypedText(rest)
        self.place = len(self.text)

    def _take_options(self) -> None:
        while (word := self._next()) is not None and self._take_option(word):
            pass

    def _take_option(self, word: Word) -> bool:
        """Take `--name` or `--name value` or `--name=value` when `word` is one; false when it is none."""
        if not self.text.startswith("--", word.start):
            return False  # quoted, it is a word like any other
        name, equals, value = word.text[2:].partition("=")
        known = (*self.command.options, *ON_LINES)
        option = next((each for each in known if each.option_name[2:] == name), None)
        if option is None:
            guess = did_you_mean(name, [each.option_name[2:] for each in self.command.options], lead="--")
            raise UsageError(f"--{name} is not an option of {self.command.name}" + (f"; {guess}" if guess else ""))
        self.place = word.end
        if option.flag:
            self.values[option.name] = True
            return True
        if not equals:
            following = self._next()
            if option.bare and (following is None or not accepts(option, following.text)):
                self.values[option.name] = option.convert(option.bare)
                return True
            if following is None:
                raise UsageError(f"{option.label}: a value is missing; usage: {option.usage}")
            value, self.place = following.text, following.end
        self.values[option.name] = self._converted(option, value)
        return True

    def _converted(self, parameter: Parameter, text: str) -> Any:
        if parameter.closed and text not in parameter.choices:
            raise UsageError(f"{parameter.label}: {none_of(text, parameter.choices)}")
        try:
            return parameter.convert(text)
        except ValueError as error:
            raise UsageError(f"{parameter.label}: {error}") from None


def accepts(parameter: Parameter, text: str) -> bool:
    """Whether `text` is a value for a parameter."""
    try:
        parameter.convert(text)
    except ValueError:
        return False
    return True


def _blank_end(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


# ---- what is wanted at the cursor


def place_at(text: str, cursor: int, commands: Mapping[str, Command] = COMMANDS) -> Place:
    """What belongs at `cursor`; never raises, whatever the line."""
    before = text[:cursor]
    words = _loose_words(before)
    current = words.pop() if words and words[-1].end == len(before) else Word("", len(before), len(before))
    if not words:
        return Place(current.start, current.text, Want.COMMAND_NAME)
    command = commands.get(words[0].text.lower())
    if command is None:
        return Place(current.start, current.text, None)
    return _place_in(command, words[1:], current, before)


def _loose_words(text: str) -> list[Word]:
    """The words of an unfinished line; an open quote reaches to its end."""
    words = []
    for found in _WORD.finditer(text):
        if found[0] in ("'", '"'):
            words.append(Word(text[found.end() :], found.start(), len(text)))
            break
        words.append(Word(_unquoted(found[0]), found.start(), found.end()))
    return words


def _place_in(command: Command, words: Sequence[Word], current: Word, text: str) -> Place:
    given: dict[str, str] = {}
    waiting = list(command.positional)
    expected: Parameter | None = None
    for word in words:
        if expected is not None and (not expected.bare or accepts(expected, word.text)):
            given[expected.name], expected = word.text, None
        elif word.text.startswith("--") and not (waiting and waiting[0].wants in TYPED):
            expected = _valued_option(command, word.text)
        elif waiting and waiting[0].wants in TYPED:
            return _typed_place(command, waiting[0], given, word.start, text)
        elif waiting:
            given[waiting[0].name] = word.text
            if not waiting[0].many:
                waiting.pop(0)
    offered = (*command.fitting(given.get("action", "")), *(ON_LINES if command.may_change(given) else ()))
    names = tuple(each.option_name for each in offered if each.name not in given)
    if expected is not None and expected.bare:
        expected = None
    parameter = expected or (waiting[0] if waiting else None)
    if expected is None and current.text.startswith("-"):
        return Place(current.start, current.text, None, command, None, given, names)
    if parameter is None:
        return Place(current.start, current.text, None, command, None, given, names)
    if parameter.wants in TYPED:
        return _typed_place(command, parameter, given, current.start, text)
    return Place(current.start, current.text, parameter.wants, command, parameter, given, names)


def _typed_place(command: Command, parameter: Parameter, given: dict[str, str], start: int, text: str) -> Place:
    return Place(start, text[start:], parameter.wants, command, parameter, given)


def _valued_option(command: Command, word: str) -> Parameter | None:
    return next((each for each in command.options if each.option_name == word and not each.flag), None)
