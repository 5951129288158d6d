"""The argument parser, generated from the table of commands."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any, NoReturn

from tangoterm.console.commands.table import TYPED, Command, Parameter, TypedWords, UsageError, Want
from tangoterm.console.exit_codes import Exit
from tangoterm.console.line import accepts
from tangoterm.console.names import did_you_mean, none_of
from tangoterm.console.render import Output
from tangoterm.console.template import Template

_VALUE = re.compile(r"-(\.?\d|inf|nan)", re.IGNORECASE)
_SHIELD = "\N{ZERO WIDTH NO-BREAK SPACE} "
_UNKNOWN_WORD = re.compile(r"invalid choice: '(.*?)' \(choose from (.*)\)")
_MISSING = re.compile(r"the following arguments are required: (.*)")

EPILOG = (
    "Without a command the terminal program opens. The control system is --host, else TANGO_HOST, else the database "
    "embedded in this machine's user data."
)


class Parser(argparse.ArgumentParser):
    """argparse with errors in our words: one line, a guess at slips, exit code 2."""

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        """The value of a word; words that a subcommand has yet to parse stay shielded."""
        own = action.nargs != argparse.PARSER
        return super()._get_value(action, arg_string.removeprefix(_SHIELD) if own else arg_string)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line, and leave with exit code 2."""
        message = message.replace(_SHIELD, "").removeprefix("argument ").removeprefix("COMMAND: ")
        message = _MISSING.sub(r"\1 missing", message).replace("expected one argument", "a value is missing")
        found = _UNKNOWN_WORD.search(message)
        if found is not None:
            known = [choice.strip("' ") for choice in found[2].split(",")]
            message = f"{message[: found.start()]}{none_of(found[1], known)}"
        self.exit(Exit.USAGE, f"{self.prog}: {message}\n{self.format_usage()}")


class CommandParser(Parser):
    """The parser of one command: options may stand between its other words, and what is too much is its own error."""

    _inside = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.bare: dict[str, Parameter] = {}

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """All words, in any order; argparse itself takes options only before or behind the others, and takes any word
        for the value that an option may go without."""
        if self._inside:
            return super().parse_known_args(args, namespace)
        args = list(self._with_values(args))
        self._inside = True
        try:
            namespace, surplus = self.parse_known_intermixed_args(args, namespace)
        finally:
            self._inside = False
        if surplus:
            self.error(self._surplus(surplus[0]))
        return namespace, []

    def _with_values(self, words: Sequence[str]) -> Iterator[str]:
        """The words, with the values that options stand for that have none."""
        for word, following in zip_longest(words, words[1:], fillvalue=""):
            parameter = self.bare.get(word)
            if parameter is None or accepts(parameter, following.removeprefix(_SHIELD)):
                yield word
            else:
                yield f"{word}={parameter.bare}"

    def _surplus(self, word: str) -> str:
        if not word.startswith("-"):
            return f"{word!r} is too much"
        name = word.partition("=")[0]
        known = [text[2:] for text in self._option_string_actions if text.startswith("--")]
        guess = did_you_mean(name.lstrip("-"), known, lead="--")
        return f"{name} is not an option of {self.prog}" + (f"; {guess}" if guess else "")


class HelpFormatter(argparse.HelpFormatter):
    """Help with the texts filled to the width of the terminal, but for lines that begin with a blank."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(
            line if line[:1] in ("", " ") else super(HelpFormatter, self)._fill_text(line, width, indent)
            for line in text.splitlines()
        )


def shielded(words: Iterable[str]) -> list[str]:
    """Words that are values although they begin with `-` (numbers), so that argparse does not take them for options."""
    return [_SHIELD + word if _VALUE.match(word) else word for word in words]


COMMON = "common_"
"""What begins the names of common options in a namespace, which those of commands share."""


def common_options(without: Container[str] = ()) -> argparse.ArgumentParser:
    """The options that every command has; they may stand before or behind it. Some are left out for a command that has
    options of these names itself."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    group = common.add_argument_group("options of all commands")
    group.add_argument(
        "--host", dest=f"{COMMON}host", metavar="HOST:PORT",
        help="the control system (else TANGO_HOST, else this machine)",
    )  # fmt: skip
    if "--timeout" not in without:
        group.add_argument(
            "--timeout", dest=f"{COMMON}timeout", metavar="SECONDS", help="how long a request may take (default 3)"
        )
    forms = group.add_mutually_exclusive_group()
    for form, text in _FORMS.items():
        forms.add_argument(f"--{form.value}", dest=f"{COMMON}output", action="store_const", const=form, help=text)
    forms.add_argument(
        "--format", dest=f"{COMMON}output", metavar="TEMPLATE", type=_converted(Template),
        help="results as lines of this template, such as '{time:%%H:%%M:%%S} {name} {value:.3f}'",
    )  # fmt: skip
    _add_switch(group, "--no-headers", "headers", False, "tables and CSV without the names of their columns")
    _add_switch(group, "--no-color", "color", "never", "no colours")
    _add_switch(group, "--quiet", "quiet", True, "no remarks beside the results", "-q")
    _add_switch(group, "--read-only", "read_only", True, "change nothing, whatever is asked for")
    _add_switch(group, "--dry-run", "dry_run", True, "show what would change (exit code 3), and change nothing")
    _add_switch(group, "--yes", "yes", True, "agree to every change without being asked", "-y")
    _add_switch(group, "--debug", "debug", True, "show whole error stacks")
    return common


