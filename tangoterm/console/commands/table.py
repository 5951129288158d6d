"""How a command is declared: once, for the command line and the prompt alike.

A command is a function of a session and keyword arguments that returns a `Result`. It knows nothing of argument
parsers, terminals or formats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from tangoterm.console.repetition import repeating
from tangoterm.console.result import Result
from tangoterm.console.result import UsageError as UsageError
from tangoterm.console.settings import seconds

if TYPE_CHECKING:
    from tangoterm.console.arguments import Argument


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
    CONDITION = "condition"  # on attributes
    OWNER = "owner"  # of properties
    OWNED = "owned property"  # of the owner given before
    PIPE = "pipe"  # a device, or device/pipe
    PIPE_VALUE = "pipe value"
    FILE = "file"
    COMMAND_NAME = "command name"  # of this table


TYPED = frozenset({Want.ATTRIBUTE_VALUE, Want.COMMAND_ARGUMENT, Want.PIPE_VALUE})
"""What takes the rest of a line as one typed value."""


class Typed(Protocol):
    """A value as it was typed, waiting for the type it is to have."""

    def line(self, argument: Argument) -> str:
        """The text as it is typed at the prompt."""

    def parse(self, argument: Argument, *, check_limits: bool = True) -> Any:
        """The value for `argument`; ArgumentError when the text does not fit."""


class TypedText(str):
    """A typed value as one text, quotes and brackets in it."""

    __slots__ = ()

    def line(self, argument: Argument) -> str:
        """The text."""
        return self.strip()

    def parse(self, argument: Argument, *, check_limits: bool = True) -> Any:
        """The value for `argument`."""
        return argument.parse(self, check_limits=check_limits)


class TypedWords(tuple[str, ...]):
    """A typed value as words that a shell has unquoted."""

    __slots__ = ()

    def line(self, argument: Argument) -> str:
        """The words as one text, quoted where it needs to be."""
        return argument.joined(self)

    def parse(self, argument: Argument, *, check_limits: bool = True) -> Any:
        """The value for `argument`."""
        return argument.parse_words(self, check_limits=check_limits)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a command.

    Without `option` it has its place; a `many` one takes all words that are left and gives a list. An option is
    `--name`, takes a value of `convert`, or none when it is a `flag`. `convert` raises ValueError, naming the rule.
    `choices` are the only words, or with a `convert` of its own those that are offered. `actions` are those of the
    command's first word that an option goes with, empty for all. `bare` is what an option means without a value.
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
    actions: tuple[str, ...] = ()
    bare: str = ""

    @property
    def option_name(self) -> str:
        """How an option is written."""
        return "--" + self.name.rstrip("_").replace("_", "-")

    @property
    def label(self) -> str:
        """How errors name it: `--count`, `DEVICE`."""
        return self.option_name if self.option else self.placeholder

    @property
    def explanation(self) -> str:
        """What it is: its actions, the help, the choices and the default."""
        lead = f"{', '.join(self.actions)}: " if self.actions else ""
        choices = f" ({', '.join(self.choices)})" if self.choices else ""
        default = f"; default {self.default}" if self.default not in (None, "", ()) else ""
        return f"{lead}{self.help}{choices}{default}"

    @property
    def standard(self) -> Any:
        """Its value where it is not given."""
        if self.flag:
            return False
        if self.wants in TYPED:
            return TypedText()
        return [] if self.many and not self.option else self.default

    @property
    def closed(self) -> bool:
        """Whether only its choices are right."""
        return bool(self.choices) and self.convert is str

    @property
    def placeholder(self) -> str:
        """How usage lines name it."""
        return self.metavar or self.name.upper().replace("_", "-")

    @property
    def usage(self) -> str:
        """Its part of a usage line."""
        if self.option:
            value = f"[{self.placeholder}]" if self.bare else self.placeholder
            return f"[{self.option_name}{'' if self.flag else ' ' + value}]"
        text = f"{self.placeholder}..." if self.many else self.placeholder
        return text if self.required else f"[{text}]"


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name, what it does, what it takes, and the function that does it.

    `changes` are the actions or options with which it changes the control system, an empty one when it always does.
    """

    name: str
    help: str
    parameters: tuple[Parameter, ...]
    run: Callable[..., Result]
    examples: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

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

    def fitting(self, action: str) -> tuple[Parameter, ...]:
        """The options that go with an action; all of them for a command without actions."""
        return tuple(each for each in self.options if not each.actions or action in each.actions)

    def may_change(self, given: Mapping[str, Any]) -> bool:
        """Whether a call with these arguments, with more options perhaps, may change the control system."""
        return bool(self.changes) and ("action" not in given or given["action"] in self.changes)

    def completed(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All arguments of a call: those that are given, and the defaults of the others.

        Raises UsageError for an option that does not go with the action.
        """
        arguments = {each.name: given.get(each.name, each.standard) for each in self.parameters}
        for each in self.options:
            if each.name in given and each.actions and arguments["action"] not in each.actions:
                raise UsageError(
                    f"{each.option_name} goes with {' and '.join(each.actions)}, not with {arguments['action']}"
                )
        return arguments


ON_LINES = (
    Parameter("yes", "agree to the change without being asked", option=True, flag=True),
    Parameter("dry_run", "show what would change, and change nothing", option=True, flag=True),
)
"""The options that every command of a prompt or script has; on the command line they stand among those of all."""


class CommandTable(Mapping[str, Command]):
    """Commands by name, in the order in which they are shown; their modules are imported when they are asked for."""

    def __init__(self) -> None:
        self._modules: dict[str, str] = {}
        self._declared: dict[str, Command] = {}

    def declare_in(self, module: str, *names: str) -> None:
        """Say which module of `tangoterm.console.commands` declares commands."""
        self._modules |= dict.fromkeys(names, module)

    def declare(self, command: Command) -> None:
        """Put a command in its place; KeyError for one whose module was not said."""
        if command.name not in self._modules:
            raise KeyError(f"tangoterm.console.commands does not say which module declares {command.name}")
        self._declared[command.name] = command

    def __getitem__(self, name: str) -> Command:
        if name not in self._declared:
            import_module(f"{__package__}.{self._modules[name]}")
        return self._declared[name]

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


COMMANDS = CommandTable()
"""All commands; `tangoterm.console.commands` says where they are declared."""


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


# ---- declaring

REPETITION = (
    Parameter(
        "watch", "do it again every so many seconds, until interrupted", Want.NUMBER, option=True, convert=seconds,
        metavar="SECONDS", bare="1",
    ),
    Parameter("count", "end after so many times", Want.NUMBER, option=True, convert=count, metavar="N"),
    Parameter("duration", "end after so many seconds", Want.NUMBER, option=True, convert=seconds, metavar="SECONDS"),
)  # fmt: skip
"""The options of commands that can be repeated."""


def command(
    name: str,
    *parameters: Parameter,
    examples: Sequence[str] = (),
    repeats: Sequence[str] = (),
    changes: Sequence[str] = (),
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Declare the decorated function as the command `name`; the first paragraph of its docstring is the help.

    `repeats` are the actions that have the options of `REPETITION`, an empty one when the command has no actions;
    `changes` is as in `Command`.
    """

    def declare(function: Callable[..., Result]) -> Callable[..., Result]:
        text = " ".join((function.__doc__ or "").partition("\n\n")[0].split())
        more = [replace(each, actions=tuple(filter(None, repeats))) for each in REPETITION] if repeats else ()
        run = repeating(function, changes) if repeats else function
        COMMANDS.declare(Command(name, text, (*parameters, *more), run, tuple(examples), tuple(changes)))
        return function

    return declare
