"""How a command is declared: once, for the command line and the prompt alike.

A command is a function of a session and keyword arguments that returns a `Result`. It knows nothing of argument
parsers, terminals or formats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from tangoterm.console.arguments import Argument
from tangoterm.console.result import Result


class UsageError(ValueError):
    """A command was called in a way it does not understand; the text names the word and the rule."""


class Want(Enum):
    """What is expected at a place: what completes it and what checks it."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    PATTERN = "pattern"  # of device names, with *
    DEVICE = "device"
    ATTRIBUTE = "attribute"  # device/attribute
    TARGET = "target"  # a device, or device/attribute
    COMMAND = "command"  # of the device given before
    MEMBER = "member"  # attribute or command of the device given before
    ATTRIBUTE_VALUE = "attribute value"  # of the attribute given before
    COMMAND_ARGUMENT = "command argument"  # of the device and command given before
    PROPERTY = "attribute property"  # property=value
    SERVER = "server"  # class/instance
    COMMAND_NAME = "command name"  # of this table


TYPED = frozenset({Want.ATTRIBUTE_VALUE, Want.COMMAND_ARGUMENT})
"""What takes the rest of a line as one typed value."""


class Typed(Protocol):
    """A value as it was typed, waiting for the type it is to have."""

    def parse(self, argument: Argument, *, check_limits: bool = True) -> Any:
        """The value for `argument`; ArgumentError when the text does not fit."""


class TypedText(str):
    """A typed value as one text, quotes and brackets in it."""

    __slots__ = ()

    def parse(self, argument: Argument, *, check_limits: bool = True) -> Any:
        """The value for `argument`."""
        return argument.parse(self, check_limits=check_limits)


class TypedWords(tuple[str, ...]):
    """A typed value as words that a shell has unquoted."""

    __slots__ = ()

    def parse(self, argument: Argument, *, check_limits: bool = True) -> Any:
        """The value for `argument`."""
        return argument.parse_words(self, check_limits=check_limits)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a command.

    Without `option` it has its place; a `many` one takes all words that are left and gives a list. An option is
    `--name`, takes a value of `convert`, or none when it is a `flag`. `convert` raises ValueError, naming the rule.
    """

    name: str
    help: str
    wants: Want = Want.TEXT
    required: bool = True
    many: bool = False
    option: bool = False
    flag: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    convert: Callable[[str], Any] = str
    metavar: str = ""

    @property
    def placeholder(self) -> str:
        """How usage lines name it."""
        return self.metavar or self.name.upper().replace("_", "-")

    @property
    def usage(self) -> str:
        """Its part of a usage line."""
        if self.option:
            return f"[--{self.name.replace('_', '-')}{'' if self.flag else ' ' + self.placeholder}]"
        text = f"{self.placeholder}..." if self.many else self.placeholder
        return text if self.required else f"[{text}]"


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name, what it does, what it takes, and the function that does it."""

    name: str
    help: str
    parameters: tuple[Parameter, ...]
    run: Callable[..., Result]
    examples: tuple[str, ...] = ()

    @property
    def positional(self) -> tuple[Parameter, ...]:
        """The parameters that have a place."""
        return tuple(parameter for parameter in self.parameters if not parameter.option)

    @property
    def options(self) -> tuple[Parameter, ...]:
        """The parameters given by name."""
        return tuple(parameter for parameter in self.parameters if parameter.option)

    @property
    def usage(self) -> str:
        """`name PARAMETERS [--options]`."""
        parts = (parameter.usage for parameter in (*self.positional, *self.options))
        return " ".join((self.name, *parts))


COMMANDS: dict[str, Command] = {}
"""All commands by name, in the order of their declaration; filled when `tangoterm.console.commands` is imported."""


def command(
    name: str, *parameters: Parameter, examples: Sequence[str] = ()
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Declare the decorated function as the command `name`; the first paragraph of its docstring is the help."""

    def declare(function: Callable[..., Result]) -> Callable[..., Result]:
        text = " ".join((function.__doc__ or "").partition("\n\n")[0].split())
        COMMANDS[name] = Command(name, text, parameters, function, tuple(examples))
        return function

    return declare


# ---- conversions


def count(text: str) -> int:
    """A whole number above zero."""
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"{text!r} is not a whole number above 0")
    return int(text)


def period(text: str) -> int:
    """A polling period in ms, 0 for externally triggered."""
    if not text.isdecimal():
        raise ValueError(f"{text!r} is not a period in ms")
    return int(text)