_FORMS = {
    Output.TABLE: "results as tables",
    Output.PLAIN: "results as tab-separated lines",
    Output.CSV: "results as comma-separated lines, headed",
    Output.JSON: "results as JSON",
    Output.NDJSON: "results as JSON, an object a line",
}


def _add_switch(group: Any, name: str, setting: str, value: Any, text: str, *short: str) -> None:
    group.add_argument(*short, name, dest=COMMON + setting, action="store_const", const=value, help=text)


def called(words: Sequence[str], names: Container[str], common: argparse.ArgumentParser) -> str | None:
    """The command that a command line calls, of those in `names`; None when it cannot be said at once."""
    valued = {option for action in common._actions if action.nargs is None for option in action.option_strings}
    rest = iter(words)
    for word in rest:
        if word in ("-h", "--help"):
            return None
        if word in valued:
            next(rest, None)
        elif not word.startswith("-"):
            return word if word in names else None
    return None


def add_command(subparsers: Any, command: Command, common: argparse.ArgumentParser) -> None:
    """One command of the table as a subcommand; `_command` of its namespace is the command."""
    examples = "".join(f"  tangoterm {example}\n" for example in command.examples)
    own = [parameter.option_name for parameter in command.options]
    parser = subparsers.add_parser(
        command.name,
        usage=f"tangoterm {command.usage}",
        help=command.help,
        description=command.help,
        epilog=f"examples:\n{examples}" if examples else None,
        formatter_class=HelpFormatter,
        parents=[common_options(own) if "--timeout" in own else common],
    )
    parser.set_defaults(_command=command)
    for parameter in command.parameters:
        add_parameter(parser, parameter)


def add_parameter(parser: argparse.ArgumentParser, parameter: Parameter) -> None:
    """One parameter as an argument or option of argparse."""
    options: dict[str, Any] = {"help": parameter.explanation.replace("%", "%%")}
    if parameter.option:
        options |= {"dest": parameter.name, "default": argparse.SUPPRESS}
    if parameter.flag:
        parser.add_argument(parameter.option_name, action="store_true", **options)
        return
    options |= {"metavar": parameter.placeholder, "type": _converted(parameter.convert)}
    if parameter.closed:
        options["choices"] = parameter.choices
    if parameter.option:
        parser.add_argument(parameter.option_name, **options)
        if parameter.bare and isinstance(parser, CommandParser):
            parser.bare[parameter.option_name] = parameter
        return
    options["default"] = parameter.default
    if parameter.many:
        options["nargs"] = "+" if parameter.required else "*"
    elif not parameter.required:
        options["nargs"] = "?"
    parser.add_argument(parameter.name, **options)


def _converted(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """A conversion whose ValueError is told as it is."""

    def converted(word: str) -> Any:
        try:
            return convert(word)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return converted


def arguments_of(command: Command, namespace: argparse.Namespace) -> dict[str, Any]:
    """The keyword arguments of a command's function."""
    given = vars(namespace)
    return command.completed(
        {each.name: _argument(each, given[each.name]) for each in command.parameters if each.name in given}
    )


def _argument(parameter: Parameter, value: Any) -> Any:
    if parameter.wants in TYPED:
        return TypedWords(value or ())
    if parameter.many and parameter.wants in _NAMES and STANDARD_INPUT in value:
        return list(_with_standard_input(value))
    return value


STANDARD_INPUT = "-"
"""The word that stands for the names on standard input, one a line."""

_NAMES = (Want.DEVICE, Want.ATTRIBUTE, Want.TARGET)


def _with_standard_input(words: Iterable[str]) -> Iterator[str]:
    """The words, with the lines of standard input in the place of `-`; empty lines and comments are none.

    Raises UsageError when there is no name at all.
    """
    found = False
    for word in words:
        names = map(str.strip, sys.stdin) if word == STANDARD_INPUT else (word,)
        for name in names:
            if name and not name.startswith("#"):
                found = True
                yield name
    if not found:
        raise UsageError("there are no names on standard input")
